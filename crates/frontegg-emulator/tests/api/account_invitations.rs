//! Tag “Account Invitations”: members hand on invites, and people come by them. Over HTTP through the
//! SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::types::{
    AddRoleRequest, CreateInviteTokenRequest, CreateInviteTokenRequestForUser, CreateInviteTokenRequestForUserV2,
    InviteTokenDto, UpdateInviteTokenRequest, VerifyInviteTokenRequest,
};
use serde_json::{Value, json};
use support::{
    World,
    browser::{PASSWORD, Reply},
    json, refused,
};

const BAD: &str = "Invitation token is invalid";

/// Ada and Bob in acme, Eve in globex.
async fn people(world: &World) -> [String; 3] {
    world.tenant("acme").await;
    world.tenant("globex").await;
    [
        world.member("acme", "ada@acme.test").await,
        world.member("acme", "bob@acme.test").await,
        world.member("globex", "eve@globex.test").await,
    ]
}

async fn sign_up(world: &World, email: &str, invite: &InviteTokenDto) -> Reply {
    let body = json!({
        "provider": "local", "email": email, "name": "Newcomer", "companyName": "Own", "password": PASSWORD,
        "invitationToken": invite.token.expose(),
    });
    world.browser().call("sign_up_user", &[], body).await
}

async fn sign_in(world: &World, email: &str, invite: &InviteTokenDto) -> Reply {
    let body = json!({ "email": email, "password": PASSWORD, "invitationToken": invite.token.expose() });
    world.browser().call("authenticate_user_with_password", &[], body).await
}

async fn verify(world: &World, invite: &InviteTokenDto) -> Result<InviteTokenDto, frontegg_identity::Error> {
    let body = VerifyInviteTokenRequest::new(invite.token.expose());
    world.frontegg.self_service().account_invitations().verify_tenant_invite(&body).await
}

async fn roles(world: &World, tenant: &str, email: &str) -> Vec<String> {
    let user = world.frontegg.management().users().get_user_by_email(email).await.expect("a user");
    let user = world.frontegg.tenant(tenant).users().get_user(&user.id).await.expect("a member");
    user.roles.into_iter().map(|role| role.key).collect()
}

/// An invite of nobody in particular.
async fn open_invite(world: &World, tenant: &str) -> InviteTokenDto {
    let settings = world.frontegg.management().account_invitations_settings();
    settings.create_tenant_invite(&CreateInviteTokenRequest::new(tenant)).await.expect("an invite")
}

