//! Rows of people in tenants: memberships, groups, application assignments.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// How far a person has come in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum MembershipStatus {
    /// A new account whose activation is outstanding.
    #[sea_orm(string_value = "NotActivated")]
    NotActivated,
    /// A known person whose invitation into this tenant is outstanding.
    #[sea_orm(string_value = "PendingInvitation")]
    PendingInvitation,
    /// Added silently and never signed in.
    #[sea_orm(string_value = "PendingLogin")]
    PendingLogin,
    /// Everything after that.
    #[sea_orm(string_value = "Activated")]
    Activated,
}

impl MembershipStatus {
    /// Those of people who have not said yet that they want to be in the tenant.
    pub const PENDING: [Self; 2] = [Self::NotActivated, Self::PendingInvitation];

    /// Whether the person has not said yet that they want to be in the tenant.
    pub fn is_pending(self) -> bool {
        Self::PENDING.contains(&self)
    }
}

/// A person in a tenant.
pub mod membership {
    use super::MembershipStatus;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "memberships")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub tenant_id: String,
        pub status: MembershipStatus,
        pub is_disabled: bool,
        pub expires_at: Option<Timestamp>,
        pub sub_tenant_access: bool,
        /// The address that a known person was invited by, which may be another than their primary one.
        pub invited_as: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// When the person was made, as their own row says.
        pub user_created_at: Option<Timestamp>,
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

    saved_rows! {}
}

/// A role that a member holds.
pub mod membership_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub membership_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::membership::Entity",
            from = "Column::MembershipId",
            to = "super::membership::Column::Id"
        )]
        Membership,
        #[sea_orm(
            belongs_to = "super::super::role::Entity",
            from = "Column::RoleId",
            to = "super::super::role::Column::Id"
        )]
        Role,
    }

    impl Related<super::membership::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Membership.def()
        }
    }

    impl Related<super::super::role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A group of members of a tenant.
pub mod group {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "groups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        pub name: String,
        pub color: Option<String>,
        pub description: Option<String>,
        pub metadata: String,
        pub managed_by: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::tenant::Entity",
            from = "Column::TenantId",
            to = "super::super::tenant::Column::TenantId"
        )]
        Tenant,
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tenant.def()
        }
    }

    saved_rows! {}
}

/// A role that all members of a group hold.
pub mod group_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "group_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::group::Entity", from = "Column::GroupId", to = "super::group::Column::Id")]
        Group,
        #[sea_orm(
            belongs_to = "super::super::role::Entity",
            from = "Column::RoleId",
            to = "super::super::role::Column::Id"
        )]
        Role,
    }

    impl Related<super::group::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Group.def()
        }
    }

    impl Related<super::super::role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A member of a group.
pub mod group_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "group_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub membership_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::group::Entity", from = "Column::GroupId", to = "super::group::Column::Id")]
        Group,
        #[sea_orm(
            belongs_to = "super::membership::Entity",
            from = "Column::MembershipId",
            to = "super::membership::Column::Id"
        )]
        Membership,
    }

    impl Related<super::group::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Group.def()
        }
    }

    impl Related<super::membership::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Membership.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A membership that may use an application.
pub mod application_assignment {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_assignments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub app_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub membership_id: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::membership::Entity",
            from = "Column::MembershipId",
            to = "super::membership::Column::Id"
        )]
        Membership,
    }

    impl Related<super::membership::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Membership.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The tenant a person works in, in one application.
pub mod application_tenant {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_tenants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub app_id: String,
        pub tenant_id: String,
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

/// How many people a tenant has; without a tenant's id, how many there are. The database keeps it.
pub mod people_count {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "people_counts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: String,
        pub people: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
