//! Reading the body of a request, within a limit; and what files that become one begin with.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

use crate::error::ApiError;
use crate::limits::{DISCARDED_BODY_BYTES_MAX, DISCARDING_DURATION_MAX};

/// The bytes behind the byte order mark that editors and spreadsheets of some systems begin a file with.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The whole body.
///
/// # Errors
/// When it is larger than the limit, at once if it says so, or breaks off.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let announced = announced(headers);
    let mut chunks = body.into_data_stream();
    if announced.is_some_and(|announced| announced > limit) {
        // RFC 9110 10.1.1: who waits to be told to go on has sent nothing, and will not.
        if !headers.contains_key(header::EXPECT) {
            discard(chunks);
        }
        return Err(ApiError::BodyTooLarge { limit });
    }
    let mut whole = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::BodyBroken)?;
        if whole.len() + chunk.len() > limit {
            discard(chunks);
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

/// How long the body says that it is. A number beyond all bounds is one.
fn announced(headers: &HeaderMap) -> Option<usize> {
    let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    let length: u64 = length.parse().ok()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// Reads on beside the answer, within reason: many clients read nothing before they have sent everything, and when the connection is
/// closed on them they never see the answer that says why.
fn discard(mut chunks: BodyDataStream) {
    let discarding = async move {
        let mut left = DISCARDED_BODY_BYTES_MAX;
        while let Some(Ok(chunk)) = chunks.next().await {
            let Some(rest) = left.checked_sub(chunk.len()) else {
                break;
            };
            left = rest;
        }
    };
    tokio::spawn(tokio::time::timeout(DISCARDING_DURATION_MAX, discarding));
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

    #[tokio::test]
    async fn a_body_that_says_it_is_too_large_is_refused_before_it_comes() {
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, "99999999999".parse().unwrap())]);
        let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = read(&headers, never, 5).await;
        assert!(matches!(refused, Err(ApiError::BodyTooLarge { limit: 5 })));
    }
}
