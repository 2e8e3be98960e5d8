//! Reading seeds from YAML, of which JSON is a part.

use serde_saphyr::{MessageFormatter, UserMessageFormatter};

use super::{Position, Seed, SeedError};

/// Reads a seed; the file is what errors name.
pub(super) fn read(text: &str, file: Option<&str>) -> Result<Seed, SeedError> {
    // An empty file, or one that is all comments.
    let seed = serde_saphyr::from_str_with_options::<Option<Seed>>(
        text,
        serde_saphyr::options! {
            // A part of the file may hold a password.
            with_snippet: false,
        },
    );
    seed.map(Option::unwrap_or_default).map_err(|error| SeedError {
        file: file.map(str::to_owned),
        position: error.location().as_ref().and_then(Position::of),
        path: String::new(),
        message: UserMessageFormatter.format_message(&error).into_owned(),
    })
}
