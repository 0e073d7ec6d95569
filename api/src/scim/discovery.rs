//! The documents by which a client learns what we support (RFC 7644 4): ServiceProviderConfig, ResourceTypes, Schemas.
//!
//! The schema documents are those that `schema` looks attributes up in, so what is announced is what is understood.
//! LambdaTest's URNs are understood and can be asked for, but are not announced beside our own.

use std::iter;

use scim_v2::Asserted;
use scim_v2::models::resource_types::{ResourceType as Description, SchemaExtension};
use scim_v2::models::scim_schema::Meta;
use scim_v2::models::service_provider_config::{AuthenticationScheme, Bulk, Filter, ServiceProviderConfig, Supported};
use scim_v2::schema_urns;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::ScimError;
use super::extension::Announced;
use super::limits::{BULK_OPERATIONS_MAX, CURSOR_TIMEOUT, PAGE_RESOURCES_DEFAULT, PAGE_RESOURCES_MAX};
use super::profile::Profile;
use super::schema::ResourceType;
use crate::limits::SCIM_BODY_BYTES_MAX;

/// The discovery documents of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Discovery<'a> {
    /// What the connection speaks.
    pub profile: &'a Profile,
    /// The SCIM base URL of the connection, without a slash at its end.
    pub base: &'a str,
    /// What the connection offers: users, mostly groups too.
    pub offered: &'a [ResourceType],
}

impl Discovery<'_> {
    /// `/ServiceProviderConfig` (RFC 7643 5).
    ///
    /// Without the optional `securityEvents` of RFC 9967: clients that are generated from RFC 7643, such as scim2-client, take an
    /// attribute that they do not know for a broken server, and end before their first request.
    ///
    /// `oauth_metadata` is the URL of the document that says where the token endpoint is (RFC 8414).
    pub fn service_provider_config(self, oauth_metadata: &str) -> Value {
        let config = json(ServiceProviderConfig {
            patch: Supported { supported: true },
            sort: Supported { supported: true },
            bulk: Bulk {
                supported: true,
                max_operations: integer(BULK_OPERATIONS_MAX),
                max_payload_size: integer(SCIM_BODY_BYTES_MAX),
            },
            filter: Filter {
                supported: true,
                max_results: integer(PAGE_RESOURCES_MAX),
            },
            etag: Supported { supported: true },
            authentication_schemes: authentication_schemes(oauth_metadata),
            meta: Some(self.meta("ServiceProviderConfig", "ServiceProviderConfig")),
            ..ServiceProviderConfig::default()
        });
        with(config, "pagination", pagination())
    }

    /// `/ResourceTypes` (RFC 7643 6).
    pub fn resource_types(self) -> Value {
        list(self.offered.iter().map(|of| self.describe(*of)).collect())
    }

    /// `/ResourceTypes/{id}`.
    ///
    /// # Errors
    /// 404 when the connection does not offer it.
    pub fn resource_type(self, id: &str) -> Result<Value, ScimError> {
        let offered = self.offered.iter().find(|of| of.name().eq_ignore_ascii_case(id));
        offered
            .map(|of| self.describe(*of))
            .ok_or_else(|| ScimError::not_found("ResourceType", id))
    }

    /// `/Schemas` (RFC 7643 7).
    pub fn schemas(self) -> Value {
        let documents = self.offered.iter().flat_map(|of| {
            let schema = self.profile.schema(*of);
            let extensions = schema.extensions.iter();
            let extensions = extensions.filter(|extension| extension.announced != Announced::Nowhere);
            iter::once(&schema.document).chain(extensions.map(|extension| &extension.document))
        });
        list(documents.map(|document| self.schema_resource(document)).collect())
    }

    /// `/Schemas/{urn}`, the URN in any case.
    ///
    /// # Errors
    /// 404 when there is no such schema.
    pub fn schema(self, urn: &str) -> Result<Value, ScimError> {
        let document = self.find(urn).ok_or_else(|| ScimError::not_found("Schema", urn))?;
        Ok(self.schema_resource(document))
    }

    fn describe(self, of: ResourceType) -> Value {
        let (name, schema) = (of.name(), self.profile.schema(of));
        let listed = schema.extensions.iter();
        let listed = listed.filter(|extension| extension.announced == Announced::WithResourceType);
        let extensions = listed.map(|extension| SchemaExtension {
            schema: extension.urn.clone(),
            required: false,
        });
        json(Description {
            id: Some(name.to_owned()),
            name: name.to_owned(),
            endpoint: format!("/{name}s"),
            schema: of.urn().to_owned(),
            schema_extensions: Asserted::set(extensions.collect()),
            meta: Some(self.meta("ResourceType", &format!("ResourceTypes/{name}"))),
            ..Description::default()
        })
    }

    fn schema_resource(self, document: &Value) -> Value {
        let mut resource = document.clone();
        if let (Some(urn), Some(members)) = (document.get("id").and_then(Value::as_str), resource.as_object_mut()) {
            members.insert("schemas".to_owned(), json!([schema_urns::SCHEMA]));
            members.insert("meta".to_owned(), json(self.meta("Schema", &format!("Schemas/{urn}"))));
        }
        resource
    }

    fn find(&self, urn: &str) -> Option<&Value> {
        let schemas = || self.offered.iter().map(|of| self.profile.schema(*of));
        let core = schemas().find(|schema| schema.of.urn().eq_ignore_ascii_case(urn));
        let extension = || schemas().find_map(|schema| schema.extension(urn));
        core.map(|schema| &schema.document)
            .or_else(|| extension().map(|extension| &extension.document))
    }

    fn meta(self, resource_type: &str, path: &str) -> Meta {
        Meta {
            resource_type: Some(resource_type.to_owned()),
            location: Some(format!("{}/{path}", self.base)),
            ..Meta::default()
        }
    }
}

