//! Which of the claims on a user prevail: those of one side, and of them one for each slot (SEMANTICS 6.2 and 6.3).
//!
//! Claims are looked at as if the user were active, so that what is contested stays as it is while a user is away.

use std::collections::BTreeMap;

use crate::claims::{UnmappedSource, approval, claimants, claimed_entities, pinned, unmapped};
use crate::id::{ConflictId, EntityIndex, MappingIndex};
use crate::invariant::known;
use crate::mapping::Slot;
use crate::side::Side;
use crate::state::{Mapping, State, User};

/// Entities that are claimed for a user, each with the mapping that was approved first.
pub(crate) type Claimed = BTreeMap<EntityIndex, MappingIndex>;

/// The claims on a user that prevail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prevailing {
    /// The entities that the user is in by a claim, while it is active and not pinned to another one of the slot, each with the
    /// mapping that was approved first.
    pub entities: BTreeMap<EntityIndex, MappingIndex>,
    /// The slots with more claims than they can hold.
    pub(crate) contested: BTreeMap<Slot, Contested>,
}

/// A slot with more claims than it can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contested {
    /// All entities with a claim, in order of their index.
    pub(crate) claimed: Vec<EntityIndex>,
    /// The one that prevails; between two sides, one of the side that prevails.
    pub(crate) current: EntityIndex,
    /// The decision that says so; `None`: a conflict is open.
    pub(crate) decided: Option<ConflictId>,
}

impl Prevailing {
    /// What prevails in a state in which nothing is left to conclude.
    pub fn of(user: &User, state: &State) -> Self {
        let open = || {
            let conflicts = Slot::ALL
                .into_iter()
                .filter_map(|slot| state.conflict(slot, user.index));
            conflicts.map(|conflict| conflict.current).collect()
        };
        Self::among(&claimed_entities(user, state), open, user, state)
    }

    /// What prevails among these claims, where these entities prevailed before.
    pub(crate) fn among(
        claimed: &Claimed,
        incumbents: impl FnOnce() -> Vec<EntityIndex>,
        user: &User,
        state: &State,
    ) -> Self {
        let mut prevailing = Self::default();
        let mut incumbents = if is_contested(claimed, state) {
            incumbents()
        } else {
            Vec::new()
        };
        let mut in_force = claimed.clone();
        if is_on_both_sides(claimed, state) {
            let side = incumbents.first().map(|entity| state.entity_at(*entity).side());
            let stays = |entity| Some(state.entity_at(entity).side()) == side;
            let contested = contest(Slot::CrossType, claimed, stays, user, state);
            let side = state.entity_at(contested.current).side();
            in_force.retain(|entity, _| state.entity_at(*entity).side() == side);
            // Who decided for a side by one of its entities has named that one where nothing else speaks.
            incumbents.push(contested.current);
            prevailing.contested.insert(Slot::CrossType, contested);
        }
        for slot in Slot::OF_ENTITIES {
            let of_slot = in_slot(slot, &in_force, state);
            if of_slot.len() < 2 {
                continue;
            }
            let incumbent = incumbents.iter().find(|entity| of_slot.contains_key(entity));
            let contested = contest(slot, &of_slot, |entity| Some(&entity) == incumbent, user, state);
            // A pin decides, so there is nothing left to be decided.
            let pin = pinned(state, user, Some(slot)).next().map(|(entity, _)| entity);
            let prevails = pin.filter(|entity| of_slot.contains_key(entity));
            let prevails = prevails.unwrap_or(contested.current);
            in_force.retain(|entity, _| *entity == prevails || !of_slot.contains_key(entity));
            if pin.is_none() {
                prevailing.contested.insert(slot, contested);
            }
        }
        prevailing.entities = in_force;
        prevailing
    }

    /// The mappings that hold the user in an entity, in the order of their creation. One whose claim does not prevail is none.
    pub fn sources<'a>(
        &self,
        entity: EntityIndex,
        user: &'a User,
        state: &'a State,
    ) -> impl Iterator<Item = &'a Mapping> + use<'a> {
        let prevails = self.entities.contains_key(&entity);
        claimants(state, user, entity).filter(move |_| prevails)
    }

    /// The reasons for the user to be in an entity that are no mappings. In a slot an attribute or a default is one only where
    /// nothing counts more.
    pub fn unmapped_sources(&self, entity: EntityIndex, user: &User, state: &State) -> Vec<UnmappedSource> {
        let slot = state.entity_at(entity).slot();
        let mut pins = pinned(state, user, slot);
        let pin = pins.find(|(other, _)| *other == entity).map(|(_, pin)| pin);
        let outranked = pin.is_some() || self.entities.contains_key(&entity);
        let others = unmapped(state, user, slot).enumerate();
        let others = others.filter(|(place, (other, source))| {
            let counts = slot.is_none() || (*place == 0 && !outranked);
            *other == entity && (counts || *source == UnmappedSource::Manual)
        });
        pin.map(UnmappedSource::Pin)
            .into_iter()
            .chain(others.map(|(_, (_, source))| source))
            .collect()
    }

    /// What keeps a claimed entity from prevailing: the other side first, then another entity of its slot.
    pub(crate) fn kept_from(&self, entity: EntityIndex, state: &State) -> Option<(Slot, &Contested)> {
        let across = self.contested.get(&Slot::CrossType);
        let across =
            across.filter(|contested| state.entity_at(contested.current).side() != state.entity_at(entity).side());
        let of_slot = || {
            let slot = state.entity_at(entity).slot()?;
            let contested = self.contested.get(&slot)?;
            (contested.current != entity).then_some((slot, contested))
        };
        across.map(|contested| (Slot::CrossType, contested)).or_else(of_slot)
    }
}

/// Which of these claims prevails: as decided, else one that stays, else any; of several the one that was approved first.
fn contest(
    slot: Slot,
    claimed: &Claimed,
    stays: impl Fn(EntityIndex) -> bool,
    user: &User,
    state: &State,
) -> Contested {
    let set: Vec<EntityIndex> = claimed.keys().copied().collect();
    let decision = state.decisions().on(slot, user.index, &set);
    let order =
        |(entity, mapping): &(&EntityIndex, &MappingIndex)| (!stays(**entity), approval(state.mapping_at(**mapping)));
    let first = claimed.iter().min_by_key(order).map(|(entity, _)| *entity);
    let chosen = decision.map(|decision| decision.chosen).or(first);
    Contested {
        current: known(chosen, "claim to a contested slot"),
        claimed: set,
        decided: decision.map(|decision| decision.id),
    }
}

fn is_contested(claimed: &Claimed, state: &State) -> bool {
    let full = |slot: Slot| in_slot(slot, claimed, state).len() > 1;
    is_on_both_sides(claimed, state) || Slot::OF_ENTITIES.into_iter().any(full)
}

fn is_on_both_sides(claimed: &Claimed, state: &State) -> bool {
    let on = |side| claimed.keys().any(|entity| state.entity_at(*entity).side() == side);
    on(Side::SubOrganization) && on(Side::Teams)
}

fn in_slot(slot: Slot, claimed: &Claimed, state: &State) -> Claimed {
    let of_slot = |entity: &EntityIndex| state.entity_at(*entity).slot() == Some(slot);
    claimed
        .iter()
        .filter(|(entity, _)| of_slot(entity))
        .map(|(entity, mapping)| (*entity, *mapping))
        .collect()
}
