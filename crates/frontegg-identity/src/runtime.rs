//! What drives calls: clocks, timers, tasks and chance of Tokio or, on WebAssembly, of the event loop of a browser or of Node.

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{is_running, random, spawn};
#[cfg(not(target_family = "wasm"))]
pub(crate) use tokio::time::{Instant, sleep, timeout, timeout_at};
#[cfg(target_family = "wasm")]
pub(crate) use wasmtimer::{
    std::Instant,
    tokio::{sleep, timeout, timeout_at},
};
#[cfg(target_family = "wasm")]
pub(crate) use web::{is_running, random, spawn};

/// The runtime ended before a task did.
#[derive(Debug)]
pub(crate) struct Ended;

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::hash::{BuildHasher, RandomState};

    use tokio::runtime::Handle;

    use super::Ended;

    /// Whether there are timers and connections here.
    pub(crate) fn is_running() -> bool {
        Handle::try_current().is_ok()
    }

    /// A number from 0 to 1, which need be no secret.
    pub(crate) fn random() -> f64 {
        // Each `RandomState` has random keys, which is random enough here and needs no other crate.
        let random = RandomState::new().hash_one(());
        #[allow(clippy::cast_precision_loss, reason = "a fraction needs no more")]
        let fraction = random as f64 / u64::MAX as f64;
        fraction
    }

    /// Runs a future to its end, whether or not it is waited for. A panic of it goes on here.
    pub(crate) async fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, Ended> {
        match tokio::spawn(future).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Ended),
            },
        }
    }
}

#[cfg(target_family = "wasm")]
mod web {
    use tokio::sync::oneshot;

    use super::Ended;

    /// The event loop is always there.
    pub(crate) fn is_running() -> bool {
        true
    }

    /// A number from 0 to 1, which need be no secret.
    pub(crate) fn random() -> f64 {
        js_sys::Math::random()
    }

    /// Runs a future to its end, whether or not it is waited for.
    pub(crate) async fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> Result<T, Ended> {
        let (outcome, waiting) = oneshot::channel();
        wasm_bindgen_futures::spawn_local(async move {
            // Nobody may wait for it any more.
            let _ = outcome.send(future.await);
        });
        waiting.await.map_err(|_| Ended)
    }
}
