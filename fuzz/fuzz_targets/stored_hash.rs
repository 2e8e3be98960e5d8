//! Password hashes that come from elsewhere: what is taken is kept in a form that is read as the same, and
//! comparing with it takes no more memory and work than the limits, by a reckoning of its own.
//!
//! Input: a stored hash; with two lines more, a hash of another system, its kind, and its parameters.

#![no_main]

use std::collections::HashMap;

use frontegg_emulator::fuzzing::{imported_hash, is_password, stored_hash};
use frontegg_fuzz::{lines, memory::Limit};
use libfuzzer_sys::fuzz_target;

/// Most memory of a hash, in bytes.
const MOST_MEMORY: u128 = 256 << 20;
/// Most bytes of memory that are gone over.
const MOST_PASSES: u128 = 1 << 30;
/// Most bytes that scrypt derives before it begins and when it has ended.
const MOST_DERIVED: u128 = 8 << 20;
/// Most rounds of PBKDF2, and of bcrypt.
const MOST_ROUNDS: u128 = 4_000_000;
const MOST_BCRYPT: u128 = 1 << 14;

/// What is compared with in passing.
const CHEAP: Cost = Cost { memory: 256 << 10, passes: 512 << 10, derived: 16 << 10, rounds: 64 };

/// What comparing takes.
#[derive(Debug, Default)]
struct Cost {
    memory: u128,
    passes: u128,
    derived: u128,
    rounds: u128,
}

impl Cost {
    /// Of a hash as it is kept.
    fn of(kept: &str) -> Self {
        let parts: Vec<&str> = kept.split('$').collect();
        let numbers = |part: usize| -> HashMap<&str, u128> {
            let pairs = parts[part].split(',').filter_map(|pair| pair.split_once('='));
            pairs.map(|(name, number)| (name, number.parse().expect("a number"))).collect()
        };
        match parts[1] {
            "argon2id" | "argon2i" | "argon2d" => {
                let cost = numbers(3);
                Self { memory: cost["m"] << 10, passes: (cost["m"] << 10) * cost["t"], ..Self::default() }
            }
            "scrypt" | "firebase-scrypt" => {
                let cost = numbers(2);
                let (n, r, p) = (1 << cost["ln"], cost["r"], cost.get("p").copied().unwrap_or(1));
                Self { memory: 128 * r * (n + p), passes: 128 * r * n * p, derived: 128 * r * p, rounds: 0 }
            }
            "2a" | "2b" | "2y" => Self { rounds: 1 << parts[2].parse::<u32>().expect("a number"), ..Self::default() },
            "sha1" | "sha256" | "sha512" => Self::default(),
            pbkdf2 => {
                let block = match pbkdf2 {
                    "pbkdf2-sha1" => 20,
                    "pbkdf2-sha256" => 32,
                    "pbkdf2-sha512" => 64,
                    other => panic!("{other} is no kind"),
                };
                let key = parts[4].len() * 3 / 4;
                Self { rounds: numbers(2)["i"] * key.div_ceil(block) as u128, ..Self::default() }
            }
        }
    }

    fn is_within(&self, most: &Self) -> bool {
        self.memory <= most.memory
            && self.passes <= most.passes
            && self.derived <= most.derived
            && self.rounds <= most.rounds
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (hash, rest) = lines::first(text.as_bytes());
    let (kind, parameters) = lines::first(rest);
    let [hash, kind, parameters] = [hash, kind, parameters].map(|part| std::str::from_utf8(part).expect("text"));
    let limit = Limit { any: 64 * 1024, byte: 64 };
    let kept = limit.hold(input.len(), || match kind {
        "" => stored_hash(hash),
        kind => imported_hash(kind, hash, Some(parameters)),
    });
    let Some(kept) = kept else { return };
    assert_eq!(stored_hash(&kept).as_ref(), Some(&kept), "what is kept is read again");
    let cost = Cost::of(&kept);
    let rounds = if kept.starts_with("$2") { MOST_BCRYPT } else { MOST_ROUNDS };
    let most = Cost { memory: MOST_MEMORY, passes: MOST_PASSES, derived: MOST_DERIVED, rounds };
    assert!(cost.is_within(&most), "{cost:?}");
    if cost.is_within(&CHEAP) {
        // Beside the memory of the hash, that of its parts.
        let limit = Limit { any: 64 * 1024 + usize::try_from(cost.memory).expect("little"), byte: 64 };
        limit.hold(input.len(), || is_password(b"correct horse", &kept));
    }
});
