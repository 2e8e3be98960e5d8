//! Tag “Applications Settings”, over HTTP through the SDK.

mod secrets;

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Environment, Patch,
    enums::{ApplicationAccessType, ApplicationClientType, ApplicationFrontendStack, ApplicationType},
    params::{ListApplicationTenantAssignmentsV1, ListApplicationTenantAssignmentsV2, ListApplications},
    types::{
        ApplicationsResponse, CreateApplicationClientRequestDto, CreateApplicationRequest,
        CreateApplicationTenantRequestV1, EditApplicationTenantRequestV1, UpdateApplicationRequest,
    },
    views::Applications,
};
use serde_json::{Map, Value, json};

use crate::support::{World, json, place, refused};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const DEFAULT: &str = "Default application";
const URL: &str = "https://shop.acme.test";
const MISSING: &str = "This account/tenant is not assigned to the requested application";

fn applications(world: &World) -> Applications<Environment> {
    world.frontegg.applications()
}

fn new(name: &str) -> CreateApplicationRequest {
    CreateApplicationRequest::new(name, URL, URL)
}

fn names(rows: &[ApplicationsResponse]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

#[tokio::test]
async fn a_fresh_environment_has_one_application() {
    let world = World::start().await;
    let apps = applications(&world);
    let default = apps.get_default_application().await.expect("an application");
    assert_eq!(
        (default.id.as_str(), default.is_default, default.is_active),
        (world.emulator.application_id(), true, true)
    );
    assert_eq!(default.vendor_id, world.emulator.vendor_id());
    assert_eq!(default.access_type, ApplicationAccessType::FreeAccess);
    let all = apps.list_applications(ListApplications::new()).await.expect("applications");
    assert_eq!(json(&all), json(&[&default]));
    assert_eq!(json(&apps.get_application(&default.id).await.expect("an application")), json(&default));
    assert_eq!(refused(apps.get_application(NOBODY).await, 404), "Application not found");
}

#[tokio::test]
async fn an_application_is_made_changed_and_deleted() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let apps = applications(&world);
    let made = apps.create_application(&new("Shop")).await.expect("an application");
    assert_eq!((made.type_.as_str(), made.frontend_stack.as_str(), made.allow_dcr), ("web", "react", false));
    assert_eq!((made.is_default, made.is_active), (false, true));
    assert!(made.description.is_none() && made.metadata.is_none() && made.integration_finished_at.is_none());
    let metadata = Map::from_iter([("plan".to_owned(), json!("gold"))]);
    let whole = new("Whole")
        .access_type(ApplicationAccessType::ManagedAccess)
        .is_active(false)
        .type_(ApplicationType::from("native"))
        .frontend_stack(ApplicationFrontendStack::from("cobol"))
        .logo_url(format!("{URL}/logo.png"))
        .app_host("shop.acme.test")
        .description("All of it")
        .metadata(metadata.clone())
        .allow_dcr(true);
    let whole = apps.create_application(&whole).await.expect("an application");
    assert_eq!((whole.type_.as_str(), whole.frontend_stack.as_str()), ("native", "cobol"), "others are taken too");
    assert_eq!((&whole.metadata, whole.app_host.as_deref()), (&Some(metadata), Some("shop.acme.test")));

    world.emulator.clock().advance(Duration::from_mins(1));
    // What is absent stays, also what has defaults elsewhere.
    apps.update_application(&whole.id, &UpdateApplicationRequest::new().name("Renamed")).await.expect("a change");
    let mut expected = json(&whole);
    let read = apps.get_application(&whole.id).await.expect("an application");
    (expected["name"], expected["updatedAt"]) = (json!("Renamed"), json(&read)["updatedAt"].clone());
    assert_eq!(json(&read), expected);
    assert!(read.updated_at > read.created_at);
    let cleared = UpdateApplicationRequest::new()
        .description("")
        .logo_url(Patch::Null)
        .app_host("")
        .metadata(Patch::Null)
        .is_active(true)
        .access_type(ApplicationAccessType::FreeAccess);
    apps.update_application(&whole.id, &cleared).await.expect("a change");
    let read = apps.get_application(&whole.id).await.expect("an application");
    assert!(
        read.description.is_none() && read.logo_url.is_none() && read.app_host.is_none() && read.metadata.is_none()
    );
    assert_eq!((read.is_active, &read.access_type), (true, &ApplicationAccessType::FreeAccess));

    apps.delete_application(&whole.id).await.expect("a deletion");
    refused(apps.delete_application(&whole.id).await, 404);
    refused(apps.update_application(&whole.id, &cleared).await, 404);
    refused(apps.get_application(&whole.id).await, 404);
    let all = apps.list_applications(ListApplications::new()).await.expect("applications");
    assert_eq!(names(&all), [DEFAULT, "Shop"]);
}

