//! Accepting invitations into further tenants, and having them sent again.

use std::time::Duration;

use frontegg_identity::{
    Error,
    enums::StrategyKind,
    types::{
        AcceptInvitationDto, AcceptInvitationWithCodeDto, AddRoleRequest, AddUserToTenantRequest,
        CreateOrUpdateInvitationStrategyRequest, CreateUserDto, ResetTenantInvitationDto,
    },
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    NOBODY, below,
    support::{World, refused},
};

const ADA: &str = "ada@acme.test";
const BAD_LINK: &str = "The link is not valid or has expired";
const BAD_CODE: &str = "The code is wrong or has expired";

/// Ada, who is in acme.
async fn start() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", ADA).await;
    (world, ada)
}

/// Invites Ada into a further tenant; gives the token of the mail.
async fn invite(world: &World, tenant: &str) -> String {
    let new = CreateUserDto::new().email(ADA);
    world.frontegg.tenant(tenant).user_management().create_user_v2(&new).await.expect("an invitation");
    mailed(world).await
}

async fn mailed(world: &World) -> String {
    world.emulator.outbox().last_to(ADA).token().await.expect("a token")
}

async fn accept(world: &World, user_id: &str, token: &str) -> Result<(), Error> {
    let people = world.frontegg.self_service().user_management();
    people.accept_invitation(&AcceptInvitationDto::new(user_id, token)).await
}

async fn accept_with(world: &World, user_id: &str, token: &str, code: &str) -> Result<(), Error> {
    let people = world.frontegg.self_service().user_management();
    people.accept_invitation_with_code(&AcceptInvitationWithCodeDto::new(user_id, token, code)).await
}

async fn by_code(world: &World, seconds: i64) {
    let strategy = CreateOrUpdateInvitationStrategyRequest::new().strategy(StrategyKind::Code).code_expiration(seconds);
    let settings = world.frontegg.management().account_invitations_settings();
    settings.set_invitation_strategy(&strategy).await.expect("a strategy");
}

/// Whether Ada can go on in that tenant.
async fn enters(world: &World, tenant: &str) -> bool {
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(ADA).await.claims()["tenantId"], "acme", "the active tenant stays");
    let reply = browser.call("refresh_user_token", &[], json!({ "tenantId": tenant })).await;
    assert!(reply.status == 403 || reply.claims()["tenantId"] == tenant);
    reply.status != 403
}

async fn is_member(world: &World, user_id: &str, tenant: &str) -> bool {
    let user = world.frontegg.tenant(tenant).users().get_user(user_id).await;
    user.is_ok_and(|user| user.activated_for_tenant == Some(true))
}

#[tokio::test]
async fn a_link_makes_a_member_and_signs_nobody_in() {
    let (world, ada) = start().await;
    let token = invite(&world, "globex").await;
    let message = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!((message.template(), message.tenant_id()), ("InviteToTenant", Some("globex")));
    let page = format!("{}/account/invitation/accept?userId={ada}&token={token}", world.emulator.url());
    assert_eq!(message.link(), Some(page.as_str()));
    assert!(!is_member(&world, &ada, "globex").await);
    assert!(!enters(&world, "globex").await);

    let reply = world.browser().call("accept_invitation", &[], json!({ "userId": ada, "token": token })).await;
    assert_eq!((reply.status, &reply.body, reply.cookies.len()), (200, &Value::Null, 0));
    assert!(is_member(&world, &ada, "globex").await);
    let user = world.frontegg.management().users().get_user_globally(&ada).await.expect("a user");
    assert_eq!(user.tenant_id, "acme", "the active tenant stays");
    assert!(enters(&world, "globex").await);
    assert_eq!(refused(accept(&world, &ada, &token).await, 400), BAD_LINK);
}

