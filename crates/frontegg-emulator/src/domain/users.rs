//! People: one identity each for the whole environment, whichever tenants they are in.

use frontegg_model::Patch;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    sea_query::Expr,
};
use serde::de::IgnoredAny;

use super::{
    DomainError, DomainResult,
    identifiers::{Identifier, Proof, emails, phones, usernames},
    input,
    revocation::{self, Change},
};
use crate::store::{
    Fetch, Read, Write,
    entity::{MembershipStatus, Purpose, membership, old_password, one_time_token, password, social_link, user},
    query,
};

/// A person to create.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewUser {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) profile_picture_url: Option<String>,
    pub(crate) phone_number: Option<String>,
    /// As stored, not as typed.
    pub(crate) password_hash: Option<String>,
    /// `local` when absent.
    pub(crate) provider: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) vendor_metadata: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) mfa_bypass: bool,
    pub(crate) verified: bool,
    /// The tenant that they are about to join and then work in.
    pub(crate) active_tenant_id: Option<String>,
}

/// By whom people and groups are kept up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ManagedBy {
    Frontegg,
    /// An identity provider, by SCIM.
    Scim2,
}

impl ManagedBy {
    /// As the store has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Frontegg => "frontegg",
            Self::Scim2 => "scim2",
        }
    }
}

/// What to change of a person; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) profile_picture_url: Patch<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) vendor_metadata: Option<String>,
    pub(crate) mfa_bypass: Option<bool>,
    pub(crate) external_id: Option<String>,
}

/// The person who is meant by an id, an address or a username; or 404.
pub(crate) async fn meant(tx: &Read, text: &str) -> DomainResult<user::Model> {
    let name = if text.contains('@') { Identifier::Email(text) } else { Identifier::Username(text) };
    for identifier in [Identifier::UserId(text), name] {
        if let Some(user) = identifier.user(tx).await? {
            return Ok(user);
        }
    }
    Err(unknown())
}

/// The person with that id, or 404.
pub(crate) async fn require(tx: &Read, user_id: &str) -> DomainResult<user::Model> {
    find(tx, user_id).await?.ok_or_else(unknown)
}

/// The person with that id, if there is one.
pub(crate) async fn find(tx: &Read, user_id: &str) -> DomainResult<Option<user::Model>> {
    Ok(user::Entity::find_by_id(user_id).fetch_one(tx).await?)
}

/// The person who has that address, as their primary or as a further one; or 404.
pub(crate) async fn require_by_email(tx: &Read, address: &str) -> DomainResult<user::Model> {
    let email = emails::find(tx, address).await?.ok_or_else(unknown)?;
    require(tx, &email.user_id).await
}

/// Said of people who do not exist and of those whom the caller must not know.
pub(crate) fn unknown() -> DomainError {
    DomainError::not_found("User not found")
}

/// Refuses text that is no JSON where JSON as text is wanted.
fn check_json(member: &str, text: Option<&str>) -> DomainResult<()> {
    match text.map(serde_json::from_str::<IgnoredAny>) {
        Some(Err(_)) => Err(DomainError::bad_request(format!("{member} must be a json string"))),
        _ => Ok(()),
    }
}

impl NewUser {
    /// Refuses a person who could not be named, and malformed members.
    pub(crate) fn check(&self) -> DomainResult<()> {
        if self.email.is_none() && self.username.is_none() {
            return Err(DomainError::bad_request("email or username is required"));
        }
        self.email.as_deref().map_or(Ok(()), emails::check)?;
        self.username.as_deref().map_or(Ok(()), usernames::check_at_creation)?;
        self.phone_number.as_deref().map_or(Ok(()), phones::check)?;
        check_json("metadata", self.metadata.as_deref())?;
        check_json("vendorMetadata", self.vendor_metadata.as_deref())
    }
}

