//! What the providers of pools would answer: the table, through the control plane and in Rust.

use frontegg_emulator::control_plane::{UserPoolAnswer, UserPoolPerson};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::pool;
use crate::support::{World, browser::PASSWORD, control};

#[tokio::test]
async fn the_table_is_shown_without_passwords() {
    for world in World::each().await {
        let id = pool(&world, "auth0", json!({})).await;
        let path = format!("/user-pools/{id}/people");
        let (status, body) = control(&world, Method::GET, &path, Value::Null).await;
        assert_eq!((status, body), (StatusCode::OK, json!({ "people": [] })));
        let people = json!({ "people": [
            {
                "email": "Bob@acme.test", "password": PASSWORD, "answer": "locked", "emailVerified": false, "name": "Bob",
                "profilePictureUrl": "https://acme.test/bob.png", "phoneNumber": "+4915112345678",
                "metadata": { "org": "acme" }, "roles": ["Admin"],
            },
            { "email": "ada@acme.test" },
        ] });
        assert_eq!(control(&world, Method::PUT, &path, people.clone()).await.0, StatusCode::NO_CONTENT);
        let mut bob = people["people"][0].clone();
        bob.as_object_mut().expect("members").remove("password");
        let ada = json!({ "email": "ada@acme.test", "answer": "compared", "emailVerified": true, "metadata": {} });
        let (_, shown) = control(&world, Method::GET, &path, Value::Null).await;
        assert_eq!(shown, json!({ "people": [ada, bob] }), "by their addresses");
        // The next table takes the place of this one.
        let carol = UserPoolPerson::new("carol@acme.test").password(PASSWORD).answer(UserPoolAnswer::Outage);
        assert!(!format!("{carol:?}").contains(PASSWORD));
        world.emulator.set_user_pool_people(&id, [carol]).await.expect("told");
        let told = world.emulator.user_pool_people(&id).await.expect("the people");
        assert_eq!(
            (told.len(), told[0].email.as_str(), told[0].answer),
            (1, "carol@acme.test", UserPoolAnswer::Outage)
        );
        assert!(told[0].password.is_none());
        let document = world.emulator.export_with_secrets().await.expect("a document");
        assert!(document["tables"]["user_pool_accounts"][0]["password_hash"].is_string());
        assert!(!document.to_string().contains(PASSWORD));
        assert!(!world.emulator.export().await.expect("a document").to_string().contains("carol@acme.test"));
        // The pool takes it along.
        world.back_end(None).await.done("delete_user_source", &[&id], Value::Null).await;
        let error = world.emulator.user_pool_people(&id).await.expect_err("nothing is known of it");
        assert!(error.to_string().contains("User pool not found"), "{error}");
    }
}

#[tokio::test]
async fn a_table_that_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    let (auth0, code) = (pool(&world, "auth0", json!({})).await, pool(&world, "custom_code", json!({})).await);
    let ada = json!({ "email": "ada@acme.test" });
    for id in [&auth0, &code] {
        world.emulator.set_user_pool_people(id, [UserPoolPerson::new("kept@acme.test")]).await.expect("told");
    }
    let crowd: Vec<_> = (0..1_001).map(|number| json!({ "email": format!("person{number}@acme.test") })).collect();
    for (id, people, text) in [
        (&auth0, json!([{ "email": "ada" }]), "people[0]: email must be an email"),
        (&auth0, json!([ada, { "email": "ADA@acme.test" }]), "people[1]: people[0] has the same address"),
        (&auth0, json!([{ "email": "ada@acme.test", "password": "" }]), "people[0]: password should not be empty"),
        (&auth0, json!([{ "email": "ada@acme.test", "phoneNumber": "1" }]), "people[0]: phoneNumber must be"),
        (&auth0, json!([{ "email": "ada@acme.test", "tenantId": "acme" }]), "tenantId comes from pools of custom code"),
        (&code, json!([{ "email": "ada@acme.test", "roles": ["Admin"] }]), "roles come from pools of Auth0 only"),
        (&code, json!([{ "email": "ada@acme.test", "tenantId": " " }]), "tenantId should not be empty"),
        (&code, json!([{ "email": "ada@acme.test", "answer": "maybe" }]), "unknown variant `maybe`"),
        (&code, json!([{ "email": "ada@acme.test", "nickname": "x" }]), "unknown field `nickname`"),
        (&code, json!([{}]), "missing field `email`"),
        (&code, json!({}), "invalid type"),
        (&code, json!(crowd), "people must not have more than 1000 entries"),
    ] {
        let path = format!("/user-pools/{id}/people");
        let (status, body) = control(&world, Method::PUT, &path, json!({ "people": people })).await;
        let told = body["errors"][0].as_str().unwrap_or_default();
        assert!(status == StatusCode::BAD_REQUEST && told.contains(text), "{status} {told}");
        let kept = world.emulator.user_pool_people(id).await.expect("the people");
        assert_eq!(kept[0].email, "kept@acme.test");
    }
    let federation = pool(&world, "federation", json!({})).await;
    for (id, status) in [(federation.as_str(), StatusCode::BAD_REQUEST), ("nothing", StatusCode::NOT_FOUND)] {
        let path = format!("/user-pools/{id}/people");
        assert_eq!(control(&world, Method::PUT, &path, json!({ "people": [] })).await.0, status);
        assert_eq!(control(&world, Method::GET, &path, Value::Null).await.0, status);
    }
}

#[tokio::test]
async fn an_import_refuses_people_who_cannot_be_read() {
    let world = World::start().await;
    let id = pool(&world, "auth0", json!({})).await;
    let ada = UserPoolPerson::new("Ada@acme.test").password(PASSWORD);
    world.emulator.set_user_pool_people(&id, [ada]).await.expect("told");
    let document = world.emulator.export_with_secrets().await.expect("a document");
    for (column, value, text) in [
        ("password_hash", json!("secret"), "passwordHash is malformed"),
        ("document", json!("{}"), "missing field `email`"),
        ("document", json!(r#"{"email":"ada@acme.test","password":"x"}"#), "a password is kept as its hash only"),
        ("pool_id", json!("nothing"), "a row refers to one that is not there"),
    ] {
        let mut changed = document.clone();
        changed["tables"]["user_pool_accounts"][0][column] = value;
        let error = world.emulator.import(&changed).await.expect_err("a refusal").to_string();
        assert!(error.contains(text), "{error}");
    }
    // By what people are found is made anew.
    let mut changed = document.clone();
    changed["tables"]["user_pool_accounts"][0]["address_key"] = json!("bob@acme.test");
    world.emulator.import(&changed).await.expect("an import");
    let again = world.emulator.export_with_secrets().await.expect("a document");
    assert_eq!(again["tables"]["user_pool_accounts"], document["tables"]["user_pool_accounts"]);
}
