//! Connections of tenants to identity providers.

use super::{Making, Place, Step};
use crate::{
    domain::{
        caller::Caller,
        sso::{
            connections::{self, Changes},
            domains,
            groups::{self, NewGroup},
        },
    },
    seed::{Keyed, SsoConnection, SsoType, fixed_id},
    store::entity::SsoKind,
};

impl Making<'_> {
    /// Makes connections of a tenant, with their domains and roles.
    pub(super) async fn sso(&mut self, place: &Place<'_>, tenant: &str, described: &Keyed<SsoConnection>) -> Step {
        let place = place.member("sso");
        for (key, described) in described.iter() {
            let place = place.of_key(key);
            let id = described.id.clone().unwrap_or_else(|| fixed_id("sso-connection", [tenant, key.as_str()]));
            self.seen.once(&place, &["sso-connection", &id])?;
            if connections::find(self.tx, &id).await?.is_some() {
                self.is_present(&place, &id, None)?;
                continue;
            }
            place.check(connections::create_as(self.tx, tenant, Some(id.clone()), changes(described)).await)?;
            for domain in &described.domains {
                let place = place.member("domains");
                place.check(domains::create(self.tx, tenant, &id, domain, None).await)?;
                place.check(domains::force(self.tx, tenant, domain, true).await)?;
            }
            let roles = self.role_ids(&place.member("roles"), tenant, &described.roles).await?;
            place.check(groups::set_default_roles(self.tx, Caller::Environment, tenant, &id, roles).await)?;
            for (name, group) in described.groups.iter() {
                let place = place.member("groups").of_key(name);
                let role_ids = self.role_ids(&place.member("roles"), tenant, &group.roles).await?;
                let new = NewGroup { name: name.to_string(), role_ids };
                place.check(groups::create(self.tx, Caller::Environment, tenant, &id, new).await)?;
            }
            self.made(&place, id);
        }
        Ok(())
    }
}

fn changes(described: &SsoConnection) -> Changes {
    let described = described.clone();
    Changes {
        enabled: Some(described.enabled.unwrap_or(true)),
        kind: Some(match described.type_ {
            Some(SsoType::Saml) => SsoKind::Saml,
            Some(SsoType::Oidc) | None => SsoKind::Oidc,
        }),
        sso_endpoint: described.sso_endpoint,
        public_certificate: described.public_certificate,
        sign_request: described.sign_request,
        acs_url: described.acs_url,
        sp_entity_id: described.sp_entity_id,
        oidc_client_id: described.oidc_client_id,
        oidc_secret: described.oidc_secret.map(|secret| secret.expose().to_owned()),
        override_active_tenant: described.override_active_tenant,
        ..Changes::default()
    }
}
