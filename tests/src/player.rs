//! Plays a recorded story against the server, and checks every answer and everybody's place after every step.

use std::collections::BTreeMap;

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::admin::{Organization, position_of};
use crate::fixture::{Step, Story};
use crate::http::Answer;
use crate::scim::Scim;
use crate::server::Server;
use crate::standing::Standing;
use crate::subset;

/// Plays a story on a new organization; panics at the first step that does not go as written.
pub async fn play(server: &Server, story: &Story) {
    let organization = server.organization(&story.title).await;
    for rule in &story.rules {
        organization.add_rule(rule.clone()).await;
    }
    let connection = organization.connect(&server.public(), &story.provider).await;
    let mut captured = BTreeMap::new();
    if let Some(name) = &story.team {
        captured.insert("team".to_owned(), organization.add_team(name).await);
    }
    if let Some(settings) = &story.connection {
        organization
            .set_up(&connection.id, &fill_all(settings, &captured))
            .await;
    }
    let head = organization.head_after(0).await;
    let standing = Standing::read(&organization).await;
    let mut player = Player {
        story,
        organization,
        scim: connection.scim,
        head,
        standing,
        captured,
        last_answer: Value::Null,
    };
    for step in &story.steps {
        player.step(step).await;
    }
}

struct Player<'a> {
    story: &'a Story,
    organization: Organization,
    scim: Scim,
    head: u64,
    standing: Standing,
    captured: BTreeMap<String, String>,
    last_answer: Value,
}

impl Player<'_> {
    async fn step(&mut self, step: &Step) {
        for count in 1..=step.times {
            self.captured.insert("count".to_owned(), count.to_string());
            self.request(step).await;
        }
        self.check_entries(step).await;
        if let Some(after) = &step.after {
            self.standing = after.clone();
        }
        assert_eq!(
            Standing::read(&self.organization).await,
            self.standing,
            "after the step `{}`",
            step.name
        );
    }

    async fn request(&mut self, step: &Step) {
        let answer = self.send(step).await;
        let accepted = step.expect.status.contains(&answer.status);
        assert!(accepted, "{}: answer {} {}", step.name, answer.status, answer.body);
        if let Some(expected) = &step.expect.body {
            let expected = fill_all(expected, &self.captured);
            let difference = subset::difference(&expected, &answer.json());
            assert_eq!(difference, None, "{}: answer {}", step.name, answer.body);
            // RFC 7644 3.1: answers with a body are application/scim+json; Entra's validator insists.
            assert_eq!(answer.media_type(), "application/scim+json", "{}", step.name);
        }
        for (name, pointer) in &step.capture {
            let found = answer
                .json()
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned);
            let found = found.unwrap_or_else(|| panic!("{}: no text at `{pointer}` of {}", step.name, answer.body));
            self.captured.insert(name.clone(), found);
        }
        self.last_answer = serde_json::from_str(&answer.body).unwrap_or_default();
    }

    async fn send(&self, step: &Step) -> Answer {
        let path = fill(&step.request.path, &self.captured);
        let mut request = self.scim.http.request(&step.request.method, &path);
        for (name, value) in &self.story.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &step.request.body {
            request = request.header(CONTENT_TYPE, &self.story.content_type);
            let body = fill_all(body, &self.captured);
            let body = if step.request.over_last_answer {
                over(&self.last_answer, &body)
            } else {
                body
            };
            request = request.body(body.to_string());
        }
        let answer = Answer::of(format!("{} {path}", step.request.method), request).await;
        answer.unwrap_or_else(|error| panic!("{}: no answer: {error:?}", step.name))
    }

    /// One accepted request that changes something is one entry; one that changes nothing is none.
    async fn check_entries(&mut self, step: &Step) {
        let entries = self.organization.events_after(self.head).await;
        let written = if step.writes { step.times as usize } else { 0 };
        assert_eq!(entries.len(), written, "{}: entries {entries:?}", step.name);
        if let Some(entry) = entries.last() {
            self.head = position_of(entry);
        }
    }
}

/// The text with every `${name}` replaced by what was captured under that name.
fn fill(text: &str, captured: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after
            .split_once('}')
            .unwrap_or_else(|| panic!("a name is not closed in `{text}`"));
        let value = captured
            .get(name)
            .unwrap_or_else(|| panic!("nothing was captured as `{name}` before `{text}`"));
        filled.push_str(before);
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// A document with every text filled, the names of members too: Entra's flag puts paths there.
fn fill_all(value: &Value, captured: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, captured)),
        Value::Array(items) => items.iter().map(|item| fill_all(item, captured)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (fill(key, captured), fill_all(value, captured)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// What was read, with some of its members written anew.
fn over(read: &Value, written: &Value) -> Value {
    let (Value::Object(read), Value::Object(written)) = (read, written) else {
        panic!("no two documents to put one over the other: {read} and {written}");
    };
    let mut document = read.clone();
    document.extend(written.clone());
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{fill, fill_all, over};

    fn captured() -> BTreeMap<String, String> {
        [("ana", "1"), ("group", "2")]
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .into()
    }

    #[test]
    fn captured_names_are_filled_wherever_they_stand() {
        assert_eq!(fill("/Groups/${group}?user=${ana}", &captured()), "/Groups/2?user=1");
        assert_eq!(fill("/Groups", &captured()), "/Groups");
        let body = json!({ "path": "members[value eq \"${ana}\"]", "value": [{ "value": "${ana}" }, null, 3] });
        let filled = json!({ "path": "members[value eq \"1\"]", "value": [{ "value": "1" }, null, 3] });
        assert_eq!(fill_all(&body, &captured()), filled);
    }

    #[test]
    fn what_is_written_over_what_was_read_replaces_whole_members() {
        let read = json!({ "id": "1", "name": { "givenName": "Ana" }, "active": true });
        let written = json!({ "name": { "familyName": "Lima" }, "active": false });
        let whole = json!({ "id": "1", "name": { "familyName": "Lima" }, "active": false });
        assert_eq!(over(&read, &written), whole);
    }
}
