//! Who may sign in to which application, and what becomes of sessions when that changes.

use frontegg_identity::{
    enums::ApplicationAccessType::{FreeAccess, ManagedAccess},
    types::{
        AssignUsersToAppRequestDto, CreateApplicationRequest, EditApplicationTenantRequestV1,
        UnassignUsersFromAppRequestDto, UpdateApplicationRequest,
    },
};
use serde_json::{Value, json};

use crate::{
    mfa::{challenge, enroll},
    support::{
        World,
        browser::{Browser, PASSWORD, Reply},
    },
};

const HEADER: &str = "frontegg-application-id";
const REQUESTED: &str = "frontegg-requested-application-id";
const UNASSIGNED: &str = "User is not assigned to the application";
const INACTIVE: &str = "The application is not active";

/// The refusal of a tenant that does not have the application.
#[track_caller]
fn lacks(reply: &Reply) {
    assert_eq!(reply.refused(404), "This account/tenant is not assigned to the requested application");
    assert_eq!(reply.body["errorCode"], "ER-01008");
}

fn coming_for(world: &World, app: &str) -> Browser {
    world.browser().with(REQUESTED, app)
}

async fn set_access(world: &World, app: &str, tenant: &str, edit: EditApplicationTenantRequestV1) {
    let apps = world.frontegg.applications();
    apps.update_application_tenant_assignment(app, tenant, &edit).await.expect("a change");
}

async fn take(world: &World, app: &str, tenant: &str) {
    let apps = world.frontegg.applications();
    apps.unassign_application_from_tenant(app, tenant).await.expect("a withdrawal");
}

async fn change(world: &World, app: &str, change: UpdateApplicationRequest) {
    world.frontegg.applications().update_application(app, &change).await.expect("a change");
}

async fn assign(world: &World, app: &str, tenant: &str, user: &str) {
    let assignment = AssignUsersToAppRequestDto::new(app, tenant, [user]);
    let people = world.frontegg.applications();
    people.assign_users_to_application(&assignment).await.expect("an assignment");
}

#[tokio::test]
async fn an_application_must_be_known_had_and_active() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let shop = world.application("Shop").await;
    for header in [HEADER, REQUESTED] {
        let mut nowhere = world.browser().with(header, "nowhere");
        assert_eq!(nowhere.sign_in("ada@acme.test").await.refused(404), "Application not found");
        lacks(&world.browser().with(header, shop.as_str()).sign_in("ada@acme.test").await);
    }
    // Only who has proven who they are is told.
    let wrong = coming_for(&world, &shop).sign_in_with("ada@acme.test", "wrong").await.refused(401);
    assert_eq!(coming_for(&world, &shop).sign_in_with("nobody@acme.test", "wrong").await.refused(401), wrong);

    world.give_application(&shop, "acme").await;
    let mut browser = coming_for(&world, &shop);
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["aud"], json!(shop));
    change(&world, &shop, UpdateApplicationRequest::new().is_active(false)).await;
    assert_eq!(browser.refresh().await.refused(403), INACTIVE);
    assert_eq!(coming_for(&world, &shop).sign_in("ada@acme.test").await.refused(403), INACTIVE);
    world.browser().sign_in("ada@acme.test").await.token();
    change(&world, &shop, UpdateApplicationRequest::new().is_active(true)).await;
    browser.refresh().await.token();
}

/// Security: where access is managed, only those come in who are assigned, in that tenant.
#[tokio::test]
async fn managed_access_is_for_those_who_are_assigned() {
    let world = World::start().await;
    let shop = world.application("Shop").await;
    let (acme, _) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.member("acme", "ada@acme.test").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let managed = || EditApplicationTenantRequestV1::new(ManagedAccess);
    for tenant in ["acme", "globex"] {
        set_access(&world, &shop, tenant, managed()).await;
    }
    assert_eq!(coming_for(&world, &shop).sign_in("ada@acme.test").await.refused(403), UNASSIGNED);
    assign(&world, &shop, "globex", &ada).await;
    let mut browser = coming_for(&world, &shop);
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex", "where she is assigned");
    let acme_switch = json!({ "tenantId": "acme" });
    assert_eq!(browser.call("refresh_user_token", &[], acme_switch.clone()).await.refused(403), UNASSIGNED);
    let token = browser.refresh().await.token().to_owned();
    let mut caller = world.browser().bearer(&token);
    assert_eq!(caller.call("set_my_active_tenant", &[], acme_switch.clone()).await.refused(403), UNASSIGNED);
    set_access(&world, &shop, "acme", EditApplicationTenantRequestV1::new(FreeAccess)).await;
    caller.done("set_my_active_tenant", &[], acme_switch.clone()).await;
    assert_eq!(browser.refresh().await.claims()["tenantId"], "acme");

    // The assignment goes, and with it the way in; the session waits.
    let people = world.frontegg.applications();
    set_access(&world, &shop, "acme", managed()).await;
    assert_eq!(browser.refresh().await.refused(403), UNASSIGNED);
    assign(&world, &shop, "acme", &ada).await;
    browser.refresh().await.token();
    let withdrawal = UnassignUsersFromAppRequestDto::new(&shop, "acme", [&ada]);
    people.unassign_users_from_application(&withdrawal).await.expect("a withdrawal");
    assert_eq!(browser.refresh().await.refused(403), UNASSIGNED);
    drop(acme);
}

