//! What somebody knows of an organization who reads nothing but its record.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_engine::{
    ConflictId, Effect, EntityId, EntityIndex, Entry, Fact, MappingId, MappingIndex, MappingStatus, Slot, State,
    UserIndex,
};

/// Roles, places, mappings, entities and conflicts, as the entries so far say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    roles: BTreeMap<UserIndex, String>,
    places: BTreeSet<(EntityId, UserIndex)>,
    mappings: BTreeMap<MappingId, (MappingStatus, Option<EntityId>)>,
    entities: BTreeMap<EntityId, String>,
    conflicts: BTreeMap<(Slot, UserIndex), (ConflictId, Vec<EntityId>)>,
}

impl Told {
    /// Reads the next entry.
    pub(crate) fn read(&mut self, entry: &Entry) {
        for fact in &entry.facts {
            match fact {
                Fact::EntityRegistered { entity, name, .. } => {
                    self.entities.insert(*entity, name.clone());
                }
                Fact::EntityDeleted { entity } => {
                    self.entities.remove(entity);
                }
                _ => {}
            }
        }
        for consequence in &entry.consequences {
            assert!(
                (consequence.because.fact as usize) < entry.facts.len(),
                "it follows from a fact"
            );
            self.conclude(&consequence.effect);
        }
    }

    fn conclude(&mut self, effect: &Effect) {
        match effect {
            Effect::RoleChanged { users, from, to, .. } => {
                assert_ne!(from, to);
                for user in users.iter() {
                    let was = match to {
                        Some(to) => self.roles.insert(user, to.to_string()),
                        None => self.roles.remove(&user),
                    };
                    assert_eq!(was, from.as_ref().map(ToString::to_string));
                }
            }
            Effect::MembersPlaced { entity, users } => {
                assert!(
                    users.iter().all(|user| self.places.insert((*entity, user))),
                    "placed once"
                );
            }
            Effect::MembersUnplaced { entity, users, .. } => {
                assert!(
                    users.iter().all(|user| self.places.remove(&(*entity, user))),
                    "was there"
                );
            }
            Effect::MappingProposed {
                mapping,
                status,
                entity,
                ..
            } => {
                assert_eq!(self.mappings.insert(*mapping, (*status, *entity)), None);
            }
            Effect::MappingMoved {
                mapping,
                from,
                to,
                entity,
            } => {
                let was = self.mappings.insert(*mapping, (*to, *entity));
                assert_eq!(was.map(|(status, _)| status), Some(*from));
            }
            Effect::EntityCreated { entity, name, .. } => {
                assert_eq!(self.entities.insert(*entity, name.clone()), None);
            }
            Effect::EntityRenamed { entity, from, to } => {
                assert_eq!(self.entities.insert(*entity, to.clone()).as_ref(), Some(from));
            }
            Effect::ConflictsOpened {
                conflicts,
                slot,
                claimed,
                users,
                ..
            } => {
                for user in users.iter() {
                    let conflict = (conflicts.of_user(user), claimed.clone());
                    assert_eq!(self.conflicts.insert((*slot, user), conflict), None);
                }
            }
            Effect::ConflictsClosed { slot, users } => {
                assert!(users.iter().all(|user| self.conflicts.remove(&(*slot, user)).is_some()));
            }
            Effect::ConflictOpened { .. } | Effect::ConflictClosed { .. } => panic!("written no more"),
            _ => {}
        }
    }

    /// The same of a state.
    pub(crate) fn by(state: &State) -> Self {
        let id = |entity: EntityIndex| state.entity_at(entity).id;
        let users = || state.users_from(UserIndex::from(0));
        let roles = users().filter_map(|user| Some((user.index, user.role.as_ref()?.to_string())));
        let places = users().flat_map(|user| user.memberships.iter().map(|place| (id(place.entity), user.index)));
        let mappings = state.mappings_from(MappingIndex::from(0));
        let mappings = mappings.map(|mapping| (mapping.id, (mapping.status, mapping.entity.map(id))));
        let entities = state.entities_from(EntityIndex::from(0));
        let conflicts = state.conflicts().map(|conflict| {
            let claimed = conflict.claimed.iter().map(|entity| id(*entity));
            ((conflict.slot, conflict.user), (conflict.id, claimed.collect()))
        });
        Self {
            roles: roles.collect(),
            places: places.collect(),
            mappings: mappings.collect(),
            entities: entities.map(|entity| (entity.id, entity.name.clone())).collect(),
            conflicts: conflicts.collect(),
        }
    }
}
