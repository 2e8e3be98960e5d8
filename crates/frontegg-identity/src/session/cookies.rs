//! The cookies by which the service knows a session, a remembered device and the browser of a sign-in (RFC 6265).

use frontegg_model::Secret;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    response::Response,
    scope::{Access, Core},
};

/// What the names of all the service's cookies begin with.
const PREFIX: &str = "fe_";
/// Prefix of the cookie that carries the refresh token; the rest names the environment or an application.
const REFRESH: &str = "fe_refresh_";
/// Prefix of the cookie of a device that needs no second factor.
const DEVICE: &str = "fe_device_";
/// Most of the other cookies that are kept while somebody signs in.
const MOST_OTHERS: usize = 8;

/// One cookie. `Debug` shows its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cookie {
    name: String,
    value: Secret,
}

/// A refresh token, with the name of its cookie if that is known already: it may have come without one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RefreshToken {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    value: Secret,
}

/// The cookies of a sign-in and of the session that comes of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cookies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<Cookie>,
    /// What else the service has set while somebody signs in, e.g. to know the browser that asked for a code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Cookie>,
}

impl Cookies {
    /// Those of a remembered device.
    pub(crate) fn of_device(device: Cookie) -> Self {
        Self { device: Some(device), ..Self::default() }
    }

    /// Those of a session: what only a sign-in needs is left out.
    pub(crate) fn into_session(self) -> Self {
        Self { others: Vec::new(), ..self }
    }

    /// Whether there is a refresh token.
    pub(crate) fn has_refresh_token(&self) -> bool {
        self.refresh.is_some()
    }

    /// Whether there is a refresh token whose cookie has no name yet.
    pub(crate) fn is_nameless(&self) -> bool {
        self.refresh.as_ref().is_some_and(|token| token.name.is_none())
    }

    /// Applies the `Set-Cookie` headers of an answer. Tells whether a refresh token is among them.
    pub(crate) fn update<T>(&mut self, answer: &Response<T>) -> bool {
        let mut refreshed = false;
        for line in answer.header_values("set-cookie") {
            let Ok(set) = cookie::Cookie::parse(line) else { continue };
            let (name, value) = (set.name(), set.value_trimmed());
            let is_over = value.is_empty() || set.max_age().is_some_and(|age| !age.is_positive());
            let cookie = (!is_over).then(|| Cookie { name: name.to_owned(), value: value.into() });
            if name.starts_with(REFRESH) {
                refreshed = cookie.is_some();
                self.refresh = cookie.map(|Cookie { name, value }| RefreshToken { name: Some(name), value });
            } else if name.starts_with(DEVICE) {
                self.device = cookie;
            } else if name.starts_with(PREFIX) {
                self.others.retain(|other| other.name != name);
                self.others.extend(cookie.filter(|_| self.others.len() < MOST_OTHERS));
            }
        }
        refreshed
    }

    /// Takes a refresh token that came in a body alone, as through a proxy that drops cookies. The service reads it
    /// from its cookie all the same, whose name is the one known before or the one by `ids`. False for a token that
    /// fits no cookie.
    pub(crate) fn take_refresh_token(&mut self, token: &Secret, ids: CookieIds<'_>) -> bool {
        if !fits_cookie(token) {
            return false;
        }
        let known = self.refresh.take().and_then(|token| token.name);
        self.refresh = Some(RefreshToken { name: known, value: token.clone() });
        self.name(ids);
        true
    }

    /// Gives the cookie of a refresh token that has none yet the name that the service's clients give it.
    pub(crate) fn name(&mut self, ids: CookieIds<'_>) {
        if let (Some(token), Some(id)) = (&mut self.refresh, ids.first()) {
            token.name.get_or_insert_with(|| name(REFRESH, id));
        }
    }

