//! The endpoint against a model of SCIM that is as plain as the text of RFC 7643 and RFC 7644.
//!
//! `operation` says what may be asked, `generate` draws it, `naive` and `attributes` know what has to come of it, and
//! `comparison` does it in both and compares all that a client can read.

mod asking;
mod attributes;
mod comparison;
mod difference;
mod generate;
mod naive;
mod operation;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::world::World;

use self::comparison::{Pair, without_meta};
use self::difference::{Style, difference};
use self::generate::{
    faulty_change, faulty_group_change, operations, valid_changes, valid_group_body, valid_group_changes,
    valid_user_body,
};
use self::operation::{Operation, Pick};

/// Runs one case to its end.
fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(case);
}

async fn after(operations: &[Operation]) -> Pair {
    let mut pair = Pair::new().await;
    for operation in operations {
        pair.step(operation).await;
    }
    pair
}

/// Makes the second out of the first by PUT, goes back by PUT, and makes it once more by PATCH of the difference.
async fn check_difference(world: &World, endpoint: &str, style: Style, [first, second]: [Value; 2]) {
    let created = world.post(endpoint, first).await;
    let first = created.expect(201);
    let path = format!("{endpoint}/{}", first["id"].as_str().unwrap());
    let put = world.put(&path, second).await;
    let back = world.put(&path, first.clone()).await;
    assert_eq!(without_meta(back.expect(200)), without_meta(first));
    let operations = difference(style, first, put.expect(200));
    if !operations.is_empty() {
        world.patch(&path, Value::Array(operations)).await.expect(200);
    }
    let patched = world.get(&path).await;
    assert_eq!(without_meta(patched.expect(200)), without_meta(&put.body));
}

fn style() -> impl Strategy<Value = Style> {
    select(vec![Style::Parts, Style::Attributes, Style::Together])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_comes_out_as_in_the_model(operations in operations(16)) {
        run(async {
            let pair = after(&operations).await;
            pair.check_filters().await;
            pair.check_echoes().await;
        });
    }

    #[test]
    fn a_patch_that_fails_at_its_last_operation_changes_nothing(
        operations in operations(3),
        user in (valid_changes(), faulty_change()),
        group in (valid_group_changes(), faulty_group_change()),
    ) {
        run(async {
            let mut pair = after(&operations).await;
            let entries = pair.world.entries();
            let user = [user.0, vec![user.1]].concat();
            pair.step(&Operation::PatchUser(Pick::Live(0), user)).await;
            let group = [group.0, vec![group.1]].concat();
            pair.step(&Operation::PatchGroup(Pick::Live(0), group)).await;
            assert_eq!(pair.world.entries(), entries);
        });
    }
    #[test]
    fn a_put_equals_a_patch_of_the_difference(
        users in [valid_user_body(), valid_user_body()],
        groups in [valid_group_body(), valid_group_body()],
        style in style(),
    ) {
        run(async {
            let world = World::new().await;
            check_difference(&world, "/Users", style, users.map(Value::Object)).await;
            let members = world.users("member", 4).await;
            check_difference(&world, "/Groups", style, groups.map(|group| group.json(&members))).await;
        });
    }
}
