//! The document of a user: its attributes as one canonical JSON object, and what the engine wants to know of them.

use rolecall_engine::{Person, UserInput};
use serde_json::{Map, Value};

use super::canonical;
use super::error::ScimError;
use super::operations;
use super::patch;
use super::profile::Profile;
use super::strict;

/// Attributes of a request that are never stored: the server's own, and passwords.
const DROPPED: [&str; 5] = ["id", "meta", "schemas", "groups", "password"];

/// A user as the identity provider describes it, in canonical form.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDocument(Map<String, Value>);

impl UserDocument {
    /// Reads the body of a POST or PUT. Unknown URNs in `schemas` are ignored: the endpoint decides what is created.
    ///
    /// # Errors
    /// `invalidSyntax` when it is no JSON object, `invalidValue` when a value does not fit its attribute, `tooMany` beyond a
    /// limit.
    pub fn read(profile: &Profile, body: &[u8]) -> Result<Self, ScimError> {
        let mut body = operations::object(body)?;
        strict::resource(&profile.user, &body)?;
        // They are dropped first: a user in thousands of groups, echoed whole, is not too large.
        body.retain(|name, _| !is_dropped(name));
        canonical::resource(&profile.user, body).map(|document| Self::cleaned(profile, document))
    }

    /// The document of a stored user, from `Person::attributes` and its current state.
    pub fn stored(attributes: &str, active: bool) -> Self {
        let mut document: Map<String, Value> = serde_json::from_str(attributes).unwrap_or_default();
        if document.remove("active").is_none() {
            document.insert("active".to_owned(), Value::Bool(active));
        }
        Self(document)
    }

    /// This document as the body of a PUT that replaces what is stored. A removed `active` that the body does not speak of stays
    /// removed: a client that writes back what it read means no change.
    #[must_use]
    pub fn replacing(mut self, stored: &str) -> Self {
        let stored: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
        if let Some(removed) = stored.get("active") {
            self.0.entry("active").or_insert_with(|| removed.clone());
        }
        self
    }

    /// This document after a PATCH, whose body is given. All operations are done, or none.
    ///
    /// # Errors
    /// The first fault of the body or of an operation.
    pub fn patched(self, profile: &Profile, body: &[u8]) -> Result<Self, ScimError> {
        let operations = operations::read(&profile.user, body)?;
        let mut document = patch::apply(&profile.user, self.0, operations)?;
        // RFC 7644 3.5.2.2: what was removed is unassigned, and not shown until it is set again. Whether the user is active stays
        // as it was: a provider that maps an attribute no longer means to lock nobody out, and to let nobody in.
        document.entry("active").or_insert(Value::Null);
        Ok(Self::cleaned(profile, document))
    }

    fn cleaned(profile: &Profile, mut document: Map<String, Value>) -> Self {
        document.retain(|name, _| !is_dropped(name));
        canonical::prune_labels(&profile.user, &mut document);
        Self(document)
    }

    /// What the engine is to keep. A request that does not say whether the user is active leaves that `otherwise`.
    ///
    /// # Errors
    /// `invalidValue` when there is no `userName`.
    pub fn into_input(self, profile: &Profile, otherwise: Active) -> Result<UserInput, ScimError> {
        let mut document = self.0;
        let active = document.get("active").and_then(Value::as_bool);
        if active.is_some() {
            document.remove("active");
        }
        let user_name = user_name(&document)?;
        document.insert("userName".to_owned(), Value::from(user_name.as_str()));
        Ok(UserInput {
            active: active.unwrap_or(otherwise.0),
            organization_role: profile.organization_role(&document),
            person: Person {
                external_id: text(&document, "externalId"),
                display_name: text(&document, "displayName"),
                emails: emails(&document),
                concurrency_group: profile.concurrency_group(&document),
                attributes: Value::Object(document).to_string(),
                user_name,
            },
        })
    }
}

fn is_dropped(name: &str) -> bool {
    DROPPED.iter().any(|dropped| dropped.eq_ignore_ascii_case(name))
}

/// Whether a user is active when the request does not say: a new one is, an existing one stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Active(pub bool);

/// The length is the engine's to check.
fn user_name(document: &Map<String, Value>) -> Result<String, ScimError> {
    let name = document
        .get("userName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    if name.is_empty() {
        return Err(ScimError::invalid_value("`userName` is required and may not be empty"));
    }
    Ok(name.to_owned())
}

