//! Random operations in a world so small that they meet: four names, a few values for each attribute.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::operation::{
    Change, ENTERPRISE, Edit, GROUP_FAULTS, GroupBody, GroupChange, Operation, Pick, Shape, Target, USER_FAULTS, Verb,
};

pub(super) const USER_NAMES: [&str; 5] = ["ana", "ANA", "ben", "cleo", "dora"];
pub(super) const GROUP_NAMES: [&str; 4] = ["Eng", "ENG", "Ops", "All staff"];
pub(super) const TEXTS: [&str; 3] = ["x", "y", "Z"];
pub(super) const ADDRESSES: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];

type Attributes = Map<String, Value>;

/// A sequence of at most this many operations. The first ones fill the world.
pub(super) fn operations(most: usize) -> impl Strategy<Value = Vec<Operation>> {
    let creating = prop_oneof![
        2 => user_body().prop_map(Operation::CreateUser),
        1 => group_body().prop_map(Operation::CreateGroup),
    ];
    (vec(creating, 0..5), vec(operation(), 1..most)).prop_map(|(first, then)| [first, then].concat())
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => user_body().prop_map(Operation::CreateUser),
        3 => (pick(), user_body()).prop_map(|(user, body)| Operation::ReplaceUser(user, body)),
        8 => (pick(), changes()).prop_map(|(user, changes)| Operation::PatchUser(user, changes)),
        1 => pick().prop_map(Operation::DeleteUser),
        2 => group_body().prop_map(Operation::CreateGroup),
        2 => (pick(), group_body()).prop_map(|(group, body)| Operation::ReplaceGroup(group, body)),
        6 => (pick(), group_changes()).prop_map(|(group, changes)| Operation::PatchGroup(group, changes)),
        1 => pick().prop_map(Operation::DeleteGroup),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![20 => (0..4_usize).prop_map(Pick::Live), 1 => Just(Pick::Nobody)]
}

fn picks(least: usize) -> impl Strategy<Value = Vec<Pick>> {
    vec(pick(), least..4)
}

fn text() -> impl Strategy<Value = Value> {
    select(&TEXTS[..]).prop_map(Value::from)
}

/// A text, or one of the ways to say that there is none.
fn text_or_nothing() -> impl Strategy<Value = Value> {
    prop_oneof![6 => text(), 1 => Just(Value::Null), 1 => Just(json!(""))]
}

/// The members of this object of which some are left out.
fn object<const N: usize>(members: [(&'static str, BoxedStrategy<Value>); N]) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let kept = subsequence((0..names.len()).collect::<Vec<_>>(), 0..=names.len());
    let object = (kept, values).prop_map(move |(kept, values)| {
        kept.into_iter()
            .map(|number| (names[number].to_owned(), values[number].clone()))
            .collect::<Attributes>()
    });
    object.prop_map(Value::Object).boxed()
}

fn address() -> impl Strategy<Value = Value> {
    select(&ADDRESSES[..]).prop_map(Value::from)
}

fn kind() -> impl Strategy<Value = Value> {
    select(&["work", "home"][..]).prop_map(Value::from)
}

fn email() -> impl Strategy<Value = Value> {
    let whole = (address(), kind(), any::<bool>())
        .prop_map(|(value, kind, primary)| json!({"value": value, "type": kind, "primary": primary}));
    let partial = object([
        ("value", address().boxed()),
        ("type", kind().boxed()),
        ("primary", any::<bool>().prop_map(Value::from).boxed()),
        ("display", text_or_nothing().boxed()),
    ]);
    prop_oneof![whole, partial]
}

fn emails() -> impl Strategy<Value = Value> {
    prop_oneof![8 => vec(email(), 0..4).prop_map(Value::Array), 1 => email(), 1 => Just(Value::Null)]
}

fn phones() -> impl Strategy<Value = Value> {
    let phone = (text(), kind()).prop_map(|(value, kind)| json!({"value": value, "type": kind}));
    vec(phone, 0..3).prop_map(Value::Array)
}

fn name() -> BoxedStrategy<Value> {
    let part = || text_or_nothing().boxed();
    object([("givenName", part()), ("familyName", part())])
}

fn active() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any::<bool>().prop_map(Value::from),
        2 => select(&["True", "False"][..]).prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn manager() -> BoxedStrategy<Value> {
    prop_oneof![3 => text_or_nothing().prop_map(|id| json!({"value": id})), 1 => text_or_nothing()].boxed()
}

fn enterprise() -> BoxedStrategy<Value> {
    object([("department", text_or_nothing().boxed()), ("manager", manager())])
}

fn user_name() -> BoxedStrategy<Value> {
    select(&USER_NAMES[..]).prop_map(Value::from).boxed()
}

/// The body of a POST or PUT of a user.
pub(super) fn valid_user_body() -> impl Strategy<Value = Attributes> {
    let others = object([
        ("externalId", text_or_nothing().boxed()),
        ("title", text_or_nothing().boxed()),
        ("displayName", text_or_nothing().boxed()),
        ("active", active().boxed()),
        ("name", name()),
        ("emails", emails().boxed()),
        ("phoneNumbers", phones().boxed()),
        ("badge", text().boxed()),
        (ENTERPRISE, enterprise()),
    ]);
    (user_name(), others).prop_map(|(name, others)| with(&others, "userName", name))
}

fn with(attributes: &Value, name: &str, value: Value) -> Attributes {
    let mut attributes = attributes.as_object().cloned().unwrap();
    attributes.insert(name.to_owned(), value);
    attributes
}

/// The same, seldom with a fault.
fn user_body() -> impl Strategy<Value = Attributes> {
    let fault = prop_oneof![
        40 => Just(None),
        1 => Just(Some(("userName", Value::Null))),
        1 => Just(Some(("active", json!("maybe")))),
        1 => Just(Some(("name", json!("x")))),
    ];
    (valid_user_body(), fault).prop_map(|(mut body, fault)| {
        body.extend(fault.map(|(name, value)| (name.to_owned(), value)));
        body
    })
}

/// What selects values: their type, their address, or that they are primary.
fn selecting() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        4 => select(&["work", "home", "WORK"][..]).prop_map(|kind| ("type", json!(kind))),
        2 => address().prop_map(|value| ("value", value)),
        1 => any::<bool>().prop_map(|primary| ("primary", json!(primary))),
    ]
}

