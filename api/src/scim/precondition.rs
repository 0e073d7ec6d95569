//! Conditions on the version of a resource: `If-Match` and `If-None-Match` (RFC 7644 3.14, RFC 9110 13).
//!
//! Tags are compared weakly, as all of ours are weak and RFC 7644 sends them in `If-Match` nevertheless. The `W/` and the
//! quotes may be missing, as some clients store what is between them. What is no tag is a tag that no version has.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use rolecall_engine::Position;

use super::error::ScimError;

/// What must be so of a resource before anything is done with it. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Precondition {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: any version, so that there is such a resource.
    Any,
    Listed(Vec<String>),
}

impl Precondition {
    /// What the headers of a request demand.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            if_match: tags_of(headers, &header::IF_MATCH),
            if_none_match: tags_of(headers, &header::IF_NONE_MATCH),
        }
    }

    /// What the `version` of an operation of a Bulk demands (RFC 7644 3.7).
    pub(crate) fn version(version: Option<&str>) -> Self {
        Self {
            if_match: version.map(|version| Tags::read(version.split(','))),
            if_none_match: None,
        }
    }

    /// Whether every version will do.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The version that a write is to find, if any: the one that was checked here, so that the writer decides.
    ///
    /// # Errors
    /// 412 when this is not the version that the client wants to write on.
    pub(crate) fn expected(&self, current: Position) -> Result<Option<Position>, ScimError> {
        self.check_match(current)?;
        // RFC 9110 13.1.2: for all methods but GET and HEAD, a tag that matches is a failure.
        if self.if_none_match.as_ref().is_some_and(|tags| tags.hold(current)) {
            return Err(failed(current));
        }
        Ok(self.names_versions().then_some(current))
    }

    /// Whether another version of the resource could be met differently. `If-Match: *` asks for a resource, whichever version
    /// it has.
    fn names_versions(&self) -> bool {
        matches!(self.if_match, Some(Tags::Listed(_))) || self.if_none_match.is_some()
    }

    /// Whether a client that reads has this version already.
    ///
    /// # Errors
    /// 412 when this is not the version that the client wants to read.
    pub(crate) fn has(&self, current: Position) -> Result<bool, ScimError> {
        self.check_match(current)?;
        Ok(self.if_none_match.as_ref().is_some_and(|tags| tags.hold(current)))
    }

    fn check_match(&self, current: Position) -> Result<(), ScimError> {
        match &self.if_match {
            Some(tags) if !tags.hold(current) => Err(failed(current)),
            Some(_) | None => Ok(()),
        }
    }
}

fn failed(current: Position) -> ScimError {
    let detail = format!("the resource is at version W/\"{current}\", which the request rules out; read it again");
    ScimError::new(StatusCode::PRECONDITION_FAILED, detail)
}

/// All headers of this name are one list (RFC 9110 5.3).
fn tags_of(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    if !headers.contains_key(name) {
        return None;
    }
    let values = headers.get_all(name).into_iter();
    let values = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    Some(Tags::read(values))
}

impl Tags {
    fn read<'t>(tags: impl Iterator<Item = &'t str>) -> Self {
        let tags: Vec<String> = tags.map(|tag| opaque(tag).to_owned()).collect();
        if tags.iter().any(|tag| tag == "*") {
            return Self::Any;
        }
        Self::Listed(tags)
    }

    fn hold(&self, version: Position) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => {
                let version = version.to_string();
                tags.contains(&version)
            }
        }
    }
}

/// What is between the quotes of `W/"5"`, if there are any.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    let quoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    quoted.unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Position = Position::new(5);

    fn headers(name: HeaderName, values: &[&'static str]) -> Precondition {
        let values = values.iter().map(|value| (name.clone(), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        values.for_each(|(name, value)| _ = headers.append(name, value));
        Precondition::of(&headers)
    }

    /// Checks whether these values of `If-Match` hold for the version 5; those of `If-None-Match` are the opposite.
    #[track_caller]
    fn check(values: &[&'static str], holds: bool) {
        let wanted = headers(header::IF_MATCH, values);
        let bound = if holds { Ok(Some(CURRENT)) } else { Err(failed(CURRENT)) };
        let expected = if wanted.if_match == Some(Tags::Any) {
            Ok(None)
        } else {
            bound
        };
        assert_eq!(wanted.expected(CURRENT), expected, "{values:?}");
        assert_eq!(wanted.has(CURRENT).is_ok(), holds, "{values:?}");
        let unwanted = headers(header::IF_NONE_MATCH, values);
        assert_eq!(unwanted.expected(CURRENT).is_err(), holds, "{values:?}");
        assert_eq!(unwanted.has(CURRENT), Ok(holds), "{values:?}");
    }

    #[test]
    fn a_tag_is_compared_weakly_and_in_every_spelling() {
        for tag in ["W/\"5\"", "\"5\"", "5", "W/5", " w/\"5\" ", "*", "\"*\""] {
            check(&[tag], true);
        }
        for tag in [
            "W/\"4\"",
            "W/\"55\"",
            "W/\"05\"",
            "W/\"5",
            "5x",
            "W/",
            "\"",
            "",
            "W/W/\"5\"",
        ] {
            check(&[tag], false);
        }
    }

    #[test]
    fn one_tag_of_a_list_is_enough() {
        check(&["W/\"3\", W/\"5\""], true);
        check(&["\"3\",,5"], true);
        check(&["\"3\"", "\"5\""], true);
        check(&["\"3\", \"4\"", "\"6\""], false);
        check(&[",", ""], false);
    }

    #[test]
    fn without_headers_any_version_will_do() {
        let none = Precondition::of(&HeaderMap::new());
        assert!(none.is_none());
        assert_eq!((none.expected(CURRENT), none.has(CURRENT)), (Ok(None), Ok(false)));
    }

    #[test]
    fn any_version_is_as_good_as_the_one_that_was_looked_at() {
        let any = headers(header::IF_MATCH, &["*"]);
        assert_eq!(any.expected(CURRENT), Ok(None));
        let listed = headers(header::IF_MATCH, &["W/\"5\""]);
        assert_eq!(listed.expected(CURRENT), Ok(Some(CURRENT)));
    }

    #[test]
    fn both_headers_have_to_hold() {
        let headers = HeaderMap::from_iter([
            (header::IF_MATCH, "*".parse().unwrap()),
            (header::IF_NONE_MATCH, "\"4\"".parse().unwrap()),
        ]);
        let both = Precondition::of(&headers);
        assert_eq!(both.expected(CURRENT), Ok(Some(CURRENT)));
        assert_eq!(both.expected(Position::new(4)), Err(failed(Position::new(4))));
    }

    #[test]
    fn the_version_of_an_operation_is_an_if_match() {
        assert_eq!(
            Precondition::version(Some("W/\"5\"")),
            headers(header::IF_MATCH, &["W/\"5\""])
        );
        assert!(Precondition::version(None).is_none());
    }
}
