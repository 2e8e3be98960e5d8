//! What a request says of itself in the audit trail.

use frontegg_contract::{Principal, RequestContext};
use frontegg_model::Method;
use http::header;

use crate::{
    domain::audits::events,
    peer,
    store::{
        entity::AuditSeverity,
        trail::{self, Actor, Event, Request},
    },
};

/// Most characters of a browser's description that are kept.
const USER_AGENT_LIMIT: usize = 512;

/// Most characters of an id that are kept.
const ID_LIMIT: usize = 128;

/// Says who asks for what, once that is known. Reads change nothing that is worth an entry.
pub(super) fn admitted(cx: &RequestContext) {
    let operation = cx.operation;
    if operation.method == Method::Get {
        return;
    }
    let ids = named(cx);
    let tenant = ids.iter().find(|(name, _)| *name == "tenantId").map(|(_, id)| (*id).to_owned());
    let user_agent = cx.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    trail::admit(Request {
        done: events::done(operation),
        refused: events::refused(operation),
        signed_in: events::signed_in(operation),
        actor: match &cx.principal {
            Principal::User(token) if token.user_id.is_empty() => Actor::Api,
            Principal::User(token) => Actor::Person(token.user_id.clone()),
            Principal::Environment(_) => Actor::Api,
            Principal::Anonymous => Actor::Nobody,
        },
        tenant_id: match &cx.principal {
            // What is done to another tenant is done from one's own.
            Principal::User(_) => cx.tenant_id.clone(),
            Principal::Environment(_) => cx.tenant_id.clone().or(tenant),
            // Nobody in particular may not fill the trail of whomever they name.
            Principal::Anonymous => None,
        },
        about: ids.into_iter().map(|(_, id)| id.chars().take(ID_LIMIT).collect()).collect(),
        operation: operation.id,
        ip: peer::client_address(&cx.extensions).map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_LIMIT).collect()),
    });
}

/// Says that a directory asks for a change in a tenant, once its connection was let in.
pub(crate) fn provisions<B>(tenant_id: &str, done: Event, request: &http::Request<B>) {
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
    trail::admit(Request {
        done: Some(done),
        refused: Event { action: "Refused request", severity: AuditSeverity::High, ..done },
        signed_in: None,
        actor: Actor::Api,
        tenant_id: Some(tenant_id.to_owned()),
        about: Vec::new(),
        operation: "scim",
        ip: peer::client_address(request.extensions()).map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_LIMIT).collect()),
    });
}

/// The ids in the path, by their names. Whatever else is there, such as a token, is left out.
fn named(cx: &RequestContext) -> Vec<(&'static str, &str)> {
    let names = cx.operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let ids = names.zip(&cx.path).filter(|(name, _)| name.to_lowercase().ends_with("id"));
    ids.map(|(name, value)| (name, value.as_str())).collect()
}
