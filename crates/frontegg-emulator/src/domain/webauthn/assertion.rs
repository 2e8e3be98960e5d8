//! What is signed with a credential (§7.2).

use super::{Expected, Fault, authenticator_data::AuthenticatorData, client_data, cose::PublicKey, sent};

/// What the browser gave, as texts in base64url.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) id: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) authenticator_data: &'a str,
    pub(crate) signature: &'a str,
    /// Security keys that store nothing give none, or an empty one.
    pub(crate) user_handle: Option<&'a str>,
}

/// The credential that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) id: &'a [u8],
    /// In the form of COSE.
    pub(crate) public_key: &'a [u8],
    pub(crate) sign_count: u32,
    pub(crate) is_backup_eligible: bool,
    /// Under which the person was told to the authenticator.
    pub(crate) user_handle: &'a [u8],
}

/// What has changed of the credential by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) sign_count: u32,
    pub(crate) is_backed_up: bool,
}

/// Verifies a signature.
pub(crate) fn verify(expected: &Expected<'_>, known: Known<'_>, signed: Signed<'_>) -> Result<Use, Fault> {
    let id = sent(signed.id, "The credential's id is not base64url")?;
    let client_data = sent(signed.client_data, client_data::NOT_BASE64URL)?;
    let bytes = sent(signed.authenticator_data, "authenticatorData is not base64url")?;
    let signature = sent(signed.signature, "The signature is not base64url")?;
    let user_handle = sent(signed.user_handle.unwrap_or_default(), "userHandle is not base64url")?;
    let data = AuthenticatorData::parse(&bytes)?;

    if id != known.id {
        return Err(Fault::Refused("The credential is another one"));
    }
    if !user_handle.is_empty() && user_handle != known.user_handle {
        return Err(Fault::Refused("The credential is somebody else's"));
    }
    let hash = client_data::verify(expected, client_data::Kind::Get, &client_data)?;
    data.verify(expected)?;
    // Settled when the credential is made.
    if data.is_backup_eligible() != known.is_backup_eligible {
        return Err(Fault::Refused("The flags are not those of the credential"));
    }
    let key = PublicKey::parse(known.public_key)?;
    if !key.verifies(&[&bytes[..], &hash].concat(), &signature) {
        return Err(Fault::Refused("The signature does not hold"));
    }
    // Both are 0 where the authenticator does not count.
    let counts = data.sign_count != 0 || known.sign_count != 0;
    if counts && data.sign_count <= known.sign_count {
        return Err(Fault::Refused("The signature counter went back: the credential may have been copied"));
    }
    Ok(Use { sign_count: data.sign_count, is_backed_up: data.is_backed_up() })
}
