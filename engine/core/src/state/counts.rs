//! How many of everything there are, kept as things change, so that asking costs nothing.

use imbl::OrdMap;
use rolecall_rules::{EntityType, RoleName};

use crate::mapping::{MappingStatus, Slot};

/// Numbers of live things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Active users by the role in force.
    pub active_users: OrdMap<RoleName, u64>,
    /// Inactive users.
    pub inactive_users: u64,
    /// Groups.
    pub groups: u64,
    /// Entities by type.
    pub entities: OrdMap<EntityType, u64>,
    /// Mappings by status.
    pub mappings: OrdMap<MappingStatus, u64>,
    /// Open conflicts by slot.
    pub conflicts: OrdMap<Slot, u64>,
}

/// One more under the key.
pub(crate) fn increase<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

/// One less under the key; a key without any is not kept.
pub(crate) fn decrease<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
