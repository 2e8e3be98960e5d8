//! What deletion leaves and takes, and that a hierarchy stays a forest.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, Statement,
};
use serde_json::json;

use super::{deletion::BELONGINGS, *};
use crate::{
    domain::{
        DomainError, DomainResult, Refusal,
        settings::{self, Owner},
    },
    ids,
    store::{
        Fetch, FetchCount, Read, Store, Write,
        entity::{
            MembershipStatus, application_assignment, application_tenant, group, group_member, membership, role,
            session, tenant, tenant_edge, tenant_invite, user,
        },
        fresh::{Fresh, user_row},
    },
};

/// Tests that hold on every engine.
macro_rules! on_each_store {
    ($($test:ident),* $(,)?) => {
        mod on_each_store {
            $(
                #[tokio::test]
                async fn $test() {
                    for store in super::Fresh::all().await {
                        super::$test(&store).await;
                    }
                }
            )*
        }
    };
}

on_each_store!(
    deletion_takes_all_that_hangs_on_a_tenant,
    revival_brings_back_the_record_only,
    ensuring_creates_revives_or_finds,
    aliases_are_unique_without_case,
    a_deleted_tenant_hands_its_children_to_its_parent,
    moving_takes_the_subtree_along_and_makes_no_circle,
    reading_a_stored_circle_ends,
    wide_hierarchies_are_read,
    an_import_writes_new_and_revived_tenants,
);

fn named(tenant_id: &str, parent_id: Option<&str>) -> NewTenant {
    NewTenant { tenant_id: Some(tenant_id.to_owned()), parent_id: parent_id.map(str::to_owned), ..NewTenant::default() }
}

async fn tenants(tx: &Write, list: &[(&str, Option<&str>)]) {
    for (tenant_id, parent_id) in list {
        create(tx, named(tenant_id, *parent_id)).await.expect("a tenant");
    }
}

async fn new_user(tx: &Write, id: &str, active: &str) {
    let row =
        user::ActiveModel { verified: Set(true), active_tenant_id: Set(Some(active.to_owned())), ..user_row(tx, id) };
    row.insert(tx).await.expect("a user");
}

