//! Tag “Accounts” and the listing that no document has, over HTTP.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Environment,
    enums::{TenantSortField, TenantSortOrder},
    params::ListTenants,
    types::{
        AddTenantMetadataRequest, CreateTenantApiTokenDto, CreateTenantRequest, CreateUserApiTokenDto, Tenant,
        UpdateTenantRequest, UpdateTenantRequestV2,
    },
    views::Tenants,
};
use serde_json::{Value, json};
use support::{World, refused};

fn accounts(world: &World) -> Tenants<Environment> {
    world.frontegg.tenants()
}

fn with_id(id: &str) -> CreateTenantRequest {
    CreateTenantRequest::new().tenant_id(id)
}

async fn read(world: &World, id: &str) -> Tenant {
    accounts(world).get_tenant_v2(id).await.expect("a tenant")
}

/// Ids of all tenants, by id.
async fn ids(world: &World) -> Vec<String> {
    let page = accounts(world).list_tenants(ListTenants::new().sort_by(TenantSortField::TenantId)).await;
    page.expect("a page").items.into_iter().map(|tenant| tenant.tenant_id).collect()
}

/// A tenant as JSON, to compare whole records.
fn whole(tenant: &Tenant) -> Value {
    serde_json::to_value(tenant).expect("JSON")
}

#[tokio::test]
async fn a_tenant_is_created_with_everything_and_read_back() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let new = with_id("acme")
        .name("Acme")
        .status("active")
        .website("https://acme.test")
        .application_url("https://app.acme.test")
        .logo("bG9nbw==")
        .logo_url("https://acme.test/logo.png")
        .address("1 Road")
        .timezone("Europe/Berlin")
        .currency("EUR")
        .creator_name("Ada")
        .creator_email("ada@acme.test")
        .is_reseller(true)
        .metadata(json!({"plan": "gold"}));
    let created = accounts(&world).create_tenant(&new).await.expect("a tenant");
    assert_eq!(created.vendor_id.as_deref(), Some(world.emulator.vendor_id()));
    let now = world.emulator.clock().now().timestamp();
    assert_eq!(created.created_at.expect("a time").timestamp(), now);
    let mut sent = serde_json::to_value(&new).expect("JSON");
    sent["metadata"] = json!(r#"{"plan":"gold"}"#);
    let answer = whole(&created);
    for (member, value) in sent.as_object().expect("an object") {
        assert_eq!(&answer[member], value, "{member}");
    }
    assert_eq!(answer["deletedAt"], Value::Null);
    assert!(answer.as_object().expect("an object").contains_key("deletedAt"));
    assert_eq!(answer["hasCustomLogin"], false);
    assert_eq!(whole(&read(&world, "acme").await), answer);
    let v1 = world.raw().await.call("get_tenant_v1", &["acme"], Value::Null).await;
    assert_eq!(v1.body, json!([answer]));
}

/// As a client in the field says that it says nothing.
#[tokio::test]
async fn null_names_no_creator() {
    let world = World::start().await;
    let nobody =
        json!({ "tenantId": "acme", "name": "Acme", "metadata": null, "creatorName": null, "creatorEmail": null });
    let answer = world.raw().await.call("create_tenant", &[], nobody).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    assert_eq!(answer.body.get("creatorName").or(answer.body.get("creatorEmail")), None);
}

#[tokio::test]
async fn ids_and_names_are_made_up() {
    let world = World::start().await;
    let first = accounts(&world).create_tenant(&CreateTenantRequest::new().name("A")).await.expect("a tenant");
    let second = accounts(&world).create_tenant(&CreateTenantRequest::new().name("A")).await.expect("a tenant");
    assert_eq!(first.tenant_id.len(), 36);
    assert_ne!(first.tenant_id, second.tenant_id);
    assert_ne!(first.id, second.id);
    let unnamed = accounts(&world).create_tenant(&with_id("ü/ 1")).await.expect("a tenant");
    assert_eq!(unnamed.name, "ü/ 1");
    assert_eq!(unnamed.metadata.as_deref(), Some("{}"));
    assert_eq!(read(&world, "ü/ 1").await.id, unnamed.id);
}

