//! Tag “IP Restrictions”, over HTTP through the SDK, and what the lists do.

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Environment, Scope,
    enums::RestrictionType::{self, Allow, Block},
    params::ListIpRestrictions,
    types::{CreateOrUpdateIpRestrictionConfigDto, CreateOrUpdateIpRestrictionDto},
};
use serde_json::{Value, json};

use crate::support::{World, browser::Browser, refused};

const OFFICE: &str = "192.0.2.7";
const HOME: &str = "198.51.100.9";
const BARRED: &str = "Your IP address is not allowed in this tenant";

/// A world whose callers say where they are, as a proxy would.
async fn world() -> World {
    World::of(Emulator::builder().trusted_proxy("127.0.0.0/8".parse().expect("a network"))).await
}

fn at(world: &World, address: &str) -> Browser {
    world.browser().with("x-forwarded-for", address)
}

async fn entry(tenant: &Scope<Environment>, ip: &str, list: RestrictionType) {
    let new = CreateOrUpdateIpRestrictionDto::new(ip).strategy(list);
    tenant.ip_restrictions().create_ip_restriction(&new).await.expect("an entry");
}

async fn in_force(tenant: &Scope<Environment>, list: RestrictionType) {
    let on = CreateOrUpdateIpRestrictionConfigDto::new().is_active(true).strategy(list);
    tenant.ip_restrictions().set_ip_restrictions_configuration(&on).await.expect("a configuration");
}

#[tokio::test]
async fn a_tenant_has_a_list_and_a_configuration() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let lists = acme.ip_restrictions();
    let read = lists.get_ip_restrictions_configuration().await.expect("the configuration");
    assert_eq!((read.is_active, read.strategy), (false, None));
    in_force(&acme, Block).await;
    let off = CreateOrUpdateIpRestrictionConfigDto::new().is_active(false);
    lists.set_ip_restrictions_configuration(&off).await.expect("a configuration");
    let read = lists.get_ip_restrictions_configuration().await.expect("the configuration");
    assert_eq!((read.is_active, read.strategy), (false, Some(Block)), "what is absent stays");

    for (ip, list) in [("192.0.2.77/24", Allow), ("2001:DB8::1", Block), ("10.0.0.0/8", Allow)] {
        entry(&acme, ip, list).await;
    }
    let all = lists.list_ip_restrictions(ListIpRestrictions::new()).await.expect("the entries");
    let shown: Vec<_> = all.items.iter().map(|entry| (entry.ip.as_str(), &entry.strategy)).collect();
    assert_eq!(shown, [("10.0.0.0/8", &Allow), ("2001:db8::1", &Block), ("192.0.2.0/24", &Allow)]);
    assert!(all.items.iter().all(|entry| entry.is_active && entry.description.is_none()));
    let second = lists.list_ip_restrictions(ListIpRestrictions::new().limit(2).offset(1)).await.expect("a page");
    assert_eq!((second.items.len(), second.metadata.total_items, &second.items[0].id), (1, 3, &all.items[2].id));

    // The same network again changes the entry; without a list it goes on the one in force.
    let again = CreateOrUpdateIpRestrictionDto::new("192.0.2.0/24").description("Head OFFICE").is_active(false);
    lists.create_ip_restriction(&again).await.expect("an entry");
    let found = lists.list_ip_restrictions(ListIpRestrictions::new().filter("office")).await.expect("an entry");
    let [office] = found.items.as_slice() else { panic!("{found:?}") };
    assert_eq!((&office.id, &office.strategy, office.is_active), (&all.items[2].id, &Block, false));
    assert_eq!(office.created_at, all.items[2].created_at);

    refused(globex.ip_restrictions().delete_ip_restriction(&office.id).await, 404);
    lists.delete_ip_restriction(&office.id).await.expect("a deletion");
    assert_eq!(refused(lists.delete_ip_restriction(&office.id).await, 404), "IP restriction not found");
    let left = lists.list_ip_restrictions(ListIpRestrictions::new()).await.expect("the entries");
    assert_eq!(left.metadata.total_items, 2);
    let others = globex.ip_restrictions().list_ip_restrictions(ListIpRestrictions::new()).await.expect("the entries");
    assert_eq!(others.metadata.total_items, 0);
}

#[tokio::test]
async fn what_is_no_network_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut back_end = world.back_end(Some("acme")).await;
    for ip in ["", "acme.test", "192.0.2.256", "192.0.2.0/33", "2001:db8::/129", "192.0.2.1-192.0.2.9"] {
        let body = json!({ "ip": ip, "strategy": "ALLOW" });
        back_end.call("create_ip_restriction", &[], body).await.refused(400);
    }
    let unknown = json!({ "ip": OFFICE, "strategy": "MAYBE" });
    back_end.call("create_ip_restriction", &[], unknown).await.refused(400);
    back_end.call("set_ip_restrictions_configuration", &[], json!({ "strategy": "MAYBE" })).await.refused(400);
    let all = back_end.done("list_ip_restrictions", &[], Value::Null).await;
    assert_eq!(all["_metadata"]["totalItems"], 0);
    let mut nowhere = world.back_end(None).await;
    nowhere.call("list_ip_restrictions", &[], Value::Null).await.refused(403);
    let mut unknown = world.back_end(Some("nowhere")).await;
    unknown.call("create_ip_restriction", &[], json!({ "ip": OFFICE })).await.refused(404);
}

