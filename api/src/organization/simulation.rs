//! Organizations on a log that fails by seed: whatever was answered for is kept, and nothing happens twice.
//!
//! Several clients change groups of their own at the same time, through the supervisor, while appends are lost, are kept
//! but not answered for, and reads fail. Each client does what a provider does: it tries again until it has an answer.
//! Time is simulated, so waiting for a reload takes none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rolecall_engine::registry::RegistryCommand;
use rolecall_engine::rules::{EntityType, Pattern, RuleDefinition, Target};
use rolecall_engine::{
    Actor, Command, DraftRule, Fact, GroupChange, GroupId, GroupInput, MembersChange, OrganizationId, Person, Position,
    State, UserId, UserInput,
};
use rolecall_eventlog::{EventLog, Faults, FaultyLog, MemoryLog};

use super::Submitted;
use crate::config::RequestsPerSecond;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::replay;
use crate::supervisor::Supervisor;

const CLIENTS: usize = 4;
const USERS: usize = 6;
const STEPS: usize = 60;
const FAULTS: Faults = Faults {
    append_lost: 60,
    append_unanswered: 60,
    read: 20,
};

/// A client with its group, and what it was told of it.
struct Client {
    supervisor: Arc<Supervisor>,
    organization: OrganizationId,
    group: GroupId,
    users: Vec<UserId>,
    random: u64,
    members: BTreeSet<UserId>,
    /// Where its accepted changes are on the record.
    positions: Vec<Position>,
}

impl Client {
    async fn run(mut self) -> Self {
        for _ in 0..STEPS {
            let user = self.draw(USERS);
            let user = self.users[user];
            let add = self.draw(2) == 0;
            let ids = |wanted: bool| if wanted { vec![user.to_string()] } else { Vec::new() };
            let members = MembersChange {
                replace: false,
                add: ids(add),
                remove: ids(!add),
            };
            let change = GroupChange {
                members,
                ..GroupChange::default()
            };
            let group = self.group;
            let submitted = submit(
                &self.supervisor,
                self.organization,
                Command::ChangeGroup { group, change },
            )
            .await;
            if add {
                self.members.insert(user);
            } else {
                self.members.remove(&user);
            }
            self.positions
                .extend(submitted.entry.iter().map(|entry| entry.position));
            assert_eq!(
                members_of(&submitted.state, group),
                self.members,
                "whoever wrote reads what was written"
            );
        }
        self
    }

    /// A number below `below`; the upper bits of a linear congruential generator (Knuth, MMIX).
    fn draw(&mut self, below: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap() % below
    }
}

