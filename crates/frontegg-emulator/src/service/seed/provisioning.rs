//! Connections by which identity providers provision a tenant.

use super::{Making, Place, Step};
use crate::{
    domain::scim::connections::{self, NewConnection},
    seed::{Keyed, ScimConfiguration, ScimSource, fixed_id},
    store::entity,
};

impl Making<'_> {
    /// Makes the SCIM servers of a tenant.
    pub(super) async fn scim_configurations(
        &mut self,
        place: &Place<'_>,
        tenant_id: &str,
        described: &Keyed<ScimConfiguration>,
    ) -> Step {
        for (key, described) in described.iter() {
            let place = place.of_key(key);
            let id = described.id.clone().unwrap_or_else(|| fixed_id("scim-configuration", [tenant_id, key.as_str()]));
            self.seen.once(&place, &["scim-configuration", &id])?;
            if connections::find(self.tx, &id).await?.is_some() {
                self.is_present(&place, &id, None)?;
                continue;
            }
            let Some(token) = &described.token else { return Err(place.refuse("a token must be given")) };
            let new = NewConnection {
                id: Some(id.clone()),
                name: Some(described.name.clone().unwrap_or_else(|| key.to_string())),
                source: source(described.source.unwrap_or(ScimSource::Other)),
                sync_to_user_management: described.sync_to_user_management.unwrap_or(true),
                token: Some(token.expose().to_owned()),
            };
            place.check(connections::create(self.tx, tenant_id, new).await)?;
            self.made(&place, id);
        }
        Ok(())
    }
}

fn source(described: ScimSource) -> entity::ScimSource {
    match described {
        ScimSource::Frontegg => entity::ScimSource::Frontegg,
        ScimSource::Okta => entity::ScimSource::Okta,
        ScimSource::AzureAd => entity::ScimSource::AzureAd,
        ScimSource::Other => entity::ScimSource::Other,
    }
}
