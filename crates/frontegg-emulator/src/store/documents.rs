//! Settings documents, read once in a transaction however often a request asks for one of them: a
//! sign-in asks for a dozen.
//!
//! What a transaction has read it forgets by itself as soon as it writes to the tables that this came
//! from; nobody has to remember to say so.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    Fetch, Read,
    catalog::{Catalog, is_changed_by},
    entity::{membership, setting},
};
use crate::clock::Timestamp;

/// The scope of the environment's documents.
pub(crate) const ENVIRONMENT: &str = "environment";

/// The kind of the document that a [look](super::look) tells of.
pub(crate) const IDENTITY_CONFIGURATION: &str = "identity-configuration";

/// What the scope of a tenant's documents begins with; its id follows.
pub(crate) const TENANT: &str = "tenant:";

/// What a transaction has read.
#[derive(Debug, Default)]
pub(super) struct Documents(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The documents of a scope.
    scopes: HashMap<String, Arc<[setting::Model]>>,
    /// The tenants that a person is a member of.
    tenants: HashMap<String, Arc<[String]>>,
    /// The catalog, unless it was changed since it was read.
    catalog: Option<Arc<Catalog>>,
    /// Whether the transaction may have changed documents, whichever.
    has_written: bool,
    /// Whether it may have changed the catalog.
    has_changed_catalog: bool,
}

impl Documents {
    /// Forgets what a statement may change.
    pub(super) fn written(&self, sql: &str) {
        let mut known = self.0.lock();
        let rest = sql.starts_with("ROLLBACK");
        let settings = sql.contains("\"settings\"");
        known.has_written |= settings;
        let catalog = is_changed_by(sql);
        known.has_changed_catalog |= catalog;
        if rest || catalog {
            known.catalog = None;
        }
        if !known.scopes.is_empty() && (rest || settings) {
            known.scopes.clear();
        }
        if !known.tenants.is_empty() && (rest || sql.contains("\"memberships\"")) {
            known.tenants.clear();
        }
    }

    /// Forgets everything: another database is in place of the one that was read.
    pub(super) fn replaced(&self) {
        *self.0.lock() = Known { has_written: true, has_changed_catalog: true, ..Known::default() };
    }

    /// The catalog, if the transaction has read it since it changed it last.
    pub(super) fn catalog(&self) -> Option<Arc<Catalog>> {
        self.0.lock().catalog.clone()
    }

    pub(super) fn know_catalog(&self, catalog: &Arc<Catalog>) {
        self.0.lock().catalog = Some(Arc::clone(catalog));
    }

    /// Whether the transaction may have changed the catalog.
    pub(super) fn has_changed_catalog(&self) -> bool {
        self.0.lock().has_changed_catalog
    }

    /// Whether the transaction may have changed documents.
    pub(super) fn has_written(&self) -> bool {
        self.0.lock().has_written
    }
}

/// A document of one of the tenants of a person, or a tenant without any.
#[derive(FromQueryResult)]
struct MemberDocument {
    tenant_id: String,
    kind: Option<String>,
    document: Option<String>,
    updated_at: Option<Timestamp>,
}

impl Read {
    /// All documents of a scope.
    pub(crate) async fn documents(&self, scope: &str) -> Result<Arc<[setting::Model]>, DbErr> {
        if scope == ENVIRONMENT {
            return Ok(Arc::clone(&self.catalog().await?.documents));
        }
        if let Some(known) = self.documents.0.lock().scopes.get(scope) {
            return Ok(Arc::clone(known));
        }
        let rows = setting::Entity::find().filter(setting::Column::Scope.eq(scope)).fetch_all(self).await?;
        let rows: Arc<[_]> = rows.into();
        self.documents.0.lock().scopes.insert(scope.to_owned(), Arc::clone(&rows));
        Ok(rows)
    }

    /// The tenants that a person is a member of, the oldest membership first. Their documents are known
    /// from then on.
    pub(crate) async fn tenants_of(&self, user_id: &str) -> Result<Arc<[String]>, DbErr> {
        if let Some(known) = self.documents.0.lock().tenants.get(user_id) {
            return Ok(Arc::clone(known));
        }
        let mut rows = membership::Entity::find()
            .select_only()
            .column(membership::Column::TenantId)
            .column(setting::Column::Kind)
            .column(setting::Column::Document)
            .column_as(setting::Column::UpdatedAt, "updated_at")
            .filter(membership::Column::UserId.eq(user_id))
            .order_by_asc(membership::Column::CreatedAt)
            .order_by_asc(membership::Column::Id);
        let scope = Expr::cust(format!("'{TENANT}' || \"memberships\".\"tenant_id\""));
        let of_tenant = Expr::col((setting::Entity, setting::Column::Scope)).eq(scope);
        QuerySelect::query(&mut rows).left_join(setting::Entity, of_tenant);
        let rows = rows.into_model::<MemberDocument>().fetch_all(self).await?;
        let mut tenants: Vec<String> = Vec::new();
        let mut documents: HashMap<String, Vec<setting::Model>> = HashMap::new();
        for row in rows {
            let scope = format!("{TENANT}{}", row.tenant_id);
            let of_tenant = documents.entry(scope.clone()).or_default();
            if let (Some(kind), Some(document), Some(updated_at)) = (row.kind, row.document, row.updated_at) {
                of_tenant.push(setting::Model { scope, kind, document, updated_at });
            }
            if tenants.last() != Some(&row.tenant_id) {
                tenants.push(row.tenant_id);
            }
        }
        let tenants: Arc<[_]> = tenants.into();
        let mut known = self.documents.0.lock();
        known.scopes.extend(documents.into_iter().map(|(scope, rows)| (scope, rows.into())));
        known.tenants.insert(user_id.to_owned(), Arc::clone(&tenants));
        Ok(tenants)
    }
}