/// An application is taken from a tenant while a session lives, and given back.
#[tokio::test]
async fn a_session_waits_while_its_tenant_lacks_the_application() {
    for world in World::each().await {
        let shop = world.application("Shop").await;
        world.tenant("acme").await;
        let ada = world.member("acme", "ada@acme.test").await;
        assign(&world, &shop, "acme", &ada).await;
        let (mut browser, mut other) = (coming_for(&world, &shop), world.browser());
        let token = browser.sign_in("ada@acme.test").await.token().to_owned();
        other.sign_in("ada@acme.test").await.token();
        let choice = json!({ "activeApplicationTenants": [{ "applicationId": shop, "tenantId": "acme" }] });
        let mut back_end = world.back_end(None).await.with("frontegg-user-id", &ada);
        back_end.done("set_user_application_active_tenants", &[], choice.clone()).await;

        take(&world, &shop, "acme").await;
        lacks(&browser.refresh().await);
        lacks(&coming_for(&world, &shop).sign_in("ada@acme.test").await);
        other.refresh().await.token();
        // A token that is out is valid until it expires.
        world.browser().bearer(&token).done("get_my_profile_v2", &[], Value::Null).await;
        // Nobody is assigned any more, nor works there with it.
        let people = world.frontegg.applications();
        assert!(people.list_application_users(&shop).await.expect("ids").is_empty());
        let chosen = back_end.done("list_user_application_active_tenants", &[], Value::Null).await;
        assert_eq!(chosen["applicationActiveTenants"], json!([]));
        lacks(&back_end.call("set_user_application_active_tenants", &[], choice).await);
        let users = json!({ "appId": shop, "tenantId": "acme", "userIds": [ada] });
        lacks(&back_end.call("assign_users_to_application", &[], users).await);

        world.give_application(&shop, "acme").await;
        assert_eq!(browser.refresh().await.claims()["applicationId"], json!(shop));
    }
}

#[tokio::test]
async fn a_deleted_application_ends_its_sessions() {
    let world = World::start().await;
    let shop = world.application("Shop").await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    assign(&world, &shop, "acme", &ada).await;
    let mut back_end = world.back_end(None).await.with(HEADER, &shop);
    back_end.done("set_mfa_policy", &[], json!({ "enforceMFAType": "DontForce" })).await;
    let (mut browser, mut other) = (coming_for(&world, &shop), world.browser());
    browser.sign_in("ada@acme.test").await.token();
    other.sign_in("ada@acme.test").await.token();

    world.frontegg.applications().delete_application(&shop).await.expect("a deletion");
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
    other.refresh().await.token();
    assert_eq!(coming_for(&world, &shop).sign_in("ada@acme.test").await.refused(404), "Application not found");
    let people = world.frontegg.applications();
    assert!(people.list_user_applications(&ada).await.expect("ids").is_empty());
    assert_eq!(back_end.call("get_mfa_policy", &[], Value::Null).await.refused(404), "Application not found");
    let export = world.emulator.export_with_secrets().await.expect("a document");
    assert!(!export["tables"]["settings"].to_string().contains(&shop));
}

/// The second factor is given for the application that the sign-in began with, if the tenant still has it.
#[tokio::test]
async fn a_sign_in_under_way_keeps_its_application() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let shop = world.application("Shop").await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let (app, _) = enroll(&world, &ada).await;
    let mfa_token = challenge(&mut coming_for(&world, &shop), "ada@acme.test").await;
    let verify = async || {
        let answer = json!({ "mfaToken": mfa_token, "value": app.next_code(&world) });
        world.browser().call("verify_login_mfa_authenticator", &[], answer).await
    };
    take(&world, &shop, "acme").await;
    lacks(&verify().await);
    lacks(&coming_for(&world, &shop).sign_in("ada@acme.test").await);
    world.give_application(&shop, "acme").await;
    assert_eq!(verify().await.claims()["applicationId"], json!(shop));
}

