//! What is small, changes seldom, and is needed by nearly every request: who the environment is, its documents, what
//! its messages and its tokens say, its applications and user pools, its roles and all permissions, and when approvals
//! are due. A process keeps them in memory instead of asking for them again.
//!
//! They are those of one version, a number that every transaction raises which writes to a table they come from.
//! A transaction goes by the catalog of the version that it sees itself, so what it knows from memory and what it
//! reads are of one state. Where it has written to those tables, it reads them anew until it ends.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use parking_lot::Mutex;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
    Statement,
};

use super::{
    Fetch, Identity, Read, Write,
    documents::ENVIRONMENT,
    entity::{
        AccessType, application, approval_execution, email_template, environment, jwt_template, permission, role,
        role_permission, setting, sms_template, user_pool, user_pool_application,
    },
    query::OneColumn,
};
use crate::clock::Timestamp;

/// The tables that it comes from, as statements name them; with the one whose end changes permissions.
const TABLES: [&str; 13] = [
    "\"applications\"",
    "\"approval_executions\"",
    "\"email_templates\"",
    "\"environment\"",
    "\"jwt_templates\"",
    "\"permission_categories\"",
    "\"permissions\"",
    "\"role_permissions\"",
    "\"roles\"",
    "\"settings\"",
    "\"sms_templates\"",
    "\"user_pool_applications\"",
    "\"user_pools\"",
];

/// Whether a statement that writes may change the catalog.
pub(super) fn is_changed_by(sql: &str) -> bool {
    TABLES.iter().any(|table| sql.contains(table))
}

/// A role with the ids of the permissions that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleWithPermissions {
    pub(crate) role: role::Model,
    /// In order.
    pub(crate) permissions: Vec<String>,
}

/// A user pool with the ids of the applications that it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserPool {
    pub(crate) row: user_pool::Model,
    /// In order.
    pub(crate) app_ids: Vec<String>,
}

/// All user pools in the order in which they are asked, with their applications, in one statement.
async fn user_pools(tx: &Read) -> Result<Vec<UserPool>, DbErr> {
    let rows = user_pool::Entity::find()
        .find_also_related(user_pool_application::Entity)
        .order_by_asc(user_pool::Column::Position)
        .order_by_asc(user_pool::Column::CreatedAt)
        .order_by_asc(user_pool::Column::Id)
        .order_by_asc(user_pool_application::Column::AppId)
        .fetch_all(tx)
        .await?;
    let mut pools: Vec<UserPool> = Vec::new();
    for (row, application) in rows {
        if pools.last().is_none_or(|last| last.row.id != row.id) {
            pools.push(UserPool { row, app_ids: Vec::new() });
        }
        if let (Some(last), Some(application)) = (pools.last_mut(), application) {
            last.app_ids.push(application.app_id);
        }
    }
    Ok(pools)
}

/// The roles of a selection, by level and key, with the ids of their permissions, in one statement.
pub(crate) async fn select_with_permissions(
    tx: &Read,
    roles: Select<role::Entity>,
) -> Result<Vec<RoleWithPermissions>, DbErr> {
    let rows = roles
        .find_also_related(role_permission::Entity)
        .order_by_asc(role::Column::Level)
        .order_by_asc(role::Column::Key)
        .order_by_asc(role::Column::Id)
        .order_by_asc(role_permission::Column::PermissionId)
        .fetch_all(tx)
        .await?;
    let mut held: Vec<RoleWithPermissions> = Vec::new();
    for (role, link) in rows {
        if held.last().is_none_or(|last| last.role.id != role.id) {
            held.push(RoleWithPermissions { role, permissions: Vec::new() });
        }
        if let (Some(last), Some(link)) = (held.last_mut(), link) {
            last.permissions.push(link.permission_id);
        }
    }
    Ok(held)
}

/// An application, as far as every sign-in has to know it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) access_type: AccessType,
    pub(crate) is_default: bool,
    pub(crate) is_active: bool,
}

/// All applications, the oldest first.
async fn applications(tx: &Read) -> Result<Vec<Application>, DbErr> {
    application::Entity::find()
        .select_only()
        .columns([
            application::Column::Id,
            application::Column::AccessType,
            application::Column::IsDefault,
            application::Column::IsActive,
        ])
        .order_by_asc(application::Column::CreatedAt)
        .order_by_asc(application::Column::Id)
        .into_model()
        .fetch_all(tx)
        .await
}

