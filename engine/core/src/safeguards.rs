//! What an organization can choose about its safeguards: brakes, the floor of administrators, ceilings, two persons.
//!
//! They are settings to whoever asks, but a fact of their own on the record.

use serde::{Deserialize, Serialize};

/// The safeguards of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safeguards {
    /// When removals that a provider asks for are held.
    pub brake: Brake,
    /// How many active users of the highest role there have to be for one more to be demoted; 0: any number.
    pub min_admins: u32,
    /// What a rule may not approve by itself.
    pub auto_approve_ceiling: AutoApproveCeiling,
    /// Whether whoever approves a mapping has to be another than the author of what it follows from.
    pub two_person_approval: bool,
}

/// When removals that a provider asks for are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brake {
    /// Whether there is a brake at all.
    pub enabled: bool,
    /// How far back removals are counted, in seconds.
    pub window_seconds: u32,
    /// The limits of each scope.
    pub scopes: BrakeScopes,
}

/// The limits of each scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeScopes {
    /// Users who are placed in any entity.
    pub organization: BrakeLimit,
    /// Users of the highest role.
    pub highest_role: BrakeLimit,
    /// Users of each entity.
    pub entity: BrakeLimit,
    /// Users of each entity who are there by one group.
    pub group_entity: BrakeLimit,
}

/// How many removals a scope lets through inside the window: the greater of the two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeLimit {
    /// Whether the scope has a brake.
    pub enabled: bool,
    /// So many always pass.
    pub min_count: u32,
    /// So many of hundred pass.
    pub max_percent: u32,
    /// A scope of fewer users has no brake.
    pub min_size: u32,
}

/// What a rule may not approve by itself: the mapping waits for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoApproveCeiling {
    /// A mapping of a group that gives the highest role.
    pub highest_role: bool,
    /// A mapping of a group with more members than that.
    pub max_members: Option<u32>,
    /// A mapping to an entity that was there before.
    pub adoption: bool,
}

impl Default for Brake {
    fn default() -> Self {
        Self {
            enabled: true,
            window_seconds: 900,
            scopes: BrakeScopes::default(),
        }
    }
}

impl Default for BrakeScopes {
    fn default() -> Self {
        let limit = |enabled, min_count, max_percent, min_size| BrakeLimit {
            enabled,
            min_count,
            max_percent,
            min_size,
        };
        Self {
            organization: limit(true, 100, 20, 0),
            highest_role: limit(true, 3, 50, 0),
            entity: limit(false, 10, 50, 20),
            group_entity: limit(false, 10, 50, 20),
        }
    }
}

impl BrakeScopes {
    /// The limits, each with the name of its scope.
    pub(crate) fn named(&self) -> [(&'static str, BrakeLimit); 4] {
        [
            ("organization", self.organization),
            ("highest_role", self.highest_role),
            ("entity", self.entity),
            ("group_entity", self.group_entity),
        ]
    }
}

/// A change of some safeguards; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the safeguard of the same name")]
pub struct SafeguardsChange {
    pub brake: BrakeChange,
    pub min_admins: Option<u32>,
    pub auto_approve_ceiling: AutoApproveCeilingChange,
    pub two_person_approval: Option<bool>,
}

/// A change of the brake; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the one of the same name")]
pub struct BrakeChange {
    pub enabled: Option<bool>,
    pub window_seconds: Option<u32>,
    pub organization: BrakeLimitChange,
    pub highest_role: BrakeLimitChange,
    pub entity: BrakeLimitChange,
    pub group_entity: BrakeLimitChange,
}

/// A change of the limits of a scope; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the one of the same name")]
pub struct BrakeLimitChange {
    pub enabled: Option<bool>,
    pub min_count: Option<u32>,
    pub max_percent: Option<u32>,
    pub min_size: Option<u32>,
}

/// A change of the ceiling; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the one of the same name")]
pub struct AutoApproveCeilingChange {
    pub highest_role: Option<bool>,
    /// `Some(None)` clears it.
    pub max_members: Option<Option<u32>>,
    pub adoption: Option<bool>,
}

impl Safeguards {
    /// These safeguards with the changes made.
    pub(crate) fn changed(&self, change: &SafeguardsChange) -> Self {
        let (ceiling, now) = (change.auto_approve_ceiling, &self.auto_approve_ceiling);
        Self {
            brake: self.brake.changed(&change.brake),
            min_admins: change.min_admins.unwrap_or(self.min_admins),
            auto_approve_ceiling: AutoApproveCeiling {
                highest_role: ceiling.highest_role.unwrap_or(now.highest_role),
                max_members: ceiling.max_members.unwrap_or(now.max_members),
                adoption: ceiling.adoption.unwrap_or(now.adoption),
            },
            two_person_approval: change.two_person_approval.unwrap_or(self.two_person_approval),
        }
    }
}

impl Brake {
    fn changed(&self, change: &BrakeChange) -> Self {
        Self {
            enabled: change.enabled.unwrap_or(self.enabled),
            window_seconds: change.window_seconds.unwrap_or(self.window_seconds),
            scopes: BrakeScopes {
                organization: self.scopes.organization.changed(change.organization),
                highest_role: self.scopes.highest_role.changed(change.highest_role),
                entity: self.scopes.entity.changed(change.entity),
                group_entity: self.scopes.group_entity.changed(change.group_entity),
            },
        }
    }
}

impl BrakeLimit {
    fn changed(self, change: BrakeLimitChange) -> Self {
        Self {
            enabled: change.enabled.unwrap_or(self.enabled),
            min_count: change.min_count.unwrap_or(self.min_count),
            max_percent: change.max_percent.unwrap_or(self.max_percent),
            min_size: change.min_size.unwrap_or(self.min_size),
        }
    }
}
