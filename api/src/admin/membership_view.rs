//! Why a user is in an entity, and why with a role, in JSON.

use rolecall_engine::state::{State, User};
use rolecall_engine::{EntityIndex, ExceptionId, Prevailing, RoleClaim, RoleSource, UnmappedSource};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One reason for a user to be in an entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceView {
    /// `pin`: an administrator pinned the user to the entity; `mapping`: a group of the user is mapped to it; `manual`: an
    /// administrator put the user there by hand; `attribute`: the user's own attribute names it;
    /// `connection_default`: it was the default entity of the connection that created the user; `default`: it is where users
    /// without a claim go; `hold`: nothing else puts the user there any more, but a brake holds it.
    #[schema(example = "mapping")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<Uuid>,
}

/// One reason for a user to hold a role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleClaimView {
    role: String,
    /// `group`: the identity provider gave it to a group of the user; `rule`: an approved mapping grants it;
    /// `attribute`: the user's own attribute asks for it; `hold`: no other claim does, but a brake holds it; `pin`: an
    /// administrator pinned the user to it, whatever the others say.
    #[schema(example = "rule")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<Uuid>,
}

impl SourceView {
    /// Whether it is a pin.
    pub(crate) fn is_pin(&self) -> bool {
        self.exception_id.is_some()
    }
}

/// All reasons for the user to be in the entity, given what prevails of its claims.
pub(crate) fn sources_of(prevailing: &Prevailing, entity: EntityIndex, user: &User, state: &State) -> Vec<SourceView> {
    let mappings = prevailing.sources(entity, user, state).map(|mapping| SourceView {
        kind: "mapping",
        mapping_id: Some(mapping.id.uuid()),
        group_id: Some(state.group_at(mapping.group).id.uuid()),
        exception_id: None,
        hold_id: None,
    });
    let unmapped = prevailing.unmapped_sources(entity, user, state);
    let held = state.holds_in(entity, user.index).map(|hold| SourceView {
        kind: "hold",
        mapping_id: None,
        group_id: None,
        exception_id: None,
        hold_id: Some(hold.id.uuid()),
    });
    mappings
        .chain(unmapped.into_iter().map(unmapped_view))
        .chain(held)
        .collect()
}

fn unmapped_view(source: UnmappedSource) -> SourceView {
    let (kind, exception) = match source {
        UnmappedSource::Pin(exception) => ("pin", Some(exception)),
        UnmappedSource::Manual => ("manual", None),
        UnmappedSource::Attribute => ("attribute", None),
        UnmappedSource::ConnectionDefault => ("connection_default", None),
        UnmappedSource::OrganizationDefault => ("default", None),
    };
    SourceView {
        kind,
        mapping_id: None,
        group_id: None,
        exception_id: exception.map(ExceptionId::uuid),
        hold_id: None,
    }
}

impl RoleClaimView {
    /// The claim.
    pub(crate) fn of(claim: &RoleClaim) -> Self {
        let role = claim.role.to_string();
        let view = Self {
            role,
            kind: "attribute",
            group_id: None,
            mapping_id: None,
            rule_id: None,
            rule_version: None,
            hold_id: None,
            exception_id: None,
        };
        match claim.source {
            RoleSource::Attribute => view,
            RoleSource::Hold { hold } => Self {
                kind: "hold",
                hold_id: Some(hold.uuid()),
                ..view
            },
            RoleSource::Pin { exception } => Self {
                kind: "pin",
                exception_id: Some(exception.uuid()),
                ..view
            },
            RoleSource::Group { group } => Self {
                kind: "group",
                group_id: Some(group.uuid()),
                ..view
            },
            RoleSource::Rule { rule, mapping, group } => Self {
                kind: "rule",
                group_id: Some(group.uuid()),
                mapping_id: Some(mapping.uuid()),
                rule_id: Some(rule.rule.uuid()),
                rule_version: Some(rule.version),
                ..view
            },
        }
    }
}
