//! Which requests a fault, a rate limit or a look at the recorded requests is about.

use std::{borrow::Cow, cell::OnceCell, collections::BTreeMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use frontegg_contract::{
    context::TENANT_HEADER,
    headers,
    receive::bearer,
    route::{normalized, positional},
};
use frontegg_model::{OPERATIONS, Operation};
use http::{HeaderMap, Method, Uri, request::Parts};
use serde::{Deserialize, Serialize};

/// Which requests something is about. What is said must hold altogether; what is not said does not
/// matter. The text of an operation id is one as well, and the default is every request but those to
/// the control plane.
///
/// ```
/// use frontegg_emulator::Selection;
///
/// let users_of_acme = Selection::tag("Users").tenant("acme");
/// let one_operation: Selection = "list_roles_v1".into();
/// # let _ = (users_of_acme, one_operation);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
}

impl Selection {
    /// Every request.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Requests to that operation, by its id, e.g. `list_roles_v1`.
    pub fn operation(id: impl Into<String>) -> Self {
        Self { operation: Some(id.into()), ..Self::default() }
    }

    /// Requests to the operations of a tag, e.g. `User Management`.
    pub fn tag(name: impl Into<String>) -> Self {
        Self { tag: Some(name.into()), ..Self::default() }
    }

    /// Requests to addresses that begin so, e.g. `/identity/resources/users/` or `/.well-known/`.
    pub fn path(prefix: impl Into<String>) -> Self {
        Self { path: Some(prefix.into()), ..Self::default() }
    }

    /// Only those within a tenant: that of the user's token, or the one that the header names.
    #[must_use]
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }

    /// Only those with that method, e.g. `POST`.
    #[must_use]
    pub fn method(mut self, name: impl Into<String>) -> Self {
        self.method = Some(name.into());
        self
    }

    /// Why it can fit no request, if it cannot.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(id) = self.operation.as_deref().filter(|id| frontegg_model::operation(id).is_none()) {
            return Err(frontegg_model::no_operation(id));
        }
        if let Some(tag) = self.tag.as_deref().filter(|tag| OPERATIONS.iter().all(|operation| operation.tag != *tag)) {
            return Err(format!("there is no tag {tag}"));
        }
        if let Some(path) = self.path.as_deref().filter(|path| !path.starts_with('/')) {
            return Err(format!("path must begin with a slash, not {path}"));
        }
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        if let Some(method) = self.method.as_deref().filter(|method| !known.contains(method)) {
            return Err(format!("method must be one of {}, not {method}", known.join(", ")));
        }
        Ok(())
    }

    /// Whether a request is one of them.
    pub(crate) fn fits(&self, subject: &Subject<'_>) -> bool {
        let is =
            |wanted: &Option<String>, given: Option<&str>| wanted.as_deref().is_none_or(|wanted| given == Some(wanted));
        // The cheap questions first.
        is(&self.method, Some(subject.method))
            && self.path.as_deref().is_none_or(|prefix| subject.path.starts_with(prefix))
            && (self.operation.is_none() || is(&self.operation, subject.operation().map(|operation| operation.id)))
            && (self.tag.is_none() || is(&self.tag, subject.operation().map(|operation| operation.tag)))
            && (self.tenant.is_none() || is(&self.tenant, subject.tenant()))
    }
}

impl From<&str> for Selection {
    fn from(operation: &str) -> Self {
        Self::operation(operation)
    }
}

impl From<String> for Selection {
    fn from(operation: String) -> Self {
        Self::operation(operation)
    }
}

/// Whether a request is a probe, which tells of this process whatever becomes of the store.
pub(crate) fn is_probe(uri: &Uri) -> bool {
    let path = uri.path().trim_end_matches('/');
    is_control(uri) && (path.ends_with("/health") || path.ends_with("/ready"))
}

/// Where Prometheus looks by itself, beside the address within the control plane.
pub(crate) const METRICS: &str = "/metrics";

/// Whether a request is one to the control plane, in whichever form its path is written.
pub(crate) fn is_control(uri: &Uri) -> bool {
    normalized(uri).map_or_else(|| is_below_control(uri.path()), |uri| is_below_control(uri.path()))
}

/// Whether a request takes or brings the whole state, for as long as that takes.
pub(crate) fn is_transfer(uri: &Uri) -> bool {
    let transfers = |path: &str| ["/_emulator/export", "/_emulator/import"].contains(&path);
    normalized(uri).map_or_else(|| transfers(uri.path()), |uri| transfers(uri.path()))
}

fn is_below_control(path: &str) -> bool {
    let is_metrics = cfg!(feature = "metrics") && path == METRICS;
    is_metrics || path.strip_prefix("/_emulator").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A request as far as it can be selected by. What costs work is found out when it is asked for.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    method: &'a str,
    path: Cow<'a, str>,
    headers: Option<&'a HeaderMap>,
    operation: OnceCell<Option<&'static Operation>>,
    tenant: OnceCell<Option<String>>,
}

impl<'a> Subject<'a> {
    /// A request as it comes in.
    pub(crate) fn of(parts: &'a Parts) -> Self {
        Self { headers: Some(&parts.headers), ..Self::at(&parts.method, &parts.uri) }
    }

