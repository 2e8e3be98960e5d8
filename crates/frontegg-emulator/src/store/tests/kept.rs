//! What the database keeps in step with the tables that it is made of.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, ModelTrait, QueryOrder, sea_query::Expr,
};

use super::new_email;
use crate::{
    ids,
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{
            MembershipStatus, membership, people_count, phone_number, search_text, tenant, user, user_email, username,
        },
        fresh::{Fresh, tenant_row, user_row},
    },
};

/// By which people are sorted.
#[tokio::test]
async fn the_primary_address_stands_in_the_row_of_the_person() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let ada = user_row(&tx, "ada").insert(&tx).await.expect("a row");
        let shown = async || user::Entity::find_by_id(&ada.id).fetch_one(&tx).await.expect("a query").expect("a row");
        assert_eq!(shown().await.address_key, None);
        let [first, second] = [("Ada@acme.test", true), ("ada@globex.test", false)]
            .map(|(address, is_primary)| new_email(&tx, &ada.id, address, is_primary));
        let first = first.insert(&tx).await.expect("a row");
        let second = second.insert(&tx).await.expect("a row");
        assert_eq!(shown().await.address_key.as_deref(), Some("ada@acme.test"));
        for (row, is_primary) in [(first.clone(), false), (second, true)] {
            let row = user_email::ActiveModel { is_primary: Set(is_primary), ..row.into_active_model() };
            row.update(&tx).await.expect("a row");
        }
        assert_eq!(shown().await.address_key.as_deref(), Some("ada@globex.test"));
        first.delete(&tx).await.expect("no row");
        assert_eq!(shown().await.address_key.as_deref(), Some("ada@globex.test"));
        user_email::Entity::delete_many().exec(&tx).await.expect("no rows");
        assert_eq!(shown().await.address_key, None);
        ada.clone().delete(&tx).await.expect("no person");
    }
}

/// The lines of what somebody is searched by, in order.
async fn searched(tx: &Read, user_id: &str) -> Vec<String> {
    let row = search_text::Entity::find_by_id(user_id).fetch_one(tx).await.expect("a query").expect("a row");
    let mut lines: Vec<String> = row.text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn people_are_searched_by_what_they_are_known_by_now() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let ada = user::ActiveModel { name: Set(Some("ADA".to_owned())), ..user_row(&tx, "ada") };
        let ada = ada.insert(&tx).await.expect("a row");
        assert_eq!(searched(&tx, "ada").await, ["ada"]);
        new_email(&tx, "ada", "Ada@acme.test", true).insert(&tx).await.expect("a row");
        let claimed = new_email(&tx, "ada", "ada@globex.test", false).insert(&tx).await.expect("a row");
        let name = username::Model { username: "lovelace".to_owned(), user_id: "ada".to_owned(), created_at: tx.now() };
        username::ActiveModel::from(name).insert(&tx).await.expect("a row");
        let number = phone_number::ActiveModel {
            id: Set(ids::new_id()),
            user_id: Set("ada".to_owned()),
            phone_number: Set("+491511".to_owned()),
            verified: Set(true),
            created_at: Set(tx.now()),
            updated_at: Set(tx.now()),
        };
        let number = number.insert(&tx).await.expect("a row");
        assert_eq!(searched(&tx, "ada").await, ["+491511", "ada", "ada@acme.test", "lovelace"]);
        let proven = user_email::ActiveModel { verified: Set(true), ..claimed.clone().into_active_model() };
        proven.update(&tx).await.expect("a row");
        let unproven = phone_number::ActiveModel { verified: Set(false), ..number.into_active_model() };
        unproven.update(&tx).await.expect("a row");
        let renamed = user::ActiveModel { name: Set(Some("Augusta".to_owned())), ..ada.clone().into_active_model() };
        renamed.update(&tx).await.expect("a row");
        let changed = ["ada@acme.test", "ada@globex.test", "augusta", "lovelace"];
        assert_eq!(searched(&tx, "ada").await, changed);
        claimed.delete(&tx).await.expect("no row");
        username::Entity::delete_many().exec(&tx).await.expect("no rows");
        assert_eq!(searched(&tx, "ada").await, ["ada@acme.test", "augusta"]);
        ada.delete(&tx).await.expect("no person");
        assert_eq!(search_text::Entity::find().fetch_count(&tx).await.expect("a count"), 0);
    }
}

async fn join(tx: &Write, user: &user::Model, tenant_id: &str) -> membership::Model {
    let row = membership::ActiveModel {
        id: Set(format!("{}@{tenant_id}", user.id)),
        user_id: Set(user.id.clone()),
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
    row.insert(tx).await.expect("a row")
}

/// How many people there are where.
async fn counted(tx: &Read) -> Vec<(String, i64)> {
    let rows = people_count::Entity::find().order_by_asc(people_count::Column::TenantId).fetch_all(tx).await;
    rows.expect("counts").into_iter().map(|row| (row.tenant_id, row.people)).collect()
}

#[tokio::test]
async fn people_are_counted() {
    let counts = |counts: &[(&str, i64)]| -> Vec<(String, i64)> {
        counts.iter().map(|(tenant, people)| ((*tenant).to_owned(), *people)).collect()
    };
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        for tenant in ["acme", "globex"] {
            tenant_row(&tx, tenant).insert(&tx).await.expect("a row");
        }
        let ada = user_row(&tx, "ada").insert(&tx).await.expect("a row");
        let bob = user_row(&tx, "bob").insert(&tx).await.expect("a row");
        join(&tx, &ada, "acme").await;
        join(&tx, &bob, "acme").await;
        let bobs = join(&tx, &bob, "globex").await;
        assert_eq!(counted(&tx).await, counts(&[("", 2), ("acme", 2), ("globex", 1)]));
        bobs.delete(&tx).await.expect("no row");
        assert_eq!(counted(&tx).await, counts(&[("", 2), ("acme", 2)]));
        membership::Entity::update_many()
            .col_expr(membership::Column::TenantId, Expr::value("globex"))
            .exec(&tx)
            .await
            .expect("rows");
        assert_eq!(counted(&tx).await, counts(&[("", 2), ("globex", 2)]));
        bob.delete(&tx).await.expect("no person");
        assert_eq!(counted(&tx).await, counts(&[("", 1), ("globex", 1)]));
        tenant::Entity::delete_many().exec(&tx).await.expect("no rows");
        assert_eq!(counted(&tx).await, counts(&[("", 1)]));
        tx.finish().await;
        store.empty().await;
        assert_eq!(counted(&store.read().await.expect("a transaction")).await, []);
    }
}

/// By which members are sorted.
#[tokio::test]
async fn a_membership_knows_the_age_of_its_person() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        let ada = user_row(&tx, "ada").insert(&tx).await.expect("a row");
        let bob = user_row(&tx, "bob").insert(&tx).await.expect("a row");
        let row = join(&tx, &ada, "acme").await;
        let shown =
            async || membership::Entity::find_by_id(&row.id).fetch_one(&tx).await.expect("a query").expect("a row");
        assert_eq!(shown().await.user_created_at, Some(ada.created_at));
        let passed_on = membership::ActiveModel { user_id: Set(bob.id.clone()), ..row.clone().into_active_model() };
        passed_on.update(&tx).await.expect("a row");
        assert_eq!(shown().await.user_created_at, Some(bob.created_at));
    }
}
