//! Rows of flows in which people approve what somebody asks for, and of their executions.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// How far an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ExecutionStatus {
    /// Approvers are asked.
    #[sea_orm(string_value = "open")]
    Open,
    #[sea_orm(string_value = "approved")]
    Approved,
    /// By an approver, or because nobody approved in time.
    #[sea_orm(string_value = "refused")]
    Refused,
}

/// What an approver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Decision {
    #[sea_orm(string_value = "approved")]
    Approved,
    #[sea_orm(string_value = "refused")]
    Refused,
}

/// A flow; `definition` is a JSON object as text. What belongs to no tenant is the environment's.
pub mod approval_flow {
    use crate::clock::Timestamp;
    use sea_orm::{ActiveValue, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "approval_flows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub tenant_id: Option<String>,
        pub is_active: bool,
        pub definition: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    saved_rows! {}
}

/// Somebody's request for approval, with the definition of the flow as it was.
pub mod approval_execution {
    use super::ExecutionStatus;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "approval_executions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The flow may be gone.
        pub flow_id: String,
        pub tenant_id: String,
        /// Who asks.
        pub user_id: String,
        /// The session that is stepped up by the approval.
        pub session_id: Option<String>,
        pub definition: String,
        /// A JSON object as text.
        pub execution_data: Option<String>,
        pub webhook_url: Option<String>,
        pub status: ExecutionStatus,
        /// The step whose approvers are asked, or were asked last.
        pub step_id: String,
        pub step_began_at: Timestamp,
        /// When something happens by itself.
        pub due_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub ended_at: Option<Timestamp>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who is asked in a step of an execution. Whoever knows the `id` may decide.
pub mod approver {
    use super::Decision;
    use crate::clock::Timestamp;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "approvers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub execution_id: String,
        pub step_id: String,
        /// The member who was found by a role.
        pub user_id: Option<String>,
        pub email: Option<String>,
        pub phone_number: Option<String>,
        pub decision: Option<Decision>,
        pub decided_at: Option<Timestamp>,
    }

    /// Without the id, which is a secret.
    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Approver").field("execution_id", &self.execution_id).finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
