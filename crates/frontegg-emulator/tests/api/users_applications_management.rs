//! Tag “Users-applications Management”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    Environment,
    types::{
        AddRoleRequest, AddUserToTenantRequest, AssignUsersToAppRequestDto, SwitchApplicationActiveUserTenantDto,
        SwitchApplicationActiveUserTenantsRequestDto, UnassignUsersFromAppRequestDto,
    },
    views::Applications,
};
use reqwest::Method;
use serde_json::json;
use support::{World, json, refused};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn applications(world: &World) -> Applications<Environment> {
    world.frontegg.applications()
}

fn assign(app: &str, tenant: &str, users: &[&String]) -> AssignUsersToAppRequestDto {
    AssignUsersToAppRequestDto::new(app, tenant, users.iter().map(|id| id.as_str()))
}

fn unassign(app: &str, tenant: &str, users: &[&String]) -> UnassignUsersFromAppRequestDto {
    UnassignUsersFromAppRequestDto::new(app, tenant, users.iter().map(|id| id.as_str()))
}

fn choose(choices: &[(&str, &str)]) -> SwitchApplicationActiveUserTenantsRequestDto {
    let choice = |(app, tenant): &(&str, &str)| SwitchApplicationActiveUserTenantDto::new(*app, *tenant);
    SwitchApplicationActiveUserTenantsRequestDto::new(choices.iter().map(choice).collect::<Vec<_>>())
}

/// Ada in acme and globex, Bob in acme, Eve in globex; both tenants have two applications.
struct People {
    world: World,
    ada: String,
    bob: String,
    eve: String,
    billing: String,
    crm: String,
}