async fn join(tx: &Write, user_id: &str, tenant_id: &str) -> String {
    let row = membership::ActiveModel {
        id: Set(format!("{user_id}@{tenant_id}")),
        user_id: Set(user_id.to_owned()),
        tenant_id: Set(tenant_id.to_owned()),
        status: Set(MembershipStatus::Activated),
        is_disabled: Set(false),
        expires_at: Set(None),
        sub_tenant_access: Set(false),
        invited_as: Set(None),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    row.insert(tx).await.expect("a membership").id
}

async fn new_session(tx: &Write, user_id: &str, tenant_id: &str) {
    let row = session::ActiveModel {
        id: Set(format!("{user_id} in {tenant_id}")),
        user_id: Set(user_id.to_owned()),
        tenant_id: Set(tenant_id.to_owned()),
        amr: Set(String::new()),
        proven_at: Set(tx.now()),
        created_at: Set(tx.now()),
        last_used_at: Set(tx.now()),
        expires_at: Set(tx.now()),
        ..Default::default()
    };
    row.insert(tx).await.expect("a session");
}

/// A group, a role, an invite, an application and settings of the tenant.
async fn furnish(tx: &Write, tenant_id: &str, user_id: &str, membership_id: &str) {
    let group = group::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(tenant_id.to_owned()),
        name: Set("Team".to_owned()),
        metadata: Set("{}".to_owned()),
        managed_by: Set("frontegg".to_owned()),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let group = group.insert(tx).await.expect("a group");
    let place = group_member::ActiveModel { group_id: Set(group.id), membership_id: Set(membership_id.to_owned()) };
    place.insert(tx).await.expect("a place in the group");
    let role = role::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(Some(tenant_id.to_owned())),
        key: Set(format!("{tenant_id}-role")),
        name: Set("Role".to_owned()),
        is_default: Set(false),
        first_user_role: Set(false),
        level: Set(5),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    role.insert(tx).await.expect("a role");
    let invite = tenant_invite::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(tenant_id.to_owned()),
        token: Set(ids::new_secret()),
        should_send_email: Set(false),
        expires_at: Set(tx.now().after(Duration::from_mins(1))),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    invite.insert(tx).await.expect("an invite");
    let assignment = application_assignment::ActiveModel {
        app_id: Set("app".to_owned()),
        membership_id: Set(membership_id.to_owned()),
        created_at: Set(tx.now()),
    };
    assignment.insert(tx).await.expect("an assignment");
    let choice = application_tenant::ActiveModel {
        user_id: Set(user_id.to_owned()),
        app_id: Set("app".to_owned()),
        tenant_id: Set(tenant_id.to_owned()),
    };
    choice.insert(tx).await.expect("an active tenant");
    settings::put(tx, Owner::Tenant(tenant_id), "x", &json!({})).await.expect("a setting");
}

/// Rows left of all that `furnish` writes.
async fn furniture(tx: &Read) -> [u64; 7] {
    [
        group::Entity::find().fetch_count(tx).await.expect("a count"),
        group_member::Entity::find().fetch_count(tx).await.expect("a count"),
        role::Entity::find().filter(role::Column::TenantId.is_not_null()).fetch_count(tx).await.expect("a count"),
        tenant_invite::Entity::find().fetch_count(tx).await.expect("a count"),
        application_assignment::Entity::find().fetch_count(tx).await.expect("a count"),
        application_tenant::Entity::find().fetch_count(tx).await.expect("a count"),
        u64::from(settings::find::<serde_json::Value>(tx, Owner::Tenant("acme"), "x").await.expect("a read").is_some()),
    ]
}

fn refused<T>(result: DomainResult<T>) -> (Refusal, String) {
    let Err(error) = result else {
        panic!("it was not refused");
    };
    (error.refusal(), DomainError::messages(&error).join("; "))
}

async fn deletion_takes_all_that_hangs_on_a_tenant(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("acme", None), ("late", None), ("old", None), ("other", None)]).await;
    new_user(&tx, "only", "acme").await;
    new_user(&tx, "both", "acme").await;
    new_user(&tx, "guest", "acme").await;
    new_user(&tx, "stranger", "other").await;
    let only = join(&tx, "only", "acme").await;
    join(&tx, "both", "old").await;
    join(&tx, "both", "acme").await;
    join(&tx, "both", "late").await;
    join(&tx, "stranger", "other").await;
    for (user, tenant) in [("only", "acme"), ("both", "acme"), ("both", "old")] {
        new_session(&tx, user, tenant).await;
    }
    furnish(&tx, "acme", "both", &only).await;
    assert_eq!(furniture(&tx).await, [1; 7]);

    delete(&tx, "acme").await.expect("a deletion");

    assert_eq!(furniture(&tx).await, [0; 7]);
    let left = user::Entity::find().fetch_all(&tx).await.expect("users");
    let left: BTreeSet<_> = left.iter().map(|row| (row.id.as_str(), row.active_tenant_id.as_deref())).collect();
    // The guest was no member: such a person is not the tenant's to delete.
    let expected = [("both", Some("old")), ("guest", None), ("stranger", Some("other"))];
    assert_eq!(left, BTreeSet::from(expected));
    let members = membership::Entity::find()
        .filter(membership::Column::TenantId.eq("acme"))
        .fetch_count(&tx)
        .await
        .expect("a count");
    assert_eq!(members, 0);
    let sessions = session::Entity::find().fetch_all(&tx).await.expect("sessions");
    let sessions: BTreeSet<_> = sessions.iter().map(|row| (row.id.as_str(), row.ended_at.is_some())).collect();
    let expected = [("both in acme", true), ("both in old", false)];
    assert_eq!(sessions, BTreeSet::from(expected));
    assert_eq!(find(&tx, "acme").await.expect("a read"), None);
    assert_eq!(refused(delete(&tx, "acme").await), (Refusal::NotFound, "Tenant not found".to_owned()));
}

