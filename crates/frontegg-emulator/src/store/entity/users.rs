//! Rows of people and of what identifies them.

/// A person, known to the whole environment. `metadata` and `vendor_metadata` are text as the caller sent it.
pub mod user {
    use crate::{clock::Timestamp, text};
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: Option<String>,
        pub profile_picture_url: Option<String>,
        pub phone_number: Option<String>,
        pub provider: String,
        pub managed_by: String,
        pub verified: bool,
        pub is_locked: bool,
        pub failed_logins: i32,
        pub super_user: bool,
        pub invisible: bool,
        pub mfa_bypass: bool,
        pub metadata: String,
        pub vendor_metadata: String,
        pub external_id: Option<String>,
        pub active_tenant_id: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub last_login: Option<Timestamp>,
        /// The name as filters compare it.
        pub name_folded: Option<String>,
        /// What all spellings of the primary address have in common; the database keeps it.
        pub address_key: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::super::tenant::Entity",
            from = "Column::ActiveTenantId",
            to = "super::super::tenant::Column::TenantId"
        )]
        ActiveTenant,
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::ActiveTenant.def()
        }
    }

    saved_rows! {
        name_folded of name by |name: &Option<String>| name.as_deref().map(text::fold);
    }
}

/// An address; `address_key` is what all its spellings have in common, and unique.
pub mod user_email {
    use crate::{clock::Timestamp, text};
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_emails")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub email: String,
        pub address_key: String,
        pub verified: bool,
        pub is_primary: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// The address as filters compare it.
        pub email_folded: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    saved_rows! {
        address_key of email by |email: &String| text::address_key(email);
        email_folded of email by |email: &String| text::fold(email);
    }
}

/// A username, in lower case.
pub mod username {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "usernames")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub username: String,
        pub user_id: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a person is searched by: name, addresses, usernames and numbers that count, folded, one a line. The database
/// keeps it.
pub mod search_text {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "search_texts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A phone number.
pub mod phone_number {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "phone_numbers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub phone_number: String,
        pub verified: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    saved_rows! {}
}

/// The present password, as a PHC string.
pub mod password {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "passwords")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        pub hash: String,
        pub changed_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A password of the past, for the history policy.
pub mod old_password {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_history")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub hash: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
