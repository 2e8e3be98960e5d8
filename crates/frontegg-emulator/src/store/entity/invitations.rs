//! Rows of one-time tokens and of invites into a tenant.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// What a one-time token is valid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// Activating an account.
    #[sea_orm(string_value = "activation")]
    Activation,
    /// Accepting the invitation into a tenant; `membership_id` says which.
    #[sea_orm(string_value = "invitation")]
    Invitation,
    /// Setting a new password.
    #[sea_orm(string_value = "password_reset")]
    PasswordReset,
    /// Lifting a lock.
    #[sea_orm(string_value = "unlock")]
    Unlock,
    /// Confirming an added address; `target` says which.
    #[sea_orm(string_value = "email_verification")]
    EmailVerification,
    /// Changing the primary address to `target`.
    #[sea_orm(string_value = "email_change")]
    EmailChange,
    /// Confirming an added phone number; `target` says which.
    #[sea_orm(string_value = "phone_verification")]
    PhoneVerification,
    /// Removing the phone number with the id `target`.
    #[sea_orm(string_value = "phone_removal")]
    PhoneRemoval,
    /// Signing in with the code of an SMS; `target` is the number.
    #[sea_orm(string_value = "sms_sign_in")]
    SmsSignIn,
    /// Signing in with the link of a mail; `target` is the address.
    #[sea_orm(string_value = "link_sign_in")]
    LinkSignIn,
    /// Signing in with the code of a mail; `target` is the address.
    #[sea_orm(string_value = "code_sign_in")]
    CodeSignIn,
    /// Setting a new password with the code of an SMS.
    #[sea_orm(string_value = "sms_password_reset")]
    SmsPasswordReset,
    /// Standing for the first factor while the second is asked for.
    #[sea_orm(string_value = "second_factor")]
    SecondFactor,
    /// The second factor by SMS; `target` is the device. Likewise the next two.
    #[sea_orm(string_value = "sms_second_factor")]
    SmsSecondFactor,
    /// The second factor by mail.
    #[sea_orm(string_value = "mail_second_factor")]
    MailSecondFactor,
    /// Making something a second factor.
    #[sea_orm(string_value = "second_factor_enrollment")]
    SecondFactorEnrollment,
    /// Taking a second factor away.
    #[sea_orm(string_value = "second_factor_removal")]
    SecondFactorRemoval,
}

/// A token that is valid once. Of token and code only fingerprints are kept.
pub mod one_time_token {
    use super::Purpose;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "one_time_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: Purpose,
        pub user_id: String,
        pub membership_id: Option<String>,
        pub fingerprint: String,
        pub code_fingerprint: Option<String>,
        pub target: Option<String>,
        /// Wrong guesses that were meant for it.
        pub attempts: i32,
        /// Wrong guesses that may have been meant for any code.
        pub blind_attempts: i32,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
        pub spent_at: Option<Timestamp>,
        /// The fingerprint of the browser that it is valid in, if it is bound to one.
        pub device: Option<String>,
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
            belongs_to = "super::super::membership::Entity",
            from = "Column::MembershipId",
            to = "super::super::membership::Column::Id"
        )]
        Membership,
    }

    impl Related<super::super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl Related<super::super::membership::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Membership.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A wrong guess at a code by somebody of whom nothing is known but the address.
pub mod blind_guess {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "blind_guesses")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The fingerprint of the address.
        pub client: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An invite into a tenant, good until it expires.
pub mod tenant_invite {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_invites")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: String,
        pub user_id: Option<String>,
        pub token: String,
        pub name: Option<String>,
        pub should_send_email: bool,
        pub expires_at: Timestamp,
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
        #[sea_orm(
            belongs_to = "super::super::user::Entity",
            from = "Column::UserId",
            to = "super::super::user::Column::Id"
        )]
        User,
    }

    impl Related<super::super::tenant::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tenant.def()
        }
    }

    impl Related<super::super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    saved_rows! {}
}

/// A role that an invite gives.
pub mod tenant_invite_role {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_invite_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub invite_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::tenant_invite::Entity",
            from = "Column::InviteId",
            to = "super::tenant_invite::Column::Id"
        )]
        Invite,
        #[sea_orm(
            belongs_to = "super::super::role::Entity",
            from = "Column::RoleId",
            to = "super::super::role::Column::Id"
        )]
        Role,
    }

    impl Related<super::tenant_invite::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Invite.def()
        }
    }

    impl Related<super::super::role::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
