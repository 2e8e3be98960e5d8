//! From a template to the claims of a token.
//!
//! Placeholders that stand for something:
//!
//! - every claim that the token would have without a template, by its name: `{{sub}}`, `{{sid}}`, `{{type}}`,
//!   `{{tenantId}}`, `{{tenantIds}}`, `{{applicationId}}`, `{{email}}`, `{{metadata}}`, `{{amr}}` and so on; `{{roles}}` and
//!   `{{permissions}}` also where the environment keeps them out of other tokens;
//! - `{{iss}}`, `{{aud}}`, `{{iat}}`, `{{exp}}`, and `{{clientId}}`, the environment's;
//! - of a person: `{{user.…}}` with `id`, `name`, `email`, `verified`, `phoneNumber`, `profilePictureUrl`, `metadata`,
//!   `externalId`, `tenantId`, `tenantIds`, `roles`, `permissions` and `tenant`;
//! - of the tenant: `{{tenant.…}}` or `{{user.tenant.…}}` with `id`, `tenantId`, `name`, `alias`, `website`, `metadata`,
//!   `roles` and `permissions`, the last two as they hold for the token there.
//!
//! Paths go on into metadata.

use serde_json::{Map, Value, json};

use super::{Template, bearer::Bearer, placeholders, targeting};
use crate::{
    domain::{DomainError, DomainResult, environment, identifiers::emails, roles, tenants, users},
    store::Read,
    tokens::{self, Claims, Payload, RegisteredClaims, TemplatedClaims, TemplatedPayload},
};

/// Most bytes, as JSON, of what a template adds to a token: it has to fit into a header, and into what we take. A
/// claim for which there is no room any more is left out.
const ROOM: usize = 10 * 1024;

/// What a token says that would have these claims: those, unless a template is meant for it.
///
/// A template's claims are all that the token has, but for `type`, `tenantId`, `applicationId` and `sid` and for `iss`,
/// `aud`, `iat` and `exp`, which are the service's; of `aud` the template chooses which. `sub` is the template's where that comes to a
/// text, and else as without one.
pub(crate) async fn shape(tx: &Read, claims: Claims) -> DomainResult<Payload> {
    let Some(token) = Bearer::of(&claims) else { return Ok(Payload::Default(claims)) };
    let Some(template) = targeting::choose(tx, &token).await? else { return Ok(Payload::Default(claims)) };
    let RegisteredClaims { iss, aud, iat, nbf, .. } = claims.registered().clone();
    let seconds = i64::try_from(template.expiration.as_secs()).map_err(DomainError::internal)?;
    let registered = RegisteredClaims { iss, aud, iat, nbf, exp: iat.saturating_add(seconds) };
    let values = values(tx, &template, &claims, &token, &registered).await?;
    let mut shaped = fill(&template, &values);
    let subject = shaped.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
    if subject.is_none() {
        shaped.insert("sub".to_owned(), values.get("sub").cloned().unwrap_or_default());
    }
    let audience = template.claims.get("aud").and_then(|audience| placeholders::resolve(audience, &values));
    let audience = audience.as_ref().and_then(Value::as_str).map(str::to_owned).or(registered.aud);
    let own = TemplatedClaims {
        kind: token.kind,
        sid: token.sid.to_owned(),
        tenant_id: token.tenant_id.to_owned(),
        application_id: token.application_id.to_owned(),
        registered: RegisteredClaims { aud: audience, ..registered },
    };
    shaped.extend(object(&own)?);
    let Template { key, algorithm, .. } = template;
    let registered = own.registered;
    Ok(Payload::Templated(Box::new(TemplatedPayload { template: key, algorithm, registered, claims: shaped })))
}

/// What the claims of a template come to, as far as there is room.
fn fill(template: &Template, values: &Map<String, Value>) -> Map<String, Value> {
    let mut room = ROOM;
    let mut filled = Map::new();
    for (name, value) in &template.claims {
        let Some(value) = placeholders::resolve(value, values) else { continue };
        let length = name.len() + value.to_string().len() + r#""":,"#.len();
        if let Some(left) = room.checked_sub(length) {
            room = left;
            filled.insert(name.clone(), value);
        } else {
            tracing::debug!(template = template.key, claim = name, "a claim is too long for a token");
        }
    }
    filled
}

/// What the placeholders of a template stand for. What it does not ask for is not looked for.
async fn values(
    tx: &Read,
    template: &Template,
    claims: &Claims,
    token: &Bearer<'_>,
    registered: &RegisteredClaims,
) -> DomainResult<Map<String, Value>> {
    let asked = placeholders::roots(&template.claims);
    let asks = |names: &[&str]| names.iter().any(|name| asked.contains(name));
    let mut values = object(claims)?;
    values.insert("exp".to_owned(), registered.exp.into());
    values.insert("sid".to_owned(), token.sid.into());
    values.insert("clientId".to_owned(), environment::identity(tx).await?.client_id.into());
    if let Some(user_id) = token.user_id
        && asks(&["roles", "permissions", "user", "tenant"])
    {
        let held = roles::keys_in(tx, user_id, token.tenant_id).await?;
        values.insert("roles".to_owned(), held.roles.into());
        values.insert("permissions".to_owned(), held.permissions.into());
    }
    let keys = ["roles", "permissions"].map(|name| (name.to_owned(), values.get(name).cloned().unwrap_or_default()));
    if asks(&["user", "tenant"]) {
        let mut tenant = tenant_values(tx, token.tenant_id).await?;
        tenant.extend(keys.clone());
        values.insert("tenant".to_owned(), tenant.into());
    }
    if let Some(user_id) = token.user_id
        && asks(&["user"])
    {
        let mut user = user_values(tx, user_id, token.tenant_id).await?;
        user.extend(keys);
        user.insert("tenant".to_owned(), values.get("tenant").cloned().unwrap_or_default());
        values.insert("user".to_owned(), user.into());
    }
    Ok(values)
}

async fn user_values(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<Map<String, Value>> {
    let user = users::require(tx, user_id).await?;
    let email = emails::primary(tx, user_id).await?;
    let tenant_ids = tx.tenants_of(user_id).await?;
    object(&json!({
        "id": user.id,
        "name": user.name,
        "email": email.as_ref().map(|email| &email.email),
        "verified": email.as_ref().is_some_and(|email| email.verified),
        "phoneNumber": user.phone_number,
        "profilePictureUrl": user.profile_picture_url,
        "metadata": tokens::carried_metadata(&user.metadata),
        "externalId": user.external_id,
        "tenantId": tenant_id,
        "tenantIds": tokens::carried_tenants(&tenant_ids, tenant_id),
    }))
}

async fn tenant_values(tx: &Read, tenant_id: &str) -> DomainResult<Map<String, Value>> {
    let tenant = tenants::require(tx, tenant_id).await?;
    object(&json!({
        "id": tenant.tenant_id,
        "tenantId": tenant.tenant_id,
        "name": tenant.name,
        "alias": tenant.alias,
        "website": tenant.website,
        "metadata": tokens::carried_metadata(&tenant.metadata),
    }))
}

fn object(value: &impl serde::Serialize) -> DomainResult<Map<String, Value>> {
    match serde_json::to_value(value).map_err(DomainError::internal)? {
        Value::Object(members) => Ok(members),
        other => Err(DomainError::internal(anyhow::anyhow!("claims are an object, not {other}"))),
    }
}
