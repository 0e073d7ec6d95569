//! The record, entry by entry: as pages, or live.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use rolecall_engine::Position;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::page::{self, Page};
use super::query::Query;
use crate::app::App;
use crate::auth::{Auditor, Caller};
use crate::error::ApiError;
use crate::problem::{Problem, ProblemBody};
use crate::{entry_view, stream};

/// Which entries to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// How many items a page has, 100 if left out.
    limit: Option<usize>,
    /// The position that the entries come after; 0, the beginning, if left out.
    after: Option<u64>,
}

/// Read entries of the record: facts, and what follows from them.
///
/// With `Accept: text/event-stream` they come as server-sent events, and new ones as they happen. The id of an event is the
/// position of its entry; a client that comes back with `Last-Event-ID` goes on after that.
#[utoipa::path(get, path = "/v1/organizations/{organization}/events", tag = "record", operation_id = "events",
    params(("organization" = Uuid, Path), EventsQuery), responses(
    (status = 200, description = "Entries in order", content(
        (Page<Value> = "application/json"),
        (String = "text/event-stream"),
    )),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(
    caller: Caller<Auditor>,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    if wants_stream(&headers) {
        let after = last_event_id(&headers)?.or(query.after).unwrap_or(0);
        return Ok(stream::answer(
            &app,
            caller.organization,
            caller.holder.token,
            Position::new(after),
        )?);
    }
    let (after, limit) = (Position::new(query.after.unwrap_or(0)), page::limit(query.limit)?);
    let (state, entries) = caller.organization.read(after, limit).await?;
    let last = entries
        .last()
        .map(|entry| entry.position)
        .filter(|last| *last < state.position());
    let items = entries.iter().map(|entry| entry_view::entry(entry, &state)).collect();
    let page: Page<Value> = Page {
        items,
        next: last.map(|last| last.to_string()),
    };
    Ok(Json(page).into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    accepted.into_iter().any(|value| value.contains("text/event-stream"))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let reason = "the header `Last-Event-ID` has to be a position".to_owned();
    position.map(Some).ok_or(ApiError::Query { reason })
}
