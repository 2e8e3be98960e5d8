//! Suspending, limiting, removing members; their roles.

use std::time::Duration;

use frontegg_identity::{
    enums::SubAccountAccessType,
    params::ListUsers,
    types::{
        AddUserToTenantRequest, AssignUserToRolesDto, CreateGroupDto, TemporaryUserDto, TemporaryUsersConfigurationDto,
        UnassignUserFromRolesDto, UpdateRolesOnGroupDto, UpdateSubAccountAccessRequestDto,
        UpdateSubTenantHierarchySettingsRequest, UpdateUserDto, UpdateUserTenantDto, UpdateUsersOnGroupDto,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, below, common_role, keys, role,
    support::{World, refused},
};

const WRITE: &str = "fe.secure.write.users";
const DELETE: &str = "fe.secure.delete.users";

#[tokio::test]
async fn roles_are_given_and_taken() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let one = common_role(&world, "one", 5).await;
    let own = role(&acme, "own", 6).await;
    let foreign = role(&globex, "foreign", 6).await;
    let ada = world.user("acme", "ada@acme.test", &[&one]).await;
    let users = acme.user_management();

    let both = AssignUserToRolesDto::new([own.as_str(), one.as_str()]);
    for _ in 0..2 {
        let answer = users.assign_roles_to_user(&ada, &both).await.expect("roles");
        assert_eq!((answer.tenant_id.as_str(), answer.user_id.as_str()), ("acme", ada.as_str()));
        assert_eq!(answer.roles.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["one", "own"]);
    }
    assert_eq!(keys(&acme.users().get_user(&ada).await.expect("a member")), ["one", "own"]);
    for id in [NOBODY, &foreign] {
        let unknown = AssignUserToRolesDto::new([own.as_str(), id]);
        assert_eq!(refused(users.assign_roles_to_user(&ada, &unknown).await, 404), "Role not found");
    }
    refused(globex.user_management().assign_roles_to_user(&ada, &AssignUserToRolesDto::new([one.as_str()])).await, 404);
    refused(users.assign_roles_to_user(NOBODY, &both).await, 404);

    let take = UnassignUserFromRolesDto::new([one.as_str(), NOBODY]);
    for _ in 0..2 {
        let answer = users.unassign_roles_from_user(&ada, &take).await.expect("roles");
        assert_eq!(answer.roles.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["own"]);
    }
    let last = UnassignUserFromRolesDto::new([own.as_str()]);
    assert!(users.unassign_roles_from_user(&ada, &last).await.expect("roles").roles.is_empty());
    assert!(acme.users().get_user(&ada).await.expect("a member").roles.is_empty());
    refused(users.unassign_roles_from_user(NOBODY, &last).await, 404);
    refused(globex.user_management().unassign_roles_from_user(&ada, &last).await, 404);
    let path = format!("/identity/resources/users/v1/{ada}/roles");
    for method in [Method::POST, Method::DELETE] {
        assert_eq!(world.send(method.clone(), &path, Some("acme"), json!({})).await.0, 400);
        assert_eq!(world.send(method, &path, None, json!({ "roleIds": [own] })).await.0, 403);
    }
}

#[tokio::test]
async fn users_change_roles_up_to_their_own_level() {
    let world = World::start().await;
    world.tenant("acme").await;
    let strong = common_role(&world, "strong", 4).await;
    let equal = common_role(&world, "equal", 5).await;
    let weak = common_role(&world, "weak", 6).await;
    world.allow(&equal, &[WRITE]).await;
    let manager = world.user("acme", "manager@acme.test", &[&equal]).await;
    let peer = world.user("acme", "peer@acme.test", &[&equal]).await;
    let ada = world.user("acme", "ada@acme.test", &[&strong]).await;
    let users = world.session(&manager, "acme").await.user_management();
    for id in [&weak, &equal] {
        let id = id.as_str();
        users.unassign_roles_from_user(&peer, &UnassignUserFromRolesDto::new([id])).await.expect("roles");
        users.assign_roles_to_user(&peer, &AssignUserToRolesDto::new([id])).await.expect("roles");
    }
    assert_eq!(world.roles_of(&peer, "acme").await, ["equal", "weak"]);
    // Neither a stronger role nor, with any role, somebody stronger.
    for (id, role) in [(&peer, &strong), (&manager, &strong), (&ada, &strong), (&ada, &weak)] {
        let role = role.as_str();
        refused(users.assign_roles_to_user(id, &AssignUserToRolesDto::new([role])).await, 403);
    }
    refused(users.unassign_roles_from_user(&ada, &UnassignUserFromRolesDto::new([strong.as_str()])).await, 403);
    assert_eq!(world.roles_of(&ada, "acme").await, ["strong"]);
    let nobody = world.user("acme", "nobody@acme.test", &[&weak]).await;
    let powerless = world.session(&nobody, "acme").await.user_management();
    let text = refused(powerless.assign_roles_to_user(&nobody, &AssignUserToRolesDto::new([weak.as_str()])).await, 403);
    assert_eq!(text, "The permission fe.secure.write.users is required");
}

