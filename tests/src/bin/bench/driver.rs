//! A driver that costs little: requests are bytes made beforehand, and of an answer only its end is looked for.

use std::time::{Duration, Instant};

use rolecall_tests::server::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::measure::Measured;

/// One kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where and as whom requests are sent.
#[derive(Clone)]
pub(crate) struct Target {
    address: String,
    base: String,
    token: String,
}

impl Target {
    /// The SCIM service of a connection.
    pub(crate) fn scim(server: &Server, connection: &str, token: &str) -> Target {
        let address = server.address().trim_start_matches("http://").to_owned();
        Target {
            address,
            base: format!("/scim/v2/{connection}"),
            token: token.to_owned(),
        }
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address)
            .await
            .expect("failed to connect to the server");
        stream.set_nodelay(true).expect("failed to set TCP_NODELAY");
        Connection {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// A request without a body as it goes over the wire.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let Target { address, base, token } = self;
        format!("GET {base}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
    }

    /// A request as it goes over the wire.
    pub(crate) fn request(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let Target { address, base, token } = self;
        format!(
            "{method} {base}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

impl Connection {
    /// Sends a request and reads its answer to the end; returns the body. Panics unless the status is 2xx.
    pub(crate) async fn send(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("failed to send a request");
        self.buffer.clear();
        loop {
            let read = self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .expect("failed to read an answer");
            assert!(read > 0, "the server closed the connection");
            if let Some((head, length)) = self.head() {
                while self.buffer.len() < head + length {
                    let read = self
                        .stream
                        .read_buf(&mut self.buffer)
                        .await
                        .expect("failed to read an answer");
                    assert!(read > 0, "the server closed the connection");
                }
                return self.buffer.get(head..head + length).unwrap_or_default();
            }
        }
    }

    /// The bytes of the status line and header fields, and the length of the body, once they are there.
    fn head(&self) -> Option<(usize, usize)> {
        let head = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(self.buffer.get(..head)?);
        assert!(
            text.starts_with("HTTP/1.1 2"),
            "answer: {}",
            String::from_utf8_lossy(&self.buffer)
        );
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        Some((
            head,
            length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0),
        ))
    }
}

/// Sends each connection's requests in turn, over and over, for some time; the first part of it is not counted.
pub(crate) async fn drive(target: &Target, requests: Vec<Vec<Vec<u8>>>, warm_up: Duration, time: Duration) -> Measured {
    let start = Instant::now() + warm_up;
    let mut tasks = JoinSet::new();
    for requests in requests {
        let mut connection = target.connect().await;
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            for request in requests.iter().cycle() {
                let sent = Instant::now();
                if sent >= start + time {
                    break;
                }
                connection.send(request).await;
                if sent >= start {
                    latencies.push(sent.elapsed());
                }
            }
            latencies
        });
    }
    let latencies = tasks.join_all().await.concat();
    Measured::new(latencies, time)
}

/// Sends all requests once, over several connections; returns what `read` makes of each answer, in order.
pub(crate) async fn send_all<T: Send + 'static>(
    target: &Target,
    connections: usize,
    requests: Vec<Vec<u8>>,
    read: fn(&[u8]) -> T,
) -> Vec<T> {
    let share = requests.len().div_ceil(connections).max(1);
    let mut tasks = JoinSet::new();
    for (number, requests) in requests.chunks(share).map(<[Vec<u8>]>::to_vec).enumerate() {
        let mut connection = target.connect().await;
        tasks.spawn(async move {
            let mut results = Vec::with_capacity(requests.len());
            for request in &requests {
                results.push(read(connection.send(request).await));
            }
            (number, results)
        });
    }
    let mut parts = tasks.join_all().await;
    parts.sort_by_key(|(number, _)| *number);
    parts.into_iter().flat_map(|(_, results)| results).collect()
}

/// The `id` in an answer.
pub(crate) fn id_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("an answer is JSON");
    body.get("id")
        .and_then(Value::as_str)
        .expect("a resource has an id")
        .to_owned()
}
