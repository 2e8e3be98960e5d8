//! What came of sign-ins by identity providers: who is refused is told no reason, so the control plane tells it.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    clock::Timestamp,
    domain::DomainResult,
    ids,
    store::{
        Fetch, Read, Write,
        entity::{sso_attempt, sso_connection},
        query::OneColumn,
    },
};

/// How many are kept.
const KEPT: u64 = 1_000;

/// Why a sign-in by an identity provider is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The number of the check that failed, in the order in which they are made.
    pub(crate) check: u8,
    pub(crate) reason: String,
}

impl Refused {
    pub(crate) fn by(check: u8, reason: impl Into<String>) -> Self {
        Self { check, reason: reason.into() }
    }
}

/// What somebody signs in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    OpenIdConnect,
    Saml,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::OpenIdConnect => "oidc",
            Self::Saml => "saml",
        }
    }
}

/// What is known of a sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) protocol: Protocol,
    pub(super) connection: Option<&'a sso_connection::Model>,
    pub(super) issuer: Option<&'a str>,
}

/// The newest first.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<sso_attempt::Model>> {
    let select = sso_attempt::Entity::find().order_by_desc(sso_attempt::Column::CreatedAt);
    Ok(select.order_by_desc(sso_attempt::Column::Id).fetch_all(tx).await?)
}

/// Keeps a sign-in in mind, with the id of the person that was let in, or why nobody was.
pub(super) async fn note(tx: &Write, attempt: Attempt<'_>, outcome: Result<&str, &Refused>) -> DomainResult<()> {
    let protocol = attempt.protocol.name();
    if let Err(Refused { check, reason }) = outcome {
        let connection = attempt.connection.map(|connection| connection.id.as_str());
        tracing::info!(protocol, connection, check, reason, "a sign-in by an identity provider is refused");
    }
    let row = sso_attempt::ActiveModel {
        id: Set(ids::new_id()),
        protocol: Set(protocol.to_owned()),
        connection_id: Set(attempt.connection.map(|connection| connection.id.clone())),
        issuer: Set(attempt.issuer.map(str::to_owned)),
        user_id: Set(outcome.ok().map(str::to_owned)),
        failed_check: Set(outcome.err().map(|refused| i64::from(refused.check))),
        reason: Set(outcome.err().map(|refused| refused.reason.clone())),
        created_at: Set(tx.stamp()),
    };
    row.insert(tx).await?;
    let newest = sso_attempt::Entity::find()
        .select_only()
        .column(sso_attempt::Column::CreatedAt)
        .order_by_desc(sso_attempt::Column::CreatedAt)
        .offset(KEPT)
        .limit(1)
        .one_column();
    let oldest: Option<Timestamp> = newest.fetch_one(tx).await?;
    if let Some(oldest) = oldest {
        sso_attempt::Entity::delete_many().filter(sso_attempt::Column::CreatedAt.lte(oldest)).exec(tx).await?;
    }
    Ok(())
}
