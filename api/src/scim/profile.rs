//! What a connection speaks: the schemas of users and groups with the extensions of the connection, and which of their
//! attributes mean something to us.
//!
//! Everything in the SCIM layer that differs between connections is here. Most connections share one profile.

use std::sync::{Arc, LazyLock};

use rolecall_engine::registry::{AttributeMeaning, ConnectionSettings};
use serde_json::{Map, Value};

use super::extension::{self, Definition};
use super::schema::{Extension, ResourceSchema, ResourceType};

/// How requests are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// With the habits of identity providers.
    Lenient,
    /// By the letter of RFC 7643 and RFC 7644.
    Strict,
}

/// What a connection speaks.
#[derive(Debug)]
pub struct Profile {
    /// The attributes of a user.
    pub(crate) user: ResourceSchema,
    /// The attributes of a group.
    pub(crate) group: ResourceSchema,
    /// Where attributes that mean something to us stand: those that count first come first.
    meanings: Vec<(AttributeMeaning, Spot)>,
}

/// Where an attribute of an extension stands in a document.
#[derive(Debug)]
struct Spot {
    urn: String,
    name: String,
}

impl Profile {
    /// The profile of a connection with these settings.
    pub fn new(settings: &ConnectionSettings) -> Self {
        let custom = settings.extensions.iter().map(Definition::custom);
        let definitions: Vec<_> = extension::definitions().into_iter().chain(custom).collect();
        let meanings = definitions.iter().flat_map(meanings).collect();
        let (user, group): (Vec<_>, Vec<_>) = definitions
            .into_iter()
            .partition(|definition| definition.of == ResourceType::User);
        let extensions = |definitions: Vec<Definition>| definitions.iter().map(Extension::defined).collect();
        let mode = if settings.strict { Mode::Strict } else { Mode::Lenient };
        Self {
            user: ResourceSchema::user(mode, extensions(user)),
            group: ResourceSchema::group(mode, extensions(group)),
            meanings,
        }
    }

    /// The profile of lenient connections without extensions of their own.
    pub fn lenient() -> Arc<Self> {
        static LENIENT: LazyLock<Arc<Profile>> =
            LazyLock::new(|| Arc::new(Profile::new(&ConnectionSettings::default())));
        Arc::clone(&LENIENT)
    }

    /// The profile of strict connections without extensions of their own.
    pub fn strict() -> Arc<Self> {
        static STRICT: LazyLock<Arc<Profile>> = LazyLock::new(|| {
            let strict = ConnectionSettings {
                strict: true,
                ..ConnectionSettings::default()
            };
            Arc::new(Profile::new(&strict))
        });
        Arc::clone(&STRICT)
    }

    /// The attributes of a resource type.
    pub(crate) fn schema(&self, of: ResourceType) -> &ResourceSchema {
        match of {
            ResourceType::User => &self.user,
            ResourceType::Group => &self.group,
        }
    }

    /// The role that the document of a user gives.
    pub(crate) fn organization_role(&self, document: &Map<String, Value>) -> Option<String> {
        self.texts(AttributeMeaning::OrganizationRole, document)
            .into_iter()
            .next()
    }

    /// The concurrency group that the document of a user names.
    pub(crate) fn concurrency_group(&self, document: &Map<String, Value>) -> Option<String> {
        self.texts(AttributeMeaning::ConcurrencyGroup, document)
            .into_iter()
            .next()
    }

    /// The roles that the document of a group gives to its members.
    pub(crate) fn roles(&self, document: &Map<String, Value>) -> Vec<String> {
        self.texts(AttributeMeaning::Roles, document)
    }

    /// The texts of the first attribute with this meaning that has any.
    fn texts(&self, meaning: AttributeMeaning, document: &Map<String, Value>) -> Vec<String> {
        let spots = self.meanings.iter().filter(|(is, _)| *is == meaning);
        let texts = spots.map(|(_, spot)| spot.texts(document));
        texts.into_iter().find(|texts| !texts.is_empty()).unwrap_or_default()
    }
}

fn meanings(definition: &Definition) -> Vec<(AttributeMeaning, Spot)> {
    let attributes = definition.attributes.iter().filter_map(|attribute| {
        let spot = Spot {
            urn: definition.urn.clone(),
            name: attribute.name.clone(),
        };
        Some((attribute.meaning?, spot))
    });
    attributes.collect()
}