/// A write of a part of selected values, or of them whole.
fn selected_write() -> impl Strategy<Value = (Target, Value)> {
    let address = prop_oneof![5 => address(), 1 => Just(Value::Null), 1 => Just(json!(""))];
    let part = prop_oneof![
        4 => address.prop_map(|value| (Some("value"), value)),
        1 => any::<bool>().prop_map(|primary| (Some("primary"), json!(primary))),
        1 => text_or_nothing().prop_map(|value| (Some("display"), value)),
        3 => email().prop_map(|value| (None, value)),
    ];
    (selecting(), part).prop_map(|(by, (part, value))| (Target::Selected("emails", by, part), value))
}

/// Writes that are in one operation together, because they are of different attributes.
fn writes() -> [BoxedStrategy<(Target, Value)>; 8] {
    let simple = |name, value: BoxedStrategy<Value>| value.prop_map(move |value| (Target::Attribute(name), value));
    let part = |name| text_or_nothing().prop_map(move |value| (Target::Part("name", name), value));
    [
        simple("userName", user_name()).boxed(),
        simple("title", text_or_nothing().boxed()).boxed(),
        simple("externalId", text_or_nothing().boxed()).boxed(),
        simple("active", active().boxed()).boxed(),
        simple("badge", text().boxed()).boxed(),
        prop_oneof![simple("name", name()), part("givenName"), part("familyName")].boxed(),
        prop_oneof![simple("emails", emails().boxed()), selected_write()].boxed(),
        prop_oneof![
            text_or_nothing().prop_map(|value| (Target::Enterprise("department"), value)),
            manager().prop_map(|value| (Target::Enterprise("manager"), value)),
            text_or_nothing().prop_map(|value| (Target::EnterprisePart("manager", "value"), value)),
            enterprise().prop_map(|value| (Target::EnterpriseWhole, value)),
        ]
        .boxed(),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    select(vec![Verb::Add, Verb::Replace])
}

fn removed() -> impl Strategy<Value = Target> {
    let part = option::of(select(&["value", "display", "primary"][..]));
    prop_oneof![
        3 => select(&["title", "externalId", "displayName", "active", "name", "emails", "phoneNumbers", "badge"][..])
            .prop_map(Target::Attribute),
        1 => select(&["givenName", "familyName"][..]).prop_map(|part| Target::Part("name", part)),
        4 => (selecting(), part).prop_map(|(by, part)| Target::Selected("emails", by, part)),
        1 => select(&["department", "manager"][..]).prop_map(Target::Enterprise),
        1 => Just(Target::EnterprisePart("manager", "value")),
        1 => Just(Target::EnterpriseWhole),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let write = (0..8_usize).prop_flat_map(|number| writes()[number].clone());
    let together = (subsequence((0..8_usize).collect::<Vec<_>>(), 0..5), writes());
    let together = together.prop_map(|(kept, writes)| kept.into_iter().map(|number| writes[number].clone()).collect());
    prop_oneof![
        8 => (verb(), write).prop_map(|(verb, (target, value))| Edit::Write(verb, target, value)),
        3 => (verb(), together).prop_map(|(verb, writes)| Edit::WriteAll(verb, writes)),
        4 => removed().prop_map(Edit::Remove),
        1 => vec(email(), 0..3).prop_map(|listed| Edit::RemoveListed("emails", Value::Array(listed))),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    (prop_oneof![3 => Just(false), 1 => Just(true)], edit()).prop_map(|(loud, edit)| Change { loud, edit })
}

/// The operations of a PATCH of a user, none of them at fault by itself.
pub(super) fn valid_changes() -> impl Strategy<Value = Vec<Change>> {
    vec(change(), 1..5)
}

/// An operation that cannot be done.
pub(super) fn faulty_change() -> impl Strategy<Value = Change> {
    (0..USER_FAULTS.len()).prop_map(|number| Change {
        loud: false,
        edit: Edit::Faulty(number),
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let fault = prop_oneof![15 => Just(Vec::new()), 1 => vec(faulty_change(), 1)];
    (valid_changes(), fault).prop_map(|(changes, fault)| [changes, fault].concat())
}

/// The body of a POST or PUT of a group.
pub(super) fn valid_group_body() -> impl Strategy<Value = GroupBody> {
    let others = object([("externalId", text_or_nothing().boxed()), ("badge", text().boxed())]);
    let name = select(&GROUP_NAMES[..]);
    (name, others, option::weighted(0.7, picks(0))).prop_map(|(name, others, members)| GroupBody {
        attributes: with(&others, "displayName", json!(name)),
        members,
    })
}

/// The same, seldom without a name.
fn group_body() -> impl Strategy<Value = GroupBody> {
    (valid_group_body(), option::weighted(0.03, Just(()))).prop_map(|(mut body, fault)| {
        fault.map(|()| body.attributes.remove("displayName"));
        body
    })
}

fn group_change() -> impl Strategy<Value = GroupChange> {
    let some = [
        Shape::AddList,
        Shape::AddWithoutPath,
        Shape::AddObject,
        Shape::AddText,
        Shape::RemoveSelected,
        Shape::RemoveListed,
        Shape::RemoveListedWithoutPath,
    ];
    let any_number = [
        Shape::AddList,
        Shape::RemoveListed,
        Shape::RemoveAll,
        Shape::RemoveAllByNull,
        Shape::ReplaceList,
        Shape::ReplaceWithoutPath,
    ];
    let name = || select(&GROUP_NAMES[..]);
    let written = prop_oneof![
        2 => name().prop_map(|name| ("displayName", json!(name))),
        1 => prop_oneof![text(), Just(Value::Null)].prop_map(|id| ("externalId", id)),
        1 => text().prop_map(|badge| ("badge", badge)),
    ]
    .boxed();
    prop_oneof![
        5 => (select(some.to_vec()), picks(1)).prop_map(|(shape, picks)| GroupChange::Members(shape, picks)),
        4 => (select(any_number.to_vec()), picks(0)).prop_map(|(shape, picks)| GroupChange::Members(shape, picks)),
        1 => (name(), picks(0)).prop_map(|(name, picks)| GroupChange::Whole(name, picks)),
        2 => (verb(), written.clone()).prop_map(|(verb, (name, value))| GroupChange::Write(verb, name, value)),
        1 => (verb(), written).prop_map(|(verb, (name, value))| GroupChange::WriteWithoutPath(verb, name, value)),
        1 => select(&["externalId", "badge"][..]).prop_map(GroupChange::Remove),
    ]
}

/// The operations of a PATCH of a group, none of them at fault by itself.
pub(super) fn valid_group_changes() -> impl Strategy<Value = Vec<GroupChange>> {
    vec(group_change(), 1..5)
}

/// An operation on a group that cannot be done.
pub(super) fn faulty_group_change() -> impl Strategy<Value = GroupChange> {
    (0..GROUP_FAULTS.len()).prop_map(GroupChange::Faulty)
}

fn group_changes() -> impl Strategy<Value = Vec<GroupChange>> {
    let fault = prop_oneof![15 => Just(Vec::new()), 1 => vec(faulty_group_change(), 1)];
    (valid_group_changes(), fault).prop_map(|(changes, fault)| [changes, fault].concat())
}
