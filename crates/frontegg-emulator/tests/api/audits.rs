//! Tags “Audits” and “Metrics”, and the entries that requests leave, over HTTP.

mod exports;
mod trail;

use std::{collections::BTreeSet, time::Duration};

use frontegg_emulator::{Audits, Emulator};
use frontegg_identity::{
    enums::{AuditSeverity, AuditSortDirection},
    params::{GetAuditsMetrics, ListAudits, ListAuditsV1},
    types::{AddRoleRequest, Audit, AuditRequest, AuditsPage},
};
use serde_json::{Value, json};

use crate::support::{World, json, refused};

/// A tenant without any entry about it.
async fn quiet() -> World {
    let world = World::of(Emulator::builder().audits(Audits::Off)).await;
    world.tenant("acme").await;
    world
}

fn entry(action: &str) -> AuditRequest {
    AuditRequest::new(AuditSeverity::Info).action(action)
}

async fn add(world: &World, tenant: &str, entry: AuditRequest) -> Audit {
    world.frontegg.tenant(tenant).audits().create_audit(&entry).await.expect("an entry")
}

/// The entries of a tenant, newest first.
async fn list(world: &World, tenant: &str, params: ListAudits) -> AuditsPage {
    world.frontegg.tenant(tenant).audits().list_audits(params).await.expect("entries")
}

fn actions(page: &AuditsPage) -> Vec<&str> {
    page.data.iter().map(|entry| entry.action.as_deref().unwrap_or_default()).collect()
}

#[tokio::test]
async fn an_entry_is_kept_as_it_comes() {
    let world = quiet().await;
    world.emulator.clock().freeze();
    let now = world.emulator.clock().now();
    let body = json!({
        "severity": "Critical", "user": "Ada", "userId": "u-1", "email": "ada@acme.test", "resource": "Cellar",
        "action": "Opened", "description": "Opened the cellar", "ip": "192.0.2.1", "userAgent": "Lynx",
        "createdAt": "2026-01-02T03:04:05.678Z", "json": { "bottles": [1, 2] }, "mood": "fine", "count": 7,
        "featureFlagId": "f-1", "frontegg_id": "mine", "vendorId": "mine", "updatedAt": "mine",
    });
    let mut acme = world.back_end(Some("acme")).await;
    let reply = acme.call("create_audit", &[], body.clone()).await;
    assert_eq!(reply.status, 202);
    let mut expected = body;
    let id = reply.body["frontegg_id"].as_str().expect("an id").to_owned();
    for (name, value) in [
        ("frontegg_id", json!(id)),
        ("vendorId", json!(world.emulator.vendor_id())),
        ("tenantId", json!("acme")),
        ("createdAt", json!("2026-01-02T03:04:05.678Z")),
        ("updatedAt", reply.body["updatedAt"].clone()),
    ] {
        expected[name] = value;
    }
    assert_eq!(reply.body, expected);
    assert_ne!(id, "mine");
    let read = list(&world, "acme", ListAudits::new()).await;
    assert_eq!(json(&read), json!({ "data": [expected], "total": 1 }));
    assert_eq!(read.data[0].extra["mood"], "fine");

    // The least that there can be; and by the other path.
    let least = acme.done("create_audit_v2", &[], json!({ "severity": "Info" })).await;
    let least: Audit = serde_json::from_value(least).expect("an entry");
    assert_eq!(least.created_at.timestamp_millis(), now.timestamp_millis());
    assert!(least.user.is_none() && least.action.is_none() && least.extra.is_empty());
}

#[tokio::test]
async fn what_is_no_entry_is_refused() {
    let world = quiet().await;
    let mut acme = world.back_end(Some("acme")).await;
    for body in [
        json!({}),
        json!([]),
        json!({ "severity": "info" }),
        json!({ "severity": 1 }),
        json!({ "severity": "Info", "createdAt": "yesterday" }),
        json!({ "severity": "Info", "action": ["a"] }),
        json!({ "severity": "Info", "action": "a".repeat(513) }),
        json!({ "severity": "Info", "mood": "a\u{0}b" }),
    ] {
        acme.call("create_audit", &[], body).await.refused(400);
    }
    let large = json!({ "severity": "Info", "json": "a".repeat(64 * 1024) });
    acme.call("create_audit", &[], large).await.refused(413);
    let mut nowhere = world.back_end(None).await;
    let severe = json!({ "severity": "Info" });
    assert_eq!(nowhere.call("create_audit", &[], severe.clone()).await.refused(403), "Tenant ID is not specified");
    world.browser().call("create_audit", &[], severe).await.refused(401);
    assert_eq!(list(&world, "acme", ListAudits::new()).await.total, 0);
    // A back end may name the tenant in the body.
    let named = nowhere.done("create_audit", &[], json!({ "severity": "Info", "tenantId": "acme" })).await;
    assert_eq!(named["tenantId"], "acme");
    // Where the scope names one, that counts.
    let named = acme.done("create_audit", &[], json!({ "severity": "Info", "tenantId": "globex" })).await;
    assert_eq!(named["tenantId"], "acme");
}

