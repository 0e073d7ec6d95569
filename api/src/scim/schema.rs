//! What RFC 7643 says about each attribute, as a look-up: its type, whether it has many values, case rules, mutability.
//!
//! The look-up and the documents of `/Schemas` come from the same source: the definitions that `scim_v2` embeds, and our
//! own extensions. Bodies (`canonical`), PATCH, filters and the documents (`discovery`) all ask here.

use std::sync::LazyLock;

use scim_v2::filter::AttrPath;
use scim_v2::models::scim_schema::get_schemas;
use scim_v2::schema_urns;
use serde_json::{Value, json};

use super::extension;

/// The data type of an attribute (RFC 7643 2.3), as far as values are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Strings, references and binary values, all of them JSON strings.
    Text,
    Boolean,
    Number,
    DateTime,
    Complex,
}

/// One attribute or sub-attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) multi_valued: bool,
    pub(crate) case_exact: bool,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) sub_attributes: Vec<Attribute>,
}

impl Attribute {
    fn read(document: &Value) -> Option<Self> {
        let flag = |name: &str| document.get(name).and_then(Value::as_bool).unwrap_or(false);
        let kind = match document.get("type").and_then(Value::as_str)? {
            "boolean" => Kind::Boolean,
            "integer" | "decimal" => Kind::Number,
            "dateTime" => Kind::DateTime,
            "complex" => Kind::Complex,
            _ => Kind::Text,
        };
        let mut attribute = Self {
            name: document.get("name").and_then(Value::as_str)?.to_owned(),
            kind,
            multi_valued: flag("multiValued"),
            case_exact: flag("caseExact"),
            required: flag("required"),
            read_only: document.get("mutability").and_then(Value::as_str) == Some("readOnly"),
            sub_attributes: attributes(document.get("subAttributes")),
        };
        attribute.complete_sub_attributes();
        Some(attribute)
    }

    /// RFC 7643 2.4: a complex multi-valued attribute has `primary` even where its definition does not list it (addresses).
    fn complete_sub_attributes(&mut self) {
        let complex = self.multi_valued && self.kind == Kind::Complex;
        if complex && self.sub_attribute("primary").is_none() {
            self.sub_attributes
                .extend(Self::read(&json!({"name": "primary", "type": "boolean"})));
        }
    }

    /// The sub-attribute of this name in any case (RFC 7643 2.1).
    pub(crate) fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }
}

fn attributes(documents: Option<&Value>) -> Vec<Attribute> {
    let documents = documents
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    documents.iter().filter_map(Attribute::read).collect()
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// A schema extension that we know.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) urn: String,
    attributes: Vec<Attribute>,
}

impl Extension {
    /// The attribute of this name in any case.
    pub(crate) fn attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        find(&self.attributes, name)
    }
}

/// The attributes of a resource type: its own, the common ones of RFC 7643 3.1, and those of its extensions.
#[derive(Debug)]
pub(crate) struct ResourceSchema {
    /// `User` or `Group`, for texts.
    pub(crate) name: &'static str,
    pub(crate) urn: &'static str,
    core: Vec<Attribute>,
    extensions: Vec<Extension>,
}

/// Where a path points: names in canonical case, with what the schema says about them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) extension: Option<String>,
    pub(crate) name: String,
    pub(crate) sub: Option<String>,
    pub(crate) attribute: Option<&'static Attribute>,
    pub(crate) sub_attribute: Option<&'static Attribute>,
}

/// What a path names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Attribute(Place),
    /// A whole extension object, by its URN.
    Extension(String),
}

