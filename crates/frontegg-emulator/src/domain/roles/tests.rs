//! Which roles hold for whom, on every engine; the level rule.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{holders::hold, *};
use crate::{
    domain::{
        Refusal,
        caller::{Caller, Grants},
        groups, seed,
        tenants::{self, NewTenant},
    },
    ids,
    store::{
        Store, Write,
        entity::{
            MembershipStatus, group, group_member, group_role, membership, membership_role, permission, tenant, user,
        },
        fresh::{Fresh, user_row},
        query,
    },
};

/// A fresh environment, in a transaction that is not committed.
async fn fresh(store: &Store) -> Write {
    let tx = store.begin_write().await;
    seed::fresh_environment(&tx).await.expect("a fresh environment");
    tx
}

async fn tenant(tx: &Write, id: &str, parent: Option<&str>) {
    let new =
        NewTenant { tenant_id: Some(id.to_owned()), parent_id: parent.map(str::to_owned), ..NewTenant::default() };
    tenants::create(tx, new).await.expect("a tenant");
}

async fn person(tx: &Write, id: &str) {
    let row = user::ActiveModel { verified: Set(true), ..user_row(tx, id) };
    row.insert(tx).await.expect("a user");
}

/// Makes somebody a member with these roles.
async fn member(tx: &Write, user: &str, tenant: &str, roles: &[&str]) -> membership::Model {
    let row = membership::ActiveModel {
        id: Set(format!("{user}@{tenant}")),
        user_id: Set(user.to_owned()),
        tenant_id: Set(tenant.to_owned()),
        status: Set(MembershipStatus::Activated),
        is_disabled: Set(false),
        expires_at: Set(None),
        sub_tenant_access: Set(false),
        invited_as: Set(None),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let row = row.insert(tx).await.expect("a membership");
    let link = |role: &&str| membership_role::Model { membership_id: row.id.clone(), role_id: (*role).to_owned() };
    let links = roles.iter().map(|role| link(role).into_active_model()).collect();
    query::insert_all(links, tx).await.expect("roles of a membership");
    row
}

/// Makes a role whose id is its key, of the tenant or of the environment.
async fn role(tx: &Write, key: &str, level: i32, tenant: Option<&str>, permissions: &[&str]) {
    let row = role::ActiveModel {
        id: Set(key.to_owned()),
        tenant_id: Set(tenant.map(str::to_owned)),
        key: Set(key.to_owned()),
        name: Set(key.to_owned()),
        description: Set(None),
        is_default: Set(false),
        first_user_role: Set(false),
        level: Set(level),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    row.insert(tx).await.expect("a role");
    let all = permission::Entity::find().fetch_all(tx).await.expect("permissions");
    let chosen = all.iter().filter(|row| permissions.contains(&row.key.as_str()));
    hold(tx, key, chosen.map(|row| row.id.as_str())).await.expect("permissions of a role");
}

/// A group whose members hold a role.
async fn group(tx: &Write, tenant: &str, role: &str, member: &membership::Model) {
    let id = ids::new_id();
    let row = group::ActiveModel {
        id: Set(id.clone()),
        tenant_id: Set(tenant.to_owned()),
        name: Set(role.to_owned()),
        color: Set(None),
        description: Set(None),
        metadata: Set(String::new()),
        managed_by: Set("frontegg".to_owned()),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
    };
    row.insert(tx).await.expect("a group");
    let link = group_role::Model { group_id: id.clone(), role_id: role.to_owned() };
    link.into_active_model().insert(tx).await.expect("a role of a group");
    let link = group_member::Model { group_id: id, membership_id: member.id.clone() };
    link.into_active_model().insert(tx).await.expect("a member of a group");
}

async fn keys(tx: &Read, user: &str, tenant: &str) -> Vec<String> {
    keys_in(tx, user, tenant).await.expect("what holds").roles
}

const READ: &str = "fe.secure.read.users";
const INVITE: &str = "fe.secure.write.users";
const REMOVE: &str = "fe.secure.delete.users";

#[tokio::test]
async fn roles_of_membership_and_groups_add_up() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "acme", None).await;
        tenant(tx, "globex", None).await;
        role(tx, "b-reader", 5, None, &[READ]).await;
        role(tx, "a-editor", 5, Some("acme"), &[READ, INVITE]).await;
        role(tx, "boss", 1, None, &[REMOVE]).await;
        person(tx, "ada").await;
        person(tx, "bob").await;
        let ada = member(tx, "ada", "acme", &["b-reader", "a-editor"]).await;
        member(tx, "ada", "globex", &["b-reader"]).await;
        member(tx, "bob", "acme", &[]).await;
        group(tx, "acme", "boss", &ada).await;

        let here = effective_in(tx, "ada", "acme").await.expect("what holds");
        assert_eq!(here.roles.iter().map(|held| &held.role.key).collect::<Vec<_>>(), ["boss", "a-editor", "b-reader"]);
        assert_eq!(here.permissions.iter().map(|held| &held.key).collect::<Vec<_>>(), [REMOVE, READ, INVITE]);
        let keys_here = keys_in(tx, "ada", "acme").await.expect("what holds");
        assert_eq!(keys_here.roles, ["boss", "a-editor", "b-reader"]);
        assert_eq!(keys_here.permissions, [REMOVE, READ, INVITE]);
        let editor = &here.roles[1];
        assert_eq!((editor.permissions.len(), here.roles[0].permissions.len()), (2, 1));
        assert_eq!(keys_in(tx, "ada", "globex").await.expect("what holds").permissions, [READ]);
        assert_eq!(effective_in(tx, "bob", "acme").await.expect("what holds"), Effective::default());
        assert!(keys(tx, "ada", "nowhere").await.is_empty());
    }
}