/// One secret, in three forms. The first is the one to choose.
fn authentication_schemes(oauth_metadata: &str) -> Vec<AuthenticationScheme> {
    let scheme = |r#type: &str, name: &str, rfc: u16, description: &str| AuthenticationScheme {
        name: name.to_owned(),
        r#type: Some(r#type.to_owned()),
        description: description.to_owned(),
        spec_uri: Some(format!("https://www.rfc-editor.org/info/rfc{rfc}")),
        ..AuthenticationScheme::default()
    };
    let bearer = "A token of the connection, sent as `Authorization: Bearer ...` (RFC 6750)";
    let client = "Client credentials (RFC 6749 section 4.4) at `/oauth/token`: `client_id` is the id of the connection, \
                  `client_secret` a token of it";
    let basic = "The id of the connection as user name and a token of it as password (RFC 7617)";
    vec![
        AuthenticationScheme {
            primary: Some(true),
            ..scheme("oauthbearertoken", "OAuth Bearer Token", 6750, bearer)
        },
        AuthenticationScheme {
            documentation_uri: Some(oauth_metadata.to_owned()),
            ..scheme("oauth2", "OAuth 2.0 Client Credentials", 6749, client)
        },
        scheme("httpbasic", "HTTP Basic", 7617, basic),
    ]
}

/// The document with a member that `scim_v2` does not know yet.
fn with(mut document: Value, name: &str, member: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert(name.to_owned(), member);
    }
    document
}

/// RFC 9865 4. Who names no method pages by index, as before there were cursors.
fn pagination() -> Value {
    json!({
        "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": PAGE_RESOURCES_DEFAULT,
        "maxPageSize": PAGE_RESOURCES_MAX, "cursorTimeout": CURSOR_TIMEOUT.as_secs(),
    })
}

