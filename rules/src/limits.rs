//! Every limit on rules and names, in one place.
//!
//! Rules on the record are compiled again whenever it is replayed, so these limits may be raised and never lowered. The one on
//! compiled size also depends on the version of the `regex` crate: raise it when a newer one needs more for the same pattern.

/// Rules of one organization.
pub const RULES_MAX: usize = 10_000;
/// Characters in the name of a rule.
pub const RULE_NAME_CHARACTERS_MAX: usize = 128;
/// Characters in the name of a role.
pub const ROLE_NAME_CHARACTERS_MAX: usize = 64;
/// Characters in the name that a template gives to an entity.
pub const ENTITY_NAME_CHARACTERS_MAX: usize = 256;
/// Targets of one rule.
pub const TARGETS_MAX: usize = 32;
/// Exclude patterns of one rule.
pub const EXCLUDES_MAX: usize = 32;
/// Bytes in the text of one pattern.
pub const PATTERN_BYTES_MAX: usize = 1024;
/// Bytes in the text of one name template.
pub const TEMPLATE_BYTES_MAX: usize = 1024;
/// Bytes of memory that one compiled regular expression may take: `\w` takes about 18 KiB each time, `[a-z0-9]` next to none.
pub const REGEX_COMPILED_BYTES_MAX: usize = 512 * 1024;
/// Bytes of one compiled regular expression that was saved before.
pub const REGEX_STORED_BYTES_MAX: usize = 16 * REGEX_COMPILED_BYTES_MAX;
/// Weight of all regular expressions of one organization: bytes of memory when compiled, and the weight of their texts. A
/// processor compiles about 64 KiB in a millisecond.
pub const REGEXES_WEIGHT_MAX: usize = 32 * 1024 * 1024;
/// Weight of one byte in the text of a regular expression: reading it may take long, though it compiles to little.
pub const REGEX_TEXT_WEIGHT: usize = 64;
/// Depth to which the groups, repetitions and classes of one regular expression may nest.
pub const REGEX_NESTING_MAX: u32 = 50;
/// Bytes of one rule set file.
pub const RULE_SET_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Examples of one organization.
pub const EXAMPLES_MAX: usize = 1_000;
/// Examples of one organization times its rules: every change of a rule tries all examples.
pub const EXAMPLE_TRIES_MAX: usize = 1_000_000;
/// Characters in the group name of an example.
pub const EXAMPLE_GROUP_CHARACTERS_MAX: usize = 256;
/// Problems of one rule set file that are told; the others are counted.
pub const RULE_SET_PROBLEMS_MAX: usize = 100;
/// Characters in the name of a group. The analysis shows no longer ones; the engine refuses them.
pub const GROUP_NAME_CHARACTERS_MAX: usize = 256;
/// Steps of one analysis of a rule set, of which a processor does at least a million in a second.
pub const ANALYSIS_STEPS_MAX: u64 = 400_000;
/// Bytes of memory that the automaton of an analysis may take.
pub const ANALYSIS_MEMORY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Findings of one kind that an analysis lists.
pub const FINDINGS_PER_KIND_MAX: usize = 500;
/// Overlaps that an analysis counts before it stops looking for more.
pub const OVERLAPS_MAX: usize = 100_000;
/// Rules that a finding names as the ones that win instead.
pub const SHADOWING_RULES_MAX: usize = 8;
/// Steps of looking for groups that come out as one entity.
pub const COLLISION_STEPS_MAX: u64 = 2_000_000;
/// Entities that are shown of those that several groups come out as.
pub const COLLISIONS_SHOWN_MAX: usize = 100;
/// Groups that are shown of those that come out as one entity.
pub const COLLISION_GROUPS_SHOWN_MAX: usize = 10;
