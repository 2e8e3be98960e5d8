//! When tokens can be used, as far as no operation of the API brings it about; on every engine.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::*;
use crate::{
    clock::Timestamp,
    domain::{
        Refusal,
        memberships::NewMembership,
        tenants::NewTenant,
        users::{self, NewUser},
    },
    store::fresh::Fresh,
};

const AUDIENCE: Audience<'static> = Audience { aud: "client", application_id: "application" };
const ISSUER: Issuer<'static> = Issuer { base_url: "http://issuer", audience: AUDIENCE };

/// Tokens of a tenant and of a member of it, of both families.
struct Tokens {
    tenant: tenant::Model,
    member: membership::Model,
    /// Client ids with their secrets.
    credentials: [(String, String); 2],
    access: [(AccessKind, String); 2],
}

impl Tokens {
    async fn make(tx: &Write) -> Self {
        let new = NewTenant { tenant_id: Some("acme".to_owned()), ..NewTenant::default() };
        let tenant = tenants::create(tx, new).await.expect("a tenant");
        let new = NewUser { email: Some("ada@acme.test".to_owned()), verified: true, ..NewUser::default() };
        let user = users::create(tx, new).await.expect("a user");
        let place = NewMembership {
            roles: Vec::new(),
            status: MembershipStatus::Activated,
            expires_at: None,
            invited_as: None,
        };
        let member = memberships::join(tx, &user, &tenant, place).await.expect("a membership");
        let owners = [TokenOwner::Tenant("acme"), TokenOwner::Member { tenant_id: "acme", user_id: &user.id }];
        let credentials = async |owner| {
            let made = create_credentials(tx, Caller::Environment, owner, NewToken::default()).await;
            let (token, secret) = made.expect("credentials");
            (token.row.id, secret)
        };
        let access = async |owner| {
            let made = create_access(tx, Caller::Environment, owner, ISSUER, NewToken::default()).await;
            let (token, claims) = made.expect("a token");
            assert_eq!(claims.sub, token.row.id);
            (claims.kind, claims.sub)
        };
        Self {
            credentials: [credentials(owners[0]).await, credentials(owners[1]).await],
            access: [access(owners[0]).await, access(owners[1]).await],
            tenant,
            member,
        }
    }

    /// Whether the tokens of the tenant and of its member can be used; all ways say the same.
    async fn usable(&self, tx: &Write) -> [bool; 2] {
        let mut usable = [false; 2];
        for (index, (id, secret)) in self.credentials.iter().enumerate() {
            let issued = authenticate(tx, ISSUER, id, secret).await;
            usable[index] = issued.is_ok();
            if let Err(error) = issued {
                assert_eq!(error.refusal(), Refusal::Unauthorized);
            }
            let (kind, id) = &self.access[index];
            let active = active_ids(tx, *kind, None).await.expect("ids");
            assert_eq!(active.contains(id), usable[index]);
            assert_eq!(look_up(tx, *kind, None, id).await.is_ok(), usable[index]);
        }
        usable
    }
}

#[tokio::test]
async fn what_bars_people_and_tenants_bars_their_tokens() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let tokens = Tokens::make(&tx).await;
        assert_eq!(tokens.usable(&tx).await, [true, true]);

        let member = async |change: &dyn Fn(&mut membership::ActiveModel)| {
            let mut row = tokens.member.clone().into_active_model().reset_all();
            change(&mut row);
            row.update(&tx).await.expect("a change");
        };
        let end: fn(&Read, u64) -> Option<Timestamp> = |tx, seconds| Some(tx.now().after(Duration::from_secs(seconds)));
        for (open, status) in [
            (false, MembershipStatus::NotActivated),
            (false, MembershipStatus::PendingInvitation),
            (true, MembershipStatus::PendingLogin),
        ] {
            member(&|row| row.status = Set(status)).await;
            assert_eq!(tokens.usable(&tx).await, [true, open], "{status:?}");
        }
        member(&|row| row.is_disabled = Set(true)).await;
        assert_eq!(tokens.usable(&tx).await, [true, false]);
        member(&|row| row.expires_at = Set(end(&tx, 0))).await;
        assert_eq!(tokens.usable(&tx).await, [true, false]);
        member(&|row| row.expires_at = Set(end(&tx, 1))).await;
        assert_eq!(tokens.usable(&tx).await, [true, true]);
        // A membership that has moved does not take the token's tenant along.
        let new = NewTenant { tenant_id: Some("globex".to_owned()), ..NewTenant::default() };
        tenants::create(&tx, new).await.expect("a tenant");
        member(&|row| row.tenant_id = Set("globex".to_owned())).await;
        assert_eq!(tokens.usable(&tx).await, [true, false]);
        member(&|_| {}).await;
        assert_eq!(tokens.usable(&tx).await, [true, true]);

        let mut row = tokens.tenant.clone().into_active_model();
        row.is_locked = Set(true);
        row.update(&tx).await.expect("a change");
        assert_eq!(tokens.usable(&tx).await, [false, false]);
    }
}

#[tokio::test]
async fn lifetimes_are_those_of_the_identity_configuration() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let tokens = Tokens::make(&tx).await;
        let (id, secret) = &tokens.credentials[0];
        let document = IdentityConfiguration {
            default_token_expiration: 60,
            default_refresh_token_expiration: 0,
            ..IdentityConfiguration::default()
        };
        configuration::put(&tx, &document).await.expect("a setting");
        let issued = authenticate(&tx, ISSUER, id, secret).await.expect("a token");
        assert_eq!(issued.lifetime, Duration::from_mins(1));
        assert_eq!(issued.expires, tx.now().after(Duration::from_mins(1)));
        assert_eq!(issued.payload.registered().exp, issued.expires.seconds());
        assert!(refresh(&tx, ISSUER, &issued.refresh_token).await.is_err(), "it has expired");

        configuration::put(&tx, &IdentityConfiguration::default()).await.expect("a setting");
        let issued = authenticate(&tx, ISSUER, id, secret).await.expect("a token");
        refresh(&tx, ISSUER, &issued.refresh_token).await.expect("a token");
    }
}

/// The cap counts tokens that are live, each credential by itself.
#[tokio::test]
async fn a_hundred_refresh_tokens_are_kept_for_each_credential() {
    use crate::store::entity::machine_token_refresh;
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let tokens = Tokens::make(&tx).await;
        let count = async || machine_token_refresh::Entity::find().fetch_all(&tx).await.expect("rows").len();
        for (id, secret) in &tokens.credentials {
            for _ in 0..103 {
                authenticate(&tx, ISSUER, id, secret).await.expect("a token");
            }
        }
        assert_eq!(count().await, 200);
    }
}
