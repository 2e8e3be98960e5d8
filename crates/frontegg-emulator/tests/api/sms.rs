//! Tag “SMS”: phone numbers of users, over HTTP through the SDK.

#![allow(deprecated, reason = "the older list is served too")]

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Scope, User,
    enums::{PhoneNumberSortField, SortOrder},
    params::{ListPhoneNumbersV1, ListPhoneNumbersV2},
    types::{
        CreateUserPhoneNumberRequestDto, PreVerifyUserPhoneNumberRequestDto, UpdateUserInvisibleDto,
        UserPhoneNumberResponseDto, VerifyPhoneNumberOtcRequestDto,
    },
};
use reqwest::Method;
use serde_json::json;
use support::{World, refused};

const NUMBER: &str = "+4915112345678";
const OTHER: &str = "+12025550123";

/// Two people in one tenant, one in another.
async fn people(world: &World) -> [(String, Scope<User>); 3] {
    world.tenant("acme").await;
    world.tenant("globex").await;
    let mut people = Vec::new();
    for (tenant, email) in [("acme", "ada@acme.test"), ("acme", "bob@acme.test"), ("globex", "eve@globex.test")] {
        let id = world.user(tenant, email, &[]).await;
        let session = world.session(&id, tenant).await;
        people.push((id, session));
    }
    people.try_into().unwrap_or_else(|_| panic!("three people"))
}

async fn add(who: &Scope<User>, number: &str) -> Option<String> {
    let body = CreateUserPhoneNumberRequestDto::new(number);
    let answer = who.sms().add_my_phone_number(&body).await.expect("a number");
    answer.otc_token.map(|token| token.expose().to_owned())
}

async fn numbers(who: &Scope<User>) -> Vec<UserPhoneNumberResponseDto> {
    who.sms().list_my_phone_numbers().await.expect("numbers")
}

async fn texted(world: &World, number: &str) -> String {
    world.emulator.outbox().last_to(number).code().await.expect("a code")
}

async fn verify(who: &Scope<User>, token: &str, code: &str) -> Result<(), frontegg_identity::Error> {
    who.sms().verify_my_phone_number(&VerifyPhoneNumberOtcRequestDto::new(token, code)).await
}

/// Gives somebody a proven number.
async fn proven(world: &World, who: &Scope<User>, number: &str) {
    let token = add(who, number).await.expect("a handle");
    verify(who, &token, &texted(world, number).await).await.expect("proof");
}

/// A code that is not the given one.
fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

const NO_GOOD: &str = "The code is wrong or has expired";

#[tokio::test]
async fn a_number_is_added_and_proven() {
    let world = World::start().await;
    let [(ada_id, ada), (_, bob), _] = people(&world).await;
    assert!(numbers(&ada).await.is_empty());
    let token = add(&ada, NUMBER).await.expect("a handle");
    let added = numbers(&ada).await.remove(0);
    assert_eq!((added.phone_number.as_str(), added.verified, added.user_id), (NUMBER, false, ada_id.clone()));
    let message = world.emulator.outbox().last_to(NUMBER).await.expect("an SMS");
    assert!(message.is_sms() && message.template() == "PhoneVerification");
    assert_eq!(message.user_id(), Some(ada_id.as_str()));
    let code = message.code().expect("a code").to_owned();
    assert!(code.len() == 6 && message.body().contains(&code));

    assert_eq!(refused(verify(&bob, &token, &code).await, 400), NO_GOOD, "another person's handle");
    assert_eq!(refused(verify(&ada, &token, wrong(&code)).await, 400), NO_GOOD);
    assert_eq!(refused(verify(&ada, "unknown", &code).await, 400), NO_GOOD);
    world.emulator.clock().advance(Duration::from_secs(10));
    verify(&ada, &token, &code).await.expect("proof");
    let verified = numbers(&ada).await.remove(0);
    assert!(verified.verified && verified.id == added.id);
    assert!(verified.updated_at > added.updated_at && verified.created_at == added.created_at);
    assert_eq!(refused(verify(&ada, &token, &code).await, 400), NO_GOOD, "good once");

    // Without a code it stays unproven.
    let body = CreateUserPhoneNumberRequestDto::new(OTHER).verify(false);
    let answer = ada.sms().add_my_phone_number(&body).await.expect("a number");
    assert!(answer.otc_token.is_none());
    assert!(world.emulator.outbox().last_to(OTHER).find().await.expect("an answer").is_none());
    let all = numbers(&ada).await;
    assert_eq!(all.iter().map(|row| row.phone_number.as_str()).collect::<Vec<_>>(), [NUMBER, OTHER]);
    assert!(!all[1].verified);
    // Adding it once more changes nothing.
    add(&ada, OTHER).await;
    assert_eq!(numbers(&ada).await.len(), 2);
}

