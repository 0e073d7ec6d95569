//! Identifiers: UUIDs (version 7, RFC 9562 section 5.7) with a type each, dense indexes of users, groups, entities and
//! mappings inside one organization, and the source that new ids are drawn from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// A text that is no id as this server writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID in lower case with hyphens")]
pub struct NotAnId;

/// RFC 7643 3.1: ids are exact in case. Each has one spelling, so that whoever compares texts compares ids.
fn exact(text: &str) -> Result<Uuid, NotAnId> {
    let uuid = Uuid::try_parse(text).map_err(|_| NotAnId)?;
    let written = uuid.hyphenated();
    let is_exact = written.encode_lower(&mut Uuid::encode_buffer()) == text;
    is_exact.then_some(uuid).ok_or(NotAnId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to be one of these.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                exact(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A customer of the product: the unit of isolation, of ordering and of the log.
    OrganizationId
    /// An identity provider connected to an organization.
    ConnectionId
    /// A bearer token (its id, never its secret).
    TokenId
    /// A SCIM user.
    UserId
    /// A SCIM group.
    GroupId
    /// A rule, across all its versions.
    RuleId
    /// A team, concurrency group or sub-organization.
    EntityId
    /// One group bound to one entity.
    MappingId
    /// Two or more claims on a slot that holds one.
    ConflictId
    /// A change that is asked for as a plan first.
    PlanId
    /// Removals that wait for a person.
    HoldId
    /// A pin or an exclusion.
    ExceptionId
}

macro_rules! indexes {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(u32);

        impl From<u32> for $name {
            fn from(index: u32) -> Self {
                Self(index)
            }
        }

        impl From<$name> for u32 {
            fn from(index: $name) -> Self {
                index.0
            }
        }
    )*};
}

indexes! {
    /// The place of a user in its organization: dense, from 0, never used again after a deletion.
    UserIndex
    /// The place of a group in its organization.
    GroupIndex
    /// The place of an entity in its organization.
    EntityIndex
    /// The place of a mapping in its organization.
    MappingIndex
}

impl ConflictId {
    /// The id of the conflict of one user, among those that opened together: another one for each user.
    pub fn of_user(self, user: UserIndex) -> Self {
        Self(Uuid::from_u128(self.0.as_u128() ^ u128::from(user.0)))
    }
}

/// Randomness for the ids of one entry, drawn by the caller and kept in the entry, so that an audit derives the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdSeed([u8; 16]);

impl IdSeed {
    /// Wraps 16 bytes that nobody can guess.
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }
}

/// Which half of an entry an id is for. Both halves draw from one seed without disturbing each other, so that deriving
/// the consequences again needs the facts only, not the command they came from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IdsFor {
    Facts,
    Consequences,
}

/// New ids, in order: a function of time, seed and count.
#[derive(Debug)]
pub(crate) struct NewIds {
    at: Timestamp,
    seed: IdSeed,
    half: IdsFor,
    drawn: u64,
}

impl NewIds {
    pub(crate) fn new(at: Timestamp, seed: IdSeed, half: IdsFor) -> Self {
        Self {
            at,
            seed,
            half,
            drawn: 0,
        }
    }

    /// The other half of the same entry: what is concluded from its facts draws these.
    pub(crate) fn for_consequences(&self) -> Self {
        Self::new(self.at, self.seed, IdsFor::Consequences)
    }

    /// The next UUID version 7: milliseconds since 1970, then bits that follow from seed and count.
    pub(crate) fn draw(&mut self) -> Uuid {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.0);
        hasher.update(&[match self.half {
            IdsFor::Facts => 0,
            IdsFor::Consequences => 1,
        }]);
        hasher.update(&self.drawn.to_be_bytes());
        self.drawn += 1;
        let mut bits = [0; 10];
        hasher.finalize_xof().fill(&mut bits);
        Builder::from_unix_timestamp_millis(self.at.milliseconds(), &bits).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn drawn(half: IdsFor) -> Vec<Uuid> {
        let mut ids = NewIds::new(
            Timestamp::from_milliseconds(1_700_000_000_000),
            IdSeed::new([7; 16]),
            half,
        );
        (0..3).map(|_| ids.draw()).collect()
    }

    #[test]
    fn an_id_has_one_spelling() {
        let written = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(written.parse::<UserId>().unwrap().to_string(), written);
        for other in [
            &written.to_uppercase(),
            &written.replace('-', ""),
            &format!("{{{written}}}"),
            &format!("urn:uuid:{written}"),
            &format!(" {written}"),
            "",
        ] {
            assert_eq!(other.parse::<UserId>(), Err(NotAnId), "{other}");
        }
    }

    #[test]
    fn conflicts_that_open_together_have_ids_of_their_own() {
        let together = ConflictId::new(drawn(IdsFor::Consequences)[0]);
        let ids: BTreeSet<ConflictId> = [0, 1, 2, 255, 256, u32::MAX]
            .map(|user| together.of_user(UserIndex::from(user)))
            .into();
        assert_eq!(ids.len(), 6);
        assert!(ids.iter().all(|id| id.uuid().get_version_num() == 7));
        assert!(
            ids.iter()
                .all(|id| id.uuid().get_timestamp() == together.uuid().get_timestamp())
        );
    }

    #[test]
    fn ids_follow_from_time_seed_and_count() {
        assert_eq!(drawn(IdsFor::Facts), drawn(IdsFor::Facts));
        assert_ne!(drawn(IdsFor::Facts), drawn(IdsFor::Consequences));
        assert!(drawn(IdsFor::Facts).iter().all(|id| id.get_version_num() == 7));
    }
}
