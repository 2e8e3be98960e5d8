//! Notes which operations answered a test with success, where `cargo xtask coverage` asks for that.

use std::{collections::BTreeSet, env, fs::OpenOptions, io::Write as _};

use frontegg_emulator::{Emulator, Requests};

/// Names the file that ids are appended to, one a line.
const FILE: &str = "FRONTEGG_TEST_ANSWERED";

/// The requests of an emulator. What was answered is noted when a test that did not fail lets go of them.
pub(crate) struct Answered(Requests);

impl Answered {
    pub(crate) fn by(emulator: &Emulator) -> Self {
        Self(emulator.requests())
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        let Some(path) = env::var_os(FILE) else { return };
        if std::thread::panicking() {
            return;
        }
        // An injected fault answers in place of a handler.
        let requests = self.0.list().into_iter().filter(|request| request.fault().is_none());
        let successes = requests.filter(|request| request.status().is_some_and(|status| (200..400).contains(&status)));
        let ids: BTreeSet<&str> = successes.filter_map(|request| request.operation()).collect();
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        // In one piece, since tests and their processes append side by side.
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(lines.as_bytes())).expect("the file of answered operations");
    }
}
