//! Partial updates: of a member that can be cleared, leaving it alone, clearing it and setting it are
//! three requests, for every operation that has one.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Patch, Scope, Session,
    enums::ApplicationClientType,
    model::{OPERATIONS, Operation, Token, operation},
    types::{
        CreateApplicationClientRequestDto, CreateCustomSsoRequestDto, CreateSsoConfigurationRequestDto,
        CreateTenantAccessTokenRequest, CreateTenantApiTokenDto, CreateTenantRequest, CreateUserAccessTokenRequest,
        CreateUserApiTokenDto, CreateUserDto, CustomSocialLoginProvider, UpdateApplicationClientRequestDto,
        UpdateApplicationRequest, UpdateCustomSsoRequestDto, UpdateSsoConfigurationRequestDto, UpdateUserDto,
        UpdateVendorUserDto,
    },
};
use frontegg_samples::client::{CLEARABLE, Clearable};
use serde_json::{Value, json};
use support::{Reply, Service, emulated};

const PICTURE: &str = "https://acme.test/ada.png";
const PASSWORD: &str = "correct Horse 7 battery";

/// The body without the member, with it cleared, and with it set.
fn three(sample: &str, place: &str) -> [Value; 3] {
    let set: Value = serde_json::from_str(sample).unwrap();
    let (parent, member) = place.rsplit_once('/').unwrap();
    let (mut left, mut cleared) = (set.clone(), set.clone());
    left.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
    *cleared.pointer_mut(place).unwrap() = Value::Null;
    assert!(!set.pointer(place).unwrap().is_null());
    [left, cleared, set]
}

#[tokio::test]
async fn all_three_are_sent_as_they_are_meant() {
    for Clearable { operation: id, place, sample, send } in CLEARABLE {
        let service = Service::start(vec![Reply::token("t", 3_600)], vec![Reply::new(200, "null")]).await;
        let frontegg = service.frontegg();
        let (environment, session) = (frontegg.tenant("acme").user("ada"), frontegg.session("own"));
        let takes_a_session = operation(id).unwrap().token == Token::User;
        let client = if takes_a_session { session.client() } else { environment.client() };
        for meant in three(sample, place) {
            // The answer is no concern of this test.
            let _ = send(client, &meant.to_string()).await;
            let sent: Value = serde_json::from_str(&service.asked().last().unwrap().body).unwrap();
            assert_eq!(sent, meant, "{id}: {place}");
        }
    }
}

/// What a setter does is what is meant.
#[test]
fn setters_say_all_three() {
    let written = |update: &UpdateUserDto| serde_json::to_value(update).unwrap();
    let update = UpdateUserDto::new;
    assert_eq!(written(&update()), json!({}));
    assert_eq!(written(&update().profile_picture_url(Patch::Absent)), json!({}));
    assert_eq!(written(&update().profile_picture_url(Patch::Null)), json!({ "profilePictureUrl": null }));
    assert_eq!(written(&update().profile_picture_url(None::<String>)), json!({ "profilePictureUrl": null }));
    assert_eq!(written(&update().profile_picture_url(PICTURE)), json!({ "profilePictureUrl": PICTURE }));
    assert_eq!(written(&update().profile_picture_url(PICTURE).profile_picture_url(Patch::Absent)), json!({}));
}

struct World {
    emulator: Emulator,
    frontegg: Frontegg,
    ada: String,
}

impl World {
    async fn new() -> Self {
        let (emulator, frontegg) = emulated().await;
        frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await.unwrap();
        let ada = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).skip_invite_email(true);
        let ada = frontegg.tenant("acme").user_management().create_user_v2(&ada).await.unwrap().id;
        Self { emulator, frontegg, ada }
    }

    fn acme(&self) -> Scope<frontegg_identity::Environment> {
        self.frontegg.tenant("acme").user(&self.ada)
    }

    async fn session(&self) -> Session {
        self.frontegg.authentication().login("ada@acme.test", PASSWORD).await.unwrap().into_session().unwrap()
    }

    async fn picture(&self) -> Option<String> {
        self.frontegg.management().users().get_user_globally(&self.ada).await.unwrap().profile_picture_url
    }

    /// Stores a provider of social sign-in.
    async fn provider(&self, logo: Patch<String>) {
        let providers = self.frontegg.management().custom_social_oauth_provider();
        let url = "https://idp.test";
        let new = CreateCustomSsoRequestDto::new("custom", "id", "secret", url, url, url, url, "openid", "IdP", true);
        providers.create_custom_social_login_provider(&new.sso_logo_url(logo)).await.unwrap();
    }

    async fn newest_provider(&self) -> CustomSocialLoginProvider {
        let providers = self.frontegg.management().custom_social_oauth_provider();
        providers.list_custom_social_login_providers().await.unwrap().providers.pop().unwrap()
    }

    /// What the emulator last received for an operation.
    fn received(&self, id: &str) -> Value {
        self.emulator.requests().on(id).list().last().unwrap().body()
    }
}

