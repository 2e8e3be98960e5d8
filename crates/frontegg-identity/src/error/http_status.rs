//! What a service answers its own caller when a call that it made has failed.

use http::StatusCode;

use super::{Error, ErrorKind};

/// Statuses that a service passes on to its own caller.
const PASSED_ON: [StatusCode; 8] = [
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::GONE,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

impl Error {
    /// The status with which a service that made the call answers its own caller, who is not to blame for what lies
    /// between the service and this API.
    ///
    /// | failure | status |
    /// |---|---|
    /// | 400, 404, 409, 410, 413, 422 | the same |
    /// | 401 of a signed-in user's token, or of a sign-in | 401 |
    /// | 401 of the environment's token or its credentials | 500 |
    /// | 403 of a signed-in user's token, or of a sign-in | 403 |
    /// | 403 of the environment's token | 500 |
    /// | a sign-in that is not finished | 401 |
    /// | 429 | 503; [`retry_after`](Self::retry_after) has the seconds for `Retry-After` |
    /// | 503 | 503 |
    /// | 504, a timeout | 504 |
    /// | any other status, no connection, a body that is not as documented | 502 |
    /// | a request that cannot be sent, e.g. with an empty id | 400 |
    /// | a missing scope, a wrong kind of token, no runtime, a client that cannot be built or reach the service | 500 |
    /// | an error of a layer | 500 |
    ///
    /// ```
    /// # fn example(error: frontegg_identity::Error) -> (u16, String) {
    /// let status = error.http_status();
    /// // What is wrong here is for the log; the caller is told what concerns them.
    /// let text = if status < 500 { error.messages().join("; ") } else { "please try again later".to_owned() };
    /// (status, text)
    /// # }
    /// ```
    pub fn http_status(&self) -> u16 {
        let status = match (self.0.kind, self.0.status) {
            (ErrorKind::Unauthenticated | ErrorKind::SignInUnfinished, _) if !self.0.by_environment => {
                StatusCode::UNAUTHORIZED
            }
            (ErrorKind::Api, Some(StatusCode::FORBIDDEN)) if !self.0.by_environment => StatusCode::FORBIDDEN,
            (ErrorKind::Api, Some(StatusCode::FORBIDDEN)) => StatusCode::INTERNAL_SERVER_ERROR,
            (ErrorKind::Api, Some(status)) if PASSED_ON.contains(&status) => status,
            (ErrorKind::InvalidRequest, _) => StatusCode::BAD_REQUEST,
            (ErrorKind::RateLimited, _) => StatusCode::SERVICE_UNAVAILABLE,
            (ErrorKind::Timeout, _) => StatusCode::GATEWAY_TIMEOUT,
            (ErrorKind::Api | ErrorKind::Transport | ErrorKind::Decode, _) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        status.as_u16()
    }
}
