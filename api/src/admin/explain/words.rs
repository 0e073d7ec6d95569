//! Explanations in plain sentences, fit to be pasted into a ticket.

use rolecall_engine::explain::{Blocked, Found, Link, Removal, Source, TargetNow, Wanted, WhyNot};
use rolecall_engine::rules::{EntityType, RoleName};
use rolecall_engine::state::{Mapping, PlanStart, State};
use rolecall_engine::{
    Actor, EntityIndex, ExceptionId, GroupIndex, MappingIndex, MappingStatus, Origin, PendingReason, RuleVersion, Slot,
};

use super::reading::TokenNames;
use crate::auth::ConnectionName;

/// The words for what stands in a state.
#[derive(Clone, Copy)]
pub(super) struct Words<'s>(pub(super) &'s State);

/// What happened in a step.
enum Told {
    /// What somebody did, without who.
    Done(String),
    /// What came of it by itself.
    Came(String),
}

impl Told {
    fn done(what: impl Into<String>) -> Self {
        Self::Done(what.into())
    }

    fn came(what: impl Into<String>) -> Self {
        Self::Came(what.into())
    }

    /// In words, with who asked.
    fn by(self, who: &str) -> String {
        match self {
            Self::Done(what) => format!("{who} {what}"),
            Self::Came(what) => what,
        }
    }

    /// In words, with who applied the plan that it is a step of.
    fn in_plan(self, plan: &PlanStart, names: &TokenNames) -> String {
        let (who, position) = (actor(plan.by, names), plan.started.position);
        let applied = format!("{who} applied plan {} (entry {position})", plan.plan);
        match self {
            Self::Done(what) => format!("{applied}, which {what}"),
            Self::Came(what) => format!("{applied}, and {what}"),
        }
    }
}

