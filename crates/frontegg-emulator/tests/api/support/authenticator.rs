//! An authenticator app: shows the codes of a secret, at the emulator's time.

use std::time::Duration;

use totp_rs::{Builder, Secret, Totp};

use super::World;

/// How long a code is shown.
pub(crate) const STEP: Duration = Duration::from_secs(30);

pub(crate) struct App(Totp);

impl App {
    /// One that was given the `secret` of an answer.
    #[track_caller]
    pub(crate) fn of(secret: &serde_json::Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().expect("a secret")).expect("base32");
        // As short as some apps make them.
        Self(Builder::new().with_secret(secret).build_noncompliant())
    }

    /// What it shows.
    pub(crate) fn code(&self, world: &World) -> String {
        self.code_at(world, 0)
    }

    /// What it shows once the present step, which may be used up, is over.
    pub(crate) fn next_code(&self, world: &World) -> String {
        world.emulator.clock().advance(STEP);
        self.code(world)
    }

    /// What it shows so many steps later or earlier.
    pub(crate) fn code_at(&self, world: &World, steps: i64) -> String {
        let seconds = world.emulator.clock().now().timestamp() + 30 * steps;
        self.0.generate(u64::try_from(seconds).expect("after 1970")).to_string()
    }

    /// A code that it does not show around now.
    pub(crate) fn wrong_code(&self, world: &World) -> String {
        let shown: Vec<String> = (-2..=2).map(|steps| self.code_at(world, steps)).collect();
        let mut codes = (0..10).map(|digit| format!("{digit}{digit}{digit}{digit}{digit}{digit}"));
        codes.find(|code| !shown.contains(code)).expect("ten codes, five shown")
    }
}
