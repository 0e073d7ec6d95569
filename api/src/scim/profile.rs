//! What a connection speaks: the schemas of users and groups with the extensions of the connection, and which of their
//! attributes mean something to us.
//!
//! Everything in the SCIM layer that differs between connections is here. Most connections share one profile.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::extension::{self, Definition, Meaning};
use super::schema::{Extension, ResourceSchema, ResourceType};

/// What a connection speaks.
#[derive(Debug)]
pub struct Profile {
    /// The attributes of a user.
    pub(crate) user: ResourceSchema,
    /// The attributes of a group.
    pub(crate) group: ResourceSchema,
    /// Where attributes that mean something to us stand: those that count first come first.
    meanings: Vec<(Meaning, Spot)>,
}

/// Where an attribute of an extension stands in a document.
#[derive(Debug)]
struct Spot {
    urn: String,
    name: String,
}

impl Profile {
    /// The profile of a connection with these extensions beside those that every connection has.
    pub(crate) fn new(custom: Vec<Definition>) -> Self {
        let definitions: Vec<_> = extension::definitions().into_iter().chain(custom).collect();
        let meanings = definitions.iter().flat_map(meanings).collect();
        let (user, group): (Vec<_>, Vec<_>) = definitions
            .into_iter()
            .partition(|definition| definition.of == ResourceType::User);
        let extensions = |definitions: Vec<Definition>| definitions.iter().map(Extension::defined).collect();
        Self {
            user: ResourceSchema::user(extensions(user)),
            group: ResourceSchema::group(extensions(group)),
            meanings,
        }
    }

    /// The profile of connections without settings of their own.
    pub fn standard() -> Arc<Self> {
        static STANDARD: LazyLock<Arc<Profile>> = LazyLock::new(|| Arc::new(Profile::new(Vec::new())));
        Arc::clone(&STANDARD)
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
        self.texts(Meaning::OrganizationRole, document).into_iter().next()
    }

    /// The concurrency group that the document of a user names.
    pub(crate) fn concurrency_group(&self, document: &Map<String, Value>) -> Option<String> {
        self.texts(Meaning::ConcurrencyGroup, document).into_iter().next()
    }

    /// The roles that the document of a group gives to its members.
    pub(crate) fn roles(&self, document: &Map<String, Value>) -> Vec<String> {
        self.texts(Meaning::Roles, document)
    }

    /// The texts of the first attribute with this meaning that has any.
    fn texts(&self, meaning: Meaning, document: &Map<String, Value>) -> Vec<String> {
        let spots = self.meanings.iter().filter(|(is, _)| *is == meaning);
        let texts = spots.map(|(_, spot)| spot.texts(document));
        texts.into_iter().find(|texts| !texts.is_empty()).unwrap_or_default()
    }
}

fn meanings(definition: &Definition) -> Vec<(Meaning, Spot)> {
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
