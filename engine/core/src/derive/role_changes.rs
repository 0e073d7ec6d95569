//! Changes of roles, told together for the users to whom the same happens, and so that they fit into an entry.
//!
//! A change is recorded with every claim before and after. Members of a large group may have little else in common: each list
//! of claims is another one then, and an entry would need room for all of them. What the lists say is shortened step by step
//! until it fits, so that nobody's write is refused for it.

use std::collections::BTreeMap;

use rolecall_rules::RoleName;

use crate::consequence::{Because, RoleCause, RoleClaim, RoleSource};
use crate::user_set::UserSet;

/// Bytes of a change beside its claims and the names of roles: the users, when they are few, the fact and the cause.
const CHANGE_BYTES: usize = 48;
/// Bytes of a claim beside the name of its role: an id and two marks.
const SOURCE_BYTES: usize = 20;
/// The same of a claim by a rule: three ids and a version.
const RULE_BYTES: usize = 64;

/// Users by what happens to their roles.
pub(super) type RoleChanges = BTreeMap<(Because, RoleDifference), UserSet>;

/// What happens to the role of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RoleDifference {
    /// The role before.
    pub(super) from: Option<RoleName>,
    /// The role now.
    pub(super) to: Option<RoleName>,
    /// Why.
    pub(super) cause: RoleCause,
    /// The claims before.
    pub(super) before: Vec<RoleClaim>,
    /// The claims now.
    pub(super) after: Vec<RoleClaim>,
}

/// The changes as they are recorded. Those that need more bytes than `most` have, in each list, only the claim that the role
/// follows from, which comes first. When that is still too much, they have the claims that all users share whose
/// roles change alike: there are as many as pairs of roles, whatever the users have.
pub(super) fn recorded(changes: RoleChanges, most: usize) -> RoleChanges {
    if bytes(&changes) <= most {
        return changes;
    }
    let deciding = deciding(&changes);
    if bytes(&deciding) <= most {
        return deciding;
    }
    shared(changes)
}

/// About how many bytes of an entry the changes take, and rather more.
fn bytes(changes: &RoleChanges) -> usize {
    changes.keys().map(|(_, change)| bytes_of(change)).sum()
}

fn bytes_of(change: &RoleDifference) -> usize {
    let roles = change.from.iter().chain(&change.to).map(|role| role.as_str().len());
    let claims = change.before.iter().chain(&change.after).map(|claim| {
        let source = match claim.source {
            RoleSource::Rule { .. } => RULE_BYTES,
            _ => SOURCE_BYTES,
        };
        claim.role.as_str().len() + source
    });
    CHANGE_BYTES + roles.sum::<usize>() + claims.sum::<usize>()
}

fn deciding(changes: &RoleChanges) -> RoleChanges {
    let mut merged = RoleChanges::new();
    for ((because, change), users) in changes {
        let first = |claims: &[RoleClaim]| claims.first().cloned().into_iter().collect();
        let change = RoleDifference {
            from: change.from.clone(),
            to: change.to.clone(),
            cause: change.cause,
            before: first(&change.before),
            after: first(&change.after),
        };
        merged.entry((*because, change)).or_default().extend(users);
    }
    merged
}

fn shared(changes: RoleChanges) -> RoleChanges {
    let mut alike: BTreeMap<_, (Vec<RoleClaim>, Vec<RoleClaim>, UserSet)> = BTreeMap::new();
    for ((because, change), users) in changes {
        let RoleDifference {
            from,
            to,
            cause,
            before,
            after,
        } = change;
        alike
            .entry((because, from, to, cause))
            .and_modify(|(all_before, all_after, all_users)| {
                all_before.retain(|claim| before.contains(claim));
                all_after.retain(|claim| after.contains(claim));
                all_users.extend(&users);
            })
            .or_insert((before, after, users));
    }
    let change = |((because, from, to, cause), (before, after, users))| {
        let change = RoleDifference {
            from,
            to,
            cause,
            before,
            after,
        };
        ((because, change), users)
    };
    alike.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{GroupId, UserIndex};

    fn claim((role, group): (&str, u128)) -> RoleClaim {
        RoleClaim {
            role: role.parse().unwrap(),
            source: RoleSource::Group {
                group: GroupId::new(Uuid::from_u128(group)),
            },
        }
    }

    /// Users who lose what group 0 gave them, each with groups of their own.
    fn changes(own: &[&[u128]]) -> RoleChanges {
        let because = Because {
            fact: 0,
            mapping: None,
            rule: None,
        };
        let change = |groups: &&[u128]| {
            let own = groups.iter().map(|group| claim(("user", *group)));
            let difference = RoleDifference {
                from: Some("admin".parse().unwrap()),
                to: Some("user".parse().unwrap()),
                cause: RoleCause::GroupDeleted,
                before: [claim(("admin", 0))].into_iter().chain(own.clone()).collect(),
                after: own.collect(),
            };
            (because, difference)
        };
        let users = (0..).map(|user| UserSet::of(UserIndex::from(user)));
        own.iter().map(change).zip(users).collect()
    }

    /// The groups of the claims before and after, and the users, of each change.
    fn told(changes: &RoleChanges) -> Vec<(Vec<u128>, Vec<u128>, Vec<u32>)> {
        let groups = |claims: &[RoleClaim]| {
            let groups = claims.iter().filter_map(|claim| match claim.source {
                RoleSource::Group { group } => Some(group.uuid().as_u128()),
                _ => None,
            });
            groups.collect()
        };
        let told = changes.iter().map(|((_, change), users)| {
            (
                groups(&change.before),
                groups(&change.after),
                users.iter().map(u32::from).collect(),
            )
        });
        told.collect()
    }

    #[test]
    fn what_fits_has_every_claim() {
        let three = changes(&[&[7, 8], &[7, 9], &[]]);
        assert_eq!(recorded(three.clone(), bytes(&three)), three);
        assert_ne!(recorded(three.clone(), bytes(&three) - 1), three);
    }

    #[test]
    fn what_does_not_fit_has_the_claims_that_decide_and_joins_users_who_have_them_in_common() {
        let all = changes(&[&[7, 8], &[7, 9], &[6, 9]]);
        let shorter = recorded(all.clone(), bytes(&all) - 1);
        assert_eq!(
            told(&shorter),
            [(vec![0], vec![6], vec![2]), (vec![0], vec![7], vec![0, 1])]
        );
    }

    #[test]
    fn what_still_does_not_fit_has_the_claims_that_all_share() {
        let all = changes(&[&[5, 9], &[6, 9], &[7, 9]]);
        let shortest = recorded(all.clone(), bytes(&deciding(&all)) - 1);
        assert_eq!(told(&shortest), [(vec![0, 9], vec![9], vec![0, 1, 2])]);
        let nothing_in_common = recorded(changes(&[&[5], &[6]]), 0);
        assert_eq!(told(&nothing_in_common), [(vec![0], vec![], vec![0, 1])]);
    }
}
