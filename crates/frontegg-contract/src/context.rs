//! The context of a request: what a handler knows about it, and what it may add to the response.

use std::sync::{Mutex, PoisonError};

use frontegg_model::Operation;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};

use crate::failure::{ApiFailure, ApiResult};
use crate::headers;
use crate::principal::Principal;

pub use frontegg_model::headers::{APPLICATION_HEADER, TENANT_HEADER, USER_HEADER};

/// Header in which browsers name the application that somebody signs in to.
const REQUESTED_APPLICATION_HEADER: &str = "frontegg-requested-application-id";
/// Header that names the alias of a tenant to sign in to.
const LOGIN_ALIAS_HEADER: &str = "frontegg-login-alias";

/// Headers that a handler adds to its reply, to an error as well.
pub(crate) type ReplyHeaders = Vec<(HeaderName, HeaderValue)>;

/// A request after authentication and the check of its scope.
#[derive(Debug)]
pub struct RequestContext {
    /// The operation that was called.
    pub operation: &'static Operation,
    /// The authenticated caller.
    pub principal: Principal,
    /// The tenant: that of a user's token, or that of the scope header.
    pub tenant_id: Option<String>,
    /// The user: that of a user's token, or that of the scope header.
    pub user_id: Option<String>,
    /// The application that a request is about: back ends and browsers name it in different headers.
    pub application_id: Option<String>,
    /// The alias of a tenant that somebody signs in to.
    pub login_alias: Option<String>,
    /// All headers of the request.
    pub headers: HeaderMap,
    /// The values in the path, in its order.
    pub path: Vec<String>,
    /// The query string of the request, for links to other pages of a list.
    pub query: String,
    /// What the server attached to the request, such as the client's address.
    pub extensions: Extensions,
    /// Id of the request, as sent to the caller in `frontegg-trace-id`.
    pub trace_id: String,
    reply_headers: Mutex<ReplyHeaders>,
}

impl RequestContext {
    /// Makes a context. Tenant and user are those of a user's token, else those of the two scope headers;
    /// 400 when a header that names a scope cannot be read.
    pub fn new(
        operation: &'static Operation,
        principal: Principal,
        headers: HeaderMap,
        trace_id: String,
    ) -> ApiResult<Self> {
        let sent = |name| Ok(headers::text(&headers, name)?.map(str::to_owned));
        let (named_tenant, named_user) = (sent(TENANT_HEADER)?, sent(USER_HEADER)?);
        let (application_id, requested) = (sent(APPLICATION_HEADER)?, sent(REQUESTED_APPLICATION_HEADER)?);
        let login_alias = sent(LOGIN_ALIAS_HEADER)?;
        let (tenant_id, user_id) = match &principal {
            Principal::User(token) => (owned(&token.tenant_id), owned(&token.user_id)),
            Principal::Anonymous | Principal::Environment(_) => (named_tenant, named_user),
        };
        Ok(Self {
            operation,
            principal,
            tenant_id,
            user_id,
            application_id: application_id.or(requested),
            login_alias,
            headers,
            path: Vec::new(),
            query: String::new(),
            extensions: Extensions::new(),
            trace_id,
            reply_headers: Mutex::default(),
        })
    }

    /// The tenant, or 403.
    pub fn tenant(&self) -> ApiResult<&str> {
        let missing = || ApiFailure::forbidden("Tenant ID is not specified");
        self.tenant_id.as_deref().ok_or_else(missing)
    }

    /// The user, or 403.
    pub fn user(&self) -> ApiResult<&str> {
        let missing = || ApiFailure::forbidden("User ID is not specified");
        self.user_id.as_deref().ok_or_else(missing)
    }

