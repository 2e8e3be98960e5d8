//! The host of the API: a region of the vendor, an environment's own sub-domain, or any other URL.

use std::{fmt, str::FromStr};

use crate::{error::ConfigError, input::trimmed};

/// A region of the vendor, by the host of its API.
///
/// ```
/// use frontegg_identity::Region;
///
/// assert_eq!(Region::Us.base_url(), "https://api.us.frontegg.com");
/// assert_eq!("au".parse::<Region>().unwrap(), Region::Au);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// Europe, `api.frontegg.com`. The default.
    #[default]
    Eu,
    /// United States, `api.us.frontegg.com`.
    Us,
    /// Canada, `api.ca.frontegg.com`.
    Ca,
    /// Australia, `api.au.frontegg.com`.
    Au,
}

impl Region {
    /// The base URL of the region's API.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Eu => "https://api.frontegg.com",
            Self::Us => "https://api.us.frontegg.com",
            Self::Ca => "https://api.ca.frontegg.com",
            Self::Au => "https://api.au.frontegg.com",
        }
    }

    /// The region's name, as [`FromStr`] parses it.
    ///
    /// ```
    /// use frontegg_identity::Region;
    ///
    /// let told = Region::Ca.as_str();
    /// assert_eq!(told.parse::<Region>().unwrap(), Region::Ca);
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Us => "us",
            Self::Ca => "ca",
            Self::Au => "au",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Region {
    type Err = ConfigError;

    /// Parses `eu`, `us`, `ca` or `au`, ignoring case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Eu, Self::Us, Self::Ca, Self::Au]
            .into_iter()
            .find(|region| region.as_str().eq_ignore_ascii_case(trimmed(text)))
            .ok_or_else(|| ConfigError::UnknownRegion(text.to_owned()))
    }
}

/// The host as it was configured.
#[derive(Clone)]
pub(crate) enum Host {
    Region(Region),
    Subdomain(String),
    Url(String),
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => f.debug_tuple("Region").field(region).finish(),
            Self::Subdomain(name) => f.debug_tuple("Subdomain").field(name).finish(),
            Self::Url(text) => f.debug_tuple("Url").field(&redacted_url(text)).finish(),
        }
    }
}

/// An unchecked URL as it may be shown: redacted if it may hold a password or a token.
pub(crate) fn redacted_url(text: &str) -> &str {
    if text.contains(['@', '?', '#']) { "…" } else { text }
}

impl Host {
    /// The base URL, checked and without a trailing slash.
    pub(crate) fn base_url(&self) -> Result<String, ConfigError> {
        match self {
            Self::Region(region) => Ok(region.base_url().to_owned()),
            Self::Subdomain(name) => {
                let name = trimmed(name);
                let label = name.len() <= 63
                    && !name.starts_with('-')
                    && !name.ends_with('-')
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if !label || name.is_empty() {
                    return Err(ConfigError::InvalidSubdomain(name.to_owned()));
                }
                Ok(format!("https://{}.frontegg.com", name.to_ascii_lowercase()))
            }
            Self::Url(text) => check(text),
        }
    }
}

fn check(text: &str) -> Result<String, ConfigError> {
    let bad = |reason| Err(ConfigError::InvalidBaseUrl { url: redacted_url(text).to_owned(), reason });
    let Ok(url) = reqwest::Url::parse(trimmed(text)) else { return bad("it is no URL") };
    if !matches!(url.scheme(), "http" | "https") {
        return bad("its scheme is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return bad("it holds a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return bad("it has a query or a fragment");
    }
    if url.path().trim_end_matches('/').contains("//") {
        return bad("its path has an empty segment");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_in_any_case() {
        for region in [Region::Eu, Region::Us, Region::Ca, Region::Au] {
            assert_eq!(region.to_string().to_uppercase().parse::<Region>().unwrap(), region);
        }
        let error = "mars".parse::<Region>().unwrap_err();
        assert_eq!(error.to_string(), "unknown region \"mars\": expected eu, us, ca or au");
    }

    #[test]
    fn subdomains_are_one_label() {
        for name in ["App-xyz", " app-xyz\n", "\u{feff}app-xyz"] {
            assert_eq!(Host::Subdomain(name.into()).base_url().unwrap(), "https://app-xyz.frontegg.com");
        }
        for bad in ["", "a.b", "-a", "a-", "a/b", "evil.com#", "ä"] {
            assert!(matches!(Host::Subdomain(bad.into()).base_url(), Err(ConfigError::InvalidSubdomain(_))), "{bad}");
        }
    }

    #[test]
    fn base_urls_are_checked() {
        let base = |text: &str| Host::Url(text.into()).base_url();
        assert_eq!(base(" http://127.0.0.1:8100/ ").unwrap(), "http://127.0.0.1:8100");
        assert_eq!(base("https://acme.test/frontegg/").unwrap(), "https://acme.test/frontegg");
        for bad in [
            "",
            "acme.test",
            "ftp://acme.test",
            "https://acme.test?x=1",
            "https://acme.test#x",
            "https://acme.test/a//b",
            "https://",
        ] {
            assert!(matches!(base(bad), Err(ConfigError::InvalidBaseUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn passwords_in_base_urls_are_not_repeated() {
        for bad in
            ["https://me:hunter2@acme.test", "https://me:hunter2@", "me:hunter2@acme.test", "https://a.test?t=hunter2"]
        {
            let host = Host::Url(bad.into());
            let error = host.base_url().unwrap_err();
            assert!(!format!("{host:?} {error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
