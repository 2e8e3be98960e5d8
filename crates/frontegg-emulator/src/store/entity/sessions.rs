//! Rows of sessions.

/// A session.
pub mod session {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub tenant_id: String,
        pub application_id: Option<String>,
        pub user_agent: Option<String>,
        pub ip_address: Option<String>,
        pub created_at: Timestamp,
        pub last_used_at: Timestamp,
        pub ended_at: Option<Timestamp>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::user::Entity",
            from = "Column::UserId",
            to = "super::super::user::Column::Id"
        )]
        User,
        #[sea_orm(
            belongs_to = "super::super::tenant::Entity",
            from = "Column::TenantId",
            to = "super::super::tenant::Column::TenantId"
        )]
        Tenant,
    }

    impl Related<super::super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tenant.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
