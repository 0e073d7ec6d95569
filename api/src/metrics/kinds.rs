//! The closed sets that labels are taken from.

use axum::http::Method;
use rolecall_engine::RoleCause;
use rolecall_rules::EntityType;

/// How a snapshot of a provider differs from what is here.
pub(super) const DRIFT: [&str; 5] = [
    "groups_missing",
    "groups_surplus",
    "members_missing",
    "members_extra",
    "users_unknown",
];

/// The methods that are answered.
pub(super) const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A method as a label; `other` for what is not answered.
pub(super) fn method(method: &Method) -> &'static str {
    METHODS
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

/// The roles of an organization that chose no others.
pub(super) const DEFAULT_ROLES: [&str; 3] = ["guest", "user", "admin"];

/// No role, as for an inactive user.
pub(super) const NO_ROLE: &str = "none";

/// Every kind of membership change.
pub(super) fn membership_changes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let types = EntityType::ALL.into_iter().map(EntityType::as_str);
    types.flat_map(|target_type| [("placed", target_type), ("unplaced", target_type)])
}

/// Every change between two of the default roles, with every cause.
pub(super) fn role_changes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let roles = || DEFAULT_ROLES.into_iter().chain([NO_ROLE]);
    let pairs = roles()
        .flat_map(move |from| roles().map(move |to| (from, to)))
        .filter(|(from, to)| from != to);
    pairs.flat_map(|(from, to)| RoleCause::ALL.into_iter().map(move |cause| (from, to, cause.as_str())))
}