#[tokio::test]
async fn ids_are_checked_and_unique() {
    let world = World::start().await;
    let longest = "x".repeat(255);
    accounts(&world).create_tenant(&with_id(&longest)).await.expect("a tenant");
    let too_long = accounts(&world).create_tenant(&with_id(&"x".repeat(256))).await;
    assert_eq!(refused(too_long, 400), "tenantId must be shorter than or equal to 255 characters");
    for blank in ["", " \t"] {
        let refusal = refused(accounts(&world).create_tenant(&with_id(blank)).await, 400);
        assert_eq!(refusal, "tenantId should not be empty");
    }
    let before = whole(&read(&world, &longest).await);
    let taken = accounts(&world).create_tenant(&with_id(&longest).name("Other")).await;
    assert_eq!(refused(taken, 409), "Tenant already exists");
    assert_eq!(whole(&read(&world, &longest).await), before);
    assert_eq!(ids(&world).await, [longest]);
}

#[tokio::test]
async fn a_tenant_below_an_unknown_one_is_not_created() {
    let world = World::start().await;
    let orphan = accounts(&world).create_tenant(&with_id("kid").parent_tenant_id("nobody")).await;
    assert_eq!(refused(orphan, 404), "Parent tenant not found");
    assert_eq!(ids(&world).await, [""; 0]);
}

#[tokio::test]
async fn unknown_tenants_are_told_in_three_ways() {
    let world = World::start().await;
    let raw = world.raw().await;
    for operation in ["get_tenant_v1", "get_tenant_v2"] {
        let answer = raw.call(operation, &["nobody"], Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, json!([])), "{operation}");
    }
    let error = accounts(&world).get_tenant_v2("nobody").await.expect_err("nobody");
    assert!(error.is_not_found(), "{error}");
    for id in ["  ", &"x".repeat(256)] {
        let answer = raw.call("get_tenant_v1", &[id], Value::Null).await;
        assert!(answer.refused(400).starts_with("tenantId "), "{answer:?}");
    }
    assert_eq!(refused(accounts(&world).delete_tenant("nobody").await, 404), "Tenant not found");
}

