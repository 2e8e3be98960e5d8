//! Rows of sessions and their refresh tokens.

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
        /// How the person authenticated who they are: the `amr` claim, parted by blanks.
        pub amr: String,
        /// When they last did so.
        pub proven_at: Timestamp,
        pub created_at: Timestamp,
        pub last_used_at: Timestamp,
        /// When it expires, whether used or not.
        pub expires_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        /// The connection of single sign-on that it came by.
        pub sso_connection_id: Option<String>,
        /// The tenant that it may not leave.
        pub confined_to: Option<String>,
        /// When it ends at the latest, by the word of an identity provider.
        pub ends_by: Option<Timestamp>,
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

/// A refresh token: of each session at most one is not spent.
pub mod refresh_token {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub fingerprint: String,
        pub session_id: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
        pub spent_at: Option<Timestamp>,
        /// Of a spent one, until its successor is used.
        pub seed: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::session::Entity", from = "Column::SessionId", to = "super::session::Column::Id")]
        Session,
    }

    impl Related<super::session::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Session.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
