//! Who may manage people: whoever has the permission, up to their own level; everybody leaves by themselves.

use frontegg_identity::{
    Scope, User,
    params::{ListUserEmails, ListUsernames, ListUsers, SearchUsers},
    types::{
        AssignUserToRolesDto, CreateInviteTokenRequestForUser, CreateInviteTokenRequestForUserV2,
        CreateTenantApiTokenDto, CreateUserDto, ResetTenantInvitationDto, UnassignUserFromRolesDto,
        UpdateInviteTokenRequest, UpdateSubAccountAccessRequestDto,
    },
};

use super::{
    common_role,
    support::{World, refused},
};

const READ: &str = "The permission fe.secure.read.users is required";
const WRITE: &str = "The permission fe.secure.write.users is required";
const DELETE: &str = "The permission fe.secure.delete.users is required";

fn new(email: &str) -> CreateUserDto {
    CreateUserDto::new().email(email)
}

/// The session of somebody without roles.
async fn bare(world: &World, email: &str) -> (String, Scope<User>) {
    let person = new(email).role_ids(Vec::<String>::new()).skip_invite_email(true);
    let id = world.frontegg.tenant("acme").user_management().create_user_v2(&person).await.expect("a user").id;
    let session = world.session(&id, "acme").await;
    (id, session)
}

/// All that manages somebody, without the permission to write or to delete people.
async fn manages_nobody(session: &Scope<User>, somebody: &str, role: &str) {
    let (users, invites) = (session.user_management(), session.account_invitations());
    let renew = ResetTenantInvitationDto::new("ada@acme.test");
    for text in [
        refused(users.create_user_v2(&new("new@acme.test")).await, 403),
        refused(users.create_user_v2(&new("new@acme.test").role_ids(Vec::<String>::new())).await, 403),
        refused(users.assign_roles_to_user(somebody, &AssignUserToRolesDto::new([role])).await, 403),
        refused(users.unassign_roles_from_user(somebody, &UnassignUserFromRolesDto::new([role])).await, 403),
        refused(users.disable_user_in_tenant(somebody).await, 403),
        refused(users.enable_user_in_tenant(somebody).await, 403),
        refused(users.set_user_sub_tenant_access(somebody, &UpdateSubAccountAccessRequestDto::new(true)).await, 403),
        refused(users.reset_tenant_invitation(&renew).await, 403),
        refused(users.reset_all_tenant_invitations(&renew).await, 403),
        refused(invites.create_user_tenant_invite_v1(&CreateInviteTokenRequestForUser::new()).await, 403),
        refused(invites.create_user_tenant_invite_v2(&CreateInviteTokenRequestForUserV2::new()).await, 403),
        refused(invites.update_user_tenant_invite(&UpdateInviteTokenRequest::new()).await, 403),
    ] {
        assert_eq!(text, WRITE);
    }
    assert_eq!(refused(users.remove_user(somebody).await, 403), DELETE);
}

#[tokio::test]
async fn without_the_permission_nobody_is_managed() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.user("acme", "ada@acme.test", &[]).await;
    let (reader, weak) = (world.role("ReadOnly").await, common_role(&world, "weak", 9).await);
    let (bob, powerless) = bare(&world, "bob@acme.test").await;
    let weaker = world.user("acme", "weaker@acme.test", &[&weak]).await;
    let carol = world.user("acme", "carol@acme.test", &[&reader]).await;
    let reading = world.session(&carol, "acme").await;
    for session in [&powerless, &reading] {
        manages_nobody(session, &weaker, &weak).await;
    }
    // Credentials without rights are no better off.
    let made = acme.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await;
    let made = made.expect("credentials");
    let machine = world.frontegg.api_token(made.client_id, made.secret);
    assert_eq!(refused(machine.user_management().create_user_v2(&new("new@acme.test")).await, 403), WRITE);
    assert_eq!(refused(machine.user_management().remove_user(&weaker).await, 403), DELETE);
    assert_eq!(refused(machine.user_management().list_users(ListUsers::new()).await, 403), READ);
    refused(world.frontegg.management().users().get_user_by_email("new@acme.test").await, 404);

    // Reading is asked for as well, and ReadOnly has it.
    let users = powerless.user_management();
    for text in [
        refused(users.list_users(ListUsers::new()).await, 403),
        refused(users.search_users(SearchUsers::new().phrase_search_contains(["a"])).await, 403),
        refused(users.list_users_roles([&bob]).await, 403),
        refused(users.list_users_groups([&bob]).await, 403),
        refused(users.list_user_emails(ListUserEmails::new()).await, 403),
        refused(users.list_usernames(ListUsernames::new()).await, 403),
        refused(powerless.users_applications_management().list_user_applications(&weaker).await, 403),
    ] {
        assert_eq!(text, READ);
    }
    assert_eq!(reading.user_management().list_users(ListUsers::new()).await.expect("a page").items.len(), 4);

    // What is one's own needs nothing.
    assert_eq!(users.get_my_profile_v2().await.expect("a profile").id, bob);
    assert_eq!(users.list_my_emails().await.expect("addresses").len(), 1);
    powerless.user_sessions().list_my_sessions().await.expect("sessions");
    powerless.personal_tokens().list_user_api_tokens().await.expect("tokens");
    let own = powerless.users_applications_management().list_user_applications(&bob).await;
    assert!(own.expect("ids").is_empty());
    users.remove_user(&bob).await.expect("people may leave");
}

