//! Whoever a pool lets in becomes a person here: made at the first time, and brought up to date afterwards.

use frontegg_model::Patch;
use serde_json::Value;

use super::{
    accounts::UserPoolPerson,
    configuration::{Rules, TenantResolver},
    people::{self, PoolKey},
};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        identifiers::{Proof, phones},
        memberships::{self, NewMembership},
        passwords,
        restrictions::mail_domains,
        roles,
        settings::{Owner, configuration},
        tenants::{self, NewTenant},
        users::{self, NewUser},
    },
    store::{
        Read, Write,
        entity::{MembershipStatus, tenant, user},
    },
};

/// Somebody whom a pool has let in, and what it says of them.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) pool: PoolKey<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) person: &'a UserPoolPerson,
    /// The hash of their password, where it is to be kept here.
    pub(crate) password_hash: Option<&'a str>,
}

impl Arrival<'_> {
    /// Somebody who has come before. Their profile is copied where the pool says so, and the password kept.
    pub(crate) async fn again(&self, tx: &Write, user_id: &str) -> DomainResult<user::Model> {
        let mut user = users::require(tx, user_id).await?;
        if self.rules.sync_on_login {
            let UserPoolPerson { name, profile_picture_url, metadata, .. } = self.person;
            let changes = users::Changes {
                name: name.clone(),
                profile_picture_url: profile_picture_url.clone().map_or(Patch::Absent, Patch::Value),
                phone_number: self.phone_number(tx, Some(user_id)).await?,
                metadata: (!metadata.is_empty()).then(|| self.metadata()),
                ..users::Changes::default()
            };
            user = users::update(tx, user, changes, Proof::Proven).await?;
        }
        if let Some(hash) = self.password_hash {
            passwords::adopt(tx, user_id, hash).await?;
        }
        Ok(user)
    }

    /// Somebody who comes for the first time: a person, and a member of the tenant that the pool says.
    pub(crate) async fn first(&self, tx: &Write) -> DomainResult<user::Model> {
        let person = self.person;
        mail_domains::require(tx, Owner::Environment, Some(&person.email)).await?;
        let tenant = self.tenant(tx).await?;
        mail_domains::require(tx, Owner::Tenant(&tenant.tenant_id), Some(&person.email)).await?;
        let new = NewUser {
            email: Some(person.email.clone()),
            verified: person.email_verified,
            name: person.name.clone(),
            profile_picture_url: person.profile_picture_url.clone(),
            phone_number: self.phone_number(tx, None).await?,
            password_hash: self.password_hash.map(str::to_owned),
            metadata: Some(self.metadata()),
            active_tenant_id: Some(tenant.tenant_id.clone()),
            ..NewUser::default()
        };
        new.check()?;
        let user = users::create(tx, new).await?;
        let roles = memberships::named_or_default(
            tx,
            Caller::Environment,
            &tenant.tenant_id,
            self.role_ids(tx, &tenant.tenant_id).await?,
        )
        .await?;
        let place = NewMembership { roles, status: MembershipStatus::Activated, expires_at: None, invited_as: None };
        memberships::join(tx, &user, &tenant, place).await?;
        people::note(tx, self.pool, &user).await?;
        Ok(user)
    }

    fn metadata(&self) -> String {
        Value::from(self.person.metadata.clone()).to_string()
    }

    /// Their number; one that somebody else has here stays with them.
    async fn phone_number(&self, tx: &Read, user_id: Option<&str>) -> DomainResult<Option<String>> {
        let Some(number) = &self.person.phone_number else { return Ok(None) };
        let holder = phones::find(tx, number).await?;
        let is_free = holder.is_none_or(|holder| Some(holder.user_id.as_str()) == user_id);
        Ok(is_free.then(|| number.clone()))
    }

    /// The tenant of somebody who comes for the first time. 403 where none is named, or one that does not exist and is
    /// not to be made.
    async fn tenant(&self, tx: &Write) -> DomainResult<tenant::Model> {
        let person = self.person;
        let named = match &self.rules.tenant {
            TenantResolver::Dynamic { attribute } => person.metadata.get(attribute).and_then(Value::as_str),
            TenantResolver::FromSource => person.tenant_id.as_deref(),
            TenantResolver::Static { tenant_id } => Some(tenant_id.as_str()),
            TenantResolver::New => {
                let name = person.name.clone().unwrap_or_else(|| person.email.clone());
                let record = tenants::Changes { name: Some(name), ..tenants::Changes::default() };
                return tenants::create(tx, NewTenant { record, ..NewTenant::default() }).await;
            }
        };
        let id = named.ok_or_else(|| DomainError::forbidden("The user pool names no tenant for the user"))?;
        match tenants::find(tx, id).await? {
            Some(tenant) => Ok(tenant),
            None if configuration::get(tx).await?.skip_tenant_validation => tenants::ensure(tx, id).await,
            None => Err(DomainError::forbidden("The user pool names a tenant that does not exist")),
        }
    }

    /// The roles of the tenant that have the keys of those at Auth0; the default ones where none has.
    async fn role_ids(&self, tx: &Read, tenant_id: &str) -> DomainResult<Option<Vec<String>>> {
        let keys = &self.person.roles;
        if keys.is_empty() {
            return Ok(None);
        }
        let roles = roles::list(tx, Some(tenant_id)).await?.into_iter().map(|held| held.role);
        let ids: Vec<String> = roles.filter(|role| keys.contains(&role.key)).map(|role| role.id).collect();
        Ok(Some(ids).filter(|ids| !ids.is_empty()))
    }
}
