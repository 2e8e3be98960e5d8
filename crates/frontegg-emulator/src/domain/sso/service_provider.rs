//! What the environment tells identity providers of itself as a SAML service provider.

use super::{connections, environment, key};
use crate::{
    domain::{DomainResult, tenants},
    saml::service_provider::ServiceProvider,
    store::Store,
};

/// The metadata for the provider of a tenant. Begin no transaction before: the key may have to be made.
pub(crate) async fn metadata(store: &Store, tenant_id: &str) -> DomainResult<String> {
    let tx = store.read().await?;
    tenants::require(&tx, tenant_id).await?;
    let connections = connections::list(&tx, tenant_id).await?;
    let has_own = |row: &&connections::Connection| !row.row.acs_url.is_empty() || !row.row.sp_entity_id.is_empty();
    let mut own = connections.iter().filter(has_own);
    let only = own.next().filter(|_| own.next().is_none());
    let own = environment::service_provider(&tx, only.map(|connection| &connection.row)).await?;
    drop(tx);
    let key = key::ensure(store).await?;
    let provider = ServiceProvider {
        entity_id: &own.sp_entity_id,
        acs_url: &own.acs_url,
        certificate: key.certificate(),
        signs_requests: connections.iter().any(|connection| connection.row.sign_request),
    };
    Ok(provider.metadata())
}

/// The certificate by which requests are checked, as PEM. Begin no transaction before.
pub(crate) async fn certificate(store: &Store) -> DomainResult<String> {
    Ok(key::ensure(store).await?.certificate().pem().to_owned())
}
