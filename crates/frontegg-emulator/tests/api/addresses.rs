//! Addresses of people: all spellings of one are the same, and what is none is refused wherever it comes
//! in.

use frontegg_identity::{
    enums::IdentifierType,
    params::{ListUserEmails, ListUsers},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{World, browser::PASSWORD, control};

/// Spellings of one address: composed and decomposed, in capitals, with the domain as DNS has it.
const SPELLINGS: [&str; 5] = [
    "jürgen@münchen.example",
    "ju\u{308}rgen@mu\u{308}nchen.example",
    "JÜRGEN@MÜNCHEN.EXAMPLE",
    "jürgen@xn--mnchen-3ya.example",
    "Ju\u{308}rgen@XN--Mnchen-3ya.Example",
];

#[tokio::test]
async fn all_spellings_of_an_address_are_one_person() {
    for world in World::each().await {
        world.tenant("acme").await;
        world.tenant("globex").await;
        for (index, shown) in SPELLINGS.into_iter().enumerate() {
            let tenant = format!("t-{index}");
            world.tenant(&tenant).await;
            let mut own = world.back_end(Some(&tenant)).await;
            let new = json!({ "email": shown, "password": PASSWORD, "skipInviteEmail": true });
            let made = own.done("create_user_v2", &[], new).await;
            let id = made["id"].as_str().expect("an id").to_owned();
            assert_eq!(made["email"], shown, "shown as it was written");
            for other in SPELLINGS {
                let user = world.browser().sign_in(other).await.claims()["sub"].clone();
                assert_eq!(user, json!(id), "{shown:?} signs in as {other:?}");
                let found = world.frontegg.management().users().get_user_by_email(other).await.expect("a user");
                assert_eq!(found.id, id);
                let query = json!({ "email": other, "skipInviteEmail": true });
                assert_eq!(own.call("create_user_v2", &[], query).await.status, 409, "{other:?}");
                let elsewhere = json!({ "tenantId": "globex", "email": other });
                let mut back_end = world.back_end(None).await;
                assert_eq!(back_end.call("create_user_globally", &[], elsewhere).await.status, 409);
                let further = json!({ "email": other });
                assert_eq!(back_end.call("add_user_email", &[&id], further).await.status, 409);
                let list = world.frontegg.self_service().user_management();
                let asked = ListUsers::new().email(other);
                assert_eq!(list.list_users(asked).await.expect("a page").metadata.total_items, 1, "{other:?}");
            }
            own.done("remove_user", &[&id], Value::Null).await;
        }
    }
}

/// What was mailed to an address, and what was begun by it, is found by every spelling.
#[tokio::test]
async fn mails_and_codes_go_by_the_address_and_not_by_its_spelling() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.configure(json!({ "authStrategy": "Code" })).await;
    world.user("acme", SPELLINGS[0], &[]).await;
    for spelling in SPELLINGS {
        let mut browser = world.browser();
        browser.done("send_passwordless_email_code", &[], json!({ "email": spelling })).await;
        for other in SPELLINGS {
            assert!(world.emulator.outbox().last_to(other).find().await.expect("mails").is_some(), "{other:?}");
        }
        let code = world.emulator.outbox().last_to(spelling).code().await.expect("a code");
        browser.call("authenticate_user_with_email_code", &[], json!({ "token": code })).await.token();
    }
    // A change of the address is confirmed by another spelling than it was asked for.
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mut browser = world.browser().bearer(&world.token(&ada, "acme").await);
    browser.done("add_my_email", &[], json!({ "email": "ädä@münchen.example" })).await;
    let code = world.emulator.outbox().last().code().await.expect("a code");
    let proof = json!({ "email": "A\u{308}DA\u{308}@xn--mnchen-3ya.example", "code": code });
    browser.done("verify_my_email", &[], proof).await;
}

/// Lists are narrowed by how an address begins, as it is shown or as DNS has its domain.
#[tokio::test]
async fn the_beginning_of_an_address_is_found_in_every_case() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.user("acme", "Jürgen@München.example", &[]).await;
    world.user("acme", "jurgen@munchen.example", &[]).await;
    let users = acme.user_management();
    for beginning in ["jür", "JÜRGEN@mün", "ju\u{308}rgen@m", "jürgen@xn--mn"] {
        let list = ListUsers::new().identifier(beginning).identifier_type(IdentifierType::Email);
        assert_eq!(users.list_users(list).await.expect("a page").metadata.total_items, 1, "{beginning:?}");
        let list = ListUserEmails::new().email(beginning);
        assert_eq!(users.list_user_emails(list).await.expect("a page").items.len(), 1, "{beginning:?}");
    }
}

