//! A browser's side of WebAuthn with an authenticator in software: makes credentials and signs with
//! them, wrongly too where a test wants that. It takes options and gives answers as JSON, in the form
//! that `navigator.credentials` has.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value as Cbor, cbor};
use serde_json::{Value, json};

/// What keys are for (COSE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Es256 = -7,
    EdDsa = -8,
    Rs256 = -257,
}

/// A browser on some page, with one authenticator.
pub(crate) struct Device {
    origin: String,
    algorithm: Algorithm,
    attests: bool,
    next_id: Option<Vec<u8>>,
    credentials: Vec<Credential>,
}

struct Credential {
    id: String,
    party: String,
    user_handle: String,
    key: Key,
    count: u32,
}

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(rsa::KeyPair),
}

/// What is to be wrong; nothing by default. Browsers refuse most of it, so only a forger gets there.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is another way to be wrong")]
pub(crate) struct Forgery {
    pub(crate) origin: Option<&'static str>,
    pub(crate) party: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) cross_origin: bool,
    pub(crate) count: Option<u32>,
    pub(crate) absent: bool,
    pub(crate) unverified: bool,
    pub(crate) algorithm: Option<i64>,
    pub(crate) user_handle: Option<&'static str>,
    pub(crate) flipped: bool,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

impl Device {
    /// A security key that checks its owner, on a page of that origin.
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            algorithm: Algorithm::Es256,
            attests: false,
            next_id: None,
            credentials: Vec::new(),
        }
    }

    /// The same for keys of that kind.
    pub(crate) fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The same, whose new keys attest themselves (`packed`), or nothing at all (`none`).
    pub(crate) fn attesting(self, attests: bool) -> Self {
        Self { attests, ..self }
    }

    /// The same, whose next credential gets that id in place of one of its own.
    pub(crate) fn next_id(self, id: Vec<u8>) -> Self {
        Self { next_id: Some(id), ..self }
    }

    /// `navigator.credentials.create`.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.forge(options, &Forgery::default())
    }

    /// The same, wrongly.
    pub(crate) fn forge(&mut self, options: &Value, forgery: &Forgery) -> Value {
        let party = text(&options["rp"]["id"]);
        self.check(party);
        let offered = options["pubKeyCredParams"].as_array().expect("kinds of keys");
        assert!(offered.contains(&json!({ "type": "public-key", "alg": self.algorithm as i64 })), "{offered:?}");
        let excluded = ids(&options["excludeCredentials"]);
        assert!(!self.credentials.iter().any(|own| excluded.contains(&own.id.as_str())), "one for each person");

        let id = self.next_id.take().unwrap_or_else(fresh_id);
        let credential = Credential {
            id: encode(&id),
            party: party.to_owned(),
            user_handle: text(&options["user"]["id"]).to_owned(),
            key: Key::generate(self.algorithm),
            count: 0,
        };
        let client_data = self.client_data("webauthn.create", text(&options["challenge"]), forgery);
        let mut data = authenticator_data(party, ATTESTED, credential.count, forgery);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).expect("a short id").to_be_bytes());
        data.extend(&id);
        data.extend(bytes(&credential.key.cose(forgery.algorithm.unwrap_or(self.algorithm as i64))));
        let (format, statement) = if self.attests {
            let signature = Cbor::Bytes(credential.key.sign(&data, &client_data, forgery));
            ("packed", cbor!({ "alg" => self.algorithm as i64, "sig" => signature }).expect("CBOR"))
        } else {
            ("none", cbor!({}).expect("CBOR"))
        };
        let data = Cbor::Bytes(data);
        let object = cbor!({ "fmt" => format, "attStmt" => statement, "authData" => data }).expect("CBOR");
        let answer = json!({
            "id": credential.id,
            "response": { "clientDataJSON": encode(client_data), "attestationObject": encode(bytes(&object)) },
        });
        self.credentials.push(credential);
        answer
    }

    /// `navigator.credentials.get`.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.forge_signature(options, &Forgery::default())
    }

    /// The same, wrongly.
    pub(crate) fn forge_signature(&mut self, options: &Value, forgery: &Forgery) -> Value {
        let party = text(&options["rpId"]);
        self.check(party);
        // Where none is named, whichever the device itself has for the party.
        let allowed = options.get("allowCredentials").map(ids);
        let is_allowed = |id: &str| allowed.as_ref().is_none_or(|allowed| allowed.contains(&id));
        let own = |own: &&mut Credential| own.party == party && is_allowed(&own.id);
        let credential = self.credentials.iter_mut().find(own).expect("a credential of this device");
        credential.count += 1;
        let (id, count) = (credential.id.clone(), forgery.count.unwrap_or(credential.count));

        let client_data = self.client_data("webauthn.get", text(&options["challenge"]), forgery);
        let data = authenticator_data(party, 0, count, forgery);
        let credential = self.credentials.iter().find(|own| own.id == id).expect("the same");
        let user_handle = forgery.user_handle.unwrap_or(&credential.user_handle);
        json!({
            "id": id,
            "response": {
                "signature": encode(credential.key.sign(&data, &client_data, forgery)),
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(data),
                "userHandle": user_handle,
            },
        })
    }

    /// The ids of its credentials.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.credentials.iter().map(|own| own.id.as_str()).collect()
    }

    /// What browsers refuse before anything is asked of the authenticator.
    fn check(&self, party: &str) {
        let host = self.origin.split("://").nth(1).and_then(|rest| rest.split(':').next()).expect("a host");
        assert!(host == party || host.ends_with(&format!(".{party}")), "{party} is not for pages of {host}");
        assert!(party.parse::<std::net::IpAddr>().is_err(), "{party} is no domain");
    }

    fn client_data(&self, kind: &str, challenge: &str, forgery: &Forgery) -> String {
        json!({
            "type": forgery.kind.unwrap_or(kind),
            "challenge": forgery.challenge.as_deref().unwrap_or(challenge),
            "origin": forgery.origin.unwrap_or(&self.origin),
            "crossOrigin": forgery.cross_origin,
        })
        .to_string()
    }
}

