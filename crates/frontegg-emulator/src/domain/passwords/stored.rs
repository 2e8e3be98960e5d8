//! What is stored of a password: a text that says itself how it was made.
//!
//! Own hashes are argon2id. The other kinds come with imported people and stay until their next
//! sign-in. All are read with limits: a hash that asks for gigabytes or for days is refused before
//! any work is done on it.

use std::{fmt, num::NonZeroU32};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    digest, iv, pbkdf2,
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use subtle::ConstantTimeEq;

use super::memory::Memory;

/// Most memory that a hash may take, in KiB.
const MOST_MEMORY: u64 = 256 * 1024;
/// Most memory times passes over it, in KiB: about a second.
const MOST_PASSES: u64 = 1024 * 1024;
/// Most blocks of 128 bytes that scrypt derives from salt and password before it mixes them, and derives
/// its key from afterwards: less than a second, with the longest salt.
const MOST_DERIVED: u128 = 64 * 1024;
/// Each step doubles the work; this one is about a second.
const MOST_BCRYPT: u32 = 14;
/// Most rounds of PBKDF2, over all blocks of the key: about a second.
const MOST_ROUNDS: u64 = 4_000_000;
/// Longest salt or key.
const LONGEST_PART: usize = 1_024;
/// Longest text of a hash: three of them in base64, and the cost.
const LONGEST_TEXT: usize = 4 * LONGEST_PART + 256;
/// Longest name of a kind or parameter that is told.
const LONGEST_NAME: usize = 24;
/// Shortest key that is compared: less is soon guessed.
const SHORTEST_KEY: usize = 8;

/// How hashes begin that are read here, beside those of PBKDF2.
const KINDS: [&str; 8] = ["argon2id", "argon2i", "argon2d", "scrypt", "firebase-scrypt", "sha1", "sha256", "sha512"];

/// Base64 without padding; what comes with padding is read as well.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a hash is not taken; said to whoever imports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    #[error("passwordHash is malformed")]
    Malformed,
    #[error("passwordHash takes too much memory or time")]
    TooMuchWork,
    #[error("passwordHash has the {what} {name}, which is not supported")]
    Unsupported { what: &'static str, name: String },
}

impl HashError {
    /// Of something that is not known here. What is no name is not repeated: it may be a secret.
    fn unsupported(what: &'static str, name: &str) -> Self {
        let is_name = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if is_name { Self::Unsupported { what, name: name.to_owned() } } else { Self::Malformed }
    }
}

/// A hash, ready to be compared with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoredHash {
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        params: Params,
        salt: Vec<u8>,
        key: Vec<u8>,
    },
    Bcrypt(String),
    Scrypt {
        cost: Scrypt,
        salt: Vec<u8>,
        key: Vec<u8>,
    },
    /// Scrypt as Firebase has it: the key encrypts a secret of the project.
    FirebaseScrypt {
        cost: Scrypt,
        salt: Vec<u8>,
        signer: Vec<u8>,
        key: Vec<u8>,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: NonZeroU32,
        salt: Vec<u8>,
        key: Vec<u8>,
    },
    Sum {
        digest: Digest,
        place: Place,
        salt: Vec<u8>,
        sum: Vec<u8>,
    },
}

/// The cost of scrypt, with the logarithm of its N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scrypt {
    pub(crate) log_n: u8,
    pub(crate) r: u32,
    pub(crate) p: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// Where the salt of a plain sum goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Before,
    After,
}

