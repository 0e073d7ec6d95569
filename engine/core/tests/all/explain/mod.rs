//! Explanations: each reason and each "why not" in a line, and what holds for all of them.

mod agreement;
mod entities;
mod exceptions;
mod groups;
mod reasons;
mod why_nots;

use rolecall_engine::explain::{self, Blocked, Link, Search, Source, Step, UserExplained, Wanted, WhyNot};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::state::User;
use rolecall_engine::{Entry, Position};

use crate::world::{World, match_all};

/// What finds the steps that stand in the history of a user.
fn search(world: &World, user: &User, explained: &UserExplained) -> Search {
    let reasons = explained.memberships.items.iter().flat_map(|one| &one.reasons.items);
    let roles = explained.role.reasons.items.iter().map(|one| &one.reason);
    let absences = explained.absences.items.iter().flat_map(|one| &one.chain);
    let exceptions = explained.exceptions.items.iter().flat_map(|one| &one.chain);
    let steps = reasons.chain(roles).flat_map(|reason| &reason.chain);
    let steps = steps.chain(absences).chain(exceptions);
    let sought = steps.filter(|step| step.position.is_none()).map(|step| step.link);
    let mut search = Search::new(&world.state, user, sought.chain([Link::RoleChanged]));
    for position in user.history.iter().rev() {
        search.read(entry(world, *position));
    }
    search
}

fn entry(world: &World, position: Position) -> &Entry {
    &world.entries[usize::try_from(position.get()).unwrap() - 1]
}

/// A chain as `what@position`, in order.
fn chain(search: &Search, steps: &[Step]) -> String {
    let step = |step: &Step| {
        let word = match step.link {
            Link::Member { .. } => "member",
            Link::GroupRole { .. } => "group role",
            Link::RoleAttribute | Link::ConcurrencyGroupAttribute => "attribute",
            Link::UserCreated => "created",
            Link::Inactive => "inactive",
            Link::Rule { .. } => "rule",
            Link::Mapping { .. } => "mapping",
            Link::Refreshed { .. } => "refreshed",
            Link::Approval { .. } => "approved",
            Link::Blocked { by, .. } => match by {
                Blocked::Pending => "pending",
                Blocked::Rejected => "rejected",
                Blocked::Paused => "paused",
                Blocked::Limited => "limited",
            },
            Link::Conflict => "conflict",
            Link::Decision => "decided",
            Link::DefaultRole | Link::DefaultConcurrencyGroup => "default",
            Link::RoleChanged => "role",
            Link::Held { .. } => "held",
            Link::Exception { .. } => "exception",
            Link::Given { .. } => "given",
            Link::TakenOut { .. } => "taken out",
        };
        let position = step
            .position
            .or_else(|| search.found(step.link).map(|found| found.position));
        format!("{word}@{}", position.expect("a position"))
    };
    steps.iter().map(step).collect::<Vec<_>>().join(" ")
}

fn source(world: &World, source: Source) -> String {
    let group = source
        .group(&world.state)
        .map(|group| world.state.group_at(group).display_name.clone());
    let word = match source {
        Source::Mapping(_) => "mapping of",
        Source::GroupRole(_) => "role of",
        Source::RoleAttribute | Source::ConcurrencyGroupAttribute => "attribute",
        Source::DefaultRole | Source::OrganizationDefault => "default",
        Source::ConnectionDefault => "connection default",
        Source::Hold(_) => "hold",
        Source::Pin(_) => "pin",
        Source::Manual(_) => "by hand",
    };
    format!("{word} {}", group.unwrap_or_default()).trim_end().to_owned()
}

/// Why a user is where it is, each reason as `what: source; chain`.
fn why(world: &World, user: &str) -> Vec<String> {
    let user = world.user_named(user);
    let explained = explain::user(&world.state, user);
    let search = search(world, user, &explained);
    let roles = explained.role.reasons.items.iter().map(|one| {
        let (source, chain) = (source(world, one.reason.source), chain(&search, &one.reason.chain));
        format!("role {} (else {}): {source}; {chain}", one.role, one.without)
    });
    let memberships = explained.memberships.items.iter().flat_map(|membership| {
        let entity = world.state.entity_at(membership.entity);
        membership.reasons.items.iter().map(|reason| {
            let (source, chain) = (source(world, reason.source), chain(&search, &reason.chain));
            format!("{} {}: {source}; {chain}", entity.entity_type, entity.name)
        })
    });
    roles.chain(memberships.collect::<Vec<_>>()).collect()
}

/// Why a user is not elsewhere, each as `what: source; why; chain`.
fn why_not(world: &World, user: &str) -> Vec<String> {
    let user = world.user_named(user);
    let explained = explain::user(&world.state, user);
    let search = search(world, user, &explained);
    let absences = explained.absences.items.iter().map(|absence| {
        let wanted = match &absence.wanted {
            Wanted::Entity(entity) => {
                let entity = world.state.entity_at(*entity);
                format!("{} {}", entity.entity_type, entity.name)
            }
            Wanted::Unsettled(entity_type, name) => format!("{entity_type} {}?", name.as_deref().unwrap_or_default()),
            Wanted::Role(role) => format!("role {role}"),
        };
        let why = match absence.why {
            WhyNot::Pending { reason, .. } => reason.as_str(),
            WhyNot::Inactive => "inactive",
            WhyNot::Rejected => "rejected",
            WhyNot::Paused => "paused",
            WhyNot::Conflict { .. } => "conflict",
            WhyNot::Decided { .. } => "decided otherwise",
            WhyNot::Outranked { .. } => "outranked",
            WhyNot::UnknownName => "unknown name",
            WhyNot::AmbiguousName => "ambiguous name",
            WhyNot::Limited { .. } => "limited",
            WhyNot::UnknownRole => "unknown role",
            WhyNot::Excluded { .. } => "excluded",
            WhyNot::TakenOut => "taken out",
        };
        let source = source(world, absence.source);
        format!("{wanted}: {source}; {why}; {}", chain(&search, &absence.chain))
    });
    absences.collect()
}

fn rule_for(prefix: &str, entity_type: EntityType, auto_approve: bool) -> RuleDefinition {
    RuleDefinition {
        name: prefix.to_owned(),
        matching: Pattern::prefix(prefix),
        targets: vec![Target {
            entity_type,
            name: None,
        }],
        auto_approve,
        ..match_all(entity_type)
    }
}
