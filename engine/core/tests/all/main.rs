//! The engine from outside: histories of commands, what they record, and what they come to.

#[cfg(test)]
mod backtests;
#[cfg(test)]
mod brakes;
#[cfg(test)]
mod bug_classes;
#[cfg(test)]
mod ceilings;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod default_entity;
#[cfg(test)]
mod discards;
mod entities;
#[cfg(test)]
mod exceptions;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod large_entries;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod members;
#[cfg(test)]
mod memberships;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rule_set;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod slots;
#[cfg(test)]
mod stored_format;
#[cfg(test)]
mod taken;
#[cfg(test)]
mod told;
#[cfg(test)]
mod two_person;
#[cfg(test)]
mod users;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod world;