#[tokio::test]
async fn a_member_has_one_invite() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let [ada, bob, _] = people(&world).await;
    let own = world.session(&ada, "acme").await.account_invitations();
    refused(own.get_user_tenant_invite().await, 404);
    refused(own.delete_user_tenant_invite().await, 404);
    refused(own.update_user_tenant_invite(&UpdateInviteTokenRequest::new()).await, 404);
    let now = world.emulator.clock().now();
    let new = CreateInviteTokenRequestForUser::new().expires_in_minutes(60).should_send_email(false);
    let first = own.create_user_tenant_invite_v1(&new).await.expect("an invite");
    assert_eq!((first.tenant_id.as_str(), first.user_id.as_ref()), ("acme", Some(&ada)));
    assert_eq!((first.expires, first.should_send_email), (now + Duration::from_hours(1), false));
    assert_eq!((first.name.as_deref(), first.role_ids.as_ref()), (Some("acme"), None));
    assert_eq!(json(&own.get_user_tenant_invite().await.expect("the invite")), json(&first));

    let second = own.create_user_tenant_invite_v1(&new).await.expect("an invite");
    assert_ne!(second.token.expose(), first.token.expose());
    assert_eq!(refused(verify(&world, &first).await, 404), BAD);
    // Its life begins anew, its token stays.
    world.emulator.clock().advance(Duration::from_mins(30));
    let body = UpdateInviteTokenRequest::new().should_send_email(true);
    let updated = own.update_user_tenant_invite(&body).await.expect("the invite");
    assert_eq!((updated.expires, updated.should_send_email), (second.expires, true));
    let body = UpdateInviteTokenRequest::new().expires_in_minutes(60);
    let updated = own.update_user_tenant_invite(&body).await.expect("the invite");
    assert_eq!((updated.expires, updated.should_send_email), (second.expires + Duration::from_mins(30), true));
    assert_eq!((updated.id.as_str(), updated.token.expose()), (second.id.as_str(), second.token.expose()));
    for minutes in [0, -1, i64::MAX] {
        let body = UpdateInviteTokenRequest::new().expires_in_minutes(minutes);
        refused(own.update_user_tenant_invite(&body).await, 400);
    }
    // Somebody else's is another matter.
    let others = world.session(&bob, "acme").await.account_invitations();
    refused(others.get_user_tenant_invite().await, 404);
    let text = refused(others.create_user_tenant_invite_v1(&new).await, 403);
    assert_eq!(text, "The permission fe.secure.write.users is required");
    let for_bob = world.frontegg.tenant("acme").user(&bob).account_invitations();
    let given = for_bob.create_user_tenant_invite_v1(&new).await.expect("an invite");
    assert_eq!(others.get_user_tenant_invite().await.expect("the invite").id, given.id);
    refused(others.update_user_tenant_invite(&UpdateInviteTokenRequest::new()).await, 403);
    others.delete_user_tenant_invite().await.expect("a deletion");
    world.emulator.clock().advance(Duration::from_mins(61));
    assert_eq!(json(&own.get_user_tenant_invite().await.expect("also when it has expired")), json(&updated));
    own.delete_user_tenant_invite().await.expect("a deletion");
    refused(own.get_user_tenant_invite().await, 404);
}

#[tokio::test]
async fn a_back_end_names_tenant_and_member() {
    let world = World::start().await;
    let [ada, _, eve] = people(&world).await;
    let acme = world.frontegg.tenant("acme");
    let own = acme.user(&ada).account_invitations();
    let new = CreateInviteTokenRequestForUser::new().expires_in_minutes(60);
    let made = own.create_user_tenant_invite_v1(&new).await.expect("an invite");
    assert_eq!(made.user_id.as_ref(), Some(&ada));
    assert_eq!(own.get_user_tenant_invite().await.expect("the invite").id, made.id);
    // A user's token says who it is, whatever the headers say.
    let mut browser = world.browser().bearer(&world.token(&eve, "globex").await);
    browser = browser.with("frontegg-tenant-id", "acme").with("frontegg-user-id", &ada);
    browser.call("get_user_tenant_invite", &[], Value::Null).await.refused(404);
    browser.call("delete_user_tenant_invite", &[], Value::Null).await.refused(404);
    let foreign = browser.done("create_user_tenant_invite_v1", &[], json!({})).await;
    assert_eq!((&foreign["tenantId"], &foreign["userId"]), (&json!("globex"), &json!(eve)));
    assert_eq!(own.get_user_tenant_invite().await.expect("the invite").id, made.id);

    let unknown = acme.user("nobody").account_invitations();
    refused(unknown.create_user_tenant_invite_v1(&new).await, 404);
    refused(acme.user(&eve).account_invitations().create_user_tenant_invite_v1(&new).await, 404);
    refused(
        world.frontegg.tenant("nowhere").user(&ada).account_invitations().create_user_tenant_invite_v1(&new).await,
        404,
    );
    let raw = world.raw().await;
    for (id, body) in [
        ("create_user_tenant_invite_v1", json!({})),
        ("create_user_tenant_invite_v2", json!({})),
        ("get_user_tenant_invite", Value::Null),
        ("update_user_tenant_invite", json!({})),
        ("delete_user_tenant_invite", Value::Null),
    ] {
        assert_eq!(raw.call(id, &[], body.clone()).await.refused(403), "Tenant ID is not specified");
        world.raw_with("").call(id, &[], body).await.refused(401);
    }
}