#[cfg(test)]
thread_local! {
    /// How many hashes this thread has computed, so that tests can tell that it was none.
    pub(super) static COMPUTED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts a hash that is about to be computed, where tests may ask.
fn note_computation() {
    #[cfg(test)]
    COMPUTED.set(COMPUTED.get() + 1);
}

/// Which word that is among these.
fn word<T: Copy>(what: &'static str, words: &[(&str, T)], text: &str) -> Result<T, HashError> {
    let known = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    known.ok_or_else(|| HashError::unsupported(what, text))
}

impl Digest {
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("sha1", Self::Sha1), ("sha256", Self::Sha256), ("sha512", Self::Sha512)];

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

impl Place {
    const NAMES: [(&str, Self); 2] = [("before", Self::Before), ("after", Self::After)];
}

impl Scrypt {
    fn check(self) -> Result<(), HashError> {
        if !(1..=31).contains(&self.log_n) || self.r == 0 || self.p == 0 {
            return Err(HashError::Malformed);
        }
        // In blocks of 128 bytes, of which eight are a KiB: what is derived, all at once, and for one part after
        // the other what is mixed.
        let (n, r, p) = (1_u128 << self.log_n, u128::from(self.r), u128::from(self.p));
        let (derived, mixed) = (r * p, r * n);
        let memory = (derived + mixed) / 8;
        let passes = mixed * p / 8;
        if derived > MOST_DERIVED || memory > MOST_MEMORY.into() || passes > MOST_PASSES.into() {
            return Err(HashError::TooMuchWork);
        }
        Ok(())
    }

    fn derive(self, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
        let params = scrypt::Params::new(self.log_n, self.r, self.p).ok()?;
        let mut key = vec![0; length];
        scrypt::scrypt(password, salt, &params, &mut key).ok()?;
        Some(key)
    }
}

impl StoredHash {
    /// Makes a fresh hash of our own kind.
    pub(super) fn of(password: &[u8], salt: Vec<u8>, params: Params, memory: &mut Memory) -> argon2::Result<Self> {
        note_computation();
        let mut key = vec![0; Params::DEFAULT_OUTPUT_LEN];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        argon2.hash_password_into_with_memory(password, &salt, &mut key, memory.blocks(&params))?;
        Ok(Self::argon2id(params, salt, key))
    }

    pub(super) fn argon2id(params: Params, salt: Vec<u8>, key: Vec<u8>) -> Self {
        Self::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, salt, key }
    }

    /// Reads what [`StoredHash`] writes.
    pub(crate) fn parse(text: &str) -> Result<Self, HashError> {
        if text.len() > LONGEST_TEXT {
            return Err(HashError::Malformed);
        }
        let (kind, rest) = text.strip_prefix('$').and_then(|text| text.split_once('$')).ok_or(HashError::Malformed)?;
        let parts: Vec<&str> = rest.split('$').collect();
        let stored = match (kind, parts.as_slice()) {
            ("argon2id" | "argon2i" | "argon2d", [version, cost, salt, key]) => {
                let [version] = Parameters::read(version)?.only(["v"])?;
                Self::argon2(kind, version, cost, salt, key)?
            }
            // Hashes from before the version was written are of the first one.
            ("argon2id" | "argon2i" | "argon2d", [cost, salt, key]) => Self::argon2(kind, 0x10, cost, salt, key)?,
            ("2a" | "2b" | "2y", _) => Self::Bcrypt(text.to_owned()),
            ("scrypt", [cost, salt, key]) => {
                let [log_n, r, p] = Parameters::read(cost)?.only(["ln", "r", "p"])?;
                let log_n = log_n.try_into().map_err(|_| HashError::TooMuchWork)?;
                Self::Scrypt { cost: Scrypt { log_n, r, p }, salt: part(salt)?, key: part(key)? }
            }
            ("firebase-scrypt", [cost, salt, signer, key]) => {
                let [log_n, r] = Parameters::read(cost)?.only(["ln", "r"])?;
                let log_n = log_n.try_into().map_err(|_| HashError::TooMuchWork)?;
                let cost = Scrypt { log_n, r, p: 1 };
                Self::FirebaseScrypt { cost, salt: part(salt)?, signer: part(signer)?, key: part(key)? }
            }
            (kind, [rounds, salt, key]) if kind.starts_with("pbkdf2-") => {
                let digest = word("digest", &Digest::NAMES, &kind["pbkdf2-".len()..])?;
                let key = part(key)?;
                Self::Pbkdf2 { digest, rounds: pbkdf2_rounds(rounds, key.len())?, salt: part(salt)?, key }
            }
            ("sha1" | "sha256" | "sha512", [place, salt, sum]) => {
                let (digest, place) = (word("kind", &Digest::NAMES, kind)?, word("place", &Place::NAMES, place)?);
                Self::Sum { digest, place, salt: part(salt)?, sum: part(sum)? }
            }
            (kind, _) if KINDS.contains(&kind) || kind.starts_with("pbkdf2-") => return Err(HashError::Malformed),
            (kind, _) => return Err(HashError::unsupported("kind", kind)),
        };
        stored.check()?;
        Ok(stored)
    }

    fn argon2(kind: &str, version: u32, cost: &str, salt: &str, key: &str) -> Result<Self, HashError> {
        let algorithm = word(
            "kind",
            &[("argon2id", Algorithm::Argon2id), ("argon2i", Algorithm::Argon2i), ("argon2d", Algorithm::Argon2d)],
            kind,
        )?;
        let unknown = |_| HashError::unsupported("version", &version.to_string());
        let version = version.try_into().map_err(unknown)?;
        // `keyid` names a secret that is not known here, `data` is none of a password's.
        let [m, t, p] = Parameters::read(cost)?.only(["m", "t", "p"])?;
        let params = Params::new(m, t, p, None).map_err(|_| HashError::Malformed)?;
        Ok(Self::Argon2 { algorithm, version, params, salt: part(salt)?, key: part(key)? })
    }

    /// Refuses what asks for too much, and what could not be compared.
    pub(crate) fn check(&self) -> Result<(), HashError> {
        let (salt, key) = match self {
            Self::Argon2 { params, salt, key, .. } => {
                if salt.len() < argon2::MIN_SALT_LEN {
                    return Err(HashError::Malformed);
                }
                let memory = u64::from(params.m_cost());
                if memory > MOST_MEMORY || memory * u64::from(params.t_cost()) > MOST_PASSES {
                    return Err(HashError::TooMuchWork);
                }
                (salt, key)
            }
            Self::Bcrypt(text) => return check_bcrypt(text),
            Self::Scrypt { cost, salt, key } => {
                cost.check()?;
                (salt, key)
            }
            Self::FirebaseScrypt { cost, salt, signer, key } => {
                cost.check()?;
                if signer.len() != key.len() {
                    return Err(HashError::Malformed);
                }
                (salt, key)
            }
            Self::Pbkdf2 { digest, rounds, salt, key } => {
                let blocks = key.len().div_ceil(digest.algorithm().output_len());
                if u64::from(rounds.get()).saturating_mul(blocks as u64) > MOST_ROUNDS {
                    return Err(HashError::TooMuchWork);
                }
                (salt, key)
            }
            Self::Sum { digest, salt, sum, .. } => {
                if sum.len() != digest.algorithm().output_len() {
                    return Err(HashError::Malformed);
                }
                (salt, sum)
            }
        };
        let fits = salt.len() <= LONGEST_PART && (SHORTEST_KEY..=LONGEST_PART).contains(&key.len());
        if fits { Ok(()) } else { Err(HashError::Malformed) }
    }

    /// Whether it was made of that password.
    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        note_computation();
        let (made, key) = match self {
            Self::Argon2 { algorithm, version, params, salt, key } => {
                let mut made = vec![0; key.len()];
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                let done = argon2.hash_password_into_with_memory(password, salt, &mut made, memory.blocks(params));
                (done.is_ok().then_some(made), key)
            }
            // Compares the first 72 bytes, as bcrypt does wherever the hash came from.
            Self::Bcrypt(text) => return bcrypt::verify(password, text).unwrap_or(false),
            Self::Scrypt { cost, salt, key } => (cost.derive(password, salt, key.len()), key),
            Self::FirebaseScrypt { cost, salt, signer, key } => {
                (cost.derive(password, salt, 32).and_then(|made| encrypt(&made, signer)), key)
            }
            Self::Pbkdf2 { digest, rounds, salt, key } => {
                return pbkdf2::verify(digest.pbkdf2(), *rounds, salt, password, key).is_ok();
            }
            Self::Sum { digest, place, salt, sum } => {
                let (first, second) = match place {
                    Place::Before => (salt.as_slice(), password),
                    Place::After => (password, salt.as_slice()),
                };
                let made = digest::digest(digest.algorithm(), &[first, second].concat());
                (Some(made.as_ref().to_vec()), sum)
            }
        };
        made.is_some_and(|made| made.ct_eq(key).into())
    }

    /// Whether a fresh hash with these parameters would be better.
    pub(super) fn is_weaker_than(&self, wanted: &Params) -> bool {
        let Self::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, key, .. } = self else {
            return true;
        };
        params.m_cost() < wanted.m_cost()
            || params.t_cost() < wanted.t_cost()
            || params.p_cost() < wanted.p_cost()
            || key.len() < Params::DEFAULT_OUTPUT_LEN
    }

    /// Whether comparing takes next to no time.
    pub(super) fn is_light(&self) -> bool {
        matches!(self, Self::Argon2 { params, .. } if params.m_cost() * params.t_cost() <= 64)
    }
}