/// Who created a tenant: nobody when that is said, or nothing, else whoever is named.
async fn creator(world: &World) {
    for (creator, shown) in [(Patch::Absent, None), (Patch::Null, None), (Patch::from("Ada"), Some("Ada"))] {
        let new = CreateTenantRequest::new().creator_name(creator.clone()).creator_email(creator);
        let made = world.frontegg.tenants().create_tenant(&new).await.unwrap();
        assert_eq!((made.creator_name.as_deref(), made.creator_email.as_deref()), (shown, shown));
    }
}

/// The description of an application: set, left alone, cleared, left alone.
async fn application(world: &World) {
    let applications = world.frontegg.applications();
    let id = world.emulator.application_id();
    for (change, received, expected) in [
        (Patch::from(PICTURE), json!({ "description": PICTURE }), Some(PICTURE)),
        (Patch::Absent, json!({}), Some(PICTURE)),
        (Patch::Null, json!({ "description": null }), None),
        (Patch::Absent, json!({}), None),
    ] {
        let update = UpdateApplicationRequest::new().description(change);
        applications.update_application(id, &update).await.unwrap();
        assert_eq!(world.received("update_application"), received);
        assert_eq!(applications.get_application(id).await.unwrap().description.as_deref(), expected);
    }
}

/// The metadata of an OAuth client: set, left alone, cleared, left alone.
async fn application_client(world: &World) {
    let applications = world.frontegg.applications();
    let new = CreateApplicationClientRequestDto::new("Agent", ApplicationClientType::Agent);
    let id = applications.create_application_client(&new).await.unwrap().id;
    let metadata = || serde_json::Map::from_iter([("plan".to_owned(), json!("gold"))]);
    for (change, received, expected) in [
        (Patch::Value(metadata()), json!({ "externalMetadata": { "plan": "gold" } }), Some(metadata())),
        (Patch::Absent, json!({}), Some(metadata())),
        (Patch::Null, json!({ "externalMetadata": null }), None),
        (Patch::Absent, json!({}), None),
    ] {
        let update = UpdateApplicationClientRequestDto::new().external_metadata(change);
        let client = applications.update_application_client(&id, &update).await.unwrap();
        assert_eq!(world.received("update_application_client"), received);
        assert_eq!(client.external_metadata, expected);
    }
}

/// The issuer of a connection, of which null says that it was not touched: set, left alone, left alone, cleared.
async fn connection(world: &World) {
    let sso = world.acme().sso();
    let id = sso.create_sso_configuration(&CreateSsoConfigurationRequestDto::new()).await.unwrap().id;
    for (change, received, expected) in [
        (Patch::from(PICTURE), json!({ "ssoEndpoint": PICTURE }), PICTURE),
        (Patch::Absent, json!({}), PICTURE),
        (Patch::Null, json!({ "ssoEndpoint": null }), PICTURE),
        (Patch::from(""), json!({ "ssoEndpoint": "" }), ""),
    ] {
        let update = UpdateSsoConfigurationRequestDto::new().sso_endpoint(change);
        let changed = sso.update_sso_configuration(&id, &update).await.unwrap();
        assert_eq!(world.received("update_sso_configuration"), received);
        assert_eq!(changed.sso_endpoint.as_deref(), Some(expected));
    }
}

/// The picture: set, left alone, cleared, left alone, by one of the updates.
async fn picture(world: &World, id: &str, update: impl AsyncFn(Patch<String>)) {
    for (change, received, expected) in [
        (Patch::from(PICTURE), json!(PICTURE), Some(PICTURE)),
        (Patch::Absent, Value::Null, Some(PICTURE)),
        (Patch::Null, Value::Null, None),
        (Patch::Absent, Value::Null, None),
    ] {
        let is_absent = change.is_absent();
        update(change).await;
        let body = world.received(id);
        assert_eq!(
            (body.get("profilePictureUrl").is_none(), &body["profilePictureUrl"]),
            (is_absent, &received),
            "{id}"
        );
        assert_eq!(world.picture().await.as_deref(), expected, "{id}");
    }
}

/// When a token expires: never when that is said, never when nothing is said, else at its time.
async fn expiry(id: &str, create: impl AsyncFn(Patch<i64>) -> bool) {
    assert!(!create(Patch::Absent).await, "{id}");
    assert!(!create(Patch::Null).await, "{id}");
    assert!(create(Patch::Value(60)).await, "{id}");
}

