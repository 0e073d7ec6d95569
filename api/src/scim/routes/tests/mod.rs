//! The SCIM endpoint from the outside: requests through the whole router, over a log in memory.

mod bulk;
mod concurrency;
mod groups;
mod keywords;
mod lists;
mod members;
mod model;
mod names;
mod no_change;
mod paging;
mod protocol;
mod sorting;
mod users;
mod versions;
mod world;