    /// The cookies of the environment that a browser has sent, or why there is no refresh token among them.
    ///
    /// Browsers send those of all environments that were signed in to on one host: the client's ids choose. Without
    /// an id there must be only one.
    pub(crate) fn from_header(header: &str, ids: CookieIds<'_>) -> Result<Self, Error> {
        let sent = || cookie::Cookie::split_parse(header).flatten().filter(|cookie| !cookie.value_trimmed().is_empty());
        let find = |prefix: &str| -> Option<Cookie> {
            let names = ids.iter().flat_map(forms).map(|id| format!("{prefix}{id}"));
            let found = names.into_iter().find_map(|name| sent().find(|cookie| cookie.name() == name))?;
            Some(Cookie { name: found.name().to_owned(), value: found.value_trimmed().into() })
        };
        let any = |prefix: &str| -> Result<Option<Cookie>, Error> {
            let mut found = sent().filter(|cookie| cookie.name().starts_with(prefix));
            let first = found.next();
            if found.next().is_some() {
                return Err(Error::new(ErrorKind::InvalidRequest, AMBIGUOUS));
            }
            Ok(first.map(|cookie| Cookie { name: cookie.name().to_owned(), value: cookie.value_trimmed().into() }))
        };
        let (refresh, device) = match ids.first() {
            Some(_) => (find(REFRESH), find(DEVICE)),
            None => (any(REFRESH)?, any(DEVICE)?),
        };
        let Some(Cookie { name, value }) = refresh else {
            return Err(Error::new(ErrorKind::Unauthenticated, MISSING));
        };
        if !fits_cookie(&value) {
            return Err(unfit());
        }
        Ok(Self { refresh: Some(RefreshToken { name: Some(name), value }), device, others: Vec::new() })
    }

    /// The `Cookie` header; none without cookies.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let refresh = self.refresh.iter().filter_map(|token| Some((token.name.as_ref()?, &token.value)));
        let others = self.device.iter().chain(&self.others).map(|cookie| (&cookie.name, &cookie.value));
        let pairs = refresh.chain(others).map(|(name, value)| format!("{name}={}", value.expose()));
        let pairs: Vec<String> = pairs.collect();
        let mut header = HeaderValue::try_from(pairs.join("; ")).ok().filter(|_| !pairs.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }
}

const MISSING: &str = "the browser has sent no cookie with a refresh token of this environment";
const AMBIGUOUS: &str = "the browser has sent cookies of several environments: a client with credentials or an \
                         application knows its own";

/// Whether a token may stand in a cookie (RFC 6265 §4.1.1).
fn fits_cookie(token: &Secret) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
    !token.is_empty() && token.expose().bytes().all(is_fit)
}

/// A refresh token that no cookie carries. It is not shown.
pub(crate) fn unfit() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the refresh token is empty or has characters that no cookie carries")
}

/// The ids that cookies of the environment may bear in their names, the likeliest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CookieIds<'a> {
    /// The client id of the environment.
    client: Option<&'a str>,
    /// The id of the application.
    application: Option<&'a str>,
}

impl<'a> CookieIds<'a> {
    /// Those that a client knows.
    pub(crate) fn of<A: Access>(core: &'a Core<A>) -> Self {
        Self { client: core.client_id(), application: core.application_id() }
    }

    fn iter(self) -> impl Iterator<Item = &'a str> {
        [self.client, self.application].into_iter().flatten()
    }

    pub(crate) fn first(self) -> Option<&'a str> {
        self.client.or(self.application)
    }
}

/// How an id may stand in the name of a cookie: the service's clients leave the first dash out; newer ones also
/// look for the whole id and for one without dashes.
fn forms(id: &str) -> [String; 3] {
    [id.replacen('-', "", 1), id.to_owned(), id.replace('-', "")]
}

fn name(prefix: &str, id: &str) -> String {
    let [usual, ..] = forms(id);
    format!("{prefix}{usual}")
}

#[cfg(test)]
mod tests {
    use frontegg_client::ResponseValue;
    use http::{HeaderMap, StatusCode};

    use super::*;

