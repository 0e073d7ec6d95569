//! SCIM 2.0 (RFC 7643, RFC 7644), the part that needs no runtime: bodies, PATCH, filters, pages, documents, errors.

pub mod error;
pub mod extension;
pub mod filter;
pub mod list;
pub mod select;

mod canonical;
mod comparison;
mod lenient;
mod limits;
mod object;
mod operations;
mod schema;

pub use schema::ResourceType;