impl Words<'_> {
    /// A sentence of a beginning and of what led to it.
    pub(super) fn sentence(self, beginning: &str, steps: &[String]) -> String {
        match steps {
            [] => format!("{beginning}."),
            steps => format!("{beginning}: {}.", steps.join("; ")),
        }
    }

    /// What happened in a step, and in which entry.
    pub(super) fn step(self, link: Link, found: Option<Found>, names: &TokenNames) -> String {
        let Some(found) = found else {
            return match link {
                Link::DefaultRole | Link::DefaultConcurrencyGroup => "the default was never changed".to_owned(),
                _ => format!(
                    "{} (too long ago to look for the entry)",
                    self.told(link).by("somebody")
                ),
            };
        };
        let plan = found.plan.and_then(|plan| self.0.plan_started(plan));
        let what = match plan {
            Some(plan) => self.told(link).in_plan(plan, names),
            None => self.told(link).by(&actor(found.actor, names)),
        };
        format!("{what} (entry {})", found.position)
    }

    fn told(self, link: Link) -> Told {
        match link {
            Link::Member { group } => Told::done(format!("made the user a member of group {}", self.group(group))),
            Link::GroupRole { group } => Told::done(format!("gave group {} its roles", self.group(group))),
            Link::RoleAttribute => Told::done("set the user's attribute that asks for a role"),
            Link::ConcurrencyGroupAttribute => Told::done("set the user's attribute that names a concurrency group"),
            Link::UserCreated => Told::done("created the user"),
            Link::Inactive => Told::done("made the user inactive"),
            Link::Rule { rule } => Told::done(format!("saved {}", self.rule(rule))),
            Link::Mapping { mapping } => self.made(self.0.mapping_at(mapping)),
            Link::Refreshed { .. } => Told::done("let it follow from this version"),
            Link::Approval { mapping } => match self.0.mapping_at(mapping).status {
                MappingStatus::AutoApproved => Told::came("the rule approved the mapping by itself"),
                _ => Told::done("approved the mapping"),
            },
            Link::Blocked { by, .. } => blocked(by),
            Link::Conflict => Told::came("a conflict opened"),
            Link::Held { .. } => Told::came("a brake held what would have taken it away"),
            Link::Decision => Told::done("resolved the conflict"),
            Link::DefaultRole => Told::done("chose the default role"),
            Link::DefaultConcurrencyGroup => Told::done("chose the default concurrency group"),
            Link::RoleChanged => Told::came("the role changed"),
            Link::Exception { exception } => Told::done(format!("set exception {exception}{}", self.reason(exception))),
            Link::Given { .. } => Told::done("put the user there by hand"),
            Link::TakenOut { .. } => Told::done("took the user out by hand"),
        }
    }

    /// What was written down as the reason of an exception.
    fn reason(self, exception: ExceptionId) -> String {
        let exception = self.0.exceptions().get(exception);
        exception.map_or_else(String::new, |exception| format!(" (\"{}\")", exception.reason))
    }

    fn made(self, mapping: &Mapping) -> Told {
        let what = format!(
            "mapped group {} to {}",
            self.group(mapping.group),
            self.entity_of(mapping)
        );
        match mapping.origin {
            Origin::Rule(_) => Told::came(format!("the rule {what}")),
            Origin::Manual => Told::done(what),
        }
    }

    /// What would remove a claim.
    pub(super) fn removal(self, removal: &Removal) -> String {
        match removal {
            Removal::LeaveGroup(group) => format!(
                "Take the user out of group {} at the identity provider.",
                self.group(*group)
            ),
            Removal::RejectMapping(mapping) => {
                format!(
                    "Reject mapping {}, for all members of its group.",
                    self.mapping_id(*mapping)
                )
            }
            Removal::PauseMapping(mapping) => {
                format!(
                    "Pause mapping {}, for all members of its group.",
                    self.mapping_id(*mapping)
                )
            }
            Removal::TakeRoleFromGroup(group, role) => format!(
                "Take role `{role}` from group {} at the identity provider, for all its members.",
                self.group(*group)
            ),
            Removal::ClearRoleAttribute => {
                "Clear the user's attribute that asks for a role at the identity provider.".to_owned()
            }
            Removal::ClearConcurrencyGroupAttribute => {
                "Clear the user's attribute that names a concurrency group at the identity provider.".to_owned()
            }
            Removal::DeleteEntity(_) => "Delete the entity, for everybody in it.".to_owned(),
            Removal::ReleaseHold(hold) => format!("Release hold {hold}."),
            Removal::ChangeDefaultRole => "Choose another default role, for all users without a claim.".to_owned(),
            Removal::ClearDefaultConcurrencyGroup => {
                "Choose another default concurrency group or none, for all users without a claim.".to_owned()
            }
            Removal::EndException(exception) => format!("End exception {exception}."),
            Removal::Exclude(_) => "Exclude the user from the entity (`POST .../exceptions`).".to_owned(),
            Removal::TakeOutByHand(_) => "Take the user out of the entity by hand.".to_owned(),
        }
    }

    /// What a claim comes from, as the beginning of a sentence.
    pub(super) fn because(self, source: Source) -> String {
        match source {
            Source::Mapping(mapping) => {
                let mapping = self.0.mapping_at(mapping);
                let entity = self.entity_of(mapping);
                format!("because group {} is mapped to {entity}", self.group(mapping.group))
            }
            Source::GroupRole(group) => format!("because the identity provider gave it to group {}", self.group(group)),
            Source::RoleAttribute => "because the user's own attribute asks for it".to_owned(),
            Source::DefaultRole => "because nothing claims a role, and it is the default".to_owned(),
            Source::ConcurrencyGroupAttribute => "because the user's own attribute names it".to_owned(),
            Source::ConnectionDefault => {
                "because it was the default entity of the connection that created the user".to_owned()
            }
            Source::Hold(_) => "because a brake holds what would take it away; nothing else claims it".to_owned(),
            Source::OrganizationDefault => "because it is the default, and nothing else claims the user".to_owned(),
            Source::Pin(_) => "because the user is pinned to it, whatever groups say".to_owned(),
            Source::Manual(_) => "because an administrator put the user there by hand".to_owned(),
        }
    }

    /// What a claim would give.
    pub(super) fn wanted(self, wanted: &Wanted) -> String {
        match wanted {
            Wanted::Entity(entity) => format!("Not in {}", self.entity(*entity)),
            Wanted::Unsettled(entity_type, name) => format!("Not in {}", named(*entity_type, name.as_deref())),
            Wanted::Role(role) => format!("No role `{role}`"),
        }
    }

    /// What keeps a claim from having an effect.
    pub(super) fn why_not(self, why: WhyNot) -> String {
        match why {
            WhyNot::Inactive => {
                "although claimed, because the user is inactive; it comes back with the user".to_owned()
            }
            WhyNot::Pending { mapping, reason, now } => {
                let waits_for = self.pending(self.0.mapping_at(mapping), reason, now);
                format!("because the mapping waits: {waits_for}")
            }
            WhyNot::Rejected => "because the mapping was rejected; approving it would put the members in".to_owned(),
            WhyNot::Paused => "because the mapping is paused, until somebody resumes it".to_owned(),
            WhyNot::Limited { mapping } => self.limited(self.0.mapping_at(mapping)),
            WhyNot::Conflict { conflict, current } => {
                let slot = self.0.conflict_by_id(conflict).map(|conflict| conflict.slot);
                let (current, room) = (self.entity(current), room(slot));
                format!("because {current} claims the user, too, {room}, and the conflict is open")
            }
            WhyNot::Decided { chosen, .. } => {
                format!(
                    "because it was decided for {} where both claim the user",
                    self.entity(chosen)
                )
            }
            WhyNot::Outranked { by } => format!("because {} counts more", self.entity(by)),
            WhyNot::UnknownName => "because there is no concurrency group of that name".to_owned(),
            WhyNot::AmbiguousName => "because several concurrency groups have that name".to_owned(),
            WhyNot::UnknownRole => "because the organization has no role of that name".to_owned(),
            WhyNot::Excluded { .. } => "because the user is excluded from it".to_owned(),
            WhyNot::TakenOut => {
                "although claimed, because the user was taken out by hand; the next change of the user or the group puts it \
                 back, and an exclusion would keep it out"
                    .to_owned()
            }
        }
    }

    /// What a mapping waits for: as the rules found it, and as it is where that has changed since.
    fn pending(self, mapping: &Mapping, reason: PendingReason, now: Option<TargetNow>) -> String {
        let Some(now) = now else {
            return pending(reason).to_owned();
        };
        let unchanged = match now {
            TargetNow::Missing => reason == PendingReason::TargetMissing,
            TargetNow::Ambiguous => reason == PendingReason::AmbiguousName,
            TargetNow::Owned { .. } => reason == PendingReason::EntityOwned,
            TargetNow::Free => false,
        };
        match unchanged {
            true => self.target(mapping, now),
            false => format!(
                "{} when the rules ran; now {}",
                pending(reason),
                self.target(mapping, now)
            ),
        }
    }

    /// What a mapping that waits for an entity finds now, and what to do.
    fn target(self, mapping: &Mapping, now: TargetNow) -> String {
        let (id, entity_type) = (mapping.id, mapping.entity_type);
        match now {
            TargetNow::Missing if entity_type == EntityType::SubOrganization => {
                "there is no such sub-organization, and rules never create one".to_owned()
            }
            TargetNow::Missing => format!(
                "there is no such {}: approve mapping {id} or apply a plan, and it is created",
                entity_type.in_words()
            ),
            TargetNow::Ambiguous => format!("several entities have that name: approve mapping {id} with one of them"),
            TargetNow::Owned { by } => {
                let by = self.0.mapping_at(by);
                format!(
                    "the entity belongs to group {} by mapping {}: reject that one first, or switch `one_group_per_entity` off",
                    self.group(by.group),
                    by.id
                )
            }
            TargetNow::Free => format!("there is one that is free: approve mapping {id}, or apply a plan",),
        }
    }

    /// Why those wait whom a mapping in force does not hold. A ceiling that was raised counts when the members change again.
    fn limited(self, mapping: &Mapping) -> String {
        let members = self.0.group_at(mapping.group).members.len();
        let most = self.0.safeguards().auto_approve_ceiling.max_members;
        let id = mapping.id;
        match most.map(u64::from).filter(|most| members > *most) {
            Some(most) => format!(
                "because the group has more than {}, and a rule may approve no more, until somebody approves mapping {id}",
                counted(most, "member")
            ),
            None => format!(
                "because the group had more members than a rule may approve when they last changed, until they change again, \
                 or somebody approves mapping {id}"
            ),
        }
    }

    pub(super) fn group(self, group: GroupIndex) -> String {
        format!("`{}`", self.0.group_at(group).display_name)
    }

    pub(super) fn entity(self, entity: EntityIndex) -> String {
        let entity = self.0.entity_at(entity);
        named(entity.entity_type, Some(&entity.name))
    }

    pub(super) fn entity_of(self, mapping: &Mapping) -> String {
        match mapping.entity {
            Some(entity) => self.entity(entity),
            None => named(mapping.entity_type, mapping.name.as_deref()),
        }
    }

    /// A rule in a version, by the name that it has now.
    pub(super) fn rule(self, version: RuleVersion) -> String {
        let stored = self.0.rules().get(version.rule);
        let name = stored.map(|stored| stored.rule.definition().name.as_str());
        match name {
            Some(name) if !name.is_empty() => format!("rule `{name}` in version {}", version.version),
            Some(_) => format!("rule {} in version {}", version.rule, version.version),
            None => format!("rule {} in version {}, which is deleted", version.rule, version.version),
        }
    }

    fn mapping_id(self, mapping: MappingIndex) -> String {
        self.0.mapping_at(mapping).id.to_string()
    }
}

