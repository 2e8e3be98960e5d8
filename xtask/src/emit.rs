//! Writes generated files: each module turns the operations of the documents into the text of some of them.

pub mod print;
