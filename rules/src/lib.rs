//! Which targets and roles does a group name give?
//!
//! ```
//! use rolecall_rules::{EntityType, MatchName, Pattern, Rule, RuleDefinition, Target, first_match};
//!
//! let rule = Rule::compile(RuleDefinition {
//!     name: "Engineering teams".to_owned(),
//!     matching: Pattern::regex(r"^eng-(?<team>\w+)"),
//!     exclude: vec![Pattern::regex("-bots$")],
//!     targets: vec![Target { entity_type: EntityType::Team, name: Some("Team ${team}".to_owned()) }],
//!     role: Some("admin".parse()?),
//!     auto_approve: true,
//!     priority: 10,
//!     enabled: true,
//! })?;
//!
//! let rules = [(1, &rule)];
//! let decision = first_match(rules, &MatchName::of("eng-search")).ok_or("no rule matches")?;
//! assert_eq!(decision.created, 1);
//! assert_eq!(decision.matched.targets[0].name, Ok("Team search".to_owned()));
//!
//! assert!(first_match(rules, &MatchName::of("eng-search-bots")).is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`RuleDefinition`] is what an administrator writes and what is stored; [`Rule::compile`] checks it whole and reports every
//! problem with its place. [`first_match`] finds the one rule that decides a group. What becomes of the answer - mappings,
//! entities, roles - is the engine's business, and so are the ids and versions of rules. [`analysis::analyze`] tells what is
//! odd about a set of rules before somebody relies on it.
//!
//! The rules are described for administrators in `docs/rules.md`; the examples there run as tests of this crate.
//!
//! The crate is pure: what it returns depends on its arguments alone.

pub mod analysis;
mod compiled;
mod entity_type;
mod error;
mod example;
mod expression;
mod extent;
pub mod limits;
mod matcher;
mod name;
mod pattern;
#[cfg(test)]
mod reference;
mod role;
mod room;
mod rule;
mod rule_set;
mod ruleset;
mod target;
mod template;
mod token;

pub use entity_type::{EntityType, UnknownEntityType};
pub use error::{NameError, Problem, ProblemKind, Problems, TemplateError};
pub use example::{Example, ExampleTarget, FailedExample, check_examples, failed_examples};
pub use name::{MatchName, NameKey, fold};
pub use pattern::{Pattern, PatternKind};
pub use role::RoleName;
pub use room::Room;
pub use rule::{Match, MatchedTarget, Rule, RuleDefinition, Verdict};
pub use rule_set::{FileProblem, FileProblems, RuleSet};
pub use ruleset::{Decision, first_match};
pub use target::{NameTemplate, Target};