/// Security case 19, for suspension.
#[tokio::test]
async fn a_suspended_member_is_barred_here_only() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    world.frontegg.management().users().add_user_to_tenant(&ada, &there).await.expect("a user");
    let (here, elsewhere) = (world.session(&ada, "acme").await, world.session(&ada, "globex").await);
    let users = acme.user_management();
    for _ in 0..2 {
        users.disable_user_in_tenant(&ada).await.expect("a suspension");
    }
    refused(here.user_management().get_my_profile_v3().await, 401);
    elsewhere.user_management().get_my_profile_v3().await.expect("a profile");
    let read = world.frontegg.management().users().get_user_globally(&ada).await.expect("a user");
    let seen: Vec<_> = read.tenants.iter().map(|one| (one.tenant_id.as_str(), one.is_disabled)).collect();
    assert_eq!(seen, [("acme", Some(true)), ("globex", Some(false))]);
    assert!(!read.roles.is_empty(), "roles are kept");
    let switch = UpdateUserTenantDto::new("acme");
    let texts = refused(globex.user(&ada).user_management().set_my_active_tenant(&switch).await, 403);
    assert_eq!(texts, "User cannot enter the tenant");

    for _ in 0..2 {
        users.enable_user_in_tenant(&ada).await.expect("an end of it");
    }
    globex.user(&ada).user_management().set_my_active_tenant(&switch).await.expect("a user");
    let umbrella = world.tenant("umbrella").await.user_management();
    for (answer, known) in [
        (umbrella.disable_user_in_tenant(&ada).await, umbrella.disable_user_in_tenant(NOBODY).await),
        (umbrella.enable_user_in_tenant(&ada).await, umbrella.enable_user_in_tenant(NOBODY).await),
    ] {
        assert_eq!(refused(answer, 404), refused(known, 404));
    }
    for word in ["disable", "enable"] {
        let path = format!("/identity/resources/tenants/users/v1/{ada}/{word}");
        assert_eq!(world.send(Method::POST, &path, None, json!({})).await.0, 403);
    }
}

#[tokio::test]
async fn users_manage_people_who_are_not_stronger() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let strong = common_role(&world, "strong", 4).await;
    let equal = common_role(&world, "equal", 5).await;
    let weak = common_role(&world, "weak", 6).await;
    world.allow(&equal, &[WRITE, DELETE]).await;
    let on = TemporaryUsersConfigurationDto::new(true);
    world.frontegg.management().users().set_temporary_users_configuration(&on).await.expect("a flag");
    let manager = world.user("acme", "manager@acme.test", &[&equal]).await;
    let chief = world.user("acme", "chief@acme.test", &[&strong, &weak]).await;
    let peer = world.user("acme", "peer@acme.test", &[&equal, &weak]).await;
    let by_group = world.user("acme", "by-group@acme.test", &[&weak]).await;
    let group = acme.user_groups().create_group(&CreateGroupDto::new("Chiefs")).await.expect("a group").id;
    let roles = UpdateRolesOnGroupDto::new([strong.as_str()]);
    acme.user_groups().add_roles_to_group(&group, &roles).await.expect("roles");
    let members = UpdateUsersOnGroupDto::new([by_group.as_str()]);
    acme.user_groups().add_users_to_group(&group, &members).await.expect("users");
    let weaker = world.user("acme", "weaker@acme.test", &[&weak]).await;
    let stranger = world.user("globex", "stranger@globex.test", &[&weak]).await;
    let users = world.session(&manager, "acme").await.user_management();
    let (period, down) = (TemporaryUserDto::new(300), UpdateSubAccountAccessRequestDto::new(true));
    let nobody = NOBODY.to_owned();
    for (id, status) in [(&chief, 403), (&by_group, 403), (&manager, 403), (&stranger, 404), (&nobody, 404)] {
        refused(users.disable_user_in_tenant(id).await, status);
        refused(users.enable_user_in_tenant(id).await, status);
        refused(users.set_user_temporary(id, &period).await, status);
        refused(users.set_user_permanent(id).await, status);
        refused(users.set_user_sub_tenant_access(id, &down).await, status);
        if *id != manager {
            refused(users.remove_user(id).await, status);
        }
    }
    for id in [&weaker, &peer] {
        users.disable_user_in_tenant(id).await.expect("a suspension");
        users.enable_user_in_tenant(id).await.expect("its end");
        users.set_user_temporary(id, &period).await.expect("a limit");
        users.set_user_permanent(id).await.expect("no limit");
        users.set_user_sub_tenant_access(id, &down).await.expect("access");
        users.remove_user(id).await.expect("a removal");
        refused(acme.users().get_user(id).await, 404);
    }
    // Without the permission nobody is managed, not even people without roles.
    let bare = |email: &'static str| {
        frontegg_identity::types::CreateUserDto::new()
            .email(email)
            .role_ids(Vec::<String>::new())
            .skip_invite_email(true)
    };
    let one = acme.user_management().create_user_v2(&bare("one@acme.test")).await.expect("a user").id;
    let other = acme.user_management().create_user_v2(&bare("other@acme.test")).await.expect("a user").id;
    refused(world.session(&one, "acme").await.user_management().disable_user_in_tenant(&other).await, 403);
    // Leaving needs no right.
    world.session(&one, "acme").await.user_management().remove_user(&one).await.expect("a removal");
    refused(world.frontegg.management().users().get_user_globally(&one).await, 404);
}