/// Has a command carried out, as often as it takes: after a failure nobody knows whether it was.
async fn submit(supervisor: &Arc<Supervisor>, id: OrganizationId, command: Command) -> Submitted {
    loop {
        let answer = match supervisor.get(id) {
            Ok(organization) => organization.submit(command.clone(), Actor::Root).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(submitted) => return submitted,
            Err(ApiError::Unavailable | ApiError::Log(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(refused) => panic!("{refused}"),
        }
    }
}

fn members_of(state: &State, group: GroupId) -> BTreeSet<UserId> {
    let members = state.group(group).unwrap().members.iter();
    members.map(|index| state.user_at(index).id).collect()
}

/// Reads the record as an event stream does, page by page from a cursor of its own, until it has seen `end`.
async fn follow(
    supervisor: Arc<Supervisor>,
    id: OrganizationId,
    end: tokio::sync::watch::Receiver<Option<Position>>,
) -> Vec<Position> {
    let mut seen = Vec::new();
    loop {
        let cursor = seen.last().copied().unwrap_or(Position::START);
        let last = *end.borrow();
        if last.is_some_and(|last| cursor >= last) {
            return seen;
        }
        if let Ok(organization) = supervisor.get(id)
            && let Ok((_, entries)) = organization.read(cursor, 3).await
        {
            seen.extend(entries.iter().map(|entry| entry.position));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A new organization.
pub(super) async fn organization(supervisor: &Arc<Supervisor>) -> OrganizationId {
    loop {
        let create = Command::Registry(RegistryCommand::CreateOrganization { name: "a".to_owned() });
        if let Ok(registry) = supervisor.registry()
            && let Ok(submitted) = registry.submit(create, Actor::Root).await
        {
            return submitted.state.registry().organizations().last().unwrap().id;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn prepare(supervisor: &Arc<Supervisor>, id: OrganizationId, seed: u64) -> Vec<Client> {
    let definition = RuleDefinition {
        name: "teams".to_owned(),
        matching: Pattern::all(),
        exclude: Vec::new(),
        targets: vec![Target {
            entity_type: EntityType::Team,
            name: None,
        }],
        role: None,
        auto_approve: true,
        priority: 0,
        enabled: true,
    };
    let (rules, examples) = (vec![DraftRule { id: None, definition }], None);
    submit(supervisor, id, Command::SaveRuleSet { rules, examples }).await;
    let mut users = Vec::new();
    for number in 0..USERS {
        // A name may be taken by an attempt whose outcome was unknown, so each attempt has its own.
        users.push(create_user(supervisor, id, number).await);
    }
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(Client {
            supervisor: Arc::clone(supervisor),
            organization: id,
            group: create_group(supervisor, id, number).await,
            users: users.clone(),
            random: seed.wrapping_mul(31).wrapping_add(u64::try_from(number).unwrap()),
            members: BTreeSet::new(),
            positions: Vec::new(),
        });
    }
    clients
}

/// A new user.
pub(super) async fn create_user(supervisor: &Arc<Supervisor>, id: OrganizationId, number: usize) -> UserId {
    for attempt in 0.. {
        let name = format!("user-{number}-{attempt}");
        let person = Person {
            user_name: name,
            external_id: None,
            display_name: None,
            emails: Vec::new(),
            concurrency_group: None,
            attributes: "{}".to_owned(),
        };
        let user = UserInput {
            person,
            active: true,
            organization_role: None,
        };
        if let Some(Fact::UserCreated { user, .. }) = first_fact(
            supervisor,
            id,
            Command::CreateUser {
                connection: None,
                default_entity: None,
                user,
            },
        )
        .await
        {
            return user;
        }
    }
    unreachable!("attempts never end")
}

async fn create_group(supervisor: &Arc<Supervisor>, id: OrganizationId, number: usize) -> GroupId {
    for attempt in 0.. {
        let group = GroupInput {
            display_name: format!("group-{number}-{attempt}"),
            external_id: None,
            roles: Vec::new(),
            extensions: "{}".to_owned(),
            members: Vec::new(),
        };
        if let Some(Fact::GroupCreated { group, .. }) = first_fact(supervisor, id, Command::CreateGroup { group }).await
        {
            return group;
        }
    }
    unreachable!("attempts never end")
}

/// The first fact of an accepted command; `None` when the outcome is unknown.
async fn first_fact(supervisor: &Arc<Supervisor>, id: OrganizationId, command: Command) -> Option<Fact> {
    let organization = loop {
        match supervisor.get(id) {
            Ok(organization) => break organization,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let submitted = organization.submit(command, Actor::Root).await.ok()?;
    submitted.entry?.facts.first().cloned()
}

async fn simulate(seed: u64) {
    // Starting is not what is simulated here: the log fails from the first command on.
    let log = Arc::new(FaultyLog::new(MemoryLog::new(), seed, FAULTS));
    let started = Supervisor::start(
        Arc::clone(&log) as Arc<dyn EventLog>,
        Arc::new(Metrics::new()),
        RequestsPerSecond::UNLIMITED,
    )
    .await;
    let Ok(supervisor) = started else { return };
    let id = organization(&supervisor).await;
    let clients = prepare(&supervisor, id, seed).await;
    let (tell_end, end) = tokio::sync::watch::channel(None);
    let reader = tokio::spawn(follow(Arc::clone(&supervisor), id, end));
    let mut running = Vec::new();
    for client in clients {
        running.push(tokio::spawn(client.run()));
    }
    let mut positions = Vec::new();
    let mut expected = Vec::new();
    for client in running {
        let client = client.await.unwrap();
        positions.extend(client.positions);
        expected.push((client.group, client.members));
    }

    let recorded = replay::load(log.inner(), id).unwrap();
    for (group, members) in expected {
        assert_eq!(
            members_of(&recorded, group),
            members,
            "seed {seed}: what was answered for is on the record"
        );
    }
    let distinct: BTreeSet<Position> = positions.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        positions.len(),
        "seed {seed}: no entry answers two commands"
    );
    tell_end.send_replace(Some(recorded.position()));
    let seen = reader.await.unwrap();
    let all: Vec<Position> = (1..=recorded.position().get()).map(Position::new).collect();
    assert_eq!(seen, all, "seed {seed}: a reader sees every entry once, in order");
    let audited = replay::verify(log.inner(), id, |_| {}).unwrap();
    assert_eq!(audited.differing, 0, "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn nothing_answered_for_is_lost_and_nothing_is_seen_twice() {
    for seed in 0..40 {
        simulate(seed).await;
    }
}
