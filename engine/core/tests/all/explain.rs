//! Explanations: each reason and each "why not" in a line, and what holds for all of them.

use proptest::prelude::*;
use rolecall_engine::explain::{
    self, Found, Link, Outcome, PlanStep, Removal, Search, Source, Step, UserExplained, Wanted, WhyNot,
};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::state::User;
use rolecall_engine::{
    Actor, Command, Context, Effect, EndReason, Entry, ExceptionInput, ExceptionKind, ExceptionSubject, Fact,
    GroupChange, HoldId, IdSeed, MappingStatus, MappingTarget, MembersChange, Position, Prevailing, RuleVersion,
    SettingsChange, State, UserIndex, UserInput, handle,
};

use crate::operations::{after, operations};
use crate::plans::{applied, up_to_date};
use crate::world::{World, match_all, user_input};

/// What finds the steps that stand in the history of a user.
fn search(world: &World, user: &User, explained: &UserExplained) -> Search {
    let reasons = explained.memberships.items.iter().flat_map(|one| &one.reasons.items);
    let roles = explained.role.reasons.items.iter().map(|one| &one.reason);
    let absences = explained.absences.items.iter().flat_map(|one| &one.chain);
    let steps = reasons.chain(roles).flat_map(|reason| &reason.chain).chain(absences);
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
            Link::Blocked { .. } => "blocked",
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
            WhyNot::Pending(reason) => reason.as_str(),
            WhyNot::Inactive => "inactive",
            WhyNot::Rejected => "rejected",
            WhyNot::Paused => "paused",
            WhyNot::Conflict { .. } => "conflict",
            WhyNot::Decided { .. } => "decided otherwise",
            WhyNot::Outranked { .. } => "outranked",
            WhyNot::UnknownName => "unknown name",
            WhyNot::AmbiguousName => "ambiguous name",
            WhyNot::Limited => "limited",
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

#[test]
fn a_membership_and_a_role_are_led_back_to_request_rule_and_approval() {
    let mut world = World::default();
    let definition = RuleDefinition {
        role: Some("admin".parse().unwrap()),
        ..rule_for("eng", EntityType::Team, true)
    };
    world.rule(definition);
    world.user("ana");
    world.group("eng", &[]);
    world.add("eng", "ana");
    assert_eq!(
        why(&world, "ana"),
        [
            "role admin (else user): mapping of eng; member@4 rule@1 mapping@3 approved@3",
            "team eng: mapping of eng; member@4 rule@1 mapping@3 approved@3",
        ]
    );
    assert_eq!(why_not(&world, "ana"), [""; 0]);
}

#[test]
fn a_mapping_that_waited_cites_its_approval_and_the_last_request_that_made_the_user_a_member() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, false));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    assert_eq!(
        why_not(&world, "ana"),
        ["team eng?: mapping of eng; approval_required; member@3 rule@1 mapping@3 blocked@3"]
    );
    world.remove("eng", "ana");
    world.add("eng", "ana");
    world.approve(mapping);
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@5 rule@1 mapping@3 approved@6"]
    );
}

#[test]
fn a_rule_is_cited_in_the_version_that_made_the_mapping_also_when_it_is_gone() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.done(&Command::ChangeRule {
        rule,
        definition: RuleDefinition {
            priority: 7,
            ..match_all(EntityType::Team)
        },
    });
    world.user("ana");
    world.group("eng", &["ana"]);
    world.done(&Command::DeleteRule { rule });
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@4 rule@2 mapping@4 approved@4"]
    );
    let group = world.group_named("eng");
    let explained = explain::group(&world.state, group);
    assert_eq!(explained.decided_by, Some(RuleVersion { rule, version: 2 }));
    assert_eq!(explained.now, None);
    assert!(explained.mappings.items[0].stale);
    let mapping = world.mappings("eng")[0].index;
    assert_eq!(
        explained.plan.items,
        [PlanStep::Move(mapping, MappingStatus::Ended(EndReason::RulesChanged))]
    );
}

#[test]
fn a_plan_that_let_a_mapping_follow_a_newer_version_is_cited() {
    let mut world = World::default();
    let rule = world.rule(match_all(EntityType::Team));
    world.user("ana");
    world.group("eng", &["ana"]);
    world.done(&Command::ChangeRule {
        rule,
        definition: RuleDefinition {
            priority: 7,
            ..match_all(EntityType::Team)
        },
    });
    let plan = |world: &World| explain::group(&world.state, world.group_named("eng")).plan.items;
    assert_eq!(plan(&world), [PlanStep::Refresh(world.mappings("eng")[0].index)]);
    applied(&mut world, up_to_date());
    assert_eq!(plan(&world), []);
    assert_eq!(
        why(&world, "ana")[1..],
        ["team eng: mapping of eng; member@3 rule@4 mapping@3 refreshed@6 approved@3"]
    );
}

