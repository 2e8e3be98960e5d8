//! Writes generated files: each module turns the operations of the documents into the text of some of them.

pub mod client;
pub mod contract;
pub mod facade;
pub mod model;
pub mod print;
pub mod samples;
pub mod served;
pub mod surgery;
pub mod syntax;
