//! SCIM 2.0 (RFC 7643, RFC 7644): what identity providers talk to.
//!
//! `routes` and `handlers` join HTTP and the running organization. All else needs neither: bodies, PATCH, filters, pages,
//! documents and errors are values made of values.

pub mod discovery;
pub mod error;
pub mod extension;
pub mod filter;
pub mod group;
pub mod list;
pub mod resource;
pub mod select;
pub mod user;

mod bulk;
mod canonical;
mod comparison;
mod cost;
mod cursor;
mod elements;
mod handlers;
mod lenient;
mod limits;
mod members;
mod object;
mod operations;
mod patch;
mod path;
mod precondition;
mod profile;
mod profiles;
mod routes;
mod schema;
mod search;
mod sort;
mod strict;
mod wanted;
mod weight;

pub(crate) use cursor::CursorSeal;
pub use profile::Profile;
pub(crate) use profiles::Profiles;
pub(crate) use routes::router;
pub use schema::ResourceType;