/// Nobody learns by it who somebody else is.
#[tokio::test]
async fn people_are_named_in_what_they_add() {
    let world = quiet().await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("globex", "bob@globex.test", &[]).await;
    let own = world.session(&ada, "acme").await;
    let added = own.audits().create_audit(&entry("Looked").tenant_id("globex")).await.expect("an entry");
    assert_eq!(added.tenant_id.as_deref(), Some("acme"));
    assert_eq!(added.user_id.as_deref(), Some(ada.as_str()));
    assert_eq!(added.email.as_deref(), Some("ada@acme.test"));
    assert_eq!(added.user.as_deref(), Some("ada@acme.test"));
    let foreign = own.audits().create_audit(&entry("Looked").user_id(&bob)).await.expect("an entry");
    assert_eq!((foreign.user_id.as_deref(), foreign.user, foreign.email), (Some(bob.as_str()), None, None));
}

#[tokio::test]
async fn windows_do_not_overlap_though_times_are_equal() {
    let world = quiet().await;
    world.emulator.clock().freeze();
    let mut ids = BTreeSet::new();
    for number in 0..7 {
        ids.insert(add(&world, "acme", entry(&number.to_string())).await.frontegg_id.expect("an id"));
    }
    for direction in ["asc", "DESC"] {
        let mut seen = BTreeSet::new();
        for offset in 0..4 {
            let window =
                ListAudits::new().count(2).offset(offset * 2).sort_direction(AuditSortDirection::from(direction));
            let page = list(&world, "acme", window).await;
            assert_eq!(page.total, 7);
            seen.extend(page.data.into_iter().map(|entry| entry.frontegg_id.expect("an id")));
        }
        assert_eq!(seen, ids);
    }
    let beyond = list(&world, "acme", ListAudits::new().offset(7)).await;
    assert_eq!((beyond.data.len(), beyond.total), (0, 7));
    // The SDK reads window after window, as offsets count entries.
    let all = world.frontegg.tenant("acme").audits().list_audits(ListAudits::new().count(3)).all().await;
    let all: BTreeSet<_> = all.expect("entries").into_iter().filter_map(|entry| entry.frontegg_id).collect();
    assert_eq!(all, ids);
    let mut pages = world.frontegg.tenant("acme").audits().list_audits(ListAudits::new().count(3).offset(1)).pages();
    let mut offsets = Vec::new();
    while let Some(page) = pages.next().await {
        offsets.push((page.expect("a page").data.len(), pages.next_page()));
    }
    assert_eq!(offsets, [(3, 4), (3, 7)]);
}

