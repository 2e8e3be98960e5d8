//! What programs name: views, versions, optional members and lists.

use frontegg_identity::{
    ErrorKind, Patch,
    params::{ListApplications, ListGroups, ListRoles, ListTenants, ListUsers},
    types::{AddRoleRequest, CreateGroupDto, CreateUserDto, UpdateUserDto},
};
use serde_json::json;

use crate::{create_tenant, start};

/// What belongs together is one view, whatever tags the reference has it under, and no version needs its number.
#[tokio::test]
async fn views_are_where_people_look() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let page = frontegg.tenants().list_tenants(ListTenants::new()).await.unwrap();
    assert_eq!(page.items[0].tenant_id, "acme");
    assert_eq!(frontegg.tenants().get_tenant("acme").await.unwrap().tenant_id, "acme");
    assert!(frontegg.tenant("acme").tenants().list_sub_tenants().await.is_ok());

    let created = frontegg.roles().create_roles([AddRoleRequest::new("auditor", "Auditor", 5)]).await.unwrap();
    let listed = frontegg.roles().list_roles(ListRoles::new().filter("audit")).await.unwrap();
    assert_eq!(listed.items[0].id, created[0].id);
    assert!(frontegg.permissions().list_permission_categories().await.is_ok());

    let acme = frontegg.tenant("acme");
    let ada = acme.users().create_user(CreateUserDto::new().email("ada@acme.test").skip_invite_email(true)).await;
    let ada = ada.unwrap().id;
    assert_eq!(frontegg.users().get_user_globally(&ada).await.unwrap().id, ada, "of another tag");
    let group = acme.groups().create_group(CreateGroupDto::new("night shift")).await.unwrap();
    assert_eq!(acme.groups().list_groups(ListGroups::new()).await.unwrap().items[0].id, group.id);
    assert!(frontegg.applications().list_applications(ListApplications::new()).await.is_ok());
    assert!(acme.applications().list_user_applications(&ada).await.is_ok());
}

#[tokio::test]
async fn the_number_of_a_version_and_the_tag_of_the_reference_lead_to_the_same() {
    let (emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let acme = frontegg.tenant("acme");
    let new = |email: &str| CreateUserDto::new().email(email).skip_invite_email(true);
    acme.users().create_user(new("ada@acme.test")).await.unwrap();
    acme.self_service().user_management().create_user_v2(new("bob@acme.test")).await.unwrap();
    assert_eq!(emulator.requests().on("create_user_v2").count(), 2);
}

#[test]
fn optional_members_take_a_value_or_an_option_of_one() {
    let (none, text, owned): (Option<&str>, _, _) = (None, Some("Ada"), Some("Ada".to_owned()));
    for (name, expected) in [(text, json!({ "name": "Ada" })), (none, json!({}))] {
        assert_eq!(serde_json::to_value(CreateUserDto::new().name(name)).unwrap(), expected);
    }
    for same in [
        CreateUserDto::new().name("Ada"),
        CreateUserDto::new().name("Ada".to_owned()),
        CreateUserDto::new().name(owned.clone()),
        CreateUserDto::new().name(owned.as_ref()),
    ] {
        assert_eq!(same, CreateUserDto::new().name(text));
    }
    let seconds = CreateUserDto::new().expiration_in_seconds(5_000_000_000);
    assert_eq!(seconds, CreateUserDto::new().expiration_in_seconds(Some(5_000_000_000)));
    assert_eq!(CreateUserDto::new(), CreateUserDto::new().expiration_in_seconds(None).password(none));
    let roles = Some(vec!["admin".to_owned()]);
    assert_eq!(CreateUserDto::new().role_ids(roles), CreateUserDto::new().role_ids(["admin"]));
    let given = ["a", "b"].iter().filter(|id| **id != "b").copied();
    assert_eq!(CreateUserDto::new().role_ids(given).role_ids.unwrap(), ["a"]);
    assert_eq!(ListUsers::new().email("ada@acme.test"), ListUsers::new().email(Some("ada@acme.test")));
    assert_eq!(ListUsers::new().limit(None), ListUsers::new());

    // What can be cleared is, by no value.
    let cleared = UpdateUserDto::new().profile_picture_url(none);
    assert_eq!(cleared, UpdateUserDto::new().profile_picture_url(Patch::Null));
    assert_eq!(serde_json::to_value(cleared).unwrap(), json!({ "profilePictureUrl": null }));
}

#[tokio::test]
async fn metadata_goes_and_comes_as_a_value() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let groups = frontegg.tenant("acme").groups();
    let new = CreateGroupDto::new("night shift").metadata_json(json!({ "plan": ["gold", 7] }));
    let id = groups.create_group(new).await.unwrap().id;
    let read = groups.list_groups(ListGroups::new()).await.unwrap().items.remove(0);
    assert_eq!(read.id, id);
    assert_eq!(read.metadata_json().unwrap(), Some(json!({ "plan": ["gold", 7] })));
}

#[tokio::test]
async fn lists_in_addresses_are_given_as_lists() {
    let (emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let users = frontegg.tenant("acme").users();
    let mut ids = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let new = CreateUserDto::new().email(format!("{name}@acme.test")).skip_invite_email(true);
        ids.push(users.create_user(new).await.unwrap().id);
    }
    let found = users.list_users(ListUsers::new().ids(&ids[..2])).await.unwrap();
    assert_eq!(found.items.len(), 2);
    assert_eq!(users.list_users_roles(ids.iter()).await.unwrap().len(), 3);

    // What the API would read as something else is not sent.
    let sent = emulator.requests().count();
    let nobody: [&str; 0] = [];
    for (error, text) in [
        (users.list_users(ListUsers::new().ids(["ada,bob"])).await.unwrap_err(), "a value of ids has a comma"),
        (users.list_users(ListUsers::new().ids(nobody)).await.unwrap_err(), "ids is empty"),
        (users.list_users_roles(nobody).await.unwrap_err(), "ids is empty"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(emulator.requests().count(), sent);
}
