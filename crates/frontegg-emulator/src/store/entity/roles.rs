//! Rows of permission categories, permissions and roles.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// What customers may do with a permission in roles they build themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum AssignmentType {
    /// Out of their reach.
    #[sea_orm(string_value = "NEVER")]
    Never,
    /// Theirs to give.
    #[sea_orm(string_value = "ASSIGNABLE")]
    Assignable,
    /// In every role they make.
    #[sea_orm(string_value = "ALWAYS")]
    Always,
}

/// A folder for permissions.
pub mod permission_category {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "permission_categories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub description: Option<String>,
        pub fe_category: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// A named right.
pub mod permission {
    use super::AssignmentType;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "permissions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub key: String,
        pub name: String,
        pub description: Option<String>,
        pub category_id: Option<String>,
        pub fe_permission: bool,
        pub assignment_type: AssignmentType,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::permission_category::Entity",
            from = "Column::CategoryId",
            to = "super::permission_category::Column::Id"
        )]
        Category,
    }

    impl Related<super::permission_category::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Category.def()
        }
    }

    saved_rows! {}
}

/// A role; without `tenant_id` it belongs to the whole environment.
pub mod role {
    use crate::{clock::Timestamp, text};
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: Option<String>,
        pub key: String,
        pub name: String,
        pub description: Option<String>,
        pub is_default: bool,
        pub first_user_role: bool,
        pub level: i32,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// Key, name and description as filters search them.
        pub folded: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::tenant::Entity",
            from = "Column::TenantId",
            to = "super::super::tenant::Column::TenantId"
        )]
        Tenant,
        #[sea_orm(has_many = "super::role_permission::Entity")]
        Permissions,
        #[sea_orm(has_many = "super::super::membership_role::Entity")]
        Members,
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tenant.def()
        }
    }

    impl Related<super::role_permission::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Permissions.def()
        }
    }

    impl Related<super::super::membership_role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Members.def()
        }
    }

    saved_rows! {
        folded of key, name, description by |key: &String, name: &String, description: &Option<String>| {
            text::fold_all([Some(key.as_str()), Some(name.as_str()), description.as_deref()])
        };
    }
}

/// A permission that a role holds.
pub mod role_permission {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_permissions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub permission_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::role::Entity", from = "Column::RoleId", to = "super::role::Column::Id")]
        Role,
        #[sea_orm(
            belongs_to = "super::permission::Entity",
            from = "Column::PermissionId",
            to = "super::permission::Column::Id"
        )]
        Permission,
    }

    impl Related<super::role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl Related<super::permission::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Permission.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
