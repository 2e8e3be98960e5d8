//! The verification against the vectors of the specification, against forgeries, and against bytes
//! that somebody made up.

mod vectors;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use ciborium::{Value, cbor};
use proptest::prelude::*;

use super::*;
use authenticator_data::AuthenticatorData;
use client_data::hash;
use vectors::{ED25519, ES256, SELF, Vector};

const ORIGIN: &str = "https://example.org";

fn party() -> RelyingParty {
    RelyingParty::at(ORIGIN).expect("an address")
}

fn bytes(text: &str) -> Vec<u8> {
    decode(text).expect("base64url")
}

impl Vector {
    fn create(&self, user_verification: bool) -> Result<Credential, Fault> {
        let (party, challenge) = (party(), self.challenge);
        let created =
            Created { id: self.id, client_data: self.client_data, attestation_object: self.attestation_object };
        verify_registration(&Expected { party: &party, challenge, user_verification }, created)
    }

    fn signed(&self) -> Signed<'_> {
        Signed {
            id: self.id,
            client_data: self.next_client_data,
            authenticator_data: self.authenticator_data,
            signature: self.signature,
            user_handle: None,
        }
    }

    fn get(&self, credential: &Credential, signed: Signed<'_>) -> Result<Use, Fault> {
        let (party, challenge) = (party(), self.next_challenge);
        verify_assertion(&Expected { party: &party, challenge, user_verification: false }, known(credential), signed)
    }
}

fn known(credential: &Credential) -> Known<'_> {
    Known {
        id: &credential.id,
        public_key: &credential.public_key,
        sign_count: credential.sign_count,
        is_backup_eligible: credential.is_backup_eligible,
        user_handle: b"ada",
    }
}

#[test]
fn the_vectors_of_the_specification_hold() {
    for vector in [ES256, SELF, ED25519] {
        let credential = vector.create(false).expect("a credential");
        assert_eq!(encode(&credential.id), vector.id);
        let used = vector.get(&credential, vector.signed()).expect("a signature");
        assert_eq!(used.sign_count, 0);
    }
    // Of the three only one is of a device that checks its owner.
    assert_eq!(SELF.create(true).map(|credential| credential.is_user_verified), Ok(true));
    assert_eq!(ES256.create(true), Err(Fault::Refused("The user was not verified")));
}

