//! Collects what is traced and logged.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock},
};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::format::FmtSpan;

/// What was traced on this thread, and logged in this program, since it was begun.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins. A span that is met first without a subscriber may stay off for the whole program, so every
    /// test does so.
    pub(super) fn begin() -> (Self, DefaultGuard) {
        let _ = log::set_logger(Logger::get());
        log::set_max_level(log::LevelFilter::Trace);
        let log = Self::default();
        Logger::get().0.lock().unwrap().push(log.clone());
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Takes what libraries log by `log` instead of `tracing`.
#[derive(Default)]
struct Logger(Mutex<Vec<Log>>);

impl Logger {
    fn get() -> &'static Self {
        static LOGGER: OnceLock<Logger> = OnceLock::new();
        LOGGER.get_or_init(Self::default)
    }
}

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        for log in self.0.lock().unwrap().iter_mut() {
            writeln!(log, "{} {} {}", record.level(), record.target(), record.args()).unwrap();
        }
    }

    fn flush(&self) {}
}