/// Each permission does its own part, and the wildcard does all.
#[tokio::test]
async fn writing_is_not_deleting() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.user("acme", "ada@acme.test", &[]).await;
    let weak = common_role(&world, "weak", 9).await;
    for (key, permission, writes, deletes) in [
        ("writer", "fe.secure.write.users", true, false),
        ("deleter", "fe.secure.delete.users", false, true),
        ("chief", "fe.secure.*", true, true),
    ] {
        let role = common_role(&world, key, 5).await;
        world.allow(&role, &[permission]).await;
        let manager = world.user("acme", &format!("{key}@acme.test"), &[&role]).await;
        let somebody = world.user("acme", &format!("of-{key}@acme.test"), &[&weak]).await;
        let users = world.session(&manager, "acme").await.user_management();
        assert_eq!(users.disable_user_in_tenant(&somebody).await.is_ok(), writes, "{key}");
        assert_eq!(users.remove_user(&somebody).await.is_ok(), deletes, "{key}");
    }
}

/// An administrator may do to another what no one of a weaker level may.
#[tokio::test]
async fn equals_manage_each_other() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let session = world.session(&ada, "acme").await;
    let (users, tokens) = (session.user_management(), session.api_tokens());
    let invited = users.create_user_v2(&new("bob@acme.test").role_ids([admin.as_str()])).await.expect("an invitation");
    assert_eq!(invited.roles.map(|roles| roles.len()), Some(1));
    let bob = invited.id;
    // The default role is theirs to give as well.
    users.create_user_v2(&new("carol@acme.test")).await.expect("an invitation");
    users.disable_user_in_tenant(&bob).await.expect("a suspension");
    users.enable_user_in_tenant(&bob).await.expect("the end of it");
    users.unassign_roles_from_user(&bob, &UnassignUserFromRolesDto::new([admin.as_str()])).await.expect("roles");
    users.assign_roles_to_user(&bob, &AssignUserToRolesDto::new([admin.as_str()])).await.expect("roles");
    let invite = CreateInviteTokenRequestForUserV2::new().role_ids([admin.as_str()]);
    session.account_invitations().create_user_tenant_invite_v2(&invite).await.expect("an invite");
    let made = tokens.create_tenant_api_token_v2(&CreateTenantApiTokenDto::new().role_ids([admin.as_str()])).await;
    tokens.delete_tenant_api_token(&made.expect("credentials").client_id).await.expect("a deletion");

    // From below none of it is possible, not even the mail again, though its holder may write people.
    let manager = common_role(&world, "manager", 5).await;
    world.allow(&manager, &["fe.secure.*"]).await;
    let eve = world.user("acme", "eve@acme.test", &[&manager]).await;
    let below = world.session(&eve, "acme").await;
    let users = below.user_management();
    let text = "Users can only be managed up to your own level";
    assert_eq!(refused(users.create_user_v2(&new("bob@acme.test")).await, 403), text);
    let renew = ResetTenantInvitationDto::new("bob@acme.test");
    assert_eq!(refused(users.reset_tenant_invitation(&renew).await, 403), text);
    assert_eq!(refused(users.disable_user_in_tenant(&bob).await, 403), text);
    assert_eq!(refused(users.remove_user(&bob).await, 403), text);
    // An invite that a back end gave them leads higher than they are: it is not theirs to prolong.
    let strong = CreateInviteTokenRequestForUserV2::new().role_ids([admin.as_str()]);
    let given = acme.user(&eve).account_invitations().create_user_tenant_invite_v2(&strong).await;
    given.expect("an invite");
    let links = below.account_invitations();
    let longer = UpdateInviteTokenRequest::new().expires_in_minutes(60);
    let text = "Roles can only be managed up to your own level";
    assert_eq!(refused(links.update_user_tenant_invite(&longer).await, 403), text);
    // Nor do they hand out by an invite of their own the default role, which is above them.
    let usual = CreateInviteTokenRequestForUser::new();
    assert_eq!(refused(links.create_user_tenant_invite_v1(&usual).await, 403), text);
    session.user_management().remove_user(&bob).await.expect("a removal");
}
