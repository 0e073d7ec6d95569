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
