//! Rows of second factors and of what belongs to them.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// Whether a WebAuthn device is part of the person's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum WebAuthnDevice {
    /// It is.
    #[sea_orm(string_value = "platform")]
    Platform,
    /// It is carried about.
    #[sea_orm(string_value = "cross_platform")]
    CrossPlatform,
}

/// What a WebAuthn challenge was posed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum CeremonyPurpose {
    /// Registering a second factor.
    #[sea_orm(string_value = "registration")]
    Registration,
    /// Registering a passkey.
    #[sea_orm(string_value = "passkey_registration")]
    PasskeyRegistration,
    /// Proving the second factor.
    #[sea_orm(string_value = "second_factor")]
    SecondFactor,
    /// Removing a second factor.
    #[sea_orm(string_value = "removal")]
    Removal,
    /// Signing in with the device alone.
    #[sea_orm(string_value = "sign_in")]
    SignIn,
}

/// An authenticator app, set up or being set up.
pub mod authenticator {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;
    use std::fmt;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "authenticators")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        /// The sign-in in which it is being set up.
        pub pending_id: Option<String>,
        /// The key from which its codes come, in base32.
        pub secret: String,
        /// The last step of time whose code was taken: none is taken twice.
        pub last_step: Option<i64>,
        pub created_at: Timestamp,
        /// When its first code was shown; only then it counts.
        pub confirmed_at: Option<Timestamp>,
    }

    impl fmt::Debug for Model {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Authenticator")
                .field("id", &self.id)
                .field("user_id", &self.user_id)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A phone that gets codes.
pub mod mfa_phone {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mfa_phones")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub phone_number: String,
        pub created_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A WebAuthn device. Binary values are base64url text.
pub mod webauthn_credential {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webauthn_credentials")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        /// What the device itself calls it.
        pub credential_id: String,
        /// In COSE form.
        pub public_key: String,
        /// The device's count of signatures: going back betrays a copy.
        pub sign_count: i64,
        pub device_type: super::WebAuthnDevice,
        pub name: String,
        /// Whether the device made sure who its owner is when it was registered.
        pub is_user_verified: bool,
        pub is_backup_eligible: bool,
        pub is_backed_up: bool,
        pub created_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
        /// Whether its owner signs in with it; else it is a second factor.
        pub is_passkey: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A challenge for a WebAuthn device, by the fingerprint of its handle.
pub mod webauthn_challenge {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webauthn_challenges")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub fingerprint: String,
        pub purpose: super::CeremonyPurpose,
        /// Nobody in particular where the device is to say who it is.
        pub user_id: Option<String>,
        /// The sign-in that waits for the answer.
        pub pending_id: Option<String>,
        /// The row of the device that is to answer, where it has to be a certain one.
        pub credential_id: Option<String>,
        pub challenge: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What lets a person in who has lost all second factors: once, and only its fingerprint is kept.
pub mod recovery_code {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        pub fingerprint: String,
        pub created_at: Timestamp,
        pub spent_at: Option<Timestamp>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A browser that skips the second factor, by the fingerprint of its cookie.
pub mod remembered_device {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "remembered_devices")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub fingerprint: String,
        pub user_id: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