/// `$2b$12$` and 53 characters; the library reads the rest.
fn check_bcrypt(text: &str) -> Result<(), HashError> {
    let cost = text.get(4..6).and_then(|cost| cost.parse::<u32>().ok()).ok_or(HashError::Malformed)?;
    if text.len() != 60 || text.as_bytes()[6] != b'$' || cost < 4 {
        return Err(HashError::Malformed);
    }
    if cost > MOST_BCRYPT {
        return Err(HashError::TooMuchWork);
    }
    text.parse::<bcrypt::HashParts>().map(drop).map_err(|_| HashError::Malformed)
}

/// What `a=1,b=2` says: values by their names, in whatever order they stand.
struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    fn read(text: &'a str) -> Result<Self, HashError> {
        let pairs: Option<Vec<_>> = text.split(',').map(|pair| pair.split_once('=')).collect();
        pairs.map(Self).ok_or(HashError::Malformed)
    }

    /// Takes the number of that name, if there is one.
    fn take(&mut self, name: &str) -> Result<Option<u32>, HashError> {
        let Some(place) = self.0.iter().position(|(known, _)| *known == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(place);
        value.parse().map(Some).map_err(|_| HashError::Malformed)
    }

    /// Refuses what was not taken, by its name.
    fn end(self) -> Result<(), HashError> {
        self.0.first().map_or(Ok(()), |(name, _)| Err(HashError::unsupported("parameter", name)))
    }

    /// The numbers of these names, if they are all there and nothing else is.
    fn only<const N: usize>(mut self, names: [&str; N]) -> Result<[u32; N], HashError> {
        let mut values = [None; N];
        for (value, name) in values.iter_mut().zip(names) {
            *value = self.take(name)?;
        }
        // Twice the same is no name that was forgotten.
        if self.0.iter().any(|(name, _)| names.contains(name)) {
            return Err(HashError::Malformed);
        }
        self.end()?;
        let mut numbers = [0; N];
        for (number, value) in numbers.iter_mut().zip(values) {
            *number = value.ok_or(HashError::Malformed)?;
        }
        Ok(numbers)
    }
}

