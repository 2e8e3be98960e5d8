//! Rows of the audit trail.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum AuditSeverity {
    #[sea_orm(string_value = "Info")]
    Info,
    #[sea_orm(string_value = "Medium")]
    Medium,
    #[sea_orm(string_value = "High")]
    High,
    #[sea_orm(string_value = "Critical")]
    Critical,
    #[sea_orm(string_value = "Error")]
    Error,
}

/// An entry; `members` is a JSON object as text, `words` what filters search it by.
pub mod audit {
    use super::AuditSeverity;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audits")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// None where it is about the environment alone.
        pub tenant_id: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub severity: AuditSeverity,
        pub user_id: Option<String>,
        pub user_name: Option<String>,
        pub email: Option<String>,
        pub resource: Option<String>,
        pub action: Option<String>,
        pub description: Option<String>,
        pub ip: Option<String>,
        pub user_agent: Option<String>,
        pub feature_flag_id: Option<String>,
        pub members: String,
        pub words: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How many entries a tenant has of a day; the tenant is empty for those about none.
pub mod audit_count {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_counts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i64,
        pub entries: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
