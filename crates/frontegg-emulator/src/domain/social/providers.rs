//! The providers of the environment.

use frontegg_model::Patch;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};

use crate::{
    domain::{DomainError, DomainResult, input, provider_sign_ins},
    store::{Fetch, Read, Write, entity::social_provider},
};

/// A provider to create.
#[derive(Clone)]
pub(crate) struct NewProvider {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    /// What the interface calls its type.
    pub(crate) kind: String,
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) redirect_url: String,
    /// Which addresses it may send people back to; `redirect_url` alone when absent.
    pub(crate) redirect_url_pattern: Option<String>,
    pub(crate) authorization_url: String,
    pub(crate) token_url: String,
    pub(crate) user_info_url: String,
    pub(crate) scopes: String,
    pub(crate) sso_logo_url: Option<String>,
    pub(crate) display_name: String,
    pub(crate) is_active: bool,
}

/// What to change of a provider; what is absent stays.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    pub(crate) kind: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) redirect_url_pattern: Option<String>,
    pub(crate) authorization_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) user_info_url: Option<String>,
    pub(crate) scopes: Option<String>,
    pub(crate) sso_logo_url: Patch<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) is_active: Option<bool>,
}

/// The oldest first.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<social_provider::Model>> {
    let select = social_provider::Entity::find().order_by_asc(social_provider::Column::CreatedAt);
    Ok(select.order_by_asc(social_provider::Column::Id).fetch_all(tx).await?)
}

pub(crate) async fn create(tx: &Write, new: NewProvider) -> DomainResult<()> {
    let created_at = tx.stamp();
    let pattern = new.redirect_url_pattern.unwrap_or_else(|| new.redirect_url.clone());
    let row = social_provider::Model {
        id: input::id_or_new("id", new.id)?,
        kind: new.kind,
        client_id: new.client_id,
        secret: new.secret,
        redirect_url: new.redirect_url,
        redirect_url_pattern: pattern,
        authorization_url: new.authorization_url,
        token_url: new.token_url,
        user_info_url: new.user_info_url,
        scopes: new.scopes,
        sso_logo_url: new.sso_logo_url,
        display_name: new.display_name,
        is_active: new.is_active,
        created_at,
        updated_at: created_at,
    };
    check(&row)?;
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Changes a provider, or 404. Sign-ins that are under way have begun with what it was, so they end.
pub(crate) async fn update(tx: &Write, id: &str, changes: Changes) -> DomainResult<()> {
    let present = find(tx, id).await?.ok_or_else(unknown)?;
    let follows_url = present.redirect_url_pattern == present.redirect_url;
    let redirect_url = changes.redirect_url.unwrap_or(present.redirect_url);
    let pattern = if follows_url { redirect_url.clone() } else { present.redirect_url_pattern };
    let row = social_provider::Model {
        kind: changes.kind.unwrap_or(present.kind),
        client_id: changes.client_id.unwrap_or(present.client_id),
        secret: changes.secret.unwrap_or(present.secret),
        redirect_url_pattern: changes.redirect_url_pattern.unwrap_or(pattern),
        redirect_url,
        authorization_url: changes.authorization_url.unwrap_or(present.authorization_url),
        token_url: changes.token_url.unwrap_or(present.token_url),
        user_info_url: changes.user_info_url.unwrap_or(present.user_info_url),
        scopes: changes.scopes.unwrap_or(present.scopes),
        sso_logo_url: changes.sso_logo_url.into_option().unwrap_or(present.sso_logo_url),
        display_name: changes.display_name.unwrap_or(present.display_name),
        is_active: changes.is_active.unwrap_or(present.is_active),
        updated_at: tx.now(),
        ..present
    };
    check(&row)?;
    row.into_active_model().reset_all().update(tx).await?;
    provider_sign_ins::abandon(tx, id).await
}

/// Removes a provider, or 404. People who are known by it stay.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let deleted = social_provider::Entity::delete_by_id(id).exec(tx).await?;
    if deleted.rows_affected == 0 {
        return Err(unknown());
    }
    provider_sign_ins::abandon(tx, id).await
}

/// The provider by which people may sign in, or 404: also of one that is switched off.
pub(super) async fn require_active(tx: &Read, id: &str) -> DomainResult<social_provider::Model> {
    find(tx, id).await?.filter(|provider| provider.is_active).ok_or_else(unknown)
}

/// The provider with that id.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<social_provider::Model>> {
    Ok(social_provider::Entity::find_by_id(id).fetch_one(tx).await?)
}

fn unknown() -> DomainError {
    DomainError::not_found("Social login provider not found")
}

/// Refuses addresses that nobody could be sent to or asked at. Whether the emulator may call them is asked when it would.
fn check(row: &social_provider::Model) -> DomainResult<()> {
    let named = [
        ("type", row.kind.as_str()),
        ("clientId", &row.client_id),
        ("scopes", &row.scopes),
        ("displayName", &row.display_name),
        ("redirectUrlPattern", &row.redirect_url_pattern),
    ];
    input::not_empty("", &named.map(|(member, text)| (member, Some(text))))?;
    let addresses = [
        ("authorizationUrl", &row.authorization_url),
        ("tokenUrl", &row.token_url),
        ("userInfoUrl", &row.user_info_url),
    ];
    let mut faults: Vec<String> = addresses
        .into_iter()
        .filter(|(_, address)| !input::is_web_address(address))
        .map(|(member, _)| format!("{member} must be a URL of http or https"))
        .collect();
    if !input::is_redirect(&row.redirect_url) {
        faults.push("redirectUrl must be a URL of http, https or an app".to_owned());
    }
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}
