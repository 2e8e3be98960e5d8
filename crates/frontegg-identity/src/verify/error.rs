//! Why a token is not accepted, and how the log is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};

use super::TokenKind;
use crate::{connection::is_loopback, error::Error};

/// Most characters of what an unverified token says that are shown.
const SHOWN: usize = 64;

/// Why a token was rejected, or could not be verified.
///
/// The text names what was found beside what is expected, and never the token. It is for those who run the service:
/// a caller is told less, see [`Refusal`](super::Refusal).
///
/// ```no_run
/// # fn example(error: &frontegg_identity::verify::VerifyError) {
/// use frontegg_identity::verify::VerifyError;
///
/// match error {
///     VerifyError::Audience { found, .. } => eprintln!("a token of another application: {found:?}"),
///     VerifyError::NotYetValid { now, .. } => eprintln!("is it really {now}?"),
///     other => eprintln!("{other}"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is not a JWT of the accepted form.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// Its claims are not those of the environment's tokens, e.g. because one is missing.
    #[error("the token's claims are not those of the environment's tokens: {0}")]
    Claims(String),
    /// It is of a kind that is presented in another way.
    #[error("the token's `type` is {}", kind_hint(*.found))]
    #[non_exhaustive]
    Kind {
        /// Which kind it is.
        found: TokenKind,
    },
    /// Its algorithm is not RS256.
    #[error("the token is signed with {}, accepted is RS256{}", shown(.found), algorithm_hint(.found))]
    #[non_exhaustive]
    Algorithm {
        /// The algorithm that it names.
        found: String,
    },
    /// Its `kid` is not in the environment's key set.
    #[error("the token's `kid` is {}, the environment's keys are {}", kid(.found.as_deref()), keys(.known))]
    #[non_exhaustive]
    UnknownKey {
        /// The key that it names; none if it names none.
        found: Option<String>,
        /// The keys of the environment.
        known: Vec<String>,
    },
    /// Its signature is invalid.
    #[error("the token's signature is invalid")]
    Signature,
    /// Its issuer (`iss`) is not accepted.
    #[error("the token was issued by {}, accepted is {}{}", quoted(.found), quoted(.accepted), hint(.found.as_deref(), .accepted))]
    #[non_exhaustive]
    Issuer {
        /// Its issuer; none if it names none.
        found: Option<String>,
        /// The issuers that the verifier accepts.
        accepted: Vec<String>,
    },
    /// Its audience (`aud`) is not accepted.
    #[error("the token is for {}, accepted is {}", quoted(.found), quoted(.accepted))]
    #[non_exhaustive]
    Audience {
        /// Its audiences.
        found: Vec<String>,
        /// The audiences that the verifier accepts.
        accepted: Vec<String>,
    },
    /// It has expired (`exp`).
    #[error("the token has expired: `exp` is {}, {}", moment(.at.as_ref()), by_clock(.at.as_ref(), now, leeway))]
    #[non_exhaustive]
    Expired {
        /// When it expired; none for a moment beyond the range of dates.
        at: Option<DateTime<Utc>>,
        /// The time by the verifier's clock.
        now: DateTime<Utc>,
        /// How far two clocks may differ.
        leeway: Duration,
    },
    /// It is not valid yet (`nbf`, `iat`).
    #[error(
        "the token is not valid yet: `{claim}` is {}, {}: one of the two clocks is wrong",
        moment(.from.as_ref()), by_clock(.from.as_ref(), now, leeway)
    )]
    #[non_exhaustive]
    NotYetValid {
        /// The claim that says so.
        claim: &'static str,
        /// From when on it is valid; none for a moment beyond the range of dates.
        from: Option<DateTime<Utc>>,
        /// The time by the verifier's clock.
        now: DateTime<Utc>,
        /// How far two clocks may differ.
        leeway: Duration,
    },
    /// It was revoked, or the service does not know it.
    #[error("the token was revoked")]
    Revoked,
    /// It could not be verified, e.g. because the service was not reached. Says nothing about the token.
    #[error("the token could not be verified")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// What a reason is called, in the order of the variants.
