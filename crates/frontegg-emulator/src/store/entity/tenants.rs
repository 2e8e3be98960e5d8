//! Rows of tenants and of the hierarchy between them.

/// A tenant. `tenant_id` is the public key, `id` internal; `metadata` and `details` are JSON objects as text, the latter for members without a column.
pub mod tenant {
    use crate::{clock::Timestamp, text};
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        pub name: String,
        pub status: Option<String>,
        pub website: Option<String>,
        pub application_url: Option<String>,
        pub login_url: Option<String>,
        pub logo: Option<String>,
        pub logo_url: Option<String>,
        pub address: Option<String>,
        pub timezone: Option<String>,
        pub date_format: Option<String>,
        pub time_format: Option<String>,
        pub currency: Option<String>,
        pub creator_name: Option<String>,
        pub creator_email: Option<String>,
        pub is_reseller: bool,
        pub sub_account_access_type: Option<String>,
        pub alias: Option<String>,
        pub domain: Option<String>,
        pub metadata: String,
        pub details: String,
        pub is_locked: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub deleted_at: Option<Timestamp>,
        /// Name and id as filters search them.
        pub folded: String,
        pub alias_folded: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {
        folded of tenant_id, name by |tenant_id: &String, name: &String| {
            text::fold_all([Some(name.as_str()), Some(tenant_id.as_str())])
        };
        alias_folded of alias by |alias: &Option<String>| alias.as_deref().map(text::fold);
    }
}

/// The one parent of a tenant.
pub mod tenant_edge {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_edges")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub child_id: String,
        pub parent_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::tenant::Entity",
            from = "Column::ChildId",
            to = "super::tenant::Column::TenantId"
        )]
        Child,
        #[sea_orm(
            belongs_to = "super::tenant::Entity",
            from = "Column::ParentId",
            to = "super::tenant::Column::TenantId"
        )]
        Parent,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
