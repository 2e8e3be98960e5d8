//! Moving over from another provider of identities: everybody at their own first sign-in, and then the provider goes.

use frontegg_emulator::control_plane::{UserPoolAnswer, UserPoolPerson};
use frontegg_identity::{
    Error, Session,
    enums::DynamicTenantResolver,
    params::ListUserSourceUsers,
    types::{
        AssignApplicationsToUserSourceRequestDto, CreateAuth0ExternalUserSourceRequestDto,
        ExternalAuth0UserSourceConfig, UserSourceDynamicTenantConfig,
    },
};

use crate::{PASSWORD, World, world};

const BOB: &str = "bob@acme.test";

impl World {
    async fn sign_in(&self, password: &str) -> Result<Session, Error> {
        self.frontegg.authentication().login(BOB, password).await?.into_session()
    }
}

#[tokio::test]
async fn somebody_moves_over_at_the_first_sign_in() {
    let world = world().await;
    let pools = world.frontegg.management().user_pools();
    let tenant = UserSourceDynamicTenantConfig::new("organization", DynamicTenantResolver::Dynamic);
    let auth0 = ExternalAuth0UserSourceConfig::new(false, true, "acme.auth0.test", "client", "secret", tenant.into());
    let new = CreateAuth0ExternalUserSourceRequestDto::new("Auth0", auth0, 1);
    let pool = pools.create_auth0_user_source(&new).await.unwrap().id;
    let bob = || UserPoolPerson::new(BOB).password(PASSWORD).name("Bob").attribute("organization", "globex");

    // Nobody is asked before the pool serves the application.
    world.emulator.set_user_pool_people(&pool, [bob()]).await.unwrap();
    assert!(world.sign_in(PASSWORD).await.unwrap_err().is_unauthenticated());
    let served = AssignApplicationsToUserSourceRequestDto::new([world.emulator.application_id()], pool.as_str());
    pools.assign_applications_to_user_source(&served).await.unwrap();

    // The provider is away for a moment, and somebody guesses.
    world.emulator.set_user_pool_people(&pool, [bob().answer(UserPoolAnswer::Outage)]).await.unwrap();
    assert_eq!(world.sign_in(PASSWORD).await.unwrap_err().status(), Some(502));
    world.emulator.set_user_pool_people(&pool, [bob()]).await.unwrap();
    assert!(world.sign_in("wrong").await.unwrap_err().is_unauthenticated());
    assert_eq!(pools.list_user_sources().await.unwrap()[0].users_count, 0);

    // Bob comes, with his name, to where he belongs.
    let profile = world.sign_in(PASSWORD).await.unwrap().user_management().get_my_profile_v2().await.unwrap();
    assert_eq!((profile.name.as_deref(), profile.tenant_id.as_str()), (Some("Bob"), "globex"));
    let known = pools.list_user_source_users(&pool, ListUserSourceUsers::new()).await.unwrap();
    assert_eq!((known.items[0].email.as_str(), known.items[0].last_login.is_some()), (BOB, true));

    // The provider goes, and Bob stays.
    pools.delete_user_source(&pool).await.unwrap();
    let again = world.sign_in(PASSWORD).await.unwrap().user_management().get_my_profile_v2().await.unwrap();
    assert_eq!(again.id, profile.id);
}
