//! Live events: server-sent events (HTML Living Standard, section 9.2) over the log.
//!
//! One path for catching up and for live: the head of the organization wakes the stream, and the stream reads the log from
//! its own cursor. There is no buffer that could overflow, and a slow reader holds back nobody but itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use std::vec;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use rolecall_engine::{Entry, Position, State, TokenId};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};
use tokio_stream::StreamExt;

use crate::app::App;
use crate::entry_format::EntryFormat;
use crate::error::ApiError;
use crate::limits::{INLINE_USERS_MAX, READ_ENTRIES_MAX, STREAM_CLIENTS_MAX, STREAM_HEARTBEAT};
use crate::metrics::StreamClient;
use crate::organization::Organization;
use crate::time;

/// One open stream.
struct Live {
    organization: Arc<Organization>,
    /// The token that opened it; the stream ends with it.
    token: Option<TokenId>,
    format: EntryFormat,
    /// The last entry sent.
    cursor: Position,
    /// What was read after it, with a state that knows everything that is named there.
    read: (Arc<State>, vec::IntoIter<Entry>),
    head: watch::Receiver<Arc<State>>,
    /// Where tokens are; it wakes the stream when one is revoked.
    registry: watch::Receiver<Arc<State>>,
    draining: watch::Receiver<bool>,
    _counted: StreamClient,
}

/// An answer that streams the entries after a position, until the client leaves, the token ends, or the server stops.
///
/// # Errors
/// When too many streams are open.
pub(crate) fn answer(
    app: &App,
    organization: Arc<Organization>,
    token: Option<TokenId>,
    format: EntryFormat,
    after: Position,
) -> Result<Response, ApiError> {
    if usize::try_from(app.metrics.open_streams()).unwrap_or(0) >= STREAM_CLIENTS_MAX {
        return Err(ApiError::TooManyStreams);
    }
    let live = Live {
        head: organization.watch_head(),
        registry: app.supervisor.registry()?.watch_head(),
        draining: app.draining.clone(),
        _counted: app.metrics.stream_client(),
        read: (organization.head(), Vec::new().into_iter()),
        organization,
        token,
        format,
        cursor: after,
    };
    let events = stream::unfold(live, |mut live| async move { Some((live.next().await?, live)) });
    let events = events.timeout_repeating(interval_at(Instant::now() + STREAM_HEARTBEAT, STREAM_HEARTBEAT));
    // A timeout says that nothing has happened for a while.
    let events = events.map(|sent| sent.unwrap_or(Bytes::from_static(b": alive\n\n")));
    // The first bytes go out at once, so that the client knows that it is connected.
    let opening = tokio_stream::once(Bytes::from_static(b": connected\n\n"));
    let body = Body::from_stream(opening.chain(events).map(Ok::<_, Infallible>));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, body).into_response())
}

impl Live {
    /// The next bytes to send; `None` when the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let rest = self.rest_of_token()?;
            if *self.draining.borrow() {
                return None;
            }
            if let Some(entry) = self.read.1.next() {
                self.cursor = entry.position;
                return render(entry, &self.read.0, &self.format).await;
            }
            if self.cursor < self.head.borrow_and_update().position() {
                self.read = self.page().await?;
                continue;
            }
            tokio::select! {
                // An error says that the organization stopped; the client comes back and goes on from its last event.
                moved = self.head.changed() => moved.ok()?,
                changed = self.registry.changed() => changed.ok()?,
                _ = self.draining.changed() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// What comes next; `None` when it cannot be read.
    async fn page(&self) -> Option<(Arc<State>, vec::IntoIter<Entry>)> {
        match self.organization.read(self.cursor, READ_ENTRIES_MAX).await {
            Ok((state, entries)) => (!entries.is_empty()).then(|| (state, entries.into_iter())),
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::error!(organization.id = %self.organization.id(), error = cause, "an event stream failed to read");
                None
            }
        }
    }

    /// For how long the token still opens the stream; `None` when it does not any more.
    fn rest_of_token(&mut self) -> Option<Duration> {
        let Some(id) = self.token else {
            return Some(Duration::MAX);
        };
        let state = self.registry.borrow_and_update();
        let Some(expires) = state.registry().token(id)?.expires_at else {
            return Some(Duration::MAX);
        };
        let rest = expires.milliseconds().checked_sub(time::now().milliseconds())?;
        (rest > 0).then_some(Duration::from_millis(rest))
    }
}

/// One entry at a time, as its JSON may be many times its size in the log; `None` after a panic.
async fn render(entry: Entry, state: &Arc<State>, format: &EntryFormat) -> Option<Bytes> {
    if format.users_named(&entry) <= INLINE_USERS_MAX {
        return Some(events(&entry, state, format).into());
    }
    let (state, format) = (Arc::clone(state), format.clone());
    let rendered = tokio::task::spawn_blocking(move || events(&entry, &state, &format)).await;
    rendered.ok().map(Bytes::from)
}

/// The events of an entry, the last of them with its position: who is cut off between two of them reads all of them again.
/// Without any there is the position alone, from which a reader that comes back goes on.
fn events(entry: &Entry, state: &State, format: &EntryFormat) -> String {
    let (event, position) = (format.event(), entry.position);
    let items = format.items(entry, state);
    let Some((last, others)) = items.split_last() else {
        return format!("id: {position}\n\n");
    };
    let others = others.iter().map(|item| format!("event: {event}\ndata: {item}\n\n"));
    others.collect::<String>() + &format!("id: {position}\nevent: {event}\ndata: {last}\n\n")
}
