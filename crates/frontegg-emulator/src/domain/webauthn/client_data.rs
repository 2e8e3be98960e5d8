//! What the browser says of the ceremony (§5.8.1): its kind, the challenge, the origin of the page.

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{Expected, Fault, sent};

/// What is said of client data in another form.
pub(super) const NOT_BASE64URL: &str = "clientDataJSON is not base64url";

/// Which ceremony it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Get,
}

/// The members that are looked at. One that is there twice is an error, and so is one of another
/// kind; those that future browsers add are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
}

/// Which challenge a text in base64url says that it answers. Nothing is verified by that.
pub(crate) fn claimed_challenge(client_data: &str) -> Result<String, Fault> {
    Ok(parse(&sent(client_data, NOT_BASE64URL)?)?.challenge)
}

fn parse(json: &[u8]) -> Result<ClientData, Fault> {
    // Browsers decode it as UTF-8, which drops a byte order mark; the hash is over all bytes.
    let text = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    serde_json::from_slice(text).map_err(|_| Fault::Unreadable("clientDataJSON cannot be read"))
}

/// Holds the client data against what was asked; gives its hash, which the authenticator has signed.
pub(super) fn verify(expected: &Expected<'_>, kind: Kind, json: &[u8]) -> Result<[u8; 32], Fault> {
    let data = parse(json)?;
    let wanted = match kind {
        Kind::Create => "webauthn.create",
        Kind::Get => "webauthn.get",
    };
    if data.kind != wanted {
        return Err(Fault::Refused("clientDataJSON is of another ceremony"));
    }
    if !bool::from(data.challenge.as_bytes().ct_eq(expected.challenge.as_bytes())) {
        return Err(Fault::Refused("The challenge is another one"));
    }
    if !expected.party.accepts(&data.origin) {
        return Err(Fault::Refused("The origin is not accepted"));
    }
    // Nothing that the emulator serves is to be used inside of foreign pages.
    if data.cross_origin == Some(true) {
        return Err(Fault::Refused("The page was inside of one of another origin"));
    }
    Ok(hash(json))
}

/// SHA-256.
pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
