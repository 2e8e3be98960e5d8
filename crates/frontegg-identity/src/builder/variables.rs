//! The variables of the environment that configure a client.

use std::{env, ffi::OsString};

use super::Builder;
use crate::{error::ConfigError, input::trimmed, region::Host};

/// Client id of the environment.
const CLIENT_ID: &str = "FRONTEGG_CLIENT_ID";
/// API key: our name first, then the one that the vendor's guides use.
const API_KEY: [&str; 2] = ["FRONTEGG_API_KEY", "FRONTEGG_SECRET_KEY"];
/// Base URL. `FRONTEGG_BASE_URL` is not read: other clients use it for the users' host.
const BASE_URL: [&str; 2] = ["FRONTEGG_API_GATEWAY_URL", "FRONTEGG_API_BASE_URL"];
/// Region, when no base URL is given.
const REGION: &str = "FRONTEGG_REGION";

impl Builder {
    /// A builder configured by environment variables; see
    /// [`Frontegg::from_env`](crate::Frontegg::from_env) for the variables.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use std::time::Duration;
    /// use frontegg_identity::Builder;
    ///
    /// let frontegg = Builder::from_env()?.timeout(Duration::from_secs(5)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let read = |names: &'static [&'static str]| {
            for &name in names {
                match get(name).map(OsString::into_string) {
                    // An empty variable counts as not set: compose files and CI set such variables.
                    Some(Ok(value)) if trimmed(&value).is_empty() => {}
                    Some(Ok(value)) => return Ok(Some((name, value))),
                    Some(Err(_)) => {
                        return Err(ConfigError::InvalidVariable { name, reason: "it is not Unicode".into() });
                    }
                    None => {}
                }
            }
            Ok(None)
        };
        let needed = |names| read(names)?.ok_or(ConfigError::MissingVariable(names));
        let (_, client_id) = needed(&[CLIENT_ID])?;
        let (_, api_key) = needed(&API_KEY)?;
        let builder = Self::default().credentials(client_id, api_key);
        let (name, host) = if let Some((name, url)) = read(&BASE_URL)? {
            (name, Host::Url(url))
        } else if let Some((name, region)) = read(&[REGION])? {
            let region = region.parse().map_err(|error| ConfigError::in_variable(name, &error))?;
            (name, Host::Region(region))
        } else {
            return Ok(builder);
        };
        host.base_url().map_err(|error| ConfigError::in_variable(name, &error))?;
        Ok(builder.host(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;

    #[test]
    fn the_guide_has_these_figures_and_variables() {
        const PAGE: &str = include_str!("../../docs/configuration.md");
        crate::defaults::row("Opening a connection", crate::connection::Connection::CONNECT_TIMEOUT);
        for name in [&[CLIENT_ID, REGION][..], &API_KEY, &BASE_URL].concat() {
            assert!(PAGE.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))), "{name}");
        }
    }

    fn read(variables: &[(&str, &str)]) -> Result<Builder, ConfigError> {
        Builder::from_variables(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
    }

    const BOTH: [(&str, &str); 2] = [("FRONTEGG_CLIENT_ID", "id"), ("FRONTEGG_API_KEY", "key")];

    #[test]
    fn missing_variables_are_named() {
        let error = read(&[]).unwrap_err();
        assert!(error.to_string().contains("FRONTEGG_CLIENT_ID"), "{error}");
        let error = read(&BOTH[..1]).unwrap_err();
        assert!(matches!(error, ConfigError::MissingVariable(names) if names == API_KEY));
        assert!(error.to_string().contains("FRONTEGG_API_KEY or FRONTEGG_SECRET_KEY"), "{error}");
    }

    #[test]
    fn empty_variables_count_as_missing() {
        assert!(matches!(read(&[BOTH[0], ("FRONTEGG_API_KEY", "")]), Err(ConfigError::MissingVariable(_))));
        assert!(matches!(read(&[BOTH[0], ("FRONTEGG_API_KEY", " \n")]), Err(ConfigError::MissingVariable(_))));
        assert!(read(&[BOTH[0], ("FRONTEGG_API_KEY", ""), ("FRONTEGG_SECRET_KEY", "key")]).is_ok());
    }

    #[test]
    fn credentials_lose_what_files_leave_at_their_ends() {
        let variables = [("FRONTEGG_CLIENT_ID", " id\n"), ("FRONTEGG_API_KEY", "\u{feff}the key\r\n")];
        let Credentials { client_id, api_key } = read(&variables).unwrap().credentials.unwrap();
        assert_eq!((client_id.as_str(), api_key.expose()), ("id", "the key"));
    }

    #[test]
    fn the_api_key_wins_over_the_secret_key() {
        let builder = read(&[BOTH[0], BOTH[1], ("FRONTEGG_SECRET_KEY", "other")]).unwrap();
        assert_eq!(builder.credentials.unwrap().api_key.expose(), "key");
    }

    #[test]
    fn a_base_url_wins_over_a_region() {
        let host = |more: &[(&str, &str)]| read(&[&BOTH, more].concat()).unwrap().host.base_url().unwrap();
        assert_eq!(host(&[]), "https://api.frontegg.com");
        assert_eq!(host(&[("FRONTEGG_REGION", "US")]), "https://api.us.frontegg.com");
        let base = ("FRONTEGG_API_BASE_URL", "http://127.0.0.1:2");
        assert_eq!(host(&[("FRONTEGG_REGION", "US"), base]), "http://127.0.0.1:2");
        assert_eq!(host(&[base, ("FRONTEGG_API_GATEWAY_URL", "http://127.0.0.1:1")]), "http://127.0.0.1:1");
        assert_eq!(host(&[("FRONTEGG_BASE_URL", "http://127.0.0.1:3")]), "https://api.frontegg.com");
    }

    #[test]
    fn bad_values_are_reported_with_their_variable() {
        for (name, value) in
            [("FRONTEGG_REGION", "mars"), ("FRONTEGG_API_GATEWAY_URL", "nowhere"), ("FRONTEGG_API_BASE_URL", "ftp://x")]
        {
            let error = read(&[&BOTH[..], &[(name, value)]].concat()).unwrap_err();
            assert!(matches!(&error, ConfigError::InvalidVariable { name: found, .. } if *found == name), "{error:?}");
            assert!(error.to_string().contains(name) && error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn keys_do_not_show() {
        let builder = read(&[BOTH[0], ("FRONTEGG_API_KEY", "hunter2")]).unwrap();
        assert!(!format!("{builder:?}").contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let error = Builder::from_variables(|_| Some(OsString::from_vec(vec![0xff]))).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidVariable { name: "FRONTEGG_CLIENT_ID", .. }));
    }
}
