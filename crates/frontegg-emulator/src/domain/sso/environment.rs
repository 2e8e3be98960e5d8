//! What the environment says about single sign-on: itself as service provider and client, and how mail domains are proven
//! and shared.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::ExprTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    domain::{
        DomainError, DomainResult, input,
        settings::{self, Form, Owner},
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{sso_connection, sso_domain},
        query::OneColumn,
    },
};

/// The kinds of the settings documents.
const SAML: &str = "sso-saml";
const OIDC: &str = "sso-oidc";
const DOMAIN_POLICY: &str = "sso-domain-policy";
const SHARED_DOMAINS: &str = "sso-shared-domains";
const PROVIDERS_BEGIN: &str = "sso-providers-begin";

/// How they read.
pub(crate) const FORMS: [Form; 5] = [
    Form::of::<SamlRecord>(SAML),
    Form::of::<Oidc>(OIDC),
    Form::of::<DomainPolicy>(DOMAIN_POLICY),
    Form::of::<SharedDomains>(SHARED_DOMAINS),
    Form::of::<bool>(PROVIDERS_BEGIN),
];

/// The environment as SAML service provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saml {
    /// Whether connections by SAML take part in sign-ins.
    pub(crate) is_active: bool,
    /// Where identity providers send their answers.
    pub(crate) acs_url: String,
    pub(crate) sp_entity_id: String,
    /// The page that people come to once they are signed in.
    pub(crate) redirect_uri: String,
}

/// The same as it was written, with whatever portals keep beside it. An empty text stands for the environment's own
/// address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SamlRecord {
    pub(crate) id: String,
    pub(crate) is_active: bool,
    pub(crate) configuration: Map<String, Value>,
}

/// The environment as client of OpenID Connect providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Oidc {
    /// Whether connections by OpenID Connect take part in sign-ins.
    pub(crate) active: bool,
    pub(crate) redirect_uri: String,
}

/// How tenants prove their mail domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainPolicy {
    /// Whether people may add the domains of their own verified addresses without DNS.
    pub(crate) allow_verified_users_to_add_domains: bool,
    /// Whether new domains are validated at once.
    pub(crate) skip_domain_verification: bool,
    /// Whether sign-ins use connections whose domains are not validated.
    pub(crate) bypass_domain_cross_validation: bool,
}

/// What happens where several tenants have a domain and none of them is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UnspecifiedTenant {
    /// No single sign-on.
    #[default]
    Block,
    /// The connection that was created first.
    FirstCreated,
}

/// Whether several tenants may have validated one domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedDomains {
    pub(crate) active: bool,
    /// Block where it was never told.
    pub(crate) unspecified_tenant: Option<UnspecifiedTenant>,
    /// Whether the active tenant of a known person goes before that.
    pub(crate) use_active_tenant: bool,
}

/// What to change of it; what is absent stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedDomainsChange {
    pub(crate) active: bool,
    pub(crate) unspecified_tenant: Option<UnspecifiedTenant>,
    pub(crate) use_active_tenant: Option<bool>,
}

/// What is not set is here, under the address of the environment.
pub(crate) async fn saml(tx: &Read) -> DomainResult<Saml> {
    let record = saml_record(tx).await?;
    let configuration = record.as_ref().map(|record| &record.configuration);
    let member = |name: &str| {
        let text = configuration?.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let origin = tx.origin();
    Ok(Saml {
        is_active: record.as_ref().is_none_or(|record| record.is_active),
        acs_url: member("acsUrl").unwrap_or_else(|| format!("{origin}/auth/saml/callback")),
        sp_entity_id: member("spEntityId").unwrap_or_else(|| origin.to_owned()),
        redirect_uri: member("redirectUri").unwrap_or_else(|| format!("{origin}/oauth/account/saml/callback")),
    })
}

/// What a provider of SAML knows us by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceProvider {
    pub(super) sp_entity_id: String,
    pub(super) acs_url: String,
}

/// As a connection has it, else as the environment has.
pub(super) async fn service_provider(
    tx: &Read,
    connection: Option<&sso_connection::Model>,
) -> DomainResult<ServiceProvider> {
    let environment = saml(tx).await?;
    let or = |own: fn(&sso_connection::Model) -> &String, common: String| {
        connection.map(own).filter(|own| !own.is_empty()).cloned().unwrap_or(common)
    };
    Ok(ServiceProvider {
        sp_entity_id: or(|row| &row.sp_entity_id, environment.sp_entity_id),
        acs_url: or(|row| &row.acs_url, environment.acs_url),
    })
}