#[tokio::test]
async fn metadata_is_any_json_in_and_text_out() {
    let world = World::start().await;
    let raw = world.raw().await;
    let cases = [
        (json!({"a": {"b": [1, null]}}), r#"{"a":{"b":[1,null]}}"#),
        (json!(r#"{ "a": 1 }"#), r#"{ "a": 1 }"#),
        (json!(7), "7"),
        (json!([true]), "[true]"),
        (json!("\"text\""), "\"text\""),
        (Value::Null, "{}"),
    ];
    for (id, (sent, kept)) in cases.into_iter().enumerate() {
        let body = json!({"tenantId": id.to_string(), "metadata": sent});
        let answer = raw.call("create_tenant", &[], body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["metadata"]), (201, &json!(kept)));
    }
    let before = whole(&read(&world, "0").await);
    for text in ["", "no JSON", "{\"a\":", "{} {}", &"[".repeat(1000)] {
        let text = json!({ "metadata": text });
        for (operation, path) in [
            ("create_tenant", &[][..]),
            ("update_tenant_v1", &["0"]),
            ("update_tenant_v2", &["0"]),
            ("add_tenant_metadata", &["0"]),
        ] {
            let refusal = raw.call(operation, path, text.clone()).await.refused(400);
            assert_eq!(refusal, "metadata must be JSON or JSON written as text", "{operation}");
        }
    }
    assert_eq!(whole(&read(&world, "0").await), before);
    assert_eq!(ids(&world).await.len(), 6);
}

#[tokio::test]
async fn metadata_is_merged_key_by_key() {
    let world = World::start().await;
    world.tenant("other").await;
    accounts(&world).create_tenant(&with_id("acme").metadata(json!({"a": {"x": 1}, "b": 2}))).await.expect("a tenant");
    let merge = async |metadata: Value| {
        let body = AddTenantMetadataRequest::new(metadata);
        accounts(&world).add_tenant_metadata("acme", &body).await
    };
    let kept = |tenant: &Tenant| -> Value {
        serde_json::from_str(tenant.metadata.as_deref().expect("metadata")).expect("JSON")
    };
    // The merge is shallow, and takes text as well.
    let merged = merge(json!({"a": {"y": 2}, "c": null})).await.expect("a tenant");
    assert_eq!(kept(&merged), json!({"a": {"y": 2}, "b": 2, "c": null}));
    let merged = merge(json!(r#"{"d":"e"}"#)).await.expect("a tenant");
    assert_eq!(kept(&merged), json!({"a": {"y": 2}, "b": 2, "c": null, "d": "e"}));
    for wrong in [json!([1]), json!("[1]"), json!(1)] {
        assert_eq!(refused(merge(wrong).await, 400), "metadata must be an object");
    }

    let drop = async |key: &str| accounts(&world).delete_tenant_metadata_key("acme", key).await;
    let left = drop("a").await.expect("a tenant");
    assert_eq!(kept(&left), json!({"b": 2, "c": null, "d": "e"}));
    let same = drop("a").await.expect("a tenant");
    assert_eq!(whole(&same), whole(&left));
    assert_eq!(whole(&read(&world, "acme").await), whole(&left));
    assert_eq!(read(&world, "other").await.metadata.as_deref(), Some("{}"));

    // What is no object has no keys: it is replaced.
    let list = UpdateTenantRequestV2::new().metadata(json!([1]));
    accounts(&world).update_tenant_v2("acme", &list).await.expect("a tenant");
    assert_eq!(kept(&drop("b").await.expect("a tenant")), json!([1]));
    assert_eq!(kept(&merge(json!({"n": 1})).await.expect("a tenant")), json!({"n": 1}));

    let body = AddTenantMetadataRequest::new(json!({}));
    assert_eq!(refused(accounts(&world).add_tenant_metadata("nobody", &body).await, 404), "Tenant not found");
    let gone = accounts(&world).delete_tenant_metadata_key("nobody", "a").await;
    assert_eq!(refused(gone, 404), "Tenant not found");
}

#[tokio::test]
async fn updates_write_what_is_present() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let new = with_id("acme").name("Acme").website("w").creator_name("Ada").metadata(json!({"a": 1}));
    let before = accounts(&world).create_tenant(&new).await.expect("a tenant");
    world.tenant("other").await;
    let other = whole(&read(&world, "other").await);
    clock.advance(Duration::from_mins(1));

    let update = UpdateTenantRequestV2::new().name("Acme 2").metadata(json!({"b": 2})).creator_name("Bob");
    let after = accounts(&world).update_tenant_v2("acme", &update).await.expect("a tenant");
    let mut expected = whole(&before);
    expected["name"] = json!("Acme 2");
    expected["metadata"] = json!(r#"{"b":2}"#);
    expected["creatorName"] = json!("Bob");
    expected["updatedAt"] = whole(&after)["updatedAt"].clone();
    assert_eq!(whole(&after), expected);
    let passed = after.updated_at.expect("a time") - before.updated_at.expect("a time");
    assert_eq!(passed.num_seconds(), 60);
    assert_eq!(whole(&read(&world, "acme").await), expected);
    assert_eq!(whole(&read(&world, "other").await), other);

    // The retired form is not about the creator.
    let update = UpdateTenantRequest::new().is_reseller(true).metadata(json!("[3]")).creator_name("Cyd");
    #[expect(deprecated, reason = "it is what is tested")]
    let after = accounts(&world).update_tenant_v1("acme", &update).await.expect("a tenant");
    expected["isReseller"] = json!(true);
    expected["metadata"] = json!("[3]");
    assert_eq!(whole(&after), expected);
    assert_eq!(whole(&read(&world, "acme").await), expected);
}

#[tokio::test]
async fn updates_of_nothing_are_refused() {
    let world = World::start().await;
    let raw = world.raw().await;
    world.tenant("acme").await;
    let before = whole(&read(&world, "acme").await);
    for (operation, body) in [
        ("update_tenant_v1", json!({})),
        ("update_tenant_v1", json!({"unknown": 1, "tenantId": "x"})),
        ("update_tenant_v1", json!({"creatorName": "Ada"})),
        ("update_tenant_v2", json!({})),
        ("update_tenant_v2", json!({"vendorId": "x", "deletedAt": "2020-01-01T00:00:00Z", "alias": "x"})),
    ] {
        let refusal = raw.call(operation, &["acme"], body).await.refused(400);
        assert_eq!(refusal, "At least one field to change is required", "{operation}");
    }
    let refusal = raw.call("update_tenant_v2", &["acme"], json!({"name": 1, "isReseller": "yes"})).await.refused(400);
    assert_eq!(refusal, "name must be a string; isReseller must be a boolean value");
    let refusal = raw.call("update_tenant_v2", &["acme"], json!({"name": null})).await.refused(400);
    assert_eq!(refusal, "name must be a string");
    assert_eq!(whole(&read(&world, "acme").await), before);
    for operation in ["update_tenant_v1", "update_tenant_v2"] {
        let refusal = raw.call(operation, &["nobody"], json!({"name": "x"})).await.refused(404);
        assert_eq!(refusal, "Tenant not found", "{operation}");
    }
    assert_eq!(ids(&world).await, ["acme"]);
}

#[tokio::test]
async fn the_list_is_paged_sorted_and_searched() {
    let world = World::start().await;
    for (id, name) in [("b", "Zeta"), ("a", "alpha 100%"), ("c_1", "Beta"), ("gone", "Beta")] {
        accounts(&world).create_tenant(&with_id(id).name(name)).await.expect("a tenant");
    }
    accounts(&world).delete_tenant("gone").await.expect("a deletion");
    let list = async |query: ListTenants| -> Vec<String> {
        let page = accounts(&world).list_tenants(query).await.expect("a page");
        page.items.into_iter().map(|tenant| tenant.tenant_id).collect()
    };
    let all = ListTenants::new;
    assert_eq!(list(all()).await, ["b", "a", "c_1"]);
    assert_eq!(list(all().order(TenantSortOrder::Desc)).await, ["c_1", "a", "b"]);
    assert_eq!(list(all().sort_by(TenantSortField::Name)).await, ["c_1", "b", "a"]);
    let query = all().sort_by(TenantSortField::TenantId).order(TenantSortOrder::Desc);
    assert_eq!(list(query).await, ["c_1", "b", "a"]);
    // Part of a name or an id, without case and without wildcards.
    assert_eq!(list(all().filter("ETA")).await, ["b", "c_1"]);
    assert_eq!(list(all().filter("C_")).await, ["c_1"]);
    assert_eq!(list(all().filter("%")).await, ["a"]);
    assert_eq!(list(all().filter("nothing")).await, [""; 0]);
    assert_eq!(list(all().tenant_ids(["c_1", "gone", "unknown", "b"])).await, ["b", "c_1"]);
    assert_eq!(list(all().tenant_ids(["c_1", "b"]).filter("beta")).await, ["c_1"]);

    let query = "_limit=2&_offset=1&_sortBy=tenantId";
    let page = world.raw().await.query("list_tenants", &[], query, Value::Null).await.body;
    assert_eq!(page["items"][0]["tenantId"], "c_1");
    assert_eq!(page["items"][0]["deletedAt"], Value::Null);
    assert_eq!(page["items"].as_array().expect("items").len(), 1);
    assert_eq!(page["_metadata"], json!({"totalItems": 3, "totalPages": 2}));
    let first = "_limit=2&_sortBy=tenantId&_offset=0";
    let second = "_limit=2&_sortBy=tenantId&_offset=1";
    assert_eq!(page["_links"], json!({"first": first, "prev": first, "next": "", "last": second}));
    let beyond = accounts(&world).list_tenants(all().limit(2).offset(9)).await.expect("a page");
    assert_eq!((beyond.items.len(), beyond.metadata.total_items), (0, 3));
}

#[tokio::test]
async fn wrong_queries_are_refused_and_ids_may_be_repeated() {
    let world = World::start().await;
    let raw = world.raw().await;
    for id in ["a", "b", "c"] {
        world.tenant(id).await;
    }
    for (query, text) in [
        ("_limit=201", "_limit must not be greater than 200"),
        ("_limit=0", "_limit must not be less than 1"),
        ("_offset=-1", "_offset must not be less than 0"),
        ("_sortBy=metadata", "_sortBy must be one of createdAt, name, tenantId"),
        ("_order=up", "_order must be one of ASC, DESC"),
    ] {
        assert_eq!(raw.query("list_tenants", &[], query, Value::Null).await.refused(400), text);
    }
    let found = raw.query("list_tenants", &[], "_tenantIds=a&_tenantIds=c&_limit=200", Value::Null).await.body;
    assert_eq!(found["_metadata"]["totalItems"], 2);
    // Unset, as browsers say it.
    let found = raw.query("list_tenants", &[], "_filter=undefined&_tenantIds=", Value::Null).await.body;
    assert_eq!(found["_metadata"]["totalItems"], 3);
}

#[tokio::test]
async fn fifty_tenants_are_a_page() {
    let world = World::start().await;
    for id in 0..51 {
        accounts(&world).create_tenant(&with_id(&id.to_string())).await.expect("a tenant");
    }
    let page = accounts(&world).list_tenants(ListTenants::new()).await.expect("a page");
    assert_eq!((page.items.len(), page.metadata.total_items, page.metadata.total_pages), (50, 51, 2));
}

#[tokio::test]
async fn the_unpublished_list_is_a_bare_array_by_id() {
    let world = World::start().await;
    let raw = world.raw().await;
    assert_eq!(raw.call("list_tenants_v1", &[], Value::Null).await.body, json!([]));
    for id in ["b", "c", "a"] {
        world.tenant(id).await;
    }
    accounts(&world).delete_tenant("c").await.expect("a deletion");
    let answer = raw.call("list_tenants_v1", &[], Value::Null).await;
    let expected = json!([whole(&read(&world, "a").await), whole(&read(&world, "b").await)]);
    assert_eq!((answer.status.as_u16(), answer.body), (200, expected));
}

#[tokio::test]
async fn deletion_is_soft_and_creation_revives() {
    let world = World::start().await;
    let raw = world.raw().await;
    let new = with_id("acme").name("Acme").website("w").metadata(json!({"a": 1}));
    let first = accounts(&world).create_tenant(&new).await.expect("a tenant");
    let answer = raw.call("delete_tenant", &["acme"], Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));

    assert_eq!(raw.call("get_tenant_v2", &["acme"], Value::Null).await.body, json!([]));
    assert_eq!(ids(&world).await, [""; 0]);
    for (operation, path, body) in [
        ("delete_tenant", &["acme"][..], Value::Null),
        ("update_tenant_v2", &["acme"], json!({"name": "x"})),
        ("add_tenant_metadata", &["acme"], json!({"metadata": {}})),
        ("delete_tenant_metadata_key", &["acme", "a"], Value::Null),
    ] {
        assert_eq!(raw.call(operation, path, body).await.refused(404), "Tenant not found", "{operation}");
    }
    let below = accounts(&world).create_tenant(&with_id("kid").parent_tenant_id("acme")).await;
    assert_eq!(refused(below, 404), "Parent tenant not found");

    let again = accounts(&world).create_tenant(&with_id("acme").website("w2")).await.expect("a tenant");
    let mut expected = whole(&first);
    expected["website"] = json!("w2");
    expected["updatedAt"] = whole(&again)["updatedAt"].clone();
    assert_eq!(whole(&again), expected);
    assert_eq!(whole(&read(&world, "acme").await), expected);
}

#[tokio::test]
async fn an_alias_finds_its_tenant() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("other").await;
    let find = async |alias: &str| accounts(&world).get_tenant_by_alias(alias).await;
    assert_eq!(refused(find("acme").await, 404), "Tenant not found");
    world.emulator.set_tenant_alias("acme", Some("Acme-Login")).await.expect("an alias");
    let found = find("aCME-lOGIN").await.expect("a tenant");
    assert_eq!((found.tenant_id.as_str(), found.has_custom_login), ("acme", Some(true)));
    assert_eq!(found.alias.as_deref(), Some("Acme-Login"));
    assert_eq!(whole(&read(&world, "acme").await), whole(&found));
    assert!(world.emulator.set_tenant_alias("other", Some("acme-login")).await.is_err());
    assert!(world.emulator.set_tenant_alias("nobody", Some("x")).await.is_err());
    accounts(&world).delete_tenant("acme").await.expect("a deletion");
    assert_eq!(refused(find("Acme-Login").await, 404), "Tenant not found");
}

#[tokio::test]
async fn people_go_with_their_last_tenant() {
    let world = World::start().await;
    for tenant in ["acme", "other"] {
        world.tenant(tenant).await;
    }
    let only = world.user("acme", "only@acme.test", &[]).await;
    let both = world.user("acme", "both@acme.test", &[]).await;
    // The first one there would be its administrator.
    world.user("other", "first@other.test", &[]).await;
    assert_eq!(world.user("other", "both@acme.test", &[]).await, both);
    let (here, there) = (world.session(&both, "acme").await, world.session(&both, "other").await);
    accounts(&world).delete_tenant("acme").await.expect("a deletion");

    let users = world.frontegg.management().users();
    assert_eq!(refused(users.get_user_globally(&only).await, 404), "User not found");
    let left = users.get_user_globally(&both).await.expect("a user");
    assert_eq!((left.tenant_id.as_str(), left.tenant_ids), ("other", vec!["other".to_owned()]));
    refused(here.accounts().delete_my_tenant().await, 401);
    // Still signed in there, as somebody who may not delete the tenant.
    refused(there.accounts().delete_my_tenant().await, 403);
    // The address is free again.
    assert_ne!(world.user("other", "only@acme.test", &[]).await, only);
}

#[tokio::test]
async fn whoever_may_deletes_their_own_tenant() {
    let world = World::start().await;
    for tenant in ["acme", "other"] {
        world.tenant(tenant).await;
    }
    let roles = world.frontegg.management().roles().list_roles_v1().await.expect("roles");
    let role = |key: &str| roles.iter().find(|role| role.key == key).expect("a role").id.clone();
    let admin_id = world.user("acme", "admin@acme.test", &[&role("Admin")]).await;
    let reader = world.user("acme", "reader@acme.test", &[&role("ReadOnly")]).await;
    let admin = world.raw_with(&world.token(&admin_id, "acme").await);
    let reader = world.session(&reader, "acme").await;

    let refusal = refused(reader.accounts().delete_my_tenant().await, 403);
    assert_eq!(refusal, "The permission fe.account-settings.delete.account is required");
    let environment = world.raw().await.call("delete_my_tenant", &[], Value::Null).await;
    assert_eq!(environment.refused(401), "Failed to verify user JWT");
    world.raw_with("").call("delete_my_tenant", &[], Value::Null).await.refused(401);
    // Only a person does so, whatever API tokens may do.
    let acme = world.frontegg.tenant("acme");
    let new = CreateTenantApiTokenDto::new().role_ids([role("Admin")]);
    let of_tenant = acme.api_tokens().create_tenant_api_token_v2(&new).await.expect("credentials");
    let of_admin = acme.user(&admin_id).personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await;
    let of_admin = of_admin.expect("credentials");
    for (id, secret) in [(of_tenant.client_id, of_tenant.secret), (of_admin.client_id, of_admin.secret)] {
        let machine = world.frontegg.api_token(id, secret);
        assert_eq!(refused(machine.accounts().delete_my_tenant().await, 401), "Failed to verify user JWT");
    }
    assert_eq!(ids(&world).await, ["acme", "other"]);

    let answer = admin.call("delete_my_tenant", &[], Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));
    assert_eq!(ids(&world).await, ["other"]);
    admin.call("delete_my_tenant", &[], Value::Null).await.refused(401);
    refused(reader.accounts().delete_my_tenant().await, 401);
    // A revived tenant is not theirs any more.
    world.tenant("acme").await;
    admin.call("delete_my_tenant", &[], Value::Null).await.refused(401);
}

#[tokio::test]
async fn users_reach_no_operation_of_the_environment() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.user("acme", "admin@acme.test", &[]).await;
    let user = world.raw_with(&world.token(&admin, "acme").await);
    let none = world.raw_with("");
    for (operation, path, body) in [
        ("create_tenant", &[][..], json!({"tenantId": "x"})),
        ("get_tenant_v1", &["acme"], Value::Null),
        ("get_tenant_v2", &["acme"], Value::Null),
        ("get_tenant_by_alias", &["acme"], Value::Null),
        ("list_tenants", &[], Value::Null),
        ("list_tenants_v1", &[], Value::Null),
        ("update_tenant_v1", &["acme"], json!({"name": "x"})),
        ("update_tenant_v2", &["acme"], json!({"name": "x"})),
        ("add_tenant_metadata", &["acme"], json!({"metadata": {}})),
        ("delete_tenant_metadata_key", &["acme", "a"], Value::Null),
        ("delete_tenant", &["acme"], Value::Null),
    ] {
        user.call(operation, path, body.clone()).await.refused(403);
        none.call(operation, path, body).await.refused(401);
    }
    assert_eq!(read(&world, "acme").await.name, "acme");
    assert_eq!(ids(&world).await, ["acme"]);
}
