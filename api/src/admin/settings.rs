//! The settings of an organization.

use axum::Json;
use rolecall_engine::rules::RoleName;
use rolecall_engine::state::State;
use rolecall_engine::{Command, EntityId, OnRename, SafeguardsChange, Settings, SettingsChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::connection_settings::null_is_a_value;
use super::described::RoleText;
use super::object;
use super::safeguards::{BrakeBody, CeilingBody, SafeguardsView};
use crate::auth::{Admin, Caller, Viewer};
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};

/// The settings of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsView {
    /// What becomes of an automatic mapping when a rename lets another rule decide its group.
    on_rename: Renaming,
    /// Whether an entity takes members from one group only.
    one_group_per_entity: bool,
    /// The roles, lowest first.
    #[schema(example = json!(["guest", "user", "admin"]))]
    roles: Vec<String>,
    /// The role of a user without any claim.
    default_role: String,
    /// The concurrency group of a user without any claim to one.
    default_concurrency_group: Option<Uuid>,
    /// Whether identity providers may write groups.
    group_provisioning: bool,
    /// Whether a user name has to be an e-mail address.
    username_must_be_email: bool,
    /// Whether a user name may never change.
    username_immutable: bool,
    /// Domains that the e-mail addresses of users have to be in; empty: any.
    allowed_email_domains: Vec<String>,
}

/// What becomes of an automatic mapping when a rename lets another rule decide its group.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Renaming {
    /// It stays; the new match waits beside it for approval.
    Propose,
    /// An auto-approving rule takes over at once.
    Apply,
}

/// All settings of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllSettingsView {
    #[serde(flatten)]
    settings: SettingsView,
    #[serde(flatten)]
    safeguards: SafeguardsView,
}

/// The settings to change; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    on_rename: Option<Renaming>,
    one_group_per_entity: Option<bool>,
    #[schema(value_type = Option<Vec<RoleText>>)]
    roles: Option<Vec<String>>,
    #[schema(value_type = Option<RoleText>)]
    default_role: Option<String>,
    /// `null` clears it.
    #[serde(default, deserialize_with = "null_is_a_value")]
    #[schema(value_type = Option<Uuid>)]
    default_concurrency_group: Option<Option<Uuid>>,
    group_provisioning: Option<bool>,
    username_must_be_email: Option<bool>,
    username_immutable: Option<bool>,
    allowed_email_domains: Option<Vec<String>>,
    #[serde(default, deserialize_with = "object::optional")]
    brake: Option<BrakeBody>,
    #[schema(maximum = 1000)]
    min_admins: Option<u32>,
    #[serde(default, deserialize_with = "object::optional")]
    auto_approve_ceiling: Option<CeilingBody>,
    two_person_approval: Option<bool>,
}

impl AllSettingsView {
    fn of(state: &State) -> Self {
        Self {
            settings: SettingsView::of(state.settings()),
            safeguards: SafeguardsView::of(state.safeguards()),
        }
    }
}

impl SettingsView {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            on_rename: match settings.on_rename {
                OnRename::Propose => Renaming::Propose,
                OnRename::Apply => Renaming::Apply,
            },
            one_group_per_entity: settings.one_group_per_entity,
            roles: settings.roles.iter().map(ToString::to_string).collect(),
            default_role: settings.default_role.to_string(),
            default_concurrency_group: settings.default_concurrency_group.map(EntityId::uuid),
            group_provisioning: settings.group_provisioning,
            username_must_be_email: settings.username_must_be_email,
            username_immutable: settings.username_immutable,
            allowed_email_domains: settings.allowed_email_domains.clone(),
        }
    }
}

impl SettingsBody {
    pub(super) fn into_change(self) -> Result<SettingsChange, ApiError> {
        let roles = self
            .roles
            .map(|roles| roles.iter().map(|name| role("roles", name)).collect());
        Ok(SettingsChange {
            on_rename: self.on_rename.map(|renaming| match renaming {
                Renaming::Propose => OnRename::Propose,
                Renaming::Apply => OnRename::Apply,
            }),
            one_group_per_entity: self.one_group_per_entity,
            roles: roles.transpose()?,
            default_role: self.default_role.map(|name| role("default_role", &name)).transpose()?,
            default_concurrency_group: self.default_concurrency_group.map(|id| id.map(EntityId::new)),
            group_provisioning: self.group_provisioning,
            username_must_be_email: self.username_must_be_email,
            username_immutable: self.username_immutable,
            allowed_email_domains: self.allowed_email_domains,
            safeguards: SafeguardsChange {
                brake: self.brake.map(BrakeBody::into_change).unwrap_or_default(),
                min_admins: self.min_admins,
                auto_approve_ceiling: self
                    .auto_approve_ceiling
                    .map(CeilingBody::into_change)
                    .unwrap_or_default(),
                two_person_approval: self.two_person_approval,
            },
        })
    }
}

/// The role of this name.
///
/// # Errors
/// When the name is none.
pub(crate) fn role(place: &str, name: &str) -> Result<RoleName, ApiError> {
    name.parse().map_err(|error: rolecall_engine::rules::NameError| {
        let (place, reason) = (place.to_owned(), error.to_string());
        ApiError::Value { place, reason }
    })
}

/// Read the settings.
#[utoipa::path(get, path = "/v1/organizations/{organization}/settings", tag = "settings",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "All settings", body = AllSettingsView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>) -> Json<AllSettingsView> {
    Json(AllSettingsView::of(&caller.state()))
}

/// Change settings.
#[utoipa::path(patch, path = "/v1/organizations/{organization}/settings", tag = "settings",
    params(("organization" = Uuid, Path)), request_body = SettingsBody, responses(
    (status = 200, description = "All settings as they are now", body = AllSettingsView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn change(
    caller: Caller<Admin>,
    Body(body): Body<SettingsBody>,
) -> Result<Json<AllSettingsView>, Problem> {
    let command = Command::ChangeSettings {
        change: body.into_change()?,
    };
    let submitted = caller.submit(command).await?;
    Ok(Json(AllSettingsView::of(&submitted.state)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_refused_with_the_known_ones() {
        let error = serde_json::from_str::<SettingsBody>(r#"{"colour": 1}"#)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`colour`") && error.contains("`one_group_per_entity`"),
            "{error}"
        );
    }

    #[test]
    fn null_clears_and_nothing_leaves_alone() {
        let cleared: SettingsBody = serde_json::from_str(r#"{"default_concurrency_group": null}"#).unwrap();
        assert_eq!(cleared.into_change().unwrap().default_concurrency_group, Some(None));
        assert_eq!(
            SettingsBody::default().into_change().unwrap(),
            SettingsChange::default()
        );
    }

    #[test]
    fn a_safeguard_is_changed_alone() {
        let body =
            r#"{"brake": {"scopes": {"entity": {"enabled": true}}}, "auto_approve_ceiling": {"max_members": null}}"#;
        let change = serde_json::from_str::<SettingsBody>(body)
            .unwrap()
            .into_change()
            .unwrap();
        let mut expected = SettingsChange::default();
        expected.safeguards.brake.entity.enabled = Some(true);
        expected.safeguards.auto_approve_ceiling.max_members = Some(None);
        assert_eq!(change, expected);
        let error = serde_json::from_str::<SettingsBody>(r#"{"brake": [true]}"#).unwrap_err();
        assert!(error.to_string().contains("expected an object"), "{error}");
    }
}