/// Whether people may begin at their provider of SAML. It cannot be tied to a browser, so it is off until it is switched
/// on.
pub(super) async fn lets_providers_begin(tx: &Read) -> DomainResult<bool> {
    settings::get(tx, Owner::Environment, PROVIDERS_BEGIN).await
}

pub(crate) async fn let_providers_begin(tx: &Write, allowed: bool) -> DomainResult<()> {
    settings::put(tx, Owner::Environment, PROVIDERS_BEGIN, &allowed).await
}

/// What was written of it.
pub(crate) async fn saml_record(tx: &Read) -> DomainResult<Option<SamlRecord>> {
    settings::find(tx, Owner::Environment, SAML).await
}

/// Puts a whole configuration in place of the present one.
pub(crate) async fn set_saml(
    tx: &Write,
    is_active: bool,
    configuration: Map<String, Value>,
) -> DomainResult<SamlRecord> {
    for name in ["acsUrl", "spEntityId", "redirectUri"] {
        let Some(value) = configuration.get(name) else { continue };
        let text = value.as_str().ok_or_else(|| DomainError::bad_request(format!("{name} must be a string")))?;
        if name != "spEntityId" && !text.is_empty() && !input::is_web_address(text) {
            return Err(DomainError::bad_request(format!("{name} must be a URL of http or https")));
        }
    }
    let id = saml_record(tx).await?.map_or_else(ids::new_id, |present| present.id);
    let record = SamlRecord { id, is_active, configuration };
    settings::put(tx, Owner::Environment, SAML, &record).await?;
    Ok(record)
}

/// Until it is set, it is on, and people come back under the address of the environment.
pub(crate) async fn oidc(tx: &Read) -> DomainResult<Oidc> {
    let set = settings::find(tx, Owner::Environment, OIDC).await?;
    Ok(set
        .unwrap_or_else(|| Oidc { active: true, redirect_uri: format!("{}/oauth/account/oidc/callback", tx.origin()) }))
}

/// Switches OpenID Connect on or off. An absent address stays.
pub(crate) async fn set_oidc(tx: &Write, active: bool, redirect_uri: Option<String>) -> DomainResult<Oidc> {
    if redirect_uri.as_deref().is_some_and(|address| !input::is_web_address(address)) {
        return Err(DomainError::bad_request("redirectUri must be a URL of http or https"));
    }
    let present = oidc(tx).await?;
    let changed = Oidc { active, redirect_uri: redirect_uri.unwrap_or(present.redirect_uri) };
    settings::put(tx, Owner::Environment, OIDC, &changed).await?;
    Ok(changed)
}

pub(crate) async fn domain_policy(tx: &Read) -> DomainResult<DomainPolicy> {
    settings::get(tx, Owner::Environment, DOMAIN_POLICY).await
}

pub(crate) async fn set_domain_policy(tx: &Write, policy: DomainPolicy) -> DomainResult<DomainPolicy> {
    settings::put(tx, Owner::Environment, DOMAIN_POLICY, &policy).await?;
    Ok(policy)
}

pub(crate) async fn shared_domains(tx: &Read) -> DomainResult<SharedDomains> {
    settings::get(tx, Owner::Environment, SHARED_DOMAINS).await
}

/// Allows or forbids it. It is not forbidden as long as several tenants have validated one domain: 409.
pub(crate) async fn set_shared_domains(tx: &Write, change: SharedDomainsChange) -> DomainResult<SharedDomains> {
    let present = shared_domains(tx).await?;
    let changed = SharedDomains {
        active: change.active,
        unspecified_tenant: change.unspecified_tenant.or(present.unspecified_tenant),
        use_active_tenant: change.use_active_tenant.unwrap_or(present.use_active_tenant),
    };
    if changed.active && changed.unspecified_tenant.is_none() {
        return Err(DomainError::bad_request("unspecifiedTenantStrategy is required while active is true"));
    }
    if present.active && !changed.active && is_any_shared(tx).await? {
        return Err(DomainError::conflict("Several tenants have validated one domain"));
    }
    settings::put(tx, Owner::Environment, SHARED_DOMAINS, &changed).await?;
    Ok(changed)
}

/// Whether there is a domain that several tenants have validated. In a tenant it stands once.
async fn is_any_shared(tx: &Read) -> DomainResult<bool> {
    let shared = sso_domain::Entity::find()
        .select_only()
        .column(sso_domain::Column::Domain)
        .filter(sso_domain::Column::Validated.eq(true))
        .group_by(sso_domain::Column::Domain)
        .having(sso_domain::Column::Id.count().gt(1))
        .limit(1)
        .one_column();
    let shared: Option<String> = shared.fetch_one(tx).await?;
    Ok(shared.is_some())
}
