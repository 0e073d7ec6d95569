//! A reader of server-sent events (HTML standard, section 9.2), as far as the event stream uses them.

use std::time::Duration;

use reqwest::header::ACCEPT;
use serde_json::Value;

use crate::admin::Organization;

const PATIENCE: Duration = Duration::from_secs(30);

/// An open event stream.
#[derive(Debug)]
pub struct EventStream {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

/// One thing that came over the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// An entry, with the position that a reader may resume from.
    Event {
        /// The `id` field.
        id: u64,
        /// The `data` field.
        data: Value,
    },
    /// A comment, which keeps the connection open while nothing happens.
    Heartbeat,
}

impl EventStream {
    /// Follows an organization's entries after a position.
    pub async fn open(organization: &Organization, after: u64) -> EventStream {
        EventStream::from(organization.http.request("GET", &format!("/events?after={after}"))).await
    }

    /// Reconnects as a browser does: the position goes into a header field.
    pub async fn resume(organization: &Organization, last_event_id: u64) -> EventStream {
        let request = organization.http.request("GET", "/events");
        EventStream::from(request.header("Last-Event-ID", last_event_id.to_string())).await
    }

    async fn from(request: reqwest::RequestBuilder) -> EventStream {
        let response = request
            .header(ACCEPT, "text/event-stream")
            .send()
            .await
            .expect("failed to open the stream");
        assert_eq!(response.status().as_u16(), 200, "answer to the event stream");
        EventStream {
            response,
            buffer: Vec::new(),
        }
    }

    /// The next message; panics when none comes.
    pub async fn next(&mut self) -> Message {
        let message = tokio::time::timeout(PATIENCE, self.next_in_time()).await;
        message.unwrap_or_else(|_| panic!("nothing came over the stream for {PATIENCE:?}"))
    }

    /// The next entry, heartbeats left out.
    pub async fn next_event(&mut self) -> (u64, Value) {
        loop {
            if let Message::Event { id, data } = self.next().await {
                return (id, data);
            }
        }
    }

    async fn next_in_time(&mut self) -> Message {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("an event stream is UTF-8");
                return parse(&block);
            }
            let chunk = self.response.chunk().await.expect("failed to read the stream");
            self.buffer.extend_from_slice(&chunk.expect("the stream ended"));
        }
    }
}

fn parse(block: &str) -> Message {
    let field = |name: &str| {
        let lines = block
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (id, data) = (field("id"), field("data"));
    if data.is_empty() {
        assert!(block.starts_with(':'), "neither an event nor a comment: {block:?}");
        return Message::Heartbeat;
    }
    Message::Event {
        id: id.parse().unwrap_or_else(|_| panic!("no position in {block:?}")),
        data: serde_json::from_str(&data).unwrap_or_else(|error| panic!("no JSON ({error}) in {block:?}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Message, parse};

    #[test]
    fn events_and_heartbeats_are_told_apart() {
        assert_eq!(parse(":\n\n"), Message::Heartbeat);
        assert_eq!(parse(": still here\n\n"), Message::Heartbeat);
        let event = Message::Event {
            id: 7,
            data: json!({ "position": 7 }),
        };
        assert_eq!(parse("id: 7\nevent: entry\ndata: {\"position\":7}\n\n"), event);
        assert_eq!(parse("data:{\"position\":\ndata:7}\nid:7\n\n"), event);
    }
}