/// Security case 17.
#[tokio::test]
async fn case_17_a_code_survives_four_guesses_and_five_minutes() {
    let world = World::start().await;
    let [(_, ada), ..] = people(&world).await;
    let token = add(&ada, NUMBER).await.expect("a handle");
    let code = texted(&world, NUMBER).await;
    for _ in 0..5 {
        assert_eq!(refused(verify(&ada, &token, wrong(&code)).await, 400), NO_GOOD);
    }
    assert_eq!(refused(verify(&ada, &token, &code).await, 400), NO_GOOD);

    let ask = async || {
        let body = PreVerifyUserPhoneNumberRequestDto::new(NUMBER);
        let answer = ada.sms().send_phone_number_verification_code(&body).await.expect("a handle");
        (answer.otc_token.expect("a handle").expose().to_owned(), texted(&world, NUMBER).await)
    };
    let (old, old_code) = ask().await;
    let (token, code) = ask().await;
    assert_eq!(refused(verify(&ada, &old, &old_code).await, 400), NO_GOOD, "replaced");
    world.emulator.clock().advance(Duration::from_mins(5));
    assert_eq!(refused(verify(&ada, &token, &code).await, 400), NO_GOOD, "over");
    assert!(!numbers(&ada).await[0].verified);
    let (token, code) = ask().await;
    world.emulator.clock().advance(Duration::from_secs(299));
    verify(&ada, &token, &code).await.expect("proof");
    assert!(numbers(&ada).await[0].verified);
}

#[tokio::test]
async fn asking_for_a_code_may_add_a_number() {
    let world = World::start().await;
    let [(_, ada), ..] = people(&world).await;
    let body = PreVerifyUserPhoneNumberRequestDto::new(NUMBER);
    let answer = ada.sms().send_phone_number_verification_code(&body).await.expect("a handle");
    assert!(numbers(&ada).await.is_empty(), "not before it is proven");
    let token = answer.otc_token.expect("a handle");
    verify(&ada, token.expose(), &texted(&world, NUMBER).await).await.expect("proof");
    assert!(numbers(&ada).await[0].verified);
}

#[tokio::test]
async fn a_proven_number_is_one_persons() {
    let world = World::start().await;
    let [(ada_id, ada), (_, bob), _] = people(&world).await;
    // Both may claim it, one can prove it.
    let adas = add(&ada, NUMBER).await.expect("a handle");
    let adas_code = texted(&world, NUMBER).await;
    let bobs = add(&bob, NUMBER).await.expect("a handle");
    let bobs_code = texted(&world, NUMBER).await;
    verify(&ada, &adas, &adas_code).await.expect("proof");
    let taken = "Phone number already exists";
    assert_eq!(refused(verify(&bob, &bobs, &bobs_code).await, 409), taken);
    assert!(!numbers(&bob).await[0].verified);
    let again = CreateUserPhoneNumberRequestDto::new(NUMBER);
    assert_eq!(refused(bob.sms().add_my_phone_number(&again).await, 409), taken);
    let ask = PreVerifyUserPhoneNumberRequestDto::new(NUMBER);
    assert_eq!(refused(bob.sms().send_phone_number_verification_code(&ask).await, 409), taken);

    // An administrator's word counts too.
    let vouch = PreVerifyUserPhoneNumberRequestDto::new(OTHER);
    world.frontegg.management().users().add_user_phone_number_globally(&ada_id, &vouch).await.expect("a number");
    let others = CreateUserPhoneNumberRequestDto::new(OTHER);
    assert_eq!(refused(bob.sms().add_my_phone_number(&others).await, 409), taken);
}

