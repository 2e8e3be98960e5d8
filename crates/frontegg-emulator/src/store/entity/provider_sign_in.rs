//! A sign-in that a browser has gone to an identity provider for.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::clock::Timestamp;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_sign_ins")]
pub struct Model {
    /// Of the state.
    #[sea_orm(primary_key, auto_increment = false)]
    pub fingerprint: String,
    /// Of social sign-in, or a user pool.
    pub provider_id: String,
    /// The fingerprint of what only the browser knows that began it.
    pub browser: String,
    pub code_verifier: String,
    pub nonce: String,
    pub redirect_uri: String,
    pub expires_at: Timestamp,
}

/// Without what belongs to the code.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("provider_id", &self.provider_id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
