//! Why things are as they are: of a user, a group or an entity, every reason, and what keeps the others out.
//!
//! Explanations are read from the state with the same claims that place users, so one can never disagree with where a
//! user is. They cite the record as far as the state knows the positions; [`Search`] finds the others in the entries.

mod entity;
mod exceptions;
mod first;
mod group;
mod reason;
mod search;
mod target;
mod user;
mod why_not;

pub use self::entity::{Contested, EntityExplained, Excluded, entity};
pub use self::exceptions::{ExceptionEffect, ExceptionExplained};
pub use self::first::First;
pub use self::group::{GroupExplained, MappingExplained, Outcome, PlanStep, Tried, group};
pub use self::reason::{Blocked, Link, Reason, Removal, Source, Step};
pub use self::search::{Found, Search};
pub use self::target::TargetNow;
pub use self::user::{GroupOfUser, MembershipExplained, RoleExplained, RoleReason, UserExplained, user};
pub use self::why_not::{Absence, Wanted, WhyNot};
