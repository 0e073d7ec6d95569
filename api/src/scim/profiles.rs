//! The profiles of connections, made when they are first needed and again when the settings changed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rolecall_engine::ConnectionId;
use rolecall_engine::registry::ConnectionSettings;

use super::limits::PROFILES_MAX;
use super::profile::Profile;

/// The profiles of the connections that have extensions of their own; all others share one of two.
#[derive(Debug, Default)]
pub(crate) struct Profiles(RwLock<HashMap<ConnectionId, Made>>);

#[derive(Debug)]
struct Made {
    from: Arc<ConnectionSettings>,
    profile: Arc<Profile>,
}

impl Profiles {
    /// The profile of a connection with these settings.
    pub(crate) fn of(&self, connection: ConnectionId, settings: &Arc<ConnectionSettings>) -> Arc<Profile> {
        if settings.extensions.is_empty() {
            return if settings.strict {
                Profile::strict()
            } else {
                Profile::lenient()
            };
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let made = known.get(&connection).filter(|made| Arc::ptr_eq(&made.from, settings));
        if let Some(made) = made {
            return Arc::clone(&made.profile);
        }
        drop(known);
        self.make(connection, settings)
    }

    fn make(&self, connection: ConnectionId, settings: &Arc<ConnectionSettings>) -> Arc<Profile> {
        let profile = Arc::new(Profile::new(settings));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= PROFILES_MAX && !known.contains_key(&connection) {
            // Any one goes: of a connection that is no more, or it is made again.
            let one = known.keys().next().copied();
            one.and_then(|one| known.remove(&one));
        }
        let made = Made {
            from: Arc::clone(settings),
            profile: Arc::clone(&profile),
        };
        known.insert(connection, made);
        profile
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::registry::{ExtendedResource, ExtensionDefinition};
    use uuid::Uuid;

    use super::*;

    fn settings(urn: &str) -> Arc<ConnectionSettings> {
        let extension = ExtensionDefinition {
            urn: urn.to_owned(),
            resource_type: ExtendedResource::User,
            attributes: Vec::new(),
        };
        Arc::new(ConnectionSettings {
            extensions: vec![extension],
            ..ConnectionSettings::default()
        })
    }

    #[test]
    fn a_profile_is_made_once_for_the_same_settings() {
        let (profiles, connection) = (Profiles::default(), ConnectionId::new(Uuid::from_u128(1)));
        let (before, after) = (settings("urn:example:one"), settings("urn:example:two"));
        let first = profiles.of(connection, &before);
        assert!(Arc::ptr_eq(&first, &profiles.of(connection, &before)));
        let second = profiles.of(connection, &after);
        assert!(second.user.extension("urn:example:two").is_some());
        assert!(second.user.extension("urn:example:one").is_none());
    }

    #[test]
    fn no_more_profiles_are_kept_than_the_limit_and_one_more_is_worth_one_other() {
        let (profiles, before, after) = (
            Profiles::default(),
            settings("urn:example:one"),
            settings("urn:example:two"),
        );
        let connection = |number: usize| ConnectionId::new(Uuid::from_u128(number as u128));
        let count = || profiles.0.read().unwrap().len();
        for number in 0..PROFILES_MAX {
            profiles.of(connection(number), &before);
        }
        assert_eq!(count(), PROFILES_MAX);
        let known: Vec<_> = (0..PROFILES_MAX)
            .map(|number| profiles.of(connection(number), &before))
            .collect();
        profiles.of(connection(0), &after);
        assert_eq!(count(), PROFILES_MAX);
        let same = |number: &usize| {
            let known_still = profiles.0.read().unwrap();
            let made = known_still.get(&connection(*number));
            made.is_some_and(|made| Arc::ptr_eq(&made.profile, &known[*number]))
        };
        assert_eq!((0..PROFILES_MAX).filter(same).count(), PROFILES_MAX - 1);
        profiles.of(connection(PROFILES_MAX), &before);
        assert_eq!(count(), PROFILES_MAX);
        assert!((0..PROFILES_MAX).filter(same).count() >= PROFILES_MAX - 2);
    }
}
