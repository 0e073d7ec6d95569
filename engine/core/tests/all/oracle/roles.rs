//! The role that each user has to have (SEMANTICS 6.5).

use rolecall_engine::ExceptionKind;
use rolecall_engine::state::User;

use super::Known;
use super::mapped::holding;

/// SEMANTICS, invariant 2.
pub(crate) fn check(known: &Known<'_>) {
    for user in &known.users {
        check_user(known, user);
    }
}

fn check_user(known: &Known<'_>, user: &User) {
    let Known {
        state, overrides, held, ..
    } = known;
    let roles: Vec<&str> = state.settings().roles.iter().map(|role| role.as_str()).collect();
    let mut claimed: Vec<String> = user.organization_role.iter().map(ToString::to_string).collect();
    for group in known.groups_of(user) {
        claimed.extend(group.attributes.roles.iter().cloned());
        claimed.extend(
            holding(state, group, user)
                .filter_map(|mapping| mapping.role.as_ref())
                .map(ToString::to_string),
        );
    }
    let excluded = overrides.roles(user, ExceptionKind::Exclusion);
    claimed.retain(|claim| !excluded.contains(&claim.to_lowercase()));
    let pinned = overrides.roles(user, ExceptionKind::Pin);
    let highest = roles
        .iter()
        .rev()
        .find(|role| claimed.iter().any(|claim| claim.eq_ignore_ascii_case(role)));
    let pin = roles.iter().find(|role| pinned.contains(**role));
    let expected = pin
        .or(highest)
        .map_or_else(|| state.settings().default_role.to_string(), |role| (*role).to_owned());
    let in_role = held.values().find(|hold| hold.users.contains(&(None, user.index)));
    let kept = in_role.map(|hold| hold.role.clone().unwrap());
    if let Some(kept) = &kept {
        assert_eq!(Some(&kept.as_str()), roles.last(), "only the highest role is held");
        assert_ne!(kept, &expected, "nobody is held in what is claimed");
    }
    let expected = user.active.then_some(kept.unwrap_or(expected));
    assert_eq!(
        user.role.as_ref().map(ToString::to_string),
        expected,
        "role of {:?}",
        user.person
    );
}
