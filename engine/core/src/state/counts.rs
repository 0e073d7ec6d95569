//! How many of everything there are, kept as things change, so that asking costs nothing.

use imbl::OrdMap;
use rolecall_rules::{EntityType, RoleName};

use crate::exception::ExceptionKind;
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
    /// Users who are in any entity but the default concurrency group.
    pub placed_users: u64,
    /// Removals that holds keep from happening, by the kind of scope.
    pub held: OrdMap<&'static str, u64>,
    /// Pins and exclusions.
    pub exceptions: OrdMap<ExceptionKind, u64>,
}

/// One more under the key.
pub(crate) fn increase<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: K) {
    increase_by(counts, key, 1);
}

/// So many more under the key.
pub(crate) fn increase_by<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: K, by: u64) {
    if by > 0 {
        *counts.entry(key).or_default() += by;
    }
}

/// One less under the key; a key without any is not kept.
pub(crate) fn decrease<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: &K) {
    decrease_by(counts, key, 1);
}

/// So many less under the key.
pub(crate) fn decrease_by<K: Ord + Clone>(counts: &mut OrdMap<K, u64>, key: &K, by: u64) {
    if let Some(count) = counts.get_mut(key) {
        *count -= by;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