#[test]
fn every_reason_for_a_role_is_told_with_what_would_be_without_it() {
    let mut world = World::default();
    world.user("ana");
    assert_eq!(why(&world, "ana"), ["role user (else user): default; default@0"]);
    world.group_with_roles("ops", &["ana"], &["admin", "owner"]);
    world.set_user("ana", true, Some("guest"));
    assert_eq!(
        why(&world, "ana"),
        [
            "role admin (else guest): role of ops; member@2 group role@2",
            "role guest (else admin): attribute; attribute@3",
        ]
    );
    assert_eq!(
        why_not(&world, "ana"),
        ["role owner: role of ops; unknown role; member@2 group role@2"]
    );
    world.set_group_roles("ops", &["user"]);
    assert_eq!(
        why(&world, "ana"),
        [
            "role user (else guest): role of ops; member@2 group role@4",
            "role guest (else user): attribute; attribute@3",
        ]
    );
}

#[test]
fn what_blocks_a_mapping_is_told() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, true));
    world.user("ana");
    world.group("eng", &["ana"]);
    let mapping = world.mappings("eng")[0].id;
    world.done(&Command::PauseMapping { mapping });
    let before = "team eng: mapping of eng";
    assert_eq!(
        why_not(&world, "ana"),
        [format!(
            "{before}; paused; member@3 rule@1 mapping@3 approved@3 blocked@4"
        )]
    );
    world.done(&Command::RejectMapping { mapping });
    assert_eq!(
        why_not(&world, "ana"),
        [format!("{before}; rejected; member@3 rule@1 mapping@3 blocked@5")]
    );
    world.approve(mapping);
    world.set_user("ana", false, None);
    assert_eq!(
        why_not(&world, "ana"),
        [format!(
            "{before}; inactive; member@3 rule@1 mapping@3 approved@6 inactive@7"
        )]
    );
    assert_eq!(why(&world, "ana"), [""; 0]);
}

#[test]
fn a_contested_slot_tells_who_holds_it() {
    let mut world = World::default();
    world.rule(match_all(EntityType::ConcurrencyGroup));
    world.user("ana");
    world.group("one", &["ana"]);
    world.group("two", &["ana"]);
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group two: mapping of two; conflict; member@4 rule@1 mapping@4 approved@4 conflict@4"]
    );
    let explained = explain::user(&world.state, world.user_named("ana"));
    let one = world.entity_named(EntityType::ConcurrencyGroup, "one").index;
    assert!(matches!(explained.absences.items[0].why, WhyNot::Conflict { current, .. } if current == one));
    let two = world.entity_named(EntityType::ConcurrencyGroup, "two");
    let two = explain::entity(&world.state, two);
    assert_eq!((two.conflicts.total, two.conflicts.items[0].is_current), (1, false));
}

#[test]
fn what_counts_less_than_a_claim_is_outranked() {
    let mut world = World::default();
    let fallback = world.entity(EntityType::ConcurrencyGroup, "everybody");
    let default_concurrency_group = Some(Some(fallback.id));
    world.settings(SettingsChange {
        default_concurrency_group,
        ..SettingsChange::default()
    });
    world.user("ana");
    assert_eq!(
        why(&world, "ana")[1..],
        ["concurrency_group everybody: default; default@2"]
    );
    let mut to = user_input("ana", true, None);
    to.person.concurrency_group = Some("web".to_owned());
    let user = world.user_named("ana").id;
    world.done(&Command::ChangeUser {
        user,
        expected: None,
        to,
    });
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group web?: attribute; unknown name; attribute@4"]
    );
    world.entity(EntityType::ConcurrencyGroup, "web");
    assert_eq!(
        why(&world, "ana")[1..],
        ["concurrency_group web: attribute; attribute@4"]
    );
    assert_eq!(
        why_not(&world, "ana"),
        ["concurrency_group everybody: default; outranked; default@2"]
    );
}