/// The rounds of `i=29000,l=32`, where the length is that of the key or is left out.
pub(super) fn pbkdf2_rounds(text: &str, key_length: usize) -> Result<NonZeroU32, HashError> {
    let mut parameters = Parameters::read(text)?;
    let (rounds, length) = (parameters.take("i")?, parameters.take("l")?);
    parameters.end()?;
    if length.is_some_and(|length| usize::try_from(length) != Ok(key_length)) {
        return Err(HashError::Malformed);
    }
    rounds.and_then(NonZeroU32::new).ok_or(HashError::Malformed)
}

/// A salt or key.
fn part(text: &str) -> Result<Vec<u8>, HashError> {
    BASE64.decode(text).map_err(|_| HashError::Malformed)
}

/// AES-256 in counter mode that starts at nought: each key is used for one text.
fn encrypt(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    let mut text = text.to_vec();
    let start = EncryptionContext::Iv128(iv::FixedLength::from([0; 16]));
    key.less_safe_encrypt(&mut text, start).ok()?;
    Some(text)
}

impl fmt::Display for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64 = |bytes: &[u8]| BASE64.encode(bytes);
        match self {
            Self::Argon2 { algorithm, version, params, salt, key } => {
                let (version, m, t, p) = (u32::from(*version), params.m_cost(), params.t_cost(), params.p_cost());
                let (salt, key) = (base64(salt), base64(key));
                write!(f, "${algorithm}$v={version}$m={m},t={t},p={p}${salt}${key}")
            }
            Self::Bcrypt(text) => f.write_str(text),
            Self::Scrypt { cost: Scrypt { log_n, r, p }, salt, key } => {
                write!(f, "$scrypt$ln={log_n},r={r},p={p}${}${}", base64(salt), base64(key))
            }
            Self::FirebaseScrypt { cost: Scrypt { log_n, r, .. }, salt, signer, key } => {
                let (salt, signer, key) = (base64(salt), base64(signer), base64(key));
                write!(f, "$firebase-scrypt$ln={log_n},r={r}${salt}${signer}${key}")
            }
            Self::Pbkdf2 { digest, rounds, salt, key } => {
                write!(f, "$pbkdf2-{}$i={rounds}${}${}", digest.name(), base64(salt), base64(key))
            }
            Self::Sum { digest, place, salt, sum } => {
                let place = if *place == Place::Before { "before" } else { "after" };
                write!(f, "${}${place}${}${}", digest.name(), base64(salt), base64(sum))
            }
        }
    }
}

/// Names the kind and nothing else: a hash is a secret, too.
impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Argon2 { .. } => "argon2",
            Self::Bcrypt(_) => "bcrypt",
            Self::Scrypt { .. } => "scrypt",
            Self::FirebaseScrypt { .. } => "firebase-scrypt",
            Self::Pbkdf2 { .. } => "pbkdf2",
            Self::Sum { .. } => "sum",
        };
        f.debug_struct(kind).finish_non_exhaustive()
    }
}
