//! Calls, which are sent when they are awaited.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll},
};

use frontegg_client::{self as client, BoxFuture, MaybeSend, ResponseValue};
use frontegg_model::types::ApiError;
use futures_core::FusedFuture;

use crate::{
    context::{CallFuture, Context},
    error::Error,
    options::{Settings, with_options},
    response::Response,
    scope::{Access, Core},
};

/// A call of one operation, sent when it is awaited.
///
/// It is a future: `join_all`, `tokio::spawn`, `select!` and streams take it as it is. Ids and bodies are taken
/// borrowed or owned; a call that was given only owned ones is a `Call<'static, T>`, which can be spawned. Settings are
/// made before it is first polled; later ones change nothing.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// let roles = frontegg.roles();
///
/// let all = roles.list_roles_v1().await?;
///
/// let response = roles.list_roles_v1().timeout(Duration::from_secs(2)).no_retry().with_response().await?;
/// println!("{}: {} roles", response.status(), response.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
pub struct Call<'a, T>(Stage<'a, T>);

/// How far a call has come.
enum Stage<'a, T> {
    Prepared { operation: &'static str, settings: Settings, send: CallFuture<'a, T> },
    Sent(Sent<'a, T>),
    Ended,
}

type Sent<'a, T> = BoxFuture<'a, Result<Response<T>, Error>>;

impl<'a, T: MaybeSend + 'a> Call<'a, T> {
    /// Prepares a call. `send` is given the raw client of the scope.
    pub(crate) fn new<A, F, S>(core: &Core<A>, operation: &'static str, send: F) -> Self
    where
        A: Access,
        F: FnOnce(Arc<client::Client>) -> S,
        S: Future<Output = Result<ResponseValue<T>, client::Error<ApiError>>> + MaybeSend + 'a,
    {
        Self(Stage::Prepared { operation, settings: core.options().into(), send: Box::pin(send(core.client())) })
    }

    with_options!();

    fn settings_mut(&mut self) -> Option<&mut Settings> {
        match &mut self.0 {
            Stage::Prepared { settings, .. } => Some(settings),
            Stage::Sent(_) | Stage::Ended => None,
        }
    }

    /// Sends the call and returns status and headers with the answer.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let roles = frontegg.roles().list_roles_v1().with_response().await?;
    /// println!("{} roles, {} attempts, trace {:?}", roles.len(), roles.attempts(), roles.trace_id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_response(mut self) -> Result<Response<T>, Error> {
        self.sent().await
    }

    /// The exchange, which begins when it is first polled.
    fn sent(&mut self) -> Sent<'a, T> {
        match mem::replace(&mut self.0, Stage::Ended) {
            Stage::Prepared { operation, settings, send } => Box::pin(Context::new(settings).run(operation, send)),
            Stage::Sent(sent) => sent,
            Stage::Ended => panic!("a call was polled after its end"),
        }
    }
}

impl<'a, T: MaybeSend + 'a> Future for Call<'a, T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let mut sent = self.sent();
        let polled = sent.as_mut().poll(task);
        if polled.is_pending() {
            self.0 = Stage::Sent(sent);
        }
        polled.map_ok(Response::into_inner)
    }
}

impl<'a, T: MaybeSend + 'a> FusedFuture for Call<'a, T> {
    fn is_terminated(&self) -> bool {
        matches!(self.0, Stage::Ended)
    }
}

impl<T> fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = f.debug_struct("Call");
        if let Stage::Prepared { operation, settings, .. } = &self.0 {
            call.field("operation", operation).field("settings", settings);
        }
        call.finish_non_exhaustive()
    }
}
