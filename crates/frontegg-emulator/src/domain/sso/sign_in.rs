//! Leaving for the identity provider that an address leads to.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    choice::{self, Applicant},
    oidc, saml,
};
use crate::{
    domain::DomainResult,
    outgoing::Outgoing,
    store::{Fetch, Read, Store, entity::sso_connection},
};

/// Where a browser is to go.
pub(crate) struct Way {
    pub(crate) address: String,
    /// Whether the provider speaks OpenID Connect; else it is SAML.
    pub(crate) is_openid: bool,
}

/// Finds the connection and asks its provider for whoever sits at the browser; 400 without a connection. Begin no
/// transaction before: the provider may be asked where that is.
pub(crate) async fn begin(
    store: &Store,
    outgoing: &Outgoing,
    applicant: Applicant<'_>,
    browser: &str,
) -> DomainResult<Way> {
    let tx = store.read().await?;
    let connection = choice::choose(&tx, applicant).await?.ok_or_else(choice::not_configured)?;
    drop(tx);
    let is_openid = connection.kind.is_openid();
    let address = if is_openid {
        oidc::begin(store, outgoing, &connection, applicant, browser).await?
    } else {
        saml::begin(store, &connection, applicant, browser).await?
    };
    Ok(Way { address, is_openid })
}

/// Whether any tenant has a connection that people sign in by.
pub(crate) async fn is_in_use(tx: &Read) -> DomainResult<bool> {
    let enabled = sso_connection::Entity::find().filter(sso_connection::Column::Enabled.eq(true));
    for connection in enabled.fetch_all(tx).await? {
        if choice::takes_part(tx, &connection).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
