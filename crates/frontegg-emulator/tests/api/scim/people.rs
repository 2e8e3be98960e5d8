//! What becomes of users and groups in user management.

use frontegg_identity::types::Scim2DeleteConnectionConfigRequest;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Provider, id};
use crate::support::{World, browser::Browser};

/// A person as the environment sees them in a tenant; nothing where there is none with that address.
async fn person(world: &World, email: &str) -> Option<Value> {
    let reply = world.back_end(None).await.ask("get_user_by_email", &[], &[("email", email)], Value::Null).await;
    (reply.status == 200).then_some(reply.body)
}

async fn user_id(world: &World, email: &str) -> String {
    id(&person(world, email).await.unwrap_or_else(|| panic!("nobody has {email}")))
}

/// Somebody as they are in a tenant, with roles.
async fn member(world: &World, tenant: &str, user_id: &str) -> Option<Value> {
    let reply = world.back_end(Some(tenant)).await.call("get_user", &[user_id], Value::Null).await;
    (reply.status == 200).then_some(reply.body)
}

async fn groups(world: &World, tenant: &str) -> Vec<Value> {
    let mut back_end = world.back_end(Some(tenant)).await;
    let groups = back_end.ask("list_groups_v1", &[], &[("_groupsRelations", "rolesAndUsers")], Value::Null).await;
    assert_eq!(groups.status, 200, "{}", groups.body);
    groups.body["groups"].as_array().expect("groups").clone()
}

fn people_of(group: &Value) -> Vec<&str> {
    group["users"].as_array().expect("users").iter().map(|user| user["id"].as_str().expect("an id")).collect()
}

async fn signed_in(world: &World, email: &str) -> Browser {
    let mut browser = world.browser();
    let reply = browser.sign_in(email).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    browser
}

#[tokio::test]
async fn somebody_new_is_created_without_a_mail() {
    let world = World::start().await;
    world.tenant("acme").await;
    // Who comes first gets more roles.
    world.user("acme", "first@acme.test", &[]).await;
    let acme = Provider::of(&world, "acme").await;
    let user = json!({
        "userName": "ada", "displayName": "Ada Lovelace",
        "emails": [{ "value": "x@acme.test" }, { "value": "ada@acme.test", "primary": true }],
        "phoneNumbers": [{ "value": "+1 (555) 010-0199", "type": "work" }],
        "photos": [{ "value": "https://acme.test/ada.png" }],
    });
    let made = acme.ask(Method::POST, "/Users", user).await.ok(201);
    let ada = member(&world, "acme", &user_id(&world, "ada@acme.test").await).await.expect("a member");
    assert_ne!(ada["id"], made["id"], "resources have ids of their own");
    for (name, value) in [
        ("name", json!("Ada Lovelace")),
        ("phoneNumber", json!("+15550100199")),
        ("profilePictureUrl", json!("https://acme.test/ada.png")),
        ("provider", json!("scim2")),
        ("managedBy", json!("scim2")),
        ("verified", json!(true)),
    ] {
        assert_eq!(ada[name], value, "{name}");
    }
    assert_eq!(ada["roles"][0]["key"], "ReadOnly", "the default roles");
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());
    let mut back_end = world.back_end(Some("acme")).await;
    assert_eq!(back_end.done("count_scim_users", &[&acme.id], Value::Null).await, json!({ "count": 1 }));
    let connection = back_end.done("get_scim_configuration", &[&acme.id], Value::Null).await;
    assert!(connection["lastSync"].is_string());
}

