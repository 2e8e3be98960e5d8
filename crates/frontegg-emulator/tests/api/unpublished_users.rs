//! Tag “Unpublished Users”: what clients in the field call and no document publishes.

use crate::support;

use frontegg_identity::{
    model::operation,
    types::{AddUserToTenantRequest, UpdateUserInvisibleDto, UpdateUserTenantDto},
};
use reqwest::Method;
use serde_json::{Value, json};
use support::{World, http};

/// Calls an operation that the SDK does not offer.
async fn call(world: &World, id: &str, query: &str, token: Option<&str>) -> (u16, Value) {
    let path = format!("{}{query}", operation(id).expect("an operation").path);
    let Some(token) = token else { return world.send(Method::GET, &path, None, json!(null)).await };
    let url = format!("{}{path}", world.emulator.url());
    let answer = http().get(url).bearer_auth(token).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn addresses(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|user| user["email"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn older_listings_show_the_roles_of_memberships() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    world.user("globex", "eve@globex.test", &[]).await;
    let hidden = UpdateUserInvisibleDto::new(true);
    world.frontegg.management().users().set_user_invisible(&bob, &hidden).await.expect("a user");
    let token = world.token(&ada, "acme").await;
    for id in ["list_users_v1", "list_users_v2"] {
        let (status, page) = call(&world, id, "", None).await;
        assert_eq!((status, addresses(&page)), (200, vec!["ada@acme.test", "bob@acme.test", "eve@globex.test"]));
        let roles = page["items"][0]["tenants"][0]["roles"].as_array().expect("roles");
        assert_eq!(
            roles.iter().map(|role| role["key"].as_str().unwrap_or_default()).collect::<Vec<_>>(),
            ["Admin", "ReadOnly"]
        );
        assert!(roles[0]["permissions"][0].is_string() && roles[0]["createdAt"].is_string());
        assert_eq!(page["_metadata"], json!({ "totalItems": 3, "totalPages": 1 }));

        let query = "?_limit=1&_offset=1&_sortBy=email&_order=DESC&_tenantId=acme";
        let (_, page) = call(&world, id, query, None).await;
        assert_eq!((addresses(&page), &page["_metadata"]["totalPages"]), (vec!["ada@acme.test"], &json!(2)));
        let (_, page) = call(&world, id, &format!("?ids={bob}&_email=BOB@acme.test"), None).await;
        assert_eq!(addresses(&page), ["bob@acme.test"]);
        let (status, page) = call(&world, id, "?_includeSubTenants=false", Some(&token)).await;
        assert_eq!((status, addresses(&page)), (200, vec!["ada@acme.test"]));
        assert_eq!(call(&world, id, "?_limit=201", None).await.0, 400);
        assert_eq!(call(&world, id, "", Some("no token")).await.0, 401);
    }
}

#[tokio::test]
async fn the_stored_active_tenant_comes_with_the_tenants() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    world.frontegg.management().users().add_user_to_tenant(&ada, &there).await.expect("a user");
    let token = world.token(&ada, "acme").await;
    let (status, answer) = call(&world, "list_my_tenants_v3", "", Some(&token)).await;
    assert_eq!((status, &answer["activeTenant"]["tenantId"]), (200, &json!("acme")));
    assert_eq!(answer["tenants"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer["activeTenant"]["vendorId"], world.emulator.vendor_id());

    let me = world.session(&ada, "acme").await.user_management();
    me.set_my_active_tenant(&UpdateUserTenantDto::new("globex")).await.expect("a user");
    let (_, answer) = call(&world, "list_my_tenants_v3", "", Some(&token)).await;
    assert_eq!(answer["activeTenant"]["tenantId"], "globex");
    assert_eq!(call(&world, "list_my_tenants_v3", "", None).await.0, 401);
}
