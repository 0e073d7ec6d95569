//! Every shape in which clients change the members of a group, through HTTP.

use serde_json::{Value, json};

use super::world::World;

/// Members before, the operations given the ids of `u0` to `u3`, and the members after, by number.
async fn check(before: &[usize], operations: impl Fn(&[String]) -> Value, after: &[usize]) {
    let world = World::new().await;
    let users = world.users("u", 4).await;
    let named = |numbers: &[usize]| numbers.iter().map(|number| users[*number].clone()).collect::<Vec<_>>();
    let group = world.group("Eng", &named(before)).await;
    let operations = operations(&users);
    world.patch(&group, operations.clone()).await.expect(200);
    assert_eq!(world.members(&group).await, named(after), "{operations}");
    let entries = world.entries();
    world.patch(&group, operations.clone()).await.expect(200);
    assert_eq!(
        world.entries(),
        entries,
        "the second time nothing changes: {operations}"
    );
}

#[tokio::test]
async fn adds_come_in_four_shapes() {
    check(&[0], |u| json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": u[1]}, {"value": u[2], "display": "x"}]}]), &[0, 1, 2]).await;
    check(
        &[0],
        |u| json!([{"op": "add", "value": {"members": [{"value": u[1]}]}}]),
        &[0, 1],
    )
    .await;
    check(
        &[0],
        |u| json!([{"op": "add", "path": "members", "value": {"value": u[1]}}]),
        &[0, 1],
    )
    .await;
    check(
        &[0],
        |u| json!([{"op": "add", "path": "members", "value": u[1]}]),
        &[0, 1],
    )
    .await;
}

#[tokio::test]
async fn removes_come_in_five_shapes() {
    check(
        &[0, 1],
        |u| json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", u[1])}]),
        &[0],
    )
    .await;
    check(
        &[0, 1],
        |u| json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": u[1]}]}]),
        &[0],
    )
    .await;
    check(&[0, 1], |_| json!([{"op": "remove", "path": "members"}]), &[]).await;
    check(
        &[0, 1],
        |_| json!([{"op": "remove", "path": "members", "value": null}]),
        &[],
    )
    .await;
    check(
        &[0, 1, 2],
        |u| json!([{"op": "remove", "path": format!("members[value eq \"{}\" or value eq \"{}\"]", u[0], u[2])}]),
        &[1],
    )
    .await;
    check(
        &[0, 1],
        |u| json!([{"op": "remove", "value": {"members": [{"value": u[0]}]}}]),
        &[1],
    )
    .await;
}

#[tokio::test]
async fn replaces_come_with_and_without_a_path() {
    check(
        &[0, 1],
        |u| json!([{"op": "replace", "path": "members", "value": [{"value": u[1]}, {"value": u[3]}]}]),
        &[1, 3],
    )
    .await;
    check(
        &[0, 1],
        |_| json!([{"op": "replace", "path": "members", "value": []}]),
        &[],
    )
    .await;
    check(
        &[0],
        |u| json!([{"op": "replace", "value": {"members": [{"value": u[2]}], "id": "x", "displayName": "Eng"}}]),
        &[2],
    )
    .await;
}

#[tokio::test]
async fn okta_removes_and_adds_in_one_patch() {
    check(
        &[0, 1],
        |u| {
            json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", u[0])},
                {"op": "add", "path": "members", "value": [{"value": u[2], "display": "x"}]}])
        },
        &[1, 2],
    )
    .await;
}

#[tokio::test]
async fn a_put_replaces_the_members() {
    let world = World::new().await;
    let users = world.users("u", 3).await;
    let group = world.group("Eng", users.get(..2).unwrap()).await;
    let body = json!({"displayName": "Eng", "members": [{"value": users[1], "display": "x"}, {"value": users[2]}]});
    world.put(&group, body).await.expect(200);
    assert_eq!(world.members(&group).await, users.get(1..).unwrap());
}

#[tokio::test]
async fn unknown_ids_are_left_out_and_the_others_are_added() {
    let world = World::new().await;
    let (ana, stranger) = (world.user("ana").await, world.neighbour().await.user("stranger").await);
    let group = world.group("Eng", &[]).await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": stranger}, {"value": "x"}, {"value": ana}]}]);
    world.patch(&group, add).await.expect(200);
    assert_eq!(world.members(&group).await, [ana]);
}

#[tokio::test]
async fn a_member_without_an_id_refuses_the_whole_patch() {
    let world = World::new().await;
    let members = world.users("u", 1).await;
    let group = world.group("Eng", &members).await;
    let operations =
        json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"display": "x"}]}]);
    world
        .patch(&group, operations)
        .await
        .expect_error(400, Some("invalidValue"));
    assert_eq!(world.members(&group).await, members);
}

#[tokio::test]
async fn a_whole_group_names_a_member_once_however_often_it_is_listed() {
    let world = World::new().await;
    let users = world.users("u", 2).await;
    let members = json!([{"value": users[0]}, null, {"value": users[0], "display": "x"}, users[0]]);
    let body = json!({"displayName": "Eng", "members": members});
    let created = world.post("/Groups", body.clone()).await;
    let group = format!("/Groups/{}", created.expect(201)["id"].as_str().unwrap());
    assert_eq!(world.members(&group).await, users[..1]);
    let entries = world.entries();
    world.put(&group, body).await.expect(200);
    assert_eq!(world.entries(), entries);
    for member in [json!({"value": null}), json!({"display": "x"}), json!("")] {
        let body = json!({"displayName": "Eng", "members": [{"value": users[1]}, member]});
        let refused = world.put(&group, body).await;
        refused.expect_error(400, Some("invalidValue"));
    }
    assert_eq!(world.members(&group).await, users[..1]);
}

#[tokio::test]
async fn groups_are_listed_with_their_members_as_they_are_read_one_by_one() {
    let world = World::new().await;
    let users = world.users("u", 3).await;
    let groups = [world.group("Eng", &users).await, world.group("Empty", &[]).await];
    let list = world.get("/Groups").await;
    let list = list.expect(200);
    assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(2), &json!(2)));
    for (group, listed) in groups.iter().zip(list["Resources"].as_array().unwrap()) {
        assert_eq!(world.get(group).await.expect(200), listed);
    }
}