#[tokio::test]
async fn roles_of_groups_count_while_switched_on() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "acme", None).await;
        role(tx, "own", 5, None, &[]).await;
        role(tx, "shared", 5, None, &[]).await;
        person(tx, "ada").await;
        let ada = member(tx, "ada", "acme", &["own"]).await;
        group(tx, "acme", "shared", &ada).await;
        group(tx, "acme", "own", &ada).await;
        assert_eq!(keys(tx, "ada", "acme").await, ["own", "shared"]);
        for (enabled, roles_enabled) in [(true, false), (false, true)] {
            groups::configure(tx, Some(enabled), Some(roles_enabled)).await.expect("a configuration");
            assert_eq!(keys(tx, "ada", "acme").await, ["own"]);
        }
    }
}

#[tokio::test]
async fn roles_above_count_below_with_sub_tenant_access() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "top", None).await;
        tenant(tx, "middle", Some("top")).await;
        tenant(tx, "bottom", Some("middle")).await;
        tenant(tx, "other", None).await;
        for (key, owner) in [("direct", None), ("tops", Some("top")), ("grouped", None), ("others", None)] {
            role(tx, key, 5, owner, &[READ]).await;
        }
        person(tx, "ada").await;
        let above = member(tx, "ada", "top", &["tops"]).await;
        group(tx, "top", "grouped", &above).await;
        let mut foreign = member(tx, "ada", "other", &["others"]).await.into_active_model();
        foreign.sub_tenant_access = Set(true);
        foreign.update(tx).await.expect("a change");
        member(tx, "ada", "bottom", &["direct"]).await;
        assert_eq!(keys(tx, "ada", "bottom").await, ["direct"]);

        let change = |change: fn(&mut membership::ActiveModel)| {
            let mut row = above.clone().into_active_model();
            row.sub_tenant_access = Set(true);
            change(&mut row);
            row.reset_all()
        };
        change(|_| ()).update(tx).await.expect("a change");
        let all = ["direct", "grouped", "tops"];
        assert_eq!(keys(tx, "ada", "bottom").await, all);
        // Also where there is no membership at all, and never upwards.
        assert_eq!(keys(tx, "ada", "middle").await, ["grouped", "tops"]);
        assert_eq!(keys(tx, "ada", "top").await, ["grouped", "tops"]);

        change(|row| row.is_disabled = Set(true)).update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "bottom").await, ["direct"]);
        change(|row| row.status = Set(MembershipStatus::PendingInvitation)).update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "bottom").await, ["direct"]);
        let mut expired = change(|_| ());
        expired.expires_at = Set(Some(tx.now()));
        expired.update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "bottom").await, ["direct"]);
        let mut lasting = change(|_| ());
        lasting.expires_at = Set(Some(tx.now().after(Duration::from_secs(1))));
        lasting.update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "bottom").await, all);
    }
}

