//! The SCIM endpoint from the outside: requests through the whole router, over a log in memory.

mod concurrency;
mod groups;
mod lists;
mod members;
mod protocol;
mod users;
mod world;
