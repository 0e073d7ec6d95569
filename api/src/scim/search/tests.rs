use std::cell::Cell;

use rolecall_engine::{Actor, Command, Context, GroupInput, IdSeed, handle};
use serde_json::json;

use super::super::group;
use super::super::profile::Profile;
use super::super::user::{Active, UserDocument};
use super::*;

const NOON: Timestamp = Timestamp::from_milliseconds(1_778_647_354_250);

fn after(state: &State, command: &Command) -> State {
    let seed = blake3::hash(&state.position().get().to_be_bytes());
    let context = Context {
        at: NOON,
        actor: Actor::System,
        seed: IdSeed::new(*seed.as_bytes().first_chunk().unwrap()),
    };
    handle(state, command, context).unwrap().unwrap().0
}

fn with_user(state: &State, body: &Value) -> State {
    let document = UserDocument::read(&Profile::lenient(), body.to_string().as_bytes()).unwrap();
    let user = document.into_input(&Profile::lenient(), Active(true)).unwrap();
    let (connection, default_entity) = (None, None);
    let command = Command::CreateUser {
        connection,
        default_entity,
        user,
    };
    after(state, &command)
}

fn with_group(state: &State, name: &str, members: &[UserId]) -> State {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"displayName": name, "members": members}).to_string();
    let group: GroupInput = group::create(&Profile::lenient(), body.as_bytes()).unwrap();
    after(state, &Command::CreateGroup { group })
}

/// Users `u0`, `u1`... with so many addresses each.
fn users(count: usize, addresses: usize) -> State {
    let emails: Vec<_> = (0..addresses)
        .map(|address| json!({"value": format!("e{address}")}))
        .collect();
    (0..count).fold(State::default(), |state, user| {
        with_user(&state, &json!({"userName": format!("u{user}"), "emails": emails}))
    })
}

/// Groups `a` and `b`, each with the same users.
fn two_groups(members: usize) -> State {
    let state = users(members, 0);
    let members: Vec<_> = state.users_from(UserIndex::from(0)).map(|user| user.id).collect();
    with_group(&with_group(&state, "a", &members), "b", &members)
}

fn open(state: &State, of: ResourceType, parameters: &[(&str, &str)]) -> List {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let profile = Profile::lenient();
    let request = ListRequest::read(&[profile.schema(of)], &parameters).unwrap();
    let connection = (
        ConnectionId::new(uuid::Uuid::nil()),
        "https://rolecall.example".to_owned(),
    );
    List::open(
        connection,
        Arc::new(state.clone()),
        request,
        CursorSeal::new([7; 32]),
        NOON,
    )
    .unwrap()
}

/// The answer under a clock that goes on by a second with each look at it.
fn text(list: &List, members: u64, seconds: u64) -> Result<Value, ScimError> {
    let looks = Cell::new(0);
    let elapsed = || {
        looks.set(looks.get() + seconds);
        Duration::from_secs(looks.get())
    };
    let elapsed = &elapsed;
    let text = list.text(&Bounds { members, elapsed });
    assert!(looks.get() < LIST_DURATION_MAX.as_secs() + 5, "it goes on without time");
    text.map(|text| serde_json::from_str(&text).unwrap())
}

fn is_long(state: &State, of: ResourceType, parameters: &[(&str, &str)]) -> bool {
    open(state, of, parameters).steps() > INLINE_STEPS_MAX
}

#[test]
fn few_but_large_documents_under_many_comparisons_are_long_work() {
    let (small, large) = (users(20, 1), users(20, 900));
    let comparisons: Vec<_> = (0..100).map(|number| format!(r#"emails co "zz{number}""#)).collect();
    let many = comparisons.join(" or ");
    let scan = [("filter", many.as_str()), ("count", "1")];
    assert!(is_long(&large, ResourceType::User, &scan));
    assert!(is_long(
        &large,
        ResourceType::User,
        &[("filter", &many), ("count", "0")]
    ));
    let one = [("filter", comparisons[0].as_str()), ("count", "0")];
    assert!(!is_long(&large, ResourceType::User, &one));
    assert!(!is_long(&small, ResourceType::User, &[]));
    let found = [("filter", r#"userName eq "u3""#)];
    assert!(!is_long(&large, ResourceType::User, &found));
}

#[test]
fn a_plain_list_takes_what_its_page_takes() {
    let state = users(300, 200);
    assert!(is_long(&state, ResourceType::User, &[("count", "300")]));
    for page in [("count", "10"), ("startIndex", "299")] {
        assert!(!is_long(&state, ResourceType::User, &[page]), "{page:?}");
    }
    assert!(is_long(
        &state,
        ResourceType::User,
        &[("sortBy", "title"), ("count", "10")]
    ));
}

#[test]
fn groups_of_some_thousand_members_are_short_work_unless_all_are_looked_at() {
    let state = two_groups(1_000);
    assert!(!is_long(&state, ResourceType::Group, &[]));
    let scan = r#"members.value co "a" or members.value co "b" or members.value co "c" or members.type co "d""#;
    assert!(is_long(
        &state,
        ResourceType::Group,
        &[("filter", scan), ("count", "0")]
    ));
    let first = [("filter", "members pr"), ("count", "0")];
    assert!(!is_long(&state, ResourceType::Group, &first));
}

#[test]
fn a_list_that_takes_too_long_is_refused() {
    let state = users(40, 1);
    let queries: [&[_]; 3] = [
        &[("filter", r#"title eq "x""#)],
        &[("sortBy", "title"), ("count", "1")],
        &[("count", "40")],
    ];
    for query in queries {
        let list = open(&state, ResourceType::User, query);
        assert!(text(&list, 100, 0).is_ok(), "{query:?}");
        let refused = text(&list, 100, 1).unwrap_err();
        assert_eq!(refused.scim_type(), Some("tooMany"), "{query:?}");
    }
    let found = open(&state, ResourceType::User, &[("filter", r#"userName eq "u3""#)]);
    assert_eq!(text(&found, 100, 1).unwrap()["totalResults"], json!(1));
}

#[test]
fn a_page_that_ends_early_for_its_members_has_a_next_one() {
    let state = two_groups(3);
    let page = |cursor: &str, members: u64| {
        let list = open(&state, ResourceType::Group, &[("count", "10"), ("cursor", cursor)]);
        text(&list, members, 0).unwrap()
    };
    assert_eq!(
        (&page("", 6)["itemsPerPage"], page("", 6).get("nextCursor")),
        (&json!(2), None)
    );
    let first = page("", 5);
    let second = page(first["nextCursor"].as_str().unwrap(), 5);
    let names = [&first, &second].map(|page| (&page["Resources"][0]["displayName"], &page["itemsPerPage"]));
    assert_eq!(names, [(&json!("a"), &json!(1)), (&json!("b"), &json!(1))]);
    assert_eq!(second.get("nextCursor"), None);
}
