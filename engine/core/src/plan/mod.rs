//! Plans: changes of rules, settings or mappings that take effect together, over the groups that there are (SEMANTICS 8.1).
//!
//! A [`Draft`] says what is to be changed. Applying one is a first entry with its facts, and further ones that bring the
//! existing groups up to date, a bounded number of groups each.

mod draft;

pub use self::draft::{Draft, MappingChange};
