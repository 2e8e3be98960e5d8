//! What the program says once it serves: where, and what clients need.

use clap::ValueEnum;
use serde::Serialize;

use crate::emulator::Emulator;

/// In which form it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Variables for a shell to evaluate.
    Shell,
    /// One line of JSON.
    Json,
}

/// What clients need, as JSON has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Announcement<'a> {
    url: &'a str,
    base_url: &'a str,
    vendor_id: &'a str,
    client_id: &'a str,
    api_key: &'a str,
    application_id: &'a str,
}

/// What is said of an emulator, whole lines.
pub(super) fn of(emulator: &Emulator, form: Form) -> serde_json::Result<String> {
    let announcement = Announcement {
        url: emulator.url(),
        base_url: emulator.base_url(),
        vendor_id: emulator.vendor_id(),
        client_id: emulator.client_id(),
        api_key: emulator.api_key(),
        application_id: emulator.application_id(),
    };
    match form {
        Form::Shell => Ok(announcement.for_a_shell()),
        Form::Json => Ok(serde_json::to_string(&announcement)? + "\n"),
    }
}

impl Announcement<'_> {
    /// A remark for people, and the variables that the SDK and other clients read.
    fn for_a_shell(&self) -> String {
        let exports = [
            ("FRONTEGG_API_GATEWAY_URL", self.base_url),
            ("FRONTEGG_CLIENT_ID", self.client_id),
            ("FRONTEGG_API_KEY", self.api_key),
        ];
        let exports = exports.map(|(name, value)| format!("export {name}={}\n", quoted(value)));
        format!("# listening on {}\n{}", self.url, exports.concat())
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a-1"), "a-1");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted(""), "''");
    }
}