#[tokio::test]
async fn invites_give_their_roles_or_the_default_ones() {
    let world = World::start().await;
    let [ada, _, eve] = people(&world).await;
    let made = world.frontegg.management().roles();
    let (lead, clerk) = (AddRoleRequest::new("lead", "Lead", 5), AddRoleRequest::new("clerk", "Clerk", 9));
    let made = made.create_roles_v1(&[lead, clerk]).await.expect("roles");
    let ids: Vec<&str> = made.iter().map(|role| role.id.as_str()).collect();
    // Ada is the first member, so an administrator.
    let own = world.session(&ada, "acme").await.account_invitations();
    let new = CreateInviteTokenRequestForUserV2::new().expires_in_minutes(60);
    let invite = own.create_user_tenant_invite_v2(&new.clone().role_ids(ids.iter().copied())).await.expect("an invite");
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(invite.role_ids.as_deref().expect("roles"), sorted);
    let answer = sign_up(&world, "carol@acme.test", &invite).await;
    assert_eq!((answer.status, &answer.body["tenantId"]), (201, &json!("acme")), "{}", answer.body);
    assert_eq!(roles(&world, "acme", "carol@acme.test").await, ["lead", "clerk"]);
    let claims = sign_in(&world, "eve@globex.test", &invite).await.claims();
    assert_eq!((&claims["sub"], &claims["tenantIds"]), (&json!(eve), &json!(["globex", "acme"])));
    assert_eq!(roles(&world, "acme", "eve@globex.test").await, ["lead", "clerk"]);
    // Whoever is a member stays as they are.
    sign_in(&world, "bob@acme.test", &invite).await.token();
    assert_eq!(roles(&world, "acme", "bob@acme.test").await, ["ReadOnly"]);
    // A role that is gone is not given.
    world.frontegg.management().roles().delete_role(ids[0]).await.expect("a deletion");
    sign_up(&world, "dave@acme.test", &invite).await;
    assert_eq!(roles(&world, "acme", "dave@acme.test").await, ["clerk"]);
    for body in [new.clone(), new.role_ids(Vec::<String>::new())] {
        let invite = own.create_user_tenant_invite_v2(&body).await.expect("an invite");
        assert_eq!(invite.role_ids, None);
        let email = format!("{}@acme.test", &invite.id[..8]);
        sign_up(&world, &email, &invite).await;
        assert_eq!(roles(&world, "acme", &email).await, ["ReadOnly"]);
    }
    let unknown = CreateInviteTokenRequestForUserV2::new().role_ids(["nothing"]);
    refused(own.create_user_tenant_invite_v2(&unknown).await, 404);
}

#[tokio::test]
async fn an_invite_can_be_looked_at_by_anybody() {
    let world = World::start().await;
    people(&world).await;
    let invite = open_invite(&world, "acme").await;
    for _ in 0..2 {
        assert_eq!(json(&verify(&world, &invite).await.expect("the invite")), json(&invite));
    }
    let body = json!({ "token": invite.token.expose() });
    let nobody = world.browser().call("verify_tenant_invite", &[], body.clone()).await;
    assert_eq!((nobody.status, &nobody.body), (200, &json(&invite)));
    world.browser().bearer("forged").call("verify_tenant_invite", &[], body).await.refused(401);
    let missing = world.browser().call("verify_tenant_invite", &[], json!({})).await;
    assert_eq!(missing.refused(400), "token is required");
    let id = json!({ "token": invite.id });
    assert_eq!(world.browser().call("verify_tenant_invite", &[], id).await.refused(404), BAD);
}

