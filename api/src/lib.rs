//! (to be written)
pub mod scim;
