//! What became of every group and user, and why, as the admin API says it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::customer::{Customer, array, text};
use super::say;
use crate::cli::client::ClientError;
use crate::cli::plan;

/// The names of rules and groups by id.
type Names = BTreeMap<String, String>;

/// Prints the outcome.
pub(super) async fn print(customer: &Customer) -> Result<(), ClientError> {
    let groups = customer.list("groups").await?;
    let rules = names(&customer.list("rules").await?, "name");
    let group_names = names(&groups, "display_name");
    say(&format!(
        "\nWhat became of the groups of {}:",
        in_sentence(customer.name)
    ));
    groups.iter().for_each(|group| print_group(group, &rules));
    say("And of the users:");
    let users = customer.list("users").await?;
    users.iter().for_each(|user| print_user(user, &rules, &group_names));
    let conflicts = customer.list("conflicts").await?;
    conflicts
        .iter()
        .for_each(|conflict| print_conflict(conflict, &names(&users, "user_name")));
    Ok(())
}

fn print_group(group: &Value, rules: &Names) {
    let name = text(group, "display_name");
    if group.get("unmapped") == Some(&Value::Bool(true)) {
        return say(&format!("  `{name}` is unmapped: no rule matches its name"));
    }
    for mapping in array(group, "mappings") {
        let entity = described(&mapping["entity"]);
        let reason = match rules.get(&text(mapping, "rule_id")) {
            Some(rule) => format!("the rule `{rule}` matches"),
            None => "an administrator mapped it".to_owned(),
        };
        let status = text(mapping, "status").replace('_', "-");
        say(&format!("  `{name}` -> {entity}, {status}: {reason}"));
    }
}

fn print_user(user: &Value, rules: &Names, groups: &Names) {
    let role = match text(user, "role") {
        role if role.is_empty() => "no role (inactive)".to_owned(),
        role => format!("{role} ({})", role_reason(user, rules)),
    };
    say(&format!("  {}: {role}", text(user, "user_name")));
    for entity in array(user, "entities") {
        let sources = array(entity, "sources").iter();
        let from: Vec<_> = sources
            .filter_map(|source| groups.get(&text(source, "group_id")))
            .collect();
        let from = from
            .iter()
            .map(|group| format!("`{group}`"))
            .collect::<Vec<_>>()
            .join(" and ");
        say(&format!("      in {} through {from}", described(entity)));
    }
}

fn role_reason(user: &Value, rules: &Names) -> String {
    let Some(claim) = array(user, "role_claims").first() else {
        return "the default".to_owned();
    };
    match rules.get(&text(claim, "rule_id")) {
        Some(rule) => format!("granted by the rule `{rule}`"),
        None => "asked for by the identity provider".to_owned(),
    }
}

fn print_conflict(conflict: &Value, users: &Names) {
    let user = users.get(&text(&conflict["user"], "id")).cloned().unwrap_or_default();
    let claimed: Vec<_> = array(conflict, "claimed").iter().map(described).collect();
    let current = conflict.pointer("/current/entity").map(described).unwrap_or_default();
    say(&format!(
        "A conflict waits: {user} is claimed by {}, and stays in {current}.",
        claimed.join(" and ")
    ));
}

/// Type and name of an entity.
fn described(entity: &Value) -> String {
    plan::entity(entity)
}

fn names(items: &[Value], field: &str) -> Names {
    items.iter().map(|item| (text(item, "id"), text(item, field))).collect()
}

fn in_sentence(name: &str) -> String {
    name.strip_prefix('A')
        .map_or_else(|| name.to_owned(), |rest| format!("a{rest}"))
}
