//! What stands in answers byte by byte, where an HTTP client would look away or do better.

use std::time::Duration;

use rolecall_tests::admin::Connection;
use rolecall_tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Wire {
    server: Server,
    connection: Connection,
    token: String,
}

impl Wire {
    async fn new() -> Wire {
        let server = Server::start().await;
        let organization = server.organization("Acme").await;
        let connection = organization.connect(&server.public(), "okta").await;
        let token = organization.connection_token(&connection.id).await;
        Wire {
            server,
            connection,
            token,
        }
    }

    async fn open(&self) -> TcpStream {
        TcpStream::connect(self.server.address().trim_start_matches("http://"))
            .await
            .unwrap()
    }

    /// The head of a request.
    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let (id, token) = (&self.connection.id, &self.token);
        format!(
            "{method} /scim/v2/{id}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        )
    }
}

/// What comes up to the end of the head of one answer, and perhaps more.
async fn head_of_answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed");
        }
    };
    timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn an_answer_that_nothing_changed_has_no_length() {
    let wire = Wire::new().await;
    let ana = wire.connection.scim.create_user("ana@example.com").await;
    let mut stream = wire.open().await;
    for method in ["HEAD", "GET", "HEAD"] {
        let request = wire.head(method, &format!("/Users/{ana}"), "If-None-Match: *\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 304"), "{answer}");
        let lower = answer.to_lowercase();
        assert!(
            !lower.contains("content-length") && !lower.contains("transfer-encoding"),
            "{answer}"
        );
        assert!(lower.contains("etag:") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_before_it_comes() {
    let wire = Wire::new().await;
    for headers in [
        "Content-Length: 99999999999\r\n",
        "Content-Length: 99999999999\r\nExpect: 100-continue\r\n",
    ] {
        let mut stream = wire.open().await;
        let request = wire.head("POST", "/Users", headers);
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        assert!(answer.contains("HTTP/1.1 413"), "{answer}");
    }
}

#[tokio::test]
async fn who_sends_everything_before_reading_gets_to_read_the_refusal() {
    let wire = Wire::new().await;
    let megabyte = vec![b'x'; 1024 * 1024];
    for headers in [
        format!("Content-Length: {}\r\n", 40 * megabyte.len()),
        "Transfer-Encoding: chunked\r\n".to_owned(),
    ] {
        let mut stream = wire.open().await;
        let request = wire.head("POST", "/Users", &headers);
        stream.write_all(request.as_bytes()).await.unwrap();
        let chunked = headers.starts_with('T');
        let sending = async {
            for _ in 0..40 {
                if chunked {
                    stream.write_all(b"100000\r\n").await.unwrap();
                }
                stream.write_all(&megabyte).await.unwrap();
                if chunked {
                    stream.write_all(b"\r\n").await.unwrap();
                }
            }
            if chunked {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
            }
        };
        timeout(PATIENCE, sending).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("the body is larger than 4194304 bytes"), "{answer}");
    }
}

#[tokio::test]
async fn long_targets_and_headers_are_refused_in_the_format_of_the_api() {
    let wire = Wire::new().await;
    for (path, header, status) in [(17, 0, "414"), (0, 49, "431"), (8, 42, "431"), (15, 30, "200")] {
        let path = format!("/Users?x={}", "x".repeat(path * 1024));
        let header = format!("X-Long: {}\r\n", "x".repeat(header * 1024));
        let mut stream = wire.open().await;
        let request = wire.head("GET", &path, &header);
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
        assert!(answer.contains("application/scim+json"), "{answer}");
    }
}
