//! Rows of templates for the claims of tokens.

/// A template; `claims` is a JSON object as text, `algorithm` its name in headers.
pub mod jwt_template {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "jwt_templates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// Unique.
        pub key: String,
        pub name: String,
        pub description: Option<String>,
        /// For how many seconds its tokens are valid.
        pub expiration: i64,
        pub algorithm: String,
        pub claims: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}
