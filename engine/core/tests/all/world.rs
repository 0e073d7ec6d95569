//! A small organization to tell stories in: users and groups by name, one command a line.

use std::collections::BTreeSet;
use std::iter;

use rolecall_engine::plan::{self, Draft, PlanEffect};
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::state::{Entity, Group, Mapping, StoredRule, User};
use rolecall_engine::{
    Actor, Command, Context, DraftRule, Effect, EntityId, Entry, ExceptionId, ExceptionInput, ExceptionKind,
    ExceptionSubject, Fact, GroupChange, GroupId, GroupIndex, GroupInput, IdSeed, MappingId, MappingIndex,
    MappingStatus, MembersChange, Person, Rejection, RuleId, SettingsChange, State, Timestamp, UserId, UserInput,
    audit, handle,
};

/// An organization with its whole record.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) entries: Vec<Entry>,
    /// Who asks next; the server itself, when nobody is named.
    pub(crate) actor: Option<Actor>,
    commands: u64,
    waited: u64,
}

impl World {
    /// Carries out a command, and checks what holds for every command: the entry is the next one, reads back from its
    /// bytes, replays to the same state and derives again to the same consequences.
    pub(crate) fn run(&mut self, command: &Command) -> Result<Option<Entry>, Rejection> {
        self.commands += 1;
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.commands.to_be_bytes());
        let at = Timestamp::from_milliseconds(1_000_000 + self.commands + self.waited);
        let context = Context {
            at,
            actor: self.actor.unwrap_or(Actor::System),
            seed: IdSeed::new(seed),
        };
        let Some((next, entry)) = handle(&self.state, command, context)? else {
            return Ok(None);
        };
        assert_eq!(entry.position, self.state.position().next());
        assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
        assert_eq!(audit(&self.state, &entry), (next.clone(), None));
        self.state = next;
        self.entries.push(entry.clone());
        Ok(Some(entry))
    }

    /// What a plan would do.
    pub(crate) fn rehearse(&self, draft: &Draft) -> Result<PlanEffect, Rejection> {
        plan::rehearse(
            &self.state,
            draft,
            Timestamp::from_milliseconds(1_000_000 + self.commands),
        )
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.wait_milliseconds(seconds * 1_000);
    }

    /// Lets a little time pass.
    pub(crate) fn wait_milliseconds(&mut self, milliseconds: u64) {
        self.waited += milliseconds;
    }

    /// Carries out a command that has to change something.
    #[track_caller]
    pub(crate) fn done(&mut self, command: &Command) -> Entry {
        self.run(command).expect("accepted").expect("something to change")
    }

    pub(crate) fn user(&mut self, name: &str) -> UserId {
        self.done(&Command::CreateUser {
            connection: None,
            default_entity: None,
            user: user_input(name, true, None),
        });
        self.user_named(name).id
    }

    pub(crate) fn set_user(&mut self, name: &str, active: bool, role: Option<&str>) -> Option<Entry> {
        let user = self.user_named(name).id;
        self.run(&Command::ChangeUser {
            user,
            expected: None,
            to: user_input(name, active, role),
        })
        .unwrap()
    }

    pub(crate) fn delete_user(&mut self, name: &str) -> Entry {
        let user = self.user_named(name).id;
        self.done(&Command::DeleteUser { user, expected: None })
    }

    pub(crate) fn group(&mut self, name: &str, members: &[&str]) -> GroupId {
        self.group_with_roles(name, members, &[])
    }

    pub(crate) fn group_with_roles(&mut self, name: &str, members: &[&str], roles: &[&str]) -> GroupId {
        let members = members
            .iter()
            .map(|member| self.user_named(member).id.to_string())
            .collect();
        self.done(&Command::CreateGroup {
            group: group_input(name, members, roles),
        });
        self.group_named(name).id
    }

    pub(crate) fn change_group(&mut self, name: &str, change: GroupChange) -> Option<Entry> {
        let group = self.group_named(name).id;
        self.run(&Command::ChangeGroup { group, change }).unwrap()
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Entry {
        let change = GroupChange {
            display_name: Some(to.to_owned()),
            ..GroupChange::default()
        };
        self.change_group(from, change).expect("a real rename")
    }

    pub(crate) fn change_members(&mut self, group: &str, members: MembersChange) -> Option<Entry> {
        let change = GroupChange {
            members,
            ..GroupChange::default()
        };
        self.change_group(group, change)
    }

    pub(crate) fn add(&mut self, group: &str, member: &str) -> Option<Entry> {
        let members = MembersChange {
            add: vec![self.user_named(member).id.to_string()],
            ..MembersChange::default()
        };
        self.change_members(group, members)
    }

    pub(crate) fn remove(&mut self, group: &str, member: &str) -> Option<Entry> {
        let remove = vec![self.user_named(member).id.to_string()];
        let members = MembersChange {
            remove,
            ..MembersChange::default()
        };
        self.change_members(group, members)
    }

    pub(crate) fn set_group_roles(&mut self, group: &str, roles: &[&str]) -> Option<Entry> {
        let roles = Some(roles.iter().map(|role| (*role).to_owned()).collect());
        self.change_group(
            group,
            GroupChange {
                roles,
                ..GroupChange::default()
            },
        )
    }

    pub(crate) fn delete_group(&mut self, name: &str) -> Entry {
        let group = self.group_named(name).id;
        self.done(&Command::DeleteGroup { group, expected: None })
    }

    /// Under another name where a rule has it, for stories that tell rules apart by what they match.
    pub(crate) fn rule(&mut self, definition: RuleDefinition) -> RuleId {
        let definition = named_apart(definition, &rule_names(&self.state));
        let entry = self.done(&Command::CreateRule { definition });
        let [Fact::RuleCreated { rule, .. }] = entry.facts.as_slice() else {
            panic!("one rule: {entry:?}")
        };
        *rule
    }

    pub(crate) fn settings(&mut self, change: SettingsChange) -> Entry {
        self.done(&Command::ChangeSettings { change })
    }

    pub(crate) fn entity(&mut self, entity_type: EntityType, name: &str) -> Entity {
        self.done(&Command::CreateEntity {
            entity_type,
            name: name.to_owned(),
            external_id: None,
        });
        self.entity_named(entity_type, name).clone()
    }

    /// Puts a user into an entity by hand.
    pub(crate) fn give(&mut self, entity: EntityId, user: &str) -> Result<Option<Entry>, Rejection> {
        let users = vec![self.user_named(user).id];
        self.run(&Command::GiveMembership { entity, users })
    }

    /// Takes a user out of an entity by hand.
    pub(crate) fn take(&mut self, entity: EntityId, user: &str) -> Result<Option<Entry>, Rejection> {
        let user = self.user_named(user).id;
        self.run(&Command::TakeMembership { entity, user })
    }

    /// Sets an exception that stays until it is removed.
    pub(crate) fn except(
        &mut self,
        kind: ExceptionKind,
        user: &str,
        subject: ExceptionSubject,
    ) -> Result<ExceptionId, Rejection> {
        self.except_until(kind, user, subject, None)
    }

    pub(crate) fn except_until(
        &mut self,
        kind: ExceptionKind,
        user: &str,
        subject: ExceptionSubject,
        expires: Option<Timestamp>,
    ) -> Result<ExceptionId, Rejection> {
        let exception = ExceptionInput {
            kind,
            user: self.user_named(user).id,
            subject: subject.clone(),
            reason: "asked for by the team lead".to_owned(),
            expires,
        };
        let index = self.user_named(user).index;
        self.run(&Command::SetException { exception })?;
        Ok(self.state.exceptions().about(index, &subject).expect("it is set").id)
    }

    pub(crate) fn approve(&mut self, mapping: MappingId) -> Entry {
        self.done(&Command::ApproveMapping { mapping, target: None })
    }

    #[track_caller]
    pub(crate) fn user_named(&self, name: &str) -> &User {
        self.state.user_by_name(name).expect("a user of that name")
    }

    #[track_caller]
    pub(crate) fn group_named(&self, name: &str) -> &Group {
        self.state.group_by_name(name).expect("a group of that name")
    }

    #[track_caller]
    pub(crate) fn entity_named(&self, entity_type: EntityType, name: &str) -> &Entity {
        self.state
            .entities_named(entity_type, name)
            .next()
            .expect("an entity of that name")
    }

    /// The mappings of a group, ended ones included.
    pub(crate) fn mappings(&self, group: &str) -> Vec<Mapping> {
        let group = self
            .state
            .groups_from(GroupIndex::from(0))
            .find(|row| row.display_name == group);
        self.state
            .mappings_of(group.expect("a group of that name"))
            .cloned()
            .collect()
    }

    /// The statuses of all mappings there ever were, each as `type name: status(reason)`.
    pub(crate) fn all_mappings(&self) -> Vec<String> {
        let show = |mapping: &Mapping| {
            let entity = mapping.entity.map(|entity| self.state.entity_at(entity).name.clone());
            let name = entity
                .or_else(|| mapping.name.clone())
                .unwrap_or_else(|| "?".to_owned());
            format!("{} {name}: {}", mapping.entity_type, show_status(mapping.status))
        };
        self.state.mappings_from(MappingIndex::from(0)).map(show).collect()
    }

    /// What a user is in, each as `type name`, in the order of creation.
    pub(crate) fn placed(&self, user: &str) -> Vec<String> {
        let entities = self
            .user_named(user)
            .memberships
            .iter()
            .map(|membership| self.state.entity_at(membership.entity));
        entities
            .map(|entity| format!("{} {}", entity.entity_type, entity.name))
            .collect()
    }

    pub(crate) fn role(&self, user: &str) -> Option<String> {
        self.user_named(user).role.as_ref().map(ToString::to_string)
    }

    /// The causes of the role changes in the last entry.
    pub(crate) fn role_causes(&self) -> Vec<&'static str> {
        let effects = self.entries.last().into_iter().flat_map(|entry| &entry.consequences);
        effects
            .filter_map(|consequence| match &consequence.effect {
                Effect::RoleChanged { cause, .. } => Some(cause.as_str()),
                _ => None,
            })
            .collect()
    }
}

