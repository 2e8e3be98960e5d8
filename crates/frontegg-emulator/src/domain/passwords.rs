//! Hashing passwords with argon2id, a few at a time.

use std::{num::NonZero, sync::Arc, thread};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::{DomainError, DomainResult};

/// Most bytes of a password: enough for any passphrase, little enough to hash without regret.
const LONGEST: usize = 1_024;

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    /// As OWASP recommends: 19 MiB, two passes.
    Normal,
    /// Next to nothing, for what ends with the process.
    Cheap,
}

impl Cost {
    /// Kibibytes of memory, and passes over them.
    fn work(self) -> (u32, u32) {
        match self {
            Self::Normal => (19_456, 2),
            Self::Cheap => (Params::MIN_M_COST, 1),
        }
    }

    /// A hash that no password has, to compare with where there is none: it takes as long.
    fn of_nobody(self) -> String {
        let (memory, passes) = self.work();
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        format!("$argon2id$v=19$m={memory},t={passes},p=1${salt}${hash}")
    }
}

/// Makes and checks hashes. As many are worked on at once as there are processors; others wait.
#[derive(Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    places: Arc<Semaphore>,
}

impl Passwords {
    /// Cheap hashes are for stores that are never written to a disk.
    pub(crate) fn new(cheap: bool) -> Self {
        let cost = if cheap { Cost::Cheap } else { Cost::Normal };
        let places = thread::available_parallelism().map_or(1, NonZero::get);
        Self { cost, places: Arc::new(Semaphore::new(places)) }
    }

    /// What to store of a password. Begin no transaction before.
    pub(crate) async fn hash(&self, password: &str) -> DomainResult<String> {
        if password.is_empty() {
            return Err(DomainError::bad_request("password should not be empty"));
        }
        if password.len() > LONGEST {
            let message = format!("password must be shorter than or equal to {LONGEST} bytes");
            return Err(DomainError::bad_request(message));
        }
        let (cost, password) = (self.cost, password.to_owned());
        self.work(move || hash(cost, &password)).await?
    }

    /// Whether that is the password; without a hash it is not, and finding out takes as long.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> DomainResult<bool> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.map_or_else(|| self.cost.of_nobody(), str::to_owned);
        let password = password.to_owned();
        self.work(move || known & verify(&password, &stored)).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> DomainResult<T> {
        if self.cost == Cost::Cheap {
            return Ok(work());
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(DomainError::internal)?;
        let work = move || {
            let done = work();
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(DomainError::internal)
    }
}

fn hash(cost: Cost, password: &str) -> DomainResult<String> {
    let (memory, passes) = cost.work();
    let params = Params::new(memory, passes, 1, None);
    let failed = |error: &dyn std::fmt::Display| DomainError::internal(anyhow::anyhow!("hashing: {error}"));
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(|error| failed(&error))?);
    let hash = argon.hash_password(password.as_bytes()).map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

/// The hash says itself how it was made.
fn verify(password: &str, stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else {
        tracing::error!("a stored password hash cannot be read");
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_are_compared_exactly() {
        let passwords = Passwords::new(true);
        let long = "x".repeat(100);
        for (password, other) in
            [("secret ", "secret"), ("caf\u{e9}", "cafe\u{301}"), (&format!("{long}a"), &format!("{long}b"))]
        {
            let stored = passwords.hash(password).await.expect("a hash");
            assert!(stored.starts_with("$argon2id$v=19$"), "{stored}");
            assert!(passwords.verify(password, Some(&stored)).await.expect("an answer"));
            assert!(!passwords.verify(other, Some(&stored)).await.expect("an answer"));
        }
        assert_ne!(passwords.hash("a").await.expect("a hash"), passwords.hash("a").await.expect("a hash"));
    }

    #[tokio::test]
    async fn what_is_no_password_is_refused() {
        let passwords = Passwords::new(true);
        for bad in [String::new(), "x".repeat(1 << 20)] {
            assert!(passwords.hash(&bad).await.is_err());
        }
        assert!(passwords.hash(&"x".repeat(128)).await.is_ok());
        assert!(!passwords.verify("", None).await.expect("an answer"));
        assert!(PasswordHash::new(&Cost::Normal.of_nobody()).is_ok());
        assert!(!passwords.verify("x", Some("not a hash")).await.expect("an answer"));
    }

    #[tokio::test]
    async fn a_normal_hash_costs_what_owasp_recommends() {
        let passwords = Passwords::new(false);
        let stored = passwords.hash("secret").await.expect("a hash");
        assert!(stored.contains("$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("secret", Some(&stored)).await.expect("an answer"));
    }
}
