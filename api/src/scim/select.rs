//! Which attributes of a resource are returned: `attributes` and `excludedAttributes` (RFC 7644 3.9).
//!
//! A name is read by the grammar of paths and then is a path of keys into the JSON of the resource, in any case.

use std::collections::BTreeMap;

use scim_v2::filter::PatchPath;
use serde_json::{Map, Value};

use super::error::ScimError;
use super::lenient;
use super::limits::ATTRIBUTES_MAX;
use super::list::parameter;
use super::schema::{Place, ResourceSchema, Target};

/// The attributes that a client wants to see.
#[derive(Debug, Default)]
pub struct Selection {
    only: Option<Keys>,
    except: Keys,
}

/// Keys in lower case; a key without keys below it stands for all of its value.
#[derive(Debug, Default)]
struct Keys(BTreeMap<String, Keys>);

impl Selection {
    /// Reads the two parameters, names separated by commas. Empty ones select nothing in particular; unknown names are ignored.
    ///
    /// # Errors
    /// `invalidValue` when both are given, or when a name is no attribute name; `tooMany` beyond the limit.
    pub fn read(schema: &ResourceSchema, attributes: &str, excluded: &str) -> Result<Self, ScimError> {
        let (only, except) = (Keys::read(schema, attributes)?, Keys::read(schema, excluded)?);
        if !only.0.is_empty() && !except.0.is_empty() {
            return Err(ScimError::invalid_value(
                "send either `attributes` or `excludedAttributes`, not both",
            ));
        }
        Ok(Self {
            only: Some(only).filter(|only| !only.0.is_empty()),
            except,
        })
    }

    /// The selection in the decoded parameters of a request.
    ///
    /// # Errors
    /// As for `read`.
    pub fn of(schema: &ResourceSchema, parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let excluded = parameter(parameters, "excludedAttributes");
        Self::read(schema, parameter(parameters, "attributes"), excluded)
    }

    /// Whether the client names the attributes that it wants, instead of taking what there is.
    pub fn names_attributes(&self) -> bool {
        self.only.is_some()
    }

    /// Whether any of this attribute is wanted, so that the costly ones (`members`, `groups`) need not be made in vain.
    pub fn wants(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let excluded = self.except.0.get(&name).is_some_and(|below| below.0.is_empty());
        !excluded && self.only.as_ref().is_none_or(|only| only.0.contains_key(&name))
    }

    /// Whether parts of this attribute are wanted and others not.
    pub fn narrows(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let keys = self.only.iter().chain([&self.except]);
        keys.filter_map(|keys| keys.0.get(&name))
            .any(|below| !below.0.is_empty())
    }

    /// Whether the client names this attribute of an extension, or the extension as a whole.
    pub fn asks_for(&self, urn: &str, name: &str) -> bool {
        let extension = self
            .only
            .as_ref()
            .and_then(|only| only.0.get(&urn.to_ascii_lowercase()));
        extension.is_some_and(|below| below.0.is_empty() || below.0.contains_key(&name.to_ascii_lowercase()))
    }

