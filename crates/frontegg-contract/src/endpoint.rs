//! Operations as the router has them: all of one type. The router would take the handlers themselves, too, but then
//! the compiler would go through all of its machinery for each of them, which took longer than everything else
//! together.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
};

use crate::failure::ApiResult;

/// What an operation is doing about a request.
pub(crate) type Handling = Pin<Box<dyn Future<Output = ApiResult<Response>> + Send>>;

/// An operation of a service.
#[derive(Debug)]
pub(crate) struct Endpoint<S>(pub(crate) fn(Arc<S>, Request) -> Handling);

impl<S> Clone for Endpoint<S> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<S: Send + Sync + 'static> Handler<(), Arc<S>> for Endpoint<S> {
    type Future = Answering;

    fn call(self, request: Request, service: Arc<S>) -> Answering {
        Answering(self.0(service, request))
    }
}

/// The answer to come, be it a failure.
pub(crate) struct Answering(Handling);

impl Future for Answering {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        self.0.as_mut().poll(cx).map(IntoResponse::into_response)
    }
}
