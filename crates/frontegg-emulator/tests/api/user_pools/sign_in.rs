//! Pools at a sign-in: whoever is unknown here is looked for in those of the application.

use frontegg_emulator::{
    Emulator, StoreTarget,
    control_plane::{UserPoolAnswer, UserPoolPerson},
};
use frontegg_identity::params::ListUserSourceUsers;
use serde_json::{Value, json};

use super::{ADA, REFUSED, acme, ada, everybody, pool, sample, sign_in, told, world};
use crate::support::{
    World,
    browser::PASSWORD,
    effort::{assert_alike, effort},
};

const OTHER: &str = "Another-horse-1852";

/// The journey of somebody who is moved over from Auth0 and never asked of it again.
#[tokio::test]
async fn somebody_is_moved_over_at_the_first_sign_in() {
    for world in World::each().await {
        world.tenant("acme").await;
        let id = pool(&world, "auth0", acme(true)).await;
        let person = ada()
            .profile_picture_url("https://acme.test/ada.png")
            .phone_number("+4915112345678")
            .attribute("team", "engines")
            .roles(["ReadOnly", "unheard-of"]);
        told(&world, &id, [person]).await;
        assert!(everybody(&world).await.is_empty(), "nobody is here before");

        let claims = sign_in(&world).await.claims();
        assert_eq!((&claims["email"], &claims["tenantId"]), (&json!(ADA), &json!("acme")));
        assert_eq!((&claims["roles"], &claims["amr"]), (&json!(["ReadOnly"]), &json!(["pwd"])));
        let user_id = claims["sub"].as_str().expect("an id");
        let user = world.back_end(Some("acme")).await.done("get_user", &[user_id], Value::Null).await;
        for (member, value) in [
            ("name", json!("Ada")),
            ("profilePictureUrl", json!("https://acme.test/ada.png")),
            ("phoneNumber", json!("+4915112345678")),
            ("metadata", json!(r#"{"team":"engines"}"#)),
            ("verified", json!(true)),
            ("provider", json!("local")),
        ] {
            assert_eq!(user[member], value, "{member}");
        }
        let pools = world.frontegg.management().user_pools();
        assert_eq!(pools.list_user_sources().await.expect("the pools")[0].users_count, 1);
        let known = pools.list_user_source_users(&id, ListUserSourceUsers::new()).await.expect("a page");
        assert_eq!((known.items.len(), known.items[0].email.as_str(), known.metadata.total_items), (1, ADA, 1));
        assert_eq!(json!(known.items[0].last_login), user["lastLogin"]);

        // From now on the password is the one here, whatever becomes of the provider.
        let elsewhere = ada().password(OTHER);
        for table in [vec![elsewhere], vec![ada().answer(UserPoolAnswer::Outage)], vec![]] {
            told(&world, &id, table).await;
            assert_eq!(sign_in(&world).await.claims()["sub"], user_id);
            assert_eq!(world.browser().sign_in_with(ADA, OTHER).await.refused(401), REFUSED);
        }
        pools.delete_user_source(&id).await.expect("it is gone");
        assert_eq!(sign_in(&world).await.claims()["sub"], user_id);
        assert_eq!(everybody(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn a_pool_that_does_not_migrate_is_asked_each_time() {
    for world in World::each().await {
        world.tenant("acme").await;
        let id = pool(&world, "cognito", acme(false)).await;
        told(&world, &id, [ada()]).await;
        let user_id = sign_in(&world).await.claims()["sub"].clone();
        told(&world, &id, [ada().password(OTHER)]).await;
        assert_eq!(sign_in(&world).await.refused(401), REFUSED);
        assert_eq!(world.browser().sign_in_with(ADA, OTHER).await.claims()["sub"], user_id);
        for answer in [UserPoolAnswer::WrongPassword, UserPoolAnswer::Locked] {
            told(&world, &id, [ada().answer(answer)]).await;
            assert_eq!(sign_in(&world).await.refused(401), REFUSED, "{answer:?}");
        }
        told(&world, &id, [ada().answer(UserPoolAnswer::Outage)]).await;
        assert_eq!(sign_in(&world).await.refused(502), "The user pool cannot be reached");
        told(&world, &id, []).await;
        assert_eq!(sign_in(&world).await.refused(401), REFUSED, "gone there");
        told(&world, &id, [ada()]).await;
        assert_eq!(sign_in(&world).await.claims()["sub"], user_id);

        // Once the pool migrates, they have their password here.
        let mut back_end = world.back_end(None).await;
        let mut configuration = sample("cognito")["configuration"].clone();
        configuration["isMigrated"] = json!(true);
        back_end.done("update_cognito_user_source", &[&id], json!({ "configuration": configuration })).await;
        assert_eq!(sign_in(&world).await.claims()["sub"], user_id);
        told(&world, &id, []).await;
        assert_eq!(sign_in(&world).await.claims()["sub"], user_id);
    }
}

/// A password that was set here counts, and the pool is asked no longer.
#[tokio::test]
async fn whoever_resets_their_password_here_is_an_ordinary_person() {
    let world = world().await;
    let id = pool(&world, "firebase", acme(false)).await;
    told(&world, &id, [ada()]).await;
    let user_id = sign_in(&world).await.claims()["sub"].clone();
    world.browser().done("send_password_reset_email_v1", &[], json!({ "email": ADA })).await;
    let token = world.emulator.outbox().last_to(ADA).template("ResetPassword").token().await.expect("a token");
    let body = json!({ "userId": user_id, "token": token, "password": OTHER });
    world.browser().done("reset_password_with_token", &[], body).await;
    told(&world, &id, [ada().answer(UserPoolAnswer::Outage)]).await;
    assert_eq!(world.browser().sign_in_with(ADA, OTHER).await.claims()["sub"], user_id);
    assert_eq!(sign_in(&world).await.refused(401), REFUSED);
}

#[tokio::test]
async fn profiles_are_copied_at_every_sign_in_where_the_pool_says_so() {
    let world = world().await;
    for (kind, sync) in [("auth0", true), ("cognito", false)] {
        let mut configuration = acme(false);
        configuration["syncOnLogin"] = json!(sync);
        let id = pool(&world, kind, configuration).await;
        let email = format!("{kind}@acme.test");
        let person = || UserPoolPerson::new(&email).password(PASSWORD).name("Before").attribute("team", "engines");
        told(&world, &id, [person()]).await;
        let user_id = world.browser().sign_in(&email).await.claims()["sub"].clone();
        let user_id = user_id.as_str().expect("an id");
        let read = async || world.back_end(Some("acme")).await.done("get_user", &[user_id], Value::Null).await;
        assert_eq!(read().await["name"], "Before");
        let after = person().name("After").phone_number("+4915112345678").attribute("team", "looms");
        told(&world, &id, [after]).await;
        for _ in 0..2 {
            world.browser().sign_in(&email).await.token();
        }
        let user = read().await;
        let (name, team) = if sync { ("After", "looms") } else { ("Before", "engines") };
        assert_eq!(user["name"], name);
        assert_eq!(user["metadata"], json!({ "team": team }).to_string());
        assert_eq!(user["phoneNumber"].is_string(), sync, "{user}");
        // What the provider does not tell stays.
        told(&world, &id, [UserPoolPerson::new(&email).password(PASSWORD)]).await;
        world.browser().sign_in(&email).await.token();
        let now = read().await;
        for member in ["name", "metadata", "phoneNumber"] {
            assert_eq!(now[member], user[member], "{member}");
        }
    }
}

#[tokio::test]
async fn the_first_pool_of_the_application_that_knows_the_address_decides() {
    let world = world().await;
    let mut back_end = world.back_end(None).await;
    let mut ids = Vec::new();
    for index in [2, 1, 3] {
        let id = pool(&world, "auth0", acme(true)).await;
        back_end.done("update_auth0_user_source", &[&id], json!({ "index": index })).await;
        ids.push(id);
    }
    // In the order of their index: the second, the first, the third.
    told(&world, &ids[0], [ada().password(OTHER)]).await;
    told(&world, &ids[2], [ada()]).await;
    assert_eq!(sign_in(&world).await.refused(401), REFUSED, "not asked of the third");
    back_end.done("update_auth0_user_source", &[&ids[0]], json!({ "index": 4 })).await;

    // A pool serves its applications only, and none of its own accord.
    let portal_id = world.application("Portal").await;
    world.give_application(&portal_id, "acme").await;
    let portal = |world: &World| world.browser().with("frontegg-requested-application-id", portal_id.as_str());
    assert_eq!(portal(&world).sign_in(ADA).await.refused(401), REFUSED);
    let of_default = json!({ "appIds": [world.emulator.application_id()], "userSourceId": ids[2] });
    back_end.done("unassign_applications_from_user_source", &[], of_default).await;
    assert_eq!(sign_in(&world).await.refused(401), REFUSED);
    let of_portal = json!({ "appIds": [portal_id], "userSourceId": ids[2] });
    back_end.done("assign_applications_to_user_source", &[], of_portal).await;
    assert_eq!(sign_in(&world).await.refused(401), REFUSED);
    assert!(everybody(&world).await.is_empty());
    portal(&world).sign_in(ADA).await.token();
    assert_eq!(sign_in(&world).await.claims()["tenantId"], "acme", "an ordinary person by now");
    let counts: Vec<_> = back_end.done("list_user_sources", &[], Value::Null).await.as_array().expect("pools").clone();
    let counts: Vec<_> = counts.iter().map(|pool| pool["usersCount"].as_i64()).collect();
    assert_eq!(counts, [Some(0), Some(1), Some(0)]);
}

/// Neither who is in a pool nor why somebody is not let in can be told from outside.
#[tokio::test]
async fn nobody_can_be_told_from_somebody_of_a_pool() {
    let world = world().await;
    let (first, second) = (pool(&world, "auth0", acme(true)).await, pool(&world, "cognito", acme(false)).await);
    let locked = UserPoolPerson::new("locked@acme.test").password(PASSWORD).answer(UserPoolAnswer::Locked);
    told(&world, &first, [ada(), locked, UserPoolPerson::new("bare@acme.test")]).await;
    told(&world, &second, [UserPoolPerson::new("come@acme.test").password(PASSWORD)]).await;
    world.member("acme", "here@acme.test").await;
    world.browser().sign_in("come@acme.test").await.token();
    let fail = async |email: &str| {
        effort(&world, async |_| {
            let reply = world.browser().sign_in_with(email, "wrong").await;
            assert_eq!(reply.refused(401), REFUSED, "{email}");
        })
        .await
    };
    let nobody = fail("nobody@acme.test").await;
    assert_eq!(nobody.password_hashes, 1);
    for email in [ADA, "locked@acme.test", "bare@acme.test", "here@acme.test", "come@acme.test"] {
        assert_alike(fail(email).await, nobody);
    }
    let locked = world.browser().sign_in("locked@acme.test").await;
    assert_eq!((locked.refused(401).as_str(), locked.cookies.len()), (REFUSED, 0));
    assert_eq!(everybody(&world).await.len(), 2, "nobody has come by it");
}

/// Pools cost a sign-in one statement, and two more for those who are asked of one; its entry in the audit trail is one.
#[tokio::test]
async fn a_sign_in_by_a_pool_takes_15() {
    let world = world().await;
    told(&world, &pool(&world, "auth0", acme(false)).await, [ada()]).await;
    world.member("acme", "here@acme.test").await;
    for (email, most) in [("here@acme.test", 14), (ADA, 15)] {
        let work = effort(&world, async |_| drop(world.browser().sign_in(email).await.claims())).await;
        let shared = u64::from(!matches!(world.store(), StoreTarget::Memory));
        assert!(work.statements <= most + shared && work.password_hashes == 1, "{email}: {work:?}");
    }
}

/// Whoever is known here is not looked for elsewhere.
#[tokio::test]
async fn a_pool_has_no_say_about_people_of_this_environment() {
    let world = world().await;
    world.user("acme", ADA, &[]).await;
    let id = pool(&world, "auth0", acme(true)).await;
    for answer in [UserPoolAnswer::Compared, UserPoolAnswer::Outage] {
        told(&world, &id, [ada().answer(answer)]).await;
        assert_eq!(sign_in(&world).await.refused(401), REFUSED);
    }
    let known = world.back_end(None).await.done("list_user_source_users", &[&id], Value::Null).await;
    assert_eq!(known["_metadata"]["totalItems"], 0);
}

/// Whoever has another address here by now comes by the one that the pool knows, as the same person.
#[tokio::test]
async fn an_address_of_before_makes_no_second_person() {
    let world = world().await;
    for (kind, is_migrated) in [("auth0", true), ("cognito", false)] {
        let (email, newer) = (format!("{kind}@acme.test"), format!("{kind}@globex.test"));
        let id = pool(&world, kind, acme(is_migrated)).await;
        told(&world, &id, [UserPoolPerson::new(&email).password(PASSWORD)]).await;
        let user_id = world.browser().sign_in(&email).await.claims()["sub"].clone();
        let user_id = user_id.as_str().expect("an id");
        let count = everybody(&world).await.len();
        let body = json!({ "email": newer });
        world.back_end(None).await.done("set_user_email", &[user_id], body).await;
        let (old, new) = (world.browser().sign_in(&email).await, world.browser().sign_in(&newer).await);
        let (comes, stays) = if is_migrated { (new, old) } else { (old, new) };
        assert_eq!(comes.claims()["sub"], user_id, "{kind}");
        assert_eq!(stays.refused(401), REFUSED, "{kind}");
        assert_eq!(everybody(&world).await.len(), count);
        world.back_end(None).await.done("delete_user_source", &[&id], Value::Null).await;
    }
}

#[tokio::test]
async fn wrong_passwords_lock_whoever_has_come_from_a_pool() {
    let world = world().await;
    let lockout = json!({ "enabled": true, "maxAttempts": 3 });
    world.back_end(None).await.done("create_lockout_policy", &[], lockout).await;
    told(&world, &pool(&world, "cognito", acme(false)).await, [ada()]).await;
    let user_id = sign_in(&world).await.claims()["sub"].clone();
    for _ in 0..3 {
        assert_eq!(world.browser().sign_in_with(ADA, "wrong").await.refused(401), REFUSED);
    }
    assert_eq!(sign_in(&world).await.refused(401), REFUSED);
    world.emulator.clear_lockout(user_id.as_str().expect("an id")).await.expect("let in");
    sign_in(&world).await.token();
}

/// A state that goes elsewhere has pools, their people and what their providers answer.
#[tokio::test]
async fn people_of_a_pool_sign_in_at_a_copy() {
    let world = world().await;
    let id = pool(&world, "cognito", acme(false)).await;
    told(&world, &id, [ada(), UserPoolPerson::new("bob@acme.test").password(PASSWORD)]).await;
    let user_id = sign_in(&world).await.claims()["sub"].clone();
    let document = world.emulator.export_with_secrets().await.expect("a document");
    let copy =
        World::of(Emulator::builder().application_id(world.emulator.application_id()).seed_document(document)).await;
    assert_eq!(sign_in(&copy).await.claims()["sub"], user_id);
    copy.browser().sign_in("bob@acme.test").await.token();
    let pools = copy.frontegg.management().user_pools();
    assert_eq!(pools.list_user_sources().await.expect("the pools")[0].users_count, 2);
    // People go without their pool's leave, and may come again.
    copy.back_end(None).await.done("remove_user", &[user_id.as_str().expect("an id")], Value::Null).await;
    assert_eq!(pools.list_user_sources().await.expect("the pools")[0].users_count, 1);
    assert_ne!(sign_in(&copy).await.claims()["sub"], user_id);
}
