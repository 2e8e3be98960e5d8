//! Hashes that come with imported people, in the forms in which other systems write them.
//!
//! | kind | hash | parameters (JSON text) |
//! |---|---|---|
//! | bcrypt | `$2b$10$…` | |
//! | argon2 | `$argon2id$v=19$m=…,t=…,p=…$salt$key` | |
//! | scrypt | salt, separator, key; or `$scrypt$ln=…,r=…,p=…$salt$key` | `N`, `r`, `p`, `keyLen`, `saltSeparator` |
//! | firebase-scrypt | salt, separator, key | `memCost`, `rounds`, `saltSeparator`, `signerKey`, maybe `salt` |
//! | pbkdf2 | salt, separator, key; or `$pbkdf2-sha256$29000$salt$key`; or `pbkdf2_sha256$29000$salt$key` | `iterations`, `digest`, `keyLen`, `saltSeparator` |
//! | sha256, sha1 | the sum, or salt, separator, sum | `salt`, `saltSeparator`, `saltPosition` (`before` or `after`) |
//!
//! Keys and sums are hexadecimal digits or base64, whichever has the right length. A joined salt is
//! taken as the text it is, unless `saltEncoding` says `hex` or `base64`.

use std::num::NonZeroU32;

use base64::{Engine, engine::general_purpose::URL_SAFE};
use serde::Deserialize;

use super::stored::{BASE64, Digest, HashError, Place, Scrypt, StoredHash, pbkdf2_rounds};
use crate::domain::{DomainError, DomainResult};