#[tokio::test]
async fn a_code_makes_a_member_where_codes_are_mailed() {
    let (world, ada) = start().await;
    by_code(&world, 90).await;
    world.emulator.clock().freeze();
    let token = invite(&world, "globex").await;
    let message = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!(message.template(), "InviteToTenantWithCode");
    let code = message.code().expect("a code").to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(refused(accept(&world, &ada, &token).await, 400), BAD_LINK, "the token alone is not enough");
    for _ in 0..4 {
        assert_eq!(refused(accept_with(&world, &ada, &token, wrong).await, 400), BAD_CODE);
    }
    world.emulator.clock().advance(Duration::from_secs(89));
    accept_with(&world, &ada, &token, &code).await.expect("a membership");
    assert!(is_member(&world, &ada, "globex").await);
    assert_eq!(refused(accept_with(&world, &ada, &token, &code).await, 400), BAD_CODE);

    // Five wrong ones void it, time does as well.
    world.tenant("initech").await;
    for late in [false, true] {
        let token = invite(&world, "initech").await;
        let code = world.emulator.outbox().last_to(ADA).code().await.expect("a code");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        if late {
            world.emulator.clock().advance(Duration::from_secs(90));
        } else {
            for _ in 0..5 {
                refused(accept_with(&world, &ada, &token, wrong).await, 400);
            }
        }
        assert_eq!(refused(accept_with(&world, &ada, &token, &code).await, 400), BAD_CODE);
    }
    assert!(!is_member(&world, &ada, "initech").await);
}

/// Security case 46: an invitation is good once, for a time, for one address, for one tenant, while
/// it is there.
#[tokio::test]
async fn case_46_a_bad_invitation_makes_no_member() {
    let (world, ada) = start().await;
    world.emulator.clock().freeze();
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let token = invite(&world, "globex").await;
    // Of somebody else, of nobody, made up.
    assert_eq!(refused(accept(&world, &bob, &token).await, 400), BAD_LINK);
    assert_eq!(refused(accept(&world, NOBODY, &token).await, 404), "User not found");
    assert_eq!(refused(accept(&world, &ada, "nonsense").await, 400), BAD_LINK);
    assert!(!is_member(&world, &bob, "globex").await);
    // Another purpose.
    let made = world.frontegg.management().users().generate_user_activation_link(&ada).await.expect("a link");
    assert_eq!(refused(accept(&world, &ada, made.token.expose()).await, 400), BAD_LINK);

    // Another address than the one it went to.
    let mut back_end = world.back_end(None).await;
    back_end.done("set_user_email", &[&ada], json!({ "email": "ada@globex.test" })).await;
    assert_eq!(refused(accept(&world, &ada, &token).await, 400), BAD_LINK);
    back_end.done("set_user_email", &[&ada], json!({ "email": ADA })).await;
    accept(&world, &ada, &token).await.expect("that address is theirs again");
    // A second use, also after the membership has ended and been offered anew.
    assert_eq!(refused(accept(&world, &ada, &token).await, 400), BAD_LINK);
    back_end.clone().with("frontegg-tenant-id", "globex").done("remove_user", &[&ada], Value::Null).await;
    let second = invite(&world, "globex").await;
    assert_eq!(refused(accept(&world, &ada, &token).await, 400), BAD_LINK);
    assert!(!is_member(&world, &ada, "globex").await);
    // Its tenant alone.
    world.tenant("initech").await;
    invite(&world, "initech").await;
    accept(&world, &ada, &second).await.expect("a membership");
    assert!(is_member(&world, &ada, "globex").await && !is_member(&world, &ada, "initech").await);

    // Taken back, by removing the person or the tenant.
    let third = mailed(&world).await;
    back_end.clone().with("frontegg-tenant-id", "initech").done("remove_user", &[&ada], Value::Null).await;
    assert_eq!(refused(accept(&world, &ada, &third).await, 400), BAD_LINK);
    let fourth = invite(&world, "initech").await;
    back_end.done("delete_tenant", &["initech"], Value::Null).await;
    assert_eq!(refused(accept(&world, &ada, &fourth).await, 400), BAD_LINK);
    // Over.
    world.tenant("umbrella").await;
    let fifth = invite(&world, "umbrella").await;
    world.emulator.clock().advance(Duration::from_hours(7 * 24));
    assert_eq!(refused(accept(&world, &ada, &fifth).await, 400), BAD_LINK);
    assert!(!is_member(&world, &ada, "umbrella").await);
}

