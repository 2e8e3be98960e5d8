//! Rows of provisioning connections, and of what identity providers keep with them.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// The kind of identity provider that a connection was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ScimSource {
    #[sea_orm(string_value = "frontegg")]
    Frontegg,
    #[sea_orm(string_value = "okta")]
    Okta,
    #[sea_orm(string_value = "azure-ad")]
    AzureAd,
    #[sea_orm(string_value = "other")]
    Other,
}

/// A SCIM server of a tenant, for one identity provider. `fingerprint` is that of its bearer token.
pub mod scim_connection {
    use std::fmt;

    use super::ScimSource;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scim_connections")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        pub name: String,
        pub source: ScimSource,
        /// Whether what is written becomes people and groups of the tenant.
        pub sync_to_user_management: bool,
        pub fingerprint: String,
        pub last_sync: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without the fingerprint.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Model").field("id", &self.id).field("tenant_id", &self.tenant_id).finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// A user as an identity provider has written it. `resource` is the JSON of its attributes, without what the server
/// adds; `user_id` is the person it has become.
pub mod scim_user {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scim_users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub connection_id: String,
        pub user_id: Option<String>,
        /// What groups show of it.
        pub display: String,
        pub user_name_folded: String,
        pub display_name_folded: Option<String>,
        pub external_id: Option<String>,
        pub resource: String,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::scim_connection::Entity",
            from = "Column::ConnectionId",
            to = "super::scim_connection::Column::Id"
        )]
        Connection,
    }

    impl Related<super::scim_connection::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Connection.def()
        }
    }

    saved_rows! {}
}

/// A group as an identity provider has written it, without its members; `group_id` is the group of the tenant that it has
/// become.
pub mod scim_group {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scim_groups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub connection_id: String,
        pub group_id: Option<String>,
        /// What its members show of it.
        pub display: String,
        pub display_name_folded: String,
        pub external_id: Option<String>,
        pub resource: String,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// A user in a group.
pub mod scim_group_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scim_group_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scim_group_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scim_user_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::scim_group::Entity",
            from = "Column::ScimGroupId",
            to = "super::scim_group::Column::Id"
        )]
        Group,
        #[sea_orm(
            belongs_to = "super::scim_user::Entity",
            from = "Column::ScimUserId",
            to = "super::scim_user::Column::Id"
        )]
        User,
    }

    impl Related<super::scim_group::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Group.def()
        }
    }

    impl Related<super::scim_user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
