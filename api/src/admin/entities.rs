//! Entities: the teams, concurrency groups and sub-organizations of the product.

use std::slice;

use axum::Json;
use axum::http::StatusCode;
use rolecall_engine::rules::EntityType;
use rolecall_engine::state::{Entity, State};
use rolecall_engine::{Command, EntityId, Fact, Prevailing, Rejection, UserIndex};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::created::created_in;
use super::described::{AfterIndex, Name, PageLimit};
use super::id::Id;
use super::membership_view::{SourceView, sources_of};
use super::page::{self, Page};
use super::query::Query;
use super::reference::UserRef;
use super::rule_body::TypeWord;
use crate::auth::{Admin, Caller, ConnectionName, Viewer};
use crate::error::ApiError;
use crate::limits::PAGE_ITEMS_DEFAULT;
use crate::organization::aside;
use crate::problem::{Problem, ProblemBody};
use crate::time::Time;

/// What a member in a list takes: the mappings of all groups of the user are gone through.
const STEPS_PER_MEMBER: u64 = 50;

/// An entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntityView {
    id: Uuid,
    r#type: TypeWord,
    name: String,
    /// The product's own id of it.
    external_id: Option<String>,
    member_count: u64,
    /// Why it kept its name when its group was renamed last, if it did: `name_taken`, `template` or `shared`.
    rename_skipped: Option<&'static str>,
    created_at: Time,
}

/// What to make known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEntity {
    r#type: TypeWord,
    #[schema(value_type = Name)]
    name: String,
    /// The product's own id of it, so that the product can join it to its own objects.
    #[schema(value_type = Option<Name>)]
    external_id: Option<String>,
}

/// A user in an entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    user: UserRef,
    since: Time,
    /// The entry that put the user there.
    since_position: u64,
    /// Why.
    sources: Vec<SourceView>,
}

/// Which entities to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntitiesQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<AfterIndex>, inline)]
    after: Option<u32>,
    /// Only entities of this type.
    #[param(inline)]
    r#type: Option<TypeWord>,
    /// Only entities of this name.
    name: Option<String>,
    /// Only entities without members, or only those with some.
    empty: Option<bool>,
}

/// Which members to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersQuery {
    /// How many items a page has, 100 if left out.
    #[param(value_type = Option<PageLimit>, inline)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(value_type = Option<AfterIndex>, inline)]
    after: Option<u32>,
}

impl EntityView {
    fn of(entity: &Entity) -> Self {
        Self {
            id: entity.id.uuid(),
            r#type: entity.entity_type.into(),
            name: entity.name.clone(),
            external_id: entity.external_id.clone(),
            member_count: entity.members.len(),
            rename_skipped: entity.rename_skipped,
            created_at: Time(entity.created.at),
        }
    }
}

impl MemberView {
    fn of(index: UserIndex, entity: &Entity, state: &State) -> Option<Self> {
        let user = state.user_at(index);
        let membership = user
            .memberships
            .iter()
            .find(|membership| membership.entity == entity.index)?;
        Some(Self {
            user: UserRef::of(user),
            since: Time(membership.since.at),
            since_position: membership.since.position.get(),
            sources: sources_of(&Prevailing::of(user, state), entity.index, user, state),
        })
    }
}

