//! Rows of networks and mail domains that may or may not come in.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// Of two lists that exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "UPPERCASE")]
pub enum RestrictionList {
    /// Nobody else comes in.
    #[sea_orm(string_value = "ALLOW")]
    Allow,
    /// Everybody else comes in.
    #[sea_orm(string_value = "BLOCK")]
    Block,
}

/// A network, or a single address, of a tenant's list.
pub mod ip_restriction {
    use super::RestrictionList;
    use crate::{clock::Timestamp, text};
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ip_restrictions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        /// In the form that all spellings have in common.
        pub ip: String,
        pub list: RestrictionList,
        pub is_active: bool,
        pub description: Option<String>,
        pub folded: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {
        folded of ip, description by |ip: &String, description: &Option<String>| {
            text::fold_all([Some(ip.as_str()), description.as_deref()])
        };
    }
}

/// A mail domain of a tenant's list or of the environment's.
pub mod domain_restriction {
    use super::RestrictionList;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "domain_restrictions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: Option<String>,
        /// As DNS has it.
        pub domain: String,
        pub list: RestrictionList,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