const REASONS: [&str; 12] = [
    "malformed",
    "claims",
    "kind",
    "algorithm",
    "unknown_key",
    "signature",
    "issuer",
    "audience",
    "expired",
    "not_yet_valid",
    "revoked",
    "unavailable",
];

impl VerifyError {
    /// Whether the token was rejected; otherwise the same token may be accepted later.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::verify::VerifyError) {
    /// let status = if error.is_rejection() { 401 } else { 503 };
    /// # }
    /// ```
    pub fn is_rejection(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// The reason in a word that does not change, e.g. for a metric: `malformed`, `claims`, `kind`, `algorithm`,
    /// `unknown_key`, `signature`, `issuer`, `audience`, `expired`, `not_yet_valid`, `revoked` or `unavailable`.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::verify::VerifyError) {
    /// println!("rejected_tokens{{reason=\"{}\"}} 1", error.reason());
    /// # }
    /// ```
    pub fn reason(&self) -> &'static str {
        REASONS[self.index()]
    }

    /// The claim (RFC 7519 §4.1), or the parameter of the header (RFC 7515 §4.1), that was not as expected, if it is
    /// a single one that is known by its name.
    pub fn claim(&self) -> Option<&'static str> {
        match self {
            Self::Kind { .. } => Some("type"),
            Self::Algorithm { .. } => Some("alg"),
            Self::UnknownKey { .. } => Some("kid"),
            Self::Issuer { .. } => Some("iss"),
            Self::Audience { .. } => Some("aud"),
            Self::Expired { .. } => Some("exp"),
            Self::NotYetValid { claim, .. } => Some(claim),
            Self::Malformed(_) | Self::Claims(_) | Self::Signature | Self::Revoked | Self::Unavailable(_) => None,
        }
    }

    fn index(&self) -> usize {
        match self {
            Self::Malformed(_) => 0,
            Self::Claims(_) => 1,
            Self::Kind { .. } => 2,
            Self::Algorithm { .. } => 3,
            Self::UnknownKey { .. } => 4,
            Self::Signature => 5,
            Self::Issuer { .. } => 6,
            Self::Audience { .. } => 7,
            Self::Expired { .. } => 8,
            Self::NotYetValid { .. } => 9,
            Self::Revoked => 10,
            Self::Unavailable(_) => 11,
        }
    }

    pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<Error> for VerifyError {
    /// A call that failed says nothing about a token.
    fn from(error: Error) -> Self {
        Self::unavailable(error)
    }
}

/// The reasons of which the log was told already.
#[derive(Debug, Default)]
pub(super) struct Told(AtomicU16);

const UNAVAILABLE: u16 = 1 << (REASONS.len() - 1);

impl Told {
    /// Tells the log why a token was not accepted: as a warning for the first time, so that a wrong setting is seen,
    /// and later for those who look, as anybody can cause it with every request.
    pub(super) fn note(&self, error: &VerifyError) {
        let bit = 1 << error.index();
        let (reason, claim) = (error.reason(), error.claim());
        let cause = std::error::Error::source(error).map(tracing::field::display);
        if self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            tracing::warn!(reason, claim, %error, cause, "a token was not accepted; more of this reason are debug events");
        } else {
            tracing::debug!(reason, claim, %error, cause, "a token was not accepted");
        }
    }

    /// The next outage is another one.
    pub(super) fn note_available(&self) {
        if self.0.load(Ordering::Relaxed) & UNAVAILABLE != 0 {
            self.0.fetch_and(!UNAVAILABLE, Ordering::Relaxed);
        }
    }
}

/// Names as they stand in a text.
fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(" or ") }
}

/// What an unverified token says, of which anybody may be the author.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
}

