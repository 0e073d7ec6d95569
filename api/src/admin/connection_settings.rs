//! The settings of a connection in JSON.

use rolecall_engine::EntityId;
use rolecall_engine::registry::{
    AttributeDefinition, AttributeMeaning, AttributeType, ConnectionSettings, ExtendedResource, ExtensionDefinition,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The settings of a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionSettingsView {
    /// Whether it may write groups.
    group_provisioning: bool,
    /// Whether requests have to keep to the letter of the standard; else the habits of providers are understood too.
    strict: bool,
    /// Whether it pushes users only: groups are not offered to it at all.
    users_only: bool,
    /// The entity that its new users are put into.
    default_entity: Option<Uuid>,
    /// Its own schema extensions.
    extensions: Vec<ExtensionBody>,
}

/// A schema extension that the provider sends. It is announced in `/Schemas`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionBody {
    /// The URN of its schema.
    #[schema(example = "urn:ietf:params:scim:schemas:extension:example:2.0:User")]
    urn: String,
    resource_type: ResourceWord,
    attributes: Vec<AttributeBody>,
}

/// An attribute of a schema extension.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeBody {
    #[schema(example = "department_role")]
    name: String,
    r#type: AttributeTypeWord,
    /// Whether it has a list of values.
    #[serde(default)]
    multi_valued: bool,
    /// What is read from it. `organization_role` and `concurrency_group` are of users, `roles` is of groups; each is the
    /// meaning of at most one attribute, a string. Without a meaning the attribute is kept and shown.
    meaning: Option<MeaningWord>,
}

/// What an extension extends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResourceWord {
    #[serde(alias = "User")]
    User,
    #[serde(alias = "Group")]
    Group,
}

/// The type of the values of an attribute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttributeTypeWord {
    String,
    Boolean,
    Integer,
    Decimal,
    #[serde(alias = "dateTime")]
    DateTime,
    Reference,
}

/// What is read from an attribute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MeaningWord {
    OrganizationRole,
    ConcurrencyGroup,
    Roles,
}

impl ConnectionSettingsView {
    pub(crate) fn of(settings: &ConnectionSettings) -> Self {
        Self {
            group_provisioning: settings.group_provisioning,
            strict: settings.strict,
            users_only: settings.users_only,
            default_entity: settings.default_entity.map(EntityId::uuid),
            extensions: settings.extensions.iter().map(ExtensionBody::of).collect(),
        }
    }
}

impl ExtensionBody {
    fn of(extension: &ExtensionDefinition) -> Self {
        Self {
            urn: extension.urn.clone(),
            resource_type: match extension.resource_type {
                ExtendedResource::User => ResourceWord::User,
                ExtendedResource::Group => ResourceWord::Group,
            },
            attributes: extension.attributes.iter().map(AttributeBody::of).collect(),
        }
    }

    pub(crate) fn into_definition(self) -> ExtensionDefinition {
        ExtensionDefinition {
            urn: self.urn,
            resource_type: match self.resource_type {
                ResourceWord::User => ExtendedResource::User,
                ResourceWord::Group => ExtendedResource::Group,
            },
            attributes: self
                .attributes
                .into_iter()
                .map(AttributeBody::into_definition)
                .collect(),
        }
    }
}

impl AttributeBody {
    fn of(attribute: &AttributeDefinition) -> Self {
        Self {
            name: attribute.name.clone(),
            r#type: match attribute.attribute_type {
                AttributeType::String => AttributeTypeWord::String,
                AttributeType::Boolean => AttributeTypeWord::Boolean,
                AttributeType::Integer => AttributeTypeWord::Integer,
                AttributeType::Decimal => AttributeTypeWord::Decimal,
                AttributeType::DateTime => AttributeTypeWord::DateTime,
                AttributeType::Reference => AttributeTypeWord::Reference,
            },
            multi_valued: attribute.multi_valued,
            meaning: attribute.meaning.map(|meaning| match meaning {
                AttributeMeaning::OrganizationRole => MeaningWord::OrganizationRole,
                AttributeMeaning::ConcurrencyGroup => MeaningWord::ConcurrencyGroup,
                AttributeMeaning::Roles => MeaningWord::Roles,
            }),
        }
    }

    fn into_definition(self) -> AttributeDefinition {
        AttributeDefinition {
            name: self.name,
            attribute_type: match self.r#type {
                AttributeTypeWord::String => AttributeType::String,
                AttributeTypeWord::Boolean => AttributeType::Boolean,
                AttributeTypeWord::Integer => AttributeType::Integer,
                AttributeTypeWord::Decimal => AttributeType::Decimal,
                AttributeTypeWord::DateTime => AttributeType::DateTime,
                AttributeTypeWord::Reference => AttributeType::Reference,
            },
            multi_valued: self.multi_valued,
            meaning: self.meaning.map(|meaning| match meaning {
                MeaningWord::OrganizationRole => AttributeMeaning::OrganizationRole,
                MeaningWord::ConcurrencyGroup => AttributeMeaning::ConcurrencyGroup,
                MeaningWord::Roles => AttributeMeaning::Roles,
            }),
        }
    }
}

/// The id of an entity, or `null` to clear it; a field that is not there is neither.
pub(crate) fn null_is_a_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Uuid>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