/// Locked out, found out by asking, and let in again.
#[tokio::test]
async fn people_come_in_from_where_they_may() {
    let world = world().await;
    let acme = world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    entry(&acme, "192.0.2.0/24", Allow).await;
    entry(&acme, OFFICE, Block).await;

    // An entry of the other list rests.
    for (list, open, closed) in [(Allow, OFFICE, HOME), (Block, HOME, OFFICE)] {
        in_force(&acme, list).await;
        at(&world, open).sign_in("ada@acme.test").await.token();
        assert_eq!(at(&world, closed).sign_in("ada@acme.test").await.refused(403), BARRED);
    }
    in_force(&acme, Allow).await;
    let wrong = at(&world, HOME).sign_in_with("ada@acme.test", "wrong").await.refused(401);
    let nobody = at(&world, HOME).sign_in_with("nobody@acme.test", "wrong").await.refused(401);
    assert_eq!(wrong, nobody, "only who has proven who they are is told");

    // A session stays where it may be, and waits elsewhere.
    let mut browser = at(&world, OFFICE);
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let mut elsewhere = browser.clone().with("x-forwarded-for", HOME);
    assert_eq!(elsewhere.refresh().await.refused(403), BARRED);
    let valid = async |address: &str, question: &str| {
        at(&world, address).bearer(&token).done(question, &[], Value::Null).await["valid"] == true
    };
    assert!(valid(OFFICE, "verify_current_ip").await && !valid(HOME, "verify_current_ip").await);
    browser.refresh().await.token();

    let off = CreateOrUpdateIpRestrictionConfigDto::new().is_active(false);
    acme.ip_restrictions().set_ip_restrictions_configuration(&off).await.expect("a configuration");
    assert!(valid(HOME, "verify_current_ip").await);
    assert!(!valid(HOME, "verify_current_ip_in_allow_list").await, "whatever is in force");
    browser.with("x-forwarded-for", HOME).refresh().await.token();
}

#[tokio::test]
async fn nobody_bars_themselves_by_an_entry() {
    let world = world().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let token = world.token(&ada, "acme").await;
    let mut browser = at(&world, OFFICE).bearer(&token);
    let block = |ip: &str| json!({ "ip": ip, "strategy": "BLOCK" });
    browser.call("create_ip_restriction", &[], block("192.0.2.0/24")).await.refused(400);
    let resting = json!({ "ip": "192.0.2.0/24", "strategy": "BLOCK", "isActive": false });
    browser.done("create_ip_restriction", &[], resting).await;
    browser.done("create_ip_restriction", &[], block(HOME)).await;
    let mut back_end = world.back_end(Some("acme")).await.with("x-forwarded-for", OFFICE);
    back_end.done("create_ip_restriction", &[], block("192.0.2.0/24")).await;
}

#[tokio::test]
async fn a_tenant_that_is_closed_from_here_is_no_choice() {
    let world = world().await;
    let (acme, _) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.member("acme", "ada@acme.test").await;
    world.add_to_tenant(&ada, "globex", true).await;
    entry(&acme, OFFICE, Allow).await;
    in_force(&acme, Allow).await;

    let mut browser = at(&world, HOME);
    let signed_in = browser.sign_in("ada@acme.test").await;
    assert_eq!(signed_in.claims()["tenantId"], "globex", "the one that is open");
    let token = signed_in.token().to_owned();
    let switch = json!({ "tenantId": "acme" });
    let mut caller = at(&world, HOME).bearer(&token);
    assert_eq!(caller.call("set_my_active_tenant", &[], switch.clone()).await.refused(403), BARRED);
    assert_eq!(browser.call("refresh_user_token", &[], switch.clone()).await.refused(403), BARRED);
    let mut caller = caller.with("x-forwarded-for", OFFICE);
    caller.done("set_my_active_tenant", &[], switch).await;
    assert_eq!(browser.refresh().await.claims()["tenantId"], "globex", "back where it may not be");
    assert_eq!(browser.with("x-forwarded-for", OFFICE).refresh().await.claims()["tenantId"], "acme");
}

#[tokio::test]
async fn an_invite_leads_nowhere_from_where_nobody_may_come() {
    let world = world().await;
    let acme = world.tenant("acme").await;
    entry(&acme, OFFICE, Allow).await;
    in_force(&acme, Allow).await;
    let invite =
        world.back_end(Some("acme")).await.done("create_tenant_invite", &[], json!({ "tenantId": "acme" })).await;
    let token = invite["token"].as_str().expect("a token");
    let body = json!({
        "email": "new@globex.test", "password": crate::support::browser::PASSWORD, "companyName": "x",
        "invitationToken": token,
    });
    assert_eq!(at(&world, HOME).call("sign_up_user", &[], body.clone()).await.refused(403), BARRED);
    at(&world, OFFICE).done("sign_up_user", &[], body).await;
}
