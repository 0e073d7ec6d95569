//! Filters by equality (RFC 7644 3.4.2.2), answered by looking at every value.

use serde_json::{Value, json};

use super::generate::{ADDRESSES, GROUP_NAMES, TEXTS, USER_NAMES};
use super::naive::Model;
use super::operation::ENTERPRISE;

/// A filter, and what it asks for.
pub(super) struct Question {
    pub(super) of: &'static str,
    pub(super) filter: String,
    /// Where the values are: names, through lists.
    path: Vec<&'static str>,
    exact: bool,
    value: Value,
}

impl Question {
    /// Of several values one has to match.
    pub(super) fn is_true_of(&self, resource: &Value) -> bool {
        let mut values = vec![resource];
        for name in &self.path {
            values = values
                .into_iter()
                .flat_map(|value| value.get(*name))
                .flat_map(|value| match value {
                    Value::Array(values) => values.iter().collect(),
                    value => vec![value],
                })
                .collect();
        }
        values.into_iter().any(|value| self.equals(value))
    }

    fn equals(&self, value: &Value) -> bool {
        match (value.as_str(), self.value.as_str()) {
            (Some(found), Some(wanted)) if !self.exact => found.to_lowercase() == wanted.to_lowercase(),
            _ => *value == self.value,
        }
    }
}

/// All that is asked of the resources of a model.
pub(super) fn questions(model: &Model) -> Vec<Question> {
    let texts = |pool: &[&str]| pool.iter().map(|text| json!(text)).collect::<Vec<_>>();
    let shouted = |pool: &[&str]| pool.iter().map(|text| json!(text.to_uppercase())).collect::<Vec<_>>();
    let ids = |ids: Vec<String>| ids.into_iter().map(Value::from).collect::<Vec<_>>();
    let exactly = |exact, of, name: &str, path: &[&'static str], values: Vec<Value>| {
        let (name, path) = (name.to_owned(), path.to_vec());
        values.into_iter().map(move |value| Question {
            of,
            filter: format!("{name} eq {value}"),
            path: path.clone(),
            exact,
            value,
        })
    };
    let users = |name: &str, path: &[&'static str], values| exactly(false, "Users", name, path, values);
    let groups = |name: &str, path: &[&'static str], values| exactly(false, "Groups", name, path, values);
    let department = format!("{ENTERPRISE}:department");
    let manager = format!("{ENTERPRISE}:manager.value");
    [
        users("userName", &["userName"], shouted(&USER_NAMES)),
        users("title", &["title"], shouted(&TEXTS)),
        users("displayName", &["displayName"], shouted(&TEXTS)),
        users("name.givenName", &["name", "givenName"], texts(&TEXTS)),
        users("active", &["active"], vec![json!(true), json!(false)]),
        users("emails", &["emails", "value"], texts(&ADDRESSES)),
        users("emails.value", &["emails", "value"], shouted(&ADDRESSES)),
        users("emails.type", &["emails", "type"], texts(&["work", "HOME"])),
        users("emails.primary", &["emails", "primary"], vec![json!(true)]),
        users("phoneNumbers.value", &["phoneNumbers", "value"], texts(&TEXTS)),
        users("groups", &["groups", "value"], ids(model.group_ids())),
        users("groups.value", &["groups", "value"], ids(model.group_ids())),
        users(&department, &[ENTERPRISE, "department"], texts(&TEXTS)),
        users(&manager, &[ENTERPRISE, "manager", "value"], texts(&TEXTS)),
        users("id", &["id"], ids(model.user_ids())),
        exactly(true, "Users", "externalId", &["externalId"], shouted(&TEXTS)),
        exactly(true, "Groups", "externalId", &["externalId"], texts(&TEXTS)),
        groups("displayName", &["displayName"], shouted(&GROUP_NAMES)),
        groups("members", &["members", "value"], ids(model.user_ids())),
        groups("members.value", &["members", "value"], ids(model.user_ids())),
        groups("id", &["id"], ids(model.group_ids())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