#[test]
fn a_group_tells_what_each_rule_says_of_it() {
    let mut world = World::default();
    let rule = |pattern, exclude: &[&str], priority, enabled| RuleDefinition {
        matching: Pattern::prefix(pattern),
        exclude: exclude.iter().map(|text| Pattern::prefix(*text)).collect(),
        priority,
        enabled,
        ..match_all(EntityType::Team)
    };
    world.rule(rule("eng", &["x", "eng-bots"], 9, true));
    world.rule(rule("sales", &[], 8, true));
    world.rule(rule("eng", &[], 7, false));
    world.rule(rule("eng-", &[], 6, true));
    world.rule(match_all(EntityType::Team));
    world.group("eng-bots", &[]);
    let explained = explain::group(&world.state, world.group_named("eng-bots"));
    let outcomes: Vec<Outcome> = explained.tried.items.iter().map(|tried| tried.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Excluded { exclude: 1 },
            Outcome::NoMatch,
            Outcome::Disabled,
            Outcome::Decides,
            Outcome::ComesLater,
        ]
    );
    assert_eq!(explained.decided.position, Position::new(6));
    assert_eq!(explained.now, explained.decided_by);
    assert_eq!(explained.plan.items, []);
}

#[test]
fn the_rule_that_decides_is_told_however_many_come_before_it() {
    let mut world = World::default();
    for number in 0..150 {
        world.rule(rule_for(&format!("group-{number:03}"), EntityType::Team, true));
    }
    world.group("group-140", &[]);
    let explained = explain::group(&world.state, world.group_named("group-140"));
    assert_eq!((explained.tried.items.len(), explained.tried.total), (101, 150));
    assert_eq!(explained.tried.items[100].outcome, Outcome::Decides);
}

#[test]
fn a_new_rule_is_told_as_what_a_plan_would_do() {
    let mut world = World::default();
    world.rule(rule_for("eng", EntityType::Team, true));
    world.group("eng", &[]);
    let mapping = world.mappings("eng")[0].index;
    let better = RuleDefinition {
        priority: 5,
        targets: vec![
            Target {
                entity_type: EntityType::Team,
                name: None,
            },
            Target {
                entity_type: EntityType::ConcurrencyGroup,
                name: Some("shared".to_owned()),
            },
        ],
        ..rule_for("eng", EntityType::Team, true)
    };
    world.rule(better);
    let explained = explain::group(&world.state, world.group_named("eng"));
    assert_ne!(explained.now, explained.decided_by);
    assert_eq!(
        explained.plan.items,
        [
            PlanStep::Refresh(mapping),
            PlanStep::Propose(
                EntityType::ConcurrencyGroup,
                Some("shared".to_owned()),
                MappingStatus::AutoApproved
            ),
        ]
    );
}

