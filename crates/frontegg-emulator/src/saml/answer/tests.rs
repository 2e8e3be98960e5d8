//! Answers signed by other programs and broken in known ways, and answers of our own.

use std::{collections::HashMap, fs, path::PathBuf, sync::LazyLock};

use serde::Deserialize;

use super::*;
use crate::saml::{
    EMAIL,
    key::SigningKey,
    response::{Digest, Ids, Response, SignedPart, Signing},
};

/// What `.ci/saml-corpus` writes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Corpus {
    now: chrono::DateTime<chrono::Utc>,
    acs_url: String,
    sp_entity_id: String,
    issuer: String,
    request: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// The one that refuses it.
    check: Option<u8>,
    /// The provider's.
    certificate: String,
}

fn judge(message: &str, expected: &Expected<'_>) -> Result<Accepted, Refused> {
    Answer::read(message)?.verify(expected)
}

#[test]
fn answers_of_other_programs_are_judged_alike() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/saml/corpus");
    let read = |name: &str| fs::read(folder.join(name)).expect("a file of the corpus");
    let corpus: Corpus = serde_json::from_slice(&read("cases.json")).expect("the cases");
    let certificate =
        |name: &str| Certificate::read(&String::from_utf8(read(name)).expect("PEM")).expect("a certificate");
    assert_eq!(corpus.cases.len(), 50);
    let mut wrong = Vec::new();
    for Case { name, check, certificate: of } in &corpus.cases {
        let expected = Expected {
            acs_url: &corpus.acs_url,
            sp_entity_id: &corpus.sp_entity_id,
            certificates: &[certificate(of)],
            issuer: Some(&corpus.issuer),
            in_response_to: InResponseTo::Request(&corpus.request),
            now: corpus.now.into(),
        };
        let judged = judge(&STANDARD.encode(read(&format!("{name}.xml"))), &expected);
        let refused = judged.as_ref().err().map(|refused| refused.check.number());
        if refused != *check {
            wrong.push(format!("{name}: {judged:?}"));
        }
        let Ok(accepted) = judged else { continue };
        let whole = if name == "comment_in_nameid" { "admin@acme.test.evil.test" } else { "alice@acme.test" };
        assert_eq!(accepted.email, whole, "{name}");
        assert_eq!(accepted.groups, ["eng", "ops"], "{name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const ACS: &str = "https://sp.test/auth/saml/callback";
const SP: &str = "https://sp.test";
const IDP: &str = "https://idp.test/metadata";
const REQUEST: &str = "_request";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("provider", now()).expect("a key"));
static OTHER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("other", now()).expect("a key"));

fn now() -> Timestamp {
    Timestamp::from_micros(1_767_323_045_000_000)
}

fn attributes() -> BTreeMap<String, Vec<String>> {
    let attributes = [
        (EMAIL, &[" alice@acme.test "][..]),
        ("firstName", &["Alice"]),
        ("lastName", &["Adams"]),
        ("groups", &["eng", " ops "]),
    ];
    attributes
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.iter().map(|&it| it.to_owned()).collect()))
        .collect()
}

fn response(attributes: &BTreeMap<String, Vec<String>>) -> Response<'_> {
    Response {
        ids: Ids { response: "_response".to_owned(), assertion: "_assertion".to_owned() },
        issuer: IDP,
        destination: ACS,
        recipient: ACS,
        audience: SP,
        in_response_to: Some(REQUEST),
        issued_at: now(),
        name_id: "alice@idp.test",
        attributes,
        session_ends_at: None,
    }
}

fn by(key: &SigningKey, part: SignedPart) -> Signing<'_> {
    Signing { key, part, digest: Digest::Sha256 }
}

fn expected(certificates: &[Certificate]) -> Expected<'_> {
    Expected {
        acs_url: ACS,
        sp_entity_id: SP,
        certificates,
        issuer: Some(IDP),
        in_response_to: InResponseTo::Request(REQUEST),
        now: now(),
    }
}

/// By the provider's key.
fn judged(text: &str) -> Result<Accepted, Refused> {
    judge(&STANDARD.encode(text), &expected(&[KEY.certificate().clone()]))
}

fn refusing(judged: Result<Accepted, Refused>) -> Option<Check> {
    judged.err().map(|refused| refused.check)
}

fn minutes(number: u64) -> std::time::Duration {
    std::time::Duration::from_mins(number)
}