#[tokio::test]
async fn a_member_is_adopted_and_follows() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let acme = Provider::of(&world, "acme").await;
    let user = json!({ "userName": "Ada@acme.test", "name": { "givenName": "Ada", "familyName": "Lovelace" } });
    let path = format!("/Users/{}", id(&acme.ask(Method::POST, "/Users", user).await.ok(201)));
    let adopted = member(&world, "acme", &ada).await.expect("a member");
    assert_eq!((&adopted["managedBy"], &adopted["name"]), (&json!("scim2"), &json!("Ada Lovelace")));
    assert_eq!(adopted["provider"], "local");
    signed_in(&world, "ada@acme.test").await;

    let change = json!({
        "userName": "ada", "displayName": "Countess", "emails": [{ "value": "ada.l@acme.test", "primary": true }],
    });
    acme.ask(Method::PUT, &path, change.clone()).await.ok(200);
    let moved = member(&world, "acme", &ada).await.expect("a member");
    assert_eq!((&moved["email"], &moved["name"]), (&json!("ada.l@acme.test"), &json!("Countess")));
    // An address that somebody has is not taken from them, and nothing else is changed.
    world.user("acme", "bob@acme.test", &[]).await;
    let taken = json!([
        { "op": "replace", "path": "displayName", "value": "Bob" },
        { "op": "replace", "path": "emails", "value": [{ "value": "bob@acme.test" }] },
    ]);
    assert_eq!(acme.patch(&path, taken).await.refused(409), "uniqueness");
    assert_eq!(member(&world, "acme", &ada).await.expect("a member")["name"], "Countess");

    // What an administrator changes holds until the next provisioning.
    let renamed = json!({ "name": "Augusta" });
    world.back_end(None).await.done("update_user_globally", &[&ada], renamed).await;
    acme.ask(Method::PUT, &path, change).await.ok(200);
    assert_eq!(member(&world, "acme", &ada).await.expect("a member")["name"], "Countess");
    assert_eq!(acme.get(&path).await.header("etag"), "W/\"2\"");
}

/// A connection cannot rename people of other tenants, take over their addresses or their accounts.
#[tokio::test]
async fn people_of_other_tenants_are_added_and_left_as_they_are() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("globex", "ada@globex.test").await;
    world.back_end(None).await.done("update_user_globally", &[&ada], json!({ "name": "Ada" })).await;
    let mut session = signed_in(&world, "ada@globex.test").await;

    let acme = Provider::of(&world, "acme").await;
    let user = json!({ "userName": "ada@globex.test", "displayName": "Mallory", "active": true });
    let path = format!("/Users/{}", id(&acme.ask(Method::POST, "/Users", user).await.ok(201)));
    let added = member(&world, "acme", &ada).await.expect("a member");
    assert_eq!((&added["name"], &added["managedBy"]), (&json!("Ada"), &json!("frontegg")));
    let takeover = json!([{ "op": "replace", "value": {
        "emails": [{ "value": "mallory@acme.test" }], "photos": [{ "value": "https://acme.test/x.png" }],
        "phoneNumbers": [{ "value": "+15550100198" }],
    } }]);
    acme.patch(&path, takeover).await.ok(200);
    let after = member(&world, "globex", &ada).await.expect("a member");
    assert_eq!((&after["email"], &after["name"]), (&json!("ada@globex.test"), &json!("Ada")));
    assert!(after["phoneNumber"].is_null() && person(&world, "mallory@acme.test").await.is_none());

    // Barred from acme, and from nothing else.
    acme.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await.ok(200);
    session.refresh().await.token();
    acme.ask(Method::DELETE, &path, Value::Null).await.ok(204);
    assert!(member(&world, "acme", &ada).await.is_none());
    assert!(member(&world, "globex", &ada).await.is_some());
    session.refresh().await.token();

    // Nor is somebody who may enter every tenant at home in one.
    let root = world.member("acme", "root@acme.test").await;
    world.back_end(None).await.done("set_user_superuser", &[&root], json!({ "superUser": true })).await;
    let user = json!({ "userName": "root@acme.test", "displayName": "Mallory" });
    let path = format!("/Users/{}", id(&acme.ask(Method::POST, "/Users", user).await.ok(201)));
    acme.patch(&path, json!([{ "op": "add", "path": "emails", "value": "mallory@acme.test" }])).await.ok(200);
    assert_eq!(member(&world, "acme", &root).await.expect("a member")["email"], "root@acme.test");
}

/// Whose domain it is speaks for the people who have addresses there.
#[tokio::test]
async fn people_of_a_domain_of_the_tenant_follow() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("globex", "ada@acme.test").await;
    let acme = Provider::of(&world, "acme").await;
    let user = |name: &str| json!({ "userName": "ada@acme.test", "displayName": name });
    let path = format!("/Users/{}", id(&acme.ask(Method::POST, "/Users", user("One")).await.ok(201)));
    assert!(member(&world, "acme", &ada).await.expect("a member")["name"].is_null());
    let mut back_end = world.back_end(Some("acme")).await;
    let connection = id(&back_end.done("create_sso_configuration", &[], json!({ "type": "saml" })).await);
    back_end.done("create_sso_domain", &[&connection], json!({ "domain": "acme.test" })).await;
    acme.ask(Method::PUT, &path, user("Two")).await.ok(200);
    assert!(member(&world, "acme", &ada).await.expect("a member")["name"].is_null(), "it is not proven");
    let proven = json!({ "tenantId": "acme", "validated": true });
    world.back_end(None).await.done("force_sso_domain_validation", &["acme.test"], proven).await;
    acme.ask(Method::PUT, &path, user("Two")).await.ok(200);
    let followed = member(&world, "acme", &ada).await.expect("a member");
    assert_eq!((&followed["name"], &followed["managedBy"]), (&json!("Two"), &json!("scim2")));
}

