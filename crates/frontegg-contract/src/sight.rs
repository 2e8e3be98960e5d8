//! What becomes known of a request on its way, for a server that keeps a record of requests.

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

/// Put one into the extensions of a request, and look at its clone when the answer is there.
#[derive(Clone, Default)]
pub struct Sight(Arc<Seen>);

#[derive(Default)]
struct Seen {
    contract: OnceLock<&'static Contract>,
    caller: OnceLock<Caller>,
    body: OnceLock<Bytes>,
}

/// Who called, after the checks of token and scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `environment`, `user`, `userApi` or `tenantApi`; nothing without a token.
    pub token: Option<&'static str>,
    /// The tenant that the request was about.
    pub tenant_id: Option<String>,
    /// The user that the request was about.
    pub user_id: Option<String>,
}

impl Sight {
    /// The operation that was called.
    pub fn contract(&self) -> Option<&'static Contract> {
        self.0.contract.get().copied()
    }

    /// Who called; nothing when they were refused.
    pub fn caller(&self) -> Option<&Caller> {
        self.0.caller.get()
    }

    /// The body, where one was read.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.body.get()
    }

    // Each is learnt once, where it is learnt first.

    pub(crate) fn learn_contract(&self, contract: &'static Contract) {
        let _ = self.0.contract.set(contract);
    }

    pub(crate) fn learn_caller(&self, context: &RequestContext) {
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

    pub(crate) fn learn_body(&self, body: &Bytes) {
        // It is a part of the connection's buffer, which must not be kept.
        let _ = self.0.body.set(Bytes::copy_from_slice(body));
    }
}

/// Without the body.
impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sight").field("caller", &self.caller()).finish_non_exhaustive()
    }
}
