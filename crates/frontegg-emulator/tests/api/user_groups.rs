//! Tag “User Groups”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized, Scope,
    enums::{GroupRelations, GroupSortField, ManagedBy, SortOrder},
    params::{GetGroup, ListGroupsByIds, ListGroupsV1, ListGroupsV2},
    types::{
        AddRoleRequest, CreateGroupDto, CreateOrUpdateGroupConfigurationDto, GetGroupsDto, GroupResponse,
        UpdateGroupDto, UpdateRoleTenantRequest, UpdateRolesOnGroupDto, UpdateUsersOnGroupDto,
    },
    views::Groups,
};
use reqwest::Method;
use serde_json::json;
use support::{World, http, json, refused};

const READ: &str = "fe.secure.read.groups";
const WRITE: &str = "fe.secure.write.groups";
const DELETE: &str = "fe.secure.delete.groups";

async fn create<A: Authorized>(groups: &Groups<A>, name: &str) -> GroupResponse {
    groups.create_group(&CreateGroupDto::new(name)).await.expect("a group")
}

async fn role<A: Authorized>(scope: &Scope<A>, key: &str, level: i32) -> String {
    let new = [AddRoleRequest::new(key, key, level)];
    scope.roles().create_roles_v1(&new).await.expect("a role").remove(0).id
}

/// A group with everything.
async fn whole<A: Authorized>(groups: &Groups<A>, id: &str) -> GroupResponse {
    let all = GetGroup::new().groups_relations(GroupRelations::RolesAndUsers);
    groups.get_group(id, all).await.expect("a group")
}

fn role_ids(group: &GroupResponse) -> Vec<&str> {
    group.roles.as_ref().expect("roles").iter().map(|role| role.id.as_str()).collect()
}

fn user_ids(group: &GroupResponse) -> Vec<&str> {
    group.users.as_ref().expect("users").iter().map(|user| user.id.as_str()).collect()
}

fn roles(ids: &[&str]) -> UpdateRolesOnGroupDto {
    UpdateRolesOnGroupDto::new(ids.iter().copied())
}

fn users(ids: &[&str]) -> UpdateUsersOnGroupDto {
    UpdateUsersOnGroupDto::new(ids.iter().copied())
}