#[tokio::test]
async fn what_is_no_application_is_refused() {
    let world = World::start().await;
    let apps = applications(&world);
    let mut back_end = world.back_end(None).await;
    let whole = json!({ "name": "Shop", "appURL": URL, "loginURL": URL });
    for (member, value) in [
        ("name", json!("")),
        ("name", json!(" ")),
        ("name", Value::Null),
        ("appURL", json!("shop")),
        ("appURL", json!("http://shop.acme.test")),
        ("loginURL", json!("javascript:alert(1)")),
        ("loginURL", json!("")),
        ("logoURL", json!("/logo.png")),
        ("accessType", json!("OPEN")),
        ("metadata", json!("{}")),
        ("type", json!(" ")),
        ("isActive", json!("yes")),
    ] {
        let mut body = whole.clone();
        body[member] = value.clone();
        back_end.call("create_application", &[], body).await.refused(400);
        if !value.is_null() {
            let id = world.emulator.application_id();
            back_end.call("update_application", &[id], json!({ member: value })).await.refused(400);
        }
    }
    for member in ["name", "appURL", "loginURL"] {
        let mut body = whole.clone();
        body.as_object_mut().expect("an object").remove(member);
        back_end.call("create_application", &[], body).await.refused(400);
    }
    back_end.call("list_applications", &[], Value::Null).await;
    let all = apps.list_applications(ListApplications::new()).await.expect("applications");
    assert_eq!(names(&all), [DEFAULT]);
    let local = CreateApplicationRequest::new("Local", "http://localhost:3000", "http://127.0.0.1:3000/login");
    apps.create_application(&local).await.expect("an application");
    apps.create_application(&local).await.expect("another of that name");
}

/// There is always one, and never another beside it.
#[tokio::test]
async fn exactly_one_is_the_default() {
    for world in World::each().await {
        let apps = applications(&world);
        world.tenant("acme").await;
        world.member("acme", "ada@acme.test").await;
        let first = world.emulator.application_id().to_owned();
        let text = refused(apps.delete_application(&first).await, 400);
        assert_eq!(text, "The default application cannot be deleted");
        for change in
            [UpdateApplicationRequest::new().is_default(false), UpdateApplicationRequest::new().is_active(false)]
        {
            refused(apps.update_application(&first, &change).await, 400);
        }
        refused(apps.create_application(&new("Shop").is_default(true).is_active(false)).await, 400);
        let shop = apps.create_application(&new("Shop").is_active(false)).await.expect("an application");
        let default = UpdateApplicationRequest::new().is_default(true);
        refused(apps.update_application(&shop.id, &default).await, 400);
        assert_eq!(apps.get_default_application().await.expect("an application").id, first);

        // Every tenant gets the new one, tokens are for it at once, and the former can go.
        apps.update_application(&shop.id, &default.is_active(true)).await.expect("a change");
        let marked = apps.list_applications(ListApplications::new().is_default(true)).await.expect("applications");
        assert_eq!(names(&marked), ["Shop"]);
        let mut browser = world.browser();
        let claims = browser.sign_in("ada@acme.test").await.claims();
        assert_eq!((&claims["applicationId"], &claims["aud"]), (&json!(shop.id), &json!(world.emulator.client_id())));
        let info = world.emulator.control().info().await.expect("the emulator");
        assert_eq!(info.application_id, shop.id);
        apps.delete_application(&first).await.expect("a deletion");

        let third = apps.create_application(&new("Third").is_default(true)).await.expect("an application");
        assert_eq!(apps.get_default_application().await.expect("an application").id, third.id);
        assert_eq!(apps.list_application_tenants(&third.id).await.expect("tenants").tenant_ids, ["acme"]);
        assert_eq!(browser.refresh().await.claims()["applicationId"], json!(third.id));

        // A reset begins with the first one again.
        world.emulator.reset().await.expect("a reset");
        assert_eq!(apps.get_default_application().await.expect("an application").id, first);
        assert_eq!(apps.list_applications(ListApplications::new()).await.expect("applications").len(), 1);
    }
}

