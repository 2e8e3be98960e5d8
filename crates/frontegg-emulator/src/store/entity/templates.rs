//! Rows of what messages say.

/// The environment's own template of a type of mail.
pub mod email_template {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "email_templates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_name = "type")]
        pub kind: String,
        #[sea_orm(unique)]
        pub id: String,
        pub sender_email: String,
        pub from_name: String,
        pub subject: String,
        pub html_template: String,
        pub redirect_url: Option<String>,
        pub success_redirect_url: Option<String>,
        pub active: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The environment's own text of a type of SMS.
pub mod sms_template {
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sms_templates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_name = "type")]
        pub kind: String,
        pub template: String,
        /// What else came with it, a JSON object as text.
        pub more: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
