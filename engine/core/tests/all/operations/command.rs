//! What an operation asks for, given what there is.

use rolecall_engine::rules::{EntityType, Example, RuleDefinition};
use rolecall_engine::{
    Actor, Command, DraftRule, ExceptionInput, ExceptionSubject, GroupChange, HoldId, Keep, MappingTarget,
    MembersChange, State, Timestamp, TokenId, UserId, UserInput,
};

use super::draft::{pick_mapping, pick_mapping_that, plan_draft};
use super::{NAMES, Operation, USERS, definition, pick, role_name, some_entity, some_group, some_user};
use crate::plans::apply;
use crate::reconcile::snapshot_draft;
use crate::world::{World, group_input, named_apart, rule_drafts, rule_names, user_input};

impl Operation {
    /// Lets time pass, or somebody else ask; nothing for all that is a command.
    pub(crate) fn prepare(&self, world: &mut World) {
        match self {
            Self::Wait { seconds } => world.wait(*seconds),
            Self::Person { person } => {
                let token = |number: usize| Actor::Token(TokenId::new(uuid::Uuid::from_u128(number as u128)));
                world.actor = Some(if person % 3 == 0 {
                    Actor::Root
                } else {
                    token(person % 3)
                });
            }
            _ => {}
        }
    }

    /// The command it stands for now; `None` when there is nothing to do it to.
    pub(crate) fn command(&self, world: &World) -> Option<Command> {
        let state = &world.state;
        Some(match self {
            Self::CreateUser {
                name,
                active,
                role,
                concurrency_group,
                default_entity,
            } => {
                let name = format!("user-{}", name % USERS);
                let user = in_concurrency_group(user_input(&name, *active, role.map(role_name)), *concurrency_group);
                Command::CreateUser {
                    connection: None,
                    default_entity: default_entity
                        .and_then(|entity| some_entity(state, entity))
                        .map(|entity| entity.id),
                    user,
                }
            }
            Self::ChangeUser {
                user,
                active,
                role,
                concurrency_group,
            } => {
                let user = some_user(state, *user)?;
                let name = user.person.as_ref()?.user_name.clone();
                let to = in_concurrency_group(user_input(&name, *active, role.map(role_name)), *concurrency_group);
                Command::ChangeUser {
                    user: user.id,
                    expected: None,
                    to,
                }
            }
            Self::RenameUser { user, name } => {
                let user = some_user(state, *user)?;
                let mut person = (**user.person.as_ref()?).clone();
                person.user_name = format!("user-{}", name % USERS);
                Command::ChangeUser {
                    user: user.id,
                    expected: None,
                    to: UserInput {
                        person,
                        active: user.active,
                        organization_role: user.organization_role.as_ref().map(ToString::to_string),
                    },
                }
            }
            Self::DeleteUser { user } => Command::DeleteUser {
                user: some_user(state, *user)?.id,
                expected: None,
            },
            Self::CreateGroup { name, members, role } => {
                let roles: Vec<&str> = role.map(role_name).into_iter().collect();
                Command::CreateGroup {
                    group: group_input(NAMES[name % NAMES.len()], user_ids(state, members), &roles),
                }
            }
            Self::Members {
                group,
                replace,
                add,
                remove,
            } => {
                let add = user_ids(state, add);
                let remove = user_ids(state, remove)
                    .into_iter()
                    .filter(|id| !add.contains(id))
                    .collect();
                change(state, *group, |change| {
                    change.members = MembersChange {
                        replace: *replace,
                        add,
                        remove,
                    }
                })?
            }
            Self::Stranger { group, added } => {
                let stranger = vec![uuid::Uuid::from_u128(7).to_string()];
                change(state, *group, |change| match added {
                    true => change.members.add = stranger,
                    false => change.members.remove = stranger,
                })?
            }
            Self::ExternalId { group, external_id } => change(state, *group, |change| {
                change.external_id = Some((external_id % 2 == 0).then(|| external_id.to_string()));
            })?,
            Self::Rename { group, name } => change(state, *group, |change| {
                change.display_name = Some(NAMES[name % NAMES.len()].to_owned())
            })?,
            Self::GroupRole { group, role } => {
                let roles = role.map(role_name).into_iter().map(str::to_owned).collect();
                change(state, *group, |change| change.roles = Some(roles))?
            }
            Self::DeleteGroup { group } => Command::DeleteGroup {
                group: some_group(state, *group)?.id,
                expected: None,
            },
            Self::CreateRule {
                rule,
                role,
                auto_approve,
                priority,
            } => {
                let mut definition = named_apart(definition(*rule), &rule_names(state));
                definition.role = role.map(|role| role_name(role).parse().unwrap());
                definition.auto_approve = *auto_approve;
                definition.priority = *priority;
                Command::CreateRule { definition }
            }
            Self::DeleteRule { rule } => Command::DeleteRule {
                rule: pick(state.rules().iter(), *rule)?.id,
            },
            Self::ChangeRule {
                rule,
                enabled,
                priority,
            } => {
                let stored = pick(state.rules().iter(), *rule)?;
                let definition = RuleDefinition {
                    enabled: *enabled,
                    priority: *priority,
                    ..stored.rule.definition().clone()
                };
                Command::ChangeRule {
                    rule: stored.id,
                    definition,
                }
            }
            Self::SaveExamples { name } => {
                let example = |name: usize| {
                    let group = NAMES[name % NAMES.len()].to_owned();
                    let decides = state.rules().decide(&group);
                    let rule = decides.map(|(stored, _)| stored.rule.definition().name.clone());
                    Example {
                        group,
                        rule,
                        targets: None,
                        role: None,
                    }
                };
                let as_it_is = state.rules().iter().map(|stored| DraftRule {
                    id: Some(stored.id),
                    definition: stored.rule.definition().clone(),
                });
                Command::SaveRuleSet {
                    rules: as_it_is.collect(),
                    examples: Some(name.map(example).into_iter().collect()),
                }
            }
            Self::SaveRuleSet { rules } => {
                let rule = |(rule, priority): &(usize, i32)| RuleDefinition {
                    priority: *priority,
                    ..definition(*rule)
                };
                let rules = rule_drafts(rules.iter().map(rule));
                Command::SaveRuleSet { rules, examples: None }
            }
            Self::ApplyPlan {
                rules,
                decide,
                min_admins,
            } => apply(plan_draft(state, rules.as_deref(), *decide, *min_admins), world),
            Self::ContinuePlan => Command::ContinuePlan,
            Self::Reconcile { groups, delete_missing } => {
                let name = |(name, members): &(usize, Vec<usize>)| {
                    let picked = members.iter().filter_map(|user| some_user(state, *user));
                    let names = picked.map(|user| user.person.as_ref().unwrap().user_name.clone());
                    (NAMES[name % NAMES.len()].to_owned(), names.collect())
                };
                let groups: Vec<_> = groups.iter().map(name).collect();
                apply(snapshot_draft(state, &groups, *delete_missing), world)
            }
            Self::StopPlan => Command::StopPlan {
                plan: state.plan_run()?.plan,
            },
            Self::CreateEntity {
                entity_type,
                name,
                external_id,
            } => Command::CreateEntity {
                entity_type: EntityType::ALL[entity_type % EntityType::ALL.len()],
                name: NAMES[name % NAMES.len()].to_owned(),
                external_id: external_id.map(|id| id.to_string()),
            },
            Self::DeleteEntity { entity } => Command::DeleteEntity {
                entity: some_entity(state, *entity)?.id,
            },
            Self::Map { group, entity } => Command::CreateMapping {
                group: some_group(state, *group)?.id,
                target: MappingTarget::Entity(some_entity(state, *entity)?.id),
            },
            Self::MapByName {
                group,
                entity_type,
                name,
            } => Command::CreateMapping {
                group: some_group(state, *group)?.id,
                target: MappingTarget::Named {
                    entity_type: EntityType::ALL[entity_type % EntityType::ALL.len()],
                    name: NAMES[name % NAMES.len()].to_owned(),
                },
            },
            Self::Approve { mapping, entity } => {
                let entity = entity.and_then(|entity| some_entity(state, entity));
                Command::ApproveMapping {
                    mapping: pick_mapping_that(state, *mapping, |mapping| !mapping.status.is_approved())?.id,
                    target: entity.map(|entity| MappingTarget::Entity(entity.id)),
                }
            }
            Self::Reject { mapping } => Command::RejectMapping {
                mapping: pick_mapping(state, *mapping)?.id,
            },
            Self::Pause { mapping, paused: true } => Command::PauseMapping {
                mapping: pick_mapping_that(state, *mapping, |mapping| mapping.status.is_approved())?.id,
            },
            Self::Pause { mapping, paused: false } => Command::ResumeMapping {
                mapping: pick_mapping_that(state, *mapping, |mapping| mapping.paused)?.id,
            },
            Self::Resolve {
                conflict,
                incoming,
                everyone,
            } => {
                let conflict = pick(state.conflicts(), *conflict)?;
                let entity = |number| pick(conflict.claimed.iter(), number);
                let incoming = incoming.and_then(entity).map(|entity| state.entity_at(*entity).id);
                Command::ResolveConflict {
                    conflict: conflict.id,
                    keep: incoming.map_or(Keep::Current, |entity| Keep::Incoming(Some(entity))),
                    everyone: *everyone,
                }
            }
            Self::Forget { decision } => Command::ForgetDecision {
                decision: pick(state.decisions().after(None), *decision)?.id,
            },
            Self::Release { hold, user } => {
                let (hold, users) = held_by(state, *hold, *user)?;
                Command::ReleaseHold { hold, users }
            }
            Self::Discard { hold, user } => {
                let (hold, users) = held_by(state, *hold, *user)?;
                Command::DiscardHold { hold, users }
            }
            Self::Give { entity, users } => {
                let users = users.iter().filter_map(|user| some_user(state, *user));
                Command::GiveMembership {
                    entity: some_entity(state, *entity)?.id,
                    users: users.map(|user| user.id).collect(),
                }
            }
            Self::Take { entity, user } => {
                let entity = some_entity(state, *entity)?;
                let members: Vec<_> = entity.members.iter().map(|member| state.user_at(member)).collect();
                Command::TakeMembership {
                    entity: entity.id,
                    user: pick(members.into_iter(), *user)?.id,
                }
            }
            Self::SetException {
                kind,
                user,
                entity,
                role,
                lasts,
            } => {
                let entity = some_entity(state, *entity).map(|entity| ExceptionSubject::Entity(entity.id));
                let role = role.map(|role| ExceptionSubject::Role(role_name(role).parse().unwrap()));
                let now = state.at().milliseconds();
                Command::SetException {
                    exception: ExceptionInput {
                        kind: *kind,
                        user: some_user(state, *user)?.id,
                        subject: role.or(entity)?,
                        reason: "for a test".to_owned(),
                        expires: lasts.map(|lasts| Timestamp::from_milliseconds(now + 1 + lasts)),
                    },
                }
            }
            Self::RemoveException { exception } => Command::RemoveException {
                exception: pick(state.exceptions().after(None), *exception)?.id,
            },
            Self::Tick => Command::Tick,
            _ => Command::ChangeSettings {
                change: self.settings(state)?,
            },
        })
    }
}

fn in_concurrency_group(mut user: UserInput, name: Option<usize>) -> UserInput {
    user.person.concurrency_group = name.map(|name| NAMES[name % NAMES.len()].to_lowercase());
    user
}

fn user_ids(state: &State, users: &[usize]) -> Vec<String> {
    let users = users.iter().filter_map(|user| some_user(state, *user));
    users.map(|user| user.id.to_string()).collect()
}

/// A hold, and one of those whom it holds or nobody in particular.
fn held_by(state: &State, hold: usize, user: Option<usize>) -> Option<(HoldId, Option<Vec<UserId>>)> {
    let hold = pick(state.holds(), hold)?;
    let held: Vec<_> = hold.users().iter().map(|user| state.user_at(user).id).collect();
    Some((hold.id, user.map(|user| vec![held[user % held.len()]])))
}

fn change(state: &State, group: usize, with: impl FnOnce(&mut GroupChange)) -> Option<Command> {
    let group = some_group(state, group)?.id;
    let mut change = GroupChange::default();
    with(&mut change);
    Some(Command::ChangeGroup { group, change })
}