#[tokio::test]
async fn lists_are_narrowed() {
    let world = World::start().await;
    let apps = applications(&world);
    let agent = new("Agent Smith").type_(ApplicationType::Agent).is_active(false);
    let agent = apps.create_application(&agent).await.expect("an application");
    let native = new("Native").access_type(ApplicationAccessType::ManagedAccess);
    let native = native.frontend_stack(ApplicationFrontendStack::Kotlin).type_(ApplicationType::MobileAndroid);
    let native = apps.create_application(&native).await.expect("an application");
    let list = async |params: ListApplications| {
        let rows = apps.list_applications(params).await.expect("applications");
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let all = || ListApplications::new();
    for (params, expected) in [
        (all(), &[DEFAULT, "Agent Smith", "Native"][..]),
        (all().name("AT"), &[DEFAULT, "Native"]),
        (all().name("smith"), &["Agent Smith"]),
        (all().ids([native.id.as_str(), NOBODY, agent.id.as_str()]), &["Agent Smith", "Native"]),
        (all().ids([NOBODY]), &[]),
        (all().type_(["agent", "mobile-android"]), &["Agent Smith", "Native"]),
        (all().frontend_stack(["kotlin"]), &["Native"]),
        (all().access_type(ApplicationAccessType::ManagedAccess), &["Native"]),
        (all().is_default(false), &["Agent Smith", "Native"]),
        (all().is_active(false), &["Agent Smith"]),
        (all().exclude_agents(true), &[DEFAULT, "Native"]),
        (all().exclude_agents(true).is_default(false), &["Native"]),
        (all().ids([&native.id]).include_free_access(true), &[DEFAULT, "Agent Smith", "Native"]),
    ] {
        assert_eq!(list(params).await, expected);
    }
    refused(apps.list_applications(all().access_type(ApplicationAccessType::from("OPEN"))).await, 400);

    // People see what their tenant has.
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let own = world.session(&ada, "acme").await.applications_settings();
    let seen = async |params: ListApplications| {
        let rows = own.list_applications(params).await.expect("applications");
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    assert_eq!(seen(all()).await, [DEFAULT]);
    world.give_application(&native.id, "acme").await;
    assert_eq!(seen(all()).await, [DEFAULT, "Native"]);
    assert_eq!(seen(all().ids([&native.id]).include_free_access(true)).await, [DEFAULT, "Native"]);
    assert_eq!(seen(all().ids([&agent.id])).await, [""; 0]);
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    own.call("create_application", &[], json!({ "name": "x", "appURL": URL, "loginURL": URL })).await.refused(403);
    own.call("get_application_credentials", &[&native.id], Value::Null).await.refused(403);
}

#[tokio::test]
async fn tenants_get_applications_and_lose_them() {
    let world = World::start().await;
    let apps = applications(&world);
    let default = world.emulator.application_id().to_owned();
    let free = world.application("Free").await;
    let managed = new("Managed").access_type(ApplicationAccessType::ManagedAccess);
    let managed = apps.create_application(&managed).await.expect("an application").id;
    apps.create_application(&new("Idle").is_active(false)).await.expect("an application");
    for tenant in ["globex", "acme"] {
        world.tenant(tenant).await;
    }
    let all = apps.list_application_tenant_assignments_v1(ListApplicationTenantAssignmentsV1::new()).await;
    let expected = ["acme", "globex"].map(|tenant| json!({ "tenantId": tenant, "appIds": [default, free] }));
    assert_eq!(json(&all.expect("assignments")), json!(expected), "what every new tenant gets");

    // With its own access or another, which stays unless another is given.
    let assign = |tenant: &str| CreateApplicationTenantRequestV1::new(tenant);
    let given = apps.assign_application_to_tenant(&managed, &assign("acme")).await.expect("an assignment");
    assert_eq!(
        (given.tenant_id.as_str(), given.app_ids),
        ("acme", vec![default.clone(), free.clone(), managed.clone()])
    );
    let access = async |app: &str, tenant: &str| {
        let of_tenant = ListApplicationTenantAssignmentsV2::new().app_ids([app]).tenant_ids([tenant]);
        let mut rows = apps.list_application_tenant_assignments_v2(of_tenant).await.expect("assignments");
        rows.pop().map(|mut row| row.assignments.remove(0).access_type)
    };
    assert_eq!(access(&managed, "acme").await, Some(ApplicationAccessType::ManagedAccess));
    let free_access = ApplicationAccessType::FreeAccess;
    apps.assign_application_to_tenant(&managed, &assign("acme").access_type(free_access.clone())).await.expect("again");
    apps.assign_application_to_tenant(&managed, &assign("acme")).await.expect("again");
    assert_eq!(access(&managed, "acme").await, Some(free_access));
    let edit = EditApplicationTenantRequestV1::new(ApplicationAccessType::ManagedAccess);
    apps.update_application_tenant_assignment(&managed, "acme", &edit).await.expect("a change");
    assert_eq!(access(&managed, "acme").await, Some(ApplicationAccessType::ManagedAccess));

    assert_eq!(refused(apps.assign_application_to_tenant(NOBODY, &assign("acme")).await, 404), "Application not found");
    assert_eq!(refused(apps.assign_application_to_tenant(&free, &assign("nowhere")).await, 404), "Tenant not found");
    assert_eq!(refused(apps.update_application_tenant_assignment(&managed, "globex", &edit).await, 404), MISSING);
    assert_eq!(refused(apps.unassign_application_from_tenant(&managed, "globex").await, 404), MISSING);
    refused(apps.list_application_tenants(NOBODY).await, 404);
    let open = EditApplicationTenantRequestV1::new(ApplicationAccessType::from("OPEN"));
    refused(apps.update_application_tenant_assignment(&managed, "acme", &open).await, 400);

    assert_eq!(apps.list_application_tenants(&free).await.expect("tenants").tenant_ids, ["acme", "globex"]);
    apps.unassign_application_from_tenant(&free, "acme").await.expect("a withdrawal");
    assert_eq!(apps.list_application_tenants(&free).await.expect("tenants").tenant_ids, ["globex"]);
    // A tenant that goes leaves nothing, and has what every new one gets when it comes back.
    world.frontegg.tenants().delete_tenant("acme").await.expect("a deletion");
    assert!(apps.list_application_tenants(&managed).await.expect("tenants").tenant_ids.is_empty());
    world.tenant("acme").await;
    assert_eq!(apps.list_application_tenants(&free).await.expect("tenants").tenant_ids, ["acme", "globex"]);
    let entries = json!({ "tenants": [{ "tenantId": "initech", "name": "Initech" }, "umbrella"] });
    world.back_end(None).await.done("migrate_tenants", &[], entries).await;
    let tenants = apps.list_application_tenants(&default).await.expect("tenants").tenant_ids;
    assert_eq!(tenants, ["acme", "globex", "initech", "umbrella"]);
}

#[tokio::test]
async fn assignments_are_narrowed_and_people_see_their_own() {
    let world = World::start().await;
    let apps = applications(&world);
    let default = world.emulator.application_id().to_owned();
    for tenant in ["acme", "globex", "initech"] {
        world.tenant(tenant).await;
    }
    let crm = world.application("CRM").await;
    world.give_application(&crm, "globex").await;
    let edit = EditApplicationTenantRequestV1::new(ApplicationAccessType::ManagedAccess);
    apps.update_application_tenant_assignment(&crm, "globex", &edit).await.expect("a change");
    let list = async |params: ListApplicationTenantAssignmentsV1| {
        let rows = apps.list_application_tenant_assignments_v1(params).await.expect("assignments");
        rows.into_iter().map(|row| format!("{} {}", row.tenant_id, row.app_ids.len())).collect::<Vec<_>>()
    };
    let all = ListApplicationTenantAssignmentsV1::new;
    for (params, expected) in [
        (all(), &["acme 1", "globex 2", "initech 1"][..]),
        (all().app_ids([&crm]), &["globex 1"]),
        (all().app_ids([&crm, &default]).tenant_ids(["globex", "acme", "nowhere"]), &["acme 1", "globex 2"]),
        (all().access_type(ApplicationAccessType::ManagedAccess), &["globex 1"]),
        (all().app_ids([NOBODY]), &[]),
    ] {
        assert_eq!(list(params).await, expected);
    }
    let second = json!([{ "tenantId": "globex", "assignments": [
        { "appId": default, "accessType": "FREE_ACCESS" }, { "appId": crm, "accessType": "MANAGED_ACCESS" },
    ] }]);
    let mut globex = world.back_end(Some("globex")).await;
    let version = "list_application_tenant_assignments_v2";
    assert_eq!(globex.done(version, &[], Value::Null).await, second);
    let eve = world.user("globex", "eve@globex.test", &[]).await;
    let token = world.token(&eve, "globex").await;
    let mut own = world.browser().bearer(&token).with("frontegg-tenant-id", "acme");
    assert_eq!(own.done(version, &[], Value::Null).await, second, "whatever the header says");
    assert_eq!(own.query(version, "tenantIds=acme").await, json!([]));
    own.call("list_application_tenants", &[&crm], Value::Null).await.refused(403);
    refused(
        apps.list_application_tenant_assignments_v1(all().access_type(ApplicationAccessType::from("x"))).await,
        400,
    );
}

/// An export has them with all that hangs on them; their secrets only where secrets are asked for.
#[tokio::test]
async fn an_export_carries_them() {
    let origin = World::start().await;
    let apps = applications(&origin);
    let shop = apps.create_application(&new("Shop").is_default(true)).await.expect("an application").id;
    origin.tenant("acme").await;
    origin.member("acme", "ada@acme.test").await;
    let client = CreateApplicationClientRequestDto::new("Agent", ApplicationClientType::Agent);
    let client = apps.create_application_client(&client).await.expect("a client");
    let secret = async |world: &World| {
        let secrets = applications(world).get_application_credentials(&shop).await.expect("secrets");
        secrets.client_secret.expose().to_owned()
    };
    let whole = origin.emulator.export_with_secrets().await.expect("a document");
    let plain = origin.emulator.export().await.expect("a document");
    let (own, text) = (secret(&origin).await, plain.to_string());
    assert!(!text.contains(&own) && !text.contains(client.client_secret.expose()));
    for (document, is_whole) in [(&whole, true), (&plain, false)] {
        let copy = World::of(Emulator::builder()).await;
        copy.emulator.import(document).await.expect("an import");
        let apps = applications(&copy);
        assert_eq!(apps.get_default_application().await.expect("an application").id, shop);
        assert_eq!(secret(&copy).await == own, is_whole);
        let there = apps.get_application_client(&client.id).await.expect("a client");
        assert_eq!(there.client_secret.expose() == client.client_secret.expose(), is_whole);
        assert_eq!(apps.list_application_tenants(&shop).await.expect("tenants").tenant_ids, ["acme"]);
        assert_eq!(copy.browser().sign_in("ada@acme.test").await.claims()["applicationId"], json!(shop));
    }
    // Without any default one the emulator's own is.
    let mut none = whole.clone();
    for row in none["tables"]["applications"].as_array_mut().expect("rows") {
        row["is_default"] = false.into();
    }
    let copy = World::of(Emulator::builder().application_id("portal")).await;
    copy.emulator.import(&none).await.expect("an import");
    assert_eq!(applications(&copy).get_default_application().await.expect("an application").id, "portal");
    assert_eq!(copy.browser().sign_in("ada@acme.test").await.claims()["applicationId"], "portal");
    for (column, value) in [("access_type", json!("OPEN")), ("metadata", json!("[]")), ("id", json!(".."))] {
        let mut bad = whole.clone();
        bad["tables"]["applications"][0][column] = value;
        copy.emulator.import(&bad).await.expect_err("a refusal");
    }
    let mut two = whole.clone();
    for row in two["tables"]["applications"].as_array_mut().expect("rows") {
        row["is_default"] = true.into();
    }
    copy.emulator.import(&two).await.expect_err("two are the default one");
}

#[tokio::test]
async fn a_changed_default_stays_over_a_restart() {
    let place = place::lasting().await;
    let first = World::at(&place, Emulator::builder()).await;
    let shop = applications(&first).create_application(&new("Shop").is_default(true)).await.expect("an application");
    first.emulator.stop().await;
    let second = World::at(&place, Emulator::builder()).await;
    assert_eq!(second.emulator.application_id(), shop.id);
    second.emulator.stop().await;
    let third = World::at(&place, Emulator::builder().application_id("portal")).await;
    assert_eq!(applications(&third).get_default_application().await.expect("an application").id, "portal");
    assert!(!applications(&third).get_application(&shop.id).await.expect("an application").is_default);
}
