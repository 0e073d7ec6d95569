//! The safeguards in JSON: a part of the settings of an organization.

use rolecall_engine::{
    AutoApproveCeiling, AutoApproveCeilingChange, Brake, BrakeChange, BrakeLimit, BrakeLimitChange, Safeguards,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::described::Count;
use super::object;

/// The safeguards of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SafeguardsView {
    brake: BrakeView,
    /// A demotion that would leave fewer active users of the highest role than that is held; 0: none is.
    min_admins: u32,
    auto_approve_ceiling: CeilingView,
    /// Whether whoever approves a mapping has to be another than the author of what it follows from.
    two_person_approval: bool,
}

/// When removals that an identity provider asks for are held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrakeView {
    enabled: bool,
    /// How far back removals are counted.
    window_seconds: u32,
    scopes: BrakeScopesView,
}

/// The limits of each scope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrakeScopesView {
    /// Users who are placed in any entity.
    organization: BrakeLimitView,
    /// Users of the highest role.
    highest_role: BrakeLimitView,
    /// Users of each entity.
    entity: BrakeLimitView,
    /// Users of each entity who are there by one group.
    group_entity: BrakeLimitView,
}

/// How many removals pass inside the window: the greater of `min_count` and `max_percent` of the users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrakeLimitView {
    enabled: bool,
    min_count: u32,
    max_percent: u32,
    /// A scope of fewer users has no brake.
    min_size: u32,
}

/// What a rule may not approve by itself: the mapping waits for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CeilingView {
    /// A mapping of a group that gives the highest role.
    highest_role: bool,
    /// A mapping of a group with more members than that; `null`: any number.
    max_members: Option<u32>,
    /// A mapping to an entity that was there before.
    adoption: bool,
}

/// What to change of the brake; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrakeBody {
    enabled: Option<bool>,
    #[schema(minimum = 1, maximum = 86400)]
    window_seconds: Option<u32>,
    #[serde(default, deserialize_with = "object::optional")]
    scopes: Option<BrakeScopesBody>,
}

/// What to change of the limits; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrakeScopesBody {
    #[serde(default, deserialize_with = "object::optional")]
    organization: Option<BrakeLimitBody>,
    #[serde(default, deserialize_with = "object::optional")]
    highest_role: Option<BrakeLimitBody>,
    #[serde(default, deserialize_with = "object::optional")]
    entity: Option<BrakeLimitBody>,
    #[serde(default, deserialize_with = "object::optional")]
    group_entity: Option<BrakeLimitBody>,
}

/// What to change of the limits of a scope; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrakeLimitBody {
    enabled: Option<bool>,
    #[schema(value_type = Option<Count>)]
    min_count: Option<u32>,
    #[schema(maximum = 100)]
    max_percent: Option<u32>,
    #[schema(value_type = Option<Count>)]
    min_size: Option<u32>,
}

/// What to change of the ceiling; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CeilingBody {
    highest_role: Option<bool>,
    /// `null` clears it.
    #[serde(default, deserialize_with = "number_or_null")]
    #[schema(value_type = Option<Count>)]
    max_members: Option<Option<u32>>,
    adoption: Option<bool>,
}

impl SafeguardsView {
    pub(crate) fn of(safeguards: &Safeguards) -> Self {
        Self {
            brake: BrakeView::of(&safeguards.brake),
            min_admins: safeguards.min_admins,
            auto_approve_ceiling: CeilingView::of(&safeguards.auto_approve_ceiling),
            two_person_approval: safeguards.two_person_approval,
        }
    }
}

impl BrakeView {
    fn of(brake: &Brake) -> Self {
        Self {
            enabled: brake.enabled,
            window_seconds: brake.window_seconds,
            scopes: BrakeScopesView {
                organization: BrakeLimitView::of(brake.scopes.organization),
                highest_role: BrakeLimitView::of(brake.scopes.highest_role),
                entity: BrakeLimitView::of(brake.scopes.entity),
                group_entity: BrakeLimitView::of(brake.scopes.group_entity),
            },
        }
    }
}

impl BrakeLimitView {
    fn of(limit: BrakeLimit) -> Self {
        Self {
            enabled: limit.enabled,
            min_count: limit.min_count,
            max_percent: limit.max_percent,
            min_size: limit.min_size,
        }
    }
}

impl CeilingView {
    fn of(ceiling: &AutoApproveCeiling) -> Self {
        Self {
            highest_role: ceiling.highest_role,
            max_members: ceiling.max_members,
            adoption: ceiling.adoption,
        }
    }
}

impl BrakeBody {
    pub(crate) fn into_change(self) -> BrakeChange {
        let scopes = self.scopes.unwrap_or_default();
        let limit = |body: Option<BrakeLimitBody>| body.map(BrakeLimitBody::into_change).unwrap_or_default();
        BrakeChange {
            enabled: self.enabled,
            window_seconds: self.window_seconds,
            organization: limit(scopes.organization),
            highest_role: limit(scopes.highest_role),
            entity: limit(scopes.entity),
            group_entity: limit(scopes.group_entity),
        }
    }
}

impl BrakeLimitBody {
    fn into_change(self) -> BrakeLimitChange {
        BrakeLimitChange {
            enabled: self.enabled,
            min_count: self.min_count,
            max_percent: self.max_percent,
            min_size: self.min_size,
        }
    }
}

impl CeilingBody {
    pub(crate) fn into_change(self) -> AutoApproveCeilingChange {
        AutoApproveCeilingChange {
            highest_role: self.highest_role,
            max_members: self.max_members,
            adoption: self.adoption,
        }
    }
}

/// A number, or `null` to clear it; a field that is not there is neither.
fn number_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
