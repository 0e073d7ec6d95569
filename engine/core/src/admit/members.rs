//! What a change of members comes to: who joins, who leaves, and which ids name nobody.

use imbl::OrdSet;

use crate::command::MembersChange;
use crate::fact::Fact;
use crate::id::{GroupId, UserId, UserIndex};
use crate::limits::{IGNORED_MEMBERS_MAX, REQUEST_MEMBERS_MAX};
use crate::rejection::Rejection;
use crate::state::{Group, State};
use crate::user_set::UserSet;

/// The members of a group before a change.
#[derive(Default)]
pub(super) struct Members<'a> {
    group: Option<&'a Group>,
}

/// What a change of members comes to.
pub(super) struct Changed {
    added: UserSet,
    removed: UserSet,
    ignored: Option<OrdSet<String>>,
}

impl<'a> Members<'a> {
    pub(super) fn of(group: &'a Group) -> Self {
        Self { group: Some(group) }
    }

    /// Judges each id once; nothing is read of members that the change does not name, unless it replaces them all.
    pub(super) fn changed(&self, state: &State, change: &MembersChange) -> Result<Changed, Rejection> {
        if change.add.len() + change.remove.len() > REQUEST_MEMBERS_MAX {
            return Err(Rejection::TooManyMembers {
                limit: REQUEST_MEMBERS_MAX,
            });
        }
        let mut changed = Changed {
            added: UserSet::default(),
            removed: UserSet::default(),
            ignored: None,
        };
        let before = self.group.map(|group| group.ignored.clone()).unwrap_or_default();
        let mut ignored = if change.replace { OrdSet::new() } else { before.clone() };
        let mut wanted = UserSet::default();
        for id in &change.add {
            match user(state, id) {
                Some(index) => {
                    wanted.insert(index);
                    if !self.contains(index) {
                        changed.added.insert(index);
                    }
                }
                // SEMANTICS 2.5: an id that names no user is left out, and the request succeeds for the others.
                None => remember(&mut ignored, id),
            }
        }
        for id in &change.remove {
            ignored.remove(&ignored_id(id));
            if let Some(index) = user(state, id).filter(|index| self.contains(*index)) {
                changed.removed.insert(index);
            }
        }
        if change.replace {
            changed.removed = self.group.map(|group| group.members.clone()).unwrap_or_default();
            changed.removed.subtract(&wanted);
        }
        changed.ignored = (ignored != before).then_some(ignored);
        Ok(changed)
    }

    fn contains(&self, user: UserIndex) -> bool {
        self.group.is_some_and(|group| group.members.contains(user))
    }
}

impl Changed {
    /// The change as facts; none for what is so already.
    pub(super) fn facts(self, group: GroupId) -> impl Iterator<Item = Fact> {
        let removed = (!self.removed.is_empty()).then_some(Fact::MembersRemoved {
            group,
            users: self.removed,
        });
        let added = (!self.added.is_empty()).then_some(Fact::MembersAdded {
            group,
            users: self.added,
        });
        let ignored = self.ignored.map(|ignored| Fact::IgnoredMembersChanged {
            group,
            ignored: ignored.into_iter().collect(),
        });
        [removed, added, ignored].into_iter().flatten()
    }
}

fn user(state: &State, id: &str) -> Option<UserIndex> {
    let id: UserId = id.parse().ok()?;
    state.user(id).map(|user| user.index)
}

fn remember(ignored: &mut OrdSet<String>, id: &str) {
    if ignored.len() < IGNORED_MEMBERS_MAX {
        ignored.insert(ignored_id(id));
    }
}

/// What is kept of an id that names no user. An id that could be one of ours is kept as it came. Anything else may be an
/// address or a name, and those have no place in the record: its hash tells it apart, and that is enough to count.
fn ignored_id(id: &str) -> String {
    match id.parse::<UserId>() {
        Ok(id) => id.to_string(),
        Err(_) => format!("blake3:{}", blake3::hash(id.as_bytes()).to_hex()),
    }
}
