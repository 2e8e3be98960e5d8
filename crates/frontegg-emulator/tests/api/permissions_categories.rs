//! Tag “Permissions Categories”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized,
    types::{
        AddPermissionRequest, CreateCategoryDto, PermissionCategoryResponseDto, UpdateCategoryDto,
        UpdatePermissionRequest,
    },
    views::Permissions,
};
use reqwest::Method;
use serde_json::json;
use support::{World, json, refused};

async fn find<A: Authorized>(categories: &Permissions<A>, id: &str) -> Option<PermissionCategoryResponseDto> {
    let all = categories.list_permission_categories().await.expect("categories");
    all.into_iter().find(|category| category.id == id)
}

#[tokio::test]
async fn the_products_own_categories_are_listed_and_stay() {
    let world = World::start().await;
    let categories = world.frontegg.management().permissions_categories();
    let all = categories.list_permission_categories().await.expect("categories");
    assert_eq!(all.len(), 3);
    assert!(all.is_sorted_by_key(|category| category.name.clone()));
    assert!(all.iter().all(|category| category.fe_category));
    let permissions = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    let within: usize = all.iter().map(|category| category.permission_ids.as_ref().map_or(0, Vec::len)).sum();
    assert_eq!(within, permissions.len());
    for category in &all {
        let update = UpdateCategoryDto::new().name("Mine");
        refused(categories.update_permission_category(&category.id, &update).await, 403);
        refused(categories.delete_permission_category(&category.id).await, 403);
    }
    assert_eq!(json(&categories.list_permission_categories().await.expect("categories")), json(&all));
}

#[tokio::test]
async fn a_category_is_created_and_read_back() {
    let world = World::start().await;
    let categories = world.frontegg.management().permissions_categories();
    let new = CreateCategoryDto::new("Billing").description("Money").id("billing");
    let made = categories.create_permission_category(&new).with_response().await.expect("a category");
    assert_eq!(made.status(), 201);
    let made = made.into_inner();
    assert_eq!((made.id.as_str(), made.name.as_str()), ("billing", "Billing"));
    assert_eq!((made.description.as_deref(), made.fe_category), (Some("Money"), false));
    assert_eq!(made.permission_ids.as_deref(), Some(&[][..]));
    assert_eq!(find(&categories, "billing").await.as_ref().map(json), Some(json(&made)));
    let plain = categories.create_permission_category(&CreateCategoryDto::new("Plain")).await.expect("a category");
    assert_eq!((plain.id.len(), plain.description), (36, None));

    for new in [
        CreateCategoryDto::new("Billing"),
        CreateCategoryDto::new("Other").id("billing"),
        CreateCategoryDto::new("General"),
    ] {
        let text = refused(categories.create_permission_category(&new).await, 409);
        assert!(text.contains("already exist"), "{text}");
    }
    let path = "/identity/resources/permissions/v1/categories";
    for body in [json!({}), json!({"name": ""}), json!({"name": "x", "id": ""})] {
        assert_eq!(world.send(Method::POST, path, None, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(categories.list_permission_categories().await.expect("categories").len(), 5);
}

#[tokio::test]
async fn a_category_changes() {
    let world = World::start().await;
    let categories = world.frontegg.management().permissions_categories();
    let new = CreateCategoryDto::new("Billing").description("Money");
    let made = categories.create_permission_category(&new).await.expect("a category");
    world.emulator.clock().advance(Duration::from_mins(1));
    let update = async |id: &str, change: UpdateCategoryDto| categories.update_permission_category(id, &change).await;
    let change = UpdateCategoryDto::new;
    update(&made.id, change()).await.expect("nothing to change");
    assert_eq!(find(&categories, &made.id).await.as_ref().map(json), Some(json(&made)));
    update(&made.id, change().name("Invoices")).await.expect("a change");
    let changed = find(&categories, &made.id).await.expect("a category");
    assert_eq!((changed.name.as_str(), changed.description.as_deref()), ("Invoices", Some("Money")));
    assert!(changed.updated_at > made.updated_at);
    update(&made.id, change().name("Invoices").description("Bills")).await.expect("its own name");
    let text = refused(update(&made.id, change().name("General")).await, 409);
    assert!(text.contains("already exist"), "{text}");
    assert_eq!(refused(update("nothing", change().name("x")).await, 404), "Permission category not found");
    refused(update(&made.id, change().name("")).await, 400);
    let path = format!("/identity/resources/permissions/v1/categories/{}", made.id);
    assert_eq!(world.send(Method::PATCH, &path, None, json!({"description": 1})).await.0, 400);
    let (status, body) = world.send(Method::PATCH, &path, None, json!({"description": "Text"})).await;
    assert_eq!((status, body), (200, json!(null)));
    let left = find(&categories, &made.id).await.expect("a category");
    assert_eq!((left.name.as_str(), left.description.as_deref()), ("Invoices", Some("Text")));
}

#[tokio::test]
async fn permissions_outlive_their_category() {
    let world = World::start().await;
    let categories = world.frontegg.management().permissions_categories();
    let permissions = world.frontegg.management().permissions();
    let [one, two] = ["One", "Two"].map(CreateCategoryDto::new);
    let one = categories.create_permission_category(&one).await.expect("a category").id;
    let two = categories.create_permission_category(&two).await.expect("a category").id;
    let new = ["b", "a"].map(|key| AddPermissionRequest::new(key, key).category_id(&one));
    let made = permissions.create_permissions(&new).await.expect("permissions");
    let within = async |id: &str| find(&categories, id).await.expect("a category").permission_ids.expect("permissions");
    assert_eq!(within(&one).await, [made[1].id.as_str(), made[0].id.as_str()]);
    let moved = UpdatePermissionRequest::new().category_id(&two);
    permissions.update_permission(&made[0].id, &moved).await.expect("a permission");
    assert_eq!((within(&one).await, within(&two).await), (vec![made[1].id.clone()], vec![made[0].id.clone()]));

    categories.delete_permission_category(&one).await.expect("a deletion");
    assert!(find(&categories, &one).await.is_none());
    let left = permissions.list_permissions().await.expect("permissions");
    let left = left.into_iter().find(|row| row.id == made[1].id).expect("a permission");
    assert_eq!(left.category_id, None);
    assert_eq!(refused(categories.delete_permission_category(&one).await, 404), "Permission category not found");
}

#[tokio::test]
async fn users_see_the_categories() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let own = world.session(&ada, "acme").await.permissions_categories();
    let all = world.frontegg.management().permissions_categories().list_permission_categories().await;
    let seen = own.list_permission_categories().await.expect("categories");
    assert_eq!(json(&seen), json(&all.expect("categories")));
}
