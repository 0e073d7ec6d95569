//! The schema extensions that Rolecall itself understands: its own, and the aliases under LambdaTest's URNs.
//!
//! Other extensions are stored and returned as they came; `schema` knows their attributes only where RFC 7643 does.

use serde_json::{Map, Value, json};

/// Our extension of the User: the role the identity provider gives, and the concurrency group it names.
pub const USER: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User";
/// Our extension of the Group: the roles that its members hold.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:Group";
/// The same for a user, as LambdaTest spells it.
pub const USER_ALIAS: &str = "urn:ietf:params:scim:schemas:extension:LambdaTest:2.0:User";
/// The same for a group, as LambdaTest spells it.
pub const GROUP_ALIAS: &str = "urn:ietf:params:scim:schemas:extension:LambdaTest:2.0:Group";

/// The role that the document of a user gives, our own attribute before its alias.
pub(crate) fn organization_role(document: &Map<String, Value>) -> Option<String> {
    text(document, USER, "organizationRole").or_else(|| text(document, USER_ALIAS, "OrganizationRole"))
}

/// The concurrency group that the document of a user names, our own attribute before its alias.
pub(crate) fn concurrency_group(document: &Map<String, Value>) -> Option<String> {
    text(document, USER, "concurrencyGroup").or_else(|| text(document, USER_ALIAS, "LambdatestGroup"))
}

/// The roles that the document of a group gives to its members.
pub(crate) fn roles(document: &Map<String, Value>) -> Vec<String> {
    let roles = extension(document, GROUP, "roles").or_else(|| extension(document, GROUP_ALIAS, "LambdatestRoles"));
    let roles = roles.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    roles
        .iter()
        .filter_map(Value::as_str)
        .map(|role| role.trim().to_owned())
        .collect()
}

fn text(document: &Map<String, Value>, urn: &str, name: &str) -> Option<String> {
    let text = extension(document, urn, name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn extension<'d>(document: &'d Map<String, Value>, urn: &str, name: &str) -> Option<&'d Value> {
    document.get(urn)?.get(name)
}

/// The schema documents of the extensions, our own first: those are announced, the aliases are only understood.
pub(crate) fn documents() -> [Value; 4] {
    [
        user_document(USER, "RolecallUser", "organizationRole", "concurrencyGroup"),
        group_document(GROUP, "RolecallGroup", "roles"),
        user_document(USER_ALIAS, "LambdaTestUser", "OrganizationRole", "LambdatestGroup"),
        group_document(GROUP_ALIAS, "LambdaTestGroup", "LambdatestRoles"),
    ]
}

fn user_document(urn: &str, name: &str, role: &str, concurrency_group: &str) -> Value {
    let role_text = "The role of the user in the organization, one claim among others: the highest claim wins.";
    let group_text = "The name of an existing concurrency group; it counts below every group that is mapped by a rule.";
    let attributes = json!([
        attribute(role, false, role_text),
        attribute(concurrency_group, false, group_text)
    ]);
    json!({"id": urn, "name": name, "description": "What Rolecall reads from a user beside RFC 7643",
        "attributes": attributes, "meta": {"resourceType": "Schema"}})
}

fn group_document(urn: &str, name: &str, roles: &str) -> Value {
    let roles_text = "The roles that every active member of the group may claim.";
    json!({"id": urn, "name": name, "description": "What Rolecall reads from a group beside RFC 7643",
        "attributes": [attribute(roles, true, roles_text)], "meta": {"resourceType": "Schema"}})
}

fn attribute(name: &str, multi_valued: bool, description: &str) -> Value {
    json!({"name": name, "type": "string", "multiValued": multi_valued, "description": description, "required": false,
        "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none"})
}
