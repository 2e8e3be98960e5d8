//! Machines: client credentials of a tenant and of a person.

use std::time::Duration;

use frontegg_identity::{
    ErrorKind, Scope, User,
    types::{CreateTenantApiTokenDto, CreateUserApiTokenDto},
};
use frontegg_test_harness::clock::Clock;

use crate::{World, world};

async fn role(world: &World, key: &str) -> String {
    let roles = world.frontegg.management().roles().list_roles_v1().await.unwrap();
    roles.into_iter().find(|role| role.key == key).unwrap().id
}

/// Whether the machine can call.
async fn works(machine: &Scope<User>) -> bool {
    match machine.user_management().get_my_authorization().await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            false
        }
    }
}

#[tokio::test]
async fn a_machine_renews_the_token_of_its_credentials() {
    let world = world().await;
    let role = world.frontegg.management().roles().list_roles_v1().await.unwrap().remove(0).id;
    let request = CreateTenantApiTokenDto::new().role_ids([role]);
    let made = world.frontegg.tenant("acme").api_tokens().create_tenant_api_token_v2(&request).await.unwrap();
    let machine = world.frontegg.api_token(made.client_id, made.secret);
    let list = || async { machine.api_tokens().list_tenant_api_tokens().await.map(|list| list.len()) };
    assert_eq!(list().await.unwrap(), 1);
    world.emulator.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(list().await.unwrap(), 1, "the token was renewed after a 401");

    let wrong = world.frontegg.api_token("nobody", "nothing").api_tokens().list_tenant_api_tokens().await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Unauthenticated, "{wrong}");
}

/// Security case 35: credentials work until they are deleted, and what they gave ends with them.
#[tokio::test]
async fn case_35_a_persons_machine_acts_for_them_until_its_credentials_go() {
    let world = world().await;
    let ada = world.frontegg.tenant("acme").user(&world.ada);
    let made = ada.personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await.unwrap();
    let machine = world.frontegg.api_token(made.client_id.as_str(), made.secret.clone());
    let profile = machine.user_management().get_my_profile_v2().await.unwrap();
    assert_eq!((profile.id.as_str(), profile.tenant_id.as_str()), (world.ada.as_str(), "acme"));
    assert!(works(&machine).await);

    let list = ada.personal_tokens().list_user_api_tokens().await.unwrap();
    assert_eq!(list.len(), 1);
    assert!(!serde_json::to_string(&list).unwrap().contains(made.secret.expose()), "the secret was shown once");
    ada.personal_tokens().delete_user_api_token(&made.client_id).await.unwrap();
    assert!(!works(&machine).await, "its token ends at once");
    let fresh = world.frontegg.api_token(made.client_id, made.secret);
    assert!(!works(&fresh).await, "and there is no other");
}

#[tokio::test]
async fn a_machine_ends_with_the_life_of_its_credentials() {
    let world = world().await;
    let request = CreateTenantApiTokenDto::new().role_ids([role(&world, "Admin").await]).expires_in_minutes(90);
    let acme = world.frontegg.tenant("acme").api_tokens();
    let made = acme.create_tenant_api_token_v2(&request).await.unwrap();
    let machine = world.frontegg.api_token(made.client_id.as_str(), made.secret.clone());
    let list = async || machine.api_tokens().list_tenant_api_tokens().await.map(|list| list.len());
    assert_eq!(list().await.unwrap(), 1);
    world.emulator.clock().advance(Duration::from_secs(89 * 60));
    assert_eq!(list().await.unwrap(), 1);
    world.emulator.clock().advance(Duration::from_secs(60));
    let over = list().await.unwrap_err();
    assert_eq!(over.kind(), ErrorKind::Unauthenticated, "{over}");
    assert!(!works(&world.frontegg.api_token(made.client_id, made.secret)).await);
}

#[tokio::test]
async fn a_persons_machine_ends_with_the_person() {
    let (world, clock) = (world().await, Clock::stop());
    let ada = world.frontegg.tenant("acme").user(&world.ada);
    let made = ada.personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await.unwrap();
    let machine = world.frontegg.api_token(made.client_id, made.secret);
    assert!(works(&machine).await);
    world.frontegg.management().users().lock_user(&world.ada).await.unwrap();
    assert!(!works(&machine).await, "locked");
    world.frontegg.management().users().unlock_user(&world.ada).await.unwrap();
    // Credentials that were refused are left alone for a moment.
    clock.advance(Duration::from_secs(1)).await;
    assert!(works(&machine).await);
    world.frontegg.tenant("acme").user_management().remove_user(&world.ada).await.unwrap();
    assert!(!works(&machine).await, "not in the tenant any more");
}
