//! A snapshot of groups and their members as JSON. The members of one group are read at a time.

use std::borrow::Cow;

use rolecall_engine::plan::{Place, Reconciliation, SnapshotMember, SnapshotProblem};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::body;
use super::object::Object;
use crate::error::ApiError;

/// All groups of a provider, each with all its members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot<'a> {
    #[serde(borrow)]
    groups: Vec<Group<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group<'a> {
    #[serde(borrow)]
    display_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    external_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    members: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    external_id: Option<Cow<'a, str>>,
}

/// All groups of a provider, each with all its members.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the description of what is read piece by piece")]
pub(crate) struct SnapshotBody {
    /// The groups.
    groups: Vec<SnapshotGroupBody>,
}

/// A group of a snapshot.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the description of what is read piece by piece")]
pub(crate) struct SnapshotGroupBody {
    /// Its name; required to create it.
    display_name: Option<String>,
    /// SCIM `externalId`; asked where there is no name, or no group here has it.
    external_id: Option<String>,
    /// All its members.
    members: Vec<SnapshotMemberBody>,
}

/// A member of a group of a snapshot: one of the three is enough.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the description of what is read piece by piece")]
pub(crate) struct SnapshotMemberBody {
    /// The id of the user here.
    id: Option<String>,
    /// SCIM `userName`.
    user_name: Option<String>,
    /// SCIM `externalId`; asked where the others find nobody.
    external_id: Option<String>,
}

/// Tells the comparison every group and member.
///
/// # Errors
/// When it is no JSON, or not of this form.
pub(super) fn read(bytes: &[u8], into: &mut Reconciliation<'_>) -> Result<(), ApiError> {
    let snapshot: Snapshot<'_> = body::parse(bytes)?;
    for (index, group) in (0u64..).zip(snapshot.groups) {
        let place = Place::Group(index);
        let known = into.group(place, group.display_name.as_deref(), group.external_id.as_deref());
        let members: Vec<Object<Member<'_>>> = match serde_json::from_str(group.members.get()) {
            Ok(members) => members,
            Err(error) => {
                let problem = format!("`members` has to be a list of objects: {}", body::reason(&error));
                into.problem(place, SnapshotProblem::Form(problem));
                continue;
            }
        };
        let Some(group) = known else { continue };
        for (number, Object(member)) in (0u64..).zip(&members) {
            let member = SnapshotMember {
                id: member.id.as_deref(),
                user_name: member.user_name.as_deref(),
                external_id: member.external_id.as_deref(),
            };
            into.member(Place::Member(index, number), &group, member);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rolecall_engine::{Rejection, State};

    use super::*;

    #[test]
    fn members_that_are_no_objects_are_told_in_words_of_json() {
        let state = State::default();
        let mut reconciliation = Reconciliation::new(&state);
        let snapshot = br#"{"groups": [{"display_name": "eng", "members": ["ana"]}]}"#;
        read(snapshot, &mut reconciliation).unwrap();
        let Err(Rejection::Snapshot(problems)) = reconciliation.finish(false) else {
            panic!("the members were taken");
        };
        let problems: Vec<String> = problems
            .iter()
            .map(|(place, problem)| format!("{place}: {problem}"))
            .collect();
        assert_eq!(
            problems,
            ["groups[0]: `members` has to be a list of objects: an object is expected here, not string \"ana\""]
        );
    }
}