/// All that in one version.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// Who the environment is, if that has been settled.
    pub(crate) identity: Option<Identity>,
    /// All applications, the oldest first.
    applications: Vec<Application>,
    /// The environment's own templates of mails and texts of SMS, by type.
    pub(crate) mails: Vec<email_template::Model>,
    pub(crate) texts: Vec<sms_template::Model>,
    /// The templates of tokens, by key.
    pub(crate) jwt_templates: Vec<jwt_template::Model>,
    /// The documents of the environment.
    pub(super) documents: Arc<[setting::Model]>,
    /// The roles of the environment; those of tenants may be many.
    roles: Vec<RoleWithPermissions>,
    /// Where in the list above a role stands, by id.
    places: HashMap<String, usize>,
    permissions: HashMap<String, permission::Model>,
    /// Whether any tenant has roles of its own.
    pub(crate) tenants_have_roles: bool,
    /// The kinds of documents that there are, whosever.
    kinds: HashSet<String>,
    /// When something happens by itself to an execution of an approval flow, the next time.
    approvals_due: Option<Timestamp>,
    /// In the order in which they are asked.
    pub(crate) user_pools: Vec<UserPool>,
}

/// Found in the order of an index, one step a kind, however many documents there are.
const KINDS: &str = "
    WITH RECURSIVE kinds AS (
        SELECT MIN(kind) AS kind FROM settings
        UNION ALL SELECT (SELECT MIN(settings.kind) FROM settings WHERE settings.kind > kinds.kind)
            FROM kinds WHERE kinds.kind IS NOT NULL
    ) SELECT kind FROM kinds WHERE kind IS NOT NULL";

impl Catalog {
    /// All applications, the oldest first.
    pub(crate) fn applications(&self) -> &[Application] {
        &self.applications
    }

    pub(crate) fn application(&self, id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.id == id)
    }

    /// The application that counts where none is named; there is one once the environment was settled.
    pub(crate) fn default_application(&self) -> Option<&Application> {
        self.applications.iter().find(|application| application.is_default)
    }

    /// The roles of the environment, by level and key.
    pub(crate) fn roles(&self) -> &[RoleWithPermissions] {
        &self.roles
    }

    /// A role of the environment.
    pub(crate) fn role(&self, id: &str) -> Option<&RoleWithPermissions> {
        self.places.get(id).map(|place| &self.roles[*place])
    }

    pub(crate) fn permission(&self, id: &str) -> Option<&permission::Model> {
        self.permissions.get(id)
    }

    /// Whether something happens by itself to an execution of an approval flow by then.
    pub(crate) fn approvals_are_due(&self, now: Timestamp) -> bool {
        self.approvals_due.is_some_and(|due| due <= now)
    }

    /// Whether somebody has a document of that kind.
    pub(crate) fn has_documents(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    async fn load(tx: &Read) -> Result<Self, DbErr> {
        let mails = email_template::Entity::find().order_by_asc(email_template::Column::Kind);
        let texts = sms_template::Entity::find().order_by_asc(sms_template::Column::Kind);
        let jwt_templates = jwt_template::Entity::find().order_by_asc(jwt_template::Column::Key);
        let documents = setting::Entity::find().filter(setting::Column::Scope.eq(ENVIRONMENT)).fetch_all(tx).await?;
        let of_environment = role::Entity::find().filter(role::Column::TenantId.is_null());
        let roles = select_with_permissions(tx, of_environment).await?;
        let permissions = permission::Entity::find().fetch_all(tx).await?;
        let kinds = tx.rows(Statement::from_string(tx.backend(), KINDS)).await?;
        let next_due = approval_execution::Entity::find()
            .select_only()
            .column(approval_execution::Column::DueAt)
            .filter(approval_execution::Column::DueAt.is_not_null())
            .order_by_asc(approval_execution::Column::DueAt)
            .limit(1);
        let of_a_tenant = role::Entity::find().filter(role::Column::TenantId.is_not_null()).limit(1);
        Ok(Self {
            identity: Identity::find(tx).await?,
            applications: applications(tx).await?,
            mails: mails.fetch_all(tx).await?,
            texts: texts.fetch_all(tx).await?,
            jwt_templates: jwt_templates.fetch_all(tx).await?,
            documents: documents.into(),
            places: roles.iter().enumerate().map(|(place, held)| (held.role.id.clone(), place)).collect(),
            roles,
            permissions: permissions.into_iter().map(|row| (row.id.clone(), row)).collect(),
            tenants_have_roles: of_a_tenant.fetch_one(tx).await?.is_some(),
            approvals_due: next_due.one_column().fetch_one(tx).await?,
            kinds: kinds.iter().map(|row| row.try_get("", "kind")).collect::<Result<_, _>>()?,
            user_pools: user_pools(tx).await?,
        })
    }
}

/// The newest catalog that this process has read, with its version.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<(i64, Arc<Catalog>)>>);

impl Kept {
    fn of(&self, version: i64) -> Option<Arc<Catalog>> {
        self.0.lock().as_ref().filter(|(kept, _)| *kept == version).map(|(_, catalog)| Arc::clone(catalog))
    }