impl Spot {
    fn texts(&self, document: &Map<String, Value>) -> Vec<String> {
        let value = document.get(&self.urn).and_then(|extension| extension.get(&self.name));
        let values = match value {
            None => &[],
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        let texts = values.iter().filter_map(Value::as_str).map(str::trim);
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::registry::{AttributeDefinition, AttributeType, ExtendedResource, ExtensionDefinition};
    use scim_v2::schema_urns;
    use serde_json::json;

    use super::super::filter::Filter;
    use super::super::group;
    use super::super::user::{Active, UserDocument};
    use super::*;

    const BADGE: &str = "urn:example:badge:1.0:User";
    const STAFF: &str = "urn:example:staff:1.0:Group";

    fn attribute(name: &str, meaning: Option<AttributeMeaning>) -> AttributeDefinition {
        AttributeDefinition {
            name: name.to_owned(),
            attribute_type: AttributeType::String,
            multi_valued: meaning == Some(AttributeMeaning::Roles),
            meaning,
        }
    }

    fn profile() -> Profile {
        let role = attribute("level", Some(AttributeMeaning::OrganizationRole));
        let number = AttributeDefinition {
            attribute_type: AttributeType::Integer,
            ..attribute("number", None)
        };
        let roles = attribute("levels", Some(AttributeMeaning::Roles));
        let extension = |urn: &str, resource_type, attributes| ExtensionDefinition {
            urn: urn.to_owned(),
            resource_type,
            attributes,
        };
        Profile::new(&ConnectionSettings {
            extensions: vec![
                extension(BADGE, ExtendedResource::User, vec![role, number]),
                extension(STAFF, ExtendedResource::Group, vec![roles]),
            ],
            ..ConnectionSettings::default()
        })
    }

    fn user(profile: &Profile, body: Value) -> rolecall_engine::UserInput {
        let document = UserDocument::read(profile, body.to_string().as_bytes()).unwrap();
        document.into_input(profile, Active(true)).unwrap()
    }

    #[test]
    fn an_attribute_of_a_connection_means_what_it_was_defined_to_mean() {
        let profile = profile();
        let body = json!({"userName": "ana", BADGE.to_uppercase(): {"LEVEL": "admin", "Number": 7}});
        let input = user(&profile, body.clone());
        assert_eq!(input.organization_role.as_deref(), Some("admin"));
        let stored: Value = serde_json::from_str(&input.person.attributes).unwrap();
        assert_eq!(
            stored,
            json!({"userName": "ana", BADGE: {"level": "admin", "number": 7}})
        );
        assert_eq!(user(&Profile::lenient(), body).organization_role, None);
        let staff = json!({"displayName": "Staff", STAFF: {"levels": ["admin"]}});
        let group = group::create(&profile, staff.to_string().as_bytes()).unwrap();
        assert_eq!(group.roles, ["admin"]);
    }

    #[test]
    fn our_own_attribute_counts_before_its_alias_and_both_before_those_of_the_connection() {
        let profile = profile();
        let mut body = json!({"userName": "ana", BADGE: {"level": "third"}});
        for (urn, name, role) in [
            (extension::USER_ALIAS, "OrganizationRole", "second"),
            (extension::USER, "organizationRole", "first"),
        ] {
            body[urn] = json!({ name: role });
            let input = user(&profile, body.clone());
            assert_eq!(input.organization_role.as_deref(), Some(role));
        }
    }

    #[test]
    fn a_number_may_be_a_string_unless_the_connection_is_strict() {
        let definition = |strict| ConnectionSettings {
            strict,
            extensions: vec![ExtensionDefinition {
                urn: BADGE.to_owned(),
                resource_type: ExtendedResource::User,
                attributes: vec![AttributeDefinition {
                    attribute_type: AttributeType::Decimal,
                    ..attribute("number", None)
                }],
            }],
            ..ConnectionSettings::default()
        };
        let read = |strict: bool, number: &Value| {
            let body = json!({"schemas": [schema_urns::USER, BADGE], "userName": "ana", BADGE: {"number": number}});
            let document = UserDocument::read(&Profile::new(&definition(strict)), body.to_string().as_bytes());
            let input = document.map_err(|refused| refused.scim_type().unwrap().to_owned())?;
            let input = input.into_input(&Profile::lenient(), Active(true)).unwrap();
            let stored: Value = serde_json::from_str(&input.person.attributes).unwrap();
            Ok(stored[BADGE]["number"].clone())
        };
        let refused = Err("invalidValue".to_owned());
        for (sent, lenient, strict) in [
            (json!(7), Ok(json!(7)), Ok(json!(7))),
            (json!("7"), Ok(json!(7)), refused.clone()),
            (json!(" -7.5 "), Ok(json!(-7.5)), refused.clone()),
            (json!("seven"), refused.clone(), refused.clone()),
            (json!("NaN"), refused.clone(), refused.clone()),
            (json!(true), refused.clone(), refused.clone()),
        ] {
            assert_eq!((read(false, &sent), read(true, &sent)), (lenient, strict), "{sent}");
        }
    }

    #[test]
    fn an_attribute_of_a_connection_is_patched_and_found_by_its_urn_and_by_its_name() {
        let profile = profile();
        let patch = json!({"Operations": [{"op": "replace", "path": format!("{BADGE}:LEVEL"), "value": "guest"},
            {"op": "add", "path": format!("{BADGE}:number"), "value": 8}]});
        let stored = UserDocument::stored(r#"{"userName":"ana"}"#, true);
        let patched = stored.patched(&profile, patch.to_string().as_bytes()).unwrap();
        let input = patched.into_input(&profile, Active(true)).unwrap();
        assert_eq!(input.organization_role.as_deref(), Some("guest"));
        let document = serde_json::from_str(&input.person.attributes).unwrap();
        for (filter, expected) in [
            (format!("{BADGE}:level eq \"GUEST\""), true),
            (format!("{BADGE}:number gt 7"), true),
            ("number gt 8".to_owned(), false),
        ] {
            let filter = Filter::read(&[&profile.user], &filter).unwrap();
            assert_eq!(filter[0].matches(&document, &|_| None), expected, "{filter:?}");
        }
        let misfit = json!({"Operations": [{"op": "add", "path": format!("{BADGE}:number"), "value": "many"}]});
        let refused = UserDocument::stored(r#"{"userName":"ana"}"#, true)
            .patched(&profile, misfit.to_string().as_bytes())
            .unwrap_err();
        assert_eq!(refused.to_string(), "`number` takes a number");
    }

    /// What the engine takes as the URN of an extension, paths can name: the extension, and each attribute of it.
    #[test]
    fn paths_and_filters_name_every_extension_that_may_be_defined() {
        for urn in [
            "urn:example:x",
            "urn:okta:dev-1_app_1:1.0:user:custom",
            "urn:ietf:params:scim:schemas:extension:example:2.0:User",
            "urn:scim:schemas:extension:cost.center:1.0:Staff-Member_2",
        ] {
            let profile = Profile::new(&ConnectionSettings {
                extensions: vec![ExtensionDefinition {
                    urn: urn.to_owned(),
                    resource_type: ExtendedResource::User,
                    attributes: vec![attribute("cost-center_1", None)],
                }],
                ..ConnectionSettings::default()
            });
            for (path, value) in [
                (
                    urn.to_uppercase().replace("URN:", "urn:"),
                    json!({"cost-center_1": "7"}),
                ),
                (format!("{urn}:COST-center_1"), json!("7")),
            ] {
                let patch = json!({"Operations": [{"op": "add", "path": path, "value": value}]});
                let stored = UserDocument::stored(r#"{"userName":"ana"}"#, true);
                let patched = stored.patched(&profile, patch.to_string().as_bytes()).unwrap();
                let input = patched.into_input(&profile, Active(true)).unwrap();
                let document: Value = serde_json::from_str(&input.person.attributes).unwrap();
                assert_eq!(
                    document,
                    json!({"userName": "ana", urn: {"cost-center_1": "7"}}),
                    "{path}"
                );
                let filter = Filter::read(&[&profile.user], &format!("{path} pr")).unwrap();
                assert!(filter[0].matches(document.as_object().unwrap(), &|_| None), "{path}");
            }
        }
    }
}
