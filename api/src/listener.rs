//! Connections: accepted within limits, served, and ended in order when the server stops.

use std::io;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::limits::{ACCEPT_PAUSE, CONNECTIONS_MAX, HEADERS_BYTES_MAX, HEADERS_DURATION_MAX};

/// Serves until the server stops, then lets open requests come to their answer.
pub(crate) async fn answer_until_draining(listener: TcpListener, router: Router, draining: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let mut stop = draining.clone();
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
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to accept a connection"
                );
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // All places are free again once the last connection has ended.
    drop(places.acquire_many(CONNECTIONS_MAX).await);
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // An answer is one small write, which must not wait for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

async fn answer(stream: TcpStream, router: Router, mut draining: watch::Receiver<bool>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_DURATION_MAX)
        .max_buf_size(HEADERS_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = drained(&mut draining) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "a connection ended in the middle of a request"
        );
    }
}

async fn drained(draining: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, and with it the server.
    drop(draining.wait_for(|draining| *draining).await);
}
