//! Tags “SCIM Configurations”, “SCIM Settings” and “Unpublished SCIM”, over HTTP.

use std::time::Duration;

use frontegg_identity::{
    enums::Scim2ConnectionSource,
    params::ListScimConfigurations,
    types::{
        Scim2CreateConnectionConfigRequest, Scim2DeleteConnectionConfigRequest, Scim2PatchConnectionConfigRequest,
    },
};
use serde_json::{Value, json};

use crate::support::{World, json, refused};

const UNKNOWN: &str = "Provisioning is not configured";

fn new(source: Scim2ConnectionSource) -> Scim2CreateConnectionConfigRequest {
    Scim2CreateConnectionConfigRequest::new(source)
}

#[tokio::test]
async fn a_connection_is_made_changed_and_deleted() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await.scim();
    let globex = world.tenant("globex").await.scim();
    let made = acme.create_scim_configuration(new(Scim2ConnectionSource::Okta)).await.expect("a connection");
    assert_eq!(made.connection_name, "okta");
    assert_eq!(made.token.expose().len(), 43, "32 random bytes in base64url");
    let named = new(Scim2ConnectionSource::AzureAd).connection_name("okta").sync_to_user_management(false);
    let named = acme.create_scim_configuration(named).await.expect("another one of that name");
    assert_ne!(made.token.expose(), named.token.expose());

    let read = acme.get_scim_configuration(&made.id).await.expect("a connection");
    let expected = json!({
        "id": made.id, "tenantId": "acme", "connectionName": "okta", "source": "okta", "syncToUserManagement": true,
        "lastSync": null, "createdAt": json(&read)["createdAt"],
    });
    assert_eq!(json(&read), expected);
    let everywhere = world.frontegg.scim();
    assert_eq!(json(&everywhere.get_scim_configuration(&made.id).await.expect("a connection")), expected);
    assert_eq!(refused(globex.get_scim_configuration(&made.id).await, 404), UNKNOWN);

    world.emulator.clock().advance(Duration::from_mins(1));
    let off = Scim2PatchConnectionConfigRequest::new().sync_to_user_management(false);
    assert_eq!(refused(globex.update_scim_configuration(&made.id, &off).await, 404), UNKNOWN);
    acme.update_scim_configuration(&made.id, &off).await.expect("a change");
    acme.update_scim_configuration(&made.id, Scim2PatchConnectionConfigRequest::new()).await.expect("no change");
    let read = acme.get_scim_configuration(&made.id).await.expect("a connection");
    assert!(!read.sync_to_user_management, "what is absent stays");

    let nothing = Scim2DeleteConnectionConfigRequest::new();
    assert_eq!(refused(globex.delete_scim_configuration(&made.id, &nothing).await, 404), UNKNOWN);
    acme.delete_scim_configuration(&made.id, &nothing).await.expect("a deletion");
    assert_eq!(refused(acme.delete_scim_configuration(&made.id, &nothing).await, 404), UNKNOWN);
    assert_eq!(refused(acme.get_scim_configuration(&made.id).await, 404), UNKNOWN);
    // Without a body, as tools send it.
    let mut back_end = world.back_end(Some("acme")).await;
    let deleted = back_end.call("delete_scim_configuration", &[&named.id], Value::Null).await;
    assert_eq!((deleted.status, &deleted.body), (204, &Value::Null));
}

