//! What an organization can choose about its own behaviour.

use rolecall_rules::RoleName;
use serde::{Deserialize, Serialize};

use crate::id::EntityId;
use crate::safeguards::SafeguardsChange;

/// What becomes of an automatic mapping when a rename lets another rule decide its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRename {
    /// It stays; the new match waits beside it for approval.
    #[default]
    Propose,
    /// An auto-approving rule takes over at once.
    Apply,
}

/// The settings of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// See [`OnRename`].
    pub on_rename: OnRename,
    /// Whether an entity takes members from one group only.
    pub one_group_per_entity: bool,
    /// The roles, lowest first.
    pub roles: Vec<RoleName>,
    /// The role of a user without any claim.
    pub default_role: RoleName,
    /// The concurrency group of a user without any claim to one.
    pub default_concurrency_group: Option<EntityId>,
    /// Whether providers may write groups. A connection has the same switch for itself.
    pub group_provisioning: bool,
    /// Whether a user name has to be an e-mail address.
    pub username_must_be_email: bool,
    /// Whether a user name may never change.
    pub username_immutable: bool,
    /// Domains that the e-mail addresses of users have to be in; empty: any.
    pub allowed_email_domains: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            on_rename: OnRename::default(),
            one_group_per_entity: true,
            roles: vec![role("guest"), role("user"), role("admin")],
            default_role: role("user"),
            default_concurrency_group: None,
            group_provisioning: true,
            username_must_be_email: false,
            username_immutable: false,
            allowed_email_domains: Vec::new(),
        }
    }
}

impl Settings {
    /// The place of a role in the order of this organization; a greater one is a higher role.
    pub fn rank(&self, role: &RoleName) -> Option<usize> {
        self.roles.iter().position(|known| known == role)
    }

    /// The highest role there is.
    pub fn highest_role(&self) -> Option<&RoleName> {
        self.roles.last()
    }

    /// These settings with the changes made.
    pub(crate) fn changed(&self, change: &SettingsChange) -> Self {
        let change = change.clone();
        let now = self.clone();
        Self {
            on_rename: change.on_rename.unwrap_or(now.on_rename),
            one_group_per_entity: change.one_group_per_entity.unwrap_or(now.one_group_per_entity),
            roles: change.roles.unwrap_or(now.roles),
            default_role: change.default_role.unwrap_or(now.default_role),
            default_concurrency_group: change
                .default_concurrency_group
                .unwrap_or(now.default_concurrency_group),
            group_provisioning: change.group_provisioning.unwrap_or(now.group_provisioning),
            username_must_be_email: change.username_must_be_email.unwrap_or(now.username_must_be_email),
            username_immutable: change.username_immutable.unwrap_or(now.username_immutable),
            allowed_email_domains: change.allowed_email_domains.unwrap_or(now.allowed_email_domains),
        }
    }
}

/// A change of some settings; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the setting of the same name")]
pub struct SettingsChange {
    pub on_rename: Option<OnRename>,
    pub one_group_per_entity: Option<bool>,
    pub roles: Option<Vec<RoleName>>,
    pub default_role: Option<RoleName>,
    /// `Some(None)` clears it.
    pub default_concurrency_group: Option<Option<EntityId>>,
    pub group_provisioning: Option<bool>,
    pub username_must_be_email: Option<bool>,
    pub username_immutable: Option<bool>,
    pub allowed_email_domains: Option<Vec<String>>,
    pub safeguards: SafeguardsChange,
}

#[expect(
    clippy::expect_used,
    reason = "the names of the default roles are fixed, and a test reads them"
)]
fn role(name: &str) -> RoleName {
    name.parse().expect("a default role has a valid name")
}
