//! Maintainers' tasks as a library: each step is a function from documents to documents or to text.

pub mod canaries;
pub mod client;
pub mod contract;
pub mod coverage;
pub mod document;
pub mod drift;
pub mod emit;
pub mod enums;
pub mod lint;
pub mod operation;
pub mod paging;
pub mod patches;
pub mod prepare;
pub mod regen;
pub mod requests;
pub mod samples;
pub mod schemas;
pub mod table;
pub mod tables;
pub mod tagged;
pub mod types;
pub mod views;
