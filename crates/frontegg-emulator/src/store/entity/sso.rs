//! Rows of connections to identity providers, of their domains, and of the roles of those who come by them.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// What a connection speaks, or which provider it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum SsoKind {
    #[sea_orm(string_value = "saml")]
    Saml,
    #[sea_orm(string_value = "oidc")]
    Oidc,
    /// SAML, by the name of its provider, as the two below.
    #[sea_orm(string_value = "okta")]
    Okta,
    #[sea_orm(string_value = "azure")]
    Azure,
    #[sea_orm(string_value = "google")]
    Google,
}

impl SsoKind {
    /// Whether it is OpenID Connect; else it is SAML.
    pub fn is_openid(self) -> bool {
        self == Self::Oidc
    }
}

/// A connection of a tenant to an identity provider. Texts that were never told are empty.
pub mod sso_connection {
    use std::fmt;

    use super::SsoKind;
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_connections")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        pub enabled: bool,
        pub kind: SsoKind,
        /// The provider's address for requests by SAML, its issuer by OpenID Connect.
        pub sso_endpoint: String,
        /// With any of these the provider may sign, base64 of PEM; a list as JSON.
        pub certificates: String,
        /// Entity id of a SAML provider, as far as it is known.
        pub issuer: Option<String>,
        pub sign_request: bool,
        pub acs_url: String,
        pub sp_entity_id: String,
        pub oidc_client_id: String,
        pub oidc_secret: String,
        pub idp_client_id: String,
        pub idp_client_secret: String,
        /// JSON as text.
        pub config_metadata: Option<String>,
        pub override_active_tenant: bool,
        pub sub_account_access_limit: Option<i64>,
        pub skip_email_domain_validation: bool,
        pub generated_verification: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Without its secrets.
    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Model")
                .field("id", &self.id)
                .field("tenant_id", &self.tenant_id)
                .field("kind", &self.kind)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// A mail domain of a connection, as DNS has it.
pub mod sso_domain {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_domains")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub connection_id: String,
        /// That of the connection.
        pub tenant_id: String,
        pub domain: String,
        pub validated: bool,
        pub txt_record: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::sso_connection::Entity",
            from = "Column::ConnectionId",
            to = "super::sso_connection::Column::Id"
        )]
        Connection,
    }

    impl Related<super::sso_connection::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Connection.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A group of the provider whose members get roles.
pub mod sso_group {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_groups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub connection_id: String,
        pub name: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A role that members of a group of the provider get.
pub mod sso_group_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_group_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::sso_group::Entity",
            from = "Column::GroupId",
            to = "super::sso_group::Column::Id"
        )]
        Group,
    }

    impl Related<super::sso_group::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Group.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A role that everybody gets who comes by a connection.
pub mod sso_default_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_default_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An address that is spared from single sign-on, in the form that all its spellings have in common.
pub mod sso_excluded_email {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_excluded_emails")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub address_key: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who somebody is whom the provider of a connection knows by that subject.
pub mod sso_link {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_links")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub issuer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub user_id: String,
        pub created_at: Timestamp,
        pub last_used_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What came of a sign-in by an identity provider.
pub mod sso_attempt {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub protocol: String,
        pub connection_id: Option<String>,
        pub issuer: Option<String>,
        pub user_id: Option<String>,
        /// The number of the check that refused it.
        pub failed_check: Option<i64>,
        pub reason: Option<String>,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An answer or assertion of a provider that was accepted, and is accepted no more.
pub mod sso_replay {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_replays")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub expires_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
