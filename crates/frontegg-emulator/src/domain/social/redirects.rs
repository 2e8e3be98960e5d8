//! Which addresses a provider may send people back to.

use crate::store::entity::social_provider;

/// Whether an address is the provider's own, or one that its pattern lets through.
pub(super) fn admits(provider: &social_provider::Model, address: &str) -> bool {
    address == provider.redirect_url || matches(&provider.redirect_url_pattern, address)
}

/// Whether an address is a pattern with words in place of its placeholders, `*` or `{name}`. A word holds neither a slash
/// nor what else would lead to another part of an address, so that no host but those that are meant fits.
fn matches(pattern: &str, address: &str) -> bool {
    let Some((literal, rest)) = next_placeholder(pattern) else { return pattern == address };
    let Some(address) = address.strip_prefix(literal) else { return false };
    let word = address.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte)).count();
    (1..=word).any(|length| matches(rest, &address[length..]))
}

/// What stands before the first placeholder, and what behind it.
fn next_placeholder(pattern: &str) -> Option<(&str, &str)> {
    let start = pattern.find(['*', '{'])?;
    let (literal, rest) = pattern.split_at(start);
    match rest.strip_prefix('*') {
        Some(rest) => Some((literal, rest)),
        None => rest.split_once('}').map(|(_, rest)| (literal, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_words() {
        for (pattern, address) in [
            ("https://app.test/account/social/success", "https://app.test/account/social/success"),
            ("https://*.app.test/done", "https://acme.app.test/done"),
            ("https://{tenant}.app.test/done", "https://a.b.app.test/done"),
            ("https://*.app.test/*/done", "https://a.app.test/x-1/done"),
            ("https://app.test/{unclosed", "https://app.test/{unclosed"),
        ] {
            assert!(matches(pattern, address), "{pattern} {address}");
        }
        for (pattern, address) in [
            ("https://app.test/done", "https://app.test/done/"),
            ("https://app.test/done", "https://app.test/done?x"),
            ("https://*.app.test/done", "https://.app.test/done/"),
            ("https://*.app.test/done", "https://other.test/.app.test/done"),
            ("https://*.app.test/done", "https://other.test?.app.test/done"),
            ("https://*.app.test/done", "https://other.test#.app.test/done"),
            ("https://*.app.test/done", "https://ada:x@other.app.test/done"),
            ("https://*.app.test/done", "https://other.test\\.app.test/done"),
            ("https://*.app.test/done", "http://acme.app.test/done"),
            ("https://*.app.test/done", "https://\u{e4}.app.test/done"),
            ("", "https://app.test"),
        ] {
            assert!(!matches(pattern, address), "{pattern} {address}");
        }
    }
}
