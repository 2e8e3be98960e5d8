//! WebAuthn (Level 2): what a relying party checks of a new credential (§7.1) and of what is signed
//! with one (§7.2).
//!
//! Pure: no store, no clock, no HTTP, but for [`challenges`], which draws, keeps and spends them, and [`credentials`],
//! which keeps those of people. Signatures are verified for real; attestation is not trusted: no certificate is looked
//! at, and only what a credential says of itself (`packed` without certificates) is verified.
//!
//! Own code over `ciborium` and `aws-lc-rs`, because the libraries for relying parties would bring a
//! second set of cryptography (`webauthn_rp`: RustCrypto, `webauthn-rs`: OpenSSL) and keep challenges
//! and their time to themselves, where the emulator's own clock has to rule.

mod assertion;
mod attestation;
mod authenticator_data;
mod cbor;
pub(crate) mod challenges;
mod client_data;
mod cose;
pub(crate) mod credentials;
mod party;
mod registration;
#[cfg(test)]
mod tests;

use base64::{
    DecodeError, Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};

pub(crate) use assertion::{Known, Signed, Use, verify as verify_assertion};
pub(crate) use client_data::claimed_challenge;
pub(crate) use cose::OFFERED;
pub(crate) use party::RelyingParty;
pub(crate) use registration::{Created, Credential, verify as verify_registration};

/// Some clients pad their texts, though they should not.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why an authenticator's answer is invalid, in words for whoever develops against it. They tell
/// nothing that the sender does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(&'static str),
    /// It can be read and does not hold.
    #[error("{0}")]
    Refused(&'static str),
}

/// What an answer has to fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) party: &'a RelyingParty,
    /// What was asked, as the text that was given out.
    pub(crate) challenge: &'a str,
    /// Whether the device must have checked who is using it.
    pub(crate) user_verification: bool,
}

/// How binary values are kept and given out.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind a text in base64url.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    BASE64URL.decode(text)
}

/// The same of a text that somebody sent.
fn sent(text: &str, fault: &'static str) -> Result<Vec<u8>, Fault> {
    decode(text).map_err(|_| Fault::Unreadable(fault))
}
