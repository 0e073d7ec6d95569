//! The token in the `Authorization` header (RFC 6750 section 2.1).

use axum::http::{HeaderMap, header};

/// The token of a request to the admin API: `Bearer <token>`, the scheme in any case (RFC 9110 section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    without_scheme(value)
}

/// The token of a SCIM request. Okta with "HTTP Header" authentication sends what the administrator typed, which may be
/// the bare token; and who types `Bearer <token>` where the provider adds the scheme itself ends up with two.
pub(crate) fn lenient(headers: &HeaderMap) -> Option<&str> {
    let mut value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    while let Some(rest) = without_scheme(value) {
        value = rest;
    }
    let is_token = !value.is_empty() && !value.contains(' ') && !value.eq_ignore_ascii_case("bearer");
    is_token.then_some(value)
}

fn without_scheme(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, strict: Option<&str>, tolerant: Option<&str>) {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        assert_eq!(bearer(&headers), strict, "strict: {value}");
        assert_eq!(lenient(&headers), tolerant, "lenient: {value}");
    }

    #[test]
    fn the_scheme_is_required_by_the_admin_api_only() {
        check("Bearer abc", Some("abc"), Some("abc"));
        check("bearer   abc ", Some("abc"), Some("abc"));
        check("abc", None, Some("abc"));
        check("Bearer Bearer abc", Some("Bearer abc"), Some("abc"));
        check("Basic YTpi", None, None);
        check("Bearer ", None, None);
    }

    #[test]
    fn without_the_header_there_is_no_token() {
        assert_eq!(bearer(&HeaderMap::new()), None);
        assert_eq!(lenient(&HeaderMap::new()), None);
    }
}
