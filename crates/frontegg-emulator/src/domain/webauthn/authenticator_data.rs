//! What the authenticator says of the ceremony (§6.1): for whom, who was there, how often it has
//! signed, and of a new credential its id and key.

use super::{Expected, Fault, cbor, client_data::hash};

/// Somebody was there.
const USER_PRESENT: u8 = 1 << 0;
/// It was checked who.
const USER_VERIFIED: u8 = 1 << 2;
/// The credential may be copied to other devices.
const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// It has been.
const BACKED_UP: u8 = 1 << 4;
/// A credential follows.
const ATTESTED: u8 = 1 << 6;
/// Outputs of extensions follow.
const EXTENSIONS: u8 = 1 << 7;

/// Longer ids are not allowed (§5.8.3).
const LONGEST_ID: usize = 1023;

const UNREADABLE: Fault = Fault::Unreadable("The authenticator data cannot be read");

pub(super) struct AuthenticatorData<'a> {
    party_hash: &'a [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) attested: Option<Attested<'a>>,
}

/// A new credential.
pub(super) struct Attested<'a> {
    pub(super) credential_id: &'a [u8],
    /// In the form of COSE.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        Self::read(bytes).ok_or(UNREADABLE)
    }

    fn read(mut rest: &'a [u8]) -> Option<Self> {
        let party_hash = take(&mut rest)?;
        let [flags] = *take(&mut rest)?;
        let sign_count = u32::from_be_bytes(*take(&mut rest)?);
        let attested = if flags & ATTESTED == 0 { None } else { Some(Attested::read(&mut rest)?) };
        if flags & EXTENSIONS != 0 {
            // None were asked for, so none mean anything.
            cbor::map(&mut rest)?;
        }
        rest.is_empty().then_some(Self { party_hash, flags, sign_count, attested })
    }

    /// Whether it is about our ceremony and the person was there.
    pub(super) fn verify(&self, expected: &Expected<'_>) -> Result<(), Fault> {
        if *self.party_hash != hash(expected.party.id().as_bytes()) {
            return Err(Fault::Refused("The credential is for another relying party"));
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Fault::Refused("The user was not present"));
        }
        if expected.user_verification && !self.is_user_verified() {
            return Err(Fault::Refused("The user was not verified"));
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(Fault::Refused("The flags contradict each other"));
        }
        Ok(())
    }

    pub(super) fn is_user_verified(&self) -> bool {
        self.flags & USER_VERIFIED != 0
    }

    pub(super) fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> Attested<'a> {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        // The model of the authenticator (AAGUID), which nothing depends on.
        let _model: &[u8; 16] = take(rest)?;
        let length = usize::from(u16::from_be_bytes(*take(rest)?));
        if length > LONGEST_ID {
            return None;
        }
        let (credential_id, behind) = rest.split_at_checked(length)?;
        let mut end = behind;
        cbor::map(&mut end)?;
        let public_key = &behind[..behind.len() - end.len()];
        *rest = end;
        Some(Self { credential_id, public_key })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(head)
}