#[tokio::test]
async fn entries_are_sorted_and_picked_by_their_fields() {
    let world = quiet().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let mut times = Vec::new();
    for (action, email, resource) in
        [("b", "Zoe@acme.test", "Roles"), ("a", "ada@acme.test", "roles"), ("c", "bob@acme.test", "Straße")]
    {
        clock.advance(Duration::from_mins(1));
        times.push(clock.now());
        let new = entry(action).email(email).resource(resource).user_id(format!("id-{action}")).user("somebody");
        add(&world, "acme", new).await;
    }
    let sorted = async |by: &str, direction: &str| {
        let direction = AuditSortDirection::from(direction);
        let page = list(&world, "acme", ListAudits::new().sort_by(by).sort_direction(direction)).await;
        actions(&page).concat()
    };
    assert_eq!(sorted("createdAt", "asc").await, "bac");
    assert_eq!(sorted("createdAt", "desc").await, "cab");
    assert_eq!(sorted("action", "Asc").await, "abc");
    assert_eq!(sorted("email", "asc").await, "acb");
    // Equal ones by their time.
    assert_eq!(sorted("resource", "asc").await, "bac");
    assert_eq!(sorted("user", "desc").await, "cab");
    let found = async |params: ListAudits| {
        let page = list(&world, "acme", params.sort_by("action").sort_direction(AuditSortDirection::Asc)).await;
        assert_eq!(page.total, i64::try_from(page.data.len()).expect("few"));
        actions(&page).concat()
    };
    let new = ListAudits::new;
    assert_eq!(found(new().filter("ROLE")).await, "ab");
    assert_eq!(found(new().filter("strasse")).await, "c");
    assert_eq!(found(new().filter("%")).await, "");
    assert_eq!(found(new().email(["ADA@acme.test", "bob@acme.test"])).await, "ac");
    assert_eq!(found(new().users(["id-b", "id-c"])).await, "bc");
    assert_eq!(found(new().users(["Somebody"])).await, "abc");
    assert_eq!(found(new().created_from(times[1])).await, "ac");
    assert_eq!(found(new().created_to(times[1])).await, "b");
    assert_eq!(found(new().created_from(times[0]).created_to(times[2]).filter("a@")).await, "a");
    assert_eq!(found(new().tenant_ids(["globex"])).await, "");
    assert_eq!(found(new().feature_flag_id("f")).await, "");

    // The first version has the fields themselves for parameters.
    let mut acme = world.back_end(Some("acme")).await;
    let page = acme.query("list_audits_v1", "email=ADA%40ACME.test&unknown=x&paginationMode=virtual").await;
    assert_eq!((page["total"].clone(), page["data"][0]["action"].clone()), (json!(1), json!("a")));
    let page = acme.query("list_audits_v1", "resource=roles&action=B").await;
    assert_eq!(page["total"], 1);
    #[expect(deprecated, reason = "it is served like any other")]
    let page = world.frontegg.tenant("acme").audits().list_audits_v1(ListAuditsV1::new().filter("strasse")).await;
    assert_eq!(actions(&page.expect("entries")), ["c"]);
}

#[tokio::test]
async fn queries_that_cannot_be_are_refused() {
    let world = quiet().await;
    let mut acme = world.back_end(Some("acme")).await;
    for (id, query) in [
        ("list_audits_v1", "count=0"),
        ("list_audits_v1", "count=201"),
        ("list_audits_v1", "offset=-1"),
        ("list_audits_v1", "offset=x"),
        ("list_audits_v1", "sortBy=nothing"),
        ("list_audits_v1", "sortDirection=up"),
        ("list_audits_v2", "count=1.5"),
        ("list_audits_v2", "created_from=yesterday"),
        ("list_audits_v2", "sortBy=email%3B--"),
        ("list_audits_v2", "sortDirection=ascending"),
    ] {
        let pairs: Vec<_> = query.split_once('=').into_iter().collect();
        acme.ask(id, &[], &pairs, Value::Null).await.refused(400);
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_and_needs_the_permission() {
    let world = quiet().await;
    world.tenant("globex").await;
    add(&world, "acme", entry("acme's")).await;
    add(&world, "globex", entry("globex's")).await;
    let bare = [AddRoleRequest::new("bare", "Bare", 9)];
    let bare = world.frontegg.roles().create_roles_v1(&bare).await.expect("a role").remove(0).id;
    let ada = world.user("acme", "ada@acme.test", &[&bare]).await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    let reading = ["list_audits_v1", "list_audits_v2", "get_audits_stats", "export_audits_csv_v2"];
    let columns = json!({ "properties": [{ "displayName": "Action", "name": "action" }] });
    for id in reading {
        let body = if id.starts_with("export") { columns.clone() } else { Value::Null };
        let missing = own.call(id, &[], body).await.refused(403);
        assert_eq!(missing, "The permission fe.secure.read.audits is required");
    }
    world.allow(&bare, &["fe.secure.read.audits"]).await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await).with("frontegg-tenant-id", "globex");
    for (id, query) in [
        ("list_audits_v1", "tenantId=globex&vendorId=other"),
        ("list_audits_v1", "filter=s"),
        ("list_audits_v2", "tenant_ids=acme"),
        ("list_audits_v2", "count=200"),
    ] {
        let page = own.query(id, query).await;
        assert_eq!((page["total"].clone(), page["data"][0]["action"].clone()), (json!(1), json!("acme's")), "{query}");
    }
    for tenants in ["globex", "acme,globex"] {
        own.ask("list_audits_v2", &[], &[("tenant_ids", tenants)], Value::Null).await.refused(403);
        own.ask("export_audits_csv_v2", &[], &[("tenant_ids", tenants)], columns.clone()).await.refused(403);
    }
    let file = own.call("export_audits_csv_v2", &[], columns).await;
    assert_eq!((file.status, file.body), (200, json!("Action\r\nacme's\r\n")));
    own.call("get_audits_metrics", &[], Value::Null).await.refused(403);

    // The environment sees all, or those that it names.
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.query("list_audits_v2", "count=1").await["total"], 2);
    assert_eq!(back_end.query("list_audits_v2", "tenant_ids=globex,acme").await["total"], 2);
    assert_eq!(back_end.query("list_audits_v1", "tenantId=globex").await["total"], 1);
    assert_eq!(back_end.call("get_audits_stats", &[], Value::Null).await.refused(403), "Tenant ID is not specified");
}