fn kid(found: Option<&str>) -> String {
    found.map_or_else(|| "absent".to_owned(), shown)
}

fn keys(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { quoted(known) }
}

fn moment(at: Option<&DateTime<Utc>>) -> String {
    at.map_or_else(|| "beyond all dates".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// How far a moment is from now.
fn by_clock(at: Option<&DateTime<Utc>>, now: &DateTime<Utc>, leeway: &Duration) -> String {
    let distance = at.map(|at| (*now - at).num_seconds()).map_or_else(String::new, |seconds| match seconds {
        ..0 => format!("{} s after ", seconds.unsigned_abs()),
        _ => format!("{seconds} s before "),
    });
    let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    format!("{distance}{now} by this clock, with a leeway of {} s", leeway.as_secs_f32())
}

fn kind_hint(found: TokenKind) -> &'static str {
    match found {
        TokenKind::UserToken => "userToken, which is a bearer token and no access token",
        TokenKind::UserApiToken => "userApiToken, which is a bearer token and no access token",
        TokenKind::TenantApiToken => "tenantApiToken, which is a bearer token and no access token",
        TokenKind::UserAccessToken => "userAccessToken, which is sent in `x-api-key` and is no bearer token",
        TokenKind::TenantAccessToken => "tenantAccessToken, which is sent in `x-api-key` and is no bearer token",
    }
}

/// What to do about tokens of an environment whose key is for nobody else.
fn algorithm_hint(found: &str) -> &'static str {
    if found == "HS256" {
        ": its key is a secret that no key set shows; set `jwtAlgorithm` of the environment's identity configuration to \
         RS256"
    } else {
        ""
    }
}

/// What to do about issuers that are one machine under two names.
fn hint(found: Option<&str>, accepted: &[String]) -> &'static str {
    let place = |issuer: &str| {
        let url = reqwest::Url::parse(issuer).ok()?;
        is_loopback(issuer).then(|| (url.scheme().to_owned(), url.port_or_known_default(), url.path().to_owned()))
    };
    let found = found.and_then(place);
    if found.is_some() && accepted.iter().any(|issuer| place(issuer) == found) {
        "; `localhost` and `127.0.0.1` are two issuers: use one of them everywhere"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_with_both_clocks() {
        let (at, now) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-01-01T00:02:05.5Z".parse().unwrap());
        let leeway = Duration::from_secs(10);
        let error = VerifyError::Expired { at: Some(at), now, leeway };
        assert_eq!(
            error.to_string(),
            "the token has expired: `exp` is 2026-01-01T00:00:00Z, 125 s before 2026-01-01T00:02:05.500Z by this clock, \
             with a leeway of 10 s"
        );
        assert_eq!((error.claim(), error.reason()), (Some("exp"), "expired"));
        let error = VerifyError::NotYetValid { claim: "iat", from: Some(now), now: at, leeway };
        assert!(error.to_string().contains("`iat` is 2026-01-01T00:02:05.500Z, 125 s after 2026-"), "{error}");
        assert_eq!(error.claim(), Some("iat"));
        let error = VerifyError::Expired { at: None, now, leeway };
        assert!(error.to_string().contains("`exp` is beyond all dates, 2026-"), "{error}");
    }

    #[test]
    fn what_strangers_wrote_is_cut_and_escaped() {
        let found = format!("a\n{}", "x".repeat(500));
        let error = VerifyError::UnknownKey { found: Some(found), known: vec!["k-1".to_owned()] };
        let text = error.to_string();
        assert!(text.starts_with(r#"the token's `kid` is "a\nxxx"#) && text.len() < 200, "{text}");
        assert!(text.ends_with(r#"x"…, the environment's keys are "k-1""#), "{text}");
        let error = VerifyError::UnknownKey { found: None, known: Vec::new() };
        assert_eq!(error.to_string(), "the token's `kid` is absent, the environment's keys are none");
    }
}