#[tokio::test]
async fn a_stay_is_limited_and_lengthened() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let users = acme.user_management();
    let period = TemporaryUserDto::new(300);
    assert_eq!(refused(users.set_user_temporary(&ada, &period).await, 400), "Temporary users are not enabled");
    let on = TemporaryUsersConfigurationDto::new(true);
    world.frontegg.management().users().set_temporary_users_configuration(&on).await.expect("a flag");
    refused(users.set_user_temporary(&ada, &TemporaryUserDto::new(299)).await, 400);
    refused(users.set_user_temporary(NOBODY, &period).await, 404);
    refused(globex.user_management().set_user_temporary(&ada, &period).await, 404);
    world.emulator.clock().freeze();
    assert_eq!(users.set_user_temporary(&ada, &period).await.expect("an echo").expiration_in_seconds, 300);
    let read = || async { acme.users().get_user(&ada).await.expect("a member").tenants[0].temporary_expiration_date };
    let end = read().await.expect("an end");
    assert_eq!((end - world.emulator.clock().now()).num_seconds(), 300);

    let me = acme.user(&ada).user_management();
    let switch = UpdateUserTenantDto::new("acme");
    me.set_my_active_tenant(&switch).await.expect("a user");
    world.emulator.clock().advance(Duration::from_mins(5));
    refused(me.set_my_active_tenant(&switch).await, 403);
    assert!(read().await.is_some(), "the account goes on existing");
    users.set_user_temporary(&ada, &TemporaryUserDto::new(600)).await.expect("an echo");
    me.set_my_active_tenant(&switch).await.expect("a user");
    world.emulator.clock().advance(Duration::from_secs(601));
    // Without a header it is about the tenant that she works in.
    let anywhere = world.frontegg.self_service().user_management();
    for _ in 0..2 {
        anywhere.set_user_permanent(&ada).await.expect("no limit");
    }
    assert_eq!(read().await, None);
    me.set_my_active_tenant(&switch).await.expect("a user");
    refused(globex.user_management().set_user_permanent(&ada).await, 404);
    anywhere.set_user_temporary(&ada, &period).await.expect("an echo");
    assert!(read().await.is_some());
}

#[tokio::test]
async fn removal_ends_a_membership_or_a_person() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let all = world.frontegg.management().users();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    all.add_user_to_tenant(&ada, &there).await.expect("a user");
    let session = world.session(&ada, "acme").await;

    refused(world.tenant("umbrella").await.user_management().remove_user(&ada).await, 404);
    refused(acme.user_management().remove_user(NOBODY).await, 404);
    acme.user_management().remove_user(&ada).await.expect("a removal");
    let left = all.get_user_globally(&ada).await.expect("a user");
    assert_eq!((left.tenant_id.as_str(), left.tenant_ids.as_slice()), ("globex", &["globex".to_owned()][..]));
    refused(session.user_management().get_my_profile_v3().await, 401);
    refused(acme.user_management().remove_user(&ada).await, 404);
    assert_eq!(acme.user_management().list_users(ListUsers::new()).await.expect("a page").metadata.total_items, 0);

    // The last membership takes the person along, and frees what they were known by.
    globex.user_management().remove_user(&ada).await.expect("a removal");
    refused(all.get_user_globally(&ada).await, 404);
    let again = world.user("acme", "ada@acme.test", &[]).await;
    all.add_user_to_tenant(&again, &there).await.expect("a user");
    // Without a tenant all memberships go at once; the answer has no body.
    let path = format!("/identity/resources/users/v1/{again}");
    assert_eq!(world.send(Method::DELETE, &path, None, json!(null)).await, (200, json!(null)));
    refused(all.get_user_globally(&again).await, 404);
    assert_eq!(world.send(Method::DELETE, &path, None, json!(null)).await.0, 404);
    for tenant in [acme, globex] {
        let page = tenant.user_management().list_users(ListUsers::new()).await.expect("a page");
        assert_eq!(page.metadata.total_items, 0);
    }
}

