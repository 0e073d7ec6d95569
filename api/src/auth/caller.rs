//! Callers of the admin API.
//!
//! A handler names the least role that may call it by the type of its caller: `Caller<Approver>`.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use rolecall_engine::registry::{AdminRole, REGISTRY, TokenScope};
use rolecall_engine::{Actor, Command, OrganizationId, Rejection, State};

use super::{Holder, holder};
use crate::app::App;
use crate::error::ApiError;
use crate::organization::{Organization, Submitted};
use crate::problem::Problem;
use crate::time;

/// A least role, as a type.
pub(crate) trait Least {
    /// The role.
    const ROLE: AdminRole;
}

/// May read the present state.
pub(crate) struct Viewer;
/// May read the record too.
pub(crate) struct Auditor;
/// May decide about mappings too.
pub(crate) struct Approver;
/// May do everything in the organization.
pub(crate) struct Admin;

impl Least for Viewer {
    const ROLE: AdminRole = AdminRole::Viewer;
}

impl Least for Auditor {
    const ROLE: AdminRole = AdminRole::Auditor;
}

impl Least for Approver {
    const ROLE: AdminRole = AdminRole::Approver;
}

impl Least for Admin {
    const ROLE: AdminRole = AdminRole::Admin;
}

/// Somebody who may act in the organization that the path names, with at least the role `R` there.
pub(crate) struct Caller<R> {
    /// The organization.
    pub(crate) organization: Arc<Organization>,
    /// Where organizations, connections and tokens are.
    pub(crate) registry: Arc<Organization>,
    /// Who it is, for the record.
    pub(crate) actor: Actor,
    /// The token and what it opens.
    pub(crate) holder: Holder,
    least: PhantomData<R>,
}

impl<R> Caller<R> {
    /// The id of the organization.
    pub(crate) fn id(&self) -> OrganizationId {
        self.organization.id()
    }

    /// Whether it may do what this role may.
    pub(crate) fn may(&self, role: AdminRole) -> bool {
        allow(self.holder.scope, role).is_ok()
    }

    /// The state of the organization now.
    pub(crate) fn state(&self) -> Arc<State> {
        self.organization.head()
    }

    /// Has a command carried out in the organization.
    pub(crate) async fn submit(&self, command: Command) -> Result<Submitted, ApiError> {
        self.organization.submit(command, self.actor).await
    }
}

impl<R: Least> FromRequestParts<Arc<App>> for Caller<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let registry = app.supervisor.registry()?;
        let holder = identify(parts, app, &registry)?;
        let id = organization_in_path(parts, app).await;
        // INVARIANT: a token never learns whether another organization exists.
        let id = id.filter(|id| holder.scope.organization().is_none_or(|own| own == *id));
        // The reserved organization is read like any other, but written in its own ways only.
        let id = id.filter(|id| *id != REGISTRY || R::ROLE <= AdminRole::Auditor);
        let id = id.ok_or(ApiError::Rejected(Rejection::UnknownOrganization))?;
        allow(holder.scope, R::ROLE)?;
        let organization = app.supervisor.get(id)?;
        Ok(Self {
            organization,
            registry,
            actor: actor(holder),
            holder,
            least: PhantomData,
        })
    }
}

/// Somebody who may create organizations: the holder of a root token.
pub(crate) struct RootCaller {
    /// Where organizations, connections and tokens are.
    pub(crate) registry: Arc<Organization>,
    /// Who it is, for the record.
    pub(crate) actor: Actor,
}

impl FromRequestParts<Arc<App>> for RootCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let registry = app.supervisor.registry()?;
        let holder = identify(parts, app, &registry)?;
        match holder.scope {
            TokenScope::Root => Ok(Self {
                registry,
                actor: actor(holder),
            }),
            TokenScope::Admin { .. } | TokenScope::Scim { .. } => Err(ApiError::RootOnly.into()),
        }
    }
}

fn identify(parts: &Parts, app: &App, registry: &Organization) -> Result<Holder, ApiError> {
    let now = time::now();
    let holder = holder(&parts.headers, app.root, registry.head().registry(), now)?;
    if let Some(token) = holder.token {
        app.last_use.note(token, now);
    }
    Ok(holder)
}

async fn organization_in_path(parts: &mut Parts, app: &Arc<App>) -> Option<OrganizationId> {
    let path = RawPathParams::from_request_parts(parts, app).await.ok()?;
    let (_, organization) = path.iter().find(|(name, _)| *name == "organization")?;
    organization.parse().ok()
}

fn allow(scope: TokenScope, needed: AdminRole) -> Result<(), ApiError> {
    match scope {
        TokenScope::Root => Ok(()),
        TokenScope::Admin { role, .. } if role >= needed => Ok(()),
        TokenScope::Admin { .. } => Err(ApiError::RoleTooLow { needed }),
        TokenScope::Scim { .. } => Err(ApiError::ScimToken),
    }
}

fn actor(holder: Holder) -> Actor {
    match (holder.scope, holder.token) {
        (TokenScope::Root, _) | (_, None) => Actor::Root,
        (TokenScope::Admin { .. }, Some(token)) => Actor::Token(token),
        (TokenScope::Scim { connection, .. }, Some(token)) => Actor::Connection { connection, token },
    }
}
