//! Calls that block, for programs without a runtime.
//!
//! Every call, and every other future of this crate, waits on a runtime of its own by [`Wait::wait`]. Nothing else
//! differs: scopes, errors, retries and sessions are those of the rest of the crate.
//!
//! ```no_run
//! use frontegg_identity::{Error, Frontegg, blocking::{Wait, iter}, params::ListUsers};
//!
//! fn main() -> Result<(), Error> {
//!     let frontegg = Frontegg::from_env()?;
//!     let roles = frontegg.management().roles().list_roles_v1().wait()?;
//!     println!("{} roles", roles.len());
//!
//!     let session = frontegg.authentication().login("ada@acme.test", "correct horse").wait()?.into_session()?;
//!     session.log_out().wait()?;
//!
//!     for user in iter(frontegg.tenant("acme").user_management().list_users(ListUsers::new()).stream()) {
//!         println!("{}", user?.id);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The runtime is one for the whole program, started by the first call that waits. Within a runtime of the program's
//! own, also on the threads that it has for blocking work, waiting is refused as
//! [`WithinRuntime`](crate::ErrorKind::WithinRuntime): there, calls are awaited.

use std::{fmt, future::poll_fn, pin::Pin, sync::OnceLock};

use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, ErrorKind};

/// Waits for a call, or for another future of this crate, on the calling thread.
///
/// ```no_run
/// use frontegg_identity::{Error, Frontegg, blocking::Wait};
///
/// fn main() -> Result<(), Error> {
///     let roles = Frontegg::from_env()?.roles().list_roles_v1().no_retry().wait()?;
///     println!("{} roles", roles.len());
///     Ok(())
/// }
/// ```
pub trait Wait<T, E: From<Error>>: IntoFuture<Output = Result<T, E>> + Sized {
    /// Waits. Fails with [`WithinRuntime`](ErrorKind::WithinRuntime) within a Tokio runtime, and nothing is sent.
    fn wait(self) -> Result<T, E> {
        runtime()?.block_on(self.into_future())
    }
}

impl<F: IntoFuture<Output = Result<T, E>>, T, E: From<Error>> Wait<T, E> for F {}

/// The items, pages or reports of a stream of this crate, each waited for when it is taken.
///
/// ```no_run
/// use frontegg_identity::{Error, Frontegg, blocking::iter, params::ListUsers};
///
/// fn main() -> Result<(), Error> {
///     let frontegg = Frontegg::from_env()?;
///     let users = frontegg.tenant("acme").users().list_users(ListUsers::new()).stream();
///     let ids = iter(users).map(|user| Ok(user?.id)).collect::<Result<Vec<_>, Error>>()?;
///     println!("{} users", ids.len());
///     Ok(())
/// }
/// ```
pub fn iter<T, E: From<Error>, S: Stream<Item = Result<T, E>> + Unpin>(stream: S) -> Iter<S> {
    Iter { stream, ended: false }
}

/// A stream, as an iterator; see [`iter`].
pub struct Iter<S> {
    stream: S,
    ended: bool,
}

impl<T, E: From<Error>, S: Stream<Item = Result<T, E>> + Unpin> Iterator for Iter<S> {
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match runtime() {
            Ok(runtime) => runtime.block_on(poll_fn(|task| Pin::new(&mut self.stream).poll_next(task))),
            Err(error) => Some(Err(error.into())),
        };
        // An error ends it, that of the runtime too.
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

impl<S> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The runtime of all calls that wait.
///
/// One of the program, as connections and the fetching of tokens are tasks of the runtime on which a client was first
/// used; with a thread of its own, so that these go on while nobody waits.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, Error>> = OnceLock::new();
    if Handle::try_current().is_ok() {
        return Err(Error::new(
            ErrorKind::WithinRuntime,
            "waiting would block a Tokio runtime: await the call instead",
        ));
    }
    let start = || {
        let started =
            Builder::new_multi_thread().worker_threads(1).thread_name("frontegg-identity").enable_all().build();
        started.map_err(|error| Error::new(ErrorKind::Transport, "the runtime cannot be started").caused_by(error))
    };
    RUNTIME.get_or_init(start).as_ref().map_err(Clone::clone)
}