#[tokio::test]
async fn members_reach_into_sub_tenants_if_allowed() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let branch = below(&world, "branch", "acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let users = acme.user_management();
    let flag = || async { acme.users().get_user(&ada).await.expect("a member").sub_account_access_allowed };
    assert_eq!(flag().await, Some(false));
    let access = UpdateSubAccountAccessRequestDto::new;
    users.set_user_sub_tenant_access(&ada, &access(true)).await.expect("access");
    assert_eq!(flag().await, Some(true));
    // Her roles count there, without a membership.
    assert_eq!(world.roles_of(&ada, "branch").await, ["Admin", "ReadOnly"]);
    let me = branch.user(&ada).user_management();
    let there = me.set_my_active_tenant(&UpdateUserTenantDto::new("branch")).await.expect("a user");
    assert_eq!((there.tenant_id.as_str(), there.tenant_ids.as_slice()), ("branch", &["acme".to_owned()][..]));
    assert_eq!(keys(&there), ["Admin", "ReadOnly"]);
    me.set_my_active_tenant(&UpdateUserTenantDto::new("acme")).await.expect("a user");
    users.set_user_sub_tenant_access(&ada, &access(false)).await.expect("no access");
    refused(me.set_my_active_tenant(&UpdateUserTenantDto::new("branch")).await, 403);
    refused(users.set_user_sub_tenant_access(NOBODY, &access(true)).await, 404);
    refused(branch.user_management().set_user_sub_tenant_access(&ada, &access(true)).await, 404);
    let path = format!("/identity/resources/sub-tenants/users/v1/{ada}/access");
    assert_eq!(world.send(Method::PUT, &path, Some("acme"), json!({ "allowAccess": "x" })).await.0, 400);
}

#[tokio::test]
async fn the_profile_of_a_member_is_changed_for_all_tenants() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let change = UpdateUserDto::new().name("Ada").metadata(r#"{"a":1}"#).phone_number("+4915112345678");
    let changed = acme.user(&ada).user_management().update_user(&change).await.expect("a user");
    assert_eq!((changed.name.as_deref(), changed.metadata.as_deref()), (Some("Ada"), Some(r#"{"a":1}"#)));
    let read = world.frontegg.management().users().get_user_globally(&ada).await.expect("a user");
    assert_eq!((read.name.as_deref(), read.phone_number.as_deref()), (Some("Ada"), Some("+4915112345678")));

    refused(globex.user(&ada).user_management().update_user(&change).await, 404);
    refused(acme.user(NOBODY).user_management().update_user(&change).await, 404);
    let taken = UpdateUserDto::new().phone_number("+4915112345678").name("x");
    refused(acme.user(&bob).user_management().update_user(&taken).await, 409);
    refused(acme.user(&bob).user_management().update_user(&UpdateUserDto::new().metadata("{")).await, 400);
    let path = "/identity/resources/users/v1";
    let (status, body) = world.send(Method::PUT, path, Some("acme"), json!({})).await;
    assert_eq!((status, &body["errors"]), (403, &json!(["User ID is not specified"])));
    // With a user's token it is the caller, whoever the header names.
    let me = world.session(&bob, "acme").await.user_management().update_user(&UpdateUserDto::new().name("Bob")).await;
    assert_eq!(me.expect("a user").id, bob);
}

/// A tenant may let everybody down into the tenants below.
#[tokio::test]
async fn a_tenant_forces_access_to_its_sub_tenants() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let branch = below(&world, "branch", "acme").await;
    let ada = world.user("branch", "ada@acme.test", &[]).await;
    let set = async |kind| {
        let settings = UpdateSubTenantHierarchySettingsRequest::new(kind);
        acme.sub_accounts().set_sub_tenant_hierarchy_settings("branch", &settings).await.expect("settings");
    };
    let flag = async |id: &str| branch.users().get_user(id).await.expect("a member").sub_account_access_allowed;
    assert_eq!(flag(&ada).await, Some(false));
    set(SubAccountAccessType::DefaultOn).await;
    // That is how new members begin; the others stay as they are.
    let bob = world.user("branch", "bob@acme.test", &[]).await;
    assert_eq!((flag(&ada).await, flag(&bob).await), (Some(false), Some(true)));
    set(SubAccountAccessType::AlwaysOn).await;
    assert_eq!(flag(&ada).await, Some(true));
    let access = UpdateSubAccountAccessRequestDto::new(false);
    refused(branch.user_management().set_user_sub_tenant_access(&ada, &access).await, 400);
}
