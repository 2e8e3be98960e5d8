//! User id and token of a mailed link.

use std::str::FromStr;

use frontegg_model::Secret;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};

/// What the links of activation and invitation mails carry: the user's id and a single-use token.
///
/// Parsed from a whole link or its query or, on the page that the link leads to, deserialised from the
/// query string:
///
/// ```
/// use frontegg_identity::login::MailedLink;
///
/// let link: MailedLink = "https://login.acme.test/account/activate?userId=u-1&token=t-1".parse()?;
/// assert_eq!((link.user_id.as_str(), link.token.expose()), ("u-1", "t-1"));
/// let same: MailedLink = "?token=t-1&userId=u-1".parse()?;
/// let same: MailedLink = serde_json::from_str(r#"{"userId": "u-1", "token": "t-1"}"#).expect("both members");
/// # Ok::<(), frontegg_identity::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MailedLink {
    /// Id of the user.
    pub user_id: String,
    /// The token.
    pub token: Secret,
}

impl MailedLink {
    /// From a user id and a token.
    pub fn new(user_id: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self { user_id: user_id.into(), token: token.into() }
    }
}

impl FromStr for MailedLink {
    type Err = Error;

    /// Reads a whole link, a path with a query, or the query alone with its question mark.
    fn from_str(link: &str) -> Result<Self, Error> {
        let link = link.split_once('#').map_or(link, |(link, _)| link);
        let query = link.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let pair = pairs.find(|(key, value)| key == name && !value.is_empty());
            pair.map(|(_, value)| value.into_owned()).ok_or_else(|| missing(name))
        };
        Ok(Self::new(value("userId")?, value("token")?))
    }
}

/// The link itself is not shown: it may hold a token.
fn missing(what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the link does not tell userId and token: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_wherever_they_lead() {
        for link in [
            "https://login.acme.test/account/activate?userId=u%201&token=a%2Bb",
            "/activate?lang=de&token=a%2Bb&userId=u+1#form",
            "?userId=u+1&token=&token=a%2Bb",
        ] {
            let link: MailedLink = link.parse().unwrap();
            assert_eq!((link.user_id.as_str(), link.token.expose()), ("u 1", "a+b"));
        }
    }

    #[test]
    fn what_tells_nothing_is_refused_and_not_shown() {
        for link in ["", "https://login.acme.test/", "?token=hunter2", "?userId=u-1", "?userId=u-1&token="] {
            let error = link.parse::<MailedLink>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
