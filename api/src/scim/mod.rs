//! SCIM 2.0 (RFC 7643, RFC 7644), the part that needs no runtime: bodies, PATCH, filters, pages, documents, errors.

pub mod discovery;
pub mod error;
pub mod extension;
pub mod filter;
pub mod group;
pub mod list;
pub mod resource;
pub mod select;
pub mod user;

mod canonical;
mod comparison;
mod elements;
mod lenient;
mod limits;
mod members;
mod object;
mod operations;
mod patch;
mod schema;

pub use schema::ResourceType;
