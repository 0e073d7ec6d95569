//! What brakes and the floor of administrators keep, from the record alone (SEMANTICS 7.3).

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::rules::EntityType;
use rolecall_engine::state::User;
use rolecall_engine::{Effect, EntityId, EntityIndex, Entry, Fact, HoldId, UserIndex};

use super::Known;

/// What a hold keeps, as the record has it.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(super) role: Option<String>,
    pub(super) users: BTreeSet<(Option<EntityId>, UserIndex)>,
}

/// What each open hold keeps.
pub(crate) type Held = BTreeMap<HoldId, Kept>;

/// What is held, from the record alone.
pub(crate) fn held(record: &[Entry]) -> Held {
    let mut held = Held::new();
    for entry in record {
        for fact in &entry.facts {
            if let Fact::HoldReleased { hold, users } | Fact::HoldDiscarded { hold, users } = fact {
                let kept = &mut held.get_mut(hold).unwrap().users;
                kept.retain(|(_, user)| users.as_ref().is_some_and(|users| !users.contains(*user)));
            }
        }
        for consequence in &entry.consequences {
            match &consequence.effect {
                Effect::HoldOpened { hold, role, .. } => {
                    let role = role.as_ref().map(ToString::to_string);
                    let kept = Kept {
                        role,
                        users: BTreeSet::new(),
                    };
                    assert!(held.insert(*hold, kept).is_none(), "opened once");
                }
                Effect::HoldGrew { hold, entity, users } => {
                    let kept = &mut held.get_mut(hold).unwrap().users;
                    let new = users.iter().all(|user| kept.insert((*entity, user)));
                    assert!(new && !users.is_empty(), "held once");
                }
                Effect::HoldShrank { hold, entity, users } => {
                    let kept = &mut held.get_mut(hold).unwrap().users;
                    let was = users.iter().all(|user| kept.remove(&(*entity, user)));
                    assert!(was && !users.is_empty(), "let go once");
                }
                Effect::HoldClosed { hold, .. } => {
                    assert!(held.remove(hold).unwrap().users.is_empty(), "closed when empty");
                }
                _ => {}
            }
        }
    }
    held
}

/// The entities of a type that holds keep a user in.
pub(super) fn held_in(known: &Known<'_>, user: &User, entity_type: EntityType) -> BTreeSet<EntityIndex> {
    let state = known.state;
    let all = known
        .held
        .values()
        .flat_map(|hold| &hold.users)
        .filter(|(_, held)| *held == user.index);
    let entities = all.filter_map(|(entity, _)| state.entity((*entity)?));
    let of_type = entities.filter(|entity| entity.entity_type == entity_type);
    of_type.map(|entity| entity.index).collect()
}

/// The holds of the state are those of the record, and hold nobody who is gone.
pub(super) fn check(known: &Known<'_>) {
    let Known { state, held, .. } = known;
    let open: BTreeSet<HoldId> = state.holds().map(|hold| hold.id).collect();
    assert_eq!(open, held.keys().copied().collect());
    let mut changes = BTreeMap::new();
    for hold in state.holds() {
        let id = |entity: Option<EntityIndex>| entity.map(|entity| state.entity_at(entity).id);
        let all = hold.held_after(None).map(|(entity, user)| (id(entity), user));
        let all: BTreeSet<_> = all.collect();
        assert_eq!(all, held[&hold.id].users);
        assert!(!all.is_empty(), "an open hold holds somebody");
        assert_eq!(hold.changes, u64::try_from(all.len()).unwrap());
        *changes.entry(hold.scope.kind()).or_insert(0) += hold.changes;
        for (entity, user) in all {
            assert!(state.user_at(user).active && !state.user_at(user).deleted);
            assert!(entity.is_none_or(|entity| state.entity(entity).is_some()));
        }
    }
    let counted: BTreeMap<&str, u64> = state
        .counts()
        .held
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .collect();
    assert_eq!(counted, changes);
}
