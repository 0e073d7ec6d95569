//! Conflicts: users whom two or more entities claim where only one is possible.

use axum::Json;
use rolecall_engine::state::{Conflict, State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::mapping_view::EntityRef;
use super::page::Page;
use crate::auth::{Caller, Viewer};
use crate::problem::ProblemBody;
use crate::time::Time;

/// An open conflict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConflictView {
    id: Uuid,
    /// `exclusive_group` or `exclusive_sub_organization`.
    #[schema(example = "exclusive_group")]
    kind: &'static str,
    user_id: Uuid,
    /// The entity that the user is in.
    current: EntityRef,
    /// All entities that claim the user, the current one included.
    claimed: Vec<EntityRef>,
    opened_at: Time,
    /// The entry that opened it.
    opened_position: u64,
}

impl ConflictView {
    fn of(conflict: &Conflict, state: &State) -> Self {
        Self {
            id: conflict.id.uuid(),
            kind: conflict.slot.conflict_kind(),
            user_id: state.user_at(conflict.user).id.uuid(),
            current: EntityRef::at(conflict.current, state),
            claimed: conflict
                .claimed
                .iter()
                .map(|entity| EntityRef::at(*entity, state))
                .collect(),
            opened_at: Time(conflict.opened.at),
            opened_position: conflict.opened.position.get(),
        }
    }
}

/// List the open conflicts. One closes by itself when fewer than two claims are left.
#[utoipa::path(get, path = "/v1/organizations/{organization}/conflicts", tag = "conflicts",
    params(("organization" = Uuid, Path)), responses(
    (status = 200, description = "All open conflicts", body = Page<ConflictView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(caller: Caller<Viewer>) -> Json<Page<ConflictView>> {
    let state = caller.state();
    Json(Page::whole(
        state
            .conflicts()
            .map(|conflict| ConflictView::of(conflict, &state))
            .collect(),
    ))
}