impl ResourceSchema {
    /// The core or common attribute of this name in any case.
    pub(crate) fn attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        find(&self.core, name)
    }

    /// The known extension of this URN in any case.
    pub(crate) fn extension(&'static self, urn: &str) -> Option<&'static Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.urn.eq_ignore_ascii_case(urn))
    }

    /// The place that a parsed path names. Unknown attributes have a place too: clients may store them.
    pub(crate) fn resolve(&'static self, path: &AttrPath) -> Target {
        let Some(uri) = path.uri.as_deref().filter(|uri| !uri.eq_ignore_ascii_case(self.urn)) else {
            return Target::Attribute(self.resolve_unqualified(path));
        };
        // A URN alone parses as the attribute `User` of `urn:...:2.0`.
        if let Some(extension) = self.extension(&format!("{uri}:{}", path.name)) {
            return Target::Extension(extension.urn.clone());
        }
        let extension = self.extension(uri);
        let attribute = extension.and_then(|extension| extension.attribute(&path.name));
        let urn = extension.map_or_else(|| uri.to_owned(), |extension| extension.urn.clone());
        Target::Attribute(Place::new(Some(urn), path, attribute))
    }

    /// A name without a URN is a core attribute, or else one of a known extension: Entra asks for `manager eq "..."`.
    fn resolve_unqualified(&'static self, path: &AttrPath) -> Place {
        if let Some(attribute) = self.attribute(&path.name) {
            return Place::new(None, path, Some(attribute));
        }
        let in_extension = self.extensions.iter().find_map(|extension| {
            extension
                .attribute(&path.name)
                .map(|attribute| (extension.urn.clone(), attribute))
        });
        match in_extension {
            Some((urn, attribute)) => Place::new(Some(urn), path, Some(attribute)),
            None => Place::new(None, path, None),
        }
    }
}

impl Place {
    fn new(extension: Option<String>, path: &AttrPath, attribute: Option<&'static Attribute>) -> Self {
        let sub_attribute = path
            .sub_attr
            .as_deref()
            .and_then(|sub| attribute.and_then(|attribute| attribute.sub_attribute(sub)));
        Self {
            extension,
            name: attribute.map_or_else(|| path.name.clone(), |attribute| attribute.name.clone()),
            sub: sub_attribute
                .map(|sub| sub.name.clone())
                .or_else(|| path.sub_attr.clone()),
            attribute,
            sub_attribute,
        }
    }
}

/// The two types of resource that identity providers push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceType {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl ResourceType {
    /// What the schema says about it.
    pub(crate) fn schema(self) -> &'static ResourceSchema {
        match self {
            Self::User => user(),
            Self::Group => group(),
        }
    }
}

/// The attributes of a user.
pub(crate) fn user() -> &'static ResourceSchema {
    static USER: LazyLock<ResourceSchema> = LazyLock::new(|| {
        let extensions = [schema_urns::ENTERPRISE_USER, extension::USER, extension::USER_ALIAS];
        resource_schema("User", schema_urns::USER, &extensions)
    });
    &USER
}

/// The attributes of a group.
pub(crate) fn group() -> &'static ResourceSchema {
    static GROUP: LazyLock<ResourceSchema> =
        LazyLock::new(|| resource_schema("Group", schema_urns::GROUP, &[extension::GROUP, extension::GROUP_ALIAS]));
    &GROUP
}

fn resource_schema(name: &'static str, urn: &'static str, extensions: &[&str]) -> ResourceSchema {
    let mut core = common_attributes();
    core.extend(document_attributes(urn));
    let extensions = extensions.iter().map(|urn| Extension {
        urn: (*urn).to_owned(),
        attributes: document_attributes(urn),
    });
    ResourceSchema {
        name,
        urn,
        core,
        extensions: extensions.collect(),
    }
}

fn document_attributes(urn: &str) -> Vec<Attribute> {
    let document = documents()
        .iter()
        .find(|document| document.get("id").and_then(Value::as_str) == Some(urn));
    attributes(document.and_then(|document| document.get("attributes")))
}