/// Security case 46, for invites: they end by time, by deletion, with their tenant, their owner and
/// the permission; then nobody joins, whichever way they come.
#[tokio::test]
async fn case_46_an_invite_that_is_over_lets_nobody_in() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let [ada, bob, _] = people(&world).await;
    let acme = world.frontegg.tenant("acme");
    let useless = async |invite: &InviteTokenDto, statuses: [u16; 2], text: &str| {
        assert_eq!(refused(verify(&world, invite).await, statuses[0]), text);
        assert_eq!(sign_up(&world, "new@acme.test", invite).await.refused(statuses[1]), text);
        assert_eq!(sign_in(&world, "eve@globex.test", invite).await.refused(statuses[1]), text);
    };
    let members = async || {
        let users = acme.user_management().list_users(frontegg_identity::params::ListUsers::new()).await;
        users.expect("members").items.len()
    };
    assert_eq!(members().await, 2);
    let new = CreateInviteTokenRequestForUser::new().expires_in_minutes(60);
    let of_bob = async || {
        let own = acme.user(&bob).account_invitations();
        own.create_user_tenant_invite_v1(&new).await.expect("an invite")
    };
    // By time.
    let invite = of_bob().await;
    world.emulator.clock().advance(Duration::from_hours(1));
    useless(&invite, [400, 400], BAD).await;
    // By deletion.
    let invite = of_bob().await;
    acme.user(&bob).account_invitations().delete_user_tenant_invite().await.expect("a deletion");
    useless(&invite, [404, 400], BAD).await;
    // While its owner is not let in, or locked.
    let invite = of_bob().await;
    acme.user_management().disable_user_in_tenant(&bob).await.expect("a suspension");
    useless(&invite, [400, 400], BAD).await;
    acme.user_management().enable_user_in_tenant(&bob).await.expect("the end of it");
    let mut back_end = world.back_end(None).await;
    back_end.done("lock_user", &[&bob], Value::Null).await;
    useless(&invite, [400, 400], BAD).await;
    back_end.done("unlock_user", &[&bob], Value::Null).await;
    verify(&world, &invite).await.expect("the invite");
    // While the tenant is locked.
    world.emulator.set_tenant_locked("acme", true).await.expect("a lock");
    useless(&invite, [400, 400], "The tenant is locked").await;
    assert_eq!(sign_up(&world, "new@acme.test", &invite).await.body["errorCode"], "ER-01239");
    assert_eq!(sign_in(&world, "eve@globex.test", &invite).await.body["errorCode"], "ER-01239");
    assert_eq!(verify(&world, &invite).await.expect_err("a refusal").code(), Some("ER-01239"));
    world.emulator.set_tenant_locked("acme", false).await.expect("no lock");
    // While the environment allows none.
    world.configure(json!({ "allowTenantInvitations": false })).await;
    useless(&invite, [403, 403], "Tenant invitations are not allowed in this environment").await;
    world.configure(json!({ "allowTenantInvitations": true })).await;
    assert_eq!(members().await, 2, "nobody has joined");
    // With its owner's membership, for good.
    world.add_to_tenant(&bob, "globex", true).await;
    back_end.clone().with("frontegg-tenant-id", "acme").done("remove_user", &[&bob], Value::Null).await;
    useless(&invite, [404, 400], BAD).await;
    world.user("acme", "bob@acme.test", &[]).await;
    useless(&invite, [404, 400], BAD).await;
    // With its owner.
    let own = acme.user(&ada).account_invitations();
    let invite = own.create_user_tenant_invite_v1(&new).await.expect("an invite");
    world.browser().call("verify_tenant_invite", &[], json!({ "token": invite.token.expose() })).await;
    back_end.done("remove_user", &[&ada], Value::Null).await;
    useless(&invite, [404, 400], BAD).await;
    // With its tenant.
    let invite = open_invite(&world, "acme").await;
    back_end.done("delete_tenant", &["acme"], Value::Null).await;
    useless(&invite, [404, 400], BAD).await;
}

