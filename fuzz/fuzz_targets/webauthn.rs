//! WebAuthn: CBOR and keys of strangers take memory by their size, and nothing is taken that was not asked
//! for, or that a key has not signed.
//!
//! Input: a letter for the part that is to be fuzzed, and the part: `o` an attestation object, `k` a key
//! with what follows it, `s` an attestation statement behind the name of its format and a line end, `c` the
//! client data, `a` an answer with a known key, of which a byte tells the length of the authenticator data
//! and another one that of the signature.

#![no_main]

use ciborium::Value as Cbor;
use frontegg_emulator::fuzzing::{Asked, Created, Credential, Signed};
use frontegg_fuzz::{lines, memory::Limit};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// As the vectors of the specification have it (Level 3, §16.2).
const BASE_URL: &str = "https://example.org";
const ID: &[u8] = include_bytes!("../webauthn/id");
const OBJECT: &[u8] = include_bytes!("../webauthn/object");
const CLIENT_DATA: &[u8] = include_bytes!("../webauthn/client-data");
const NEXT_CLIENT_DATA: &[u8] = include_bytes!("../webauthn/next-client-data");
const NEXT_DATA: &[u8] = include_bytes!("../webauthn/next-authenticator-data");
const ASKED: Asked<'static> = Asked { base_url: BASE_URL, challenge: "AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA" };
const ASKED_NEXT: Asked<'static> =
    Asked { base_url: BASE_URL, challenge: "OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag" };
/// Where the key begins in authenticator data: behind hash, flags, counter, model, length and id.
const KEY_PLACE: usize = 32 + 1 + 4 + 16 + 2 + ID.len();

fn register(client_data: &[u8], attestation_object: &[u8]) -> Result<Credential, String> {
    let limit = Limit { any: 64 * 1024, byte: 256 };
    limit.hold(client_data.len() + attestation_object.len(), || {
        Credential::register(ASKED, Created { id: ID, client_data, attestation_object })
    })
}

/// What the authenticator says, of the object that is good.
fn authenticator_data() -> Vec<u8> {
    let object: Cbor = ciborium::from_reader(OBJECT).expect("CBOR");
    let members = object.into_map().expect("a map");
    let (_, data) = members.into_iter().find(|(name, _)| name.as_text() == Some("authData")).expect("data");
    data.into_bytes().expect("bytes")
}

/// An attestation object, of which the statement is CBOR already.
fn object(format: &str, statement: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xa3];
    let mut write = |value: Cbor| ciborium::into_writer(&value, &mut bytes).expect("CBOR");
    write("fmt".into());
    write(format.into());
    write("authData".into());
    write(data.to_vec().into());
    write("attStmt".into());
    bytes.extend(statement);
    bytes
}

fn fuzz_object(object: &[u8]) {
    if let Ok(credential) = register(CLIENT_DATA, object) {
        check_key(object, &credential);
    }
}

/// What is kept stands in what was sent, and is taken when it comes again.
fn check_key(sent: &[u8], credential: &Credential) {
    let key = credential.public_key();
    assert!(sent.windows(key.len()).any(|window| window == key));
    let data = [&authenticator_data()[..KEY_PLACE], key].concat();
    let again = register(CLIENT_DATA, &object("none", &[0xa0], &data)).expect("the same credential");
    assert_eq!(again.public_key(), key);
}

fn fuzz_key(behind: &[u8]) {
    let data = [&authenticator_data()[..KEY_PLACE], behind].concat();
    if let Ok(credential) = register(CLIENT_DATA, &object("none", &[0xa0], &data)) {
        // No extensions were promised, so nothing follows the key.
        assert_eq!(credential.public_key(), behind);
    }
}

fn fuzz_statement(rest: &[u8]) {
    let (format, statement) = lines::first(rest);
    let Ok(format) = std::str::from_utf8(format) else { return };
    let taken = register(CLIENT_DATA, &object(format, statement, &authenticator_data())).is_ok();
    let read = ciborium::from_reader::<Cbor, _>(statement).ok().and_then(|statement| statement.into_map().ok());
    if taken && format == "none" {
        assert_eq!(read, Some(Vec::new()));
    }
    if taken && format == "packed" {
        // The key of the specification signs nothing more: certificates, then, of which none is looked at.
        let members = read.expect("a map");
        assert!(members.iter().any(|(name, _)| name.as_text() == Some("x5c")));
    }
}

fn fuzz_client_data(json: &[u8]) {
    if register(json, OBJECT).is_ok() {
        // Decoded as browsers do (WebAuthn, §7.1): what is no UTF-8 becomes replacement characters.
        let text = String::from_utf8_lossy(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json));
        // Half of a surrogate pair in a member that nobody looks at is JSON, and nothing that can be held.
        let Ok(said) = serde_json::from_str::<Value>(&text) else { return };
        assert_eq!(said["type"], "webauthn.create");
        assert_eq!(said["challenge"], ASKED.challenge);
        assert_eq!(said["origin"], BASE_URL);
        assert_ne!(said["crossOrigin"], true);
    }
}

fn fuzz_answer(rest: &[u8]) {
    let [data, signature, rest @ ..] = rest else { return };
    let (data, signature) = (usize::from(*data), usize::from(*signature));
    let Some((authenticator_data, rest)) = rest.split_at_checked(data) else { return };
    let Some((signature, client_data)) = rest.split_at_checked(signature) else { return };
    let known = Credential::register(ASKED, Created { id: ID, client_data: CLIENT_DATA, attestation_object: OBJECT });
    let known = known.expect("the credential of the specification");
    if known.verify(ASKED_NEXT, Signed { client_data, authenticator_data, signature }).is_ok() {
        assert_eq!((client_data, authenticator_data), (NEXT_CLIENT_DATA, NEXT_DATA), "nothing else was signed");
    }
}

fuzz_target!(|input: &[u8]| {
    match input {
        [b'o', rest @ ..] => fuzz_object(rest),
        [b'k', rest @ ..] => fuzz_key(rest),
        [b's', rest @ ..] => fuzz_statement(rest),
        [b'c', rest @ ..] => fuzz_client_data(rest),
        [b'a', rest @ ..] => fuzz_answer(rest),
        _ => {}
    }
});
