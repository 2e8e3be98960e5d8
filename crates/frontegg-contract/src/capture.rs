//! What is learnt about a request while it is handled, for a server that records requests.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use crate::{
    context::RequestContext,
    principal::{Principal, TokenKind},
    schema::Contract,
};

/// Captures operation, caller and body of a request. Put one into the extensions of the request and read a
/// clone of it when there is a response.
#[derive(Clone, Default)]
pub struct Capture(Arc<Captured>);

#[derive(Default)]
struct Captured {
    without_body: bool,
    contract: OnceLock<&'static Contract>,
    caller: OnceLock<Caller>,
    body: OnceLock<Bytes>,
    undeclared: OnceLock<Vec<String>>,
}

/// The caller of a request, known after authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The kind of token: `environment`, `user`, `userApi` or `tenantApi`; none without a token.
    pub token: Option<&'static str>,
    /// The tenant of the request.
    pub tenant_id: Option<String>,
    /// The user of the request.
    pub user_id: Option<String>,
}

impl Capture {
    /// One that does not keep the body.
    pub fn without_body() -> Self {
        Self(Arc::new(Captured { without_body: true, ..Captured::default() }))
    }

    /// The contract of the operation that was called.
    pub fn contract(&self) -> Option<&'static Contract> {
        self.0.contract.get().copied()
    }

    /// The caller; none when authentication failed.
    pub fn caller(&self) -> Option<&Caller> {
        self.0.caller.get()
    }

    /// The body, if one was read.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.body.get()
    }

    /// The members of the body that the document does not declare, by their paths.
    pub fn undeclared(&self) -> &[String] {
        self.0.undeclared.get().map(Vec::as_slice).unwrap_or_default()
    }

    // Each is set once per request.

    pub(crate) fn set_undeclared(&self, members: Vec<String>) {
        let _ = self.0.undeclared.set(members);
    }

    pub(crate) fn set_contract(&self, contract: &'static Contract) {
        let _ = self.0.contract.set(contract);
    }

    pub(crate) fn set_caller(&self, context: &RequestContext) {
        let token = match &context.principal {
            Principal::Anonymous => None,
            Principal::Environment(_) => Some("environment"),
            Principal::User(token) => Some(match token.kind {
                TokenKind::User => "user",
                TokenKind::UserApi => "userApi",
                TokenKind::TenantApi => "tenantApi",
            }),
        };
        let (tenant_id, user_id) = (context.tenant_id.clone(), context.user_id.clone());
        let _ = self.0.caller.set(Caller { token, tenant_id, user_id });
    }

    pub(crate) fn set_body(&self, body: &Bytes) {
        if self.0.without_body {
            return;
        }
        // A copy: the original is part of the connection's buffer, which must not be kept alive.
        let _ = self.0.body.set(Bytes::copy_from_slice(body));
    }
}

/// Without the body, which may hold secrets.
impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("caller", &self.caller()).finish_non_exhaustive()
    }
}