#[tokio::test]
async fn whoever_is_deactivated_is_out_until_they_are_back() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let acme = Provider::of(&world, "acme").await;
    let path = format!("/Users/{}", acme.user("ada@acme.test").await);
    let mut session = signed_in(&world, "ada@acme.test").await;
    acme.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "False" }])).await.ok(200);
    assert_eq!(acme.get(&path).await.ok(200)["active"], false);
    assert_eq!(session.refresh().await.status, 401);
    assert_ne!(world.browser().sign_in("ada@acme.test").await.status, 200);
    acme.patch(&path, json!([{ "op": "Replace", "value": { "active": true } }])).await.ok(200);
    let mut session = signed_in(&world, "ada@acme.test").await;
    session.refresh().await.token();

    acme.ask(Method::DELETE, &path, Value::Null).await.ok(204);
    assert_eq!(session.refresh().await.status, 401);
    assert!(person(&world, "ada@acme.test").await.is_none(), "whoever has no other tenant is deleted");
    assert!(member(&world, "acme", &ada).await.is_none());
    // Somebody who comes back is somebody new.
    acme.user("ada@acme.test").await;
    assert_ne!(user_id(&world, "ada@acme.test").await, ada);
}

/// What an account has that nobody has activated may be anybody's.
#[tokio::test]
async fn an_account_that_waits_is_activated_and_loses_what_it_had() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut back_end = world.back_end(Some("acme")).await;
    let invited = json!({ "email": "ada@acme.test", "password": crate::support::browser::PASSWORD });
    let ada = id(&back_end.done("create_user_v2", &[], invited).await);
    assert_eq!(member(&world, "acme", &ada).await.expect("a member")["verified"], false);
    let acme = Provider::of(&world, "acme").await;
    acme.user("ada@acme.test").await;
    let activated = member(&world, "acme", &ada).await.expect("a member");
    assert_eq!((&activated["verified"], &activated["activatedForTenant"]), (&json!(true), &json!(true)));
    assert_eq!(world.browser().sign_in("ada@acme.test").await.status, 401, "the password is gone");
}

#[tokio::test]
async fn groups_come_with_their_members() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.user("acme", "first@acme.test", &[]).await;
    let acme = Provider::of(&world, "acme").await;
    let (one, two) = (acme.user("ada@acme.test").await, acme.user("bob@acme.test").await);
    let (ada, bob) = (user_id(&world, "ada@acme.test").await, user_id(&world, "bob@acme.test").await);
    let path = format!("/Groups/{}", acme.group("Analysts", &[&one]).await);
    let [group] = groups(&world, "acme").await.try_into().expect("one group");
    assert_eq!((&group["name"], &group["managedBy"]), (&json!("Analysts"), &json!("scim2")));
    assert_eq!(people_of(&group), [&ada]);

    // Its roles count for whoever is in it.
    let role = world.role("Admin").await;
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.done("add_roles_to_group", &[group["id"].as_str().expect("an id")], json!({ "roleIds": [role] })).await;
    assert!(world.roles_of(&ada, "acme").await.contains(&"Admin".to_owned()));
    let change = json!([
        { "op": "replace", "value": { "displayName": "Readers" } },
        { "op": "Add", "path": "members", "value": [{ "value": two }] },
        { "op": "Remove", "path": format!("members[value eq \"{one}\"]") },
    ]);
    acme.patch(&path, change).await.ok(204);
    let [group] = groups(&world, "acme").await.try_into().expect("one group");
    assert_eq!((&group["name"], people_of(&group)), (&json!("Readers"), vec![bob.as_str()]));
    assert!(!world.roles_of(&ada, "acme").await.contains(&"Admin".to_owned()));
    assert!(world.roles_of(&bob, "acme").await.contains(&"Admin".to_owned()));

    // Whoever leaves and comes back by the same user is in their groups again.
    back_end.done("remove_user", &[&bob], Value::Null).await;
    acme.patch(&format!("/Users/{two}"), json!([{ "op": "replace", "path": "title", "value": "T" }])).await.ok(200);
    let [group] = groups(&world, "acme").await.try_into().expect("one group");
    assert_eq!(people_of(&group), [&user_id(&world, "bob@acme.test").await]);

    acme.ask(Method::DELETE, &path, Value::Null).await.ok(204);
    assert!(groups(&world, "acme").await.is_empty());
    assert!(person(&world, "ada@acme.test").await.is_some());
}