fn integer(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn json(document: impl Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}

fn list(documents: Vec<Value>) -> Value {
    json!({
        "schemas": [schema_urns::LIST_RESPONSE],
        "totalResults": documents.len(),
        "startIndex": 1,
        "itemsPerPage": documents.len(),
        "Resources": documents,
    })
}

#[cfg(test)]
mod tests {
    use scim_v2::Validate;
    use scim_v2::models::scim_schema::Schema;

    use super::super::extension;
    use super::*;

    const OAUTH_METADATA: &str = "https://rolecall.example/.well-known/oauth-authorization-server";

    fn discovery(profile: &Profile) -> Discovery<'_> {
        Discovery {
            profile,
            base: "https://rolecall.example/scim/v2/con_1",
            offered: &[ResourceType::User, ResourceType::Group],
        }
    }

    #[track_caller]
    fn check_ids(list: &Value, expected: &[&str]) {
        let resources = list["Resources"].as_array().unwrap();
        let ids: Vec<_> = resources
            .iter()
            .filter_map(|resource| resource["id"].as_str())
            .collect();
        assert_eq!(ids, expected);
        assert_eq!(list["totalResults"], json!(expected.len()));
    }

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(values) => values.iter().any(has_null),
            Value::Object(members) => members.values().any(has_null),
            _ => false,
        }
    }

    #[test]
    fn the_configuration_says_what_is_supported() {
        let profile = Profile::lenient();
        let discovery = discovery(&profile);
        let document = discovery.service_provider_config(OAUTH_METADATA);
        let config: ServiceProviderConfig = serde_json::from_value(document.clone()).unwrap();
        config.validate().unwrap();
        assert_eq!(
            (config.patch.supported, config.etag.supported, config.filter.max_results),
            (true, true, 1000)
        );
        assert!(config.sort.supported);
        assert_eq!(
            document["pagination"],
            json!({"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100,
                "maxPageSize": 1000, "cursorTimeout": 3600})
        );
        let bulk = json!({"supported": true, "maxOperations": 1000, "maxPayloadSize": 4 * 1024 * 1024});
        assert_eq!(document["bulk"], bulk);
        let schemes = document["authenticationSchemes"].as_array().unwrap();
        let schemes: Vec<_> = schemes
            .iter()
            .map(|scheme| (&scheme["type"], &scheme["primary"]))
            .collect();
        let (first, second, third) = (json!("oauthbearertoken"), json!("oauth2"), json!("httpbasic"));
        assert_eq!(
            schemes,
            [(&first, &json!(true)), (&second, &Value::Null), (&third, &Value::Null)]
        );
        assert_eq!(document["authenticationSchemes"][1]["documentationUri"], OAUTH_METADATA);
        assert_eq!(
            document["meta"]["location"],
            "https://rolecall.example/scim/v2/con_1/ServiceProviderConfig"
        );
    }

    #[test]
    fn resource_types_are_those_that_the_connection_offers() {
        let profile = Profile::lenient();
        let discovery = discovery(&profile);
        check_ids(&discovery.resource_types(), &["User", "Group"]);
        let users_only = Discovery {
            offered: &[ResourceType::User],
            ..discovery
        };
        check_ids(&users_only.resource_types(), &["User"]);
        check_ids(
            &users_only.schemas(),
            &[schema_urns::USER, schema_urns::ENTERPRISE_USER, extension::USER],
        );
        assert_eq!(users_only.resource_type("Group").unwrap_err().status().as_u16(), 404);
        let user = discovery.resource_type("user").unwrap();
        serde_json::from_value::<Description>(user.clone())
            .unwrap()
            .validate()
            .unwrap();
        assert_eq!(
            (&user["endpoint"], &user["schemaExtensions"][1]["schema"]),
            (&json!("/Users"), &json!(extension::USER))
        );
    }

    #[test]
    fn schemas_are_listed_and_found_by_their_urn() {
        let profile = Profile::lenient();
        let discovery = discovery(&profile);
        let urns = [
            schema_urns::USER,
            schema_urns::ENTERPRISE_USER,
            extension::USER,
            schema_urns::GROUP,
            extension::GROUP,
        ];
        check_ids(&discovery.schemas(), &urns);
        for urn in urns.iter().chain(&[extension::USER_ALIAS, extension::GROUP_ALIAS]) {
            let document = discovery.schema(&urn.to_uppercase()).unwrap();
            serde_json::from_value::<Schema>(document.clone())
                .unwrap()
                .validate()
                .unwrap();
            assert_eq!(
                document["meta"]["location"],
                format!("{}/Schemas/{urn}", discovery.base)
            );
        }
        assert_eq!(
            discovery.schema("urn:x").unwrap_err().to_string(),
            "there is no Schema with the id `urn:x`"
        );
    }

    /// Entra refuses schemas with nulls in them.
    #[test]
    fn no_document_holds_a_null() {
        let profile = Profile::lenient();
        let discovery = discovery(&profile);
        for document in [
            discovery.service_provider_config(OAUTH_METADATA),
            discovery.resource_types(),
            discovery.schemas(),
        ] {
            assert!(!has_null(&document), "{document}");
        }
    }
}
