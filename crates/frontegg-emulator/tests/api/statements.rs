//! How many statements a request asks the store, so that they do not grow back unseen.

use std::collections::BTreeMap;

use frontegg_emulator::{Audits, Emulator, StoreTarget, Work};
use frontegg_identity::types::CreateUserDto;
use serde_json::{Value, json};

use crate::support::{
    World,
    effort::{ROUNDS, effort},
};

fn email(number: usize) -> String {
    format!("person{number}@acme.test")
}

/// An environment with a tenant and its members, each with a password.
async fn populated() -> (World, Vec<String>) {
    populated_with(Audits::default()).await
}

async fn populated_with(audits: Audits) -> (World, Vec<String>) {
    let world = World::of(Emulator::builder().audits(audits)).await;
    world.tenant("acme").await;
    let mut members = Vec::new();
    for number in 0..ROUNDS {
        members.push(world.member("acme", &email(number)).await);
    }
    (world, members)
}

/// With an audit trail, and without: what a change takes by itself, and with the entry that it leaves.
const TRAILS: [(Audits, u64); 2] = [(Audits::Off, 0), (Audits::Newest(1_000_000), 1)];

/// At most so many statements, and one that asks which version of the catalog holds where others may share the
/// store. Beginnings and ends of transactions are not counted: one that reads has none in memory.
#[track_caller]
fn assert_takes(world: &World, work: Work, most: u64) {
    let most = most + u64::from(!matches!(world.store(), StoreTarget::Memory));
    assert!(work.statements <= most, "{work:?}");
}

#[tokio::test]
async fn reading_a_person_takes_4() {
    let (world, members) = populated().await;
    let back_end = world.back_end(Some("acme")).await;
    let read = async |round: usize| {
        let person = back_end.clone().done("get_user", &[&members[round]], Value::Null).await;
        assert_eq!(person["email"], email(round));
    };
    let work = effort(&world, read).await;
    assert_eq!(work.commits, 0);
    assert_takes(&world, work, 4);
}

#[tokio::test]
async fn creating_a_person_takes_14() {
    for (audits, entry) in TRAILS {
        let (world, _) = populated_with(audits).await;
        let back_end = world.back_end(Some("acme")).await;
        let create = async |round: usize| {
            let body = json!({ "email": format!("new{round}@acme.test") });
            back_end.clone().done("create_user_v2", &[], body).await;
        };
        assert_takes(&world, effort(&world, create).await, 14 + entry);
    }
}

#[tokio::test]
async fn going_on_with_a_session_takes_8() {
    let (world, _) = populated().await;
    let mut browser = world.browser();
    browser.sign_in(&email(0)).await.claims();
    let work = effort(&world, async |_| _ = browser.refresh().await.token()).await;
    assert_takes(&world, work, 8);
}

#[tokio::test]
async fn a_sign_in_with_a_password_takes_12() {
    for (audits, entry) in TRAILS {
        let (world, _) = populated_with(audits).await;
        let work = effort(&world, async |_| drop(world.browser().sign_in(&email(0)).await.claims())).await;
        assert_eq!(work.password_hashes, 1);
        assert_takes(&world, work, 12 + entry);
    }
}

/// What templates and rules there are is known; only what a template asks for is looked for.
#[tokio::test]
async fn a_sign_in_by_a_template_takes_no_more_than_it_asks_for() {
    let (world, _) = populated().await;
    let mandatory = json!({ "iss": "{{iss}}", "sub": "{{sub}}", "aud": "{{aud}}", "exp": "{{exp}}", "iat": "{{iat}}" });
    let template = json!({
        "key": "short", "name": "Short", "expiration": 600, "algorithm": "RS256",
        "templateSchema": { "claims": mandatory },
    });
    let rules = json!({ "rules": [{ "conditionLogic": "and", "conditions": [], "treatment": "short" }] });
    let mut back_end = world.back_end(None).await;
    back_end.done("create_jwt_template", &[], template).await;
    back_end.done("set_jwt_template_targeting", &[], rules).await;
    let work = effort(&world, async |_| drop(world.browser().sign_in(&email(0)).await.claims())).await;
    // One of them is its entry in the audit trail.
    assert_takes(&world, work, 13);
}