/// Whoever adds a table with a tenant in it has to say here or in `BELONGINGS` what becomes of it.
#[tokio::test]
async fn deletion_knows_every_table_that_names_a_tenant() {
    const OTHERWISE: &[&str] = &[
        // Marked.
        "tenants",
        // Ended.
        "sessions",
        // Kept: what was sent was sent.
        "outbox_messages",
        // Nothing is said there of anybody.
        "dummy_messages",
        // Follows the memberships.
        "people_counts",
        // Kept: what has happened has happened. The other counts it.
        "audits",
        "audit_counts",
    ];
    let store = Fresh::in_memory().await;
    let tx = store.read().await.expect("a transaction");
    let rows = tx
        .rows(Statement::from_string(
            DbBackend::Sqlite,
            "SELECT t.name FROM sqlite_master t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name = 'tenant_id' ORDER BY t.name",
        ))
        .await
        .expect("tables");
    let found: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
    let known: BTreeSet<String> = BELONGINGS.iter().chain(OTHERWISE).map(ToString::to_string).collect();
    assert_eq!(found, known);
}

async fn revival_brings_back_the_record_only(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("root", None)]).await;
    let mut new = named("acme", Some("root"));
    new.record.name = Some("Acme".to_owned());
    new.record.website = Some("https://acme.test".to_owned());
    let first = create(&tx, new).await.expect("a tenant");
    set_alias(&tx, "acme", Some("ACME".to_owned())).await.expect("an alias");
    delete(&tx, "acme").await.expect("a deletion");
    // The alias is free again.
    set_alias(&tx, "root", Some("acme".to_owned())).await.expect("an alias");

    let mut new = named("acme", None);
    new.record.website = Some("https://new.test".to_owned());
    let second = create(&tx, new).await.expect("a tenant");
    assert_eq!(second.id, first.id);
    assert_eq!(second.created_at, first.created_at);
    assert_eq!(second.deleted_at, None);
    assert_eq!(second.name, "Acme");
    assert_eq!(second.website.as_deref(), Some("https://new.test"));
    assert_eq!(second.alias, None);
    assert_eq!(hierarchy::parent(&tx, "acme").await.expect("a read"), None);
    assert_eq!(
        refused(create(&tx, named("acme", None)).await),
        (Refusal::Conflict, "Tenant already exists".to_owned())
    );
}

async fn ensuring_creates_revives_or_finds(store: &Store) {
    let tx = store.begin_write().await;
    let made = ensure(&tx, "fly").await.expect("a tenant");
    assert_eq!(made.name, "fly");
    assert_eq!(ensure(&tx, "fly").await.expect("a tenant"), made);
    delete(&tx, "fly").await.expect("a deletion");
    let revived = ensure(&tx, "fly").await.expect("a tenant");
    assert_eq!((revived.id, revived.deleted_at), (made.id, None));
    assert_eq!(refused(ensure(&tx, " ").await).0, Refusal::BadRequest, "a blank id");
}

async fn aliases_are_unique_without_case(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("a", None), ("b", None)]).await;
    set_alias(&tx, "a", Some("Login".to_owned())).await.expect("an alias");
    set_alias(&tx, "a", Some("LOGIN".to_owned())).await.expect("its own alias");
    assert_eq!(
        refused(set_alias(&tx, "b", Some("login".to_owned())).await),
        (Refusal::Conflict, "Alias already exists".to_owned())
    );
    let found = find_by_alias(&tx, "lOgIn").await.expect("a read");
    assert_eq!(found.map(|row| row.tenant_id).as_deref(), Some("a"));
    set_alias(&tx, "a", None).await.expect("no alias");
    assert_eq!(find_by_alias(&tx, "login").await.expect("a read"), None);
}

async fn a_deleted_tenant_hands_its_children_to_its_parent(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("root", None), ("mid", Some("root")), ("leaf", Some("mid")), ("twig", Some("leaf"))]).await;
    let below = |tenant: &'static str| hierarchy::below(&tx, tenant);
    let levels = [("mid", 1), ("leaf", 2), ("twig", 3)];
    let levels = levels.map(|(id, level)| (id.to_owned(), level));
    assert_eq!(below("root").await.expect("a read"), levels);
    assert_eq!(hierarchy::above(&tx, "twig").await.expect("a read"), ["leaf", "mid", "root"]);

    delete(&tx, "mid").await.expect("a deletion");
    let levels = [("leaf", 1), ("twig", 2)].map(|(id, level)| (id.to_owned(), level));
    assert_eq!(below("root").await.expect("a read"), levels);
    delete(&tx, "root").await.expect("a deletion");
    assert_eq!(hierarchy::parent(&tx, "leaf").await.expect("a read"), None);
    assert_eq!(hierarchy::above(&tx, "twig").await.expect("a read"), ["leaf"]);
    assert_eq!(tenant_edge::Entity::find().fetch_count(&tx).await.expect("count"), 1);
}

