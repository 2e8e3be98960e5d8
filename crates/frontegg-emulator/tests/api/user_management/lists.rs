//! Lists of people: filters, order, pages, words; roles and groups of several people.

use frontegg_identity::{
    enums::{IdentifierType, SortOrder, UserSortField},
    params::{ListUsers, SearchUsers},
    types::{
        CreateGroupDto, CreateUserDto, CreateUserDtoVendorOnly, UpdateRolesOnGroupDto,
        UpdateSubAccountAccessRequestDto, UpdateUserInvisibleDto, UpdateUsersOnGroupDto, UpdateVendorUserDto, UserPage,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, below, common_role, keys,
    support::{World, refused},
};

fn names(page: &UserPage) -> Vec<&str> {
    page.items.iter().map(|user| user.email.as_deref().unwrap_or("-").split('@').next().unwrap_or_default()).collect()
}

/// Three people in acme, one in its branch, one in globex.
async fn populated() -> (World, Vec<String>) {
    let world = World::start().await;
    world.tenant("acme").await;
    below(&world, "branch", "acme").await;
    world.tenant("globex").await;
    let mut ids = Vec::new();
    for (tenant, email) in [
        ("acme", "carol@acme.test"),
        ("acme", "ada@acme.test"),
        ("acme", "Bob@acme.test"),
        ("branch", "dora@branch.test"),
        ("globex", "eve@globex.test"),
    ] {
        ids.push(world.user(tenant, email, &[]).await);
    }
    (world, ids)
}

#[tokio::test]
async fn a_list_reaches_as_far_as_its_scope() {
    let (world, ids) = populated().await;
    let everywhere = world.frontegg.self_service().user_management();
    let acme = world.frontegg.tenant("acme").user_management();
    let list = ListUsers::new;
    let all = everywhere.list_users(list()).await.expect("a page");
    assert_eq!(names(&all), ["carol", "ada", "Bob", "dora", "eve"]);
    assert_eq!((all.metadata.total_items, all.metadata.total_pages), (5, 1));
    assert_eq!(names(&acme.list_users(list()).await.expect("a page")), ["carol", "ada", "Bob", "dora"]);
    let narrow = list().include_sub_tenants(false);
    assert_eq!(names(&acme.list_users(narrow.clone()).await.expect("a page")), ["carol", "ada", "Bob"]);
    assert_eq!(names(&everywhere.list_users(narrow.tenant_id("acme")).await.expect("a page")), ["carol", "ada", "Bob"]);
    assert_eq!(names(&acme.list_users(list().tenant_id("branch")).await.expect("a page")), ["dora"]);
    for unreachable in ["globex", "nowhere"] {
        assert!(acme.list_users(list().tenant_id(unreachable)).await.expect("a page").items.is_empty());
    }
    assert!(
        world.frontegg.tenant("nowhere").user_management().list_users(list()).await.expect("a page").items.is_empty()
    );

    // No roles in a list, and what the tenant in view says.
    let first = &all.items[0];
    assert_eq!((first.id.as_str(), first.tenants[0].roles.is_none()), (ids[0].as_str(), true));
    assert_eq!((first.tenants[0].is_disabled, first.activated_for_tenant), (Some(false), Some(true)));
}

#[tokio::test]
async fn a_list_is_filtered() {
    let (world, ids) = populated().await;
    let users = world.frontegg.self_service().user_management();
    let all = world.frontegg.management().users();
    let change = UpdateVendorUserDto::new().name("Grace 100%").external_id("ext-1").phone_number("+4915112345678");
    all.update_user_globally(&ids[0], &change).await.expect("a user");
    all.update_user_globally(&ids[1], &UpdateVendorUserDto::new().name("Grace Ada").external_id("ext,2"))
        .await
        .expect("a user");
    let zoe = CreateUserDtoVendorOnly::new("acme").username("Zoe_1");
    all.create_user_globally(&zoe).await.expect("a user");
    let two = [ids[4].as_str(), NOBODY, &ids[1]];
    for (filter, expected) in [
        (ListUsers::new().email("ADA@acme.test"), &["ada"][..]),
        (ListUsers::new().email("ada@acme"), &[]),
        (ListUsers::new().name_prefix("gRACE"), &["carol", "ada"]),
        (ListUsers::new().name_prefix("Grace 1"), &["carol"]),
        (ListUsers::new().name_prefix("Grace%"), &[]),
        (ListUsers::new().ids(two), &["ada", "eve"]),
        (ListUsers::new().ids([NOBODY]), &[]),
        (ListUsers::new().external_ids(["ext-1", "ext-9"]), &["carol"]),
        (ListUsers::new().identifier_type(IdentifierType::Email).identifier("BOB@"), &["Bob"]),
        (ListUsers::new().identifier_type(IdentifierType::PhoneNumber).identifier("+491511"), &["carol"]),
        (ListUsers::new().identifier_type(IdentifierType::Username).identifier("zOE_"), &["-"]),
        (ListUsers::new().identifier_type(IdentifierType::Username).identifier("oe"), &[]),
    ] {
        let page = users.list_users(filter.clone()).await.expect("a page");
        assert_eq!(names(&page), expected, "{filter:?}");
        assert_eq!(page.metadata.total_items, i64::try_from(expected.len()).expect("a number"));
    }
    refused(users.list_users(ListUsers::new().identifier("x")).await, 400);
    refused(users.list_users(ListUsers::new().identifier_type(IdentifierType::Email)).await, 400);
    // What browser clients send for what they did not set.
    let path = "/identity/resources/users/v3?_email=undefined&_limit=undefined&ids=";
    let (status, page) = world.send(Method::GET, path, None, json!(null)).await;
    assert_eq!((status, page["_metadata"]["totalItems"].as_i64()), (200, Some(6)));
}

#[tokio::test]
async fn a_list_is_sorted() {
    let (world, ids) = populated().await;
    let users = world.frontegg.self_service().user_management();
    let all = world.frontegg.management().users();
    all.update_user_globally(&ids[1], &UpdateVendorUserDto::new().name("B")).await.expect("a user");
    all.update_user_globally(&ids[4], &UpdateVendorUserDto::new().name("A")).await.expect("a user");
    all.lock_user(&ids[2]).await.expect("a lock");
    let fresh = CreateUserDtoVendorOnly::new("acme").email("fred@acme.test");
    let fred = all.create_user_globally(&fresh).await.expect("a user").id;
    let mut by_id = ids.clone();
    by_id.push(fred);
    by_id.sort();
    for (field, expected) in [
        (UserSortField::CreatedAt, &["carol", "ada", "Bob", "dora", "eve", "fred"]),
        (UserSortField::Name, &["carol", "Bob", "dora", "fred", "eve", "ada"]),
        (UserSortField::Email, &["ada", "Bob", "carol", "dora", "eve", "fred"]),
        (UserSortField::Verified, &["fred", "carol", "ada", "Bob", "dora", "eve"]),
        (UserSortField::IsLocked, &["carol", "ada", "dora", "eve", "fred", "Bob"]),
        (UserSortField::Provider, &["carol", "ada", "Bob", "dora", "eve", "fred"]),
        (UserSortField::TenantId, &["carol", "ada", "Bob", "fred", "dora", "eve"]),
    ] {
        let up = users.list_users(ListUsers::new().sort_by(field.clone())).await.expect("a page");
        assert_eq!(names(&up), expected, "{field}");
        let down = ListUsers::new().sort_by(field.clone()).order(SortOrder::Desc);
        let mut down =
            names(&users.list_users(down).await.expect("a page")).into_iter().map(str::to_owned).collect::<Vec<_>>();
        down.reverse();
        assert_eq!(down, *expected, "{field}");
    }
    let page = users.list_users(ListUsers::new().sort_by(UserSortField::Id)).await.expect("a page");
    assert_eq!(page.items.iter().map(|user| user.id.clone()).collect::<Vec<_>>(), by_id);
    let path = "/identity/resources/users/v3?_sortBy=shoeSize";
    assert_eq!(world.send(Method::GET, path, None, json!(null)).await.0, 400);
}

/// Whichever end of the list a page is read from.
#[tokio::test]
async fn pages_are_the_list_cut_in_pieces() {
    let (world, _) = populated().await;
    let users = world.frontegg.self_service().user_management();
    for order in [SortOrder::Asc, SortOrder::Desc] {
        let list = ListUsers::new().sort_by(UserSortField::Email).order(order);
        let whole = users.list_users(list.clone()).await.expect("a page");
        for size in 1..=6 {
            let mut pieces = Vec::new();
            for number in 0..=5 {
                let page = users.list_users(list.clone().limit(size).offset(number)).await.expect("a page");
                assert!(i64::try_from(page.items.len()).expect("a number") <= size);
                pieces.extend(names(&page).into_iter().map(str::to_owned));
            }
            assert_eq!(pieces, names(&whole), "pages of {size}");
        }
    }
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let (world, ids) = populated().await;
    let users = world.frontegg.self_service().user_management();
    let second = users.list_users(ListUsers::new().limit(2).offset(1)).await.expect("a page");
    assert_eq!(names(&second), ["Bob", "dora"]);
    assert_eq!((second.metadata.total_items, second.metadata.total_pages), (5, 3));
    let links = second.links.expect("links");
    let link = |text: Option<String>| text.unwrap_or_default();
    assert_eq!(link(links.first), "_limit=2&_offset=0");
    assert_eq!(link(links.prev), "_limit=2&_offset=0");
    assert_eq!(link(links.last), "_limit=2&_offset=2");
    let next = format!("/identity/resources/users/v3?{}", link(links.next));
    let (_, third) = world.send(Method::GET, &next, None, json!(null)).await;
    assert_eq!(third["items"][0]["id"], ids[4].as_str());
    assert_eq!(third["_links"]["next"], "");

    let beyond = users.list_users(ListUsers::new().limit(2).offset(9)).await.expect("a page");
    assert_eq!((beyond.items.len(), beyond.metadata.total_items), (0, 5));
    let largest = users.list_users(ListUsers::new().offset(i64::MAX)).await.expect("a page");
    assert!(largest.items.is_empty());
    for (limit, offset) in [(0, 0), (201, 0), (-1, 0), (1, -1)] {
        refused(users.list_users(ListUsers::new().limit(limit).offset(offset)).await, 400);
    }
    let mut all = Vec::new();
    for number in 0..3 {
        let page = users.list_users(ListUsers::new().limit(2).offset(number)).await.expect("a page");
        all.extend(page.items.into_iter().map(|user| user.id));
    }
    assert_eq!(all, ids);
}

#[tokio::test]
async fn words_are_searched() {
    let (world, ids) = populated().await;
    let users = world.frontegg.self_service().user_management();
    let all = world.frontegg.management().users();
    let change = UpdateVendorUserDto::new().name("Ada Lövelace").phone_number("+4915112345678");
    all.update_user_globally(&ids[1], &change).await.expect("a user");
    let named = CreateUserDto::new().username("babbage").skip_invite_email(true);
    world.frontegg.tenant("acme").user_management().create_user_v2(&named).await.expect("a user");
    for (words, expected) in [
        (SearchUsers::new(), &["carol", "ada", "Bob", "dora", "eve", "-"][..]),
        (SearchUsers::new().phrase_search_contains(["LÖVE"]), &["ada"]),
        (SearchUsers::new().phrase_search_contains(["acme.test", "o"]), &["carol", "Bob"]),
        (SearchUsers::new().phrase_search_contains(["1511234"]), &["ada"]),
        (SearchUsers::new().phrase_search_contains(["Babb"]), &["-"]),
        (SearchUsers::new().phrase_search_excludes(["acme", "babbage"]), &["dora", "eve"]),
        (SearchUsers::new().phrase_search_optional(["dora", "eve", "mallory"]), &["dora", "eve"]),
        (
            SearchUsers::new()
                .phrase_search_contains(["acme"])
                .phrase_search_excludes(["bob"])
                .phrase_search_optional(["ada", "bob"]),
            &["ada"],
        ),
        (SearchUsers::new().phrase_search_contains(["lövelase"]), &[]),
        (SearchUsers::new().phrase_search_contains(["lövelase"]).phrase_search_approximate(true), &["ada"]),
        (SearchUsers::new().phrase_search_contains(["%"]), &[]),
        (SearchUsers::new().phrase_search_contains(["acme"]).name_prefix("ada"), &["ada"]),
    ] {
        let page = users.search_users(words.clone()).await.expect("a page");
        assert_eq!(names(&page), expected, "{words:?}");
        assert_eq!(page.metadata.total_items, i64::try_from(expected.len()).expect("a number"));
    }
    let acme = world.frontegg.tenant("acme").user_management();
    let last = SearchUsers::new().phrase_search_contains(["test"]).sort_by(UserSortField::Email).limit(2).offset(1);
    let page = acme.search_users(last).await.expect("a page");
    assert_eq!((names(&page), page.metadata.total_items), (vec!["carol", "dora"], 4));
    refused(acme.search_users(SearchUsers::new().limit(201)).await, 400);
}

/// Security case 42, for lists: what belongs to other tenants stays unseen.
#[tokio::test]
async fn users_see_their_own_tenant() {
    let (world, ids) = populated().await;
    let all = world.frontegg.management().users();
    let there = frontegg_identity::types::AddUserToTenantRequest::new("globex").skip_invite_email(true);
    all.add_user_to_tenant(&ids[1], &there).await.expect("a user");
    let vendor = UpdateVendorUserDto::new().vendor_metadata(r#"{"secret":1}"#);
    all.update_user_globally(&ids[1], &vendor).await.expect("a user");
    all.set_user_invisible(&ids[2], &UpdateUserInvisibleDto::new(true)).await.expect("a user");
    let carol = world.session(&ids[0], "acme").await.user_management();
    let page = carol.list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(names(&page), ["carol", "ada"]);
    assert_eq!((page.items[1].tenant_ids.as_slice(), page.items[1].tenants.len()), (&["acme".to_owned()][..], 1));
    assert_eq!(page.items[1].vendor_metadata.as_deref(), Some(""));
    assert_eq!(
        names(&carol.search_users(SearchUsers::new().phrase_search_contains(["e"])).await.expect("a page")),
        ["carol", "ada"]
    );
    for tenant in ["globex", "branch", "nowhere"] {
        assert!(carol.list_users(ListUsers::new().tenant_id(tenant)).await.expect("a page").items.is_empty());
    }
    let eve = ListUsers::new().ids([&ids[4]]);
    assert!(carol.list_users(eve).await.expect("a page").items.is_empty());
    // Down into the tenants below only for those who may.
    let access = UpdateSubAccountAccessRequestDto::new(true);
    world.frontegg.tenant("acme").user_management().set_user_sub_tenant_access(&ids[0], &access).await.expect("access");
    assert_eq!(names(&carol.list_users(ListUsers::new()).await.expect("a page")), ["carol", "ada", "dora"]);
    assert_eq!(names(&carol.list_users(ListUsers::new().tenant_id("branch")).await.expect("a page")), ["dora"]);
    // The environment's token sees those who hide.
    let acme = world.frontegg.tenant("acme").user_management();
    assert_eq!(acme.list_users(ListUsers::new()).await.expect("a page").items.len(), 4);
}

#[tokio::test]
async fn roles_and_groups_of_several_people_are_looked_up() {
    let (world, ids) = populated().await;
    let one = common_role(&world, "one", 5).await;
    let acme = world.frontegg.tenant("acme").user_management();
    let given = frontegg_identity::types::AssignUserToRolesDto::new([one.as_str()]);
    acme.assign_roles_to_user(&ids[1], &given).await.expect("roles");
    let list = [ids[2].as_str(), NOBODY, &ids[1], &ids[4]];
    let roles = acme.list_users_roles(list).await.expect("roles");
    assert_eq!(roles.iter().map(|row| row.user_id.as_str()).collect::<Vec<_>>(), [&ids[2], &ids[1]]);
    assert_eq!((roles[0].role_ids.len(), roles[1].role_ids.len()), (1, 2));
    assert!(roles[1].role_ids.contains(&one) && roles[1].tenant_id == "acme");
    assert_eq!(roles[0].vendor_id.as_deref(), Some(world.emulator.vendor_id()));
    assert!(
        world.frontegg.tenant("globex").user_management().list_users_roles([&ids[1]]).await.expect("roles").is_empty()
    );

    let groups = acme.list_users_groups(list).await.expect("groups");
    assert_eq!(groups.iter().map(|row| row.user_id.as_str()).collect::<Vec<_>>(), [&ids[2], &ids[1]]);
    assert!(groups.iter().all(|row| row.group_ids.is_empty() && row.tenant_id == "acme"));
    // Roles that come by a group are held, but not among those looked up.
    let by_group = common_role(&world, "by-group", 7).await;
    let in_acme = world.frontegg.tenant("acme").user_groups();
    let group = in_acme.create_group(&CreateGroupDto::new("night shift")).await.expect("a group").id;
    in_acme.add_users_to_group(&group, &UpdateUsersOnGroupDto::new([ids[1].as_str()])).await.expect("a member");
    in_acme.add_roles_to_group(&group, &UpdateRolesOnGroupDto::new([by_group.as_str()])).await.expect("a role");
    let groups = acme.list_users_groups(list).await.expect("groups");
    assert_eq!((groups[0].group_ids.len(), groups[1].group_ids.as_slice()), (0, &[group.clone()][..]));
    assert_eq!(acme.list_users_roles([&ids[1]]).await.expect("roles")[0].role_ids.len(), 2);
    let member = world.frontegg.tenant("acme").users().get_user(&ids[1]).await.expect("a member");
    assert!(keys(&member).contains(&"by-group"));
    let place = &member.groups.expect("groups")[0];
    assert_eq!(
        (place.id.as_str(), place.roles.as_ref().map(|roles| roles[0].key.as_str())),
        (group.as_str(), Some("by-group"))
    );
    let own = member.tenants[0].roles.as_ref().expect("roles");
    assert!(own.iter().all(|role| role.key != "by-group"), "a membership shows its own");

    let many: Vec<String> = (0..251).map(|id| id.to_string()).collect();
    refused(acme.list_users_roles(&many).await, 400);
    refused(acme.list_users_groups(&many).await, 400);
    for word in ["roles", "groups"] {
        let path = format!("/identity/resources/users/v3/{word}");
        assert_eq!(world.send(Method::GET, &path, Some("acme"), json!(null)).await.0, 400);
        assert_eq!(world.send(Method::GET, &format!("{path}?ids=x"), None, json!(null)).await.0, 403);
    }
    // A user's token asks about its own tenant.
    let eve = world.session(&ids[4], "globex").await.user_management();
    assert!(eve.list_users_roles([&ids[1]]).await.expect("roles").is_empty());
    assert_eq!(eve.list_users_roles([&ids[4]]).await.expect("roles").len(), 1);
}
