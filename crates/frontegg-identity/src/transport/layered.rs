//! An attempt through the layers of the program.

use std::time::Duration;

use super::broken::{Broken, Layered};
use crate::{
    error::{Error, ErrorKind, whereto},
    layer::{self, Next},
    runtime::timeout,
};
use frontegg_client::{Answer, BoxFuture};
use frontegg_model::Operation;
use reqwest::{Request, Url};

/// Sends a request through the layers and reads the answer, within a limit that holds for the layers, too.
pub(super) fn exchange(
    next: &Next,
    request: Request,
    operation: &'static Operation,
    limit: Duration,
    proxy: Option<&str>,
) -> BoxFuture<'static, Result<Answer, Broken>> {
    let url = request.url().clone();
    let overdue = format!("no answer from {} in time", whereto(Some(&url), proxy));
    let sent = layer::from_request(request).map(|mut request| {
        request.extensions_mut().insert(operation);
        next.exchange(request)
    });
    Box::pin(async move {
        let broken = |error, url: Url| Broken::Layered(Box::new(Layered { error, url }));
        let to = url.clone();
        let answer = async {
            let response = match sent {
                Ok(sent) => sent.await,
                Err(refused) => Err(refused),
            };
            let response = response.and_then(|response| layer::from_response(response, to.clone()));
            let response = response.map_err(|error| broken(error, to))?;
            Answer::read(response, operation).await.map_err(Broken::Exchange)
        };
        let overdue = || broken(Error::new(ErrorKind::Timeout, overdue), url);
        timeout(limit, answer).await.unwrap_or_else(|_| Err(overdue()))
    })
}