/// RFC 7643 3.1: attributes of every resource, which no schema document lists.
fn common_attributes() -> Vec<Attribute> {
    let read_only = |name: &str, kind: &str, case_exact: bool| json!({"name": name, "type": kind, "caseExact": case_exact, "mutability": "readOnly"});
    attributes(Some(&json!([
        read_only("id", "string", true),
        {"name": "externalId", "type": "string", "caseExact": true},
        {"name": "schemas", "type": "reference", "multiValued": true, "caseExact": true, "mutability": "readOnly"},
        {"name": "meta", "type": "complex", "mutability": "readOnly", "subAttributes": [
            read_only("resourceType", "string", true), read_only("created", "dateTime", false),
            read_only("lastModified", "dateTime", false), read_only("location", "reference", true),
            read_only("version", "string", true),
        ]},
    ])))
}

/// All schema documents that we know, as RFC 7643 7 writes them.
pub(crate) fn documents() -> &'static [Value] {
    static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
        let standard = get_schemas(vec!["user", "enterprise_user", "group"]).unwrap_or_default();
        let standard = standard.iter().filter_map(|schema| serde_json::to_value(schema).ok());
        let mut documents: Vec<Value> = standard.chain(extension::documents()).collect();
        documents.iter_mut().for_each(require_group_name);
        documents
    });
    &DOCUMENTS
}

/// RFC 7643 4.2 calls a group's `displayName` required; its schema document in 8.7.1 forgets to.
fn require_group_name(document: &mut Value) {
    let is_group = document.get("id").and_then(Value::as_str) == Some(schema_urns::GROUP);
    let attributes = document.get_mut("attributes").and_then(Value::as_array_mut);
    for attribute in attributes.into_iter().flatten().filter_map(Value::as_object_mut) {
        if is_group && attribute.get("name").and_then(Value::as_str) == Some("displayName") {
            attribute.insert("required".to_owned(), Value::Bool(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scim_v2::filter::PatchPath;

    #[track_caller]
    fn check(schema: &'static ResourceSchema, path: &str, expected: &str) {
        let PatchPath::Attr(path) = path.parse().unwrap() else {
            panic!("{path} is a plain path")
        };
        let found = match schema.resolve(&path) {
            Target::Extension(urn) => format!("whole {urn}"),
            Target::Attribute(place) => {
                let known = if place.attribute.is_some() { "known" } else { "unknown" };
                let extension = place.extension.map(|urn| format!("{urn} ")).unwrap_or_default();
                let sub = place.sub.map(|sub| format!(".{sub}")).unwrap_or_default();
                format!("{known} {extension}{}{sub}", place.name)
            }
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_resolve_to_canonical_places() {
        const ENTERPRISE: &str = schema_urns::ENTERPRISE_USER;
        check(user(), "USERNAME", "known userName");
        check(user(), "name.GIVENname", "known name.givenName");
        check(
            user(),
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "known userName",
        );
        check(
            user(),
            &format!("{ENTERPRISE}:manager"),
            &format!("known {ENTERPRISE} manager"),
        );
        check(user(), &ENTERPRISE.to_lowercase(), &format!("whole {ENTERPRISE}"));
        check(user(), "manager", &format!("known {ENTERPRISE} manager"));
        check(user(), "urn:x:ext:badge", "unknown urn:x:ext badge");
        check(user(), "shoeSize", "unknown shoeSize");
        check(group(), "displayname", "known displayName");
        check(group(), "roles", &format!("known {} roles", extension::GROUP));
    }

    #[test]
    fn every_schema_document_is_there() {
        let ids: Vec<_> = documents()
            .iter()
            .filter_map(|document| document["id"].as_str())
            .collect();
        let standard = [schema_urns::USER, schema_urns::ENTERPRISE_USER, schema_urns::GROUP];
        let own = [
            extension::USER,
            extension::GROUP,
            extension::USER_ALIAS,
            extension::GROUP_ALIAS,
        ];
        assert_eq!(ids, [standard.as_slice(), own.as_slice()].concat());
        assert!(group().attribute("displayName").unwrap().required);
    }
}
