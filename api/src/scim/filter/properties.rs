//! Filters against an evaluation that is as plain as RFC 7644 3.4.2.2 writes it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::profile::Profile;
use super::Filter;

/// A user with an attribute of each kind.
#[derive(Debug, Clone)]
struct Person {
    title: Option<String>,
    external_id: Option<String>,
    active: bool,
    badge: Option<i32>,
    /// Seconds of a day.
    created: u32,
    emails: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
enum Ask {
    And(Box<Ask>, Box<Ask>),
    Or(Box<Ask>, Box<Ask>),
    Not(Box<Ask>),
    Title(&'static str, String),
    ExternalId(&'static str, String),
    Active(bool),
    Badge(&'static str, i32),
    /// Seconds of a day, and the hours of the offset in which they are written.
    Created(&'static str, u32, u32),
    Email(&'static str, String),
    EmailWithin(&'static str, &'static str, String),
    Present(&'static str),
}

fn time(second: u32, offset: u32) -> String {
    let (hour, minute) = (second / 3_600 + offset, second / 60 % 60);
    format!("2026-05-13T{hour:02}:{minute:02}:{:02}+{offset:02}:00", second % 60)
}

impl Person {
    fn resource(&self) -> Map<String, Value> {
        let emails: Vec<_> = self
            .emails
            .iter()
            .map(|(of, value)| json!({"type": of, "value": value}))
            .collect();
        let mut resource = json!({
            "title": self.title, "externalId": self.external_id, "active": self.active, "emails": emails,
            "urn:x:Ext": {"badge": self.badge}, "meta": {"created": time(self.created, 0)},
        });
        resource.as_object_mut().map(std::mem::take).unwrap()
    }
}

/// The relation that an operator asks for; what is not there is only different.
fn holds<T: PartialOrd>(operator: &str, value: Option<&T>, operand: &T) -> bool {
    let Some(value) = value else {
        return operator == "ne";
    };
    match operator {
        "eq" => value == operand,
        "ne" => value != operand,
        "gt" => value > operand,
        "ge" => value >= operand,
        "lt" => value < operand,
        "le" => value <= operand,
        _ => unreachable!(),
    }
}

fn text_holds(operator: &str, value: Option<&str>, operand: &str) -> bool {
    match (operator, value) {
        ("co" | "sw" | "ew", None) => false,
        ("co", Some(value)) => value.contains(operand),
        ("sw", Some(value)) => value.starts_with(operand),
        ("ew", Some(value)) => value.ends_with(operand),
        (operator, value) => holds(operator, value.map(str::to_owned).as_ref(), &operand.to_owned()),
    }
}

fn without_case_holds(operator: &str, value: Option<&str>, operand: &str) -> bool {
    let value = value.map(str::to_ascii_lowercase);
    text_holds(operator, value.as_deref(), &operand.to_ascii_lowercase())
}

impl Ask {
    fn holds(&self, person: &Person) -> bool {
        match self {
            Ask::And(left, right) => left.holds(person) && right.holds(person),
            Ask::Or(left, right) => left.holds(person) || right.holds(person),
            Ask::Not(inner) => !inner.holds(person),
            Ask::Title(operator, operand) => without_case_holds(operator, person.title.as_deref(), operand),
            Ask::ExternalId(operator, operand) => text_holds(operator, person.external_id.as_deref(), operand),
            Ask::Active(operand) => person.active == *operand,
            Ask::Badge(operator, operand) => holds(operator, person.badge.as_ref(), operand),
            Ask::Created(operator, operand, _) => holds(operator, Some(&person.created), operand),
            Ask::Email(operator, operand) if person.emails.is_empty() => without_case_holds(operator, None, operand),
            Ask::Email(operator, operand) => {
                let mut emails = person.emails.iter();
                emails.any(|(_, value)| without_case_holds(operator, Some(value), operand))
            }
            Ask::EmailWithin(of, operator, operand) => {
                let mut emails = person.emails.iter().filter(|(is, _)| is == of);
                emails.any(|(_, value)| without_case_holds(operator, Some(value), operand))
            }
            Ask::Present("title") => person.title.as_ref().is_some_and(|title| !title.is_empty()),
            Ask::Present("emails") => !person.emails.is_empty(),
            Ask::Present("urn:x:Ext:badge") => person.badge.is_some(),
            Ask::Present(_) => unreachable!(),
        }
    }

    /// With no more parentheses than precedence asks for: `and` binds tighter than `or`.
    fn text(&self) -> String {
        match self {
            Ask::And(left, right) => format!("{} and {}", left.operand_text(), right.operand_text()),
            Ask::Or(left, right) => format!("{} or {}", left.text(), right.text()),
            Ask::Not(inner) => format!("not ({})", inner.text()),
            Ask::Title(operator, operand) => format!("title {operator} {}", json!(operand)),
            Ask::ExternalId(operator, operand) => format!("EXTERNALID {operator} {}", json!(operand)),
            Ask::Active(operand) => format!("active eq {operand}"),
            Ask::Badge(operator, operand) => format!("urn:x:Ext:badge {operator} {operand}"),
            Ask::Created(operator, operand, offset) => {
                format!("meta.created {operator} \"{}\"", time(*operand, *offset))
            }
            Ask::Email(operator, operand) => format!("emails.value {operator} {}", json!(operand)),
            Ask::EmailWithin(of, operator, operand) => {
                format!("emails[type eq \"{of}\" and value {operator} {}]", json!(operand))
            }
            Ask::Present(name) => format!("{name} pr"),
        }
    }

    fn operand_text(&self) -> String {
        match self {
            Ask::Or(..) => format!("({})", self.text()),
            ask => ask.text(),
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    "[abAB\"\\\\]{0,3}"
}

/// Values that stand for themselves: an empty one is there, too.
fn people() -> impl Strategy<Value = Person> {
    let emails = prop::collection::vec((prop_oneof![Just("work"), Just("home")], "[abAB]{1,2}"), 0..3);
    let fields = (
        prop::option::of(words()),
        prop::option::of(words()),
        any::<bool>(),
        prop::option::of(-2..3),
        0..4_u32,
        emails,
    );
    fields.prop_map(|(title, external_id, active, badge, created, emails)| Person {
        title,
        external_id,
        active,
        badge,
        created,
        emails,
    })
}

fn asks() -> impl Strategy<Value = Ask> {
    let ordering = || prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]);
    let any_operator = || prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew"]);
    let one = prop_oneof![
        (any_operator(), words()).prop_map(|(operator, operand)| Ask::Title(operator, operand)),
        (any_operator(), words()).prop_map(|(operator, operand)| Ask::ExternalId(operator, operand)),
        any::<bool>().prop_map(Ask::Active),
        (ordering(), -2..3).prop_map(|(operator, operand)| Ask::Badge(operator, operand)),
        (ordering(), 0..4_u32, 0..3_u32)
            .prop_map(|(operator, operand, offset)| Ask::Created(operator, operand, offset)),
        (any_operator(), words()).prop_map(|(operator, operand)| Ask::Email(operator, operand)),
        (prop_oneof![Just("work"), Just("home")], any_operator(), words())
            .prop_map(|(of, operator, operand)| Ask::EmailWithin(of, operator, operand)),
        prop::sample::select(vec!["title", "emails", "urn:x:Ext:badge"]).prop_map(Ask::Present),
    ];
    one.prop_recursive(4, 12, 2, |inner| {
        let both = (inner.clone(), inner.clone());
        prop_oneof![
            both.clone()
                .prop_map(|(left, right)| Ask::And(Box::new(left), Box::new(right))),
            both.prop_map(|(left, right)| Ask::Or(Box::new(left), Box::new(right))),
            inner.prop_map(|inner| Ask::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_matches_what_a_plain_reading_of_it_does(ask in asks(), people in prop::collection::vec(people(), 8)) {
        let filter = Filter::read(&[&Profile::lenient().user], &ask.text()).unwrap().remove(0);
        for person in people {
            let found = filter.matches(&person.resource(), &|_| None);
            prop_assert_eq!(found, ask.holds(&person), "{} of {:?}", ask.text(), person);
        }
    }
}
