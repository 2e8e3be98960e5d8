//! Secrets of applications, and their OAuth clients.

use frontegg_identity::{
    Patch,
    enums::ApplicationClientType,
    types::{
        CreateApplicationClientRequestDto, RegenerateApplicationClientCredentialsRequest,
        UpdateApplicationClientRequestDto,
    },
};
use serde_json::{Map, json};

use super::{NOBODY, applications};
use crate::support::{World, json, refused};

#[tokio::test]
async fn secrets_are_read_again_and_replaced() {
    let world = World::start().await;
    let apps = applications(&world);
    let shop = world.application("Shop").await;
    let read = async || {
        let secrets = apps.get_application_credentials(&shop).await.expect("secrets");
        (secrets.client_secret.expose().to_owned(), secrets.shared_secret.expose().to_owned())
    };
    let (client, shared) = read().await;
    assert_ne!(client, shared);
    assert_eq!(read().await, (client.clone(), shared.clone()));
    let id = RegenerateApplicationClientCredentialsRequest::new(shop.as_str());
    apps.regenerate_application_client_secret(&id).await.expect("a new secret");
    let (new_client, unchanged) = read().await;
    assert!(new_client != client && unchanged == shared);
    apps.regenerate_application_shared_secret(&id).await.expect("a new secret");
    let (unchanged, new_shared) = read().await;
    assert!(unchanged == new_client && new_shared != shared);
    let nobody = RegenerateApplicationClientCredentialsRequest::new(NOBODY);
    refused(apps.regenerate_application_client_secret(&nobody).await, 404);
    refused(apps.regenerate_application_shared_secret(&nobody).await, 404);
    refused(apps.get_application_credentials(NOBODY).await, 404);
    let mut back_end = world.back_end(None).await;
    for operation in ["regenerate_application_client_secret", "regenerate_application_shared_secret"] {
        back_end.call(operation, &[], json!({})).await.refused(400);
    }
}

#[tokio::test]
async fn applications_have_oauth_clients() {
    let world = World::start().await;
    let apps = applications(&world);
    let shop = world.application("Shop").await;
    let agent = |name: &str| CreateApplicationClientRequestDto::new(name, ApplicationClientType::Agent);
    let bare = apps.create_application_client(&agent("Bare")).await.expect("a client");
    assert_eq!((bare.app_id.as_str(), bare.redirect_urls.len()), (world.emulator.application_id(), 0));
    assert!(bare.external_metadata.is_none() && bare.client_secret.expose().len() > 20);
    let whole = agent("Whole").app_id(shop.as_str()).redirect_urls(["https://agent.test/back", "com.acme.agent:/back"]);
    let whole = whole.external_metadata(Map::from_iter([("owner".to_owned(), json!("ada"))]));
    let whole = apps.create_application_client(&whole).await.expect("a client");
    assert_eq!((whole.app_id.as_str(), whole.client_name.as_str()), (shop.as_str(), "Whole"));
    // The header names the application where the body does not.
    let mut named = world.back_end(None).await.with("frontegg-application-id", &shop);
    let by_header = named.done("create_application_client", &[], json(&agent("Third"))).await;
    assert_eq!(by_header["appId"], json!(shop));
    let list = apps.list_application_clients(&shop).await.expect("clients");
    assert_eq!(list.iter().map(|client| client.client_name.as_str()).collect::<Vec<_>>(), ["Whole", "Third"]);
    assert_eq!(json(&list[0]), json(&whole));
    assert_eq!(json(&apps.get_application_client(&whole.id).await.expect("a client")), json(&whole));

    let change = UpdateApplicationClientRequestDto::new().client_name("Renamed");
    let changed = apps.update_application_client(&whole.id, &change).await.expect("a client");
    assert_eq!((changed.client_name.as_str(), &changed.redirect_urls), ("Renamed", &whole.redirect_urls));
    assert_eq!(changed.client_secret.expose(), whole.client_secret.expose());
    let change = UpdateApplicationClientRequestDto::new().redirect_urls([""; 0]).external_metadata(Patch::Null);
    let changed = apps.update_application_client(&whole.id, &change).await.expect("a client");
    assert!(changed.redirect_urls.is_empty() && changed.external_metadata.is_none());

    for url in ["/back", "https://agent.test/#x", "javascript:alert(1)", ""] {
        refused(apps.create_application_client(&agent("Bad").redirect_urls([url])).await, 400);
        let change = UpdateApplicationClientRequestDto::new().redirect_urls([url]);
        refused(apps.update_application_client(&whole.id, &change).await, 400);
    }
    refused(apps.create_application_client(&agent(" ")).await, 400);
    refused(apps.create_application_client(&agent("Lost").app_id(NOBODY)).await, 404);
    let unknown = CreateApplicationClientRequestDto::new("Robot", ApplicationClientType::from("Robot"));
    refused(apps.create_application_client(&unknown).await, 400);
    refused(apps.list_application_clients(NOBODY).await, 404);
    refused(apps.update_application_client(NOBODY, &change).await, 404);
    refused(apps.get_application_client(NOBODY).await, 404);

    apps.delete_application_client(&bare.id).await.expect("a deletion");
    refused(apps.delete_application_client(&bare.id).await, 404);
    // The others go with their application.
    apps.delete_application(&shop).await.expect("a deletion");
    refused(apps.get_application_client(&whole.id).await, 404);
}
