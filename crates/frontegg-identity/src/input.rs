//! Settings as programs have them: from files, variables and forms.

/// A setting without what files and forms leave at its ends: blanks, line ends, a byte order mark.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || char == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_leave_at_the_ends_goes() {
        for text in ["key", "key\n", " key\r\n", "\u{feff}key\n", "\u{feff} key \u{a0}"] {
            assert_eq!(trimmed(text), "key", "{text:?}");
        }
        assert_eq!(trimmed(" two words "), "two words");
    }
}