/// For each operation of the list: what was meant is what became of it. One that is missing here fails.
#[tokio::test]
async fn what_was_meant_is_what_became_of_it() {
    let world = World::new().await;
    for Clearable { operation: id, .. } in CLEARABLE {
        let (acme, world) = (world.acme(), &world);
        match *id {
            "update_my_profile" => {
                let session = world.session().await;
                let users = session.user_management();
                picture(world, id, async |change| {
                    users.update_my_profile(&UpdateUserDto::new().profile_picture_url(change)).await.map(drop).unwrap();
                })
                .await;
            }
            "update_user" => {
                picture(world, id, async |change| {
                    let update = UpdateUserDto::new().profile_picture_url(change);
                    acme.user_management().update_user(&update).await.map(drop).unwrap();
                })
                .await;
            }
            "update_user_globally" => {
                picture(world, id, async |change| {
                    let update = UpdateVendorUserDto::new().profile_picture_url(change);
                    world
                        .frontegg
                        .management()
                        .users()
                        .update_user_globally(&world.ada, &update)
                        .await
                        .map(drop)
                        .unwrap();
                })
                .await;
            }
            "create_tenant_access_token" => {
                expiry(id, async |minutes| {
                    let request = CreateTenantAccessTokenRequest::new().expires_in_minutes(minutes);
                    acme.api_tokens().create_tenant_access_token(&request).await.unwrap().expires.is_some()
                })
                .await;
            }
            "create_user_access_token" => {
                expiry(id, async |minutes| {
                    let request = CreateUserAccessTokenRequest::new().expires_in_minutes(minutes);
                    acme.personal_tokens().create_user_access_token(&request).await.unwrap().expires.is_some()
                })
                .await;
            }
            "create_tenant_api_token_v1" => {
                expiry(id, async |minutes| {
                    let request = CreateTenantApiTokenDto::new().expires_in_minutes(minutes);
                    #[allow(deprecated, reason = "an operation like any other here")]
                    let made = acme.api_tokens().create_tenant_api_token_v1(&request).await.unwrap();
                    made.expires.is_some()
                })
                .await;
            }
            "create_tenant_api_token_v2" => {
                expiry(id, async |minutes| {
                    let request = CreateTenantApiTokenDto::new().expires_in_minutes(minutes);
                    acme.api_tokens().create_tenant_api_token_v2(&request).await.unwrap().expires.is_some()
                })
                .await;
            }
            "create_user_api_token" => {
                expiry(id, async |minutes| {
                    let request = CreateUserApiTokenDto::new().expires_in_minutes(minutes);
                    acme.personal_tokens().create_user_api_token(&request).await.unwrap().expires.is_some()
                })
                .await;
            }
            "create_tenant" => creator(world).await,
            "create_custom_social_login_provider" => {
                for (logo, shown) in [(Patch::Absent, None), (Patch::Null, None), (Patch::from(PICTURE), Some(PICTURE))]
                {
                    world.provider(logo).await;
                    assert_eq!(world.newest_provider().await.sso_logo_url.as_deref(), shown, "{id}");
                }
            }
            "update_custom_social_login_provider" => {
                world.provider(Patch::Absent).await;
                let newest = world.newest_provider().await.id;
                for (logo, shown) in [
                    (Patch::from(PICTURE), Some(PICTURE)),
                    (Patch::Absent, Some(PICTURE)),
                    (Patch::Null, None),
                    (Patch::Absent, None),
                ] {
                    let change = UpdateCustomSsoRequestDto::new().sso_logo_url(logo);
                    let providers = world.frontegg.management().custom_social_oauth_provider();
                    providers.update_custom_social_login_provider(&newest, &change).await.unwrap();
                    assert_eq!(world.newest_provider().await.sso_logo_url.as_deref(), shown, "{id}");
                }
            }
            // Not updates: the tenant to go on in, by cookie; and what a device says of itself.
            "refresh_user_token" | "verify_login_mfa_webauthn" => {}
            "update_sso_configuration" => connection(world).await,
            "update_application" => application(world).await,
            "update_application_client" => application_client(world).await,
            id => panic!("{id} has a member that can be cleared, and nobody looks at what becomes of it"),
        }
    }
}

/// Whether the body of an operation is of a type; the document's names differ from Rust's in case alone.
fn takes(operation: &Operation, name: &str) -> bool {
    operation.request.is_some_and(|request| request.eq_ignore_ascii_case(name))
}

/// The list is that of the table: each operation of it is there, and each partial update of the table
/// that has such a member is in it.
#[test]
fn the_list_is_that_of_the_table() {
    for Clearable { operation: id, .. } in CLEARABLE {
        assert!(OPERATIONS.iter().any(|operation| operation.id == *id && operation.request.is_some()), "{id}");
    }
    // The same members, read from the types themselves.
    let types = include_str!("../../frontegg-model/src/generated/types.rs");
    for (name, text) in types.split("pub struct ").skip(1).filter_map(|text| text.split_once(" {")) {
        let fields = text.split_once("\n}").map_or(text, |(fields, _)| fields);
        if !fields.contains("crate::Patch<") {
            continue;
        }
        for operation in OPERATIONS.iter().filter(|operation| operation.published && takes(operation, name)) {
            let listed = CLEARABLE.iter().any(|member| member.operation == operation.id);
            assert!(listed, "{} can clear a member of {name}", operation.id);
        }
    }
}