/// What class-validator's `isEmail` refuses, and what nobody could see.
const NO_ADDRESSES: [&str; 22] = [
    "ada@gmail",
    "ada@127.0.0.1",
    "ada@[127.0.0.1]",
    "ada@example.123",
    "ada@example.c0m",
    "ada@-example.com",
    "ada@example-.com",
    "ada@sub.-example.com",
    "ada@exa_mple.com",
    "ada@.example.com",
    "ada@example..com",
    "ada@example.com.",
    ".ada@example.com",
    "ada..l@example.com",
    "x123456789x123456789x123456789x123456789x123456789x123456789x1234@example.com",
    "a\u{200b}da@example.com",
    "ada\u{202e}@example.com",
    "a\u{ad}da@example.com",
    "ada@exam\u{2060}ple.com",
    "\u{feff}ada@example.com",
    "a\u{2028}da@example.com",
    "a\u{2029}da@example.com",
];

/// Wherever an address comes in.
#[tokio::test]
async fn what_is_no_address_is_refused_everywhere() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.done("set_user_emails_policy", &[], json!({ "allowEmailChange": true })).await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    for email in NO_ADDRESSES {
        let text = "email must be an email";
        let named = json!({ "email": email });
        for (operation, path, body) in [
            ("create_user_v2", vec![], named.clone()),
            ("create_user_globally", vec![], json!({ "email": email, "tenantId": "acme" })),
            ("add_user_email", vec![&*ada], named.clone()),
            ("set_user_email", vec![&*ada], named.clone()),
        ] {
            assert_eq!(back_end.call(operation, &path, body).await.refused(400), text, "{operation} {email:?}");
        }
        for operation in ["add_my_email", "request_my_email_change"] {
            assert_eq!(own.call(operation, &[], named.clone()).await.refused(400), text, "{operation} {email:?}");
        }
        let newcomer = json!({ "provider": "local", "email": email, "password": PASSWORD, "companyName": "Acme" });
        let mut browser = world.browser();
        assert_eq!(browser.call("sign_up_user", &[], newcomer).await.refused(400), text, "{email:?}");
        let many = json!({ "users": [named] });
        let task = back_end.done("invite_users_in_bulk", &[], many).await;
        let id = task["id"].as_str().expect("an id").to_owned();
        let report = back_end.done("get_bulk_invite_status", &[&id], Value::Null).await;
        assert_eq!(report["errors"][0]["message"], text, "{email:?}");
    }
}

/// What is imported is found by the key that it has here, whatever the document says.
#[tokio::test]
async fn an_import_makes_the_keys_itself() {
    for world in World::each().await {
        world.tenant("acme").await;
        world.member("acme", "ada@acme.test").await;
        let mut document = world.emulator.export_with_secrets().await.expect("a document");
        let row = &mut document["tables"]["user_emails"][0];
        (row["email"], row["address_key"]) = (SPELLINGS[1].into(), "nobody@acme.test".into());
        row.as_object_mut().expect("a row").remove("email_folded");
        world.emulator.import(&document).await.expect("an import");
        for spelling in SPELLINGS {
            assert_eq!(world.browser().sign_in(spelling).await.claims()["email"], SPELLINGS[1]);
        }
        // Two people with one address are none that could be told apart.
        let (status, body) = control(&world, Method::POST, "/import", twice(document)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let text = "tables.user_emails: two rows are the same where they must differ";
        assert_eq!(body["errors"][0], text, "{body}");
    }
}

/// The document with its one person twice, the second time under another spelling.
fn twice(mut document: Value) -> Value {
    let other = "b0000000-0000-4000-8000-000000000000";
    for (table, id) in [("users", "id"), ("user_emails", "user_id")] {
        let rows = document["tables"][table].as_array_mut().expect("rows");
        let mut row = rows[0].clone();
        row[id] = other.into();
        if table == "user_emails" {
            (row["id"], row["email"]) = (other.into(), SPELLINGS[3].into());
        }
        rows.push(row);
    }
    document
}
