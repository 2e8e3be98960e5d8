//! People in several tenants: joining, moving, roles everywhere.

use frontegg_identity::{
    enums::{TaskStatus, UserTenantStatus},
    params::{ListUserTenantStatuses, ListUsers},
    types::{
        AddRoleRequest, AddUserToTenantRequest, BulkUpdateUserRolesRequestDto, CreateUserDto,
        MigrateUsersFromTenantToTenantRequest, UpdateUserTenantWithValidationDto,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, read, role, role_keys,
    support::{World, json, refused},
    users,
};

#[tokio::test]
async fn the_active_tenant_may_be_one_that_is_made_for_it() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let checked = UpdateUserTenantWithValidationDto::new("globex").validate_tenant_exist(true);
    assert_eq!(refused(users.set_user_active_tenant(&id, &checked).await, 404), "Tenant not found");
    assert_eq!(read(&world, &id).await.tenant_id, "acme");

    let globex = UpdateUserTenantWithValidationDto::new("globex");
    let ada = users.set_user_active_tenant(&id, &globex).await.expect("a user");
    assert_eq!((ada.tenant_id.as_str(), ada.activated_for_tenant), ("globex", Some(true)));
    assert_eq!(ada.tenant_ids, ["acme", "globex"]);
    assert_eq!(role_keys(&ada), ["Admin", "ReadOnly"]);
    let made = world.frontegg.tenants().get_tenant_v2("globex").await.expect("an answer");
    assert!(json(&made).to_string().contains(r#""name":"globex""#));
    // Back again; it changes nothing else.
    let acme = UpdateUserTenantWithValidationDto::new("acme").validate_tenant_exist(true);
    assert_eq!(users.set_user_active_tenant(&id, &acme).await.expect("a user").tenant_ids, ["acme", "globex"]);
    refused(users.set_user_active_tenant(NOBODY, &acme).await, 404);
    refused(users.set_user_active_tenant(&id, &UpdateUserTenantWithValidationDto::new(" ")).await, 400);
}

#[tokio::test]
async fn a_known_user_joins_a_further_tenant() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let ada = users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await.expect("a user");
    assert_eq!((ada.tenant_id.as_str(), ada.tenant_ids.len()), ("acme", 2));
    let there = world.frontegg.tenant("globex").users().get_user(&id).await.expect("a member");
    assert_eq!(there.activated_for_tenant, Some(false));
    assert_eq!(
        refused(users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await, 409),
        "User is already a member of the tenant"
    );

    let silent = |tenant: &str| AddUserToTenantRequest::new(tenant).skip_invite_email(true);
    refused(users.add_user_to_tenant(&id, &silent("umbrella").validate_tenant_exist(true)).await, 404);
    users.add_user_to_tenant(&id, &silent("umbrella")).await.expect("a user");
    refused(users.add_user_to_tenant(NOBODY, &silent("acme")).await, 404);

    let states = users.list_user_tenant_statuses([&id], ListUserTenantStatuses::new()).await.expect("states");
    let of = |tenant: &str| states[0].tenants_statuses.iter().find(|one| one.tenant_id == tenant).expect("a state");
    assert_eq!(of("acme").status, UserTenantStatus::PendingLogin);
    assert_eq!(of("globex").status, UserTenantStatus::PendingInvitation);
    assert_eq!(of("umbrella").status, UserTenantStatus::PendingLogin);
}

#[tokio::test]
async fn states_are_listed_for_known_people() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob =
        acme.user_management().create_user_v2(&CreateUserDto::new().email("bob@acme.test")).await.expect("a user");
    let users = users(&world);
    let ids = [bob.id.as_str(), NOBODY, &ada];
    let states = users.list_user_tenant_statuses(ids, ListUserTenantStatuses::new()).await.expect("states");
    let seen: Vec<_> =
        states.iter().map(|one| (one.user_id.as_str(), one.tenants_statuses[0].status.as_str())).collect();
    assert_eq!(seen, [(bob.id.as_str(), "NotActivated"), (ada.as_str(), "PendingLogin")]);

    let narrow = |words: &[&str]| ListUserTenantStatuses::new().user_tenant_statuses(words);
    let states = users.list_user_tenant_statuses(ids, narrow(&["NotActivated", "Activated"])).await.expect("states");
    assert_eq!(states.iter().map(|one| one.tenants_statuses.len()).collect::<Vec<_>>(), [1, 0]);
    refused(users.list_user_tenant_statuses(ids, narrow(&["Sleeping"])).await, 400);
    let many: Vec<String> = (0..201).map(|id| id.to_string()).collect();
    refused(users.list_user_tenant_statuses(&many, ListUserTenantStatuses::new()).await, 400);
    let path = "/identity/resources/tenants/users/v1/statuses";
    assert_eq!(world.send(Method::GET, path, None, json!(null)).await.0, 400);
}

