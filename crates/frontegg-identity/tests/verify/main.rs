//! The verifier of the SDK against an emulator: its keys, its look-ups and the routes it protects.

mod access_tokens;
mod keys;
mod protected_service;
mod proxy;
#[cfg(feature = "redis")]
mod redis;

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg,
    types::{CreateTenantAccessTokenRequest, CreateTenantRequest, CreateUserDto},
    verify::{Verifier, VerifierBuilder},
};

/// An emulator with Ada in acme.
struct World {
    emulator: Emulator,
    frontegg: Frontegg,
    ada: String,
}

impl World {
    async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let frontegg = client(&emulator, emulator.url());
        let acme = CreateTenantRequest::new().tenant_id("acme").name("acme");
        frontegg.tenants().create_tenant(&acme).await.unwrap();
        let ada = CreateUserDto::new().email("ada@acme.test").skip_invite_email(true);
        let ada = frontegg.tenant("acme").user_management().create_user_v2(&ada).await.unwrap().id;
        Self { emulator, frontegg, ada }
    }

    /// A token of Ada's, as a sign-in would give it.
    async fn token(&self) -> String {
        self.emulator.user_token(&self.ada, "acme").await.unwrap()
    }

    /// A verifier of the emulator's tokens, by its clock.
    fn verifier(&self) -> VerifierBuilder {
        let clock = self.emulator.clock();
        Verifier::builder(self.emulator.url()).audience(self.emulator.client_id()).clock(move || clock.now())
    }

    /// A machine's access token of acme with these roles: its id and the token.
    async fn access_token(&self, role_ids: &[&str]) -> (String, String) {
        let request = CreateTenantAccessTokenRequest::new().role_ids(role_ids.iter().copied());
        let made = self.frontegg.tenant("acme").api_tokens().create_tenant_access_token(&request).await.unwrap();
        (made.id, made.secret.unwrap().expose().to_owned())
    }

    async fn revoke(&self, id: &str) {
        self.frontegg.tenant("acme").api_tokens().delete_tenant_access_token(id).await.unwrap();
    }

    /// The id of a role that every environment has.
    async fn role(&self, key: &str) -> String {
        let roles = self.frontegg.management().roles().list_roles_v1().await.unwrap();
        roles.into_iter().find(|role| role.key == key).unwrap().id
    }
}

/// A client of the emulator that reaches it at `url` and gives up soon.
fn client(emulator: &Emulator, url: &str) -> Frontegg {
    let retry = frontegg_identity::Retry::default().max_attempts(2).base_delay(Duration::from_millis(1));
    let builder = Frontegg::builder().base_url(url).credentials(emulator.client_id(), emulator.api_key());
    builder.retry(retry).build().unwrap()
}