/// Creates a person who was [checked](NewUser::check), at an address that [nobody holds](emails::require_free). They
/// are in no tenant yet; give them a membership in the same transaction. Refuses before anything is written.
pub(crate) async fn create(tx: &Write, new: NewUser) -> DomainResult<user::Model> {
    require_free_identifiers(tx, &new).await?;
    let created_at = tx.stamp();
    let row = user::ActiveModel {
        id: Set(input::id_or_new("id", new.id)?),
        name: Set(new.name),
        profile_picture_url: Set(new.profile_picture_url),
        phone_number: Set(new.phone_number.clone()),
        provider: Set(new.provider.unwrap_or_else(|| "local".to_owned())),
        managed_by: Set(ManagedBy::Frontegg.name().to_owned()),
        verified: Set(new.verified),
        is_locked: Set(false),
        failed_logins: Set(0),
        super_user: Set(false),
        invisible: Set(false),
        mfa_bypass: Set(new.mfa_bypass),
        metadata: Set(new.metadata.unwrap_or_else(|| "{}".to_owned())),
        vendor_metadata: Set(new.vendor_metadata.unwrap_or_else(|| "{}".to_owned())),
        external_id: Set(new.external_id),
        active_tenant_id: Set(new.active_tenant_id),
        created_at: Set(created_at),
        updated_at: Set(created_at),
        last_login: Set(None),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    if let Some(email) = &new.email {
        emails::add_first(tx, &row.id, email, new.verified.into()).await?;
    }
    if let Some(username) = &new.username {
        usernames::add(tx, &row.id, username).await?;
    }
    if let Some(number) = &new.phone_number {
        // Others set it, so they vouch for it.
        phones::add(tx, &row.id, number, Proof::Proven).await?;
    }
    if let Some(hash) = new.password_hash {
        let password =
            password::ActiveModel { user_id: Set(row.id.clone()), hash: Set(hash), changed_at: Set(created_at) };
        password.insert(tx).await?;
    }
    Ok(row)
}

/// Refuses identifiers that somebody has; the address is looked at elsewhere.
async fn require_free_identifiers(tx: &Read, new: &NewUser) -> DomainResult<()> {
    if let Some(username) = &new.username {
        usernames::require_free(tx, username).await?;
    }
    if let Some(number) = &new.phone_number {
        phones::require_free(tx, number).await?;
    }
    match &new.external_id {
        Some(external_id) => require_free_external_id(tx, external_id, None).await,
        None => Ok(()),
    }
}

/// Writes what is given. A new phone number joins those that the person has: proven where an
/// administrator vouches for it.
pub(crate) async fn update(
    tx: &Write,
    row: user::Model,
    changes: Changes,
    number_is: Proof,
) -> DomainResult<user::Model> {
    check_json("metadata", changes.metadata.as_deref())?;
    check_json("vendorMetadata", changes.vendor_metadata.as_deref())?;
    if let Some(external_id) = &changes.external_id {
        require_free_external_id(tx, external_id, Some(&row.id)).await?;
    }
    if let Some(number) = &changes.phone_number {
        phones::add(tx, &row.id, number, number_is).await?;
    }
    let mut row = row.into_active_model();
    if changes.name.is_some() {
        row.name.set_ne(changes.name);
    }
    if let Some(url) = changes.profile_picture_url.into_option() {
        row.profile_picture_url.set_ne(url);
    }
    if changes.phone_number.is_some() {
        row.phone_number.set_ne(changes.phone_number);
    }
    if let Some(metadata) = changes.metadata {
        row.metadata.set_ne(metadata);
    }
    if let Some(metadata) = changes.vendor_metadata {
        row.vendor_metadata.set_ne(metadata);
    }
    if let Some(bypass) = changes.mfa_bypass {
        row.mfa_bypass.set_ne(bypass);
    }
    if changes.external_id.is_some() {
        row.external_id.set_ne(changes.external_id);
    }
    save(tx, row).await
}

async fn save(tx: &Write, mut row: user::ActiveModel) -> DomainResult<user::Model> {
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    Ok(row.update(tx).await?)
}

async fn require_free_external_id(tx: &Read, external_id: &str, owner: Option<&str>) -> DomainResult<()> {
    // Lists are asked for them in the query, with commas between.
    input::check_id("externalId", external_id)?;
    let holder = user::Entity::find().filter(user::Column::ExternalId.eq(external_id)).fetch_one(tx).await?;
    match holder {
        Some(holder) if Some(holder.id.as_str()) != owner => Err(DomainError::conflict("External id already exists")),
        _ => Ok(()),
    }
}

/// Says by whom a person is kept up to date.
pub(crate) async fn set_managed_by(tx: &Write, row: user::Model, by: ManagedBy) -> DomainResult<user::Model> {
    let mut row = row.into_active_model();
    row.managed_by.set_ne(by.name().to_owned());
    save(tx, row).await
}

/// Hides a person from the lists that other users see, or shows them again.
pub(crate) async fn set_invisible(tx: &Write, user_id: &str, invisible: bool) -> DomainResult<user::Model> {
    let mut row = require(tx, user_id).await?.into_active_model();
    row.invisible.set_ne(invisible);
    save(tx, row).await
}

/// Lets a person into every tenant, or only into their own again.
pub(crate) async fn set_super_user(tx: &Write, user_id: &str, super_user: bool) -> DomainResult<user::Model> {
    let mut row = require(tx, user_id).await?.into_active_model();
    row.super_user.set_ne(super_user);
    save(tx, row).await
}

/// Puts an address in the place of the primary one. Whether it counts as proven stays as it was.
pub(crate) async fn set_email(tx: &Write, user_id: &str, address: &str) -> DomainResult<user::Model> {
    let row = require(tx, user_id).await?;
    emails::replace_primary(tx, user_id, address, row.verified.into()).await?;
    save(tx, user::ActiveModel { updated_at: Set(tx.now()), ..row.into_active_model() }).await
}

/// Gives a person a number that an administrator vouches for. Their profile shows it if it shows
/// none.
pub(crate) async fn add_phone_number(tx: &Write, user_id: &str, number: &str) -> DomainResult<()> {
    let mut row = require(tx, user_id).await?.into_active_model();
    phones::add(tx, user_id, number, Proof::Proven).await?;
    if row.phone_number.as_ref().is_none() {
        row.phone_number = Set(Some(number.to_owned()));
    }
    save(tx, row).await?;
    Ok(())
}

/// The hash of the password of whoever has that address.
pub(crate) async fn password_hash(tx: &Read, address: &str) -> DomainResult<Option<String>> {
    let Some(email) = emails::find(tx, address).await? else { return Ok(None) };
    let row = password::Entity::find_by_id(email.user_id).fetch_one(tx).await?;
    Ok(row.map(|row| row.hash))
}

/// Bars a person from the whole environment and ends their sessions.
pub(crate) async fn lock(tx: &Write, user_id: &str) -> DomainResult<()> {
    let mut row = require(tx, user_id).await?.into_active_model();
    row.is_locked.set_ne(true);
    save(tx, row).await?;
    revocation::void(tx, user_id, Change::Locked).await
}

/// Lifts the bar; failed sign-ins are counted from zero again.
pub(crate) async fn unlock(tx: &Write, user_id: &str) -> DomainResult<()> {
    let mut row = require(tx, user_id).await?.into_active_model();
    row.is_locked.set_ne(false);
    row.failed_logins.set_ne(0);
    save(tx, row).await?;
    revocation::void(tx, user_id, Change::Unlocked).await
}

/// Somebody who has what was mailed to a person's address proves by it that the address is theirs. At the
/// first proof nothing stays of whoever may have made the account in their name: no password, no identity at a
/// provider, no session, no sign-in under way.
pub(crate) async fn prove(tx: &Write, user_id: &str) -> DomainResult<()> {
    if !require(tx, user_id).await?.verified {
        password::Entity::delete_by_id(user_id).exec(tx).await?;
        old_password::Entity::delete_many().filter(old_password::Column::UserId.eq(user_id)).exec(tx).await?;
        social_link::Entity::delete_many().filter(social_link::Column::UserId.eq(user_id)).exec(tx).await?;
        revocation::void(tx, user_id, Change::FirstProof).await?;
    }
    verify(tx, user_id).await
}

/// Declares a person's address proven; memberships that waited for the activation become active.
pub(crate) async fn verify(tx: &Write, user_id: &str) -> DomainResult<()> {
    let mut row = require(tx, user_id).await?.into_active_model();
    row.verified.set_ne(true);
    save(tx, row).await?;
    emails::verify_primary(tx, user_id).await?;
    membership::Entity::update_many()
        .col_expr(membership::Column::Status, Expr::value(MembershipStatus::Activated))
        .col_expr(membership::Column::UpdatedAt, query::touched(membership::Column::CreatedAt, tx))
        .filter(membership::Column::UserId.eq(user_id))
        .filter(membership::Column::Status.eq(MembershipStatus::NotActivated))
        .exec(tx)
        .await?;
    drop_tokens(tx, user_id, Purpose::Activation).await
}

/// Deletes a person with everything that hangs on them; their identifiers are free again.
pub(crate) async fn delete(tx: &Write, user_id: &str) -> DomainResult<()> {
    require(tx, user_id).await?.delete(tx).await?;
    Ok(())
}

/// Sets the tenant that a person works in when nothing else is said.
pub(crate) async fn set_active_tenant(tx: &Write, row: user::Model, tenant_id: &str) -> DomainResult<user::Model> {
    let mut row = row.into_active_model();
    row.active_tenant_id.set_ne(Some(tenant_id.to_owned()));
    save(tx, row).await
}

/// Makes the tokens of that kind that a person has useless.
async fn drop_tokens(tx: &Write, user_id: &str, kind: Purpose) -> DomainResult<()> {
    one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::UserId.eq(user_id))
        .filter(one_time_token::Column::Kind.eq(kind))
        .exec(tx)
        .await?;
    Ok(())
}
