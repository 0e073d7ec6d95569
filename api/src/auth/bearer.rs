//! The token in the `Authorization` header of the admin API (RFC 6750 section 2.1). For SCIM there is `credentials`.

use axum::http::{HeaderMap, header};

/// The token of a request to the admin API: `Bearer <token>`, the scheme in any case (RFC 9110 section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    without_scheme(value)
}

fn without_scheme(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        assert_eq!(bearer(&headers), expected, "{value}");
    }

    #[test]
    fn the_scheme_is_required() {
        check("Bearer abc", Some("abc"));
        check("bearer   abc ", Some("abc"));
        check("abc", None);
        check("Bearer Bearer abc", Some("Bearer abc"));
        check("Basic YTpi", None);
        check("Bearer ", None);
    }

    #[test]
    fn without_the_header_there_is_no_token() {
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