    /// A request by its address alone.
    pub(crate) fn at(method: &'a Method, uri: &'a Uri) -> Self {
        let path = match normalized(uri) {
            Some(uri) => Cow::Owned(uri.path().to_owned()),
            None => Cow::Borrowed(uri.path()),
        };
        Self { method: method.as_str(), path, headers: None, operation: OnceCell::new(), tenant: OnceCell::new() }
    }

    /// A request of which is known what can be.
    pub(crate) fn known(
        method: &'a str,
        path: &'a str,
        operation: Option<&'static Operation>,
        tenant: Option<&str>,
    ) -> Self {
        let subject = Self {
            method,
            path: Cow::Borrowed(path),
            headers: None,
            operation: OnceCell::new(),
            tenant: OnceCell::from(tenant.map(str::to_owned)),
        };
        if operation.is_some() {
            let _ = subject.operation.set(operation);
        }
        subject
    }

    /// Whether it goes to the control plane, which nothing here is ever about.
    pub(crate) fn is_control(&self) -> bool {
        is_below_control(&self.path)
    }

    /// The address without `/frontegg` before it and without a slash behind it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The operation that the address and the method are of.
    pub(crate) fn operation(&self) -> Option<&'static Operation> {
        *self.operation.get_or_init(|| find(self.method, &self.path))
    }

    fn tenant(&self) -> Option<&str> {
        let found = self.tenant.get_or_init(|| self.headers.and_then(tenant));
        found.as_deref()
    }
}

/// What its token says, verified or not, or else the header: nothing is granted by it.
fn tenant(headers: &HeaderMap) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        #[serde(rename = "tenantId")]
        tenant_id: String,
    }
    let claims = bearer(headers).ok().flatten().and_then(|token| {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        serde_json::from_slice::<Claims>(&claims).ok()
    });
    let named = || headers::text(headers, TENANT_HEADER).ok().flatten().map(str::to_owned);
    claims.map(|claims| claims.tenant_id).or_else(named)
}

type Routes = matchit::Router<Vec<&'static Operation>>;

/// All operations by their addresses.
static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
    let mut paths: BTreeMap<String, Vec<&'static Operation>> = BTreeMap::new();
    for operation in OPERATIONS {
        paths.entry(positional(operation.path)).or_default().push(operation);
    }
    let mut routes = Routes::new();
    for (path, operations) in paths {
        routes.insert(path, operations).expect("the server routes by the same addresses");
    }
    routes
});

fn find(method: &str, path: &str) -> Option<&'static Operation> {
    let method = if method == Method::HEAD.as_str() { Method::GET.as_str() } else { method };
    let found = ROUTES.at(path).ok()?;
    found.value.iter().find(|operation| operation.method.as_str() == method).copied()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn every_operation_is_found_by_its_address() {
        for operation in OPERATIONS {
            let path = positional(operation.path).replace(['{', '}'], "");
            assert_eq!(find(operation.method.as_str(), &path).map(|found| found.id), Some(operation.id));
        }
        assert!(find("GET", "/nowhere").is_none());
        assert!(find("PUT", "/auth/vendor").is_none());
    }

    #[test]
    fn all_that_is_said_must_hold() {
        let acme = [("frontegg-tenant-id", "acme")];
        let request = parts("GET", "/frontegg/identity/resources/roles/v1/?a=b", &acme);
        let subject = Subject::of(&request);
        for (selection, fits) in [
            (Selection::everything(), true),
            ("list_roles_v1".into(), true),
            ("delete_role".into(), false),
            (Selection::tag("Roles"), true),
            (Selection::tag("Roles").tenant("acme").method("GET"), true),
            (Selection::tag("Roles").tenant("globex"), false),
            (Selection::tag("Users"), false),
            (Selection::path("/identity/"), true),
            (Selection::path("/frontegg/"), false),
            (Selection::path("/identity/").method("POST"), false),
        ] {
            assert_eq!(selection.fits(&subject), fits, "{selection:?}");
            selection.check().expect("a selection of something");
        }
        assert!(!subject.is_control());
        assert!(Subject::of(&parts("GET", "/frontegg/_emulator/info", &[])).is_control());
        assert!(!Subject::of(&parts("GET", "/_emulators", &[])).is_control());
    }

    #[test]
    fn a_users_token_says_the_tenant() {
        let token = format!("x.{}.y", URL_SAFE_NO_PAD.encode(br#"{"tenantId":"acme"}"#));
        let bearer = format!("Bearer {token}");
        let headers = [("frontegg-tenant-id", "globex"), ("authorization", bearer.as_str())];
        let request = parts("GET", "/", &headers);
        assert_eq!(Subject::of(&request).tenant(), Some("acme"));
        let request = parts("GET", "/", &[headers[0], ("authorization", "Bearer x.?.y")]);
        assert_eq!(Subject::of(&request).tenant(), Some("globex"));
    }

    #[test]
    fn what_can_fit_nothing_is_refused() {
        for (selection, text) in [
            ("list_rolls".into(), "there is no operation list_rolls; did you mean list_role"),
            ("fly".into(), "there is no operation fly"),
            (Selection::tag("Rolls"), "there is no tag Rolls"),
            (Selection::path("identity"), "path must begin with a slash, not identity"),
            (Selection::everything().method("get"), "method must be one of GET"),
        ] {
            let why = selection.check().expect_err("a refusal");
            assert!(why.starts_with(text), "{why}");
        }
    }
}