fn text(document: &Map<String, Value>, name: &str) -> Option<String> {
    document.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn emails(document: &Map<String, Value>) -> Vec<String> {
    let emails = document
        .get("emails")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let (primary, others): (Vec<_>, Vec<_>) = emails
        .iter()
        .partition(|email| email.get("primary") == Some(&Value::Bool(true)));
    let values = primary
        .into_iter()
        .chain(others)
        .filter_map(|email| email.get("value")?.as_str());
    values.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::extension;
    use super::*;

    fn input(body: Value) -> Result<UserInput, ScimError> {
        UserDocument::read(&Profile::lenient(), body.to_string().as_bytes())?
            .into_input(&Profile::lenient(), Active(true))
    }

    #[track_caller]
    fn check_attributes(body: Value, expected: Value) {
        let attributes: Value = serde_json::from_str(&input(body).unwrap().person.attributes).unwrap();
        assert_eq!(attributes, expected);
    }

    #[test]
    fn okta_creates_a_user_with_a_password_and_empty_groups() {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "test.user@okta.local",
            "name": {"givenName": "Test", "familyName": "User"},
            "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}], "displayName": "Test User",
            "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
        });
        let input = input(body).unwrap();
        assert!(input.active);
        assert!(!input.person.attributes.contains("1mz050nq"));
        assert_eq!(input.person.user_name, "test.user@okta.local");
        assert_eq!(input.person.external_id.as_deref(), Some("00ujl29u0le5T6Aj10h7"));
        assert_eq!(input.person.display_name.as_deref(), Some("Test User"));
        assert_eq!(input.person.emails, ["test.user@okta.local"]);
    }

    #[test]
    fn what_the_server_owns_is_ignored_when_it_is_echoed() {
        check_attributes(
            json!({"id": "u1", "meta": {"version": "1"}, "groups": [{"value": "g"}], "schemas": ["x"], "userName": "a", "Active": "True"}),
            json!({"userName": "a"}),
        );
    }

    #[test]
    fn a_user_in_thousands_of_groups_can_be_echoed() {
        let groups = vec![json!({"value": "g", "display": "Staff", "type": "direct"}); 5_000];
        check_attributes(json!({"userName": "a", "Groups": groups}), json!({"userName": "a"}));
    }

    #[test]
    fn google_and_onelogin_name_other_schemas_and_send_nulls() {
        check_attributes(
            json!({"schemas": ["urn:scim:schemas:core:1.0"], "id": null, "userName": " a ", "addresses": null, "title": null,
                "emails": {"value": "a@x"}}),
            json!({"userName": "a", "emails": [{"value": "a@x"}]}),
        );
    }

    #[test]
    fn ping_fills_an_empty_email_and_makes_both_primary() {
        let filled = json!({"type": "work", "value": "a@x", "primary": true});
        let empty = json!({"type": "home", "value": "", "primary": true});
        for emails in [[&filled, &empty], [&empty, &filled]] {
            check_attributes(
                json!({"userName": "a", "emails": emails}),
                json!({"userName": "a", "emails": [filled]}),
            );
        }
    }

    #[test]
    fn a_value_that_comes_twice_is_kept_once_and_stays_primary() {
        check_attributes(
            json!({"userName": "a", "emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "a@x"},
                {"type": "work", "value": "A@X", "primary": true}]}),
            json!({"userName": "a", "emails": [{"type": "work", "value": "a@x", "primary": true}, {"type": "home", "value": "a@x"}]}),
        );
    }

    #[test]
    fn extension_attributes_are_read_under_both_urns_and_kept() {
        for (urn, role) in [
            (extension::USER, "organizationRole"),
            (extension::USER_ALIAS, "OrganizationRole"),
        ] {
            let body = json!({"userName": "a", urn: {role: "Admin", "own": 1}});
            let input = input(body.clone()).unwrap();
            assert_eq!(input.organization_role.as_deref(), Some("Admin"));
            assert_eq!(serde_json::from_str::<Value>(&input.person.attributes).unwrap(), body);
        }
    }

    #[test]
    fn the_primary_email_comes_first() {
        let body = json!({"userName": "a", "emails": [{"value": "b"}, {"value": "c", "primary": true}, {"type": "home", "display": "d"}]});
        assert_eq!(input(body).unwrap().person.emails, ["c", "b"]);
    }

    #[test]
    fn the_user_name_is_required() {
        for body in [json!({}), json!({"userName": "  "}), json!({"userName": null})] {
            assert_eq!(
                input(body).unwrap_err().to_string(),
                "`userName` is required and may not be empty"
            );
        }
    }

    #[test]
    fn a_removed_active_is_not_shown_and_changes_nothing_else() {
        let patched = |attributes: &str, operation: Value| {
            let patch = json!({"Operations": [operation]}).to_string();
            let document = UserDocument::stored(attributes, false).patched(&Profile::lenient(), patch.as_bytes());
            let input = document
                .unwrap()
                .into_input(&Profile::lenient(), Active(false))
                .unwrap();
            (input.active, input.person.attributes)
        };
        let removed = patched(r#"{"userName":"a"}"#, json!({"op": "remove", "path": "active"}));
        assert_eq!(removed, (false, r#"{"active":null,"userName":"a"}"#.to_owned()));
        let still = patched(&removed.1, json!({"op": "add", "path": "title", "value": "Dr"}));
        assert_eq!(
            still,
            (false, r#"{"active":null,"title":"Dr","userName":"a"}"#.to_owned())
        );
        let set = patched(&removed.1, json!({"op": "replace", "path": "active", "value": true}));
        assert_eq!(set, (true, r#"{"userName":"a"}"#.to_owned()));
        let null = UserDocument::read(&Profile::lenient(), br#"{"userName":"a","active":null}"#).unwrap();
        assert_eq!(
            null.into_input(&Profile::lenient(), Active(true))
                .unwrap()
                .person
                .attributes,
            r#"{"userName":"a"}"#
        );
    }

    #[test]
    fn a_removed_active_stays_removed_when_what_was_read_is_put_back() {
        let put = |body: Value, stored: &str| {
            let document = UserDocument::read(&Profile::lenient(), body.to_string().as_bytes()).unwrap();
            let input = document
                .replacing(stored)
                .into_input(&Profile::lenient(), Active(false))
                .unwrap();
            (input.active, input.person.attributes)
        };
        let (removed, whole) = (r#"{"active":null,"userName":"a"}"#, r#"{"userName":"a"}"#);
        let (silent, saying) = (json!({"userName": "a"}), json!({"userName": "a", "active": true}));
        assert_eq!(put(silent.clone(), removed), (false, removed.to_owned()));
        assert_eq!(put(silent, whole), (false, whole.to_owned()));
        assert_eq!(put(saying, removed), (true, whole.to_owned()));
    }

    #[test]
    fn without_active_a_user_stays_what_it_is() {
        let document = UserDocument::read(&Profile::lenient(), br#"{"userName":"a"}"#).unwrap();
        assert!(
            !document
                .clone()
                .into_input(&Profile::lenient(), Active(false))
                .unwrap()
                .active
        );
        assert!(document.into_input(&Profile::lenient(), Active(true)).unwrap().active);
    }

    #[test]
    fn a_patch_of_a_stored_user_gives_the_next_document() {
        let stored = UserDocument::stored(r#"{"userName":"a","title":"Dr"}"#, true);
        let patch = json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}, {"op": "add", "value": {"password": "x", "title": "Prof"}}]});
        let input = stored
            .patched(&Profile::lenient(), patch.to_string().as_bytes())
            .unwrap()
            .into_input(&Profile::lenient(), Active(true))
            .unwrap();
        assert_eq!(
            (input.active, input.person.attributes.as_str()),
            (false, r#"{"title":"Prof","userName":"a"}"#)
        );
    }

    #[test]
    fn a_patch_may_not_clear_the_user_name() {
        let stored = UserDocument::stored(r#"{"userName":"a"}"#, true);
        let patch = json!({"Operations": [{"op": "replace", "path": "userName", "value": ""}]});
        let refused = stored
            .patched(&Profile::lenient(), patch.to_string().as_bytes())
            .unwrap()
            .into_input(&Profile::lenient(), Active(true))
            .unwrap_err();
        assert_eq!(
            (refused.scim_type(), refused.status().as_u16()),
            (Some("invalidValue"), 400)
        );
    }
}
