//! What an entry moves: the one place where counters of decisions are counted.

use rolecall_engine::{Consequence, Effect, EntityId, Entry, Fact, State, UserSet};

use super::Metrics;

impl Metrics {
    /// Counts a durable entry, given the states before and after it.
    pub(crate) fn entry(&self, before: &State, entry: &Entry, after: &State) {
        self.log_entries.inc();
        for fact in &entry.facts {
            self.facts.with_label_values(&[fact.kind()]).inc();
            self.ignored_members.inc_by(newly_ignored(before, fact));
            if matches!(fact, Fact::ExceptionExpired { .. }) {
                self.override_expiries.inc();
            }
        }
        for consequence in &entry.consequences {
            self.consequence(consequence, after);
        }
    }

    fn consequence(&self, consequence: &Consequence, after: &State) {
        let effect = &consequence.effect;
        self.consequences.with_label_values(&[effect.kind()]).inc();
        match effect {
            Effect::GroupDecided { rule, .. } => {
                let outcome = if rule.is_some() { "matched" } else { "unmatched" };
                self.rule_evaluations.with_label_values(&[outcome]).inc();
            }
            Effect::MembersPlaced { entity, users } => self.membership_change("placed", *entity, users, after),
            Effect::MembersUnplaced { entity, users, .. } => self.membership_change("unplaced", *entity, users, after),
            Effect::RoleChanged {
                users, from, to, cause, ..
            } => {
                let labels = [
                    self.roles.label(from.as_ref()),
                    self.roles.label(to.as_ref()),
                    cause.as_str(),
                ];
                self.role_changes.with_label_values(&labels).inc_by(users.len());
            }
            Effect::NoAdminLeft { .. } => self.no_admin_left.inc(),
            Effect::HoldOpened { scope, .. } => self.brake_trips.with_label_values(&[scope.kind()]).inc(),
            Effect::MappingProposed { .. }
            | Effect::MappingMoved { .. }
            | Effect::MappingLimited { .. }
            | Effect::MappingLimitLifted { .. }
            | Effect::MappingRefreshed { .. }
            | Effect::EntityCreated { .. }
            | Effect::EntityRenamed { .. }
            | Effect::EntityRenameSkipped { .. }
            | Effect::ConflictOpened { .. }
            | Effect::ConflictClosed { .. }
            | Effect::ConflictsOpened { .. }
            | Effect::ConflictsClosed { .. }
            | Effect::HoldGrew { .. }
            | Effect::HoldShrank { .. }
            | Effect::HoldClosed { .. }
            | Effect::RemovalsPassed { .. } => {}
        }
    }

    fn membership_change(&self, op: &str, entity: EntityId, users: &UserSet, after: &State) {
        if let Some(entity) = after.entity_ever(entity) {
            self.membership_changes
                .with_label_values(&[op, entity.entity_type.as_str()])
                .inc_by(users.len());
        }
    }
}

fn newly_ignored(before: &State, fact: &Fact) -> u64 {
    let Fact::IgnoredMembersChanged { group, ignored } = fact else {
        return 0;
    };
    let known = before.group_ever(*group);
    let new = ignored
        .iter()
        .filter(|id| known.is_none_or(|group| !group.ignored.contains(*id)));
    u64::try_from(new.count()).unwrap_or(u64::MAX)
}
