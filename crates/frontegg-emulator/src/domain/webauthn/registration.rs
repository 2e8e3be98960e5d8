//! A new credential (§7.1).

use super::{
    Expected, Fault, attestation, authenticator_data::AuthenticatorData, cbor, client_data, cose::PublicKey, sent,
};

const UNREADABLE: Fault = Fault::Unreadable("attestationObject cannot be read");

/// What the browser gave, as texts in base64url.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Created<'a> {
    pub(crate) id: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) attestation_object: &'a str,
}

/// What to keep of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) id: Vec<u8>,
    /// In the form of COSE.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    pub(crate) is_user_verified: bool,
    pub(crate) is_backup_eligible: bool,
    pub(crate) is_backed_up: bool,
}

/// Verifies a new credential. Whether its id is taken already is for the caller to see.
pub(crate) fn verify(expected: &Expected<'_>, created: Created<'_>) -> Result<Credential, Fault> {
    let id = sent(created.id, "The credential's id is not base64url")?;
    let client_data = sent(created.client_data, client_data::NOT_BASE64URL)?;
    let object = sent(created.attestation_object, "attestationObject is not base64url")?;
    let mut object = cbor::whole_map(&object).ok_or(UNREADABLE)?;
    let statement = object.take("attStmt").ok_or(UNREADABLE)?;
    let format = object.text("fmt").ok_or(UNREADABLE)?;
    let bytes = object.bytes("authData").ok_or(UNREADABLE)?;
    let data = AuthenticatorData::parse(bytes)?;
    let attested = data.attested.as_ref().ok_or(UNREADABLE)?;

    let hash = client_data::verify(expected, client_data::Kind::Create, &client_data)?;
    data.verify(expected)?;
    if attested.credential_id != id {
        return Err(Fault::Refused("The credential's id is another one"));
    }
    let key = PublicKey::parse(attested.public_key)?;
    attestation::verify(format, statement, &key, &[bytes, &hash].concat())?;
    Ok(Credential {
        id,
        public_key: attested.public_key.to_vec(),
        sign_count: data.sign_count,
        is_user_verified: data.is_user_verified(),
        is_backup_eligible: data.is_backup_eligible(),
        is_backed_up: data.is_backed_up(),
    })
}
