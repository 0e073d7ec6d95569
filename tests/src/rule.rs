//! Rules that many tests start from, as bodies of the admin API.

use serde_json::{Value, json};

/// Every group becomes a team of its name, at once.
pub fn every_group_is_a_team() -> Value {
    json!({
        "name": "Every group is a team",
        "match": { "kind": "all" },
        "targets": [{ "type": "team" }],
        "auto_approve": true,
    })
}

/// The rules of which the only one, `teams`, makes every group a team of this name, at once.
pub fn teams(name: &str) -> Value {
    json!([{"name": "teams", "match": {"kind": "all"}, "auto_approve": true, "targets": [{"type": "team", "name": name}]}])
}

/// Groups of administrators become teams whose members have the highest role, before any other rule is asked.
pub fn admins_administrate() -> Value {
    json!({
        "name": "Admins administrate",
        "match": { "kind": "prefix", "pattern": "Admins" },
        "targets": [{ "type": "team" }],
        "role": "admin",
        "auto_approve": true,
        "priority": 10,
    })
}
