//! Applications of the environment: their records and secrets, which of them counts where none is named, which a tenant
//! gets, and their OAuth clients.

pub(crate) mod clients;
pub(crate) mod default_application;
pub(crate) mod listing;
pub(crate) mod record;
pub(crate) mod tenants;
#[cfg(test)]
mod tests;

use sea_orm::EntityTrait;

use super::{DomainError, DomainResult};
use crate::{
    store::{Fetch, Read, catalog::Application, entity::application},
    tokens::Audience,
};

/// The application with that id.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<application::Model>> {
    Ok(application::Entity::find_by_id(id).fetch_one(tx).await?)
}

/// The application with that id, or 404.
pub(crate) async fn require(tx: &Read, id: &str) -> DomainResult<application::Model> {
    find(tx, id).await?.ok_or_else(unknown)
}

/// The application that is named, or the default one; 404 for one that does not exist.
pub(crate) async fn named(tx: &Read, id: Option<&str>) -> DomainResult<Application> {
    match id {
        Some(id) => tx.catalog().await?.application(id).cloned().ok_or_else(unknown),
        None => default_application::get(tx).await,
    }
}

/// The same where one that does not exist is none: what was stored may name one that is gone.
pub(crate) async fn known_or_default(tx: &Read, id: Option<&str>) -> DomainResult<Application> {
    let catalog = tx.catalog().await?;
    match id.and_then(|id| catalog.application(id)) {
        Some(application) => Ok(application.clone()),
        None => default_application::get(tx).await,
    }
}

/// For whom a token is that is made for that application: the environment itself stands for its default one.
pub(crate) fn audience<'a>(client_id: &'a str, application: &'a Application) -> Audience<'a> {
    Audience { aud: if application.is_default { client_id } else { &application.id }, application_id: &application.id }
}

/// Said of applications that do not exist.
fn unknown() -> DomainError {
    DomainError::not_found("Application not found")
}
