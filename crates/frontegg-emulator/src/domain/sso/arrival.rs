//! Who somebody is whom an identity provider of a tenant has let in: known by the provider's subject, else by the
//! address, else made a person.
//!
//! A provider speaks for the mail domains of its connection alone, and for people who belong to other tenants too only
//! where its tenant has proven the domain: an address is no identifier between providers (OpenID Connect Core 5.7).

use frontegg_model::Patch;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{attempts::Refused, domains, environment, groups};
use crate::{
    domain::{
        DomainResult,
        caller::Caller,
        identifiers::{Proof, emails},
        memberships::{self, MemberKey, NewMembership},
        sessions::Destination,
        tenants,
        users::{self, NewUser},
    },
    store::{
        Fetch, Read, Write,
        entity::{MembershipStatus, sso_connection, sso_domain, sso_link, user},
    },
};

/// What a provider says of somebody.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) issuer: String,
    /// Who it is at the provider: never another person, whatever else changes.
    pub(super) subject: String,
    pub(super) email: String,
    pub(super) name: Option<String>,
    pub(super) picture: Option<String>,
    /// As the provider names them.
    pub(super) groups: Vec<String>,
}

/// Who it is, and where they may go.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) user: user::Model,
    pub(super) destination: Option<Destination>,
}

/// Somebody whom a connection's provider has let in.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) connection: &'a sso_connection::Model,
    pub(super) told: &'a Told,
    /// The number of the check that this is.
    pub(super) check: u8,
}

/// Whether the tenant has proven that the domain of an address is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Domain {
    Proven,
    Claimed,
}

impl Arrival<'_> {
    /// Makes a member of the tenant of them, or refuses.
    pub(super) async fn enter(self, tx: &Write) -> DomainResult<Result<Arrived, Refused>> {
        let Some(domain) = self.domain(tx).await? else {
            return Ok(Err(self.refused("the address is of no domain of the connection")));
        };
        let key = (self.connection.id.clone(), self.told.issuer.clone(), self.told.subject.clone());
        let link = sso_link::Entity::find_by_id(key).fetch_one(tx).await?;
        let is_first = link.is_none();
        let user = match link {
            Some(link) => {
                let user = users::require(tx, &link.user_id).await?;
                let mut link = link.into_active_model();
                link.last_used_at = Set(tx.now());
                link.update(tx).await?;
                user
            }
            None => match emails::find(tx, &self.told.email).await? {
                Some(holder) => {
                    if domain == Domain::Claimed && self.belongs_elsewhere(tx, &holder.user_id).await? {
                        return Ok(Err(
                            self.refused("the person belongs to another tenant, and the domain is not proven")
                        ));
                    }
                    if domain == Domain::Proven && holder.is_primary {
                        users::prove(tx, &holder.user_id).await?;
                    }
                    users::require(tx, &holder.user_id).await?
                }
                None => self.create(tx).await?,
            },
        };
        if is_first {
            self.link(tx, &user).await?;
        }
        let had_active = user.active_tenant_id.is_some();
        self.join(tx, &user, is_first).await?;
        let user = self.follow(tx, user).await?;
        let confined = domain == Domain::Claimed;
        let leads = confined || self.connection.override_active_tenant || !had_active;
        let destination = leads.then(|| Destination { tenant_id: self.connection.tenant_id.clone(), confined });
        Ok(Ok(Arrived { user, destination }))
    }

    fn refused(self, reason: &str) -> Refused {
        Refused::by(self.check, reason)
    }

    /// What the tenant knows of the address's domain; nothing where the provider may not speak for it.
    async fn domain(self, tx: &Read) -> DomainResult<Option<Domain>> {
        let Some(domain) = domains::of_address(&self.told.email) else { return Ok(None) };
        let row = sso_domain::Entity::find()
            .filter(sso_domain::Column::ConnectionId.eq(self.connection.id.as_str()))
            .filter(sso_domain::Column::Domain.eq(domain))
            .fetch_one(tx)
            .await?;
        Ok(match row {
            Some(row) if row.validated => Some(Domain::Proven),
            Some(_) if self.connection.skip_email_domain_validation => Some(Domain::Claimed),
            Some(_) if environment::domain_policy(tx).await?.bypass_domain_cross_validation => Some(Domain::Claimed),
            _ => None,
        })
    }

    async fn belongs_elsewhere(self, tx: &Read, user_id: &str) -> DomainResult<bool> {
        let held = memberships::of_user(tx, user_id).await?;
        Ok(held.iter().any(|row| row.tenant_id != self.connection.tenant_id))
    }

    async fn create(self, tx: &Write) -> DomainResult<user::Model> {
        let new = NewUser {
            email: Some(self.told.email.clone()),
            verified: true,
            name: self.told.name.clone(),
            profile_picture_url: self.told.picture.clone(),
            // The one word that there is for single sign-on, by whichever protocol.
            provider: Some("saml".to_owned()),
            ..NewUser::default()
        };
        new.check()?;
        users::create(tx, new).await
    }

    async fn link(self, tx: &Write, user: &user::Model) -> DomainResult<()> {
        let row = sso_link::ActiveModel {
            connection_id: Set(self.connection.id.clone()),
            issuer: Set(self.told.issuer.clone()),
            subject: Set(self.told.subject.clone()),
            user_id: Set(user.id.clone()),
            created_at: Set(tx.stamp()),
            last_used_at: Set(tx.now()),
        };
        row.insert(tx).await?;
        Ok(())
    }

    /// A member with the roles of the connection, when they come by it for the first time.
    async fn join(self, tx: &Write, user: &user::Model, is_first: bool) -> DomainResult<()> {
        let tenant_id = self.connection.tenant_id.as_str();
        let role_ids =
            if is_first { groups::roles_for(tx, self.connection, &self.told.groups).await? } else { Vec::new() };
        let Some(row) = memberships::find(tx, &user.id, tenant_id).await? else {
            let named = Some(role_ids).filter(|ids| !ids.is_empty());
            let roles = memberships::named_or_default(tx, Caller::Environment, tenant_id, named).await?;
            let place =
                NewMembership { roles, status: MembershipStatus::Activated, expires_at: None, invited_as: None };
            memberships::join(tx, user, &tenants::require(tx, tenant_id).await?, place).await?;
            return Ok(());
        };
        if row.status == MembershipStatus::PendingInvitation {
            memberships::accept(tx, row).await?;
        }
        if !role_ids.is_empty() {
            let member = MemberKey { user_id: &user.id, tenant_id };
            memberships::assign(tx, Caller::Environment, member, role_ids).await?;
        }
        Ok(())
    }

    /// Name and picture are as the provider has them; the address is not.
    async fn follow(self, tx: &Write, user: user::Model) -> DomainResult<user::Model> {
        let user = users::require(tx, &user.id).await?;
        let changes = users::Changes {
            name: self.told.name.clone(),
            profile_picture_url: self.told.picture.clone().map_or(Patch::Absent, Patch::Value),
            ..users::Changes::default()
        };
        users::update(tx, user, changes, Proof::Proven).await
    }
}
