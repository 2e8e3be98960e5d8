//! Rows of applications, of the tenants that have them, and of their OAuth clients.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// How the members of a tenant get at an application that the tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum AccessType {
    /// All of them do.
    #[sea_orm(string_value = "FREE_ACCESS")]
    Free,
    /// Those do who are assigned to it.
    #[sea_orm(string_value = "MANAGED_ACCESS")]
    Managed,
}

/// What an OAuth client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ClientType {
    #[sea_orm(string_value = "Agent")]
    Agent,
}

/// An application. `metadata` is a JSON object as text.
pub mod application {
    use super::AccessType;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};
    use std::fmt;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "applications")]
    pub struct Model {
        /// Its client id for OAuth too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub app_url: String,
        pub login_url: String,
        pub app_host: Option<String>,
        pub logo_url: Option<String>,
        pub description: Option<String>,
        pub metadata: Option<String>,
        /// The access of tenants that get it from now on.
        pub access_type: AccessType,
        /// Whether it counts where none is named: one does, by an index one only.
        pub is_default: bool,
        pub is_active: bool,
        pub kind: String,
        pub frontend_stack: String,
        pub allow_dcr: bool,
        pub integration_finished_at: Option<Timestamp>,
        pub client_secret: String,
        pub shared_secret: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without the secrets.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Application").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// A tenant that has an application.
pub mod tenant_application {
    use super::AccessType;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_applications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub app_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: String,
        pub access_type: AccessType,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::application::Entity",
            from = "Column::AppId",
            to = "super::application::Column::Id"
        )]
        Application,
    }

    impl Related<super::application::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Application.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An OAuth client of an application. `redirect_urls` is a JSON list of texts, `external_metadata` a JSON object.
pub mod application_client {
    use super::ClientType;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};
    use std::fmt;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_clients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub app_id: String,
        pub client_name: String,
        pub client_secret: String,
        pub client_type: ClientType,
        pub redirect_urls: String,
        pub external_metadata: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without the secret.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("ApplicationClient")
                .field("id", &self.id)
                .field("app_id", &self.app_id)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}