#[tokio::test]
async fn a_locked_tenant_takes_nobody_in() {
    let (world, ada) = start().await;
    let token = invite(&world, "globex").await;
    world.emulator.set_tenant_locked("globex", true).await.expect("a lock");
    let body = json!({ "userId": ada, "token": token });
    let reply = world.browser().call("accept_invitation", &[], body).await;
    assert_eq!(reply.refused(400), "The tenant is locked");
    assert_eq!(reply.body["errorCode"], "ER-01239");
    let renew = ResetTenantInvitationDto::new(ADA);
    let error = world.frontegg.tenant("globex").user_management().reset_tenant_invitation(&renew).await;
    assert_eq!(error.expect_err("a refusal").code(), Some("ER-01239"));
    world.emulator.set_tenant_locked("globex", false).await.expect("no lock");
    accept(&world, &ada, &token).await.expect("it was not spent");
}

/// Security case 57: of a hundred who accept at once one has accepted, whatever the store.
#[tokio::test]
async fn case_57_an_invitation_is_accepted_once() {
    for world in World::each().await {
        world.tenant("acme").await;
        world.tenant("globex").await;
        let ada = world.member("acme", ADA).await;
        let token = invite(&world, "globex").await;
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let (mut browser, body) = (world.browser(), json!({ "userId": ada, "token": token }));
            tasks.spawn(async move { browser.call("accept_invitation", &[], body).await.status });
        }
        let mut statuses = tasks.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| *status == 400), "{statuses:?}");
        assert!(is_member(&world, &ada, "globex").await);
    }
}

#[tokio::test]
async fn an_invitation_is_sent_again() {
    let (world, ada) = start().await;
    let first = invite(&world, "globex").await;
    let globex = world.frontegg.tenant("globex").user_management();
    let renew = ResetTenantInvitationDto::new;
    globex.reset_tenant_invitation(&renew("ADA@acme.test")).await.expect("a new mail");
    let second = mailed(&world).await;
    assert_ne!(first, second);
    assert_eq!(refused(accept(&world, &ada, &first).await, 400), BAD_LINK);
    let sent = world.emulator.outbox().messages().await.expect("messages").len();
    // Not for others, who look alike; nor for those who get an activation mail.
    world.user("acme", "bob@acme.test", &[]).await;
    globex
        .create_user_v2(&CreateUserDto::new().email("new@globex.test").skip_invite_email(false))
        .await
        .expect("a user");
    for email in ["nobody@acme.test", "bob@acme.test", "new@globex.test"] {
        assert_eq!(refused(globex.reset_tenant_invitation(&renew(email)).await, 404), "Invitation not found");
    }
    assert_eq!(refused(globex.reset_tenant_invitation(&renew("ada")).await, 400), "email must be an email");
    accept(&world, &ada, &second).await.expect("a membership");
    let accepted = refused(globex.reset_tenant_invitation(&renew(ADA)).await, 400);
    assert_eq!(accepted, "The invitation was accepted already");
    assert_eq!(world.emulator.outbox().messages().await.expect("messages").len(), sent + 1);
    let raw = world.raw().await;
    let answer = raw.call("reset_tenant_invitation", &[], json!({ "email": ADA })).await;
    assert_eq!(answer.refused(403), "Tenant ID is not specified");
    world.raw_with("").call("reset_tenant_invitation", &[], json!({ "email": ADA })).await.refused(401);

    // With a user's token it is about their tenant.
    let eve = world.user("globex", "eve@globex.test", &[&world.role("Admin").await]).await;
    world.tenant("initech").await;
    invite(&world, "initech").await;
    let session = world.session(&eve, "globex").await.user_management();
    refused(session.reset_tenant_invitation(&renew(ADA)).await, 400);
    let trudy = world.user("initech", "trudy@initech.test", &[&world.role("Admin").await]).await;
    let session = world.session(&trudy, "initech").await.user_management();
    session.reset_tenant_invitation(&renew(ADA)).await.expect("a new mail");
    accept(&world, &ada, &mailed(&world).await).await.expect("a membership");
}

