//! What RFC 7643 says about each attribute, as a look-up: its type, whether it has many values, case rules, mutability.
//!
//! The look-up and the documents of `/Schemas` come from the same source: the definitions that `scim_v2` embeds, and those
//! of further extensions. Bodies (`canonical`), PATCH, filters and the documents (`discovery`) all ask here.

use std::sync::LazyLock;

use rolecall_engine::registry::ExtendedResource;
use scim_v2::filter::AttrPath;
use scim_v2::models::scim_schema::get_schemas;
use scim_v2::schema_urns;
use serde_json::{Value, json};

use super::extension::{Announced, Definition};
use super::profile::Mode;

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
    /// Whether the text stands for bytes, which have no order.
    pub(crate) binary: bool,
    /// Whether the number is a whole one.
    pub(crate) integer: bool,
    pub(crate) multi_valued: bool,
    pub(crate) case_exact: bool,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    /// Whether it may be given, and then stays (RFC 7643 2.2).
    pub(crate) immutable: bool,
    /// Whether no schema describes it.
    pub(crate) unknown: bool,
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
        let binary = document.get("type").and_then(Value::as_str) == Some("binary");
        let mutability = document.get("mutability").and_then(Value::as_str);
        let mut attribute = Self {
            name: document.get("name").and_then(Value::as_str)?.to_owned(),
            kind,
            binary,
            integer: document.get("type").and_then(Value::as_str) == Some("integer"),
            multi_valued: flag("multiValued"),
            // RFC 7643 2.3.6: binary values are case exact, also those whose definition in 8.7.1 says otherwise.
            case_exact: flag("caseExact") || binary,
            required: flag("required"),
            read_only: mutability == Some("readOnly"),
            immutable: mutability == Some("immutable"),
            unknown: false,
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

    /// A list that no schema describes: of objects with sub-attributes that nobody knows, or of plain values.
    pub(crate) fn unknown_list(name: String) -> Self {
        Self {
            name,
            kind: Kind::Complex,
            binary: false,
            integer: false,
            multi_valued: true,
            case_exact: false,
            required: false,
            read_only: false,
            immutable: false,
            unknown: true,
            sub_attributes: Vec::new(),
        }
    }

    /// RFC 7643 2.4 gives every list of complex values a `display`, and RFC 7644 3.5.2.1 sends it with members, whose definition
    /// does not have it. We do not keep it.
    fn accept_display_of_members(&mut self) {
        if self.name == "members" {
            let display = json!({"name": "display", "type": "string", "mutability": "readOnly"});
            self.sub_attributes.extend(Self::read(&display));
        }
    }

    /// Takes what clients write to read-only sub-attributes: nobody else knows the `displayName` of a manager, and providers
    /// send it.
    fn accept_read_only_parts(&mut self) {
        for sub in self.sub_attributes.iter_mut().filter(|_| !self.read_only) {
            sub.read_only = false;
        }
    }

    /// Whether only the server writes the sub-attribute of this name.
    pub(crate) fn is_read_only_part(&self, name: &str) -> bool {
        self.sub_attribute(name).is_some_and(|sub| sub.read_only)
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
    pub(crate) announced: Announced,
    pub(crate) document: Value,
    attributes: Vec<Attribute>,
}

impl Extension {
    /// The extension that a definition describes.
    pub(crate) fn defined(definition: &Definition) -> Self {
        Self {
            announced: definition.announced,
            ..Self::described(&definition.urn, definition.document())
        }
    }

    fn described(urn: &str, document: Value) -> Self {
        Self {
            urn: urn.to_owned(),
            announced: Announced::WithResourceType,
            attributes: attributes(document.get("attributes")),
            document,
        }
    }

    /// The attribute of this name in any case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

/// The attributes of a resource type: its own, the common ones of RFC 7643 3.1, and those of its extensions.
#[derive(Debug)]
pub struct ResourceSchema {
    pub(crate) of: ResourceType,
    pub(crate) mode: Mode,
    pub(crate) document: Value,
    core: Vec<Attribute>,
    pub(crate) extensions: Vec<Extension>,
}

/// Where a path points: names in canonical case, with what the schema says about them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place<'s> {
    pub(crate) extension: Option<String>,
    pub(crate) name: String,
    pub(crate) sub: Option<String>,
    pub(crate) attribute: Option<&'s Attribute>,
    pub(crate) sub_attribute: Option<&'s Attribute>,
}

/// What a path names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target<'s> {
    Attribute(Place<'s>),
    /// A whole extension object, by its URN.
    Extension(String),
}

impl ResourceSchema {
    /// The attributes of a user, with these extensions beside the one of RFC 7643 4.3.
    pub(crate) fn user(mode: Mode, extensions: Vec<Extension>) -> Self {
        let urn = schema_urns::ENTERPRISE_USER;
        let enterprise = Extension::described(urn, standard(urn));
        Self::new(
            mode,
            ResourceType::User,
            std::iter::once(enterprise).chain(extensions).collect(),
        )
    }

    /// The attributes of a group, with these extensions.
    pub(crate) fn group(mode: Mode, extensions: Vec<Extension>) -> Self {
        Self::new(mode, ResourceType::Group, extensions)
    }

    fn new(mode: Mode, of: ResourceType, mut extensions: Vec<Extension>) -> Self {
        let document = standard(of.urn());
        let mut core = common_attributes();
        core.extend(attributes(document.get("attributes")));
        core.iter_mut().for_each(Attribute::accept_display_of_members);
        if mode == Mode::Lenient {
            let others = extensions.iter_mut().flat_map(|extension| &mut extension.attributes);
            core.iter_mut()
                .chain(others)
                .for_each(Attribute::accept_read_only_parts);
        }
        Self {
            of,
            mode,
            document,
            core,
            extensions,
        }
    }

    /// The core or common attribute of this name in any case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.core, name)
    }

    /// The names of the attributes that the core schema lists; those that every resource has are not among them.
    pub(crate) fn core_names(&self) -> impl Iterator<Item = &str> {
        let listed = self.document.get("attributes").and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        listed.filter_map(|attribute| attribute.get("name").and_then(Value::as_str))
    }

    /// The known extension of this URN in any case.
    pub(crate) fn extension(&self, urn: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.urn.eq_ignore_ascii_case(urn))
    }

    /// The place that a parsed path names. Unknown attributes have a place too: clients may store them.
    pub(crate) fn resolve(&self, path: &AttrPath) -> Target<'_> {
        let Some(uri) = path
            .uri
            .as_deref()
            .filter(|uri| !uri.eq_ignore_ascii_case(self.of.urn()))
        else {
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

    /// A name without a URN is a core attribute, or else one of a known extension: Entra asks for `manager eq "..."`, where
    /// RFC 7644 3.10 wants the URN.
    fn resolve_unqualified(&self, path: &AttrPath) -> Place<'_> {
        if let Some(attribute) = self.attribute(&path.name) {
            return Place::new(None, path, Some(attribute));
        }
        let lenient = self.extensions.iter().filter(|_| self.mode == Mode::Lenient);
        let in_extension = lenient.into_iter().find_map(|extension| {
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

impl<'s> Place<'s> {
    fn new(extension: Option<String>, path: &AttrPath, attribute: Option<&'s Attribute>) -> Self {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl From<ExtendedResource> for ResourceType {
    fn from(extended: ExtendedResource) -> Self {
        match extended {
            ExtendedResource::User => Self::User,
            ExtendedResource::Group => Self::Group,
        }
    }
}

impl ResourceType {
    /// Its name, in texts and in the paths of its endpoint.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The URN of its own schema.
    pub(crate) fn urn(self) -> &'static str {
        match self {
            Self::User => schema_urns::USER,
            Self::Group => schema_urns::GROUP,
        }
    }
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

/// A schema document of RFC 7643 8.7.1.
fn standard(urn: &str) -> Value {
    static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
        let standard = get_schemas(vec!["user", "enterprise_user", "group"]).unwrap_or_default();
        let mut documents: Vec<_> = standard
            .iter()
            .filter_map(|schema| serde_json::to_value(schema).ok())
            .collect();
        documents.iter_mut().for_each(require_group_name);
        documents
    });
    let named = |document: &&Value| document.get("id").and_then(Value::as_str) == Some(urn);
    DOCUMENTS.iter().find(named).cloned().unwrap_or_default()
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
    use scim_v2::filter::PatchPath;

    use super::super::extension;
    use super::super::profile::Profile;
    use super::*;

    #[track_caller]
    fn check(schema: &ResourceSchema, path: &str, expected: &str) {
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
        let profile = Profile::lenient();
        let (user, group) = (&profile.user, &profile.group);
        check(user, "USERNAME", "known userName");
        check(user, "name.GIVENname", "known name.givenName");
        check(
            user,
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "known userName",
        );
        check(
            user,
            &format!("{ENTERPRISE}:manager"),
            &format!("known {ENTERPRISE} manager"),
        );
        check(user, &ENTERPRISE.to_lowercase(), &format!("whole {ENTERPRISE}"));
        check(user, "manager", &format!("known {ENTERPRISE} manager"));
        check(user, "urn:x:ext:badge", "unknown urn:x:ext badge");
        check(user, "shoeSize", "unknown shoeSize");
        check(group, "displayname", "known displayName");
        check(group, "roles", &format!("known {} roles", extension::GROUP));
    }

    #[test]
    fn every_schema_document_is_there() {
        let profile = Profile::lenient();
        let ids = |schema: &ResourceSchema| {
            let extensions = schema.extensions.iter().map(|extension| &extension.document);
            let documents = std::iter::once(&schema.document).chain(extensions);
            documents
                .map(|document| document["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ids(&profile.user),
            [
                schema_urns::USER,
                schema_urns::ENTERPRISE_USER,
                extension::USER,
                extension::USER_ALIAS
            ]
        );
        assert_eq!(
            ids(&profile.group),
            [schema_urns::GROUP, extension::GROUP, extension::GROUP_ALIAS]
        );
        assert!(profile.group.attribute("displayName").unwrap().required);
    }
}
