//! Hashing and comparing, a few at a time and away from the threads that serve requests.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use argon2::Params;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::{
    memory::{Memory, Spare},
    stored::StoredHash,
    turns::Turns,
};
use crate::{
    domain::{DomainError, DomainResult},
    ids,
};

/// Most bytes of a password: enough for any passphrase, little enough to hash without regret.
pub(crate) const LONGEST: usize = 4_096;

/// Most who wait at once: with a few dozen hashes a second, whoever came behind them would wait in vain.
const MOST_WAITING: usize = 1_000;

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// As OWASP recommends: 19 MiB, two passes.
    Normal,
    /// Next to nothing, for what ends with the process or was asked for.
    Cheap,
}

impl Cost {
    fn params(self) -> Params {
        let (memory, passes) = match self {
            Self::Normal => (19_456, 2),
            Self::Cheap => (Params::MIN_M_COST, 1),
        };
        Params::new(memory, passes, 1, None).expect("constants in their ranges")
    }

    /// A hash that no password has, to compare with where there is none: it takes as long.
    fn of_nobody(self) -> StoredHash {
        StoredHash::argon2id(self.params(), vec![0; 16], vec![0; Params::DEFAULT_OUTPUT_LEN])
    }
}

/// What comparing a password gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) is_right: bool,
    /// What to store instead, where the hash is of another kind or weaker than ours.
    pub(crate) better: Option<String>,
}

/// What becomes of a hash that is not as it should be, once its password has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outdated {
    Kept,
    Replaced,
}

/// Where a hash is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Where it is asked for: that takes less time than handing it on.
    Here,
    /// On a thread for such work.
    Aside,
}

impl Place {
    fn of(is_light: bool) -> Self {
        if is_light { Self::Here } else { Self::Aside }
    }
}

/// Makes and checks hashes. One processor is left for everything else, if there are several: whoever asks for a hash
/// waits longer than others may. So many wait, and no more.
#[derive(Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    spare: Arc<Spare>,
    turns: Turns,
    computed: Computed,
}

/// How many hashes were computed, be it to store one or to compare with one.
#[derive(Clone, Debug, Default)]
struct Computed(Arc<AtomicU64>);