#[tokio::test]
async fn all_invitations_below_a_tenant_are_sent_again() {
    let (world, ada) = start().await;
    below(&world, "globex-eu", "globex").await;
    below(&world, "globex-de", "globex-eu").await;
    below(&world, "globex-us", "globex").await;
    world.tenant("initech").await;
    let mut old = Vec::new();
    for tenant in ["globex", "globex-de", "globex-us", "initech"] {
        old.push(invite(&world, tenant).await);
    }
    // One was accepted, one leads nowhere now.
    accept(&world, &ada, &old[2]).await.expect("a membership");
    world.emulator.outbox().clear().await.expect("an empty outbox");
    let globex = world.frontegg.tenant("globex").user_management();
    let renew = ResetTenantInvitationDto::new;
    globex.reset_all_tenant_invitations(&renew(ADA)).await.expect("new mails");
    let mails = world.emulator.outbox().messages_to(ADA).await.expect("messages");
    let tenants: Vec<_> = mails.iter().filter_map(|mail| mail.tenant_id()).collect();
    assert_eq!(tenants, ["globex", "globex-de"]);
    refused(accept(&world, &ada, &old[0]).await, 400);
    accept(&world, &ada, mails[1].token().expect("a token")).await.expect("a membership");
    accept(&world, &ada, &old[3]).await.expect("it lies elsewhere");

    refused(globex.reset_all_tenant_invitations(&renew("nobody@acme.test")).await, 404);
    refused(globex.reset_all_tenant_invitations(&renew("nobody")).await, 400);
    // Of those without any it is not told.
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    globex.reset_all_tenant_invitations(&renew("bob@acme.test")).await.expect("nothing to do");
    assert!(world.emulator.outbox().messages_to("bob@acme.test").await.expect("messages").is_empty());

    // A user's token reaches as far as its holder does, and knows nobody beyond.
    let eve = world.user("globex", "eve@globex.test", &[&world.role("Admin").await]).await;
    let session = world.session(&eve, "globex").await.user_management();
    let unknown = refused(session.reset_all_tenant_invitations(&renew("nobody@acme.test")).await, 404);
    assert_eq!(refused(session.reset_all_tenant_invitations(&renew("bob@acme.test")).await, 404), unknown);
    let there = AddUserToTenantRequest::new("globex-eu").skip_invite_email(false);
    world.frontegg.management().users().add_user_to_tenant(&bob, &there).await.expect("an invitation");
    refused(session.reset_all_tenant_invitations(&renew("bob@acme.test")).await, 404);
    world.raw().await.call("reset_all_tenant_invitations", &[], json!({ "email": ADA })).await.refused(403);
}

/// Security case 45: nobody gives by an invitation what they do not have themselves.
#[tokio::test]
async fn case_45_an_invitation_gives_no_higher_role() {
    let (world, _) = start().await;
    let roles = world.frontegg.management().roles();
    let chief = AddRoleRequest::new("chief", "Chief", 4);
    let lead = AddRoleRequest::new("lead", "Lead", 5);
    let clerk = AddRoleRequest::new("clerk", "Clerk", 9);
    let made = roles.create_roles_v1(&[chief, lead, clerk]).await.expect("roles");
    let id = |key: &str| made.iter().find(|role| role.key == key).expect("a role").id.clone();
    let (chief, lead, clerk, admin) = (id("chief"), id("lead"), id("clerk"), world.role("Admin").await);
    world.allow(&lead, &["fe.secure.write.users"]).await;
    let bob = world.user("acme", "bob@acme.test", &[&lead]).await;
    let session = world.session(&bob, "acme").await;
    let text = "Roles can only be managed up to your own level";
    for role in [&admin, &chief] {
        let new = CreateUserDto::new().email("new@acme.test").role_ids([role.as_str(), clerk.as_str()]);
        assert_eq!(refused(session.user_management().create_user_v2(&new).await, 403), text);
        let body = json!({ "roleIds": [clerk, role] });
        let mut browser = world.browser().bearer(&world.token(&bob, "acme").await);
        assert_eq!(browser.call("create_user_tenant_invite_v2", &[], body).await.refused(403), text);
    }
    refused(world.frontegg.management().users().get_user_by_email("new@acme.test").await, 404);
    let new = CreateUserDto::new().email("new@acme.test").role_ids([clerk.as_str(), lead.as_str()]);
    session.user_management().create_user_v2(&new).await.expect("their own level is theirs to give");
}