/// List the entities.
#[utoipa::path(get, path = "/v1/organizations/{organization}/entities", tag = "entities",
    params(("organization" = Uuid, Path), EntitiesQuery), responses(
    (status = 200, description = "Entities, in the order of their creation", body = Page<EntityView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn list(
    caller: Caller<Viewer>,
    Query(query): Query<EntitiesQuery>,
) -> Result<Json<Page<EntityView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    let (wanted, first) = (query.r#type.map(EntityType::from), page::first(query.after));
    let rows: Box<dyn Iterator<Item = &Entity>> = match &query.name {
        Some(name) => {
            let types = wanted.as_ref().map_or(EntityType::ALL.as_slice(), slice::from_ref);
            Box::new(state.entities_named_from(types, name, first))
        }
        None => {
            let rows = state.entities_from(first);
            Box::new(rows.filter(|entity| wanted.is_none_or(|wanted| wanted == entity.entity_type)))
        }
    };
    let rows = rows.filter(|entity| query.empty.is_none_or(|empty| empty == entity.members.is_empty()));
    let cursor = |entity: &&Entity| u32::from(entity.index).to_string();
    Ok(Json(Page::of(rows, limit, cursor, EntityView::of)))
}

/// Make an entity known.
#[utoipa::path(post, path = "/v1/organizations/{organization}/entities", tag = "entities",
    params(("organization" = Uuid, Path)), request_body = NewEntity, responses(
    (status = 201, description = "The new entity", body = EntityView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn create(
    caller: Caller<Admin>,
    Body(new): Body<NewEntity>,
) -> Result<(StatusCode, Json<EntityView>), Problem> {
    let NewEntity {
        r#type,
        name,
        external_id,
    } = new;
    let submitted = caller
        .submit(Command::CreateEntity {
            entity_type: r#type.into(),
            name,
            external_id,
        })
        .await?;
    let id = created_in(&submitted, |fact| match fact {
        Fact::EntityRegistered { entity, .. } => Some(*entity),
        _ => None,
    })?;
    let entity = submitted.state.entity(id).ok_or(ApiError::Internal)?;
    Ok((StatusCode::CREATED, Json(EntityView::of(entity))))
}

/// Read an entity.
#[utoipa::path(get, path = "/v1/organizations/{organization}/entities/{entity}", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path)), responses(
    (status = 200, description = "The entity", body = EntityView),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn read(caller: Caller<Viewer>, Id(entity): Id<EntityId>) -> Result<Json<EntityView>, Problem> {
    Ok(Json(EntityView::of(
        caller.state().entity(entity).ok_or(Rejection::UnknownEntity)?,
    )))
}

/// Delete an entity. Mappings to it wait for another one. A default entity is not deleted.
#[utoipa::path(delete, path = "/v1/organizations/{organization}/entities/{entity}", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn delete(caller: Caller<Admin>, Id(entity): Id<EntityId>) -> Result<StatusCode, Problem> {
    let registry = caller.registry.head();
    let mut connections = registry.registry().connections(caller.id());
    if let Some(connection) = connections.find(|connection| connection.settings.default_entity == Some(entity)) {
        return Err(ApiError::EntityIsConnectionDefault(ConnectionName(connection.id)).into());
    }
    caller.submit(Command::DeleteEntity { entity }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the members of an entity.
#[utoipa::path(get, path = "/v1/organizations/{organization}/entities/{entity}/members", tag = "entities",
    params(("organization" = Uuid, Path), ("entity" = Uuid, Path), MembersQuery), responses(
    (status = 200, description = "Members, in the order of the creation of the users", body = Page<MemberView>),
    (status = "4XX", description = "Refused", body = ProblemBody),
))]
pub(crate) async fn members(
    caller: Caller<Viewer>,
    Id(entity): Id<EntityId>,
    Query(query): Query<MembersQuery>,
) -> Result<Json<Page<MemberView>>, Problem> {
    let (state, limit) = (caller.state(), page::limit(query.limit)?);
    state.entity(entity).ok_or(Rejection::UnknownEntity)?;
    let page = move || {
        let entity = state.entity(entity)?;
        Some(members_after(entity, query.after, limit, &state))
    };
    let steps = page::steps(limit, STEPS_PER_MEMBER);
    let page = aside::run(caller.organization.long_works(), steps, page).await?;
    Ok(Json(page.ok_or(Rejection::UnknownEntity)?))
}

/// The first page of the members of an entity.
pub(super) fn first_members(entity: &Entity, state: &State) -> Page<MemberView> {
    members_after(entity, None, PAGE_ITEMS_DEFAULT, state)
}

fn members_after(entity: &Entity, after: Option<u32>, limit: usize, state: &State) -> Page<MemberView> {
    let indexes = entity.members.iter_after(after.map(UserIndex::from));
    let rows = indexes.filter_map(|index| Some((index, MemberView::of(index, entity, state)?)));
    let cursor = |(index, _): &(UserIndex, MemberView)| u32::from(*index).to_string();
    Page::of(rows, limit, cursor, |(_, member)| member)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_server::TestServer;

    /// Ids of all entities that are listed, by pages of this many.
    async fn listed(server: &TestServer, list: &str, token: &str, limit: usize) -> Vec<Value> {
        let (mut ids, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!("{list}&limit={limit}{next}");
            let page = server.json("GET", &path, token, Value::Null).await.expect(200);
            ids.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entity| entity["id"].clone()),
            );
            match page["next"].as_str() {
                Some(after) => next = format!("&after={after}"),
                None => return ids,
            }
        }
    }

    #[tokio::test]
    async fn a_name_finds_the_entities_of_all_types_in_the_order_of_their_creation() {
        let server = TestServer::start().await;
        let (ours, admin) = server.organization("ours").await;
        let entities = format!("{ours}/entities");
        let mut ids = Vec::new();
        for (entity_type, name) in [
            ("sub_organization", "Berlin"),
            ("team", "Hamburg"),
            ("team", "Berlin"),
            ("concurrency_group", "Berlin"),
            ("concurrency_group", "Hamburg"),
        ] {
            let new = json!({"type": entity_type, "name": name});
            let created = server.json("POST", &entities, &admin, new).await.expect(201);
            ids.push(created["id"].clone());
        }
        let [sub_organization, _, team, group, _] = ids.as_slice() else {
            unreachable!("five were made")
        };
        let berlin = format!("{entities}?name=%20bErlin");
        for limit in [1, 2, 1000] {
            let found = listed(&server, &berlin, &admin, limit).await;
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                [sub_organization, team, group],
                "{limit}"
            );
        }
        let teams = format!("{berlin}&type=team");
        assert_eq!(listed(&server, &teams, &admin, 1).await, std::slice::from_ref(team));
        let gone = format!("{entities}/{}", team.as_str().unwrap());
        server.json("DELETE", &gone, &admin, Value::Null).await.expect(204);
        assert!(listed(&server, &teams, &admin, 1).await.is_empty());
        assert!(
            listed(&server, &format!("{entities}?name=Bremen"), &admin, 1)
                .await
                .is_empty()
        );
    }
}
