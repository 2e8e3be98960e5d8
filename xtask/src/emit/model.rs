//! The files of the model: types, open enums, the table of operations, JSON Schemas.

pub mod enums;
pub mod operations;
pub mod schemas;
pub mod tagged;
pub mod types;
