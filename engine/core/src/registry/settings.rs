//! What an administrator says of a connection: what the provider may do, and what it calls things.
//!
//! Stored with the facts of the registry, all but `ConnectionChange`: no struct here ever gets, loses or reorders a field, and
//! the enums grow only at the end. A new setting needs a fact of its own (CONTRIBUTING.md).

use serde::{Deserialize, Serialize};

use crate::id::EntityId;

/// The settings of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionSettings {
    /// Whether it may write groups. The organization has the same switch for all its connections.
    pub group_provisioning: bool,
    /// Whether requests have to keep to the letter of the RFCs; else the habits of providers are understood too.
    pub strict: bool,
    /// Whether it pushes users only: groups are not offered to it at all.
    pub users_only: bool,
    /// The entity that new users are put into; one that is no more puts them nowhere.
    pub default_entity: Option<EntityId>,
    /// The schema extensions that it sends, beside those that everybody may send.
    pub extensions: Vec<ExtensionDefinition>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            group_provisioning: true,
            strict: false,
            users_only: false,
            default_entity: None,
            extensions: Vec::new(),
        }
    }
}

/// A schema extension of a connection (RFC 7643 3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionDefinition {
    /// The URN of its schema; unique in the connection, in any case.
    pub urn: String,
    /// What it extends.
    pub resource_type: ExtendedResource,
    /// Its attributes.
    pub attributes: Vec<AttributeDefinition>,
}

/// An attribute of an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDefinition {
    /// Its name (RFC 7643 2.1); unique in the extension, in any case.
    pub name: String,
    /// The type of its values.
    pub attribute_type: AttributeType,
    /// Whether it has a list of values.
    pub multi_valued: bool,
    /// What we read from it; `None`: it is kept and shown, and that is all.
    pub meaning: Option<AttributeMeaning>,
}

/// What an extension extends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExtendedResource {
    /// Users.
    User,
    /// Groups.
    Group,
}

impl ExtendedResource {
    /// The name of the SCIM resource type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

/// The type of the values of an attribute (RFC 7643 2.3), complex and binary ones left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words of the RFC")]
pub enum AttributeType {
    String,
    Boolean,
    Integer,
    Decimal,
    DateTime,
    Reference,
}

impl AttributeType {
    /// The word of RFC 7643 2.3 for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
        }
    }
}

/// What we read from an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AttributeMeaning {
    /// Of a user: the role that it claims.
    OrganizationRole,
    /// Of a user: the name of its concurrency group.
    ConcurrencyGroup,
    /// Of a group: the roles that its members claim.
    Roles,
}

impl AttributeMeaning {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationRole => "organization_role",
            Self::ConcurrencyGroup => "concurrency_group",
            Self::Roles => "roles",
        }
    }

    /// What has such attributes.
    pub fn resource_type(self) -> ExtendedResource {
        match self {
            Self::OrganizationRole | Self::ConcurrencyGroup => ExtendedResource::User,
            Self::Roles => ExtendedResource::Group,
        }
    }
}

/// A change of a connection; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the setting of the same name")]
pub struct ConnectionChange {
    /// Another name.
    pub name: Option<String>,
    pub group_provisioning: Option<bool>,
    pub strict: Option<bool>,
    pub users_only: Option<bool>,
    /// `Some(None)` clears it.
    pub default_entity: Option<Option<EntityId>>,
    /// All of them.
    pub extensions: Option<Vec<ExtensionDefinition>>,
}

impl ConnectionSettings {
    /// These settings with the changes made.
    #[must_use]
    pub fn changed(&self, change: &ConnectionChange) -> Self {
        Self {
            group_provisioning: change.group_provisioning.unwrap_or(self.group_provisioning),
            strict: change.strict.unwrap_or(self.strict),
            users_only: change.users_only.unwrap_or(self.users_only),
            default_entity: change.default_entity.unwrap_or(self.default_entity),
            extensions: change.extensions.clone().unwrap_or_else(|| self.extensions.clone()),
        }
    }
}
