//! The record, entry by entry: as pages, or live.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use rolecall_engine::{Entry, State as EngineState};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::IntoParams;

use super::described::{EntryPosition, PageLimit};
use super::page::{self, Page};
use super::query::Query;
use crate::app::App;
use crate::auth::{Auditor, Caller};
use crate::entry_format::{EntryFormat, FormatName};
use crate::error::ApiError;
use crate::limits::PAGE_BYTES_MAX;
use crate::problem::{Problem, ProblemBody};
use crate::scim_events::Publisher;
use crate::stream;

/// Which entries to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// How many items a page has at most, 100 if left out. It ends earlier when they are large.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The position that the entries come after; 0, the beginning, if left out.
    #[param(value_type = Option<EntryPosition>, inline)]
    after: Option<u64>,
    /// In which format: `rolecall` if left out.
    #[param(inline)]
    format: Option<FormatName>,
}

/// Read entries of the record: facts, and what follows from them.
///
/// With `format=scim` the items are claims sets of security events about the users and groups concerned (RFC 9967). An entry
/// may have several of them, or none.
///
/// With `Accept: text/event-stream` they come as server-sent events, and new ones as they happen. The id of an event is the
/// position of its entry; a client that comes back with `Last-Event-ID` goes on after that.
#[utoipa::path(get, path = "/v1/organizations/{organization}/events", tag = "record", operation_id = "events",
    params(("organization" = Uuid, Path), EventsQuery,
        ("Last-Event-ID" = inline(Option<EntryPosition>), Header, description = "With `Accept: text/event-stream`: the position after which to go on")
    ), responses(
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
    let head = caller.state().position();
    let after = |last_event: Option<u64>| page::after(last_event.or(query.after), head);
    let format = format(query.format.unwrap_or_default(), &caller, &app);
    let last_event = last_event_id(&headers)?;
    if wants_stream(&headers) {
        let after = after(last_event)?;
        let (organization, token) = (caller.organization, caller.holder.token);
        return Ok(stream::answer(&app, organization, token, format, after)?);
    }
    let (after, limit) = (after(None)?, page::limit(query.limit)?);
    let (state, entries) = caller.organization.read(after, limit).await?;
    let rendered = tokio::task::spawn_blocking(move || render(&entries, &state, &format, PAGE_BYTES_MAX)).await;
    Ok(Json(rendered.map_err(|_| ApiError::Internal)??).into_response())
}

fn format(name: FormatName, caller: &Caller<Auditor>, app: &App) -> EntryFormat {
    match name {
        FormatName::Rolecall => EntryFormat::Rolecall,
        FormatName::Scim => EntryFormat::Scim(Publisher {
            issuer: app.public_url.clone(),
            organization: caller.id(),
        }),
    }
}

/// The page with as many of the entries as fit, but at least one, so that whoever follows `next` gets on.
fn render(
    entries: &[Entry],
    state: &EngineState,
    format: &EntryFormat,
    bytes_max: usize,
) -> Result<Page<Box<RawValue>>, ApiError> {
    let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
    for entry in entries {
        for item in format.items(entry, state) {
            let item = to_raw_value(&item).map_err(|_| ApiError::Internal)?;
            bytes += item.get().len();
            items.push(item);
        }
        last = Some(entry.position);
        if bytes >= bytes_max {
            break;
        }
    }
    let next = last.filter(|last| *last < state.position());
    Ok(Page {
        items,
        next: next.map(|next| next.to_string()),
    })
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    accepted.into_iter().any(|value| value.contains("text/event-stream"))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    // A browser that has seen no id yet sends an empty one.
    let Some(value) = headers
        .get("last-event-id")
        .filter(|value| !value.as_bytes().trim_ascii().is_empty())
    else {
        return Ok(None);
    };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let reason = "the header `Last-Event-ID` has to be a position".to_owned();
    position.map(Some).ok_or(ApiError::Query { reason })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rolecall_engine::{OrganizationId, Position};
    use serde_json::json;

    use super::*;
    use crate::test_server::{TestServer, request};

    #[tokio::test]
    async fn a_page_ends_early_when_its_json_gets_large() {
        let server = TestServer::start().await;
        let (ours, admin) = server.organization("ours").await;
        for name in ["a", "b", "c"] {
            let team = json!({"type": "team", "name": name});
            let entities = format!("{ours}/entities");
            server.json("POST", &entities, &admin, team).await.expect(201);
        }
        let id = ours.rsplit('/').next().unwrap().parse().unwrap();
        let organization = server.app.supervisor.get(OrganizationId::new(id)).unwrap();
        let (state, entries) = organization.read(Position::START, 10).await.unwrap();
        let page = |entries: &[Entry], bytes_max| {
            let page = render(entries, &state, &EntryFormat::Rolecall, bytes_max).unwrap();
            (page.items.len(), page.next)
        };
        let all: usize = render(&entries, &state, &EntryFormat::Rolecall, usize::MAX)
            .unwrap()
            .items
            .iter()
            .map(|item| item.get().len())
            .sum();
        assert_eq!(page(&entries, usize::MAX), (3, None));
        assert_eq!(page(&entries, all), (3, None));
        assert_eq!(page(&entries, all / 2), (2, Some("2".to_owned())));
        assert_eq!(page(&entries, 0), (1, Some("1".to_owned())));
        assert_eq!(page(&entries[..2], usize::MAX), (2, Some("2".to_owned())));
    }

    #[tokio::test]
    async fn a_reader_that_is_ahead_of_the_record_is_refused() {
        let server = TestServer::start().await;
        let (ours, admin) = server.organization("ours").await;
        let check = async |after: u64, accept: &str, by_header: bool| {
            let path = if by_header {
                format!("{ours}/events")
            } else {
                format!("{ours}/events?after={after}")
            };
            let request = request("GET", &path, &admin).header(header::ACCEPT, accept);
            let request = if by_header {
                request.header("last-event-id", after)
            } else {
                request
            };
            let refused = server
                .send(request.body(axum::body::Body::empty()).unwrap())
                .await
                .expect(400);
            assert_eq!(refused["type"], "urn:rolecall:problem:position_ahead");
        };
        check(1, "application/json", false).await;
        check(1, "text/event-stream", false).await;
        check(u64::MAX, "text/event-stream", true).await;
        let events = format!("{ours}/events?after=0");
        server.json("GET", &events, &admin, Value::Null).await.expect(200);
    }

    #[test]
    fn an_empty_last_event_id_counts_as_none() {
        let of = |value: &'static str| {
            last_event_id(&HeaderMap::from_iter([(
                "last-event-id".parse().unwrap(),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of(" ").unwrap(), None);
        assert_eq!(of("7").unwrap(), Some(7));
        assert!(of("x").is_err());
    }
}
