//! Schema extensions whose attributes are known beyond RFC 7643: our own, the same under LambdaTest's URNs, and those that
//! a connection defines. One attribute, `roles` of a user, is ours to say: the role in force.
//!
//! Other extensions are stored and returned as they came.

use rolecall_engine::registry::{AttributeDefinition as Defined, AttributeMeaning, ExtensionDefinition};
use serde_json::{Value, json};

use super::schema::ResourceType;

/// Our extension of the User: the role the identity provider gives, and the concurrency group it names.
pub const USER: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User";
/// Our extension of the Group: the roles that its members hold.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:Group";
/// The same for a user, as LambdaTest spells it.
pub const USER_ALIAS: &str = "urn:ietf:params:scim:schemas:extension:LambdaTest:2.0:User";
/// The same for a group, as LambdaTest spells it.
pub const GROUP_ALIAS: &str = "urn:ietf:params:scim:schemas:extension:LambdaTest:2.0:Group";

/// The attribute of our extension of the User that shows the role in force.
pub(crate) const ROLES: &str = "roles";

/// Where clients are told about an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    /// In `/Schemas`, and in `/ResourceTypes` as one that resources carry.
    WithResourceType,
    /// In `/Schemas` alone.
    AsSchema,
    /// Nowhere: an alias, understood and found by its URN.
    Nowhere,
}

/// An extension of a resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) urn: String,
    pub(crate) name: String,
    pub(crate) of: ResourceType,
    pub(crate) announced: Announced,
    pub(crate) attributes: Vec<AttributeDefinition>,
}

/// An attribute of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeDefinition {
    pub(crate) name: String,
    /// The data type as RFC 7643 2.3 names it.
    pub(crate) data_type: &'static str,
    pub(crate) multi_valued: bool,
    pub(crate) meaning: Option<AttributeMeaning>,
    pub(crate) read_only: bool,
    /// When it is returned, as RFC 7643 7 names it.
    pub(crate) returned: &'static str,
    pub(crate) description: String,
}

/// The extensions that every connection has, our own first.
pub(crate) fn definitions() -> Vec<Definition> {
    let mut own = user(USER, "RolecallUser", "organizationRole", "concurrencyGroup");
    own.attributes.push(AttributeDefinition {
        name: ROLES.to_owned(),
        data_type: "string",
        multi_valued: true,
        meaning: None,
        read_only: true,
        returned: "request",
        description: "The role in force: the highest of all claims. An inactive user has none.".to_owned(),
    });
    vec![
        own,
        group(GROUP, "RolecallGroup", "roles"),
        Definition {
            announced: Announced::Nowhere,
            ..user(USER_ALIAS, "LambdaTestUser", "OrganizationRole", "LambdatestGroup")
        },
        Definition {
            announced: Announced::Nowhere,
            ..group(GROUP_ALIAS, "LambdaTestGroup", "LambdatestRoles")
        },
    ]
}

fn user(urn: &str, name: &str, role: &str, concurrency_group: &str) -> Definition {
    let role_text = "The role of the user in the organization, one claim among others: the highest claim wins.";
    let group_text = "The name of an existing concurrency group; it counts below every group that is mapped by a rule.";
    Definition {
        urn: urn.to_owned(),
        name: name.to_owned(),
        of: ResourceType::User,
        announced: Announced::WithResourceType,
        attributes: vec![
            attribute(role, AttributeMeaning::OrganizationRole, role_text),
            attribute(concurrency_group, AttributeMeaning::ConcurrencyGroup, group_text),
        ],
    }
}

fn group(urn: &str, name: &str, roles: &str) -> Definition {
    let roles_text = "The roles that every active member of the group may claim.";
    // Decision 7 says why the resource type does not list it.
    Definition {
        urn: urn.to_owned(),
        name: name.to_owned(),
        of: ResourceType::Group,
        announced: Announced::AsSchema,
        attributes: vec![AttributeDefinition {
            multi_valued: true,
            ..attribute(roles, AttributeMeaning::Roles, roles_text)
        }],
    }
}

fn attribute(name: &str, meaning: AttributeMeaning, description: &str) -> AttributeDefinition {
    AttributeDefinition {
        name: name.to_owned(),
        data_type: "string",
        multi_valued: false,
        meaning: Some(meaning),
        read_only: false,
        returned: "default",
        description: description.to_owned(),
    }
}

impl Definition {
    /// An extension that a connection defines.
    pub(crate) fn custom(defined: &ExtensionDefinition) -> Self {
        Self {
            urn: defined.urn.clone(),
            name: defined.urn.rsplit(':').next().unwrap_or_default().to_owned(),
            of: defined.resource_type.into(),
            announced: Announced::WithResourceType,
            attributes: defined.attributes.iter().map(AttributeDefinition::custom).collect(),
        }
    }

    /// The schema document of the extension, as RFC 7643 7 writes it.
    pub(crate) fn document(&self) -> Value {
        let description = format!("What is read from a {} beside RFC 7643", self.of.name());
        let attributes: Vec<_> = self.attributes.iter().map(AttributeDefinition::document).collect();
        json!({"id": self.urn, "name": self.name, "description": description, "attributes": attributes})
    }
}

impl AttributeDefinition {
    fn custom(defined: &Defined) -> Self {
        Self {
            name: defined.name.clone(),
            data_type: defined.attribute_type.as_str(),
            multi_valued: defined.multi_valued,
            meaning: defined.meaning,
            read_only: false,
            returned: "default",
            description: "An attribute of this connection".to_owned(),
        }
    }

    fn document(&self) -> Value {
        let mutability = if self.read_only { "readOnly" } else { "readWrite" };
        json!({"name": self.name, "type": self.data_type, "multiValued": self.multi_valued, "description": self.description,
            "required": false, "caseExact": false, "mutability": mutability, "returned": self.returned, "uniqueness": "none"})
    }
}