    fn keep(&self, version: i64, catalog: &Arc<Catalog>) {
        let mut kept = self.0.lock();
        if kept.as_ref().is_none_or(|(newest, _)| *newest <= version) {
            *kept = Some((version, Arc::clone(catalog)));
        }
    }
}

impl Read {
    /// The catalog as this transaction sees it.
    pub(crate) async fn catalog(&self) -> Result<Arc<Catalog>, DbErr> {
        if let Some(known) = self.documents.catalog() {
            return Ok(known);
        }
        let version = self.catalog_version().await?;
        let catalog = match version.and_then(|version| self.kept.of(version)) {
            Some(kept) => kept,
            // Boxed, as it is seldom done and part of nearly every request.
            None => Arc::new(Box::pin(Catalog::load(self)).await?),
        };
        if let Some(version) = version {
            self.kept.keep(version, &catalog);
        }
        self.documents.know_catalog(&catalog);
        Ok(catalog)
    }

    /// None where what this transaction sees is not what others will.
    async fn catalog_version(&self) -> Result<Option<i64>, DbErr> {
        if self.documents.has_changed_catalog() {
            return Ok(None);
        }
        if self.is_memory() {
            return Ok(Some(self.counters.catalog.load(Ordering::Acquire)));
        }
        let versions = environment::Entity::find().select_only().column(environment::Column::Catalog);
        versions.one_column().fetch_one(self).await
    }
}

impl Write {
    /// To be said before the transaction is committed: others have to read the catalog anew, if it was changed.
    pub(super) async fn raise_catalog(&self) -> Result<(), DbErr> {
        if !self.documents.has_changed_catalog() {
            return Ok(());
        }
        if self.is_memory() {
            // Nobody else reads before this transaction has ended, and to read in vain does no harm.
            self.counters.catalog.fetch_add(1, Ordering::AcqRel);
            return Ok(());
        }
        self.execute_unprepared("UPDATE \"environment\" SET catalog = catalog + 1").await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveModelTrait, ActiveValue::Set};

    use super::*;
    use crate::store::{
        Identity, Store, StoreError, Wished,
        fresh::{Fresh, places},
    };

    async fn settle(store: &Store) {
        let settle = async |tx: &Write| Identity::settle(tx, Wished::default()).await.map(drop);
        store.write::<(), StoreError>(settle).await.expect("an environment");
    }

    async fn add(tx: &Write, key: &str) {
        let row = role::ActiveModel {
            id: Set(key.to_owned()),
            tenant_id: Set(None),
            key: Set(key.to_owned()),
            name: Set(key.to_owned()),
            description: Set(None),
            is_default: Set(false),
            first_user_role: Set(false),
            level: Set(0),
            created_at: Set(tx.now()),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        row.insert(tx).await.expect("a role");
    }

    async fn keys(tx: &Read) -> Vec<String> {
        let catalog = tx.catalog().await.expect("a catalog");
        catalog.roles().iter().map(|held| held.role.key.clone()).collect()
    }

    async fn seen(stores: &[Fresh]) -> Vec<Vec<String>> {
        let mut seen = Vec::new();
        for store in stores {
            seen.push(keys(&store.read().await.expect("a transaction")).await);
        }
        seen.dedup();
        seen
    }

    /// Who changes it sees the change at once, everybody else once it is committed, in whichever process; what is
    /// undone nobody sees.
    #[tokio::test]
    async fn a_change_counts_once_it_is_committed() {
        for place in places().await {
            let mut stores = vec![Fresh::at(&place).await];
            settle(&stores[0]).await;
            if !stores[0].is_memory() {
                stores.push(Fresh::at(&place).await);
            }
            let nothing: [&str; 0] = [];
            assert_eq!(seen(&stores).await, [nothing]);
            let tx = stores[0].begin_write().await;
            add(&tx, "undone").await;
            assert_eq!(keys(&tx).await, ["undone"]);
            drop(tx);
            assert_eq!(seen(&stores).await, [nothing]);
            let tx = stores[0].begin_write().await;
            assert_eq!(keys(&tx).await, nothing);
            add(&tx, "one").await;
            add(&tx, "two").await;
            assert_eq!(keys(&tx).await, ["one", "two"]);
            if let Some(other) = stores.get(1) {
                assert_eq!(keys(&other.read().await.expect("a transaction")).await, nothing);
            }
            tx.finish().await;
            assert_eq!(seen(&stores).await, [["one", "two"]]);
            stores[0].empty().await;
            assert_eq!(seen(&stores).await, [nothing]);
        }
    }

    #[tokio::test]
    async fn what_has_not_changed_is_not_read_again() {
        for store in Fresh::all().await {
            settle(&store).await;
            let read = async || keys(&store.read().await.expect("a transaction")).await;
            read().await;
            let before = store.statements();
            read().await;
            // Another process may have changed it: one statement tells.
            assert_eq!(store.statements() - before, u64::from(!store.is_memory()));
        }
    }
}
