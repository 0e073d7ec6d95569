//! The client credentials grant (RFC 6749 section 4.4).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;

use super::OAuthError;
use super::client::Client;
use super::form::Form;
use crate::app::App;
use crate::auth::access_token;
use crate::rate::Charged;
use crate::time;

/// The only grant.
pub(super) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The only scope. Whoever asks for another one gets this one, and is told so (RFC 6749 section 3.3).
pub(super) const SCOPE: &str = "scim";

/// A token answer (RFC 6749 section 5.1).
#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
    scope: &'static str,
}

/// `POST /oauth/token`
pub(super) async fn client_credentials(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<impl IntoResponse, OAuthError> {
    let (parts, body) = request.into_parts();
    let form = Form::read(&parts.headers, body).await?;
    let client = Client::of(&parts.headers, &form)?;
    let grant_type = form.parameter("grant_type")?.ok_or(OAuthError::GrantTypeMissing)?;
    form.parameter("scope")?;
    let (now, registry) = (time::now(), app.supervisor.registry()?.head());
    let token = client.token(registry.registry(), now)?;
    if grant_type != CLIENT_CREDENTIALS {
        return Err(OAuthError::GrantType);
    }
    app.last_use.note(token.id, now);
    if let Some(organization) = token.scope.organization() {
        app.charge(&*app.supervisor.get(organization)?, &Charged::of(&parts.extensions))?;
    }
    let end = access_token::end(now, token.expires_at);
    let granted = Granted {
        access_token: access_token::issue(&app.keys, token.id, end).reveal().to_owned(),
        token_type: "Bearer",
        expires_in: end.milliseconds().saturating_sub(now.milliseconds()) / 1_000,
        scope: SCOPE,
    };
    let unkept = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    Ok((unkept, Json(granted)))
}