#[test]
fn what_the_provider_says_is_read() {
    let attributes = attributes();
    let session_ends_at = Some(now().after(minutes(60)));
    for part in [SignedPart::Response, SignedPart::Assertion, SignedPart::Both] {
        let response = Response { session_ends_at, ..response(&attributes) };
        let accepted = judged(&response.write(Some(by(&KEY, part))).expect("a response")).expect("accepted");
        let name_id = NameId {
            value: "alice@idp.test".to_owned(),
            format: Some(crate::saml::EMAIL_ADDRESS.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
        };
        let all = Accepted {
            issuer: IDP.to_owned(),
            name_id,
            email: "alice@acme.test".to_owned(),
            given_name: Some("Alice".to_owned()),
            surname: Some("Adams".to_owned()),
            groups: vec!["eng".to_owned(), " ops ".to_owned()],
            attributes: attributes.clone(),
            authenticated_at: now(),
            session_ends_at,
            ids: ["_response".to_owned(), "_assertion".to_owned()],
            remembered_until: now().after(minutes(6)),
        };
        assert_eq!(accepted, all, "{part:?}");
    }
}

#[test]
fn the_address_is_an_attribute_or_the_name() {
    for (name, value, email) in [
        ("email", "bob@acme.test", Ok("bob@acme.test")),
        ("mail", "bob@acme.test", Ok("bob@acme.test")),
        ("other", "bob@acme.test", Ok("alice@idp.test")),
        ("email", "", Ok("alice@idp.test")),
        ("email", "bob", Err(Check::Person)),
        ("email", "bob @acme.test", Err(Check::Person)),
    ] {
        let attributes = BTreeMap::from([(name.to_owned(), vec![value.to_owned()])]);
        let text = response(&attributes).write(Some(by(&KEY, SignedPart::Assertion))).expect("a response");
        let told = judged(&text).map(|accepted| accepted.email).map_err(|refused| refused.check);
        assert_eq!(told.as_deref().map_err(|check| *check), email, "{name}");
    }
    let none = BTreeMap::new();
    let response = Response { name_id: "alice", ..response(&none) };
    let text = response.write(Some(by(&KEY, SignedPart::Assertion))).expect("a response");
    assert_eq!(refusing(judged(&text)), Some(Check::Person));
}

#[test]
fn any_key_of_the_connection_may_sign_and_no_other() {
    let attributes = attributes();
    let text = response(&attributes).write(Some(by(&OTHER, SignedPart::Both))).expect("a response");
    assert_eq!(refusing(judged(&text)), Some(Check::Key));
    let both = [KEY.certificate().clone(), OTHER.certificate().clone()];
    assert!(judge(&STANDARD.encode(&text), &expected(&both)).is_ok());
    let message = STANDARD.encode(response(&attributes).write(None).expect("a response"));
    assert_eq!(refusing(judge(&message, &expected(&both))), Some(Check::Signature));
}

#[test]
fn weak_digests_are_refused() {
    let attributes = attributes();
    let signing = Signing { key: &KEY, part: SignedPart::Assertion, digest: Digest::Sha1 };
    let text = response(&attributes).write(Some(signing)).expect("a response");
    assert_eq!(refusing(judged(&text)), Some(Check::Algorithm));
}

#[test]
fn clocks_may_be_off_by_a_minute() {
    let attributes = attributes();
    let message = STANDARD.encode(response(&attributes).write(Some(by(&KEY, SignedPart::Both))).expect("a response"));
    let certificates = [KEY.certificate().clone()];
    let at = |now| refusing(judge(&message, &Expected { now, ..expected(&certificates) }));
    let moment = Timestamp::from_micros(1);
    let a_little = moment.since(Timestamp::from_micros(0));
    assert_eq!(at(now().before(minutes(2))), None);
    assert_eq!(at(now().before(minutes(2)).before(a_little)), Some(Check::Conditions));
    assert_eq!(at(now().after(minutes(6)).before(a_little)), None);
    assert_eq!(at(now().after(minutes(6))), Some(Check::Confirmation));
}

#[test]
fn sessions_of_the_provider_that_are_over_are_refused() {
    let attributes = attributes();
    let response = Response { session_ends_at: Some(now().before(minutes(1))), ..response(&attributes) };
    let text = response.write(Some(by(&KEY, SignedPart::Both))).expect("a response");
    assert_eq!(refusing(judged(&text)), Some(Check::Statement));
}

#[test]
fn an_answer_that_nobody_asked_for_is_one_without_a_request() {
    let attributes = attributes();
    let certificates = [KEY.certificate().clone()];
    let unsolicited = Expected { in_response_to: InResponseTo::Nothing, ..expected(&certificates) };
    let write = |in_response_to| {
        let response = Response { in_response_to, ..response(&attributes) };
        STANDARD.encode(response.write(Some(by(&KEY, SignedPart::Both))).expect("a response"))
    };
    assert!(judge(&write(None), &unsolicited).is_ok());
    assert_eq!(refusing(judge(&write(None), &expected(&certificates))), Some(Check::Request));
    assert_eq!(refusing(judge(&write(Some(REQUEST)), &unsolicited)), Some(Check::Request));
    assert!(!Answer::read(&write(None)).expect("an answer").claims_request());
    assert!(Answer::read(&write(Some(REQUEST))).expect("an answer").claims_request());
}

#[test]
fn an_issuer_that_is_not_known_yet_is_told() {
    let attributes = attributes();
    let certificates = [KEY.certificate().clone()];
    let message = STANDARD.encode(response(&attributes).write(Some(by(&KEY, SignedPart::Both))).expect("a response"));
    assert_eq!(Answer::read(&message).expect("an answer").claimed_issuer().as_deref(), Some(IDP));
    let unknown = Expected { issuer: None, ..expected(&certificates) };
    assert_eq!(judge(&message, &unknown).expect("accepted").issuer, IDP);
    let other = Expected { issuer: Some("https://other.test"), ..expected(&certificates) };
    assert_eq!(refusing(judge(&message, &other)), Some(Check::Issuer));
}

/// What changes a text that is signed already.
type Change = (&'static str, &'static str);

#[test]
fn what_is_changed_around_the_signature_is_refused() {
    let attributes = attributes();
    let assertion = response(&attributes).write(Some(by(&KEY, SignedPart::Assertion))).expect("a response");
    let whole = response(&attributes).write(Some(by(&KEY, SignedPart::Response))).expect("a response");
    let destination = r#" Destination="https://sp.test/auth/saml/callback""#;
    let cases: [(&str, Change, Check); 12] = [
        (&assertion, (r#"Version="2.0""#, r#"Version="1.1""#), Check::Shape),
        (&assertion, (r#" ID="_response""#, ""), Check::Shape),
        (&assertion, ("SAML:2.0:protocol", "SAML:1.1:protocol"), Check::Shape),
        (&assertion, ("<samlp:Status>", "<saml:EncryptedAssertion/><samlp:Status>"), Check::Shape),
        (&assertion, ("<samlp:Status>", r#"<samlp:Extensions Id="_assertion"/><samlp:Status>"#), Check::Ids),
        (&assertion, ("status:Success", "status:Requester"), Check::Status),
        (&assertion, ("<samlp:Status>", "<samlp:Status/><samlp:Status>"), Check::Status),
        (
            &assertion,
            ("<samlp:Status>", r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><samlp:Status>"#),
            Check::Reference,
        ),
        (&assertion, ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), Check::Signature),
        (&assertion, ("https://idp.test/metadata", "https://other.test"), Check::Issuer),
        (&whole, (destination, ""), Check::Signature),
        (&whole, ("alice@idp.test", "bob@idp.test"), Check::Signature),
    ];
    for (text, (from, to), check) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(refusing(judged(&changed)), Some(check), "{from}");
    }
    // Of a response that is not signed itself, the destination may be left out.
    assert!(judged(&assertion.replacen(destination, "", 1)).is_ok());
}

#[test]
fn a_provider_that_refuses_sends_no_assertion() {
    let attributes = attributes();
    let text = response(&attributes).write(None).expect("a response").replace("status:Success", "status:Responder");
    let (start, end) =
        (text.find("<saml:Assertion").expect("a start"), text.find("</samlp:Response>").expect("an end"));
    let refused = judged(&(text[..start].to_owned() + &text[end..])).expect_err("refused");
    assert_eq!(refused.check, Check::Status);
    assert!(refused.reason.contains("urn:oasis:names:tc:SAML:2.0:status:Responder"));
}

#[test]
fn messages_are_base64_of_utf_8() {
    let attributes = attributes();
    let text = response(&attributes).write(Some(by(&KEY, SignedPart::Both))).expect("a response");
    let dense = STANDARD.encode(&text);
    let lines: Vec<String> =
        dense.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let certificates = [KEY.certificate().clone()];
    let judge = |message: &str| refusing(judge(message, &expected(&certificates)));
    assert_eq!(judge(&lines.join("\r\n")), None);
    assert_eq!(judge(&format!(" {dense}")), Some(Check::Encoding));
    assert_eq!(judge(&dense.replace('=', "").replace('+', "-")), Some(Check::Encoding));
    assert_eq!(judge(&STANDARD.encode([0xff, 0xfe])), Some(Check::Encoding));
    assert_eq!(judge(""), Some(Check::Xml));
    let declared = |encoding: &str| STANDARD.encode(format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{text}"));
    assert_eq!(judge(&declared("utf-8")), None);
    assert_eq!(judge(&declared("ISO-8859-1")), Some(Check::Encoding));
    assert_eq!(judge(&"A".repeat(MAX_LENGTH * 4 + 1)), Some(Check::Encoding));
}

#[test]
fn names_are_told_apart_by_all_their_parts() {
    let name = |value: &str, format: Option<&str>, qualifier: Option<&str>| NameId {
        value: value.to_owned(),
        format: format.map(str::to_owned),
        name_qualifier: qualifier.map(str::to_owned),
        sp_name_qualifier: None,
    };
    let names =
        [name("a", None, None), name("a", Some("b"), None), name("a", None, Some("b")), name("a\",\"b", None, None)];
    let subjects: HashMap<String, usize> =
        names.iter().enumerate().map(|(index, name)| (name.to_subject(), index)).collect();
    assert_eq!(subjects.len(), names.len());
}
