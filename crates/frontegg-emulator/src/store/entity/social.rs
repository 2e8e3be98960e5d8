//! Rows of providers of social sign-in, of people known by them, and of sign-ins under way.

/// A provider of the environment.
pub mod social_provider {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "social_providers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub client_id: String,
        pub secret: String,
        pub redirect_url: String,
        pub redirect_url_pattern: String,
        pub authorization_url: String,
        pub token_url: String,
        pub user_info_url: String,
        /// With blanks between.
        pub scopes: String,
        pub sso_logo_url: Option<String>,
        pub display_name: String,
        pub is_active: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without the secret.
    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Model").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// Who somebody is whom a provider knows by that subject.
pub mod social_link {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "social_links")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub user_id: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
