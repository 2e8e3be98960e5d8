//! What filters and paths are made of: names, literals, brackets. Both are short and nested a few levels at most.

use serde_json::Value;

/// Most bytes of a filter or a path.
pub(crate) const LONGEST: usize = 2 * 1024;

/// Most levels of brackets, parentheses and negations.
pub(crate) const DEEPEST: usize = 16;

/// The text that is still to be read.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Passes blanks; tells whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let rest = self.rest.trim_start_matches(' ');
        let passed = rest.len() < self.rest.len();
        self.rest = rest;
        passed
    }

    /// Passes that character, if it is next.
    pub(super) fn eat(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Whether that character is next.
    pub(super) fn sees(&self, character: char) -> bool {
        self.rest.starts_with(character)
    }

    /// A name or keyword; nothing where there is none.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || "$-_.:".contains(character);
        let end = self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Passes that keyword, in any letter case, if it is next and ends there.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = self.clone();
        let is_next = ahead.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if is_next {
            *self = ahead;
        }
        is_next
    }

    /// A text in quotes, a number, `true`, `false` or `null`, as JSON has them.
    pub(super) fn literal(&mut self) -> Option<Value> {
        let end = if self.sees('"') { end_of_text(self.rest)? } else { self.end_of_plain() };
        let (literal, rest) = self.rest.split_at(end);
        // Keywords are taken in any letter case, as some clients write True.
        let lower = literal.to_ascii_lowercase();
        let literal = if matches!(lower.as_str(), "true" | "false" | "null") { &lower } else { literal };
        let value: Value = serde_json::from_str(literal).ok()?;
        self.rest = rest;
        Some(value)
    }

    fn end_of_plain(&self) -> usize {
        let is_part = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
        self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len())
    }
}

/// Where a text in quotes ends.
fn end_of_text(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}