#[test]
fn an_entity_tells_how_many_members_each_mapping_holds() {
    let mut world = World::default();
    world.settings(SettingsChange {
        one_group_per_entity: Some(false),
        ..SettingsChange::default()
    });
    let team = world.entity(EntityType::Team, "all");
    for name in ["ana", "ben", "eva"] {
        world.user(name);
    }
    for (group, members) in [("eng", ["ana", "ben"]), ("ops", ["ben", "eva"])] {
        let group = world.group(group, &members);
        let target = MappingTarget::Entity(team.id);
        world.done(&Command::CreateMapping { group, target });
    }
    let ops = world.mappings("ops")[0].id;
    let explained = |world: &World| explain::entity(&world.state, world.entity_named(EntityType::Team, "all"));
    let members = |world: &World| {
        let all = explained(world).mappings.items;
        all.iter()
            .map(|one| (one.members, one.why_not.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(members(&world), [(2, false), (2, false)]);
    assert_eq!(explained(&world).unmapped_members, 0);
    assert_eq!(explained(&world).owner, Some(world.group_named("eng").index));
    world.done(&Command::PauseMapping { mapping: ops });
    assert_eq!(members(&world), [(2, false), (0, true)]);
}

/// The command that does what a removal says.
fn removing(state: &State, user: &User, removal: &Removal) -> Command {
    let group_change = |group, change| Command::ChangeGroup {
        group: state.group_at(group).id,
        change,
    };
    let settings = |change| Command::ChangeSettings { change };
    match removal {
        Removal::LeaveGroup(group) => {
            let members = MembersChange {
                remove: vec![user.id.to_string()],
                ..MembersChange::default()
            };
            group_change(
                *group,
                GroupChange {
                    members,
                    ..GroupChange::default()
                },
            )
        }
        Removal::RejectMapping(mapping) => Command::RejectMapping {
            mapping: state.mapping_at(*mapping).id,
        },
        Removal::PauseMapping(mapping) => Command::PauseMapping {
            mapping: state.mapping_at(*mapping).id,
        },
        Removal::TakeRoleFromGroup(group, role) => {
            let roles = state.group_at(*group).attributes.roles.iter();
            let roles = roles
                .filter(|other| !other.eq_ignore_ascii_case(role.as_str()))
                .cloned()
                .collect();
            group_change(
                *group,
                GroupChange {
                    roles: Some(roles),
                    ..GroupChange::default()
                },
            )
        }
        Removal::ClearRoleAttribute | Removal::ClearConcurrencyGroupAttribute => {
            let mut person = user.person.as_deref().unwrap().clone();
            let mut organization_role = user.organization_role.as_ref().map(ToString::to_string);
            match removal {
                Removal::ClearRoleAttribute => organization_role = None,
                _ => person.concurrency_group = None,
            }
            let to = UserInput {
                person,
                active: user.active,
                organization_role,
            };
            Command::ChangeUser {
                user: user.id,
                expected: None,
                to,
            }
        }
        Removal::ReleaseHold(hold) => Command::ReleaseHold {
            hold: *hold,
            users: Some(vec![user.id]),
        },
        Removal::DeleteEntity(entity) => Command::DeleteEntity { entity: *entity },
        Removal::EndException(exception) => Command::RemoveException { exception: *exception },
        Removal::Exclude(entity) => Command::SetException {
            exception: ExceptionInput {
                kind: ExceptionKind::Exclusion,
                user: user.id,
                subject: ExceptionSubject::Entity(*entity),
                reason: "found by the explanation".to_owned(),
                expires: None,
            },
        },
        Removal::TakeOutByHand(entity) => Command::TakeMembership {
            entity: *entity,
            user: user.id,
        },
        Removal::ChangeDefaultRole => {
            let other = state
                .settings()
                .roles
                .iter()
                .find(|role| **role != state.settings().default_role);
            settings(SettingsChange {
                default_role: other.cloned(),
                ..SettingsChange::default()
            })
        }
        Removal::ClearDefaultConcurrencyGroup => settings(SettingsChange {
            default_concurrency_group: Some(None),
            ..SettingsChange::default()
        }),
    }
}

/// The state after the removal, which has to be possible and to change something.
fn removed(state: &State, user: &User, removal: &Removal) -> State {
    let context = Context {
        at: state.at(),
        actor: Actor::System,
        seed: IdSeed::new([7; 16]),
    };
    let done = handle(state, &removing(state, user, removal), context);
    done.expect("possible").expect("something to change").0
}

/// The state after the removal, and after the release of whatever holds it back.
fn removed_at_last(state: &State, user: &User, removal: &Removal) -> State {
    let holding = |state: &State| -> Vec<HoldId> {
        let of_role = state.holds_of_role(user.index);
        of_role.map(|hold| hold.id).collect()
    };
    let before = holding(state);
    let mut after = removed(state, user, removal);
    while let Some(hold) = holding(&after).into_iter().find(|hold| !before.contains(hold)) {
        after = removed(&after, after.user_at(user.index), &Removal::ReleaseHold(hold));
    }
    after
}

/// Whether an entry records what a step of a chain says.
fn records(state: &State, user: &User, link: Link, entry: &Entry) -> bool {
    let fact = |is: &dyn Fn(&Fact) -> bool| entry.facts.iter().any(is);
    let effect = |is: &dyn Fn(&Effect) -> bool| entry.consequences.iter().any(|one| is(&one.effect));
    let group_id = |group| state.group_at(group).id;
    let mapping_id = |mapping| state.mapping_at(mapping).id;
    match link {
        Link::Member { group } => fact(
            &|fact| matches!(fact, Fact::MembersAdded { group: id, users } if *id == group_id(group) && users.contains(user.index)),
        ),
        Link::GroupRole { group } => fact(&|fact| match fact {
            Fact::GroupCreated {
                group: id, attributes, ..
            }
            | Fact::GroupRestored {
                group: id, attributes, ..
            }
            | Fact::GroupAttributesChanged { group: id, attributes } => {
                *id == group_id(group) && attributes.roles == state.group_at(group).attributes.roles
            }
            _ => false,
        }),
        Link::RoleAttribute => fact(&|fact| match fact {
            Fact::UserCreated {
                user: id,
                organization_role,
                ..
            }
            | Fact::UserRoleAttributeChanged {
                user: id,
                organization_role,
            } => *id == user.id && *organization_role == user.organization_role,
            _ => false,
        }),
        Link::ConcurrencyGroupAttribute => fact(&|fact| match fact {
            Fact::UserCreated { user: id, person, .. } | Fact::UserAttributesChanged { user: id, person } => {
                let named = person.open().unwrap().concurrency_group;
                *id == user.id && named == user.person.as_ref().unwrap().concurrency_group
            }
            _ => false,
        }),
        Link::Held { hold } => effect(
            &|effect| matches!(effect, Effect::HoldGrew { hold: id, users, .. } if *id == hold && users.contains(user.index)),
        ),
        Link::UserCreated => fact(&|fact| matches!(fact, Fact::UserCreated { user: id, .. } if *id == user.id)),
        Link::Inactive => fact(&|fact| match fact {
            Fact::UserCreated { user: id, active, .. } => *id == user.id && !active,
            Fact::UserDeactivated { user: id } => *id == user.id,
            _ => false,
        }),
        Link::Rule { rule } => fact(&|fact| match fact {
            Fact::RuleCreated { rule: id, .. } => *id == rule.rule && rule.version == 1,
            Fact::RuleChanged { rule: id, version, .. } => *id == rule.rule && rule.version == *version,
            _ => false,
        }),
        Link::Mapping { mapping } => effect(
            &|effect| matches!(effect, Effect::MappingProposed { mapping: id, .. } if *id == mapping_id(mapping)),
        ),
        Link::Refreshed { mapping } => effect(
            &|effect| matches!(effect, Effect::MappingRefreshed { mapping: id, .. } if *id == mapping_id(mapping)),
        ),
        Link::Approval { mapping } => effect(&|effect| match effect {
            Effect::MappingProposed {
                mapping: id, status, ..
            }
            | Effect::MappingMoved {
                mapping: id,
                to: status,
                ..
            } => *id == mapping_id(mapping) && status.is_approved(),
            _ => false,
        }),
        Link::Blocked { mapping } => {
            let paused =
                |fact: &Fact| matches!(fact, Fact::MappingPaused { mapping: id } if *id == mapping_id(mapping));
            let blocked = |effect: &Effect| match effect {
                Effect::MappingProposed {
                    mapping: id, status, ..
                }
                | Effect::MappingMoved {
                    mapping: id,
                    to: status,
                    ..
                } => *id == mapping_id(mapping) && *status == state.mapping_at(mapping).status,
                Effect::MappingLimited { mapping: id, .. } => *id == mapping_id(mapping),
                _ => false,
            };
            fact(&paused) || effect(&blocked)
        }
        Link::Exception { exception } => {
            fact(&|fact| matches!(fact, Fact::ExceptionSet { exception: id, .. } if *id == exception))
        }
        Link::Given { entity } => fact(
            &|fact| matches!(fact, Fact::MembershipsGiven { entity: id, users } if *id == state.entity_at(entity).id && users.contains(user.index)),
        ),
        Link::TakenOut { entity } => fact(
            &|fact| matches!(fact, Fact::MembershipsTaken { entity: id, users } if *id == state.entity_at(entity).id && users.contains(user.index)),
        ),
        Link::Conflict => {
            effect(&|effect| matches!(effect, Effect::ConflictsOpened { users, .. } if users.contains(user.index)))
        }
        Link::Decision => fact(&|fact| matches!(fact, Fact::ConflictResolved { .. })),
        Link::DefaultRole | Link::DefaultConcurrencyGroup => fact(&|fact| matches!(fact, Fact::SettingsChanged { .. })),
        Link::RoleChanged => effect(&|effect| match effect {
            Effect::RoleChanged { users, to, .. } => users.contains(user.index) && *to == user.role,
            _ => false,
        }),
    }
}

/// Every step cites an entry that records it; a default that nobody chose was so from the beginning.
fn check_citations(world: &World, user: &User, search: &Search, steps: &[Step]) {
    for step in steps {
        let position = match (step.position, search.found(step.link)) {
            (Some(position), None) => position,
            (None, Some(found)) => {
                assert_eq!(found, Found::in_entry(entry(world, found.position)));
                found.position
            }
            other => panic!("{step:?} of {user:?} is {other:?}"),
        };
        let is_default = matches!(step.link, Link::DefaultRole | Link::DefaultConcurrencyGroup);
        if !(is_default && position == Position::START) {
            let cited = entry(world, position);
            assert!(
                records(&world.state, user, step.link, cited),
                "{step:?} is not in {cited:?}"
            );
        }
    }
}

fn check_user(world: &World, user: &User) {
    let state = &world.state;
    let explained = explain::user(state, user);
    let search = search(world, user, &explained);
    let role_changed = search.found(Link::RoleChanged);
    assert!(
        role_changed.is_some() || user.role.is_none(),
        "a role is given by an entry"
    );
    if let Some(found) = role_changed {
        assert!(records(state, user, Link::RoleChanged, entry(world, found.position)));
    }
    assert_eq!(explained.memberships.total, user.memberships.len());
    assert_eq!(explained.role.role, user.role);
    assert_eq!(
        explained.role.reasons.items.first().map(|one| one.role.clone()),
        user.role
    );
    for membership in &explained.memberships.items {
        assert_ne!(membership.reasons.total, 0, "{membership:?} has a reason");
        for reason in &membership.reasons.items {
            check_citations(world, user, &search, &reason.chain);
            for removal in &reason.removals {
                let after = removed(state, user, removal);
                let explained = explain::user(&after, after.user(user.id).unwrap());
                let mut others = explained.memberships.items.iter();
                let there = others.find(|other| other.entity == membership.entity);
                let stays =
                    there.is_some_and(|there| there.reasons.items.iter().any(|other| other.source == reason.source));
                assert!(!stays, "{removal:?} does not remove {reason:?}");
                let alone = membership.reasons.total == 1;
                assert!(!alone || there.is_none_or(|there| there.reasons.items[0].source != reason.source));
            }
        }
    }
    for one in &explained.role.reasons.items {
        check_citations(world, user, &search, &one.reason.chain);
        for removal in &one.reason.removals {
            let after = removed_at_last(state, user, removal);
            let user = after.user(user.id).unwrap();
            let explained = explain::user(&after, user);
            let mut others = explained.role.reasons.items.iter();
            match removal {
                Removal::ChangeDefaultRole => assert_ne!(user.role, Some(one.role.clone())),
                Removal::LeaveGroup(_) => {
                    assert!(
                        !others.any(|other| other.reason.source == one.reason.source),
                        "{removal:?}: {one:?}"
                    );
                }
                _ => assert_eq!(user.role, Some(one.without.clone()), "{removal:?}: {one:?}"),
            }
        }
    }
    for absence in &explained.absences.items {
        check_citations(world, user, &search, &absence.chain);
        match &absence.wanted {
            Wanted::Entity(entity) => {
                assert!(
                    user.memberships.iter().all(|membership| membership.entity != *entity),
                    "{absence:?}"
                );
            }
            Wanted::Unsettled(..) => {}
            Wanted::Role(role) => assert_ne!(user.role.as_ref().map(|role| role.as_str()), Some(role.as_str())),
        }
    }
    check_nothing_is_left_out(state, user, &explained);
}

/// Each mapping of a group of the user is a reason, or it is told why it is none, or the user is there by another.
fn check_nothing_is_left_out(state: &State, user: &User, explained: &UserExplained) {
    for mapping in user.groups().flat_map(|group| state.mappings_of(state.group_at(group))) {
        let source = Source::Mapping(mapping.index);
        let mut reasons = explained.memberships.items.iter().flat_map(|one| &one.reasons.items);
        let is_reason = reasons.any(|reason| reason.source == source);
        let is_absence = explained.absences.items.iter().any(|absence| absence.source == source);
        let is_there = user
            .memberships
            .iter()
            .any(|membership| Some(membership.entity) == mapping.entity);
        assert!(is_reason || is_absence || is_there, "nothing is said of {mapping:?}");
        // Who is there by a default has what a claim that does not hold would give.
        let prevailing = Prevailing::of(user, state);
        let is_there = is_there
            && mapping
                .entity
                .is_some_and(|entity| !prevailing.entities.contains_key(&entity));
        assert!(
            !mapping.holds(user.index) || !user.active || is_reason || is_absence || is_there,
            "nothing is said of {mapping:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_agrees_with_the_state_the_record_and_what_removals_do(operations in operations(60)) {
        let world = after(&operations, |_, _, _| {});
        for user in world.state.users_from(UserIndex::from(0)) {
            check_user(&world, user);
        }
    }
}
