//! Maintainers' tasks as a library: each step is a function from documents to documents or to text.

pub mod document;
pub mod operation;
