//! What a pool is told of its provider, a form of its own for each kind, and the rules that all kinds have.

use frontegg_model::types::{
    DynamicStaticOrNewTenant, ExternalAuth0UserSourceConfig, ExternalCognitoUserSourceConfig,
    ExternalCustomCodeUserSourceConfig, ExternalFirebaseUserSourceConfig, FederationUserSourceConfig,
    NewOrFromSourceTenant, StaticOrNewTenant,
};
use serde_json::{Map, Value};

use crate::{
    domain::{DomainError, DomainResult, input, settings, tenants},
    store::entity::{UserPoolKind, user_pool},
};

/// Where the members of a configuration stand.
const PLACE: &str = "configuration.";

/// The configuration of a pool.
#[derive(Clone, Debug)]
pub(crate) enum Configuration {
    Auth0(ExternalAuth0UserSourceConfig),
    Cognito(ExternalCognitoUserSourceConfig),
    CustomCode(ExternalCustomCodeUserSourceConfig),
    Federation(FederationUserSourceConfig),
    Firebase(Box<ExternalFirebaseUserSourceConfig>),
}

/// What all kinds have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether profiles are copied at every sign-in.
    pub(crate) sync_on_login: bool,
    /// Whether people become ordinary ones at their first sign-in.
    pub(crate) is_migrated: bool,
    pub(crate) tenant: TenantResolver,
}

/// Which tenant newcomers enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TenantResolver {
    /// The one that an attribute of theirs names.
    Dynamic { attribute: String },
    /// The one that the provider names.
    FromSource,
    /// A new one each.
    New,
    /// Always the same.
    Static { tenant_id: String },
}

impl Configuration {
    pub(crate) fn kind(&self) -> UserPoolKind {
        match self {
            Self::Auth0(_) => UserPoolKind::Auth0,
            Self::Cognito(_) => UserPoolKind::Cognito,
            Self::CustomCode(_) => UserPoolKind::CustomCode,
            Self::Federation(_) => UserPoolKind::Federation,
            Self::Firebase(_) => UserPoolKind::Firebase,
        }
    }

    /// As it is stored.
    pub(super) fn to_text(&self) -> DomainResult<String> {
        match self {
            Self::Auth0(auth0) => serde_json::to_string(auth0),
            Self::Cognito(cognito) => serde_json::to_string(cognito),
            Self::CustomCode(code) => serde_json::to_string(code),
            Self::Federation(provider) => serde_json::to_string(provider),
            Self::Firebase(firebase) => serde_json::to_string(firebase),
        }
        .map_err(DomainError::internal)
    }

    fn read(kind: UserPoolKind, text: &str) -> DomainResult<Self> {
        Ok(match kind {
            UserPoolKind::Auth0 => Self::Auth0(settings::read(text)?),
            UserPoolKind::Cognito => Self::Cognito(settings::read(text)?),
            UserPoolKind::CustomCode => Self::CustomCode(settings::read(text)?),
            UserPoolKind::Federation => Self::Federation(settings::read(text)?),
            UserPoolKind::Firebase => Self::Firebase(settings::read(text)?),
        })
    }

    /// Refuses what leads to no provider and to no tenant.
    pub(crate) fn check(&self) -> DomainResult<()> {
        match self {
            Self::Auth0(auth0) => not_empty(&[
                ("domain", &auth0.domain),
                ("clientId", &auth0.client_id),
                ("secret", auth0.secret.expose()),
            ]),
            Self::Cognito(cognito) => not_empty(&[
                ("region", &cognito.region),
                ("clientId", &cognito.client_id),
                ("userPoolId", &cognito.user_pool_id),
                ("accessKeyId", &cognito.access_key_id),
                ("secretAccessKey", cognito.secret_access_key.expose()),
            ]),
            Self::CustomCode(code) => not_empty(&[("codePayload", code.code_payload.expose())]),
            Self::Federation(provider) => {
                not_empty(&[("clientId", &provider.client_id), ("secret", provider.secret.expose())])
                    .and_then(|()| check_addresses(provider))
            }
            Self::Firebase(firebase) => not_empty(&[
                ("apiKey", firebase.api_key.expose()),
                ("serviceAccount.private_key", firebase.service_account.private_key.expose()),
                ("serviceAccount.client_email", &firebase.service_account.client_email),
            ]),
        }?;
        self.rules().tenant.check()
    }