/// What the parameters may say; each kind reads its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    #[serde(alias = "N")]
    n: Option<u64>,
    r: Option<u32>,
    p: Option<u32>,
    #[serde(alias = "keylen")]
    key_len: Option<usize>,
    mem_cost: Option<u8>,
    rounds: Option<u32>,
    signer_key: Option<String>,
    iterations: Option<u32>,
    digest: Option<String>,
    salt: Option<String>,
    salt_separator: Option<String>,
    salt_encoding: SaltEncoding,
    salt_position: SaltPosition,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SaltEncoding {
    #[default]
    Utf8,
    Hex,
    Base64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SaltPosition {
    #[default]
    #[serde(alias = "prefix")]
    Before,
    #[serde(alias = "suffix")]
    After,
}

/// What to store of an imported hash of that kind; 400 for one that cannot be used. Nothing is
/// hashed here.
pub(crate) fn read(kind: &str, hash: &str, parameters: Option<&str>) -> DomainResult<String> {
    let parameters = match parameters.map(str::trim) {
        None | Some("") => Parameters::default(),
        Some(text) => Parameters::parse(text)
            .map_err(|_| DomainError::bad_request("passwordHashConfig must be a json object with the parameters"))?,
    };
    let stored = match kind {
        "bcrypt" => of_kind(hash, |stored| matches!(stored, StoredHash::Bcrypt(_))),
        "argon2" => of_kind(hash, |stored| matches!(stored, StoredHash::Argon2 { .. })),
        "scrypt" => scrypt(hash, &parameters),
        "firebase-scrypt" => firebase(hash, &parameters),
        "pbkdf2" => pbkdf2(hash, &parameters),
        "sha256" => sum(Digest::Sha256, 32, hash, &parameters),
        "sha1" => sum(Digest::Sha1, 20, hash, &parameters),
        _ => return Err(DomainError::bad_request("passwordHashType is unknown")),
    };
    let stored = stored.and_then(|stored| stored.check().map(|()| stored));
    Ok(stored.map_err(|flaw| DomainError::bad_request(flaw.to_string()))?.to_string())
}

/// A hash that says everything itself.
fn of_kind(hash: &str, is_kind: impl Fn(&StoredHash) -> bool) -> Result<StoredHash, HashError> {
    StoredHash::parse(hash).and_then(|stored| if is_kind(&stored) { Ok(stored) } else { Err(HashError::Malformed) })
}

fn scrypt(hash: &str, parameters: &Parameters) -> Result<StoredHash, HashError> {
    if hash.starts_with("$scrypt$") {
        return of_kind(hash, |stored| matches!(stored, StoredHash::Scrypt { .. }));
    }
    let n = parameters.n.unwrap_or(16_384);
    if !n.is_power_of_two() {
        return Err(HashError::Malformed);
    }
    let log_n = n.trailing_zeros().try_into().map_err(|_| HashError::TooMuchWork)?;
    let cost = Scrypt { log_n, r: parameters.r.unwrap_or(8), p: parameters.p.unwrap_or(1) };
    let (salt, key) = parameters.joined(hash)?;
    Ok(StoredHash::Scrypt { cost, salt: parameters.salt(salt)?, key: bytes(key, parameters.key_len)? })
}

fn firebase(hash: &str, parameters: &Parameters) -> Result<StoredHash, HashError> {
    let (Some(log_n), Some(r), Some(signer)) = (parameters.mem_cost, parameters.rounds, &parameters.signer_key) else {
        return Err(HashError::Malformed);
    };
    let (salt, key) = match &parameters.salt {
        Some(salt) => (salt.as_str(), hash),
        None => parameters.joined(hash)?,
    };
    // To the salt of each person the project's separator is added.
    let mut salt = base64(salt)?;
    salt.extend(base64(parameters.salt_separator.as_deref().unwrap_or_default())?);
    Ok(StoredHash::FirebaseScrypt { cost: Scrypt { log_n, r, p: 1 }, salt, signer: base64(signer)?, key: base64(key)? })
}

fn pbkdf2(hash: &str, parameters: &Parameters) -> Result<StoredHash, HashError> {
    let digest = |name: &str| {
        let name = name.to_ascii_lowercase().replace('-', "");
        Digest::NAMES.iter().find(|(known, _)| *known == name).map(|(_, digest)| *digest).ok_or(HashError::Malformed)
    };
    let rounds = |rounds: u32| NonZeroU32::new(rounds).ok_or(HashError::Malformed);
    let number = |text: &str| text.parse().map_err(|_| HashError::Malformed);
    let fields: Vec<&str> = hash.split('$').collect();
    match fields.as_slice() {
        // As passlib and the PHC write it.
        ["", kind, cost, salt, key] if kind.starts_with("pbkdf2") => {
            // Passlib has a dot for the plus.
            let [salt, key] = [salt, key].map(|text| base64(&text.replace('.', "+")));
            let (salt, key) = (salt?, key?);
            let digest = digest(kind.strip_prefix("pbkdf2-").unwrap_or("sha1"))?;
            let rounds = if cost.contains('=') { pbkdf2_rounds(cost, key.len())? } else { rounds(number(cost)?)? };
            Ok(StoredHash::Pbkdf2 { digest, rounds, salt, key })
        }
        // As Django writes it.
        [kind, cost, salt, key] if kind.starts_with("pbkdf2_") => Ok(StoredHash::Pbkdf2 {
            digest: digest(&kind["pbkdf2_".len()..])?,
            rounds: rounds(number(cost)?)?,
            salt: salt.as_bytes().to_vec(),
            key: base64(key)?,
        }),
        _ => {
            let (salt, key) = parameters.joined(hash)?;
            Ok(StoredHash::Pbkdf2 {
                digest: digest(parameters.digest.as_deref().unwrap_or("sha256"))?,
                rounds: rounds(parameters.iterations.ok_or(HashError::Malformed)?)?,
                salt: parameters.salt(salt)?,
                key: bytes(key, parameters.key_len)?,
            })
        }
    }
}

fn sum(digest: Digest, length: usize, hash: &str, parameters: &Parameters) -> Result<StoredHash, HashError> {
    let (salt, sum) = match (&parameters.salt, &parameters.salt_separator) {
        (Some(salt), _) => (salt.as_str(), hash),
        (None, Some(_)) => parameters.joined(hash)?,
        (None, None) => ("", hash),
    };
    let place = match parameters.salt_position {
        SaltPosition::Before => Place::Before,
        SaltPosition::After => Place::After,
    };
    Ok(StoredHash::Sum { digest, place, salt: parameters.salt(salt)?, sum: bytes(sum, Some(length))? })
}

impl Parameters {
    fn parse(text: &str) -> serde_json::Result<Self> {
        // An object and nothing else: members of a list would be taken by their order.
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)?;
        serde_json::from_value(members.into())
    }

    /// Salt and key on either side of the separator.
    fn joined<'a>(&self, hash: &'a str) -> Result<(&'a str, &'a str), HashError> {
        let separator = self.salt_separator.as_deref().filter(|separator| !separator.is_empty());
        hash.split_once(separator.unwrap_or("$")).ok_or(HashError::Malformed)
    }

    fn salt(&self, text: &str) -> Result<Vec<u8>, HashError> {
        match self.salt_encoding {
            SaltEncoding::Utf8 => Ok(text.as_bytes().to_vec()),
            SaltEncoding::Hex => hex(text).ok_or(HashError::Malformed),
            SaltEncoding::Base64 => base64(text),
        }
    }
}

/// A key, of that length if one is said, as hexadecimal digits or else as base64.
fn bytes(text: &str, length: Option<usize>) -> Result<Vec<u8>, HashError> {
    let fits = |bytes: &Vec<u8>| length.is_none_or(|length| length == bytes.len());
    hex(text).filter(fits).or_else(|| base64(text).ok().filter(fits)).ok_or(HashError::Malformed)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// The usual alphabet or that of addresses.
fn base64(text: &str) -> Result<Vec<u8>, HashError> {
    let text = text.trim_end_matches('=');
    let url = text.replace('+', "-").replace('/', "_");
    let padding = "=".repeat((4 - url.len() % 4) % 4);
    BASE64.decode(text).or_else(|_| URL_SAFE.decode(url + &padding)).map_err(|_| HashError::Malformed)
}
