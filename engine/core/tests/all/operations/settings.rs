//! The operations on settings.

use rolecall_engine::rules::EntityType;
use rolecall_engine::{AutoApproveCeilingChange, BrakeLimitChange, OnRename, SettingsChange, State};

use super::{Operation, all_entities, pick};

impl Operation {
    /// The change of settings it stands for; `None` when it is about something else.
    pub(super) fn settings(&self, state: &State) -> Option<SettingsChange> {
        let mut change = SettingsChange::default();
        match self {
            Self::DefaultConcurrencyGroup { entity } => {
                let groups = all_entities(state).filter(|entity| entity.entity_type == EntityType::ConcurrencyGroup);
                let entity = entity.and_then(|entity| pick(groups, entity));
                change.default_concurrency_group = Some(entity.map(|entity| entity.id));
            }
            Self::ApplyOnRename { apply } => {
                change.on_rename = Some(if *apply { OnRename::Apply } else { OnRename::Propose });
            }
            Self::OneGroupPerEntity { on } => change.one_group_per_entity = Some(*on),
            Self::Roles { owner, default } => {
                let names = ["guest", "user", "admin", "owner"];
                let roles = names[..3 + usize::from(*owner)].iter();
                change.roles = Some(roles.map(|role| role.parse().unwrap()).collect());
                change.default_role = Some(names[default % 3].parse().unwrap());
            }
            Self::TwoPersons { on } => change.safeguards.two_person_approval = Some(*on),
            Self::Ceiling {
                members,
                highest_role,
                adoption,
            } => {
                change.safeguards.auto_approve_ceiling = AutoApproveCeilingChange {
                    highest_role: Some(*highest_role),
                    max_members: Some(*members),
                    adoption: Some(*adoption),
                };
            }
            Self::NoBrake => change.safeguards.brake.enabled = Some(false),
            Self::Brake {
                scopes,
                min_count,
                max_percent,
            } => {
                let limit = |scope: usize| BrakeLimitChange {
                    enabled: Some(scopes[scope]),
                    min_count: Some(*min_count),
                    max_percent: Some(*max_percent),
                    min_size: Some(0),
                };
                let brake = &mut change.safeguards.brake;
                (brake.organization, brake.highest_role) = (limit(0), limit(1));
                (brake.entity, brake.group_entity) = (limit(2), limit(3));
            }
            Self::Floor { min_admins } => change.safeguards.min_admins = Some(*min_admins),
            _ => return None,
        }
        Some(change)
    }
}
