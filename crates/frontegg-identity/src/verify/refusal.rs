//! What a request that is not let in is answered (RFC 6750, RFC 9470).

use std::{fmt, time::Duration};

use http::{HeaderValue, StatusCode};

use super::{Requirement, VerifyError, claims::STEPPED_UP};

/// Why a request is not let in, and what it is answered.
///
/// [`Display`](fmt::Display), [`status`](Self::status) and [`challenge`](Self::challenge) reveal no more than the
/// caller may know. What is wrong with a token is in the variant, and the [source](std::error::Error::source), for
/// those who run the service.
///
/// ```
/// use frontegg_identity::verify::Refusal;
///
/// let refusal = Refusal::Missing;
/// assert_eq!((refusal.status().as_u16(), refusal.to_string().as_str()), (401, "no token was presented"));
/// assert_eq!(refusal.challenge().unwrap(), "Bearer");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Refusal {
    /// No token was presented: 401.
    Missing,
    /// The token is invalid: 401.
    Invalid(VerifyError),
    /// The caller lacks these roles or permissions: 403.
    Insufficient(Requirement),
    /// The session must be stepped up by a second factor: 401 (RFC 9470).
    #[non_exhaustive]
    StepUp {
        /// At most this long ago.
        max_age: Option<Duration>,
    },
    /// The token could not be verified: 503.
    Unavailable(VerifyError),
    /// The route is not behind the layer that finds out who calls, a mistake of the service: 500.
    Unprotected,
}

impl Refusal {
    /// The status that answers it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::Invalid(_) | Self::StepUp { .. } => StatusCode::UNAUTHORIZED,
            Self::Insufficient(_) => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unprotected => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3), if the caller can do something about it.
    pub fn challenge(&self) -> Option<HeaderValue> {
        let plain = HeaderValue::from_static;
        match self {
            Self::Missing => Some(plain("Bearer")),
            Self::Invalid(_) => Some(plain(r#"Bearer error="invalid_token""#)),
            Self::Insufficient(_) => Some(plain(r#"Bearer error="insufficient_scope""#)),
            Self::StepUp { max_age } => {
                let age = max_age.map(|age| format!(", max_age=\"{}\"", age.as_secs())).unwrap_or_default();
                let text =
                    format!("Bearer error=\"insufficient_user_authentication\", acr_values=\"{STEPPED_UP}\"{age}");
                HeaderValue::try_from(text).ok()
            }
            Self::Unavailable(_) | Self::Unprotected => None,
        }
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        if error.is_rejection() { Self::Invalid(error) } else { Self::Unavailable(error) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no token was presented",
            Self::Invalid(_) => "the token is invalid",
            Self::Insufficient(_) => "a role or permission is missing",
            Self::StepUp { .. } => "a second factor is needed",
            Self::Unavailable(_) => "the token could not be verified",
            Self::Unprotected => "the service cannot tell who calls",
        })
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid(error) | Self::Unavailable(error) => Some(error),
            _ => None,
        }
    }
}