    /// Leaves what is wanted. RFC 7643 7: `id` and `schemas` are always returned.
    pub fn apply(&self, resource: &mut Map<String, Value>) {
        let always = ["id", "schemas"].map(|name| (name.to_owned(), resource.remove(name)));
        if let Some(only) = &self.only {
            only.retain(resource);
        }
        self.except.remove(resource);
        resource.extend(always.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
}

impl Keys {
    fn read(schema: &ResourceSchema, names: &str) -> Result<Self, ScimError> {
        if names.split(',').nth(ATTRIBUTES_MAX).is_some() {
            return Err(ScimError::too_many(format!(
                "at most {ATTRIBUTES_MAX} attributes can be selected"
            )));
        }
        let mut keys = Self::default();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // The URN of the core schema stands for its attributes, as that of an extension does.
            if name.eq_ignore_ascii_case(schema.of.urn()) {
                schema.core_names().for_each(|name| keys.insert(&[name]));
                continue;
            }
            let Ok(PatchPath::Attr(path)) = lenient::path(schema.mode, name) else {
                return Err(ScimError::invalid_value(format!(
                    "`{name}` is not the name of an attribute"
                )));
            };
            match schema.resolve(&path) {
                Target::Extension(urn) => keys.insert(&[&urn]),
                Target::Attribute(place) => keys.insert_place(&place),
            }
        }
        Ok(keys)
    }

    fn insert_place(&mut self, place: &Place<'_>) {
        let attribute = [Some(place.name.as_str()), place.sub.as_deref()].into_iter().flatten();
        let Some(urn) = &place.extension else {
            return self.insert(&attribute.collect::<Vec<_>>());
        };
        self.insert(&std::iter::once(urn.as_str()).chain(attribute).collect::<Vec<_>>());
        if place.attribute.is_none() {
            // The URN of an unknown extension reads like an attribute of a shorter one; it may be either.
            self.insert(&[&format!("{urn}:{}", place.name)]);
        }
    }

    fn insert(&mut self, keys: &[&str]) {
        let Some((first, below)) = keys.split_first() else {
            return;
        };
        let first = first.to_ascii_lowercase();
        match self.0.get_mut(&first) {
            // The whole of it is selected already, or from now on.
            Some(existing) if existing.0.is_empty() || below.is_empty() => existing.0.clear(),
            _ => self.0.entry(first).or_default().insert(below),
        }
    }

    fn retain(&self, object: &mut Map<String, Value>) {
        object.retain(|name, value| match self.0.get(&name.to_ascii_lowercase()) {
            Some(below) if below.0.is_empty() => true,
            Some(below) => {
                each_object(value, &|object| below.retain(object));
                !is_empty(value)
            }
            None => false,
        });
    }

    fn remove(&self, object: &mut Map<String, Value>) {
        object.retain(|name, value| match self.0.get(&name.to_ascii_lowercase()) {
            Some(below) if below.0.is_empty() => false,
            Some(below) => {
                each_object(value, &|object| below.remove(object));
                !is_empty(value)
            }
            None => true,
        });
    }
}

fn each_object(value: &mut Value, change: &dyn Fn(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => change(object),
        Value::Array(elements) => {
            elements.iter_mut().filter_map(Value::as_object_mut).for_each(change);
            elements.retain(|element| !is_empty(element));
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::profile::Profile;
    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn ana() -> Map<String, Value> {
        let user = json!({
            "schemas": ["x"], "id": "u1", "userName": "ana", "name": {"givenName": "Ana", "familyName": "Hara"},
            "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}], "meta": {"version": "1"},
            ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}}, "urn:x:2.0:User": {"Badge": 1},
        });
        user.as_object().unwrap().clone()
    }

    fn selected(attributes: &str, excluded: &str) -> Value {
        let mut user = ana();
        Selection::read(&Profile::lenient().user, attributes, excluded)
            .unwrap()
            .apply(&mut user);
        Value::Object(user)
    }

    #[track_caller]
    fn check_only(attributes: &str, mut expected: Value) {
        expected["id"] = json!("u1");
        expected["schemas"] = json!(["x"]);
        assert_eq!(selected(attributes, ""), expected, "{attributes}");
    }

    #[track_caller]
    fn check_except(excluded: &str, gone: &[&str]) {
        let mut expected = Value::Object(ana());
        for pointer in gone {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            expected
                .pointer_mut(parent)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(name);
        }
        assert_eq!(selected("", excluded), expected, "{excluded}");
    }

    #[test]
    fn without_parameters_everything_is_returned() {
        assert_eq!(selected("", " , "), Value::Object(ana()));
    }

    #[test]
    fn only_the_named_attributes_are_returned_with_id_and_schemas() {
        check_only("id", json!({}));
        check_only(
            "USERNAME, name.givenname",
            json!({"userName": "ana", "name": {"givenName": "Ana"}}),
        );
        check_only(
            "name.givenName,name.familyName",
            json!({"name": {"givenName": "Ana", "familyName": "Hara"}}),
        );
        check_only(
            "name.givenName,name",
            json!({"name": {"givenName": "Ana", "familyName": "Hara"}}),
        );
        check_only("emails.type", json!({"emails": [{"type": "work"}]}));
        check_only(
            "urn:ietf:params:scim:schemas:core:2.0:User:userName,shoeSize",
            json!({"userName": "ana"}),
        );
    }

    #[test]
    fn extension_attributes_are_named_by_their_urn_or_by_their_own_name() {
        check_only(
            &format!("{ENTERPRISE}:department"),
            json!({ENTERPRISE: {"department": "R&D"}}),
        );
        check_only("manager.value", json!({ENTERPRISE: {"manager": {"value": "m1"}}}));
        check_only(
            ENTERPRISE,
            json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}}}),
        );
        check_only(
            "urn:ietf:params:scim:schemas:core:2.0:user",
            json!({"userName": "ana", "name": {"givenName": "Ana", "familyName": "Hara"},
                "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}]}),
        );
        check_only("urn:x:2.0:User", json!({"urn:x:2.0:User": {"Badge": 1}}));
        check_only("urn:x:2.0:User:badge", json!({"urn:x:2.0:User": {"Badge": 1}}));
    }

    #[test]
    fn the_excluded_attributes_are_left_out_but_never_id_and_schemas() {
        check_except("emails,id,schemas", &["/emails"]);
        check_except("name.familyName", &["/name/familyName"]);
        check_except(&format!("{ENTERPRISE}:manager"), &[&format!("/{ENTERPRISE}/manager")]);
        check_except("emails.type", &["/emails/0/type"]);
    }

    #[test]
    fn costly_attributes_are_known_to_be_unwanted() {
        let selection =
            |attributes, excluded| Selection::read(&Profile::lenient().group, attributes, excluded).unwrap();
        assert!(selection("", "").wants("members"));
        assert!(selection("members.value", "").wants("members"));
        assert!(selection("", "members.display").wants("members"));
        assert!(!selection("", "Members").wants("members"));
        assert!(!selection("id", "").wants("members"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |attributes: &str, excluded: &str| {
            Selection::read(&Profile::lenient().user, attributes, excluded)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refused("a b", ""), "`a b` is not the name of an attribute");
        assert_eq!(
            refused(&"a,".repeat(1_000), ""),
            "at most 1000 attributes can be selected"
        );
        assert_eq!(
            refused("id", "name"),
            "send either `attributes` or `excludedAttributes`, not both"
        );
    }
}
