//! Calls, which are sent when they are awaited.

use std::{fmt, sync::Arc};

use frontegg_client::{self as client, BoxFuture, ResponseValue};
use frontegg_model::types::ApiError;

use crate::{
    context::{CallFuture, Context},
    error::Error,
    options::{Options, with_options},
    response::Response,
    scope::{Access, Core},
};

/// A call of one operation, sent when it is awaited.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// let roles = frontegg.management().roles();
///
/// let all = roles.list_roles_v1().await?;
///
/// let response = roles.list_roles_v1().timeout(Duration::from_secs(2)).no_retry().with_response().await?;
/// println!("{}: {} roles", response.status(), response.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
pub struct Call<'a, T> {
    operation: &'static str,
    options: Options,
    send: CallFuture<'a, T>,
}

impl<'a, T: Send + 'a> Call<'a, T> {
    /// Prepares a call. `send` is given the raw client of the scope.
    pub(crate) fn new<A, F, S>(core: &Core<A>, operation: &'static str, send: F) -> Self
    where
        A: Access,
        F: FnOnce(Arc<client::Client>) -> S,
        S: Future<Output = Result<ResponseValue<T>, client::Error<ApiError>>> + Send + 'a,
    {
        Self { operation, options: core.options(), send: Box::pin(send(core.client())) }
    }

    with_options!();

    /// Sends the call and returns status and headers with the answer.
    pub async fn with_response(self) -> Result<Response<T>, Error> {
        Context::new(self.options).run(self.operation, self.send).await
    }
}

impl<'a, T: Send + 'a> IntoFuture for Call<'a, T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { operation, options, send } = self;
        Box::pin(async move { Context::new(options).run(operation, send).await.map(Response::into_inner) })
    }
}

impl<T> fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
