//! Maintainers' tasks as a library: each step is a function from documents to documents or to text.

pub mod architecture;
pub mod coverage;
pub mod documents;
pub mod drift;
pub mod emit;
pub mod regen;
