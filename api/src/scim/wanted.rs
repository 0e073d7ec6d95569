//! Which attributes of a resource somebody looks at, so that the others need not be made.
//!
//! A filter or an order over many resources reads one or two attributes of each: the rest of a stored document is skipped.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::extension;
use super::filter::{Depth, Filter};
use super::schema::ResourceType;
use super::select::Selection;
use super::sort::SortBy;

/// The attributes that are wanted of a resource.
#[derive(Debug)]
pub struct Wanted {
    /// Their names, URNs of extensions among them; `None` for all.
    names: Option<Vec<String>>,
    /// How many values of `groups` or `members`, which are costly.
    belongings: u64,
    /// Whether a user comes with the role in force.
    role: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Self = Self {
        names: None,
        belongings: u64::MAX,
        role: true,
    };

    /// What a client gets to see of a user: the role only when it asks for it (RFC 7643 7, `returned`), the groups unless it
    /// does not want them.
    pub fn shown(selection: &Selection) -> Self {
        Self {
            names: None,
            belongings: if selection.wants("groups") { u64::MAX } else { 0 },
            role: selection.asks_for(extension::USER, extension::ROLES),
        }
    }

    /// What filter and order look at.
    pub(crate) fn by(of: ResourceType, filter: Option<&Filter>, sort: Option<&SortBy>) -> Self {
        let filtered = filter.map(Filter::names).unwrap_or_default();
        let names: Vec<_> = filtered.into_iter().chain(sort.and_then(SortBy::name)).collect();
        // `schemas` tells of all extensions that there are.
        let is_all = names.iter().any(|name| name.eq_ignore_ascii_case("schemas"));
        Self {
            names: (!is_all).then(|| names.into_iter().map(str::to_owned).collect()),
            belongings: belongings(of, filter, sort),
            role: true,
        }
    }

    /// Whether any of this attribute or extension is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        let names = self.names.as_deref();
        names.is_none_or(|names| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)))
    }

    /// How many groups of a user or members of a group.
    pub(crate) fn belongings(&self) -> u64 {
        self.belongings
    }

    /// Whether a user comes with the role in force.
    pub(crate) fn has_role(&self) -> bool {
        self.role
    }

    /// What is wanted of a stored document.
    pub(crate) fn document(&self, text: &str) -> Map<String, Value> {
        let mut reader = serde_json::Deserializer::from_str(text);
        reader.deserialize_map(self).unwrap_or_default()
    }
}

fn belongings(of: ResourceType, filter: Option<&Filter>, sort: Option<&SortBy>) -> u64 {
    let name = match of {
        ResourceType::User => "groups",
        ResourceType::Group => "members",
    };
    match filter.map_or(Depth::Nothing, |filter| filter.reads(name)) {
        Depth::All => u64::MAX,
        Depth::First => 1,
        Depth::Nothing => u64::from(sort.is_some_and(|sort| sort.reads(name))),
    }
}

impl<'de> Visitor<'de> for &Wanted {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut document = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if self.has(&name) {
                document.insert(name, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::profile::Profile;
    use super::*;

    const STORED: &str = r#"{"userName":"ana","name":{"givenName":"Ana"},"Title":"Dr","urn:x:Ext":{"Color":"red"}}"#;

    #[track_caller]
    fn check(filter: &str, sort_by: &str, expected: &Value) {
        let schemas = [&Profile::lenient().user];
        let filter = Filter::read(&schemas, filter).unwrap().pop();
        let sort = SortBy::read(&schemas, sort_by).unwrap().pop();
        let wanted = Wanted::by(ResourceType::User, filter.as_ref(), sort.as_ref());
        assert_eq!(Value::Object(wanted.document(STORED)), *expected);
    }

    #[test]
    fn of_a_document_only_what_filter_and_order_look_at_is_read() {
        check("title pr", "userName", &json!({"Title": "Dr", "userName": "ana"}));
        check(
            r#"not (nickName pr) and urn:x:Ext:color eq "red""#,
            "name.givenName",
            &json!({"name": {"givenName": "Ana"}, "urn:x:Ext": {"Color": "red"}}),
        );
        check(r#"emails[type eq "work"] or groups eq "g""#, "id", &json!({}));
    }

    #[test]
    fn who_asks_for_the_schemas_asks_for_all_that_makes_them() {
        let all: Value = serde_json::from_str(STORED).unwrap();
        check(r#"schemas eq "urn:x:Ext""#, "id", &all);
        assert_eq!(Value::Object(Wanted::ALL.document(STORED)), all);
    }
}
