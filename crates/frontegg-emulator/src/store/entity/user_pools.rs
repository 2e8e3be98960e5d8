//! Rows of user pools, of what their providers would answer, and of who has come from them.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// What is behind a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum UserPoolKind {
    #[sea_orm(string_value = "auth0")]
    Auth0,
    #[sea_orm(string_value = "cognito")]
    Cognito,
    #[sea_orm(string_value = "firebase")]
    Firebase,
    #[sea_orm(string_value = "custom-code")]
    CustomCode,
    /// A provider of OpenID Connect or OAuth 2.0.
    #[sea_orm(string_value = "federation")]
    Federation,
}

/// A place besides the directory of this environment that people come from.
pub mod user_pool {
    use std::fmt;

    use super::UserPoolKind;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_pools")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub description: Option<String>,
        /// Its place in the order in which pools are asked.
        pub position: i64,
        pub kind: UserPoolKind,
        /// JSON of a form of its own for each kind.
        pub configuration: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without the configuration, which has secrets.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Model").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl Related<super::user_pool_application::Entity> for Entity {
        fn to() -> RelationDef {
            super::user_pool_application::Relation::Pool.def().rev()
        }
    }

    saved_rows! {}
}

/// An application that a pool serves.
pub mod user_pool_application {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_pool_applications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub pool_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub app_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::user_pool::Entity",
            from = "Column::PoolId",
            to = "super::user_pool::Column::Id"
        )]
        Pool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody whom the provider of a pool knows; `address_key` is what all spellings of the address have in common.
pub mod user_pool_account {
    use std::fmt;

    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_pool_accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub pool_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub address_key: String,
        pub email: String,
        pub password_hash: Option<String>,
        /// What the provider tells of them, as JSON.
        pub document: String,
    }

    /// Without the hash.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Model")
                .field("pool_id", &self.pool_id)
                .field("address_key", &self.address_key)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::user_pool_user::Entity",
            from = "(Column::PoolId, Column::AddressKey)",
            to = "(super::user_pool_user::Column::PoolId, super::user_pool_user::Column::AccountKey)"
        )]
        User,
    }

    impl Related<super::user_pool_user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whom somebody of a pool has become here.
pub mod user_pool_user {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_pool_users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        pub pool_id: String,
        /// By which the pool knows them, whatever they are known by here: an address in the form that all its spellings
        /// have in common, or the subject at a provider of OpenID Connect.
        pub account_key: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::password::Entity",
            from = "Column::UserId",
            to = "super::super::password::Column::UserId"
        )]
        Password,
    }

    impl Related<super::super::password::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Password.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
