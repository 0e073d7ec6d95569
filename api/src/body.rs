//! Reading the body of a request, within a limit.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

use crate::error::ApiError;
use crate::limits::DISCARDED_BODY_BYTES_MAX;

/// The whole body.
///
/// # Errors
/// When it is larger than the limit, or breaks off. What is too large is read on and thrown away, within reason: a
/// client that is still sending when the connection closes never sees the answer that says why.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::with_capacity(announced.unwrap_or(0).min(limit));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::BodyBroken)?;
        if whole.len() + chunk.len() > limit {
            discard(chunks, whole.len() + chunk.len()).await;
            return Err(ApiError::BodyTooLarge { limit });
        }
        // Most bodies come in one piece, which is taken as it is.
        if announced == Some(chunk.len()) {
            return Ok(chunk);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(whole))
}

async fn discard(mut chunks: axum::body::BodyDataStream, already: usize) {
    let mut seen = already;
    while let Some(Ok(chunk)) = chunks.next().await {
        seen += chunk.len();
        if seen > DISCARDED_BODY_BYTES_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let headers = HeaderMap::new();
        assert_eq!(read(&headers, Body::from("12345"), 5).await.unwrap(), "12345");
        let refused = read(&headers, Body::from("123456"), 5).await;
        assert!(matches!(refused, Err(ApiError::BodyTooLarge { limit: 5 })));
    }
}