    pub(crate) fn rules(&self) -> Rules {
        match self {
            Self::Auth0(auth0) => Rules {
                sync_on_login: auth0.sync_on_login,
                is_migrated: auth0.is_migrated,
                tenant: (&auth0.tenant_config).into(),
            },
            Self::Cognito(cognito) => Rules {
                sync_on_login: cognito.sync_on_login,
                is_migrated: cognito.is_migrated,
                tenant: (&cognito.tenant_config).into(),
            },
            Self::CustomCode(code) => Rules {
                sync_on_login: code.sync_on_login,
                is_migrated: code.is_migrated,
                tenant: (&code.tenant_config).into(),
            },
            // Its people are always authenticated by their provider.
            Self::Federation(provider) => Rules {
                sync_on_login: provider.sync_on_login,
                is_migrated: false,
                tenant: (&provider.tenant_config).into(),
            },
            Self::Firebase(firebase) => Rules {
                sync_on_login: firebase.sync_on_login,
                is_migrated: firebase.is_migrated,
                tenant: (&firebase.tenant_config).into(),
            },
        }
    }
}

/// The configuration of a stored pool.
pub(crate) fn of(row: &user_pool::Model) -> DomainResult<Configuration> {
    // The emulator has written it, or held what it was given against its form.
    Configuration::read(row.kind, &row.configuration).map_err(|error| {
        DomainError::internal(anyhow::anyhow!("user pool {}: {}", row.id, error.messages().join("; ")))
    })
}

/// The configuration of a stored pool, as it was given.
pub(crate) fn members(row: &user_pool::Model) -> DomainResult<Map<String, Value>> {
    serde_json::from_str(&row.configuration).map_err(DomainError::internal)
}

/// Refuses a text that is no configuration of a pool of that kind.
pub(crate) fn check(kind: UserPoolKind, text: &str) -> DomainResult<()> {
    Configuration::read(kind, text)?.check()
}

fn not_empty(members: &[(&str, &str)]) -> DomainResult<()> {
    let members: Vec<_> = members.iter().map(|(member, value)| (*member, Some(*value))).collect();
    input::not_empty(PLACE, &members)
}

/// A provider is found by its discovery document, or else its addresses are told.
fn check_addresses(provider: &FederationUserSourceConfig) -> DomainResult<()> {
    let mut addresses = Vec::new();
    if let Some(address) = &provider.wellknown_url {
        addresses.push(("wellknownUrl", address));
    }
    if let Some(oauth2) = &provider.oauth2_config {
        addresses.extend([
            ("oauth2Config.authorizationUrl", &oauth2.authorization_url),
            ("oauth2Config.tokenUrl", &oauth2.token_url),
            ("oauth2Config.userInfoUrl", &oauth2.user_info_url),
        ]);
    }
    if addresses.is_empty() {
        return Err(DomainError::bad_request("configuration.wellknownUrl or configuration.oauth2Config is required"));
    }
    let faults: Vec<_> = addresses
        .into_iter()
        .filter(|(_, address)| !input::is_web_address(address))
        .map(|(member, _)| format!("{PLACE}{member} must be a URL address"))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

impl TenantResolver {
    fn check(&self) -> DomainResult<()> {
        match self {
            Self::Dynamic { attribute } => not_empty(&[("tenantConfig.tenantIdFieldName", attribute)]),
            Self::Static { tenant_id } => tenants::check_id(tenant_id),
            Self::FromSource | Self::New => Ok(()),
        }
    }
}

impl From<&DynamicStaticOrNewTenant> for TenantResolver {
    fn from(config: &DynamicStaticOrNewTenant) -> Self {
        match config {
            DynamicStaticOrNewTenant::DynamicTenantConfig(dynamic) => {
                Self::Dynamic { attribute: dynamic.tenant_id_field_name.clone() }
            }
            DynamicStaticOrNewTenant::StaticTenantConfig(fixed) => Self::Static { tenant_id: fixed.tenant_id.clone() },
            DynamicStaticOrNewTenant::NewTenantConfig(_) => Self::New,
        }
    }
}

impl From<&StaticOrNewTenant> for TenantResolver {
    fn from(config: &StaticOrNewTenant) -> Self {
        match config {
            StaticOrNewTenant::StaticTenantConfig(fixed) => Self::Static { tenant_id: fixed.tenant_id.clone() },
            StaticOrNewTenant::NewTenantConfig(_) => Self::New,
        }
    }
}

impl From<&NewOrFromSourceTenant> for TenantResolver {
    fn from(config: &NewOrFromSourceTenant) -> Self {
        match config {
            NewOrFromSourceTenant::NewTenantConfig(_) => Self::New,
            NewOrFromSourceTenant::FromSourceTenantConfig(_) => Self::FromSource,
        }
    }
}