#[tokio::test]
async fn figures_count_entries() {
    let world = quiet().await;
    world.tenant("globex").await;
    let clock = world.emulator.clock();
    clock.set("2026-03-10T12:00:00Z".parse().expect("a time"));
    clock.freeze();
    let at = |severity, time: &str, resource: &str| {
        AuditRequest::new(severity)
            .resource(resource)
            .created_at(time.parse::<chrono::DateTime<chrono::Utc>>().expect("a time"))
    };
    for (tenant, severity, time, resource) in [
        ("acme", AuditSeverity::Info, "2026-03-10T00:00:00Z", "Roles"),
        ("acme", AuditSeverity::High, "2026-03-10T11:59:59Z", "Roles"),
        ("acme", AuditSeverity::Error, "2026-03-09T23:59:59Z", "Users"),
        ("acme", AuditSeverity::Critical, "2026-03-03T12:00:01Z", "Users"),
        ("acme", AuditSeverity::Critical, "2026-03-03T11:59:59Z", "Users"),
        ("acme", AuditSeverity::Medium, "2026-03-08T12:00:00Z", "Users"),
        ("globex", AuditSeverity::High, "2026-03-10T01:00:00Z", "Roles"),
    ] {
        add(&world, tenant, at(severity, time, resource)).await;
    }
    let stats = world.frontegg.tenant("acme").audits().get_audits_stats().await.expect("figures");
    assert_eq!((stats.total_today, stats.severe_this_week), (2, 3));
    let none = world.frontegg.tenant("nowhere").audits().get_audits_stats().await.expect("figures");
    assert_eq!((none.total_today, none.severe_this_week), (0, 0));

    let metrics = async |params| json(&world.frontegg.audits().get_audits_metrics(params).await.expect("figures"));
    let week = metrics(GetAuditsMetrics::new()).await;
    assert_eq!(week["topResources"], json!({ "Roles": 3, "Users": 3 }));
    assert_eq!(week["topTenants"], json!({ "acme": 5, "globex": 1 }));
    let steps = week["auditsCounterByTime"].as_object().expect("steps");
    assert_eq!(steps.len(), 7);
    assert_eq!((&steps["2026-03-03T12:00:00.000Z"], &steps["2026-03-04T12:00:00.000Z"]), (&json!(1), &json!(0)));
    assert_eq!(steps["2026-03-09T12:00:00.000Z"], 4);
    let from = clock.now().timestamp_millis() - 2 * 3_600_000;
    let hours =
        metrics(GetAuditsMetrics::new().from(from).to(from + 2 * 3_600_000).limit(0).frequency(3_600_000)).await;
    assert_eq!(hours["topResources"], json!({}));
    assert_eq!(hours["auditsCounterByTime"], json!({ "2026-03-10T10:00:00.000Z": 0, "2026-03-10T11:00:00.000Z": 1 }));
    for wrong in [
        GetAuditsMetrics::new().from(2).to(1),
        GetAuditsMetrics::new().from(-1),
        GetAuditsMetrics::new().frequency(0),
        GetAuditsMetrics::new().frequency(1),
    ] {
        refused(world.frontegg.audits().get_audits_metrics(wrong).await, 400);
    }
}