#[tokio::test]
async fn a_number_is_removed_by_a_code() {
    let world = World::start().await;
    let [(_, ada), (_, bob), _] = people(&world).await;
    proven(&world, &ada, NUMBER).await;
    add(&ada, OTHER).await;
    let [first, second] = numbers(&ada).await.try_into().expect("two numbers");
    assert_eq!(refused(bob.sms().send_my_phone_number_deletion_code(&first.id).await, 404), "Phone number not found");
    refused(ada.sms().send_my_phone_number_deletion_code("unknown").await, 404);

    let asked = ada.sms().send_my_phone_number_deletion_code(&first.id).await.expect("a handle");
    assert_eq!(asked.phone_id, first.id);
    let message = world.emulator.outbox().last_to(NUMBER).await.expect("an SMS");
    assert_eq!(message.template(), "PhoneDeletion");
    let code = message.code().expect("a code").to_owned();
    assert_eq!(numbers(&ada).await.len(), 2, "nothing is deleted yet");

    let confirm = async |who: &Scope<User>, id: &str, code: &str| {
        let body = VerifyPhoneNumberOtcRequestDto::new(asked.otc_token.clone(), code);
        who.sms().verify_my_phone_number_deletion(id, &body).await
    };
    assert_eq!(refused(confirm(&ada, &second.id, &code).await, 400), NO_GOOD, "another number");
    refused(confirm(&bob, &first.id, &code).await, 404);
    refused(confirm(&ada, "unknown", &code).await, 404);
    assert_eq!(refused(confirm(&ada, &first.id, wrong(&code)).await, 400), NO_GOOD);
    assert_eq!(refused(verify(&ada, asked.otc_token.expose(), &code).await, 400), NO_GOOD, "another purpose");
    confirm(&ada, &first.id, &code).await.expect("a deletion");
    assert_eq!(numbers(&ada).await.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), [second.id]);
    refused(confirm(&ada, &first.id, &code).await, 404);
    // It is free again.
    proven(&world, &bob, NUMBER).await;
}

#[tokio::test]
async fn malformed_numbers_are_refused() {
    let world = World::start().await;
    let [(_, ada), ..] = people(&world).await;
    for number in ["", "4915112345678", "+49 151 12345678", "+49151123456789012", "+0123456789", "+49\r\n1511234567"] {
        let body = CreateUserPhoneNumberRequestDto::new(number);
        assert!(refused(ada.sms().add_my_phone_number(&body).await, 400).contains("phoneNumber"), "{number}");
        let body = PreVerifyUserPhoneNumberRequestDto::new(number);
        assert!(refused(ada.sms().send_phone_number_verification_code(&body).await, 400).contains("phoneNumber"));
    }
    assert!(numbers(&ada).await.is_empty());
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());
}

#[tokio::test]
async fn the_environment_lists_the_numbers_of_a_named_user() {
    let world = World::start().await;
    let [(ada_id, ada), ..] = people(&world).await;
    proven(&world, &ada, NUMBER).await;
    let scope = world.frontegg.tenant("acme");
    let named = scope.user(&ada_id).sms().list_my_phone_numbers().await.expect("numbers");
    assert_eq!(named[0].phone_number, NUMBER);
    assert_eq!(refused(scope.user("unknown").sms().list_my_phone_numbers().await, 404), "User not found");
    let (status, body) =
        world.send(Method::GET, "/identity/resources/users/phone-numbers/v1/me", Some("acme"), json!(null)).await;
    assert_eq!((status, &body["errors"][0]), (403, &json!("User ID is not specified")));
}

