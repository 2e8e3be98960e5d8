//! Words to look for in what people are called and known by.

use sea_orm::{Condition, sea_query::ExprTrait};

use crate::{
    store::{entity::search_text, query},
    text,
};

/// Words that must all occur, must not occur, and of which one must occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Phrase {
    contains: Vec<String>,
    excludes: Vec<String>,
    optional: Vec<String>,
    /// Whether a word may be spelled a little differently.
    approximate: bool,
}

impl Phrase {
    /// From lists of words with commas between them.
    pub(crate) fn new(
        contains: Option<&str>,
        excludes: Option<&str>,
        optional: Option<&str>,
        approximate: bool,
    ) -> Self {
        Self { contains: words(contains), excludes: words(excludes), optional: words(optional), approximate }
    }

    /// Whether nothing is looked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.contains.is_empty() && self.excludes.is_empty() && self.optional.is_empty()
    }

    /// Which texts are those of somebody who is looked for, as the store can tell: not where words may be spelled
    /// differently.
    pub(super) fn condition(&self) -> Option<Condition> {
        if self.approximate {
            return None;
        }
        let holds = |word: &String| query::contains(search_text::Column::Text, word);
        let mut all = Condition::all();
        for word in &self.contains {
            all = all.add(holds(word));
        }
        for word in &self.excludes {
            all = all.add(holds(word).not());
        }
        if !self.optional.is_empty() {
            all = all.add(self.optional.iter().fold(Condition::any(), |any, word| any.add(holds(word))));
        }
        Some(all)
    }

    /// Whether this is the text of somebody who is looked for.
    pub(super) fn fits(&self, text: &str) -> bool {
        let occurs = |word: &String| text.lines().any(|line| self.occurs(word, line));
        self.contains.iter().all(occurs)
            && !self.excludes.iter().any(occurs)
            && (self.optional.is_empty() || self.optional.iter().any(occurs))
    }

    fn occurs(&self, word: &str, text: &str) -> bool {
        if text.contains(word) {
            return true;
        }
        let tolerance = tolerance(word);
        self.approximate
            && tolerance > 0
            && std::iter::once(text)
                .chain(text.split(|c: char| !c.is_alphanumeric()))
                .any(|part| distance_within(word, part, tolerance))
    }
}

fn words(list: Option<&str>) -> Vec<String> {
    let words = list.unwrap_or_default().split(',').map(|word| text::fold(word.trim()));
    words.filter(|word| !word.is_empty()).collect()
}

/// How many letters of a word may be wrong: two, but not so many that a short word fits any other.
fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// Whether so few letters have to be put in, left out or replaced to make one word of the other.
fn distance_within(a: &str, b: &str, most: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    // One row of the table of distances between all beginnings of the two.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(phrase: &Phrase) -> bool {
        phrase.fits("ada lovelace\nada@acme.test\n+4915112345678")
    }

    #[test]
    fn words_are_required_forbidden_or_offered() {
        for (contains, excludes, optional, expected) in [
            (Some("ADA, lovel"), None, None, true),
            (Some("ada,bob"), None, None, false),
            (None, Some("bob"), None, true),
            (None, Some("acme"), None, false),
            (None, None, Some("bob,1511"), true),
            (None, None, Some("bob,carol"), false),
            (Some("ada"), Some("globex"), Some("x,acme.test"), true),
        ] {
            let phrase = Phrase::new(contains, excludes, optional, false);
            assert_eq!(fits(&phrase), expected, "{phrase:?}");
        }
        assert!(Phrase::new(Some(" , "), None, None, true).is_empty());
    }

    #[test]
    fn approximate_words_forgive_two_letters() {
        for (word, exact, approximate) in [
            ("lovelase", false, true),
            ("luvelase", false, true),
            ("luvilase", false, false),
            ("adb", false, true),
            ("xb", false, false),
        ] {
            assert_eq!(fits(&Phrase::new(Some(word), None, None, false)), exact, "{word}");
            assert_eq!(fits(&Phrase::new(Some(word), None, None, true)), approximate, "{word}");
        }
    }

    #[test]
    fn distances_are_counted_in_characters() {
        assert!(distance_within("müller", "muller", 1));
        assert!(distance_within("kitten", "sitting", 3) && !distance_within("kitten", "sitting", 2));
        assert!(distance_within("", "ab", 2) && distance_within("ab", "", 2));
    }
}