#[tokio::test]
async fn lists_are_narrowed() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.scim();
    let globex = world.tenant("globex").await.scim();
    let mut ids = Vec::new();
    for (of, source, name) in [
        (&acme, Scim2ConnectionSource::Okta, "one"),
        (&acme, Scim2ConnectionSource::Other, "two"),
        (&globex, Scim2ConnectionSource::Okta, "one"),
    ] {
        ids.push(of.create_scim_configuration(new(source).connection_name(name)).await.expect("a connection").id);
    }
    let all = world.frontegg.scim();
    let filter = ListScimConfigurations::new;
    for (params, found) in [
        (filter(), &[0, 1, 2][..]),
        (filter().tenant_id("acme"), &[0, 1]),
        (filter().source(Scim2ConnectionSource::Okta), &[0, 2]),
        (filter().connection_name("one"), &[0, 2]),
        (filter().connection_name("One"), &[]),
        (filter().id(&ids[1]), &[1]),
        (filter().id(&ids[1]).tenant_id("globex"), &[]),
    ] {
        let listed = all.list_scim_configurations(params).await.expect("connections");
        let expected: Vec<&str> = found.iter().map(|index| ids[*index].as_str()).collect();
        assert_eq!(listed.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), expected);
    }

    // Somebody of a tenant sees its own, whatever the query says.
    let role = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&role]).await;
    let hers = world.session(&ada, "acme").await.scim();
    let listed = hers.list_scim_configurations(filter().tenant_id("globex")).await.expect("connections");
    assert_eq!(listed.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), [&ids[0], &ids[1]]);
    assert_eq!(refused(hers.get_scim_configuration(&ids[2]).await, 404), UNKNOWN);
}

#[tokio::test]
async fn what_is_no_connection_is_refused() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.scim();
    let mut back_end = world.back_end(Some("acme")).await;
    for body in [
        json!({}),
        json!({ "source": "google" }),
        json!({ "source": "okta", "connectionName": "" }),
        json!({ "source": "okta", "connectionName": " " }),
        json!({ "source": "okta", "syncToUserManagement": "yes" }),
    ] {
        assert_eq!(back_end.call("create_scim_configuration", &[], body.clone()).await.status, 400, "{body}");
    }
    let made = acme.create_scim_configuration(new(Scim2ConnectionSource::Okta)).await.expect("a connection");
    let wrong = json!({ "syncToUserManagement": "off" });
    assert_eq!(back_end.call("update_scim_configuration", &[&made.id], wrong).await.status, 400);
    let wrong = json!({ "deleteAll": "yes" });
    assert_eq!(back_end.call("delete_scim_configuration", &[&made.id], wrong).await.status, 400);
    let unknown = back_end.ask("list_scim_configurations", &[], &[("source", "google")], Value::Null).await;
    assert_eq!(unknown.status, 400);
    let mut nowhere = world.back_end(None).await;
    let body = json!({ "source": "okta" });
    assert_eq!(nowhere.call("create_scim_configuration", &[], body.clone()).await.status, 403, "no tenant");
    let mut elsewhere = world.back_end(Some("initech")).await;
    assert_eq!(elsewhere.call("create_scim_configuration", &[], body.clone()).await.status, 404);

    let role = world.role("ReadOnly").await;
    let bob = world.user("acme", "bob@acme.test", &[&role]).await;
    let mut bob = world.browser().bearer(&world.token(&bob, "acme").await);
    assert_eq!(bob.call("get_scim_configuration", &[&made.id], Value::Null).await.status, 200);
    assert_eq!(bob.call("create_scim_configuration", &[], body).await.status, 403);
    assert_eq!(bob.call("update_scim_configuration", &[&made.id], json!({})).await.status, 403);
    assert_eq!(bob.call("delete_scim_configuration", &[&made.id], Value::Null).await.status, 403);
}

#[tokio::test]
async fn connections_go_with_their_tenant() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let made = acme.scim().create_scim_configuration(new(Scim2ConnectionSource::Okta)).await;
    let made = made.expect("a connection");
    world.frontegg.tenants().delete_tenant("acme").await.expect("a deletion");
    let all = world.frontegg.scim();
    assert_eq!(refused(all.get_scim_configuration(&made.id).await, 404), UNKNOWN);
}

#[tokio::test]
async fn portals_count_users() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.scim();
    let made = acme.create_scim_configuration(new(Scim2ConnectionSource::Okta)).await.expect("a connection");
    let mut back_end = world.back_end(Some("acme")).await;
    assert_eq!(back_end.done("count_scim_users", &[&made.id], Value::Null).await, json!({ "count": 0 }));
    assert_eq!(back_end.call("count_scim_users", &["nobody"], Value::Null).await.refused(404), UNKNOWN);
}
