//! What is served where, below `/scim`. Nothing there is answered in another form than SCIM's, also what does not exist.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, any, get, post};

use super::error::ScimError;
use super::handlers::request::GroupReader;
use super::handlers::{bulk, discovery, everything, groups, me, users};
use crate::app::App;
use crate::auth::ScimCaller;

/// The router of the SCIM endpoints of all connections.
pub(crate) fn router() -> Router<Arc<App>> {
    let router = connection("ServiceProviderConfig", get(discovery::service_provider_config))
        .merge(connection("ResourceTypes", get(discovery::resource_types)))
        .merge(connection("ResourceTypes/{id}", get(discovery::resource_type)))
        .merge(connection("Schemas", get(discovery::schemas)))
        .merge(connection("Schemas/{urn}", get(discovery::schema)))
        .merge(connection("Bulk", post(bulk::bulk)))
        .merge(connection("Me", any(me::me)))
        .merge(connection(".search", post(everything::search)))
        .merge(connection("Users", get(users::list).post(users::create)))
        .merge(connection("Users/.search", post(users::search)))
        .merge(connection("Users/{id}", user()))
        .merge(connection(
            "Groups",
            get(groups::list).post(groups::create).fallback(no_group_method),
        ))
        .merge(connection(
            "Groups/.search",
            post(groups::search).fallback(no_group_method),
        ))
        .merge(connection("Groups/{id}", group()));
    // The base URL itself, with and without a slash at its end.
    let router = ["/scim/v2/{connection}", "/scim/v2/{connection}/"]
        .into_iter()
        .fold(router, |router, path| router.route(path, get(everything::list)));
    // Paths instead of a fallback: a router that is merged into another one brings no fallback of its own.
    // Below a connection the caller is known, and is told about the path; anywhere else there is no connection to speak of.
    let router = ["/scim", "/scim/", "/scim/{*rest}", "/scim/v2/{connection}/{*rest}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, any(no_route)));
    router.method_not_allowed_fallback(method_not_allowed)
}

fn user() -> MethodRouter<Arc<App>> {
    get(users::read)
        .put(users::replace)
        .patch(users::patch)
        .delete(users::delete)
}

fn group() -> MethodRouter<Arc<App>> {
    get(groups::read)
        .put(groups::replace)
        .patch(groups::patch)
        .delete(groups::delete)
        .fallback(no_group_method)
}

/// A route below the base URL of every connection; Microsoft's tools add a slash at the end.
fn connection(path: &str, route: MethodRouter<Arc<App>>) -> Router<Arc<App>> {
    let path = format!("/scim/v2/{{connection}}/{path}");
    Router::new()
        .route(&path, route.clone())
        .route(&format!("{path}/"), route)
}

/// Who has no valid token learns that before anything else.
async fn no_route(_: ScimCaller) -> ScimError {
    let detail = "there is nothing at this path; see /ResourceTypes below the SCIM base URL of the connection";
    ScimError::new(StatusCode::NOT_FOUND, detail)
}

/// Where only users are pushed there is nothing to have a method.
async fn no_group_method(GroupReader(caller): GroupReader) -> ScimError {
    method_not_allowed(caller).await
}

async fn method_not_allowed(_: ScimCaller) -> ScimError {
    let detail = "this path does not support the method; the `Allow` header lists those that it does";
    ScimError::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

#[cfg(test)]
mod tests;