#[tokio::test]
async fn a_list_of_people_takes_6() {
    let (world, members) = populated().await;
    for tenant in [None, Some("acme")] {
        let back_end = world.back_end(tenant).await;
        let list = async |_| {
            let page = back_end.clone().done("list_users", &[], Value::Null).await;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(members.len()));
        };
        let work = effort(&world, list).await;
        assert_eq!(work.commits, 0);
        assert_takes(&world, work, 6);
    }
}

/// By which algorithm tokens are signed is known before a request's first transaction, whichever it is.
#[tokio::test]
async fn the_algorithm_of_tokens_takes_none() {
    let (world, members) = populated().await;
    let mut works = Vec::new();
    for algorithm in ["RS256", "HS256"] {
        world.configure(json!({ "jwtAlgorithm": algorithm })).await;
        let own = world.raw_with(&world.token(&members[0], "acme").await);
        let read = async |_| {
            assert_eq!(own.call("get_my_profile_v2", &[], Value::Null).await.status.as_u16(), 200);
        };
        works.push(effort(&world, read).await);
        let back_end = world.back_end(None).await;
        let list = async |_| drop(back_end.clone().done("list_users", &[], Value::Null).await);
        let work = effort(&world, list).await;
        assert!(work.statements <= 9 && work.commits == 0, "{algorithm}: {work:?}");
    }
    assert_eq!(works[0], works[1]);
}

#[tokio::test]
async fn the_acceptance_of_an_invitation_takes_9() {
    for (audits, entry) in TRAILS {
        let (world, members) = populated_with(audits).await;
        let globex = world.tenant("globex").await;
        let mut tokens = Vec::new();
        for number in 0..members.len() {
            let new = CreateUserDto::new().email(email(number));
            globex.user_management().create_user_v2(&new).await.expect("an invitation");
            tokens.push(world.emulator.outbox().last_to(email(number)).token().await.expect("a token"));
        }
        let accept = async |round: usize| {
            let body = json!({ "userId": members[round], "token": tokens[round] });
            world.browser().done("accept_invitation", &[], body).await;
        };
        let work = effort(&world, accept).await;
        assert_takes(&world, work, 9 + entry);
    }
}

#[tokio::test]
async fn an_assignment_of_a_role_takes_4() {
    for (audits, entry) in TRAILS {
        let (world, members) = populated_with(audits).await;
        let role = world.role("ReadOnly").await;
        let back_end = world.back_end(Some("acme")).await;
        let assign = async |round: usize| {
            let body = json!({ "roleIds": [role] });
            back_end.clone().done("assign_roles_to_user", &[&members[round]], body).await;
        };
        let work = effort(&world, assign).await;
        assert_takes(&world, work, 4 + entry);
        for member in &members {
            assert!(world.roles_of(member, "acme").await.contains(&"ReadOnly".to_owned()));
        }
    }
}

/// However many entries there are, they are counted and read in two statements.
#[tokio::test]
async fn a_list_of_audit_entries_takes_6() {
    let (world, _) = populated().await;
    let mut before = BTreeMap::new();
    for entries in [1, 30] {
        for number in 0..entries {
            let body = json!({ "severity": "Info", "action": number.to_string() });
            world.back_end(Some("acme")).await.done("create_audit", &[], body).await;
        }
        for query in ["count=200", "count=200&sortBy=email&filter=a&users=x"] {
            let back_end = world.back_end(Some("acme")).await;
            let work = effort(&world, async |_| drop(back_end.clone().query("list_audits_v2", query).await)).await;
            assert_eq!(work.commits, 0);
            assert_takes(&world, work, 6);
            assert_eq!(*before.entry(query).or_insert(work.statements), work.statements, "{query}");
        }
    }
}