    const IDS: CookieIds<'_> = CookieIds { client: Some("a-b-c"), application: Some("d-e") };

    fn answer(lines: &[&'static str]) -> Response<()> {
        let headers: HeaderMap =
            lines.iter().map(|line| (http::header::SET_COOKIE, HeaderValue::from_static(line))).collect();
        Response::new(ResponseValue::new((), StatusCode::OK, headers), 1)
    }

    fn sent(cookies: &Cookies) -> String {
        cookies.header().map(|header| header.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn what_is_set_is_sent_and_what_is_removed_is_not() {
        let mut cookies = Cookies::default();
        let set =
            ["fe_refresh_x=r-1; Path=/; HttpOnly", "fe_device_x=\"d-1\"; Max-Age=60", "fe_other=o-1", "foreign=f"];
        assert!(cookies.update(&answer(&set)));
        assert_eq!(sent(&cookies), "fe_refresh_x=r-1; fe_device_x=d-1; fe_other=o-1");
        assert!(!cookies.update(&answer(&["fe_device_x=d-2; Max-Age=0", "fe_other=", "fe_other2=o-2"])));
        assert_eq!(sent(&cookies), "fe_refresh_x=r-1; fe_other2=o-2");
        assert_eq!(sent(&cookies.clone().into_session()), "fe_refresh_x=r-1");
        assert!(!cookies.update(&answer(&["fe_refresh_x=; Max-Age=0", "nothing"])));
        assert!(!cookies.has_refresh_token());
    }

    #[test]
    fn the_cookies_of_a_browser_are_found_by_every_form_of_the_ids() {
        for name in ["ab-c", "a-b-c", "abc", "de", "d-e"] {
            let header = format!("theme=dark; fe_refresh_zz=other; fe_refresh_{name}=r-1; fe_device_{name}=d-1; =; x");
            let cookies = Cookies::from_header(&header, IDS).unwrap();
            assert_eq!(sent(&cookies), format!("fe_refresh_{name}=r-1; fe_device_{name}=d-1"));
        }
        let both = "fe_refresh_de=application; fe_refresh_abc=whole; fe_refresh_ab-c=usual";
        assert_eq!(sent(&Cookies::from_header(both, IDS).unwrap()), "fe_refresh_ab-c=usual");
        let only = Cookies::from_header("a=b; fe_refresh_zz=r-1", CookieIds::default()).unwrap();
        assert_eq!(sent(&only), "fe_refresh_zz=r-1");
    }

    #[test]
    fn a_browser_without_the_cookie_is_told_apart_from_one_with_several() {
        let refused = |header: &str, ids| Cookies::from_header(header, ids).unwrap_err();
        for header in ["", "theme=dark", "fe_refresh_zz=hunter2", "fe_refresh_abc=", "fe_device_abc=hunter2"] {
            let error = refused(header, IDS);
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{header}");
            assert!(!error.to_string().contains("hunter2"));
        }
        let error = refused("fe_refresh_x=hunter2; fe_refresh_y=hunter2", CookieIds::default());
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(refused("fe_refresh_abc=hun,ter2", IDS).kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn a_token_without_a_cookie_gets_the_usual_name() {
        let mut cookies = Cookies::default();
        assert!(cookies.take_refresh_token(&"r-1".into(), CookieIds::default()) && cookies.is_nameless());
        assert_eq!(sent(&cookies), "", "nobody would find it");
        cookies.name(IDS);
        assert_eq!(sent(&cookies), "fe_refresh_ab-c=r-1");
        assert!(cookies.take_refresh_token(&"r-2".into(), CookieIds { client: None, application: Some("d-e") }));
        assert_eq!(sent(&cookies), "fe_refresh_ab-c=r-2", "the name stays");
        for unfit in ["", "a b", "a;b", "ä"] {
            assert!(!cookies.take_refresh_token(&unfit.into(), IDS), "{unfit}");
        }
    }
}
