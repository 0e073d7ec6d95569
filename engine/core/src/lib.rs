//! What happens, and who is where with which role afterwards?
//!
//! Everything here is pure: no clock, no randomness, no IO, no unordered map. A [`Command`] is admitted as [`Fact`]s or
//! refused with a [`Rejection`]; [`Consequence`]s are derived from the facts; both stand in one [`Entry`], and the
//! [`State`] is what all entries together come to.
//!
//! ```
//! use rolecall_engine::{Actor, Command, Context, GroupInput, IdSeed, State, Timestamp, handle};
//!
//! let state = State::default();
//! let group = GroupInput {
//!     display_name: "Engineering".to_owned(),
//!     external_id: None,
//!     roles: Vec::new(),
//!     extensions: "{}".to_owned(),
//!     members: Vec::new(),
//! };
//! let context = Context { at: Timestamp::from_milliseconds(0), actor: Actor::System, seed: IdSeed::new([0; 16]) };
//!
//! let (next, entry) = handle(&state, &Command::CreateGroup { group }, context)?.expect("the group is new");
//!
//! assert!(next.group_by_name("engineering").is_some());
//! assert_eq!(state.replay(&entry), next);
//! # Ok::<(), rolecall_engine::Rejection>(())
//! ```

mod admit;
mod asked;
mod brake;
mod claims;
mod codec;
mod command;
mod consequence;
mod derive;
mod entry;
mod exception;
pub mod explain;
mod fact;
mod handle;
mod history;
mod id;
mod invariant;
pub mod limits;
mod mapping;
mod person;
pub mod plan;
mod position;
mod prevailing;
pub mod registry;
mod rejection;
mod replacing;
mod rule_set;
mod safeguards;
mod settings;
mod side;
pub mod state;
mod time;
mod user_set;

pub use brake::BrakeScope;
pub use claims::{Claims, UnmappedSource, claimants};
pub use codec::CodecError;
pub use command::{Command, ExceptionInput, GroupChange, GroupInput, Keep, MappingTarget, MembersChange, UserInput};
pub use consequence::{Because, Consequence, Effect, RenameSkipped, RoleCause, RoleClaim, RoleSource, Unplaced};
pub use entry::{Actor, Entry};
pub use exception::{ExceptionKind, ExceptionSubject};
pub use fact::{Fact, GroupAttributes};
pub use handle::{Context, Difference, audit, handle};
pub use history::{RoleChange, role_changes};
pub use id::{
    ConflictId, ConnectionId, EntityId, EntityIndex, ExceptionId, GroupId, GroupIndex, HoldId, IdSeed, MappingId,
    MappingIndex, NotAnId, OrganizationId, PlanId, RuleId, TokenId, UserId, UserIndex,
};
pub use mapping::{EndReason, MappingStatus, Origin, PendingReason, RuleVersion, Slot};
pub use person::{Person, SealedPerson};
pub use position::Position;
pub use prevailing::Prevailing;
pub use rejection::{FailedExamples, Rejection};
pub use rolecall_rules as rules;
pub use rule_set::{DraftRule, RuleSetProblem, RuleSetProblemKind, RuleSetProblems};
pub use safeguards::{
    AutoApproveCeiling, AutoApproveCeilingChange, Brake, BrakeChange, BrakeLimit, BrakeLimitChange, BrakeScopes,
    Safeguards, SafeguardsChange,
};
pub use settings::{OnRename, Settings, SettingsChange};
pub use side::Side;
pub use state::State;
pub use time::Timestamp;
pub use user_set::UserSet;