#[tokio::test]
async fn a_group_of_that_name_is_adopted() {
    let world = World::start().await;
    world.tenant("acme").await;
    let carol = world.user("acme", "carol@acme.test", &[]).await;
    let mut back_end = world.back_end(Some("acme")).await;
    let made = back_end.done("create_group", &[], json!({ "name": "Readers" })).await;
    let group_id = made["id"].as_str().expect("an id");
    back_end.done("add_users_to_group", &[group_id], json!({ "userIds": [carol] })).await;
    let acme = Provider::of(&world, "acme").await;
    let one = acme.user("ada@acme.test").await;
    acme.group("Readers", &[&one]).await;
    let [group] = groups(&world, "acme").await.try_into().expect("one group");
    assert_eq!((group["id"].as_str(), &group["managedBy"]), (Some(group_id), &json!("scim2")));
    let mut people = people_of(&group);
    people.sort_unstable();
    let ada = user_id(&world, "ada@acme.test").await;
    let mut expected = [ada.as_str(), carol.as_str()];
    expected.sort_unstable();
    assert_eq!(people, expected, "those that an administrator put there stay");
}

#[tokio::test]
async fn what_is_written_while_it_is_off_comes_in_when_it_is_on() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    acme.sync(&world, false).await;
    let ada = acme.user("ada@acme.test").await;
    let out = json!({ "userName": "bob@acme.test", "active": false });
    let bob = id(&acme.ask(Method::POST, "/Users", out).await.ok(201));
    acme.group("Readers", &[&ada, &bob]).await;
    assert!(person(&world, "ada@acme.test").await.is_none() && groups(&world, "acme").await.is_empty());

    acme.sync(&world, true).await;
    let ids = [user_id(&world, "ada@acme.test").await, user_id(&world, "bob@acme.test").await];
    let [group] = groups(&world, "acme").await.try_into().expect("one group");
    assert_eq!(people_of(&group), [&ids[0], &ids[1]]);
    let disabled = member(&world, "acme", &ids[1]).await.expect("a member");
    assert_eq!(disabled["tenants"][0]["isDisabled"], true, "{disabled}");

    // Off again, nobody is touched.
    acme.sync(&world, false).await;
    acme.ask(Method::DELETE, &format!("/Users/{ada}"), Value::Null).await.ok(204);
    assert!(person(&world, "ada@acme.test").await.is_some());
}

#[tokio::test]
async fn what_a_connection_brought_stays_or_goes_with_it() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    for delete_all in [false, true] {
        let acme = Provider::of(&world, "acme").await;
        let other = Provider::of(&world, "acme").await;
        let elsewhere = world.user("globex", &format!("eve{delete_all}@acme.test"), &[]).await;
        let ids = [
            acme.user(&format!("ada{delete_all}@acme.test")).await,
            acme.user(&format!("eve{delete_all}@acme.test")).await,
            acme.user(&format!("bob{delete_all}@acme.test")).await,
        ];
        other.user(&format!("bob{delete_all}@acme.test")).await;
        acme.group(&format!("Readers {delete_all}"), &[&ids[0]]).await;
        let body = Scim2DeleteConnectionConfigRequest::new().delete_all(delete_all);
        let connections = world.frontegg.scim();
        connections.delete_scim_configuration(&acme.id, &body).await.expect("a deletion");
        let ada = person(&world, &format!("ada{delete_all}@acme.test")).await;
        let groups = groups(&world, "acme").await;
        let group = groups.iter().find(|group| group["name"] == format!("Readers {delete_all}"));
        if delete_all {
            assert!(ada.is_none() && group.is_none());
        } else {
            assert_eq!(ada.expect("a person")["managedBy"], "frontegg");
            assert_eq!(group.expect("a group")["managedBy"], "frontegg");
        }
        assert_eq!(member(&world, "acme", &elsewhere).await.is_some(), !delete_all);
        assert!(member(&world, "globex", &elsewhere).await.is_some());
        let bob = user_id(&world, &format!("bob{delete_all}@acme.test")).await;
        assert!(member(&world, "acme", &bob).await.is_some(), "another connection holds him");
        connections.delete_scim_configuration(&other.id, &body).await.expect("a deletion");
    }
}
