//! Who is in which entity, and with which role: what an organization's product sees.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::admin::Organization;

/// Entities by type and name with the user names of their members, and the role of every active user.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Members by entity type and entity name.
    #[serde(default)]
    pub entities: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Roles by user name; an inactive user has none in effect.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
}

impl Standing {
    /// Reads it over the admin API.
    pub async fn read(organization: &Organization) -> Standing {
        let users = organization.list("/users").await;
        let names: BTreeMap<&str, &str> = users
            .iter()
            .map(|user| (text(user, "id"), text(user, "user_name")))
            .collect();
        let active = users.iter().filter(|user| user["active"] == true);
        let roles = active
            .map(|user| (text(user, "user_name").to_owned(), text(user, "role").to_owned()))
            .collect();

        let mut entities: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for entity in organization.list("/entities").await {
            let members = organization
                .list(&format!("/entities/{}/members", text(&entity, "id")))
                .await;
            let members = members.iter().map(|member| {
                let id = text(&member["user"], "id");
                (*names.get(id).unwrap_or_else(|| panic!("member {id} is no user"))).to_owned()
            });
            let of_type = entities.entry(text(&entity, "type").to_owned()).or_default();
            let name = text(&entity, "name").to_owned();
            assert!(
                !of_type.contains_key(&name),
                "two entities have the type and name of {entity}"
            );
            of_type.insert(name, members.collect());
        }
        Standing { entities, roles }
    }

    /// The members of a team, if it exists.
    pub fn team(&self, name: &str) -> Option<Vec<&str>> {
        let members = self.entities.get("team")?.get(name)?;
        Some(members.iter().map(String::as_str).collect())
    }
}

fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item[member]
        .as_str()
        .unwrap_or_else(|| panic!("`{member}` is no text in {item}"))
}
