//! Answers of identity providers: whatever is done to one that is signed, nobody is believed to be anybody but whom it was
//! signed for, and reading takes memory by its size.
//!
//! Input: an answer as it is, which begins with `<`; or a digit that picks a good one, a text that is in it up to the end
//! of the line, and what is to stand in its place.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use frontegg_emulator::fuzzing::{SamlExpected, SamlPerson, saml_answer};
use frontegg_fuzz::{lines, memory::Limit};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CASES: &str = include_str!("../../crates/frontegg-emulator/tests/saml/corpus/cases.json");
const CERTIFICATE: &str = include_str!("../../crates/frontegg-emulator/tests/saml/corpus/idp.crt");
/// Signed by two programs, as a whole, in part, and both.
const GOOD: [&str; 5] = [
    include_str!("../../crates/frontegg-emulator/tests/saml/corpus/ok_signxml_assertion.xml"),
    include_str!("../../crates/frontegg-emulator/tests/saml/corpus/ok_signxml_response.xml"),
    include_str!("../../crates/frontegg-emulator/tests/saml/corpus/ok_signxml_both.xml"),
    include_str!("../../crates/frontegg-emulator/tests/saml/corpus/ok_xmlsec1_assertion.xml"),
    include_str!("../../crates/frontegg-emulator/tests/saml/corpus/ok_xmlsec1_response.xml"),
];

static EXPECTED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(CASES).expect("JSON"));

fn judge(text: &[u8]) -> Result<SamlPerson, u8> {
    let member = |name: &str| EXPECTED[name].as_str().expect("text");
    let now: DateTime<Utc> = member("now").parse().expect("a moment");
    let expected = SamlExpected {
        acs_url: member("acsUrl"),
        sp_entity_id: member("spEntityId"),
        issuer: member("issuer"),
        request: member("request"),
        certificate: CERTIFICATE,
        now: now.timestamp(),
    };
    let message = STANDARD.encode(text);
    let limit = Limit { any: 256 * 1024, byte: 1024 };
    let judged = limit.hold(text.len(), || saml_answer(&message, &expected));
    assert_ne!(judged, Err(0), "the certificate is a good one");
    judged
}

/// The good answer with that in the place of the text.
fn edited(input: &[u8]) -> Option<String> {
    let (first, replacement) = lines::first(input);
    let (which, text) = first.split_first()?;
    let good = GOOD.get(usize::from(which.checked_sub(b'0')?))?;
    let (text, replacement) = (std::str::from_utf8(text).ok()?, std::str::from_utf8(replacement).ok()?);
    Some(good.replacen(text, replacement, 1))
}

fuzz_target!(|input: &[u8]| {
    let judged = if input.starts_with(b"<") {
        judge(input)
    } else {
        let Some(text) = edited(input) else { return };
        judge(text.as_bytes())
    };
    if let Ok(person) = judged {
        assert_eq!((person.name_id.as_str(), person.email.as_str()), ("alice@acme.test", "alice@acme.test"));
        assert_eq!(person.groups, ["eng", "ops"]);
        assert_eq!(person.assertion_id, "_a1");
    }
});
