//! The formats in which entries of the record are read: our own, or security events about SCIM resources.

use rolecall_engine::{Entry, State};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::entry_view;
use crate::scim_events::Publisher;

/// The name of a format, as a reader asks for it.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormatName {
    /// Entries whole: facts and consequences.
    #[default]
    Rolecall,
    /// Claims sets of security events about users and groups (RFC 9967).
    Scim,
}

/// A format, with what it takes to write it.
#[derive(Clone, Debug)]
pub(crate) enum EntryFormat {
    Rolecall,
    Scim(Publisher),
}

impl EntryFormat {
    /// The word for what one entry becomes in an event stream.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Rolecall => "entry",
            Self::Scim(_) => "set",
        }
    }

    /// What an entry is shown as: itself, or as many events as it has.
    pub(crate) fn items(&self, entry: &Entry, state: &State) -> Vec<Value> {
        match self {
            Self::Rolecall => vec![entry_view::entry(entry, state)],
            Self::Scim(publisher) => publisher.tokens(entry),
        }
    }

    /// How many users an entry names when it is shown: it takes a few bytes for them, and its JSON takes many.
    pub(crate) fn users_named(&self, entry: &Entry) -> u64 {
        match self {
            Self::Rolecall => entry_view::users_named(entry),
            Self::Scim(_) => 0,
        }
    }
}
