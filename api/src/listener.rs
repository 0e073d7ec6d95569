//! Connections: accepted within limits, served, and ended in order when the server stops.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::limits::{
    ACCEPT_LOG_PAUSE, ACCEPT_PAUSE, BUFFER_BYTES_MAX, FIRST_HEADERS_DURATION_MAX, HEADERS_DURATION_MAX,
};

/// Serves this many connections at one time until the server stops, then lets open requests come to their answer.
pub(crate) async fn answer_until_draining(
    listener: TcpListener,
    router: Router,
    draining: watch::Receiver<bool>,
    connections_max: u32,
) {
    let places = Arc::new(Semaphore::new(connections_max as usize));
    let mut stop = draining.clone();
    let mut silent_until = Instant::now();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = drained(&mut stop) => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let (router, draining) = (router.clone(), draining.clone());
                tokio::spawn(async move {
                    answer(stream, router, draining).await;
                    drop(place);
                });
            }
            Err(error) => {
                if Instant::now() >= silent_until {
                    silent_until = Instant::now() + ACCEPT_LOG_PAUSE;
                    tracing::warn!(error = &error as &dyn std::error::Error, "failed to accept connections");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // All places are free again once the last connection has ended.
    drop(places.acquire_many(connections_max).await);
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // An answer is one small write, which must not wait for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

async fn answer(stream: TcpStream, router: Router, mut draining: watch::Receiver<bool>) {
    let asked = Arc::new(AtomicBool::new(false));
    let service = Noting {
        asked: Arc::clone(&asked),
        service: TowerToHyperService::new(router),
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_DURATION_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = drained(&mut draining) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        // Dropping the connection closes it.
        () = silent(&asked) => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "a connection ended in the middle of a request"
        );
    }
}

/// Notes that a connection has sent a request.
struct Noting<S> {
    asked: Arc<AtomicBool>,
    service: S,
}

impl<R, S: Service<R>> Service<R> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: R) -> S::Future {
        self.asked.store(true, Ordering::Relaxed);
        self.service.call(request)
    }
}

/// Returns when a connection has sent no request in the time for its first one. hyper has one limit for the first and the further ones.
async fn silent(asked: &AtomicBool) {
    tokio::time::sleep(FIRST_HEADERS_DURATION_MAX).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}

async fn drained(draining: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, and with it the server.
    drop(draining.wait_for(|draining| *draining).await);
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    use super::*;

    /// A listener with one place, which holds while the sender lives.
    async fn listener() -> (std::net::SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, draining) = watch::channel(false);
        let router = Router::new().route("/", get(async || "here"));
        let serving = tokio::spawn(answer_until_draining(listener, router, draining, 1));
        (address, sender, serving)
    }

    async fn ask(connection: &mut TcpStream) -> String {
        connection
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0, "closed");
        }
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_gives_its_place_to_the_next_one_soon() {
        let (address, _sender, _serving) = listener().await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut waiting = TcpStream::connect(address).await.unwrap();
        let began = Instant::now();
        assert!(ask(&mut waiting).await.starts_with("HTTP/1.1 200"));
        assert!(began.elapsed() < HEADERS_DURATION_MAX, "{:?}", began.elapsed());
        assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0, "it was closed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_used_may_be_idle_for_longer() {
        let (address, _sender, _serving) = listener().await;
        let mut connection = TcpStream::connect(address).await.unwrap();
        ask(&mut connection).await;
        tokio::time::sleep(FIRST_HEADERS_DURATION_MAX * 3).await;
        assert!(ask(&mut connection).await.starts_with("HTTP/1.1 200"));
    }
}