fn authenticator_data(party: &str, mut flags: u8, count: u32, forgery: &Forgery) -> Vec<u8> {
    if !forgery.absent {
        flags |= USER_PRESENT;
    }
    if !forgery.unverified {
        flags |= USER_VERIFIED;
    }
    let mut data = digest(&SHA256, forgery.party.unwrap_or(party).as_bytes()).as_ref().to_vec();
    data.push(flags);
    data.extend(count.to_be_bytes());
    data
}

impl Key {
    fn generate(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            Algorithm::EdDsa => Self::EdDsa(Ed25519KeyPair::generate().expect("a key")),
            Algorithm::Rs256 => Self::Rs256(rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key")),
        }
    }

    fn cose(&self, algorithm: i64) -> Cbor {
        let number = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        match self {
            Self::Es256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                let (x, y) = (number(x), number(y));
                cbor!({ 1 => 2, 3 => algorithm, -1 => 1, -2 => x, -3 => y })
            }
            Self::EdDsa(pair) => {
                let x = number(pair.public_key().as_ref());
                cbor!({ 1 => 1, 3 => algorithm, -1 => 6, -2 => x })
            }
            Self::Rs256(pair) => {
                let key = pair.public_key();
                let n = number(key.modulus().big_endian_without_leading_zero());
                let e = number(key.exponent().big_endian_without_leading_zero());
                cbor!({ 1 => 3, 3 => algorithm, -1 => n, -2 => e })
            }
        }
        .expect("CBOR")
    }

    fn sign(&self, data: &[u8], client_data: &str, forgery: &Forgery) -> Vec<u8> {
        let message = [data, digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let random = SystemRandom::new();
        let mut signature = match self {
            Self::Es256(pair) => pair.sign(&random, &message).expect("a signature").as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(&message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature).expect("a signature");
                signature
            }
        };
        if forgery.flipped {
            *signature.last_mut().expect("bytes") ^= 1;
        }
        signature
    }
}

fn fresh_id() -> Vec<u8> {
    let id: [u8; 24] = aws_lc_rs::rand::generate(&SystemRandom::new()).expect("random bytes").expose();
    id.to_vec()
}

fn ids(descriptors: &Value) -> Vec<&str> {
    let descriptors = descriptors.as_array().expect("credentials").iter();
    descriptors.inspect(|one| assert_eq!(one["type"], "public-key")).map(|one| text(&one["id"])).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("CBOR");
    bytes
}