async fn moving_takes_the_subtree_along_and_makes_no_circle(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("a", None), ("b", Some("a")), ("c", Some("b")), ("z", None)]).await;
    let circle = (Refusal::BadRequest, "A tenant must not lie below itself".to_owned());
    for (child, parent) in [("a", "a"), ("a", "b"), ("a", "c")] {
        let moved = update(&tx, child, Changes::default(), Some(parent)).await;
        assert_eq!(refused(moved), circle, "{child} below {parent}");
    }
    update(&tx, "b", Changes::default(), Some("z")).await.expect("a move");
    assert_eq!(hierarchy::above(&tx, "c").await.expect("a read"), ["b", "z"]);
    assert_eq!(hierarchy::below(&tx, "a").await.expect("a read"), []);
    assert!(hierarchy::is_below(&tx, "c", "z").await.expect("a read"));
}

async fn reading_a_stored_circle_ends(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("a", None), ("b", Some("a")), ("c", Some("b"))]).await;
    let edge = tenant_edge::ActiveModel { child_id: Set("a".to_owned()), parent_id: Set("b".to_owned()) };
    edge.insert(&tx).await.expect("an edge");
    assert!(hierarchy::is_circular(&tx, "a").await.expect("a read"));
    assert!(!hierarchy::is_circular(&tx, "c").await.expect("a read"));
    assert_eq!(hierarchy::above(&tx, "a").await.expect("a read"), ["b"]);
    let levels = [("b", 1), ("c", 2)].map(|(id, level)| (id.to_owned(), level));
    assert_eq!(hierarchy::below(&tx, "a").await.expect("a read"), levels);
    assert_eq!(hierarchy::above(&tx, "c").await.expect("a read"), ["b", "a"]);
}

async fn wide_hierarchies_are_read(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("root", None)]).await;
    let template = require(&tx, "root").await.expect("a tenant");
    let ids: Vec<String> = (0..3_000).map(|n| format!("t-{n}")).collect();
    for ids in ids.chunks(1_000) {
        let rows = ids.iter().map(|id| tenant::ActiveModel {
            id: Set(id.clone()),
            tenant_id: Set(id.clone()),
            ..template.clone().into_active_model().reset_all()
        });
        tenant::Entity::insert_many(rows).exec_without_returning(&tx).await.expect("tenants");
        let edges = ids
            .iter()
            .map(|id| tenant_edge::ActiveModel { child_id: Set(id.clone()), parent_id: Set("root".to_owned()) });
        tenant_edge::Entity::insert_many(edges).exec_without_returning(&tx).await.expect("edges");
    }
    let found = hierarchy::descendants(&tx, "root").await.expect("a read");
    assert_eq!(found.len(), ids.len());
}

async fn an_import_writes_new_and_revived_tenants(store: &Store) {
    let tx = store.begin_write().await;
    tenants(&tx, &[("kept", None), ("gone", None)]).await;
    let gone = require(&tx, "gone").await.expect("a tenant");
    delete(&tx, "gone").await.expect("a deletion");
    let entries = vec![Ok(named("new", Some("kept"))), Ok(named("gone", Some("new"))), Ok(named("kept", None))];
    let id = import::import(&tx, entries).await.expect("an import");
    let report = import::report(&tx, &id).await.expect("a report");
    assert_eq!((report.total, report.migrated, report.faults), (3, 3, Vec::new()));
    let revived = require(&tx, "gone").await.expect("a tenant");
    assert_eq!((revived.id, revived.created_at), (gone.id, gone.created_at));
    assert_eq!(hierarchy::above(&tx, "gone").await.expect("a read"), ["new", "kept"]);
    let listed =
        list(&tx, TenantListing { sort_by: SortBy::TenantId, ..TenantListing::default() }).await.expect("a page");
    let ids: Vec<_> = listed.items.into_iter().map(|row| row.tenant_id).collect();
    assert_eq!(ids, ["gone", "kept", "new"]);
}