#[tokio::test]
async fn a_group_is_created_and_read_back() {
    let world = World::start().await;
    let groups = world.tenant("acme").await.user_groups();
    let new = CreateGroupDto::new("Team").color("#fff").description("Text").metadata(r#"{"a": [1]}"#);
    let made = groups.create_group(&new).with_response().await.expect("a group");
    assert_eq!(made.status(), 201);
    let made = made.into_inner();
    assert_eq!(
        (made.name.as_str(), made.color.as_deref(), made.description.as_deref()),
        ("Team", Some("#fff"), Some("Text"))
    );
    assert_eq!((made.metadata.as_deref(), &made.managed_by), (Some(r#"{"a": [1]}"#), &ManagedBy::Frontegg));
    assert!(role_ids(&made).is_empty() && user_ids(&made).is_empty());
    assert_eq!(json(&whole(&groups, &made.id).await), json(&made));
    let plain = create(&groups, "team").await;
    assert_eq!([plain.color, plain.description, plain.metadata], ["", "", ""].map(|text| Some(text.to_owned())));

    refused(groups.create_group(&CreateGroupDto::new("Team")).await, 409);
    refused(groups.create_group(&CreateGroupDto::new(" ")).await, 400);
    refused(groups.create_group(&CreateGroupDto::new("x").metadata("{")).await, 400);
    assert_eq!(world.send(Method::POST, "/identity/resources/groups/v1", Some("acme"), json!({})).await.0, 400);
    let nowhere = world.frontegg.tenant("nowhere").user_groups();
    assert_eq!(refused(nowhere.create_group(&CreateGroupDto::new("x")).await, 404), "Tenant not found");
    let list = groups.list_groups_v1(ListGroupsV1::new()).await.expect("groups").groups;
    assert_eq!(list.len(), 2);
}

#[tokio::test]
async fn every_operation_needs_a_tenant() {
    let world = World::start().await;
    let base = "/identity/resources/groups";
    let (role_ids, user_ids) = (json!({"roleIds": []}), json!({"userIds": []}));
    for (method, path, body) in [
        (Method::GET, "/v1", json!(null)),
        (Method::POST, "/v1", json!({"name": "x"})),
        (Method::POST, "/v1/bulkGet", json!({"groupsIds": []})),
        (Method::GET, "/v1/x", json!(null)),
        (Method::PATCH, "/v1/x", json!({})),
        (Method::DELETE, "/v1/x", json!(null)),
        (Method::POST, "/v1/x/roles", role_ids.clone()),
        (Method::DELETE, "/v1/x/roles", role_ids),
        (Method::POST, "/v1/x/users", user_ids.clone()),
        (Method::DELETE, "/v1/x/users", user_ids),
        (Method::GET, "/v2", json!(null)),
    ] {
        let (status, answer) = world.send(method.clone(), &format!("{base}{path}"), None, body).await;
        assert_eq!((status, &answer["errors"][0]), (403, &json!("Tenant ID is not specified")), "{method} {path}");
    }
}

#[tokio::test]
async fn a_group_changes() {
    let world = World::start().await;
    let groups = world.tenant("acme").await.user_groups();
    let made =
        groups.create_group(&CreateGroupDto::new("Team").color("red").description("Text")).await.expect("a group");
    create(&groups, "Taken").await;
    world.emulator.clock().advance(Duration::from_mins(1));
    let update = async |change: UpdateGroupDto| groups.update_group(&made.id, &change).await;
    assert_eq!(json(&update(UpdateGroupDto::new()).await.expect("a group")), json(&made));
    let changed = update(UpdateGroupDto::new().name("Crew").metadata("[]")).await.expect("a group");
    assert_eq!(
        (changed.name.as_str(), changed.color.as_deref(), changed.metadata.as_deref()),
        ("Crew", Some("red"), Some("[]"))
    );
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(json(&whole(&groups, &made.id).await), json(&changed));
    update(UpdateGroupDto::new().name("Crew").color("").metadata("")).await.expect("its own name");
    refused(update(UpdateGroupDto::new().name("Taken")).await, 409);
    refused(update(UpdateGroupDto::new().name("")).await, 400);
    refused(update(UpdateGroupDto::new().color("blue").metadata("no json")).await, 400);
    let left = whole(&groups, &made.id).await;
    assert_eq!((left.name.as_str(), left.color.as_deref(), left.metadata.as_deref()), ("Crew", Some(""), Some("")));
    assert_eq!(refused(groups.update_group("nothing", &UpdateGroupDto::new()).await, 404), "Group not found");
}

#[tokio::test]
async fn a_deleted_group_takes_its_roles_along() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let groups = acme.user_groups();
    let [own, shared] = [role(&acme, "own", 5).await, role(&acme, "shared", 6).await];
    let ada = world.user("acme", "ada@acme.test", &[&own]).await;
    let group = create(&groups, "Team").await;
    groups.add_roles_to_group(&group.id, &roles(&[&own, &shared])).await.expect("roles");
    groups.add_users_to_group(&group.id, &users(&[&ada])).await.expect("users");
    assert_eq!(world.roles_of(&ada, "acme").await, ["own", "shared"]);
    let gone = groups.delete_group(&group.id).with_response().await.expect("a deletion");
    assert_eq!(gone.status(), 200);
    assert_eq!(world.roles_of(&ada, "acme").await, ["own"]);
    assert_eq!(refused(groups.delete_group(&group.id).await, 404), "Group not found");
    assert_eq!(refused(groups.get_group(&group.id, GetGroup::new()).await, 404), "Group not found");
}

#[tokio::test]
async fn roles_of_a_group_are_held_by_its_members() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let groups = acme.user_groups();
    let everybodys = role(&world.frontegg.environment(), "everybodys", 5).await;
    let mine = role(&acme, "mine", 4).await;
    let theirs = role(&globex, "theirs", 5).await;
    let ada = world.user("acme", "ada@acme.test", &[&mine]).await;
    let bob = world.user("acme", "bob@acme.test", &[&mine]).await;
    let group = create(&groups, "Team").await.id;
    groups.add_users_to_group(&group, &users(&[&ada])).await.expect("users");

    let added = groups.add_roles_to_group(&group, &roles(&[&everybodys])).with_response().await.expect("roles");
    assert_eq!(added.status(), 201);
    groups.add_roles_to_group(&group, &roles(&[&everybodys, &mine, &mine])).await.expect("roles");
    assert_eq!(role_ids(&whole(&groups, &group).await), [mine.as_str(), everybodys.as_str()]);
    assert_eq!(world.roles_of(&ada, "acme").await, ["mine", "everybodys"]);
    assert_eq!(world.roles_of(&bob, "acme").await, ["mine"]);

    for unknown in ["nothing", theirs.as_str()] {
        let text = refused(groups.add_roles_to_group(&group, &roles(&[&mine, unknown])).await, 404);
        assert_eq!(text, "Role not found");
    }
    assert_eq!(refused(groups.add_roles_to_group("nothing", &roles(&[&mine])).await, 404), "Group not found");
    assert_eq!(refused(groups.remove_roles_from_group("nothing", &roles(&[&mine])).await, 404), "Group not found");
    let path = format!("/identity/resources/groups/v1/{group}/roles");
    for method in [Method::POST, Method::DELETE] {
        assert_eq!(world.send(method, &path, Some("acme"), json!({})).await.0, 400);
    }

    let removed = groups.remove_roles_from_group(&group, &roles(&[&everybodys, "nothing"])).with_response().await;
    assert_eq!(removed.expect("roles").status(), 200);
    groups.remove_roles_from_group(&group, &roles(&[&everybodys])).await.expect("nothing to take");
    assert_eq!(role_ids(&whole(&groups, &group).await), [mine.as_str()]);
    assert_eq!(world.roles_of(&ada, "acme").await, ["mine"]);

    // What becomes of a role becomes of it in groups.
    groups.add_roles_to_group(&group, &roles(&[&everybodys])).await.expect("roles");
    let all = world.frontegg.management().roles();
    all.set_role_tenant(&everybodys, &UpdateRoleTenantRequest::new(Some("globex".to_owned()))).await.expect("a role");
    assert_eq!(role_ids(&whole(&groups, &group).await), [mine.as_str()]);
    all.delete_role(&mine).await.expect("a deletion");
    assert!(role_ids(&whole(&groups, &group).await).is_empty());
}

#[tokio::test]
async fn members_of_the_tenant_join_and_leave() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let groups = acme.user_groups();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let eve = world.user("globex", "eve@globex.test", &[]).await;
    let group = create(&groups, "Team").await.id;
    let added = groups.add_users_to_group(&group, &users(&[&bob])).with_response().await.expect("users");
    assert_eq!(added.status(), 201);
    groups.add_users_to_group(&group, &users(&[&bob, &ada, &ada])).await.expect("users");
    let read = whole(&groups, &group).await;
    assert_eq!(user_ids(&read), [ada.as_str(), bob.as_str()]);
    let first = &read.users.as_ref().expect("users")[0];
    assert_eq!((first.email.as_deref(), first.activated_for_tenant), (Some("ada@acme.test"), Some(false)));

    for unknown in ["nothing", eve.as_str()] {
        let text = refused(groups.add_users_to_group(&group, &users(&[unknown])).await, 404);
        assert_eq!(text, "User not found");
    }
    assert_eq!(refused(groups.add_users_to_group("nothing", &users(&[&ada])).await, 404), "Group not found");
    assert_eq!(refused(groups.remove_users_from_group("nothing", &users(&[&ada])).await, 404), "Group not found");
    let path = format!("/identity/resources/groups/v1/{group}/users");
    for method in [Method::POST, Method::DELETE] {
        assert_eq!(world.send(method, &path, Some("acme"), json!({})).await.0, 400);
    }
    let removed = groups.remove_users_from_group(&group, &users(&[&ada, &eve, "nothing"])).with_response().await;
    assert_eq!(removed.expect("users").status(), 200);
    assert_eq!(user_ids(&whole(&groups, &group).await), [bob.as_str()]);
    acme.user_management().remove_user(&bob).await.expect("a removal");
    assert!(user_ids(&whole(&groups, &group).await).is_empty());
}

#[tokio::test]
async fn relations_are_shown_when_asked_for() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let groups = acme.user_groups();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mine = role(&acme, "mine", 5).await;
    let group = create(&groups, "Team").await.id;
    groups.add_roles_to_group(&group, &roles(&[&mine])).await.expect("roles");
    groups.add_users_to_group(&group, &users(&[&ada])).await.expect("users");
    for (relations, has_roles, has_users) in [
        (None, false, false),
        (Some(GroupRelations::Roles), true, false),
        (Some(GroupRelations::Users), false, true),
        (Some(GroupRelations::RolesAndUsers), true, true),
    ] {
        let (mut one, mut list, mut some, mut page) =
            (GetGroup::new(), ListGroupsV1::new(), ListGroupsByIds::new(), ListGroupsV2::new());
        (one.groups_relations, list.groups_relations) = (relations.clone(), relations.clone());
        (some.groups_relations, page.groups_relations) = (relations.clone(), relations);
        let ids = GetGroupsDto::new([&group]);
        for read in [
            groups.get_group(&group, one).await.expect("a group"),
            groups.list_groups_v1(list).await.expect("groups").groups.remove(0),
            groups.list_groups_by_ids(&ids, some).await.expect("groups").groups.remove(0),
            groups.list_groups_v2(page).await.expect("groups").items.remove(0),
        ] {
            assert_eq!(
                (role_ids(&read).len(), user_ids(&read).len()),
                (usize::from(has_roles), usize::from(has_users))
            );
        }
    }
    let shown = whole(&groups, &group).await.roles.expect("roles").remove(0);
    assert_eq!((shown.key.as_str(), shown.level, shown.tenant_id.as_deref()), ("mine", 5, Some("acme")));
    for path in ["/v1", "/v2", &format!("/v1/{group}")] {
        let path = format!("/identity/resources/groups{path}?_groupsRelations=everything");
        assert_eq!(world.send(Method::GET, &path, Some("acme"), json!(null)).await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn groups_are_listed() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await.user_groups(), world.tenant("globex").await.user_groups());
    world.emulator.clock().freeze();
    let mut ids = Vec::new();
    for name in ["c", "a", "b"] {
        ids.push(create(&acme, name).await.id);
    }
    let foreign = create(&globex, "a").await.id;
    let list = acme.list_groups_v1(ListGroupsV1::new()).await.expect("groups").groups;
    assert_eq!(list.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);

    let wanted = GetGroupsDto::new([ids[2].as_str(), "nothing", &foreign, &ids[0], &ids[2]]);
    let some = acme.list_groups_by_ids(&wanted, ListGroupsByIds::new()).with_response().await.expect("groups");
    assert_eq!(some.status(), 201);
    let some = some.into_inner().groups;
    assert_eq!(some.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(world.send(Method::POST, "/identity/resources/groups/v1/bulkGet", Some("acme"), json!({})).await.0, 400);

    let page = async |params: ListGroupsV2| acme.list_groups_v2(params).await.expect("groups");
    let names =
        async |params: ListGroupsV2| page(params).await.items.into_iter().map(|group| group.name).collect::<Vec<_>>();
    assert_eq!(names(ListGroupsV2::new()).await, ["c", "a", "b"]);
    assert_eq!(names(ListGroupsV2::new().order(SortOrder::Desc)).await, ["b", "a", "c"]);
    assert_eq!(names(ListGroupsV2::new().sort_by(GroupSortField::Name)).await, ["a", "b", "c"]);
    let by_id = page(ListGroupsV2::new().sort_by(GroupSortField::Id)).await.items;
    assert!(by_id.is_sorted_by_key(|group| group.id.clone()));
    world.emulator.clock().advance(Duration::from_secs(1));
    acme.update_group(&ids[0], &UpdateGroupDto::new().color("x")).await.expect("a group");
    let latest = ListGroupsV2::new().sort_by(GroupSortField::UpdatedAt).order(SortOrder::Desc).limit(1);
    assert_eq!(names(latest).await, ["c"]);
    let second = page(ListGroupsV2::new().limit(2).offset(1)).await;
    assert_eq!((second.metadata.total_items, second.metadata.total_pages, second.items.len()), (3, 2, 1));
    let links = second.links.expect("links");
    assert!(links.prev.is_some_and(|prev| prev.contains("_offset=0")) && links.next.as_deref() == Some(""));
    for query in ["_limit=0", "_limit=201", "_offset=-1", "_sortBy=color", "_order=UP"] {
        let path = format!("/identity/resources/groups/v2?{query}");
        assert_eq!(world.send(Method::GET, &path, Some("acme"), json!(null)).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn another_tenants_groups_are_unknown() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let (mine, theirs) = (acme.user_groups(), globex.user_groups());
    let mallory = world.user("globex", "mallory@globex.test", &[]).await;
    let session = world.session(&mallory, "globex").await.user_groups();
    let group = create(&mine, "Team").await;
    for id in [group.id.as_str(), "nothing"] {
        assert_eq!(refused(theirs.get_group(id, GetGroup::new()).await, 404), "Group not found");
        assert_eq!(refused(session.get_group(id, GetGroup::new()).await, 404), "Group not found");
        assert_eq!(refused(session.update_group(id, &UpdateGroupDto::new().name("x")).await, 404), "Group not found");
        assert_eq!(refused(session.delete_group(id).await, 404), "Group not found");
        assert_eq!(refused(session.add_roles_to_group(id, &roles(&[])).await, 404), "Group not found");
        assert_eq!(refused(session.remove_roles_from_group(id, &roles(&[])).await, 404), "Group not found");
        assert_eq!(refused(session.add_users_to_group(id, &users(&[&mallory])).await, 404), "Group not found");
        assert_eq!(refused(session.remove_users_from_group(id, &users(&[])).await, 404), "Group not found");
    }
    create(&session, "Team").await;
    assert_eq!(theirs.list_groups_v1(ListGroupsV1::new()).await.expect("groups").groups.len(), 1);
    assert_eq!(json(&whole(&mine, &group.id).await), json(&group));
}

#[tokio::test]
async fn a_user_handles_groups_with_roles_up_to_the_own_level() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let groups = acme.user_groups();
    let [strong, mine, weak] =
        [role(&acme, "strong", 4).await, role(&acme, "mine", 5).await, role(&acme, "weak", 6).await];
    world.allow(&mine, &[READ, WRITE, DELETE]).await;
    let ada = world.user("acme", "ada@acme.test", &[&mine]).await;
    let bob = world.user("acme", "bob@acme.test", &[&weak]).await;
    let own = world.session(&ada, "acme").await.user_groups();
    let group = create(&own, "Team").await.id;
    own.add_roles_to_group(&group, &roles(&[&mine])).await.expect("roles");
    own.remove_roles_from_group(&group, &roles(&[&mine])).await.expect("roles");
    own.add_roles_to_group(&group, &roles(&[&weak])).await.expect("roles");
    own.add_users_to_group(&group, &users(&[&bob])).await.expect("users");
    refused(own.add_roles_to_group(&group, &roles(&[&weak, &strong])).await, 403);
    assert_eq!(role_ids(&whole(&groups, &group).await), [weak.as_str()]);
    own.remove_users_from_group(&group, &users(&[&bob])).await.expect("users");
    own.remove_roles_from_group(&group, &roles(&[&weak, &strong])).await.expect("only what the group carries counts");

    groups.add_roles_to_group(&group, &roles(&[&strong, &weak])).await.expect("roles");
    groups.add_users_to_group(&group, &users(&[&bob])).await.expect("users");
    refused(own.add_users_to_group(&group, &users(&[&ada])).await, 403);
    refused(own.remove_users_from_group(&group, &users(&[&bob])).await, 403);
    refused(own.remove_roles_from_group(&group, &roles(&[&strong])).await, 403);
    refused(own.delete_group(&group).await, 403);
    let left = whole(&groups, &group).await;
    assert_eq!((role_ids(&left), user_ids(&left)), (vec![strong.as_str(), weak.as_str()], vec![bob.as_str()]));
    own.remove_roles_from_group(&group, &roles(&[&weak])).await.expect("roles");
    groups.remove_roles_from_group(&group, &roles(&[&strong])).await.expect("roles");
    own.delete_group(&group).await.expect("a deletion");
}

/// Reading, changing and deleting groups has a permission each.
#[tokio::test]
async fn groups_have_permissions_of_their_own() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let group = create(&acme.user_groups(), "Team").await.id;
    let bob = world.user("acme", "bob@acme.test", &[&role(&acme, "weak", 9).await]).await;
    let with = async |key: &str, permissions: &[&str]| {
        let role = role(&acme, key, 5).await;
        world.allow(&role, permissions).await;
        let user = world.user("acme", &format!("{key}@acme.test"), &[&role]).await;
        world.session(&user, "acme").await.user_groups()
    };
    let (nothing, reads) = (with("nothing", &["fe.secure.read.users"]).await, with("reads", &[READ]).await);
    let (writes, deletes) = (with("writes", &[WRITE]).await, with("deletes", &[DELETE]).await);
    for groups in [&nothing, &writes, &deletes] {
        let ids = GetGroupsDto::new([&group]);
        for text in [
            refused(groups.get_group(&group, GetGroup::new()).await, 403),
            refused(groups.list_groups_v1(ListGroupsV1::new()).await, 403),
            refused(groups.list_groups_v2(ListGroupsV2::new()).await, 403),
            refused(groups.list_groups_by_ids(&ids, ListGroupsByIds::new()).await, 403),
        ] {
            assert_eq!(text, format!("The permission {READ} is required"));
        }
    }
    for groups in [&nothing, &reads, &deletes] {
        for text in [
            refused(groups.create_group(&CreateGroupDto::new("x")).await, 403),
            refused(groups.update_group(&group, &UpdateGroupDto::new().name("x")).await, 403),
            refused(groups.add_roles_to_group(&group, &roles(&[])).await, 403),
            refused(groups.remove_roles_from_group(&group, &roles(&[])).await, 403),
            refused(groups.add_users_to_group(&group, &users(&[&bob])).await, 403),
            refused(groups.remove_users_from_group(&group, &users(&[&bob])).await, 403),
        ] {
            assert_eq!(text, format!("The permission {WRITE} is required"));
        }
    }
    for groups in [&nothing, &reads, &writes] {
        assert_eq!(refused(groups.delete_group(&group).await, 403), format!("The permission {DELETE} is required"));
    }
    assert_eq!(whole(&reads, &group).await.name, "Team");
    writes.add_users_to_group(&group, &users(&[&bob])).await.expect("users");
    deletes.delete_group(&group).await.expect("a deletion");
}

#[tokio::test]
async fn groups_can_be_switched_off() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let groups = acme.user_groups();
    let shared = role(&acme, "shared", 5).await;
    let own = role(&acme, "own", 5).await;
    let ada = world.user("acme", "ada@acme.test", &[&own]).await;
    let group = create(&groups, "Team").await.id;
    groups.add_roles_to_group(&group, &roles(&[&shared])).await.expect("roles");
    groups.add_users_to_group(&group, &users(&[&ada])).await.expect("users");

    let configuration = world.frontegg.environment().user_groups();
    let seen = world.session(&ada, "acme").await.user_groups();
    let read = async || {
        let read = configuration.get_groups_configuration().await.expect("a configuration");
        assert_eq!(json(&seen.get_groups_configuration().await.expect("a configuration")), json(&read));
        (read.enabled, read.roles_enabled)
    };
    let new = CreateOrUpdateGroupConfigurationDto::new;
    assert_eq!(read().await, (true, true));
    let set = configuration.set_groups_configuration(&new().roles_enabled(false)).with_response().await;
    assert_eq!(set.expect("a configuration").status(), 201);
    assert_eq!(read().await, (true, false));
    assert_eq!(world.roles_of(&ada, "acme").await, ["own"]);
    refused(groups.add_roles_to_group(&group, &roles(&[&own])).await, 400);
    groups.remove_roles_from_group(&group, &roles(&[])).await.expect("roles");
    create(&groups, "Other").await;

    configuration.set_groups_configuration(&new().enabled(false)).await.expect("a configuration");
    assert_eq!(read().await, (false, false));
    refused(groups.create_group(&CreateGroupDto::new("Third")).await, 403);
    // Groups that exist are not touched.
    assert_eq!(role_ids(&whole(&groups, &group).await), [shared.as_str()]);
    for _ in 0..2 {
        configuration
            .set_groups_configuration(&new().enabled(true).roles_enabled(true))
            .await
            .expect("a configuration");
        assert_eq!(read().await, (true, true));
    }
    assert_eq!(world.roles_of(&ada, "acme").await, ["own", "shared"]);

    let path = "/identity/resources/groups/v1/config";
    assert_eq!(world.send(Method::POST, path, None, json!({"enabled": "no"})).await.0, 400);
    let url = format!("{}{path}", world.emulator.url());
    let token = world.token(&ada, "acme").await;
    let answer = http().post(url).bearer_auth(token).json(&json!({})).send().await;
    assert_eq!(answer.expect("an answer").status(), 403);
    assert_eq!(read().await, (true, true));
}

#[tokio::test]
async fn invisible_people_are_shown_to_the_environment_only() {
    let world = World::start().await;
    let groups = world.tenant("acme").await.user_groups();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let ghost = world.user("acme", "ghost@acme.test", &[]).await;
    let group = create(&groups, "Team").await.id;
    groups.add_users_to_group(&group, &users(&[&ada, &ghost])).await.expect("users");
    let own = world.session(&ada, "acme").await.user_groups();
    assert_eq!(user_ids(&whole(&own, &group).await).len(), 2);
    let invisible = json!({"invisible": true});
    let path = format!("/identity/resources/users/v1/{ghost}/invisible");
    assert_eq!(world.send(Method::PUT, &path, None, invisible).await.0, 200);
    assert_eq!(user_ids(&whole(&own, &group).await), [ada.as_str()]);
    assert_eq!(user_ids(&whole(&groups, &group).await).len(), 2);
}