impl Computed {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// Hashes of that cost, in stores that are kept as well.
    pub(crate) fn new(cost: Cost) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let places = Ord::max(processors - 1, 1);
        Self {
            cost,
            places: Arc::new(Semaphore::new(places)),
            queue: Arc::new(Semaphore::new(MOST_WAITING)),
            spare: Arc::default(),
            turns: Turns::default(),
            computed: Computed::default(),
        }
    }

    /// How hashes are made, for whoever looks after the emulator.
    pub(crate) fn mode(&self) -> &'static str {
        match self.cost {
            Cost::Normal => "argon2id m=19456,t=2,p=1",
            Cost::Cheap => "cheap: argon2id m=8,t=1,p=1, for tests",
        }
    }

    /// Comparisons for one account, one after the other.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// How many hashes were computed since the start: one for each that was made and one for each that a
    /// password was compared with.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.0.load(Ordering::Relaxed)
    }

    /// What to store of a password. Begin no transaction before.
    pub(crate) async fn hash(&self, password: &str) -> DomainResult<String> {
        check_size(password)?;
        let (cost, password, computed) = (self.cost, SecretString::from(password), self.computed.clone());
        let work = move |memory: &mut Memory| {
            computed.count();
            hash(cost, &password, memory)
        };
        self.work(Place::of(cost == Cost::Cheap), work).await?
    }

    /// Whether that is the password; without a hash it is not, and finding out takes as long.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> DomainResult<bool> {
        Ok(self.compare(password, stored, Outdated::Kept).await?.is_right)
    }

    /// The same, with what to store instead of a hash that is not as it should be.
    pub(crate) async fn verify_and_upgrade(&self, password: &str, stored: Option<&str>) -> DomainResult<Comparison> {
        self.compare(password, stored, Outdated::Replaced).await
    }

    async fn compare(&self, password: &str, stored: Option<&str>, outdated: Outdated) -> DomainResult<Comparison> {
        if password.len() > LONGEST {
            // Nobody has it. The answer comes at once, whoever is asked about.
            return Ok(Comparison { is_right: false, better: None });
        }
        let (cost, password, computed) = (self.cost, SecretString::from(password), self.computed.clone());
        let known = stored.and_then(read);
        let place = Place::of(cost == Cost::Cheap && known.as_ref().is_none_or(StoredHash::is_light));
        let work = move |memory: &mut Memory| {
            let bytes = password.expose_secret().as_bytes();
            computed.count();
            let Some(known) = known else {
                cost.of_nobody().matches(bytes, memory);
                return Ok(Comparison { is_right: false, better: None });
            };
            let is_right = known.matches(bytes, memory);
            let replace = is_right && outdated == Outdated::Replaced && known.is_weaker_than(&cost.params());
            if !replace {
                return Ok(Comparison { is_right, better: None });
            }
            computed.count();
            Ok(Comparison { is_right, better: Some(hash(cost, &password, memory)?) })
        };
        self.work(place, work).await?
    }

    /// Whether one of these hashes is of that password.
    pub(super) async fn matches_any(&self, password: &str, hashes: &[String]) -> DomainResult<bool> {
        let known: Vec<StoredHash> = hashes.iter().filter_map(|hash| read(hash)).collect();
        let place = Place::of(self.cost == Cost::Cheap && known.iter().all(StoredHash::is_light));
        let (password, computed) = (SecretString::from(password), self.computed.clone());
        self.work(place, move |memory| {
            let bytes = password.expose_secret().as_bytes();
            known.iter().any(|known| {
                computed.count();
                known.matches(bytes, memory)
            })
        })
        .await
    }

    /// Does the work where it belongs; aside, in its turn.
    async fn work<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> DomainResult<T> {
        if place == Place::Here {
            return Ok(work(&mut Memory::default()));
        }
        let waiting =
            self.queue.try_acquire().map_err(|_| DomainError::busy("Too many passwords wait to be hashed"))?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(DomainError::internal)?;
        drop(waiting);
        let (spare, ours) = (Arc::clone(&self.spare), self.cost.params());
        let work = move || {
            let mut memory = spare.take();
            let done = work(&mut memory);
            spare.put_back(memory, &ours);
            // Not before: whoever asked may be gone, the work goes on.
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(DomainError::internal)
    }
}

/// Refuses what nobody should have to hash.
pub(crate) fn check_size(password: &str) -> DomainResult<()> {
    if password.is_empty() {
        return Err(DomainError::bad_request("password should not be empty"));
    }
    if password.len() > LONGEST {
        return Err(DomainError::bad_request(format!("password must be shorter than or equal to {LONGEST} bytes")));
    }
    Ok(())
}

fn hash(cost: Cost, password: &SecretString, memory: &mut Memory) -> DomainResult<String> {
    let salt = ids::random::<16>().to_vec();
    let made = StoredHash::of(password.expose_secret().as_bytes(), salt, cost.params(), memory);
    let made = made.map_err(|error| DomainError::internal(anyhow::anyhow!("hashing: {error}")))?;
    Ok(made.to_string())
}