#[tokio::test]
async fn a_tenant_may_let_all_its_members_reach_below() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "top", None).await;
        tenant(tx, "bottom", Some("top")).await;
        role(tx, "tops", 5, Some("top"), &[]).await;
        person(tx, "ada").await;
        member(tx, "ada", "top", &["tops"]).await;
        assert!(keys(tx, "ada", "bottom").await.is_empty());
        let mut top = tenants::require(tx, "top").await.expect("a tenant").into_active_model();
        top.sub_account_access_type = Set(Some("alwaysOn".to_owned()));
        let top: tenant::Model = top.update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "bottom").await, ["tops"]);
        let mut top = top.into_active_model();
        top.sub_account_access_type = Set(Some("defaultOn".to_owned()));
        top.update(tx).await.expect("a change");
        assert!(keys(tx, "ada", "bottom").await.is_empty());
    }
}

/// A circle in the hierarchy must not keep the look-up from ending.
#[tokio::test]
async fn circles_above_end() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        for (child, parent) in [("a", None), ("b", Some("a")), ("c", Some("b"))] {
            tenant(tx, child, parent).await;
        }
        let edge = crate::store::entity::tenant_edge::Model { child_id: "a".to_owned(), parent_id: "c".to_owned() };
        edge.into_active_model().insert(tx).await.expect("an edge");
        role(tx, "x", 5, None, &[]).await;
        person(tx, "ada").await;
        let mut above = member(tx, "ada", "a", &["x"]).await.into_active_model();
        above.sub_tenant_access = Set(true);
        above.update(tx).await.expect("a change");
        assert_eq!(keys(tx, "ada", "c").await, ["x"]);
        assert_eq!(rank(tx, user("c", &["x".to_owned()])).await.expect("a rank"), Rank::Level(5));
    }
}

fn user<'a>(tenant_id: &'a str, roles: &'a [String]) -> Caller<'a> {
    Caller::User(Grants { tenant_id, roles, permissions: &[] })
}

#[tokio::test]
async fn a_callers_rank_is_that_of_the_strongest_role() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "top", None).await;
        tenant(tx, "acme", Some("top")).await;
        tenant(tx, "globex", None).await;
        role(tx, "weak", 9, None, &[]).await;
        role(tx, "mine", 4, Some("acme"), &[]).await;
        role(tx, "theirs", 0, Some("globex"), &[]).await;
        role(tx, "above", 2, Some("top"), &[]).await;
        let mut shadow = role::Entity::find_by_id("above").fetch_one(tx).await.expect("a query").expect("a role");
        shadow.id = ids::new_id();
        (shadow.tenant_id, shadow.level) = (Some("acme".to_owned()), 7);
        let rank = async |roles: &[&str]| {
            let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
            rank(tx, user("acme", &roles)).await.expect("a rank")
        };
        assert_eq!(rank(&[]).await, Rank::Powerless);
        assert_eq!(rank(&["gone", "theirs"]).await, Rank::Powerless);
        assert_eq!(rank(&["weak"]).await, Rank::Level(9));
        assert_eq!(rank(&["weak", "mine", "theirs"]).await, Rank::Level(4));
        assert_eq!(rank(&["above", "mine"]).await, Rank::Level(2));
        // What the tenant itself calls by that key goes before what a tenant above does.
        shadow.into_active_model().reset_all().insert(tx).await.expect("a role");
        assert_eq!(rank(&["above"]).await, Rank::Level(7));
    }
}

