//! Role names as labels: organizations choose their own, so the number of labels has to have a limit.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use rolecall_rules::RoleName;

use super::kinds::{DEFAULT_ROLES, NO_ROLE};
use crate::limits::ROLE_LABELS_MAX;

const OTHER: &str = "other";

/// The role names that have a label: the default ones, then the first ones seen.
#[derive(Debug, Default)]
pub(super) struct RoleLabels(RwLock<BTreeSet<RoleName>>);

impl RoleLabels {
    /// The label of a role.
    pub(super) fn label<'a>(&self, role: Option<&'a RoleName>) -> &'a str {
        let Some(role) = role else { return NO_ROLE };
        if DEFAULT_ROLES.contains(&role.as_str()) || self.is_known(role) || self.learn(role) {
            return role.as_str();
        }
        OTHER
    }

    fn is_known(&self, role: &RoleName) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(role)
    }

    fn learn(&self, role: &RoleName) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < ROLE_LABELS_MAX {
            known.insert(role.clone());
        }
        known.contains(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_names_beyond_the_limit_share_a_label() {
        let labels = RoleLabels::default();
        for number in 0..ROLE_LABELS_MAX {
            let role: RoleName = format!("role-{number}").parse().unwrap();
            assert_eq!(labels.label(Some(&role)), role.as_str());
        }
        assert_eq!(labels.label(Some(&"one-more".parse().unwrap())), OTHER);
        assert_eq!(labels.label(Some(&"admin".parse().unwrap())), "admin");
        assert_eq!(labels.label(Some(&"role-3".parse().unwrap())), "role-3");
        assert_eq!(labels.label(None), NO_ROLE);
    }
}
