//! What the endpoints of a connection do. A handler is a paragraph: who, what, do, answer.
//!
//! What a message means is decided by the modules beside this one, what may be done by the engine, and what surrounds
//! every request (time limit, metrics) is put around the router.

pub(crate) mod bulk;
pub(crate) mod discovery;
pub(crate) mod everything;
pub(crate) mod groups;
pub(crate) mod me;
mod parsed;
pub(crate) mod request;
pub(crate) mod users;

mod answer;
mod listing;
mod submit;