async fn populated() -> People {
    let world = World::start().await;
    let (billing, crm) = (world.application("Billing").await, world.application("CRM").await);
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let eve = world.user("globex", "eve@globex.test", &[]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    world.frontegg.management().users().add_user_to_tenant(&ada, &there).await.expect("a user");
    People { world, ada, bob, eve, billing, crm }
}

#[tokio::test]
async fn members_are_assigned_and_withdrawn() {
    let People { world, ada, bob, eve, billing, crm } = populated().await;
    let apps = applications(&world);
    assert!(apps.list_application_users(&billing).await.expect("ids").is_empty());
    let made =
        apps.assign_users_to_application(&assign(&billing, "acme", &[&bob, &ada, &bob])).await.expect("assignments");
    assert_eq!(made.len(), 2);
    assert!(made.iter().all(|one| one.app_id == billing));
    assert_ne!(made[0].user_tenant_id, made[1].user_tenant_id);
    // Once more changes nothing, not even the time.
    let again = apps.assign_users_to_application(&assign(&billing, "acme", &[&bob, &ada])).await.expect("assignments");
    assert_eq!(json(&again), json(&made));
    apps.assign_users_to_application(&assign(&billing, "globex", &[&ada, &eve])).await.expect("assignments");
    apps.assign_users_to_application(&assign(&crm, "globex", &[&ada])).await.expect("assignments");
    assert_eq!(apps.list_application_users(&billing).await.expect("ids"), [bob.as_str(), &ada, &eve]);
    assert_eq!(apps.list_user_applications(&ada).await.expect("ids"), [billing.as_str(), &crm]);
    assert!(apps.list_user_applications(&eve).await.expect("ids") == [billing.as_str()]);
    refused(apps.list_user_applications(NOBODY).await, 404);

    apps.unassign_users_from_application(&unassign(&billing, "acme", &[&ada, &eve])).await.expect("a withdrawal");
    assert_eq!(apps.list_application_users(&billing).await.expect("ids"), [bob.as_str(), &ada, &eve]);
    for _ in 0..2 {
        apps.unassign_users_from_application(&unassign(&billing, "globex", &[&ada])).await.expect("a withdrawal");
        assert_eq!(apps.list_application_users(&billing).await.expect("ids"), [bob.as_str(), &eve]);
    }
    assert_eq!(apps.list_user_applications(&ada).await.expect("ids"), [crm.as_str()]);
    // An assignment goes with its membership.
    world.frontegg.tenant("globex").user_management().remove_user(&ada).await.expect("a removal");
    assert!(apps.list_user_applications(&ada).await.expect("ids").is_empty());
}

#[tokio::test]
async fn an_assignment_is_refused_whole() {
    let People { world, ada, bob, eve, billing, .. } = populated().await;
    let apps = applications(&world);
    let nobody = NOBODY.to_owned();
    for (request, status) in [
        (assign(&billing, "acme", &[&bob, &eve]), 404),
        (assign(&billing, "acme", &[&bob, &nobody]), 404),
        (assign(&billing, "nowhere", &[&bob]), 404),
        (assign(&billing, "acme", &[]), 400),
        (assign(" ", "acme", &[&bob]), 400),
    ] {
        refused(apps.assign_users_to_application(&request).await, status);
    }
    assert!(apps.list_application_users(&billing).await.expect("ids").is_empty());
    let path = "/identity/resources/applications/v1";
    for method in [Method::POST, Method::DELETE] {
        let (status, body) = world.send(method, path, None, json!({ "appId": "billing" })).await;
        assert_eq!(status, 400);
        let texts = body["errors"].to_string();
        assert!(texts.contains("tenantId is required") && texts.contains("userIds is required"), "{texts}");
    }
    drop(ada);
}

#[tokio::test]
async fn users_need_the_permission_and_keep_to_their_tenant() {
    let People { world, ada, bob, eve, billing, crm } = populated().await;
    let apps = applications(&world);
    apps.assign_users_to_application(&assign(&billing, "acme", &[&bob])).await.expect("assignments");
    apps.assign_users_to_application(&assign(&billing, "globex", &[&ada, &eve])).await.expect("assignments");
    let roles = world.frontegg.management().roles();
    for (key, level, permission) in [
        ("giver", 5, "fe.secure.write.appsUsers"),
        ("taker", 6, "fe.secure.delete.appsUser"),
        ("portal", 6, "fe.secure.delete.appsUsers"),
    ] {
        let role = roles.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role").remove(0).id;
        world.allow(&role, &[permission, "fe.secure.read.users"]).await;
        world.user("acme", &format!("{key}@acme.test"), &[&role]).await;
    }
    let session = async |email: &str| {
        let id = world.frontegg.management().users().get_user_by_email(email).await.expect("a user").id;
        world.session(&id, "acme").await.users_applications_management()
    };
    let (giver, taker) = (session("giver@acme.test").await, session("taker@acme.test").await);
    let texts = refused(taker.assign_users_to_application(&assign(&crm, "acme", &[&bob])).await, 403);
    assert_eq!(texts, "The permission fe.secure.write.appsUsers is required");
    refused(giver.assign_users_to_application(&assign(&crm, "globex", &[&ada])).await, 403);
    giver.assign_users_to_application(&assign(&crm, "acme", &[&bob])).await.expect("assignments");
    refused(giver.unassign_users_from_application(&unassign(&crm, "acme", &[&bob])).await, 403);
    refused(taker.unassign_users_from_application(&unassign(&billing, "globex", &[&eve])).await, 403);
    taker.unassign_users_from_application(&unassign(&crm, "acme", &[&bob])).await.expect("a withdrawal");
    let portal = session("portal@acme.test").await;
    portal.unassign_users_from_application(&unassign(&crm, "acme", &[&bob])).await.expect("the other spelling");

    // They read what concerns their tenant, and all of their own.
    assert_eq!(giver.list_application_users(&billing).await.expect("ids"), [bob.as_str()]);
    assert_eq!(giver.list_user_applications(&bob).await.expect("ids"), [billing.as_str()]);
    assert!(giver.list_user_applications(&ada).await.expect("ids").is_empty(), "that is elsewhere");
    assert_eq!(
        refused(giver.list_user_applications(&eve).await, 404),
        refused(giver.list_user_applications(NOBODY).await, 404)
    );
    let own = world.session(&ada, "acme").await.users_applications_management();
    assert_eq!(own.list_user_applications(&ada).await.expect("ids"), [billing.as_str()]);
}

#[tokio::test]
async fn each_application_has_its_active_tenant() {
    let People { world, ada, bob, billing, crm, .. } = populated().await;
    let apps = applications(&world);
    let of = |id: &str| world.frontegg.tenant("acme").user(id).users_applications_management();
    let read = async |id: &str| {
        let answer = of(id).list_user_application_active_tenants().await.expect("choices");
        let pairs = answer.application_active_tenants.into_iter();
        let name = |id: &str| if id == billing { "billing" } else { "crm" };
        let mut pairs: Vec<_> = pairs.map(|one| format!("{}={}", name(&one.application_id), one.tenant_id)).collect();
        pairs.sort();
        pairs
    };
    assert!(read(&ada).await.is_empty());
    of(&ada)
        .set_user_application_active_tenants(&choose(&[(&crm, "globex"), (&billing, "acme")]))
        .await
        .expect("a choice");
    of(&ada).set_user_application_active_tenants(&choose(&[(&billing, "globex")])).await.expect("a choice");
    assert_eq!(read(&ada).await, ["billing=globex", "crm=globex"]);
    // All or nothing.
    for choices in [
        [(crm.as_str(), "acme"), (billing.as_str(), "nowhere")],
        [(crm.as_str(), "acme"), (billing.as_str(), "umbrella")],
    ] {
        refused(of(&ada).set_user_application_active_tenants(&choose(&choices)).await, 403);
    }
    refused(of(&bob).set_user_application_active_tenants(&choose(&[(&crm, "globex")])).await, 403);
    world.frontegg.tenant("acme").user_management().disable_user_in_tenant(&ada).await.expect("a suspension");
    refused(of(&ada).set_user_application_active_tenants(&choose(&[(&crm, "acme")])).await, 403);
    assert_eq!(read(&ada).await, ["billing=globex", "crm=globex"]);
    refused(of(NOBODY).list_user_application_active_tenants().await, 404);
    refused(of(NOBODY).set_user_application_active_tenants(&choose(&[])).await, 404);
    let path = "/identity/resources/applications/user-tenants/active/v1";
    for method in [Method::GET, Method::PUT] {
        let (status, body) = world.send(method, path, None, json!({ "activeApplicationTenants": [] })).await;
        assert_eq!((status, &body["errors"]), (403, &json!(["User ID is not specified"])));
    }

    // With the last assignment the choice is forgotten, and with the membership.
    apps.assign_users_to_application(&assign(&billing, "globex", &[&ada])).await.expect("assignments");
    apps.unassign_users_from_application(&unassign(&billing, "globex", &[&ada])).await.expect("a withdrawal");
    assert_eq!(read(&ada).await, ["crm=globex"]);
    world.frontegg.tenant("globex").user_management().remove_user(&ada).await.expect("a removal");
    assert!(read(&ada).await.is_empty());
    // One's own, with one's own token.
    let own = world.session(&bob, "acme").await.users_applications_management();
    own.set_user_application_active_tenants(&choose(&[(&crm, "acme")])).await.expect("a choice");
    assert_eq!(own.list_user_application_active_tenants().await.expect("choices").application_active_tenants.len(), 1);
}

/// As the portal asks it for a page of people.
#[tokio::test]
async fn several_people_are_asked_for_at_once() {
    let People { world, ada, bob, eve, billing, crm } = populated().await;
    let apps = applications(&world);
    apps.assign_users_to_application(&assign(&billing, "acme", &[&ada])).await.expect("assignments");
    apps.assign_users_to_application(&assign(&crm, "globex", &[&ada, &eve])).await.expect("assignments");
    apps.assign_users_to_application(&assign(&billing, "globex", &[&ada])).await.expect("assignments");
    let question = "list_applications_of_users";
    let ids = format!("userIds={eve},{ada},{NOBODY},{bob},{eve}");
    let all = world.back_end(None).await.query(question, &ids).await;
    let entry = |user: &str, apps: &[&String]| json!({ "userId": user, "appIds": apps });
    assert_eq!(all, json!([entry(&eve, &[&crm]), entry(&ada, &[&billing, &crm]), entry(&bob, &[])]));
    let admin = world.role("Admin").await;
    let carol = world.user("acme", "carol@acme.test", &[&admin]).await;
    let mut own = world.browser().bearer(&world.token(&carol, "acme").await);
    assert_eq!(own.query(question, &ids).await, json!([entry(&ada, &[&billing]), entry(&bob, &[])]));
    world.back_end(None).await.call(question, &[], serde_json::Value::Null).await.refused(400);
}