    /// The values of the cookies of that name, in the order of the request: a browser sends one for each
    /// path and domain that it has such a cookie of. What else stands in the header does not matter.
    pub fn cookies<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let lines = self.headers.get_all(header::COOKIE).into_iter();
        lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).filter_map(move |pair| {
            let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            std::str::from_utf8(value).ok()
        })
    }

    /// Adds a header to the response, also to an error response.
    pub fn add_header(&self, name: HeaderName, value: HeaderValue) {
        self.with_reply_headers(|headers| headers.push((name, value)));
    }

    /// Sets or removes a cookie.
    pub fn set_cookie(&self, cookie: &Cookie<'_>) {
        let Ok(mut line) = HeaderValue::from_str(&cookie.to_line()) else {
            tracing::error!(name = cookie.name, "a cookie that is not valid in a header");
            return;
        };
        line.set_sensitive(true);
        self.add_header(header::SET_COOKIE, line);
    }

    pub(crate) fn take_reply_headers(&self) -> ReplyHeaders {
        self.with_reply_headers(std::mem::take)
    }

    fn with_reply_headers<T>(&self, act: impl FnOnce(&mut ReplyHeaders) -> T) -> T {
        // The list is complete after every statement, so a panic elsewhere is no reason to fail.
        act(&mut self.reply_headers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A cookie to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value: characters without blanks, quotes, commas, semicolons and backslashes (RFC 6265 §4.1.1).
    pub value: &'a str,
    /// `Max-Age` in seconds: `None` makes a session cookie, 0 removes the cookie.
    pub max_age: Option<i64>,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Secure`: whether it is sent over TLS only. Over plain HTTP most clients drop such a cookie.
    pub secure: bool,
}

/// `SameSite`: which sites' requests have a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Only those of its own site.
    Strict,
    /// Those of its own site and top-level navigation.
    Lax,
    /// All. Browsers require `Secure` with it, so without that it is sent as `Lax`.
    None,
}

impl Cookie<'_> {
    /// The value of `Set-Cookie`. The cookie is hidden from scripts and valid for every path.
    fn to_line(&self) -> String {
        let age = self.max_age.map(|seconds| format!("; Max-Age={seconds}"));
        let secure = if self.secure { "; Secure" } else { "" };
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::None if self.secure => "None",
            SameSite::Lax | SameSite::None => "Lax",
        };
        let (name, value, age) = (self.name, self.value, age.unwrap_or_default());
        format!("{name}={value}; Path=/; HttpOnly{age}{secure}; SameSite={same_site}")
    }
}

/// The text, unless it is empty.
fn owned(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal::{EnvironmentToken, TokenKind, UserToken};

    fn context(principal: Principal, headers: &[(&'static str, &'static str)]) -> RequestContext {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let operation = &frontegg_model::OPERATIONS[0];
        RequestContext::new(operation, principal, headers, "trace".into()).unwrap()
    }

    fn environment() -> Principal {
        Principal::Environment(EnvironmentToken { vendor_id: "vendor".into(), client_id: "client".into() })
    }

    #[test]
    fn headers_say_the_scope_of_an_environment_token() {
        let cx = context(environment(), &[("frontegg-tenant-id", "acme")]);
        assert_eq!(cx.tenant().unwrap(), "acme");
        let failure = cx.user().unwrap_err();
        assert_eq!(failure.to_string(), "403 Forbidden: User ID is not specified");
    }

    #[test]
    fn a_user_token_says_its_own_scope() {
        let token = UserToken {
            user_id: "ada".into(),
            tenant_id: "acme".into(),
            kind: TokenKind::User,
            token_id: "session".into(),
            roles: Vec::new(),
            permissions: Vec::new(),
        };
        let foreign = [("frontegg-tenant-id", "globex"), ("frontegg-user-id", "bob")];
        let cx = context(Principal::User(token), &foreign);
        assert_eq!((cx.tenant().unwrap(), cx.user().unwrap()), ("acme", "ada"));
    }

    #[test]
    fn cookies_are_read_and_set() {
        let cx = context(Principal::Anonymous, &[("cookie", "a=1; fe_refresh_x=R1; b=2")]);
        assert_eq!(cx.cookies("fe_refresh_x").collect::<Vec<_>>(), ["R1"]);
        assert_eq!(cx.cookies("fe_refresh").next(), None);
        cx.set_cookie(&Cookie {
            name: "fe_refresh_x",
            value: "R2",
            max_age: Some(60),
            same_site: SameSite::None,
            secure: true,
        });
        // A value that would end the line is dropped, not sent.
        cx.set_cookie(&Cookie {
            name: "x",
            value: "a\r\nb: c",
            max_age: None,
            same_site: SameSite::Lax,
            secure: false,
        });
        let lines: Vec<_> = cx.take_reply_headers();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].1, "fe_refresh_x=R2; Path=/; HttpOnly; Max-Age=60; Secure; SameSite=None");
    }

    #[test]
    fn a_cookie_for_all_sites_is_secure() {
        for (secure, same_site, attributes) in [
            (false, SameSite::None, "SameSite=Lax"),
            (false, SameSite::Lax, "SameSite=Lax"),
            (false, SameSite::Strict, "SameSite=Strict"),
            (true, SameSite::None, "Secure; SameSite=None"),
            (true, SameSite::Lax, "Secure; SameSite=Lax"),
        ] {
            let cookie = Cookie { name: "a", value: "1", max_age: None, same_site, secure };
            assert_eq!(cookie.to_line(), format!("a=1; Path=/; HttpOnly; {attributes}"));
        }
    }

    #[test]
    fn a_foreign_cookie_hides_none() {
        let mut cx = context(Principal::Anonymous, &[]);
        let mut line = |bytes: &[u8]| cx.headers.append(header::COOKIE, HeaderValue::from_bytes(bytes).unwrap());
        line("_utm=Kampagne-für-März; a=1;;=; a;b=\"x".as_bytes());
        line(b"_latin=\xfc; a=\xfc; a=2=3");
        assert_eq!(cx.cookies("a").collect::<Vec<_>>(), ["1", "2=3"]);
    }
}