#[tokio::test]
async fn roles_can_be_granted_up_to_the_own_level() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "acme", None).await;
        for level in [3, 4, 5] {
            role(tx, &format!("l{level}"), level, None, &[]).await;
        }
        let keys = ["l4".to_owned()];
        let grant = async |caller: Caller<'_>, ids: &[&str]| {
            let ids = ids.iter().map(ToString::to_string).collect();
            let roles = visible(tx, Some("acme"), ids).await.expect("roles");
            may_grant(tx, caller, &roles).await.map_err(|error| error.refusal())
        };
        let caller = user("acme", &keys);
        for ids in [&["l5"][..], &["l4"], &["l5", "l4"]] {
            assert_eq!(grant(caller, ids).await, Ok(()), "{ids:?}");
        }
        for ids in [&["l3"][..], &["l5", "l3"]] {
            assert_eq!(grant(caller, ids).await, Err(Refusal::Forbidden), "{ids:?}");
        }
        assert_eq!(grant(user("acme", &[]), &["l5"]).await, Err(Refusal::Forbidden));
        assert_eq!(grant(user("acme", &[]), &[]).await, Ok(()));
        assert_eq!(grant(Caller::Environment, &["l3"]).await, Ok(()));
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_roles_and_the_environments() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "acme", None).await;
        tenant(tx, "globex", None).await;
        role(tx, "all", 5, None, &[]).await;
        role(tx, "mine", 5, Some("acme"), &[]).await;
        role(tx, "theirs", 5, Some("globex"), &[]).await;
        let found = async |tenant: Option<&str>, ids: &[&str]| {
            let ids = ids.iter().map(ToString::to_string).collect();
            let roles = visible(tx, tenant, ids).await;
            roles.map(|roles| roles.into_iter().map(|role| role.id).collect::<Vec<_>>())
        };
        let acme = Some("acme");
        assert_eq!(found(acme, &["mine", "all", "mine"]).await.expect("roles"), ["mine", "all"]);
        assert_eq!(found(None, &["theirs", "mine"]).await.expect("roles"), ["theirs", "mine"]);
        let foreign = found(acme, &["all", "theirs"]).await.expect_err("a refusal");
        let unknown = found(acme, &["all", "nothing"]).await.expect_err("a refusal");
        assert_eq!((foreign.refusal(), foreign.messages()), (Refusal::NotFound, unknown.messages()));
        let mine = owned(tx, acme, vec!["all".to_owned()]).await.expect_err("a refusal");
        assert_eq!(mine.refusal(), Refusal::NotFound);
    }
}

#[tokio::test]
async fn new_members_get_flagged_roles() {
    for store in Fresh::all().await {
        let tx = &fresh(&store).await;
        tenant(tx, "acme", None).await;
        tenant(tx, "globex", None).await;
        for (key, owner) in [("mine", Some("acme")), ("theirs", Some("globex"))] {
            role(tx, key, 5, owner, &[]).await;
            let mut row = role::Entity::find_by_id(key)
                .fetch_one(tx)
                .await
                .expect("a query")
                .expect("a role")
                .into_active_model();
            (row.is_default, row.first_user_role) = (Set(true), Set(true));
            row.update(tx).await.expect("a change");
        }
        let keys = |roles: Vec<role::Model>| roles.into_iter().map(|role| role.key).collect::<Vec<_>>();
        assert_eq!(keys(defaults(tx, "acme").await.expect("roles")), ["ReadOnly", "mine"]);
        assert_eq!(keys(first_user(tx, "acme").await.expect("roles")), ["Admin", "mine"]);
    }
}