/// Of the tenants of a person the one is entered that has the application.
#[tokio::test]
async fn a_tenant_without_the_application_is_no_choice() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let ada = world.member("acme", "ada@acme.test").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let shop = world.application("Shop").await;
    world.give_application(&shop, "globex").await;
    let mut browser = coming_for(&world, &shop);
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex");
    lacks(&browser.call("refresh_user_token", &[], json!({ "tenantId": "acme" })).await);
    world.emulator.set_tenant_alias("acme", Some("acme")).await.expect("an alias");
    lacks(&coming_for(&world, &shop).with("frontegg-login-alias", "acme").sign_in("ada@acme.test").await);
    // Where she works with it comes first.
    world.give_application(&shop, "acme").await;
    for tenant in ["acme", "globex"] {
        let choice = json!({ "activeApplicationTenants": [{ "applicationId": shop, "tenantId": tenant }] });
        let mut back_end = world.back_end(None).await.with("frontegg-user-id", &ada);
        back_end.done("set_user_application_active_tenants", &[], choice).await;
        assert_eq!(coming_for(&world, &shop).sign_in("ada@acme.test").await.claims()["tenantId"], tenant);
        assert_eq!(browser.refresh().await.claims()["tenantId"], tenant);
    }
}

#[tokio::test]
async fn newcomers_come_for_what_their_tenant_has() {
    let world = World::start().await;
    world.configure(json!({ "allowNotVerifiedUsersLogin": true })).await;
    let shop = world.application("Shop").await;
    let apps = world.frontegg.applications();
    let managed =
        CreateApplicationRequest::new("Managed", "https://x.test", "https://x.test").access_type(ManagedAccess);
    let managed = apps.create_application(&managed).await.expect("an application").id;
    let new = |email: &str| json!({ "email": email, "companyName": "Own", "password": PASSWORD });
    lacks(&coming_for(&world, &managed).call("sign_up_user", &[], new("eve@acme.test")).await);
    let mut nowhere = coming_for(&world, "nowhere");
    assert_eq!(nowhere.call("sign_up_user", &[], new("eve@acme.test")).await.refused(404), "Application not found");
    let signed_up = coming_for(&world, &shop).done("sign_up_user", &[], new("eve@acme.test")).await;
    let claims = crate::support::claims(signed_up["authResponse"]["accessToken"].as_str().expect("a token"));
    assert_eq!(claims["applicationId"], json!(shop));

    // By an invite into a tenant that lacks it, or lets in the assigned alone.
    world.tenant("acme").await;
    let invite = json!({ "tenantId": "acme" });
    let invite = world.back_end(Some("acme")).await.done("create_tenant_invite", &[], invite).await["token"].clone();
    let by_invite = |email: &str| {
        let mut body = new(email);
        body["invitationToken"] = invite.clone();
        body
    };
    lacks(&coming_for(&world, &managed).call("sign_up_user", &[], by_invite("bob@acme.test")).await);
    let sign_in = json!({ "email": "eve@acme.test", "password": PASSWORD, "invitationToken": invite });
    let mut by_managed = coming_for(&world, &managed);
    lacks(&by_managed.call("authenticate_user_with_password", &[], sign_in.clone()).await);
    world.give_application(&managed, "acme").await;
    assert_eq!(by_managed.call("sign_up_user", &[], by_invite("bob@acme.test")).await.refused(403), UNASSIGNED);
    let refused = by_managed.call("authenticate_user_with_password", &[], sign_in).await;
    assert_eq!(refused.refused(403), UNASSIGNED);
    coming_for(&world, &shop).done("sign_up_user", &[], by_invite("bob@acme.test")).await;
}

/// What was stored names an application that is gone: the default one counts.
#[tokio::test]
async fn sessions_for_an_unknown_application_are_for_the_default_one() {
    let world = World::start().await;
    let shop = world.application("Shop").await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = coming_for(&world, &shop);
    browser.sign_in("ada@acme.test").await.token();
    let mut document = world.emulator.export_with_secrets().await.expect("a document");
    for table in ["applications", "tenant_applications"] {
        let id = if table == "applications" { "id" } else { "app_id" };
        let rows = document["tables"][table].as_array_mut().expect("rows");
        rows.retain(|row| row[id] != json!(shop));
    }
    world.emulator.import(&document).await.expect("an import");
    let claims = browser.refresh().await.claims();
    assert_eq!(
        (&claims["applicationId"], &claims["aud"]),
        (&json!(world.emulator.application_id()), &json!(world.emulator.client_id()))
    );
}

#[tokio::test]
async fn nobody_is_invited_to_what_their_tenant_lacks() {
    let world = World::start().await;
    world.tenant("acme").await;
    let shop = world.application("Shop").await;
    let mut back_end = world.back_end(Some("acme")).await.with(HEADER, &shop);
    let new = json!({ "email": "ada@acme.test" });
    lacks(&back_end.call("create_user_v2", &[], new.clone()).await);
    assert!(world.emulator.outbox().messages_to("ada@acme.test").await.expect("the messages").is_empty());
    world.give_application(&shop, "acme").await;
    back_end.done("create_user_v2", &[], new.clone()).await;
    let mut nowhere = world.back_end(Some("acme")).await.with(HEADER, "nowhere");
    assert_eq!(nowhere.call("create_user_v2", &[], new).await.refused(404), "Application not found");
}
