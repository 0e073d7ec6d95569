//! Plans: changes of rules, settings or mappings that take effect together, over the groups that there are (SEMANTICS 8.1).
//!
//! A [`Draft`] says what is to be changed. [`rehearse()`] applies it to a copy of the state, by the very commands that apply it
//! for good, and tells the difference. Applying is a first entry with the facts of the draft, and further ones that bring the
//! existing groups up to date, a bounded number of groups each.

pub mod backtest;
mod difference;
mod draft;
mod drift;
mod effect;
mod measure;
mod rehearse;
mod snapshot;

pub use self::draft::{Draft, ExceptionChange, MappingChange};
pub use self::drift::GroupDrift;
pub use self::effect::{
    ConflictEffect, EntityEffect, EntityName, ExceptionsEffect, GroupEffect, GroupName, HoldEffect, MappingEffect,
    MembersEffect, PlanEffect, RoleEffect, RulesEffect,
};
pub use self::measure::{PlanMeasure, measure};
pub use self::rehearse::rehearse;
pub use self::snapshot::{
    DriftReport, Place, Reconciliation, RenamedGroup, SnapshotGroup, SnapshotMember, SnapshotProblem, SnapshotProblems,
    UnknownMember,
};
