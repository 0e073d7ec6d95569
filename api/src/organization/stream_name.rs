//! The log has names and positions of its own, and knows nothing of organizations. Here they meet.

use rolecall_engine::{OrganizationId, Position};
use rolecall_eventlog::Stream;

/// The stream of an organization.
pub(crate) fn stream(id: OrganizationId) -> Stream {
    Stream::new(*id.uuid().as_bytes())
}

/// A position as the log has it.
pub(crate) fn to_log(position: Position) -> rolecall_eventlog::Position {
    rolecall_eventlog::Position::new(position.get())
}

/// A position of the log.
pub(crate) fn from_log(position: rolecall_eventlog::Position) -> Position {
    Position::new(position.get())
}
