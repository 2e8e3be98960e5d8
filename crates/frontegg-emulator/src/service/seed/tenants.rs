//! Tenants, their places in the hierarchy, and what lies in them but for people.

use super::{Making, Place, Step};
use crate::{
    domain::{
        application_assignments,
        caller::Caller,
        machine_tokens::{self, NewToken, TokenGrant, TokenOwner},
        settings::Owner,
        tenants::{self, Changes, NewTenant, hierarchy},
    },
    seed::{ApiToken, Key, Keyed, Seed, Tenant, fixed_id},
};

impl Making<'_> {
    /// Makes the records of tenants.
    pub(super) async fn tenants(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("tenants");
        for (id, described) in seed.tenants.iter() {
            let place = place.of_key(id);
            self.seen.once(&place, &["tenant", id.as_str()])?;
            if tenants::find(self.tx, id.as_str()).await?.is_some() {
                self.is_present(&place, id.as_str(), None)?;
                continue;
            }
            let new = NewTenant { tenant_id: Some(id.to_string()), record: record(described), ..NewTenant::default() };
            place.check(tenants::create(self.tx, new).await)?;
            if let Some(alias) = &described.alias {
                place.check(tenants::set_alias(self.tx, id.as_str(), Some(alias.clone())).await)?;
            }
            self.fresh_tenants.insert(id.to_string());
            self.made(&place, id.as_str());
        }
        Ok(())
    }

    /// Hangs new tenants below their parents.
    pub(super) async fn hierarchy(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("tenants");
        for (id, described) in seed.tenants.iter().filter(|(id, _)| self.fresh_tenants.contains(id.as_str())) {
            let Some(parent) = &described.parent else { continue };
            let place = place.of_key(id).member("parent").reference(parent);
            self.require_tenant(&place, parent).await?;
            place.check(hierarchy::tie(self.tx, parent.as_str(), id.as_str()).await)?;
        }
        Ok(())
    }

    /// Makes what lies in tenants, whether they are new or not.
    pub(super) async fn inside_tenants(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("tenants");
        for (id, described) in seed.tenants.iter() {
            let (place, id) = (place.of_key(id), id.as_str());
            if let Some(policies) = &described.policies {
                self.policies(&place.member("policies"), Owner::Tenant(id), policies).await?;
            }
            self.roles(&place, Some(id), &described.roles).await?;
            self.groups(&place, id, &described.groups).await?;
            self.tokens(&place.member("apiTokens"), TokenOwner::Tenant(id), &described.api_tokens).await?;
            self.sso(&place, id, &described.sso).await?;
            for application in &described.applications {
                let place = place.member("applications").reference(application);
                let application_id = self.application_id(&place, application).await?;
                // One that it has stays as it is.
                let given = application_assignments::tenants::assign(self.tx, &application_id, id, None);
                place.check(given.await)?;
            }
        }
        Ok(())
    }

    /// Locks new tenants, which nobody comes into any more.
    pub(super) async fn lock_tenants(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("tenants");
        for (id, described) in seed.tenants.iter().filter(|(id, _)| self.fresh_tenants.contains(id.as_str())) {
            if described.locked == Some(true) {
                place.of_key(id).check(tenants::set_locked(self.tx, id.as_str(), true).await)?;
            }
        }
        Ok(())
    }

    /// Refuses a reference to a tenant that there is not.
    pub(super) async fn require_tenant(&self, place: &Place<'_>, id: &Key) -> Step {
        match tenants::find(self.tx, id.as_str()).await? {
            Some(_) => Ok(()),
            None => Err(place.reference(id).refuse(format!("there is no tenant {id}"))),
        }
    }

    /// Makes client credentials of a tenant or of a member.
    pub(super) async fn tokens(
        &mut self,
        place: &Place<'_>,
        owner: TokenOwner<'_>,
        described: &Keyed<ApiToken>,
    ) -> Step {
        for (key, described) in described.iter() {
            let place = place.of_key(key);
            let keys = match owner {
                TokenOwner::Tenant(tenant_id) => vec![tenant_id, key.as_str()],
                TokenOwner::Member { tenant_id, user_id } => vec![tenant_id, user_id, key.as_str()],
            };
            let id = described.client_id.clone().unwrap_or_else(|| fixed_id("api-token", keys));
            self.seen.once(&place, &["api-token", &id])?;
            if machine_tokens::find(self.tx, &id).await?.is_some() {
                self.is_present(&place, &id, None)?;
                continue;
            }
            let new = self.token(&place, owner, key, described).await?;
            let new = NewToken { id: Some(id.clone()), ..new };
            place.check(machine_tokens::create_credentials(self.tx, Caller::Environment, owner, new).await)?;
            self.made(&place, id);
        }
        Ok(())
    }

    async fn token(
        &mut self,
        place: &Place<'_>,
        owner: TokenOwner<'_>,
        key: &Key,
        described: &ApiToken,
    ) -> Step<NewToken> {
        let Some(secret) = &described.secret else {
            return Err(place.refuse("a secret must be given"));
        };
        let grant = match (&described.roles, &described.permissions, owner) {
            (None, None, _) => None,
            (_, _, TokenOwner::Member { .. }) => {
                return Err(place.refuse("has the roles of the member, and no others"));
            }
            (Some(_), Some(_), _) => return Err(place.refuse("roles and permissions exclude each other")),
            (Some(roles), None, TokenOwner::Tenant(tenant)) => {
                Some(TokenGrant::Roles(self.role_ids(&place.member("roles"), tenant, roles).await?))
            }
            (None, Some(permissions), _) => {
                let place = place.member("permissions");
                Some(TokenGrant::Permissions(self.permission_ids(&place, permissions).await?))
            }
        };
        if described.expires_in_minutes.is_some_and(|minutes| minutes < 1) {
            return Err(place.member("expiresInMinutes").refuse("must not be less than 1"));
        }
        Ok(NewToken {
            secret: Some(secret.expose().to_owned()),
            description: Some(described.description.clone().unwrap_or_else(|| key.to_string())),
            metadata: described.metadata.clone().unwrap_or_default(),
            minutes: described.expires_in_minutes,
            grant,
            ..NewToken::default()
        })
    }
}

fn record(described: &Tenant) -> Changes {
    let described = described.clone();
    Changes {
        name: described.name,
        website: described.website,
        application_url: described.application_url,
        logo_url: described.logo_url,
        timezone: described.timezone,
        currency: described.currency,
        is_reseller: described.reseller,
        sub_account_access_type: described.sub_account_access_type,
        metadata: described.metadata,
        ..Changes::default()
    }
}