#[tokio::test]
async fn numbers_are_listed_in_pages() {
    let world = World::start().await;
    let [(ada_id, ada), (bob_id, bob), (eve_id, eve)] = people(&world).await;
    for (who, number) in [(&ada, "+491510000003"), (&bob, "+491510000001"), (&eve, "+491510000002")] {
        add(who, number).await;
    }
    let ends = |page: &[UserPhoneNumberResponseDto]| -> String {
        page.iter().map(|row| row.phone_number.chars().last().expect("a digit")).collect()
    };
    let sms = world.frontegg.authentication().sms();
    let first = async |query: ListPhoneNumbersV1| sms.list_phone_numbers_v1(query).await.expect("a page");
    let second = async |query: ListPhoneNumbersV2| sms.list_phone_numbers_v2(query).await.expect("a page");

    let all = first(ListPhoneNumbersV1::new()).await;
    assert_eq!(ends(&all.items), "312", "by age");
    assert_eq!((all.metadata.total_items, all.metadata.total_pages), (3, 1));
    let by_number = ListPhoneNumbersV1::new().sort_by(PhoneNumberSortField::PhoneNumber);
    assert_eq!(ends(&first(by_number.clone()).await.items), "123");
    assert_eq!(ends(&first(by_number.clone().order(SortOrder::Desc)).await.items), "321");
    let page = first(by_number.limit(2).offset(1)).await;
    assert_eq!((ends(&page.items).as_str(), page.metadata.total_pages), ("3", 2));
    let links = page.links.expect("links");
    assert!(links.next.as_deref() == Some("") && links.prev.expect("a link").contains("_offset=0"));
    assert_eq!(ends(&first(ListPhoneNumbersV1::new().phone_number("+491510000002")).await.items), "2");
    assert!(first(ListPhoneNumbersV1::new().phone_number("+49151000000")).await.items.is_empty(), "whole numbers");
    first(ListPhoneNumbersV1::new().limit(100_000)).await;

    let mut by_owner = [(&ada_id, '3'), (&bob_id, '1'), (&eve_id, '2')];
    by_owner.sort();
    let expected: String = by_owner.iter().map(|(_, end)| *end).collect();
    assert_eq!(ends(&second(ListPhoneNumbersV2::new().sort_by(PhoneNumberSortField::UserId)).await.items), expected);
    let some = ListPhoneNumbersV2::new().user_ids([ada_id.as_str(), &eve_id, "unknown"]);
    assert_eq!(ends(&second(some).await.items), "32");
    assert_eq!(ends(&second(ListPhoneNumbersV2::new().limit(250)).await.items), "312");
    let page = second(ListPhoneNumbersV2::new().limit(1).offset(2)).await;
    assert_eq!((ends(&page.items).as_str(), page.metadata.total_pages), ("2", 3));

    let raw = world.raw().await;
    for (operation, query) in [
        ("list_phone_numbers_v2", "_limit=251"),
        ("list_phone_numbers_v2", "_limit=0"),
        ("list_phone_numbers_v1", "_limit=0"),
        ("list_phone_numbers_v1", "_offset=-1"),
        ("list_phone_numbers_v1", "_sortBy=shoeSize"),
        ("list_phone_numbers_v2", "_order=UP"),
    ] {
        raw.query(operation, &[], query, json!(null)).await.refused(400);
    }
    // A plus that nobody escaped.
    let answer = raw.query("list_phone_numbers_v1", &[], "_phoneNumber=+491510000002", json!(null)).await;
    assert_eq!(answer.body["_metadata"]["totalItems"], 1);
}

#[tokio::test]
async fn users_see_the_numbers_of_their_tenant() {
    let world = World::start().await;
    let [(_, ada), (bob_id, bob), (eve_id, eve)] = people(&world).await;
    for (who, number) in [(&ada, "+491510000003"), (&bob, "+491510000001"), (&eve, "+491510000002")] {
        add(who, number).await;
    }
    let seen = async |who: &Scope<User>| {
        let page = who.sms().list_phone_numbers_v2(ListPhoneNumbersV2::new()).await.expect("a page");
        let older = who.sms().list_phone_numbers_v1(ListPhoneNumbersV1::new()).await.expect("a page");
        assert_eq!(support::json(&page.items), support::json(&older.items));
        page.items.len()
    };
    assert_eq!((seen(&ada).await, seen(&eve).await), (2, 1));
    let foreign = ListPhoneNumbersV2::new().user_ids([&eve_id]).phone_number("+491510000002");
    assert!(ada.sms().list_phone_numbers_v2(foreign).await.expect("a page").items.is_empty());
    world
        .frontegg
        .management()
        .users()
        .set_user_invisible(&bob_id, &UpdateUserInvisibleDto::new(true))
        .await
        .expect("a change");
    assert_eq!(seen(&ada).await, 1, "who hides is left out");
}

#[tokio::test]
async fn only_users_have_numbers_of_their_own() {
    let world = World::start().await;
    people(&world).await;
    for raw in [world.raw().await, world.raw_with("")] {
        for (operation, path, body) in [
            ("add_my_phone_number", &[][..], json!({ "phoneNumber": NUMBER })),
            ("send_phone_number_verification_code", &[], json!({ "phoneNumber": NUMBER })),
            ("verify_my_phone_number", &[], json!({ "otcToken": "x", "code": "000000" })),
            ("send_my_phone_number_deletion_code", &["x"], json!(null)),
            ("verify_my_phone_number_deletion", &["x"], json!({ "otcToken": "x", "code": "000000" })),
        ] {
            raw.call(operation, path, body).await.refused(401);
        }
    }
    for operation in ["list_phone_numbers_v1", "list_phone_numbers_v2", "list_my_phone_numbers"] {
        world.raw_with("").call(operation, &[], json!(null)).await.refused(401);
    }
}