#[test]
fn a_flipped_bit_breaks_a_signature() {
    for vector in [ES256, SELF, ED25519] {
        let credential = vector.create(false).expect("a credential");
        for member in 0..3 {
            let parts = [vector.next_client_data, vector.authenticator_data, vector.signature].map(bytes);
            for bit in 0..parts[member].len() * 8 {
                let mut parts = parts.clone();
                parts[member][bit / 8] ^= 1 << (bit % 8);
                let [client_data, authenticator_data, signature] = parts.map(encode);
                let signed = Signed {
                    client_data: &client_data,
                    authenticator_data: &authenticator_data,
                    signature: &signature,
                    ..vector.signed()
                };
                assert!(vector.get(&credential, signed).is_err(), "bit {bit} of {member}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_breaks_a_self_attestation() {
    let object = bytes(SELF.attestation_object);
    let data = object.len() - 164;
    // Behind the format's name, which would make it one that is not verified.
    let flips = (data * 8..object.len() * 8).chain([30 * 8, 60 * 8]);
    for bit in flips {
        let mut object = object.clone();
        object[bit / 8] ^= 1 << (bit % 8);
        let forged = encode(object);
        let vector = Vector { attestation_object: forged.leak(), ..SELF };
        assert!(vector.create(false).is_err(), "bit {bit}");
    }
}

#[test]
fn answers_to_another_question_are_refused() {
    let (party, other) = (party(), RelyingParty::at("https://example.com").expect("an address"));
    let credential = ES256.create(false).expect("a credential");
    let of = |expected: Expected<'_>, signed| verify_assertion(&expected, known(&credential), signed);
    let right = Expected { party: &party, challenge: ES256.next_challenge, user_verification: false };
    let signed = ES256.signed();
    assert!(of(right, signed).is_ok());
    for (expected, signed, fault) in [
        (Expected { challenge: ES256.challenge, ..right }, signed, "The challenge is another one"),
        (Expected { challenge: "", ..right }, signed, "The challenge is another one"),
        (Expected { party: &other, ..right }, signed, "The origin is not accepted"),
        (Expected { user_verification: true, ..right }, signed, "The user was not verified"),
        (right, Signed { id: SELF.id, ..signed }, "The credential is another one"),
        (right, Signed { user_handle: Some("Ym9i"), ..signed }, "The credential is somebody else's"),
        (right, Signed { client_data: ES256.client_data, ..signed }, "clientDataJSON is of another ceremony"),
        (right, Signed { signature: SELF.signature, ..signed }, "The signature does not hold"),
    ] {
        assert_eq!(of(expected, signed), Err(Fault::Refused(fault)));
    }
    let handles = [None, Some(""), Some("YWRh"), Some("YWRh===")];
    let answers = handles.map(|user_handle| of(right, Signed { user_handle, ..signed }).is_ok());
    assert_eq!(answers, [true, true, true, false]);
}

/// An authenticator of which every byte can be chosen.
struct Forge {
    pair: Ed25519KeyPair,
    client_data: String,
    party_id: &'static str,
    flags: u8,
    sign_count: u32,
    key: Option<Value>,
    format: &'static str,
    statement: Option<Value>,
    behind: Vec<u8>,
}

const CHALLENGE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

impl Forge {
    fn new() -> Self {
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key"),
            client_data: client_data("webauthn.create", ""),
            party_id: "example.org",
            flags: 0x45,
            sign_count: 1,
            key: None,
            format: "none",
            statement: None,
            behind: Vec::new(),
        }
    }

    fn public_key(&self) -> Value {
        let x = Value::Bytes(self.pair.public_key().as_ref().to_vec());
        cbor!({ 1 => 1, 3 => -8, -1 => 6, -2 => x }).expect("CBOR")
    }

    fn data(&self) -> Vec<u8> {
        let mut data = hash(self.party_id.as_bytes()).to_vec();
        data.push(self.flags);
        data.extend(self.sign_count.to_be_bytes());
        if self.flags & 0x40 != 0 {
            data.extend([0; 16]);
            data.extend([0, 3]);
            data.extend(b"key");
            data.extend(cbor(self.key.as_ref().unwrap_or(&self.public_key())));
        }
        data.extend(&self.behind);
        data
    }

    fn object(&self) -> Vec<u8> {
        let data = self.data();
        let signature = self.pair.sign(&[&data[..], &hash(self.client_data.as_bytes())].concat());
        let signed = Value::Bytes(signature.as_ref().to_vec());
        let statement = match (&self.statement, self.format) {
            (Some(statement), _) => statement.clone(),
            (None, "packed") => cbor!({ "alg" => -8, "sig" => signed }).expect("CBOR"),
            (None, _) => cbor!({}).expect("CBOR"),
        };
        let data = Value::Bytes(data);
        cbor(&cbor!({ "fmt" => self.format, "attStmt" => statement, "authData" => data }).expect("CBOR"))
    }

    fn create(&self) -> Result<Credential, Fault> {
        create(&self.client_data, &self.object())
    }

    /// Its signature, held against what is known of the credential.
    fn get(&self, credential: &Credential) -> Result<Use, Fault> {
        let data = self.data();
        let signature = self.pair.sign(&[&data[..], &hash(self.client_data.as_bytes())].concat());
        let (party, client_data, data) = (party(), encode(&self.client_data), encode(data));
        let signature = encode(signature);
        let signed = Signed {
            id: "a2V5",
            client_data: &client_data,
            authenticator_data: &data,
            signature: &signature,
            user_handle: None,
        };
        let expected = Expected { party: &party, challenge: CHALLENGE, user_verification: false };
        verify_assertion(&expected, known(credential), signed)
    }
}

fn client_data(kind: &str, more: &str) -> String {
    format!(r#"{{"type":"{kind}","challenge":"{CHALLENGE}","origin":"{ORIGIN}"{more}}}"#)
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("CBOR");
    bytes
}

fn create(client_data: &str, object: &[u8]) -> Result<Credential, Fault> {
    let (party, client_data, object) = (party(), encode(client_data), encode(object));
    let expected = Expected { party: &party, challenge: CHALLENGE, user_verification: false };
    let created = Created { id: "a2V5", client_data: &client_data, attestation_object: &object };
    verify_registration(&expected, created)
}

#[test]
fn client_data_is_read_as_browsers_write_it() {
    let good = [
        client_data("webauthn.create", ""),
        client_data("webauthn.create", r#","crossOrigin":false"#),
        client_data("webauthn.create", r#","crossOrigin":null,"new":[{}]"#),
        format!("\u{feff}{}", client_data("webauthn.create", "")),
    ];
    for client_data in good {
        assert!(Forge { client_data, ..Forge::new() }.create().is_ok());
    }
    let refused = [
        (client_data("webauthn.get", ""), "clientDataJSON is of another ceremony"),
        (client_data("webauthn.create", r#","crossOrigin":true"#), "The page was inside of one of another origin"),
        (client_data("webauthn.create", "").replace("AAAA\"", "AAAA==\""), "The challenge is another one"),
        (client_data("webauthn.create", "").replace(".org", ".com"), "The origin is not accepted"),
    ];
    for (client_data, fault) in refused {
        assert_eq!(Forge { client_data, ..Forge::new() }.create(), Err(Fault::Refused(fault)));
    }
    let unreadable = [
        String::new(),
        "[]".to_owned(),
        format!("{} {{}}", client_data("webauthn.create", "")),
        client_data("webauthn.create", r#","type":"webauthn.create""#),
        client_data("webauthn.create", r#","crossOrigin":1"#),
        client_data("webauthn.create", "").replace(r#""origin""#, r#""from""#),
    ];
    for client_data in unreadable {
        let fault = Forge { client_data, ..Forge::new() }.create();
        assert_eq!(fault, Err(Fault::Unreadable("clientDataJSON cannot be read")));
    }
}

#[test]
fn authenticator_data_is_held_against_its_flags() {
    for (flags, behind) in [(0x41, vec![]), (0x4d, vec![]), (0x5d, vec![]), (0xc5, vec![0xa0])] {
        let credential = Forge { flags, behind, ..Forge::new() }.create().expect("a credential");
        assert_eq!(credential.is_user_verified, flags & 4 != 0);
        assert_eq!((credential.is_backup_eligible, credential.is_backed_up), (flags & 8 != 0, flags & 16 != 0));
    }
    let refused = [(0x44, "The user was not present"), (0x51, "The flags contradict each other")];
    for (flags, fault) in refused {
        assert_eq!(Forge { flags, ..Forge::new() }.create(), Err(Fault::Refused(fault)));
    }
    let party = Forge { party_id: "example.com", ..Forge::new() }.create();
    assert_eq!(party, Err(Fault::Refused("The credential is for another relying party")));
    // Flags that promise what does not come, or hide what comes.
    for (flags, behind) in [(0xc5, vec![]), (0x45, vec![0]), (0xc5, vec![0xa0, 0]), (0xc5, vec![0x80])] {
        let fault = Forge { flags, behind, ..Forge::new() }.create();
        assert_eq!(fault, Err(Fault::Unreadable("The authenticator data cannot be read")));
    }
    let none = Forge { flags: 0x05, ..Forge::new() }.create();
    assert_eq!(none, Err(Fault::Unreadable("attestationObject cannot be read")));
}

#[test]
fn keys_have_to_be_good_for_an_algorithm_that_was_offered() {
    let with = |key: Value| Forge { key: Some(key), ..Forge::new() }.create();
    let (short, long) = (Value::Bytes(vec![1; 31]), Value::Bytes(vec![1; 32]));
    for algorithm in [-35, -36, -37, -65535, -47, 0, 1] {
        let key = cbor!({ 1 => 2, 3 => algorithm, -1 => 1, -2 => long, -3 => long }).expect("CBOR");
        assert_eq!(with(key), Err(Fault::Refused("The algorithm was not offered")));
    }
    let none = Value::Bytes(Vec::new());
    let (weak, strong, zeros) = (vec![0xff; 128], vec![0xff; 256], vec![0; 256]);
    let [weak, strong, zeros] = [weak, strong, zeros].map(Value::Bytes);
    let exponent = Value::Bytes(vec![1, 0, 1]);
    let keys = [
        cbor!({}),
        cbor!({ 1 => 1 }),
        cbor!({ 3 => -8 }),
        cbor!({ 1 => "1", 3 => -8, -1 => 6, -2 => long }),
        // Another kind of key than the algorithm's; another curve; a point that is none.
        cbor!({ 1 => 2, 3 => -8, -1 => 6, -2 => long }),
        cbor!({ 1 => 1, 3 => -8, -1 => 7, -2 => long }),
        cbor!({ 1 => 1, 3 => -8, -1 => 6, -2 => short }),
        cbor!({ 1 => 2, 3 => -7, -1 => 2, -2 => long, -3 => long }),
        cbor!({ 1 => 2, 3 => -7, -1 => 1, -2 => long, -3 => true }),
        cbor!({ 1 => 2, 3 => -7, -1 => 1, -2 => long, -3 => long }),
        cbor!({ 1 => 3, 3 => -257, -1 => weak, -2 => exponent }),
        cbor!({ 1 => 3, 3 => -257, -1 => zeros, -2 => exponent }),
        cbor!({ 1 => 3, 3 => -257, -1 => strong, -2 => none }),
        cbor!({ 1 => 3, 3 => -257, -1 => strong, -2 => strong }),
    ];
    for key in keys.map(|key| key.expect("CBOR")) {
        assert_eq!(with(key.clone()), Err(Fault::Unreadable("The public key cannot be read")), "{key:?}");
    }
    // A member that is there twice.
    let Value::Map(mut members) = Forge::new().public_key() else { panic!("a map") };
    members.push(members[3].clone());
    assert!(with(Value::Map(members)).is_err());
}

#[test]
fn statements_are_read_and_verified_where_they_need_no_trust() {
    let with = |format, statement| Forge { format, statement, ..Forge::new() }.create();
    let some = |value: Result<Value, ciborium::value::Error>| Some(value.expect("CBOR"));
    let (certificate, signature) = (Value::Bytes(vec![0x30]), Value::Bytes(vec![1; 64]));
    assert!(with("packed", None).is_ok());
    assert!(with("packed", some(cbor!({ "alg" => -7, "sig" => signature, "x5c" => [certificate] }))).is_ok());
    assert!(with("tpm", some(cbor!({ "ver" => "2.0" }))).is_ok());
    assert!(with("of-tomorrow", None).is_ok());
    for statement in [cbor!({ "alg" => -8, "sig" => signature }), cbor!({ "alg" => -7, "sig" => signature })] {
        let fault = Err(Fault::Refused("The attestation signature does not hold"));
        assert_eq!(with("packed", some(statement)), fault);
    }
    for (format, statement) in [
        ("none", cbor!({ "alg" => -8 })),
        ("none", cbor!([])),
        ("tpm", cbor!(1)),
        ("packed", cbor!({})),
        ("packed", cbor!({ "alg" => -8 })),
        ("packed", cbor!({ "alg" => "EdDSA", "sig" => signature })),
        ("packed", cbor!({ "alg" => -8, "sig" => "no bytes" })),
        ("packed", cbor!({ "alg" => -8, "sig" => signature, "x5c" => [] })),
        ("packed", cbor!({ "alg" => -8, "sig" => signature, "x5c" => [1] })),
        ("packed", cbor!({ "alg" => -8, "sig" => signature, "x5c" => signature })),
    ] {
        let fault = Err(Fault::Unreadable("The attestation statement cannot be read"));
        assert_eq!(with(format, some(statement)), fault, "{format}");
    }
}

#[test]
fn the_counter_only_goes_forward() {
    let mut forge = Forge::new();
    let mut credential = forge.create().expect("a credential");
    forge.client_data = client_data("webauthn.get", "");
    forge.flags = 0x01;
    for (known, shown, good) in [(0, 0, true), (0, 1, true), (1, 2, true), (7, 1_000, true), (1, 1, false)] {
        (credential.sign_count, forge.sign_count) = (known, shown);
        assert_eq!(forge.get(&credential).is_ok(), good, "{known} then {shown}");
    }
    let back = Err(Fault::Refused("The signature counter went back: the credential may have been copied"));
    for (known, shown) in [(5, 4), (5, 0), (u32::MAX, u32::MAX)] {
        (credential.sign_count, forge.sign_count) = (known, shown);
        assert_eq!(forge.get(&credential), back);
    }
    (credential.sign_count, forge.sign_count, forge.flags) = (1, 2, 0x19);
    assert_eq!(forge.get(&credential), Err(Fault::Refused("The flags are not those of the credential")));
    credential.is_backup_eligible = true;
    assert_eq!(forge.get(&credential), Ok(Use { sign_count: 2, is_backed_up: true }));
}

#[test]
fn hostile_cbor_is_an_error() {
    let good = Forge::new();
    let client_data = &good.client_data;
    assert!(create(client_data, &good.object()).is_ok());
    let trailing = [good.object(), vec![0]].concat();
    let indefinite = [&[0xbf][..], &[0x61, 0x61].repeat(50)].concat();
    let deep = vec![0x81; 200_000];
    let deep_tags = vec![0xc1; 200_000];
    let deep_maps = [0xa1, 0x00].repeat(100_000);
    for object in [
        &[][..],
        &[0xff],
        &[0xa3],
        // Four thousand million members, or bytes, of which none come.
        &[0xba, 0xff, 0xff, 0xff, 0xff],
        &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xa1, 0x63, b'f', b'm', b't', 0x5a, 0xff, 0xff, 0xff, 0xff],
        &trailing,
        &indefinite,
        &deep,
        &deep_tags,
        &deep_maps,
    ] {
        assert_eq!(create(client_data, object), Err(Fault::Unreadable("attestationObject cannot be read")));
    }
    let party = party();
    let expected = Expected { party: &party, challenge: CHALLENGE, user_verification: false };
    let created = Created { id: "%", client_data: "", attestation_object: "" };
    let fault = verify_registration(&expected, created);
    assert_eq!(fault, Err(Fault::Unreadable("The credential's id is not base64url")));
}

proptest! {
    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = AuthenticatorData::parse(&bytes);
        let _ = cose::PublicKey::parse(&bytes);
        let _ = create(&String::from_utf8_lossy(&bytes), &bytes);
        // Behind a head that leads further in.
        let data = [&hash(b"example.org")[..], &[0xc5, 0, 0, 0, 0], &[0; 16], &[0, 3], b"key", &bytes].concat();
        let _ = AuthenticatorData::parse(&data);
        let object = cbor!({ "fmt" => "packed", "attStmt" => {}, "authData" => Value::Bytes(data) });
        let _ = create(&client_data("webauthn.create", ""), &cbor(&object.expect("CBOR")));
    }

    #[test]
    fn no_texts_make_the_verification_panic(texts in proptest::array::uniform5(".{0,64}")) {
        let [id, client_data, object, signature, handle] = &texts;
        let (party, credential) = (party(), ES256.create(false).expect("a credential"));
        let expected = Expected { party: &party, challenge: CHALLENGE, user_verification: false };
        let created = Created { id, client_data, attestation_object: object };
        prop_assert!(verify_registration(&expected, created).is_err());
        let signed = Signed { id, client_data, authenticator_data: object, signature, user_handle: Some(handle) };
        prop_assert!(verify_assertion(&expected, known(&credential), signed).is_err());
        let _ = (RelyingParty::at(id), party.accepts(id));
    }

    #[test]
    fn no_spoiled_answer_makes_the_verification_panic(
        spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        for vector in [ES256, SELF, ED25519] {
            let mut object = bytes(vector.attestation_object);
            for (index, byte) in &spoils {
                let index = index.index(object.len());
                object[index] = *byte;
            }
            object.truncate(cut.index(object.len()) + 1);
            let object = encode(object);
            let (party, challenge) = (party(), vector.challenge);
            let created = Created { id: vector.id, client_data: vector.client_data, attestation_object: &object };
            let _ = verify_registration(&Expected { party: &party, challenge, user_verification: false }, created);
        }
    }
}
