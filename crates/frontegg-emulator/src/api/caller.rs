//! From the token of a request to who asks, as the domain has it.

use frontegg_contract::{Principal, RequestContext, TokenKind};

use crate::domain::{
    caller::{Caller, Grants},
    people::profiles::Viewer,
};

/// Who asks. Nobody in particular counts as a user who may do nothing.
pub(super) fn caller(cx: &RequestContext) -> Caller<'_> {
    match &cx.principal {
        Principal::Environment(_) => Caller::Environment,
        Principal::User(token) => {
            Caller::User(Grants { tenant_id: &token.tenant_id, roles: &token.roles, permissions: &token.permissions })
        }
        Principal::Anonymous => Caller::User(Grants { tenant_id: "", roles: &[], permissions: &[] }),
    }
}

/// The tenant that a call is about: that of a user's token, else the one that the header names, if
/// any.
pub(super) fn tenant(cx: &RequestContext) -> Option<&str> {
    caller(cx).tenant().or(cx.tenant_id.as_deref())
}

/// The person whose token it is, if it is a person's.
pub(super) fn caller_id(cx: &RequestContext) -> Option<&str> {
    match &cx.principal {
        Principal::User(token) => Some(token.user_id.as_str()).filter(|id| !id.is_empty()),
        Principal::Environment(_) | Principal::Anonymous => None,
    }
}

/// The session that a call comes out of.
pub(super) fn session_id(cx: &RequestContext) -> Option<&str> {
    match &cx.principal {
        Principal::User(token) if token.kind == TokenKind::User => Some(&token.token_id),
        _ => None,
    }
}

/// Who looks at a person, or at several of whom none is meant in particular: somebody else sees of
/// them what concerns the tenants `within`.
pub(super) fn viewer<'a>(cx: &RequestContext, of: Option<&str>, within: &'a [String]) -> Viewer<'a> {
    match caller(cx) {
        Caller::Environment => Viewer::Administrator,
        Caller::User(_) if of.is_some() && of == caller_id(cx) => Viewer::Oneself,
        Caller::User(_) => Viewer::Other(within),
    }
}

#[cfg(test)]
mod tests {
    use frontegg_contract::UserToken;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    /// A token without a tenant must not open the whole environment.
    #[test]
    fn a_users_token_is_always_confined() {
        let token = UserToken {
            user_id: "ada".to_owned(),
            tenant_id: String::new(),
            kind: TokenKind::User,
            token_id: "session".to_owned(),
            roles: Vec::new(),
            permissions: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert("frontegg-tenant-id", HeaderValue::from_static("acme"));
        let operation = &frontegg_model::OPERATIONS[0];
        let cx = RequestContext::new(operation, Principal::User(token), headers, String::new()).unwrap();
        assert_eq!(tenant(&cx), Some(""));
    }
}
