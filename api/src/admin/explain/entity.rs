//! An entity, explained, in JSON.

use axum::Json;
use rolecall_engine::explain::{self, Contested, EntityExplained, Excluded};
use rolecall_engine::state::{Entity, State};
use rolecall_engine::{EntityId, Rejection};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::FirstView;
use super::mapping::{MappingExplanation, positions};
use super::reading::Cited;
use super::reason_view::EntryRef;
use super::words::{Words, counted};
use crate::admin::entities::{MemberView, first_members};
use crate::admin::id::Id;
use crate::admin::page::Page;
use crate::admin::reference::{EntityRef, GroupRef, UserRef};
use crate::auth::{Caller, Viewer};
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};

/// An entity, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntityExplanation {
    entity: EntityRef,
    /// The entry after which all of this is so.
    position: u64,
    /// The entry that created it or made it known; `null` when there was no time to read it.
    created: Option<EntryRef>,
    created_position: u64,
    /// The group that it belongs to: that of its first approved mapping.
    owner: Option<GroupRef>,
    /// Whether users without a claim go here.
    is_default: bool,
    /// Why it kept its name when its group was renamed last, if it did: `name_taken`, `template` or `shared`.
    rename_skipped: Option<&'static str>,
    member_count: u64,
    /// How many of them no mapping holds.
    unmapped_member_count: u64,
    /// The mappings that are for it, in the order in which they came to be so, without those that are over.
    mappings: FirstView<MappingExplanation>,
    /// The mappings that wait, and are for an entity of its type and name: one of them is for it once it is approved.
    waiting: FirstView<MappingExplanation>,
    /// The first members. `GET .../entities/{entity}/members` goes on with `next`.
    members: Page<MemberView>,
    /// The users who are excluded from it.
    exclusions: FirstView<ExcludedView>,
    /// The open conflicts that it takes part in.
    conflicts: FirstView<ContestedView>,
    /// Who is in it, in one sentence.
    text: String,
}

/// A user who is kept out of the entity, whatever claims it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExcludedView {
    exception_id: Uuid,
    user: UserRef,
}

/// A user whom the entity and another one claim.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContestedView {
    conflict_id: Uuid,
    user: UserRef,
    /// Whether the user is in this entity meanwhile; of an inactive user, whether it would be.
    is_current: bool,
}

/// Explain an entity.
///
/// Who is in it and through what: each of its mappings with the members that it holds, and with what keeps it from being in
/// force; the first members, each with all reasons; who is excluded from it; and the conflicts that it takes part in.
#[utoipa::path(get, path = "/v1/organizations/{organization}/entities/{entity}/explain", tag = "explain",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path)), responses(
    (status = 200, description = "The explanation", body = EntityExplanation),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn entity(caller: Caller<Viewer>, Id(id): Id<EntityId>) -> Result<Json<EntityExplanation>, Problem> {
    let state = caller.state();
    let entity = state.entity(id).ok_or(Rejection::UnknownEntity)?;
    let mappings = u64::try_from(entity.mappings.len()).unwrap_or(u64::MAX);
    let all: u64 = state.counts().mappings.values().sum();
    let conflicts: u64 = state.counts().conflicts.values().sum();
    let exceptions = u64::try_from(state.exceptions().len()).unwrap_or(u64::MAX);
    let known = caller.state();
    let explain = move || known.entity(id).map(|entity| explain::entity(&known, entity));
    // A mapping takes as many steps as the entity has chunks of members; and all are looked at for those that wait.
    let steps = mappings
        .saturating_mul(200)
        .saturating_add(all)
        .saturating_add(conflicts)
        .saturating_add(exceptions);
    let explained = aside::run(caller.organization.long_works(), steps, explain).await?;
    let explained = explained.ok_or(Rejection::UnknownEntity)?;
    let mut wanted = positions(&explained.mappings);
    wanted.append(&mut positions(&explained.waiting));
    wanted.insert(entity.created.position);
    let cited = Cited::read(&caller, wanted, None).await?;
    Ok(Json(EntityExplanation::of(entity, explained, &cited, &state)))
}

impl EntityExplanation {
    fn of(entity: &Entity, explained: EntityExplained, cited: &Cited, state: &State) -> Self {
        let name = Words(state).entity(entity.index);
        let (members, mappings) = (entity.members.len(), explained.mappings.total);
        let unmapped = explained.unmapped_members;
        let waiting = match explained.waiting.total {
            0 => String::new(),
            some => format!(", {some} waiting"),
        };
        let without = match unmapped {
            0 => String::new(),
            some => format!(", {some} without a mapping"),
        };
        Self {
            entity: EntityRef::of(entity),
            position: state.position().get(),
            created: cited
                .at(entity.created.position)
                .map(|found| EntryRef::of(found, state)),
            created_position: entity.created.position.get(),
            owner: explained.owner.map(|group| GroupRef::at(group, state)),
            is_default: explained.is_default,
            rename_skipped: entity.rename_skipped,
            member_count: members,
            unmapped_member_count: unmapped,
            mappings: FirstView::from(explained.mappings.map(|one| MappingExplanation::of(one, cited, state))),
            waiting: FirstView::from(explained.waiting.map(|one| MappingExplanation::of(one, cited, state))),
            members: first_members(entity, state),
            exclusions: FirstView::from(explained.exclusions.map(|one| ExcludedView::of(one, state))),
            conflicts: FirstView::from(explained.conflicts.map(|one| ContestedView::of(one, state))),
            text: format!(
                "{} in {name}{without}; {} for it{waiting}.",
                counted(members, "user"),
                counted(mappings, "mapping")
            ),
        }
    }
}

impl ExcludedView {
    fn of(one: Excluded, state: &State) -> Self {
        Self {
            exception_id: one.exception.uuid(),
            user: UserRef::at(one.user, state),
        }
    }
}

impl ContestedView {
    fn of(one: Contested, state: &State) -> Self {
        Self {
            conflict_id: one.conflict.uuid(),
            user: UserRef::at(one.user, state),
            is_current: one.is_current,
        }
    }
}
