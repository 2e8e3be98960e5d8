//! Rows of client credentials and access tokens.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// The two families of machine tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum MachineTokenKind {
    /// A client id with a secret, to be exchanged for JWTs.
    #[sea_orm(string_value = "credentials")]
    Credentials,
    /// A JWT that is shown once and looked up by its id.
    #[sea_orm(string_value = "access")]
    Access,
}

/// A token of a tenant or, with a membership, of one of its members. `metadata` is a JSON object as text; of the secret of client credentials only a fingerprint is kept, of an access token nothing.
pub mod machine_token {
    use super::MachineTokenKind;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "machine_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: MachineTokenKind,
        pub tenant_id: String,
        pub membership_id: Option<String>,
        pub fingerprint: Option<String>,
        pub description: Option<String>,
        pub metadata: String,
        pub created_by_user_id: Option<String>,
        pub created_at: Timestamp,
        pub expires_at: Option<Timestamp>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::tenant::Entity",
            from = "Column::TenantId",
            to = "super::super::tenant::Column::TenantId"
        )]
        Tenant,
        #[sea_orm(
            belongs_to = "super::super::membership::Entity",
            from = "Column::MembershipId",
            to = "super::super::membership::Column::Id"
        )]
        Membership,
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tenant.def()
        }
    }

    impl Related<super::super::membership::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Membership.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A role that a tenant's token has.
pub mod machine_token_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "machine_token_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub machine_token_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::role::Entity",
            from = "Column::RoleId",
            to = "super::super::role::Column::Id"
        )]
        Role,
    }

    impl Related<super::super::role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A permission that a tenant's credentials have without a role.
pub mod machine_token_permission {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "machine_token_permissions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub machine_token_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub permission_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A refresh token of client credentials, by its fingerprint. A spent one is gone.
pub mod machine_token_refresh {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "machine_token_refreshes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub fingerprint: String,
        pub machine_token_id: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
