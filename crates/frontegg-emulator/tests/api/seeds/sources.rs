//! Seeds of files and folders, with exported states beside them.

use std::fs;

use frontegg_emulator::{Control, Emulator, Error, Seed};
use serde_json::json;

use super::{seed, tables};
use crate::{
    process::Program,
    support::{World, place::lasting},
};

#[tokio::test]
async fn the_program_begins_with_files_and_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("more")).expect("a folder");
    // Files of a folder refer to one another, whichever comes first.
    fs::write(path("more/1.yaml"), "users: {ada@acme.test: {tenants: {acme: {roles: [Boss]}}}}").expect("a file");
    fs::write(path("more/2.json"), r#"{"roles": {"Boss": null}}"#).expect("a file");
    fs::write(path("more/notes.txt"), "no seed").expect("a file");
    fs::write(path("tenants.yml"), "tenants:\n  acme:\n").expect("a file");
    let (folder, file) = (path("more").display().to_string(), path("tenants.yml").display().to_string());
    let program = Program::start(&["--seed", &folder, "--seed", &file]);
    let control = Control::at(&program.url).expect("an address");
    let tokens = control.token_for("ada@acme.test", Some("acme")).await.expect("tokens");
    assert_eq!(crate::support::claims(&tokens.access_token)["roles"], json!(["Boss"]));
    control.reset().await.expect("a reset");
    assert!(control.token_for("ada@acme.test", None).await.is_err());
    control.reset_to_seed().await.expect("a reset");
    control.token_for("ada@acme.test", None).await.expect("tokens");
}

#[tokio::test]
async fn a_seed_adds_to_an_exported_state() {
    let origin = World::of(Emulator::builder().seed(seed())).await;
    let document = origin.emulator.export().await.expect("a document");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    fs::write(&file, document.to_string()).expect("a file");
    let more = || Seed::new().tenant("globex", |tenant| tenant.user("hal@globex.test", |user| user.role("Accountant")));
    for world in World::each_of(Emulator::builder().seed_file(&file).seed(more())).await {
        for _ in 0..2 {
            let hal = world.emulator.token_for("hal@globex.test", "globex").await.expect("tokens");
            assert_eq!(crate::support::claims(&hal.access_token)["roles"], json!(["Accountant"]));
            world.browser().sign_in("ada@acme.test").await.token();
            world.tenant("initech").await;
            world.emulator.reset_to_seed().await.expect("a reset");
            assert_eq!(tables(&world).await["tenants"].as_array().map(Vec::len), Some(3));
        }
        world.emulator.stop().await;
    }
    let two = Emulator::builder().seed_file(&file).seed_document(document).start().await;
    assert!(matches!(two, Err(Error::InvalidSeed(_))), "{two:?}");
}

/// What was deleted since does not come back, and a bad seed leaves a store that the next start may fill.
#[tokio::test]
async fn a_store_is_seeded_once() {
    let place = lasting().await;
    let store = place.url().parse().expect("a store");
    let bad = Emulator::builder().seed(Seed::new().tenant("acme", |tenant| tenant.parent("none")));
    assert!(matches!(bad.store(store).start().await, Err(Error::InvalidSeed(_))));
    let world = World::at(&place, Emulator::builder().seed(seed())).await;
    world.browser().sign_in("ada@acme.test").await.token();
    world.emulator.reset().await.expect("a reset");
    world.emulator.stop().await;
    let world = World::at(&place, Emulator::builder().seed(seed())).await;
    assert_eq!(tables(&world).await["tenants"], json!([]));
    // This process can go back to the seed as well.
    world.emulator.reset_to_seed().await.expect("a reset");
    world.browser().sign_in("ada@acme.test").await.token();
}