fn read(stored: &str) -> Option<StoredHash> {
    let read = StoredHash::parse(stored);
    if let Err(flaw) = &read {
        tracing::error!(%flaw, "a stored password hash cannot be used");
    }
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Refusal;

    /// Security case 3.
    #[tokio::test]
    async fn case_3_passwords_are_compared_exactly() {
        let passwords = Passwords::new(Cost::Cheap);
        let long = "x".repeat(100);
        for (password, other) in [
            ("secret ", "secret"),
            (" secret", "secret"),
            ("caf\u{e9}", "cafe\u{301}"),
            (&format!("{long}a"), &format!("{long}b")),
            (&format!("{}a{}", "x".repeat(72), "y".repeat(27)), &format!("{}b{}", "x".repeat(72), "y".repeat(27))),
        ] {
            let stored = passwords.hash(password).await.expect("a hash");
            assert!(passwords.verify(password, Some(&stored)).await.expect("an answer"));
            assert!(!passwords.verify(other, Some(&stored)).await.expect("an answer"));
            let stored = passwords.hash(other).await.expect("a hash");
            assert!(!passwords.verify(password, Some(&stored)).await.expect("an answer"));
        }
    }

    /// Security case 1.
    #[tokio::test]
    async fn case_1_normal_hashes_are_argon2id_as_owasp_wants_it_and_salted() {
        let passwords = Passwords::new(Cost::Normal);
        let (first, second) = (passwords.hash("secret").await.expect("a hash"), passwords.hash("secret").await);
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second.expect("a hash"));
        let again = passwords.verify_and_upgrade("secret", Some(&first)).await.expect("an answer");
        assert_eq!(again, Comparison { is_right: true, better: None });
    }

    /// Security case 2, as far as the work goes.
    #[tokio::test]
    async fn case_2_a_cheap_hash_is_made_anew_in_normal_mode() {
        let (cheap, normal) = (Passwords::new(Cost::Cheap), Passwords::new(Cost::Normal));
        let stored = cheap.hash("secret").await.expect("a hash");
        let wrong = normal.verify_and_upgrade("other", Some(&stored)).await.expect("an answer");
        assert_eq!(wrong, Comparison { is_right: false, better: None });
        let right = normal.verify_and_upgrade("secret", Some(&stored)).await.expect("an answer");
        let better = right.better.expect("a better hash");
        assert!(better.contains("$m=19456,t=2,p=1$"), "{better}");
        assert!(normal.verify("secret", Some(&better)).await.expect("an answer"));
        // Nothing is made worse where hashing is cheap.
        let kept = cheap.verify_and_upgrade("secret", Some(&better)).await.expect("an answer");
        assert_eq!(kept, Comparison { is_right: true, better: None });
    }

    /// Security case 4.
    #[tokio::test]
    async fn case_4_length_is_limited_before_any_work() {
        let passwords = Passwords::new(Cost::Normal);
        for length in [64, 128] {
            assert!(passwords.hash(&"x".repeat(length)).await.is_ok());
        }
        let huge = "x".repeat(1 << 20);
        // Whatever is worked on fails from here on.
        passwords.places.close();
        assert!(passwords.hash("").await.is_err());
        assert!(passwords.hash(&huge).await.expect_err("a refusal").messages()[0].contains("shorter"));
        assert!(!passwords.verify(&huge, None).await.expect("an answer"));
        assert!(passwords.verify("x", None).await.is_err(), "this one would have been worked on");
    }

    #[tokio::test]
    async fn whoever_would_wait_in_vain_is_told_at_once() {
        let passwords = Passwords::new(Cost::Normal);
        let others = u32::try_from(MOST_WAITING).expect("a number");
        let others = passwords.queue.acquire_many(others).await.expect("places to wait");
        let refusal = passwords.verify("secret", None).await.expect_err("a refusal");
        assert_eq!(refusal.refusal(), Refusal::Unavailable);
        drop(others);
        assert!(!passwords.verify("secret", None).await.expect("an answer"));
    }

    #[tokio::test]
    async fn every_computation_is_counted() {
        let (cheap, passwords) = (Passwords::new(Cost::Cheap), Passwords::new(Cost::Normal));
        let light = cheap.hash("secret").await.expect("a hash");
        assert_eq!((cheap.computed(), passwords.computed()), (1, 0));
        assert!(passwords.verify("secret", Some(&light)).await.expect("an answer"));
        assert!(!passwords.verify("secret", None).await.expect("an answer"));
        assert_eq!(passwords.computed(), 2, "as much for nobody");
        passwords.verify_and_upgrade("other", Some(&light)).await.expect("an answer");
        assert_eq!(passwords.computed(), 3);
        passwords.verify_and_upgrade("secret", Some(&light)).await.expect("an answer");
        assert_eq!(passwords.computed(), 5, "a better one is made");
        assert!(!passwords.matches_any("other", &[light.clone(), light]).await.expect("an answer"));
        assert_eq!(passwords.computed(), 7);
        passwords.verify(&"x".repeat(LONGEST + 1), None).await.expect("an answer");
        assert_eq!(passwords.computed(), 7);
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        for cost in [Cost::Cheap, Cost::Normal] {
            let passwords = Passwords::new(cost);
            for stored in [None, Some("not a hash"), Some("$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAA")] {
                assert!(!passwords.verify("x", stored).await.expect("an answer"));
            }
        }
    }
}
