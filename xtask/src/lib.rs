//! Maintainers' tasks as a library: each step is a function from documents to documents or to text.

pub mod client;
pub mod document;
pub mod drift;
pub mod enums;
pub mod lint;
pub mod operation;
pub mod prepare;
pub mod regen;
pub mod samples;
pub mod table;
pub mod types;