#[tokio::test]
async fn everybody_moves_to_another_tenant() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let owned = role(&acme, "owned", 5).await;
    let everywhere = world.frontegg.management().roles();
    let common =
        everywhere.create_roles_v1(&[AddRoleRequest::new("common", "Common", 7)]).await.expect("a role").remove(0).id;
    let ada = world.user("acme", "ada@acme.test", &[&owned, &common]).await;
    let bob = world.user("acme", "bob@acme.test", &[&common]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    users(&world).add_user_to_tenant(&bob, &there).await.expect("a user");
    let session = world.session(&ada, "acme").await;

    let request = MigrateUsersFromTenantToTenantRequest::new;
    let users = users(&world);
    refused(users.move_all_users_to_tenant(&request("acme", "acme")).await, 400);
    refused(users.move_all_users_to_tenant(&request("acme", "nowhere")).await, 404);
    refused(users.move_all_users_to_tenant(&request("nowhere", "acme")).await, 404);
    users.move_all_users_to_tenant(&request("acme", "globex")).await.expect("a move");

    let ada = read(&world, &ada).await;
    assert_eq!((ada.tenant_id.as_str(), ada.tenant_ids.as_slice()), ("globex", &["globex".to_owned()][..]));
    assert_eq!(role_keys(&ada), ["common"]);
    let bob = read(&world, &bob).await;
    assert_eq!((bob.tenant_id.as_str(), bob.tenant_ids.len()), ("globex", 1));
    assert!(!role_keys(&bob).contains(&"common"), "who is in both keeps what they are in the target");
    refused(session.user_management().get_my_profile_v2().await, 401);
    let left = acme.user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(left.metadata.total_items, 0);
    let arrived = globex.user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(arrived.metadata.total_items, 2);
}

#[tokio::test]
async fn roles_change_across_tenants_at_once() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let everywhere = world.frontegg.management().roles();
    let mut new = Vec::new();
    for (key, level) in [("one", 5), ("two", 6)] {
        let made = everywhere.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role");
        new.push(made[0].id.clone());
    }
    let owned = role(&acme, "owned", 5).await;
    let id = world.user("acme", "ada@acme.test", &[&new[0]]).await;
    let users = users(&world);
    users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await.expect("a user");

    let change =
        BulkUpdateUserRolesRequestDto::new().add_role_ids([new[1].as_str()]).remove_role_ids([new[0].as_str()]);
    for _ in 0..2 {
        let answer = users.update_user_roles_across_tenants(&id, &change).await.expect("a change");
        assert_eq!((answer.affected_tenants, answer.task_id), (Some(2), None));
        assert_eq!(
            (answer.roles_added, answer.roles_removed),
            (Some(vec![new[1].clone()]), Some(vec![new[0].clone()]))
        );
        assert_eq!(world.roles_of(&id, "acme").await, ["two"]);
        assert!(held(&world, &id, "globex").await.contains(&"two".to_owned()));
    }
    // Only where it is said, only where the role is seen, and a role in both lists is gone in the end.
    let both = BulkUpdateUserRolesRequestDto::new()
        .add_role_ids([new[0].as_str(), owned.as_str()])
        .remove_role_ids([new[0].as_str()])
        .tenant_ids(["acme", "nowhere"]);
    let answer = users.update_user_roles_across_tenants(&id, &both).await.expect("a change");
    assert_eq!(answer.affected_tenants, Some(1));
    assert_eq!(world.roles_of(&id, "acme").await, ["owned", "two"]);

    let none = BulkUpdateUserRolesRequestDto::new().add_role_ids(Vec::<String>::new());
    refused(users.update_user_roles_across_tenants(&id, &none).await, 400);
    refused(users.update_user_roles_across_tenants(NOBODY, &change).await, 404);
    let unknown = BulkUpdateUserRolesRequestDto::new().add_role_ids([NOBODY]);
    refused(users.update_user_roles_across_tenants(&id, &unknown).await, 404);
    refused(users.get_bulk_roles_update_status(NOBODY).await, 404);
}

async fn held(world: &World, id: &str, tenant: &str) -> Vec<String> {
    let user = world.frontegg.tenant(tenant).users().get_user(id).await.expect("a member");
    user.roles.into_iter().map(|role| role.key).collect()
}

#[tokio::test]
async fn many_tenants_make_a_task() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let owned = role(&acme, "owned", 5).await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    for index in 0..100 {
        let tenant = UpdateUserTenantWithValidationDto::new(format!("tenant-{index}"));
        users.set_user_active_tenant(&id, &tenant).await.expect("a user");
    }
    let change = BulkUpdateUserRolesRequestDto::new().add_role_ids([owned.as_str()]);
    let answer = users.update_user_roles_across_tenants(&id, &change).await.expect("a task");
    assert_eq!((answer.affected_tenants, answer.roles_added), (None, None));
    let task = users.get_bulk_roles_update_status(&answer.task_id.expect("a task")).await.expect("a report");
    assert_eq!((task.status, task.total_tenants, task.processed_tenants), (TaskStatus::CompletedWithErrors, 101, 101));
    assert_eq!((task.user_id.as_str(), task.added_role_ids.as_slice()), (id.as_str(), &[owned][..]));
    let errors = task.errors.expect("errors");
    assert_eq!(errors[0].tenant_ids.as_ref().map(Vec::len), Some(100));
    assert!(held(&world, &id, "acme").await.contains(&"owned".to_owned()));
}
