//! What tells a plan apart from others, and how much memory it takes.

use super::{Draft, GroupDrift, PlanEffect};
use crate::codec;
use crate::position::Position;
use crate::user_set::UserSet;

/// Bytes of a plan beside all that it lists.
const PLAN_BYTES: usize = 1024;
const _: () = assert!(
    size_of::<Draft>() + size_of::<PlanEffect>() < PLAN_BYTES * 3 / 4,
    "there is room for who made it, when, and where it is kept"
);
/// Bytes of a row of a draft or an effect beyond those of its encoding, without sets. Measured: 60 to 125, and up to twice that
/// where a row names both a group and an entity, so that such a row counts as two.
const ROW_BYTES: u64 = 128;
/// Bytes of a chunk of a set of users beyond those of its encoding. Measured: 540 for the first, 280 for further ones.
const CHUNK_BYTES: u64 = 544;

/// A plan as it is told apart and weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMeasure {
    /// A hash over the position it was made at, what it changes, and the effect.
    pub hash: String,
    /// The bytes of memory that draft and effect take, at most about.
    pub bytes: u64,
}

/// Measures a plan. Takes time in what it changes, and for that time memory for its encoding.
pub fn measure(position: Position, draft: &Draft, effect: &PlanEffect) -> PlanMeasure {
    let encoded = codec::encode(&(position, draft, effect));
    let (rows, chunks) = (rows_of_draft(draft) + rows(effect), chunks(draft, effect));
    PlanMeasure {
        hash: blake3::hash(&encoded).to_hex().to_string(),
        bytes: (PLAN_BYTES + encoded.len()) as u64 + rows as u64 * ROW_BYTES + chunks as u64 * CHUNK_BYTES,
    }
}

fn rows_of_draft(draft: &Draft) -> usize {
    let rules = draft.rules.as_ref().map_or(0, Vec::len);
    let examples = draft.examples.as_ref().map_or(0, Vec::len);
    rules + examples + draft.mappings.len() + draft.exceptions.len() + draft.drift.len()
}

fn rows(effect: &PlanEffect) -> usize {
    let claimed = effect.conflicts.iter().map(|conflict| conflict.claimed.len());
    let of_one = effect.groups.len() + effect.entities.len() + effect.members.len();
    let of_both = effect.mappings.len() + effect.holds.len();
    of_one + 2 * of_both + effect.roles.len() + effect.conflicts.len() + claimed.sum::<usize>()
}

fn chunks(draft: &Draft, effect: &PlanEffect) -> usize {
    let drift = draft.drift.iter().flat_map(|drift| match drift {
        GroupDrift::Missing { members, .. } => [Some(members), None],
        GroupDrift::Differs { added, removed, .. } => [Some(added), Some(removed)],
        GroupDrift::Surplus { .. } => [None, None],
    });
    let groups = effect.groups.iter().flat_map(|group| [&group.added, &group.removed]);
    let members = effect.members.iter();
    let members = members.flat_map(|members| [&members.added, &members.removed]);
    let roles = effect.roles.iter().map(|role| &role.users);
    let conflicts = effect.conflicts.iter();
    let conflicts = conflicts.flat_map(|conflict| [&conflict.opened, &conflict.closed]);
    let sets = groups
        .chain(members)
        .chain(roles)
        .chain(conflicts)
        .chain(drift.flatten());
    sets.map(UserSet::chunks).sum()
}

#[cfg(test)]
mod tests {
    use rolecall_rules::EntityType;
    use uuid::Uuid;

    use super::super::{EntityName, GroupName, HoldEffect, MappingEffect, MembersEffect};
    use super::*;
    use crate::id::{GroupId, UserIndex};
    use crate::mapping::MappingStatus;

    fn bytes(effect: &PlanEffect) -> u64 {
        measure(Position::START, &Draft::default(), effect).bytes
    }

    fn members(rows: usize, users: &[u32]) -> PlanEffect {
        let entity = EntityName {
            entity_type: EntityType::Team,
            name: Some("engineering".to_owned()),
            entity: None,
        };
        let row = MembersEffect {
            entity,
            added: users.iter().copied().map(UserIndex::from).collect(),
            removed: UserSet::default(),
        };
        PlanEffect {
            members: vec![row; rows],
            ..PlanEffect::default()
        }
    }

    #[test]
    fn a_plan_weighs_what_its_rows_its_users_and_its_names_take() {
        let (nobody, one) = (bytes(&members(100, &[])), bytes(&members(100, &[7])));
        // As measured with an allocator that counts: 120 bytes a row, and 664 with one user.
        assert!((12_000..24_000).contains(&nobody), "{nobody}");
        assert!((66_400..80_000).contains(&one), "{one}");
        // Users of one chunk are a few bytes each; each further chunk is a set of its own.
        let (many, spread) = (
            bytes(&members(100, &[7, 8, 9])),
            bytes(&members(100, &[7, 1 << 16, 2 << 16])),
        );
        assert!(
            many < one + 1_000 && spread > one + 2 * 100 * CHUNK_BYTES,
            "{many} {spread}"
        );
        let mut named = members(100, &[]);
        named
            .members
            .iter_mut()
            .for_each(|row| row.entity.name = Some("x".repeat(1_000)));
        assert!(bytes(&named) > nobody + 98_000);
    }

    #[test]
    fn a_row_that_names_a_group_and_an_entity_weighs_what_both_take() {
        let group = GroupName {
            display_name: "engineering-berlin".to_owned(),
            group: Some(GroupId::new(Uuid::nil())),
        };
        let entity = EntityName {
            entity_type: EntityType::Team,
            name: Some("engineering-berlin".to_owned()),
            entity: None,
        };
        let mapping = MappingEffect {
            mapping: None,
            group: group.clone(),
            entity: entity.clone(),
            rule: Some("teams".to_owned()),
            from: None,
            to: MappingStatus::AutoApproved,
            paused: false,
            role: Some("admin".parse().unwrap()),
        };
        let hold = HoldEffect {
            kind: "group_entity",
            entity: Some(entity),
            group: Some(group),
            before: 1,
            after: 2,
        };
        let mappings = bytes(&PlanEffect {
            mappings: vec![mapping; 100],
            ..PlanEffect::default()
        });
        let holds = bytes(&PlanEffect {
            holds: vec![hold; 100],
            ..PlanEffect::default()
        });
        // As measured with an allocator that counts: 296 bytes, and 192.
        assert!((29_600..40_000).contains(&mappings), "{mappings}");
        assert!((19_200..40_000).contains(&holds), "{holds}");
    }

    #[test]
    fn what_a_draft_says_weighs_too() {
        let surplus = GroupDrift::Missing {
            display_name: "eng".to_owned(),
            external_id: None,
            members: UserSet::of(UserIndex::from(7)),
        };
        let draft = Draft {
            drift: vec![surplus; 100],
            ..Draft::default()
        };
        let weighed = measure(Position::START, &draft, &PlanEffect::default());
        assert!(weighed.bytes > 100 * (ROW_BYTES + CHUNK_BYTES), "{weighed:?}");
        // Nothing is not for nothing: there may be many plans.
        assert!(bytes(&PlanEffect::default()) >= 1_024);
    }
}
