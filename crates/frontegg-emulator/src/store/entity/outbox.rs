//! Rows of mail and SMS kept instead of sent.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// By which way a message would have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Channel {
    /// Mail.
    #[sea_orm(string_value = "email")]
    Email,
    /// Text message.
    #[sea_orm(string_value = "sms")]
    Sms,
    /// A call of an address that a client has named.
    #[sea_orm(string_value = "webhook")]
    Webhook,
}

/// A message; `context` is a JSON object as text.
pub mod outbox_message {
    use super::Channel;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_messages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub channel: Channel,
        pub template: String,
        pub recipient: String,
        pub user_id: Option<String>,
        pub tenant_id: Option<String>,
        pub code: Option<String>,
        pub token: Option<String>,
        pub link: Option<String>,
        pub context: String,
        pub created_at: Timestamp,
        /// As a `From` shows it.
        pub sender: Option<String>,
        /// Of a mail.
        pub subject: Option<String>,
        /// The rendered text, of a mail in HTML.
        pub body: Option<String>,
        /// What all spellings of the recipient have in common.
        pub recipient_key: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
