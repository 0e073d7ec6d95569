//! The description of the admin API (OpenAPI 3.1), made from the handlers themselves.

use std::collections::BTreeSet;

use axum::Json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, RefOr, Required, Schema};
use utoipa::{Modify, OpenApi};

use super::{
    audit, backtests, conflicts, connections, entities, events, exceptions, explain, groups, history, holds, mappings,
    memberships, organizations, plan_changes, plans, reconcile, root_tokens, rule_analysis, rule_set, rule_trial,
    rules, settings, tokens, users,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rolecall admin API",
        description = "Organizations and their identity providers; what these pushed; what the rules made of it; and the \
                       record of every change. Lists are `{\"items\": [...], \"next\": cursor}`; errors are problem details \
                       (RFC 9457)."
    ),
    modifiers(&BearerToken, &UniqueOperations, &OptionalBodies, &Problems),
    security(("token" = [])),
    paths(
        read,
        root_tokens::list, root_tokens::create, root_tokens::revoke,
        organizations::list, organizations::create, organizations::read,
        connections::list, connections::create, connections::read, connections::change, connections::delete,
        tokens::create_for_connection, tokens::list, tokens::create, tokens::revoke,
        users::list, users::read, groups::list, groups::read,
        settings::read, settings::change,
        rules::list, rules::create, rules::read, rules::change, rules::delete, rule_trial::run,
        rule_set::read, rule_set::save, rule_analysis::read,
        entities::list, entities::create, entities::read, entities::delete, entities::members,
        memberships::give, memberships::give_many, memberships::take,
        exceptions::list, exceptions::create, exceptions::read, exceptions::end,
        mappings::list, mappings::create, mappings::read,
        mappings::approve, mappings::reject, mappings::pause, mappings::resume,
        conflicts::list, conflicts::read, conflicts::resolve, conflicts::decisions, conflicts::forget,
        holds::list, holds::read, holds::users, holds::release, holds::discard,
        events::read, history::read, audit::verify,
        explain::user::user, explain::group::group, explain::entity::entity,
        plans::create, plans::read, plan_changes::list, plans::apply, plans::stop,
        reconcile::create, backtests::create,
    )
)]
struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The name of a handler is unique in its file only; with the tag before it, it is so in the document.
struct UniqueOperations;

impl Modify for UniqueOperations {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for operation in operations(document) {
            let tag = operation
                .tags
                .iter()
                .flatten()
                .next()
                .cloned()
                .unwrap_or_default()
                .replace(' ', "_");
            operation.operation_id = operation.operation_id.take().map(|handler| format!("{tag}_{handler}"));
        }
    }
}

/// No body at all counts as `{}`, so a body that has to say nothing need not be there.
struct OptionalBodies;

impl Modify for OptionalBodies {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = document.components.iter().flat_map(|components| &components.schemas);
        let demanding: BTreeSet<String> = schemas
            .filter(|(_, schema)| matches!(schema, RefOr::T(Schema::Object(object)) if !object.required.is_empty()))
            .map(|(name, _)| format!("#/components/schemas/{name}"))
            .collect();
        for operation in operations(document) {
            let Some(RefOr::T(body)) = &mut operation.request_body else {
                continue;
            };
            let demands = body.content.values().any(|content| {
                matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(to)), .. }) if demanding.contains(&to.ref_location))
            });
            if !demands {
                body.required = Some(Required::False);
            }
        }
    }
}

/// Errors have a media type of their own (RFC 9457), and every operation can fail for reasons of the server's.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        const FAILED: &str = "Failed. 503: not available right now; try again after `Retry-After`. 507: the disk is nearly \
                              full, and changes are refused. 500: a bug, or a damaged record";
        for operation in operations(document) {
            let responses = &mut operation.responses.responses;
            // Only the description of the API itself is answered without the log.
            let Some(RefOr::T(refused)) = responses.get_mut("4XX") else {
                continue;
            };
            if let Some(body) = refused.content.shift_remove("application/json") {
                refused.content.insert("application/problem+json".to_owned(), body);
            }
            let mut failed = refused.clone();
            failed.description = FAILED.to_owned();
            responses.insert("5XX".to_owned(), RefOr::T(failed));
        }
    }
}

fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.paths.values_mut();
    items.flat_map(|item| {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        operations.into_iter().flatten()
    })
}

/// Read this document. Needs no token.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "description", security(()), responses(
    (status = 200, description = "This document", body = serde_json::Value),
))]
pub(crate) async fn read() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_document_describes_every_route_and_no_other() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let described: BTreeSet<(String, String)> = paths
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
                methods
                    .map(move |method| (method.to_uppercase(), path.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let routed = crate::admin::table();
        let routed: BTreeSet<_> = routed
            .iter()
            .map(|(method, path)| (method.to_string(), (*path).to_owned()))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let items = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values());
        let names: Vec<_> = items
            .filter_map(|operation| operation["operationId"].as_str())
            .collect();
        assert_eq!(names.len(), crate::admin::table().len());
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn every_error_is_described_with_its_media_type() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let items = document["paths"].as_object().unwrap().values();
        for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
            if operation["tags"] == serde_json::json!(["description"]) {
                continue;
            }
            for status in ["4XX", "5XX"] {
                let content = &operation["responses"][status]["content"];
                let types: Vec<_> = content.as_object().unwrap().keys().collect();
                assert_eq!(types, ["application/problem+json"], "{status} of {operation}");
            }
        }
    }

    #[test]
    fn no_schema_is_put_together_from_one_that_forbids_further_fields() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            let parts = schema["allOf"].as_array().into_iter().flatten();
            for part in parts.filter_map(|part| part["$ref"].as_str()) {
                let part = &schemas[part.rsplit('/').next().unwrap()];
                assert_ne!(part["additionalProperties"], false, "{name}: {schema}");
            }
        }
    }

    /// A schema that is only named by a parameter is not among the components by itself.
    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let (mut places, mut references) = (vec![&document], BTreeSet::new());
        while let Some(place) = places.pop() {
            references.extend(place.get("$ref").and_then(|to| to.as_str()));
            places.extend(place.as_object().into_iter().flat_map(|fields| fields.values()));
            places.extend(place.as_array().into_iter().flatten());
        }
        assert!(references.len() > 10, "{references:?}");
        references.retain(|to| document.pointer(to.trim_start_matches('#')).is_none());
        assert!(references.is_empty(), "they lead nowhere: {references:?}");
    }

    /// Of two types of one name the document would hold one, and describe with it what is of the other.
    #[test]
    fn every_type_with_a_schema_has_a_name_of_its_own() {
        let mut types: Vec<String> = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for file in folder.read_dir().unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    types.extend(types_with_schema(&fs::read_to_string(&path).unwrap()));
                }
            }
        }
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let found: BTreeSet<&String> = types.iter().collect();
        let missed: Vec<_> = schemas
            .keys()
            .filter(|name| !found.iter().any(|found| is_schema_of(name, found)))
            .collect();
        assert!(missed.is_empty(), "not found in the source: {missed:?}");
        types.sort();
        let twice: Vec<_> = types
            .iter()
            .zip(types.iter().skip(1))
            .filter(|(one, next)| one == next)
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    /// A type over others has a schema for each of them, such as `Page_UserView`.
    fn is_schema_of(schema: &str, name: &str) -> bool {
        schema.split('_').next() == Some(name)
    }

    /// The names of the types in a file of source text that derive `ToSchema`, or have it otherwise.
    fn types_with_schema(text: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut derives = false;
        for line in text.lines().map(str::trim_start) {
            if let Some((_, name)) = line
                .strip_prefix("impl ")
                .and_then(|line| line.split_once("ToSchema for "))
            {
                names.extend(name.split(' ').next().map(str::to_owned));
            }
            derives |= line.starts_with("#[derive(") && line.contains("ToSchema");
            let mut words = line.split(|character: char| !character.is_alphanumeric());
            let mut declares = words.by_ref().skip_while(|word| !["struct", "enum"].contains(word));
            if !line.starts_with("//") && !line.starts_with("#[") && declares.next().is_some() {
                names.extend(declares.next().filter(|_| derives).map(str::to_owned));
                derives = false;
            }
        }
        names
    }

    #[test]
    fn the_document_is_the_one_that_was_reviewed() {
        insta::assert_json_snapshot!(Document::openapi());
    }
}