/// What keeps a mapping from holding members of its group, as it came about.
fn blocked(by: Blocked) -> Told {
    match by {
        Blocked::Pending => Told::came("it has waited since"),
        Blocked::Rejected => Told::done("rejected it"),
        Blocked::Paused => Told::done("paused it"),
        Blocked::Limited => Told::came("the group had more members than a rule may approve"),
    }
}

/// So many of something: `1 user`, `2 users`.
pub(super) fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A kind of entity with a name.
pub(super) fn named(entity_type: EntityType, name: Option<&str>) -> String {
    let word = entity_type.in_words();
    match name {
        Some(name) => format!("{word} `{name}`"),
        None => format!("a {word} without a name"),
    }
}

/// What there is room for in a slot.
fn room(slot: Option<Slot>) -> &'static str {
    match slot {
        Some(Slot::ConcurrencyGroup) => "a user is in one concurrency group",
        Some(Slot::SubOrganization) => "a user is in one sub-organization",
        Some(Slot::CrossType) => "a user is in a sub-organization or in teams and a concurrency group",
        None => "there is room for one",
    }
}

/// A role, or that there is none.
pub(super) fn role(role: Option<&RoleName>) -> String {
    role.map_or_else(|| "No role".to_owned(), |role| format!("Role `{role}`"))
}

