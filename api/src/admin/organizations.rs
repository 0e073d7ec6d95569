//! Organizations: the customers of the product.

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::Command;
use rolecall_engine::registry::{Organization, RegistryCommand, RegistryFact};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::created::created;
use super::described::Name;
use super::page::Page;
use crate::auth::{Caller, RootCaller, Viewer};
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganizationView {
    id: Uuid,
    /// Its name, for people.
    #[schema(example = "Example Corp")]
    name: String,
    created_at: Time,
}

/// What to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    /// Its name, for people.
    #[schema(example = "Example Corp", value_type = Name)]
    name: String,
}

impl OrganizationView {
    fn of(organization: &Organization) -> Self {
        Self {
            id: organization.id.uuid(),
            name: organization.name.clone(),
            created_at: Time(organization.created_at),
        }
    }
}

/// List all organizations. Needs the root token.
#[utoipa::path(get, path = "/v1/organizations", tag = "organizations", responses(
    (status = 200, description = "All organizations, in the order of their creation", body = Page<OrganizationView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: RootCaller) -> Json<Page<OrganizationView>> {
    let state = caller.registry.head();
    Json(Page::whole(
        state.registry().organizations().map(OrganizationView::of).collect(),
    ))
}

/// Create an organization. Needs the root token.
#[utoipa::path(post, path = "/v1/organizations", tag = "organizations", request_body = NewOrganization, responses(
    (status = 201, description = "The new organization", body = OrganizationView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: RootCaller,
    Body(new): Body<NewOrganization>,
) -> Result<(StatusCode, Json<OrganizationView>), Problem> {
    let command = Command::Registry(RegistryCommand::CreateOrganization { name: new.name });
    let submitted = caller.registry.submit(command, caller.actor).await?;
    let id = created(&submitted, |fact| match fact {
        RegistryFact::OrganizationCreated { organization, .. } => Some(*organization),
        _ => None,
    })?;
    let organization = submitted.state.registry().organization(id).ok_or(ApiError::Internal)?;
    Ok((StatusCode::CREATED, Json(OrganizationView::of(organization))))
}

/// Read an organization.
#[utoipa::path(get, path = "/v1/organizations/{organization}", tag = "organizations",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "The organization", body = OrganizationView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>) -> Result<Json<OrganizationView>, Problem> {
    let state = caller.registry.head();
    let organization = state.registry().organization(caller.id()).ok_or(ApiError::Internal)?;
    Ok(Json(OrganizationView::of(organization)))
}
