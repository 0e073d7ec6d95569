//! The body of a token request: a form (RFC 6749 section 4.4.2 and appendix B).

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};

use super::OAuthError;
use crate::limits::OAUTH_BODY_BYTES_MAX;

/// The media type of the body.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The whole body of a request.
pub(super) struct Form(Bytes);

impl Form {
    /// Reads the body. Whoever sends it is not known yet, so nothing beyond the limit is read.
    ///
    /// # Errors
    /// When it is no form, or too large.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, OAuthError> {
        if !is_form(headers) {
            return Err(OAuthError::MediaType);
        }
        let bytes = axum::body::to_bytes(body, OAUTH_BODY_BYTES_MAX).await;
        bytes.map(Self).map_err(|_| OAuthError::Body)
    }

    /// The value of a parameter. One that is empty counts as one that is not there (RFC 6749 section 3.2).
    ///
    /// # Errors
    /// When it is there more than once.
    pub(super) fn parameter(&self, name: &'static str) -> Result<Option<Cow<'_, str>>, OAuthError> {
        let all = form_urlencoded::parse(&self.0);
        let mut values = all.filter(|(key, value)| key == name && !value.is_empty());
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => Err(OAuthError::Repeated { name }),
            (first, _) => Ok(first.map(|(_, value)| value)),
        }
    }
}

/// A text as `Basic` credentials of a client carry it (RFC 6749 section 2.3.1): encoded as one value of a form. What parts the
/// values of a form belongs to the text.
pub(super) fn decoded(text: &str) -> String {
    let text = text.replace('&', "%26").replace('=', "%3D");
    let first = form_urlencoded::parse(text.as_bytes()).next();
    first.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case(FORM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_whole() {
        for (text, expected) in [
            ("", ""),
            ("con-1", "con-1"),
            ("a%5Fb+c%2B", "a_b c+"),
            ("a&b", "a&b"),
            ("a=b&c=d", "a=b&c=d"),
            ("&", "&"),
            ("%26%3d%", "&=%"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}