/// Why a mapping began to wait.
fn pending(reason: PendingReason) -> &'static str {
    match reason {
        PendingReason::ApprovalRequired => "an administrator has to approve it",
        PendingReason::TargetMissing => "there was no such sub-organization",
        PendingReason::AmbiguousName => "several entities had that name",
        PendingReason::EntityOwned => "the entity belonged to another group",
        PendingReason::TargetDeleted => "its entity was deleted; approve it with another",
        PendingReason::RuleChanged => {
            "another rule decides the group since a rename, and approving it replaces the old mapping"
        }
        PendingReason::CeilingHighestRole => "it gives the highest role, which a rule may not approve alone",
        PendingReason::CeilingMembers => "the group has more members than a rule may approve alone",
        PendingReason::CeilingAdoption => "an administrator made the entity known, and a rule may not take it alone",
        PendingReason::Template => "the name of the group cannot fill the name template; approve it with an entity",
    }
}

/// Who asked.
fn actor(actor: Actor, names: &TokenNames) -> String {
    match actor {
        Actor::Root => "the holder of the root token".to_owned(),
        Actor::Token(token) => match names.of(token) {
            Some(name) => format!("the holder of token `{name}` ({token})"),
            None => format!("the holder of token {token}"),
        },
        Actor::Connection { connection, .. } => format!("connection {}", ConnectionName(connection)),
        Actor::System => "the server".to_owned(),
    }
}