#[tokio::test]
async fn an_owner_is_told_who_came_if_they_want_to_know() {
    let world = World::start().await;
    let [ada, ..] = people(&world).await;
    let own = world.session(&ada, "acme").await.account_invitations();
    let configuration = own.get_tenant_invite_configuration().await.expect("the configuration");
    assert!(configuration.emails_enabled && configuration.tenant_invitations_allowed);
    let told = async || world.emulator.outbox().messages_to("ada@acme.test").await.expect("messages").len();
    let new = CreateInviteTokenRequestForUser::new();
    let invite = own.create_user_tenant_invite_v1(&new.clone().should_send_email(true)).await.expect("an invite");
    assert_eq!(told().await, 0);
    sign_up(&world, "carol@acme.test", &invite).await;
    let message = world.emulator.outbox().last_to("ada@acme.test").await.expect("a mail");
    assert_eq!((message.template(), message.tenant_id()), ("UserUsedInvitation", Some("acme")));
    assert!(message.body().contains("Newcomer") && message.body().contains("acme"));
    sign_in(&world, "eve@globex.test", &invite).await.token();
    assert_eq!(told().await, 2);
    sign_in(&world, "eve@globex.test", &invite).await.token();
    assert_eq!(told().await, 2, "a member does not come anew");
    let invite = own.create_user_tenant_invite_v1(&new).await.expect("an invite");
    sign_up(&world, "dave@acme.test", &invite).await;
    assert_eq!(told().await, 2);

    let off = json!({ "type": "UserUsedInvitation", "active": false, "senderEmail": "a@acme.test", "subject": "s",
        "fromName": "n", "htmlTemplate": "h" });
    world.back_end(None).await.done("set_email_template", &[], off).await;
    world.configure(json!({ "allowTenantInvitations": false })).await;
    let configuration = own.get_tenant_invite_configuration().await.expect("the configuration");
    assert!(!configuration.emails_enabled && !configuration.tenant_invitations_allowed);
    assert_eq!(
        refused(own.create_user_tenant_invite_v1(&CreateInviteTokenRequestForUser::new()).await, 403),
        "Tenant invitations are not allowed in this environment"
    );
}

/// Somebody who was invited by mail, and comes by an invite instead, has accepted.
#[tokio::test]
async fn an_invite_stands_for_an_invitation() {
    let world = World::start().await;
    let [.., eve] = people(&world).await;
    world.add_to_tenant(&eve, "acme", false).await;
    let token = world.emulator.outbox().last_to("eve@globex.test").token().await.expect("a token");
    let invite = open_invite(&world, "acme").await;
    let claims = sign_in(&world, "eve@globex.test", &invite).await.claims();
    assert_eq!(claims["tenantIds"], json!(["globex", "acme"]));
    let body = json!({ "userId": eve, "token": token });
    world.browser().call("accept_invitation", &[], body).await.refused(400);
}

/// Signing up with a username is open to login pages, too, which have no token.
#[tokio::test]
async fn login_pages_need_no_token_to_sign_up() {
    let world = World::start().await;
    people(&world).await;
    world.configure(json!({ "authStrategy": "UsernameAndPassword" })).await;
    let invite = open_invite(&world, "acme").await;
    let admin = world.role("Admin").await;
    let body = json!({
        "provider": "local", "username": "carol", "companyName": "Own", "password": PASSWORD, "roleIds": [admin],
        "invitationToken": invite.token.expose(),
    });
    let forged = world.browser().bearer("forged").call("sign_up_user_with_username", &[], body.clone()).await;
    forged.refused(401);
    let reply = world.browser().call("sign_up_user_with_username", &[], body).await;
    assert_eq!((reply.status, &reply.body["tenantId"]), (201, &json!("acme")), "{}", reply.body);
    let claims = support::claims(reply.body["authResponse"]["accessToken"].as_str().expect("a token"));
    assert_eq!(claims["roles"], json!(["ReadOnly"]));
}
