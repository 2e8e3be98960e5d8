//! Connections in seeds, exports and imports, and what a store keeps of their tokens.

use frontegg_emulator::{Emulator, Seed};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Provider, id};
use crate::support::{World, http};

const TOKEN: &str = "a-token-of-a-seed";

#[tokio::test]
async fn seeds_bring_connections() {
    let seed: Seed = "
tenants:
  acme:
    scimConfigurations:
      entra: { id: connection-1, source: azure-ad, token: a-token-of-a-seed }
      quiet: { name: Quiet, syncToUserManagement: false, token: another-token }
"
    .parse()
    .expect("a seed");
    let in_rust = Seed::new().tenant("acme", |tenant| {
        tenant
            .scim_configuration("entra", |scim| {
                scim.id("connection-1").source(frontegg_emulator::seed::ScimSource::AzureAd).token(TOKEN)
            })
            .scim_configuration("quiet", |scim| {
                scim.name("Quiet").sync_to_user_management(false).token("another-token")
            })
    });
    assert_eq!(seed, in_rust);
    let world = World::around(Emulator::builder().seed(seed).start().await.expect("an emulator"));
    let list = world.back_end(Some("acme")).await.done("list_scim_configurations", &[], Value::Null).await;
    let shown: Vec<_> = list
        .as_array()
        .expect("connections")
        .iter()
        .map(|one| json!([one["connectionName"], one["source"], one["syncToUserManagement"]]))
        .collect();
    assert_eq!(shown, [json!(["entra", "azure-ad", true]), json!(["Quiet", "other", false])]);
    let mut provider = Provider::of(&world, "acme").await;
    (provider.id, provider.token) = ("connection-1".to_owned(), TOKEN.to_owned());
    provider.user("ada@acme.test").await;
    // With the next seed it stays as it is.
    let again = world
        .emulator
        .seed("tenants: {acme: {scimConfigurations: {entra: {id: connection-1, token: x}}}}".parse().expect("a seed"))
        .await;
    again.expect("nothing new");
    assert_eq!(provider.get("/Users").await.ok(200)["totalResults"], 1);
}

#[tokio::test]
async fn exports_take_connections_along_and_tokens_only_with_secrets() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let ada = acme.user("ada@acme.test").await;
    let group = acme.group("Readers", &[&ada]).await;
    let before = acme.get(&format!("/Groups/{group}")).await.ok(200);
    let with = world.emulator.export_with_secrets().await.expect("a document");
    let without = world.emulator.export().await.expect("a document");
    for document in [&with, &without] {
        assert!(!document.to_string().contains(&acme.token), "only a fingerprint is kept");
    }
    assert!(without["tables"]["scim_connections"][0].get("fingerprint").is_none());

    world.emulator.import(&without).await.expect("a state");
    acme.get("/Users").await.refused(401);
    let list = world.back_end(Some("acme")).await.done("list_scim_configurations", &[], Value::Null).await;
    assert_eq!(list[0]["id"], acme.id);
    world.emulator.import(&with).await.expect("a state");
    assert_eq!(acme.get(&format!("/Groups/{group}")).await.ok(200), before);
    assert_eq!(id(&acme.find("/Users", "userName eq \"ADA@ACME.TEST\"").await[0]), ada);
    acme.ask(Method::DELETE, &format!("/Users/{ada}"), Value::Null).await.ok(204);

    world.emulator.reset().await.expect("a reset");
    let gone = http().get(format!("{}/Users", acme.base())).bearer_auth(&acme.token).send().await.expect("an answer");
    assert_eq!(gone.status(), 401);
}
