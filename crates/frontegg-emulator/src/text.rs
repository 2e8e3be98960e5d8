//! Texts that people write: what several spellings of one have in common, and what nobody sees of them.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A text as filters compare it: without case in any script, composed (NFC). The store keeps it beside
/// what it was made of, since engines fold less, and each in its own way.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // By way of the capitals, so that ß and ss, ς and σ are the same.
    text.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// Several texts of one thing as filters search them, one a line.
pub(crate) fn fold_all<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let folded: Vec<String> = texts.into_iter().flatten().map(fold).collect();
    folded.join("\n")
}

/// What all spellings of an address have in common: composed, in lower case, the domain as DNS has it.
/// Every look-up and every rule that an address is held once goes by this key; people see what they
/// wrote.
pub(crate) fn address_key(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", lower(local), ascii_domain(domain).unwrap_or_else(|| lower(domain))),
        None => lower(address),
    }
}

/// A domain in its ASCII form (UTS 46), if it is one that DNS can have.
pub(crate) fn ascii_domain(domain: &str) -> Option<String> {
    // What is left of a character that UTS 46 drops is another domain.
    if has_invisible(domain) {
        return None;
    }
    let ascii =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    ascii.ok().map(Cow::into_owned)
}

/// The same text composed (NFC).
pub(crate) fn composed(text: &str) -> String {
    text.nfc().collect()
}

fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { composed(&composed(text).to_lowercase()) }
}

/// Whether there is a character that shows nothing of itself: one that formats (Cf), or that parts
/// lines or paragraphs (Zl, Zp).
pub(crate) fn has_invisible(text: &str) -> bool {
    text.chars().any(is_invisible)
}

fn is_invisible(character: char) -> bool {
    let category = character.general_category();
    matches!(category, GeneralCategory::Format | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator)
}

/// A code as it was made, of what somebody typed: without the blanks and dashes that apps and mails
/// put into it, and without what nobody sees.
pub(crate) fn typed_code(typed: &str) -> String {
    let is_dash =
        |character: char| character == '\u{2212}' || character.general_category() == GeneralCategory::DashPunctuation;
    typed.chars().filter(|&it| !it.is_whitespace() && !is_invisible(it) && !is_dash(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_address_have_one_key() {
        for (one, other) in [
            ("Ada@Acme.Test", "ada@acme.test"),
            ("jürgen@example.com", "ju\u{308}rgen@example.com"),
            ("JÜRGEN@example.com", "jürgen@example.com"),
            ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
            ("ada@mu\u{308}nchen.example", "ada@XN--MNCHEN-3YA.example"),
            ("ada@MÜNCHEN。example", "ada@münchen.example"),
            ("ΟΔΟΣ@example.com", "οδος@example.com"),
        ] {
            assert_eq!(address_key(one), address_key(other), "{one} {other}");
        }
        assert_ne!(address_key("strasse@example.com"), address_key("straße@example.com"));
        // A key is its own key, also where it is none of an address.
        for text in ["ada@münchen.example", "a\u{308}@x..y", "ada@-x.example", "ÄDA", "a@b@ÜX.example", "@"] {
            let key = address_key(text);
            assert_eq!(address_key(&key), key, "{text}");
        }
    }

    #[test]
    fn only_domains_have_an_ascii_form() {
        assert_eq!(ascii_domain("Münster.example").as_deref(), Some("xn--mnster-3ya.example"));
        for bad in
            ["", "a..b", "-a.b", "a-.b", "a_b.c", "xn--a\u{f6}.b", "a\u{ad}b.c", &format!("{}.b", "a".repeat(64))]
        {
            assert_eq!(ascii_domain(bad), None, "{bad}");
        }
    }

    #[test]
    fn folding_knows_every_script() {
        for (one, other) in [
            ("ÄÖÜ", "äöü"),
            ("A\u{308}", "ä"),
            ("Ünï", "ÜNÏ"),
            ("STRASSE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("ПРИВЕТ", "привет"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(fold_all([Some("A"), None, Some("Ü")]), "a\nü");
    }

    #[test]
    fn what_nobody_sees_is_found() {
        for hidden in ['\u{200b}', '\u{202e}', '\u{ad}', '\u{2060}', '\u{feff}', '\u{2028}', '\u{2029}'] {
            assert!(has_invisible(&format!("a{hidden}b")), "{hidden:?}");
        }
        assert!(!has_invisible("a b\u{a0}ü"));
    }

    #[test]
    fn codes_are_typed_in_many_ways() {
        for typed in
            ["123456", " 123 456", "123-456\n", "123\u{2013}456", "123\u{a0}456", "\u{200b}123456", "1\u{2212}23456"]
        {
            assert_eq!(typed_code(typed), "123456", "{typed:?}");
        }
        assert_eq!(typed_code("12a.4_6"), "12a.4_6");
    }
}
