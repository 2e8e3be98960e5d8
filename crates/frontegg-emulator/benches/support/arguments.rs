//! What a bench is told on its command line.

use std::env;

/// How many people, 100,000 unless it is said, and the store, else memory.
pub(crate) fn people_and_store() -> (usize, String) {
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let people = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let store = arguments.into_iter().find(|argument| argument.parse::<usize>().is_err());
    (people, store.unwrap_or_else(|| "memory".to_owned()))
}