pub(crate) fn show_status(status: MappingStatus) -> String {
    match status.reason() {
        Some(reason) => format!("{}({reason})", status.as_str()),
        None => status.as_str().to_owned(),
    }
}

pub(crate) fn user_input(name: &str, active: bool, role: Option<&str>) -> UserInput {
    let person = Person {
        user_name: name.to_owned(),
        external_id: None,
        display_name: Some(format!("The {name}")),
        emails: vec![format!("{name}@example.com")],
        concurrency_group: None,
        attributes: "{}".to_owned(),
    };
    UserInput {
        person,
        active,
        organization_role: role.map(str::to_owned),
    }
}

pub(crate) fn group_input(name: &str, members: Vec<String>, roles: &[&str]) -> GroupInput {
    GroupInput {
        display_name: name.to_owned(),
        external_id: None,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        extensions: "{}".to_owned(),
        members,
    }
}

pub(crate) fn rule_names(state: &State) -> BTreeSet<String> {
    let name = |stored: &StoredRule| stored.rule.definition().name.clone();
    state.rules().iter().map(name).collect()
}

/// The rule under a name that none of these has: with a number behind it where one does.
pub(crate) fn named_apart(definition: RuleDefinition, taken: &BTreeSet<String>) -> RuleDefinition {
    let numbered = (2..).map(|number| format!("{} {number}", definition.name));
    let mut names = iter::once(definition.name.clone()).chain(numbered);
    let name = names.find(|name| !taken.contains(name)).unwrap();
    RuleDefinition { name, ..definition }
}

/// New rules for a set, each under a name of its own.
pub(crate) fn rule_drafts(definitions: impl IntoIterator<Item = RuleDefinition>) -> Vec<DraftRule> {
    let mut taken = BTreeSet::new();
    let draft = |definition| {
        let definition = named_apart(definition, &taken);
        taken.insert(definition.name.clone());
        DraftRule { id: None, definition }
    };
    definitions.into_iter().map(draft).collect()
}

/// An auto-approving rule for all groups, with one target named like the group.
pub(crate) fn match_all(entity_type: EntityType) -> RuleDefinition {
    RuleDefinition {
        name: "everything".to_owned(),
        matching: Pattern::all(),
        exclude: Vec::new(),
        targets: vec![Target {
            entity_type,
            name: None,
        }],
        role: None,
        auto_approve: true,
        priority: 0,
        enabled: true,
    }
}
