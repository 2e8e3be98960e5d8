//! Applications with their OAuth clients, and providers of social sign-in.

use frontegg_model::Patch;

use super::{Making, Place, Step};
use crate::{
    domain::{
        applications::{
            self,
            clients::{self, NewClient},
            record::{self, Changes, NewApplication},
        },
        social::providers::{self, NewProvider},
    },
    seed::{AccessType, Application, Key, Seed, SeedSecret, SocialProvider, fixed_id},
    store::entity::{self, ClientType},
};

/// What is asked of a provider where nothing is said.
const SCOPES: &str = "openid email profile";

impl Making<'_> {
    pub(super) async fn applications(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("applications");
        for (key, described) in seed.applications.iter() {
            let place = place.of_key(key);
            self.seen.once(&place, &["application", key.as_str()])?;
            let id = described.id.clone().unwrap_or_else(|| fixed_id("application", [key.as_str()]));
            match applications::find(self.tx, &id).await? {
                Some(_) => self.is_present(&place, &id, None)?,
                None => self.application(&place, key, &id, described).await?,
            }
            self.clients(&place, &id, described).await?;
            self.applications.insert(key.to_string(), id);
        }
        Ok(())
    }

    async fn application(&mut self, place: &Place<'_>, key: &Key, id: &str, described: &Application) -> Step {
        let address = |given: &Option<String>| Some(given.clone().unwrap_or_else(|| self.tx.origin().to_owned()));
        let record = Changes {
            name: Some(described.name.clone().unwrap_or_else(|| key.to_string())),
            app_url: address(&described.app_url),
            login_url: address(&described.login_url),
            app_host: patch(described.app_host.as_ref()),
            logo_url: patch(described.logo_url.as_ref()),
            description: patch(described.description.as_ref()),
            metadata: patch(described.metadata.as_ref()),
            access_type: described.access_type.map(|access| match access {
                AccessType::Free => entity::AccessType::Free,
                AccessType::Managed => entity::AccessType::Managed,
            }),
            is_default: described.is_default,
            is_active: described.is_active,
            kind: described.type_.clone(),
            frontend_stack: described.frontend_stack.clone(),
            allow_dcr: described.allow_dcr,
        };
        let new = NewApplication {
            id: Some(id.to_owned()),
            client_secret: exposed(described.client_secret.as_ref()),
            shared_secret: exposed(described.shared_secret.as_ref()),
            record,
        };
        place.check(record::create(self.tx, new).await)?;
        self.made(place, id);
        Ok(())
    }

    async fn clients(&mut self, place: &Place<'_>, application_id: &str, application: &Application) -> Step {
        let place = place.member("clients");
        for (name, described) in application.clients.iter() {
            let place = place.of_key(name);
            let fixed = || fixed_id("application-client", [application_id, name.as_str()]);
            let id = described.id.clone().unwrap_or_else(fixed);
            self.seen.once(&place, &["application-client", &id])?;
            if clients::find(self.tx, &id).await?.is_some() {
                self.is_present(&place, &id, None)?;
                continue;
            }
            let new = NewClient {
                id: Some(id.clone()),
                secret: exposed(described.secret.as_ref()),
                name: name.to_string(),
                client_type: ClientType::Agent,
                redirect_urls: described.redirect_urls.clone(),
                external_metadata: described.metadata.clone(),
            };
            place.check(clients::create(self.tx, application_id, new).await)?;
            self.made(&place, id);
        }
        Ok(())
    }

    /// The id of an application, by its key or its id.
    pub(super) async fn application_id(&self, place: &Place<'_>, key: &Key) -> Step<String> {
        if let Some(id) = self.applications.get(key.as_str()) {
            return Ok(id.clone());
        }
        for id in [fixed_id("application", [key.as_str()]), key.to_string()] {
            if applications::find(self.tx, &id).await?.is_some() {
                return Ok(id);
            }
        }
        Err(place.reference(key).refuse(format!("there is no application {key}")))
    }

    pub(super) async fn social_providers(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("socialProviders");
        for (key, described) in seed.social_providers.iter() {
            let place = place.of_key(key);
            self.seen.once(&place, &["social-provider", key.as_str()])?;
            let id = described.id.clone().unwrap_or_else(|| fixed_id("social-provider", [key.as_str()]));
            if providers::find(self.tx, &id).await?.is_some() {
                self.is_present(&place, &id, None)?;
                continue;
            }
            place.check(providers::create(self.tx, provider(key, &id, described)).await)?;
            self.made(&place, id);
        }
        Ok(())
    }
}

/// What is not said is empty, which a rule refuses where it may not be.
fn provider(key: &Key, id: &str, described: &SocialProvider) -> NewProvider {
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    NewProvider {
        id: Some(id.to_owned()),
        kind: key.to_string(),
        client_id: text(&described.client_id),
        secret: exposed(described.secret.as_ref()).unwrap_or_default(),
        redirect_url: text(&described.redirect_url),
        redirect_url_pattern: described.redirect_url_pattern.clone(),
        authorization_url: text(&described.authorization_url),
        token_url: text(&described.token_url),
        user_info_url: text(&described.user_info_url),
        scopes: described.scopes.clone().unwrap_or_else(|| SCOPES.to_owned()),
        sso_logo_url: described.sso_logo_url.clone(),
        display_name: described.display_name.clone().unwrap_or_else(|| key.to_string()),
        is_active: described.active.unwrap_or(true),
    }
}

fn patch<T: Clone>(given: Option<&T>) -> Patch<T> {
    given.map_or(Patch::Absent, |value| Patch::Value(value.clone()))
}

fn exposed(secret: Option<&SeedSecret>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned())
}
