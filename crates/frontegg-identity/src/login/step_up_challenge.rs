//! What a service asks for that wants a fresh second factor (RFC 9470).

use std::time::Duration;

/// The challenge of a service that wants the session to be stepped up (RFC 9470 §3): a 401 with
/// `error="insufficient_user_authentication"` in `WWW-Authenticate`.
///
/// ```
/// use std::time::Duration;
/// use frontegg_identity::login::StepUpChallenge;
///
/// let wanted = StepUpChallenge::parse(r#"Bearer error="insufficient_user_authentication", max_age="300""#);
/// assert_eq!(wanted.and_then(|wanted| wanted.max_age()), Some(Duration::from_secs(300)));
/// // Another refusal is none.
/// assert!(StepUpChallenge::parse(r#"Bearer error="invalid_token""#).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepUpChallenge {
    max_age: Option<Duration>,
}

impl StepUpChallenge {
    /// Reads the value of a `WWW-Authenticate` header (RFC 9110 §11.6.1); none if it asks for something else, or
    /// has another form.
    pub fn parse(www_authenticate: &str) -> Option<Self> {
        let challenges = http_auth::parse_challenges(www_authenticate).ok()?;
        let bearer = challenges.into_iter().filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
        bearer.into_iter().find_map(|challenge| {
            let value = |name: &str| {
                let found = challenge.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.to_unescaped())
            };
            (value("error")? == "insufficient_user_authentication").then_some(())?;
            let max_age = match value("max_age") {
                Some(seconds) => Some(Duration::from_secs(seconds.parse().ok()?)),
                None => None,
            };
            Some(Self { max_age })
        })
    }

    /// How long ago the second factor may have been shown, for [`Session::step_up`](crate::Session::step_up); none if
    /// at any time.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session, www_authenticate: &str) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::login::StepUpChallenge;
    ///
    /// if let Some(wanted) = StepUpChallenge::parse(www_authenticate) {
    ///     let login = session.step_up(wanted.max_age()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_asks_for_a_step_up_is_read() {
        let age = |text: &str| StepUpChallenge::parse(text).map(|wanted| wanted.max_age().map(|age| age.as_secs()));
        let asked = "error=\"insufficient_user_authentication\"";
        assert_eq!(age(&format!("Bearer {asked}, acr_values=\"a b\", max_age=\"300\"")), Some(Some(300)));
        assert_eq!(age(&format!("bearer realm=\"a, b\", {asked}, max_age=60")), Some(Some(60)));
        assert_eq!(age(&format!("Basic realm=\"x\", Bearer {asked}")), Some(None));
        for other in [
            "",
            "Bearer",
            "Bearer error=\"invalid_token\"",
            &format!("Basic {asked}"),
            &format!("Bearer {asked}, max_age=\"soon\""),
            &format!("Bearer {asked}, max_age=\"-1\""),
            "Bearer error=\"insufficient_user_authentication",
        ] {
            assert_eq!(age(other), None, "{other}");
        }
    }
}
