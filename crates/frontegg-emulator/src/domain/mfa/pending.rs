//! Sign-ins that wait for their second factor, by the token that was given out for them.
//!
//! The token stands for the first factor: it is bound to one person, valid once, and dies by time and
//! by wrong answers. A person may have several, for several browsers; how many wrong answers there
//! may be for all of them together is limited too, or whoever knows the password could go on
//! guessing with ever new ones.

use std::time::Duration;

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{Demand, Devices, authenticators};
use crate::{
    domain::{
        DomainError, DomainResult,
        codes::{self, Grant, Presented},
        sessions::{ClientInfo, FirstFactor, SingleSignOn},
        settings,
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{Purpose, one_time_token, user},
        query::OneColumn,
    },
};

/// How long such a sign-in may take.
const LIFETIME: Duration = Duration::from_mins(5);
/// For how long wrong answers count against a person.
const WINDOW: Duration = Duration::from_mins(15);
/// How many wrong answers a person may give in that time.
const BUDGET: i32 = 15;

/// What has to be known when the second factor comes.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<FirstFactor>,
    /// Whether the person has to set up a factor first.
    enrolling: bool,
    /// The session that is to be raised, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raising: Option<Raising>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    single_sign_on: Option<SingleSignOn>,
}

/// A session for which its holder proves once more who they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Raising {
    pub(crate) session_id: String,
    /// The tenant that the new token is to be for.
    pub(crate) tenant_id: String,
}

/// A sign-in that waits for its second factor.
#[derive(Debug)]
pub(crate) struct Pending {
    /// What it is known by, to bind to it what belongs to it.
    pub(crate) id: String,
    pub(crate) user: user::Model,
    pub(crate) first: FirstFactor,
    /// Whether the person has no factor yet and has to set one up.
    pub(crate) enrolling: bool,
    row: one_time_token::Model,
    context: Context,
}

/// What the person of a sign-in is asked for, with the token to come back with.
#[derive(Clone)]
pub(crate) enum Asked {
    /// One of the second factors that they have.
    Challenge { mfa_token: String, devices: Devices },
    /// To set one up.
    Enrollment { mfa_token: String, strategies: Vec<MfaStrategy>, qr_code: Option<String> },
}

/// A sign-in that waits no more.
pub(crate) struct Closed {
    pub(crate) user: user::Model,
    pub(crate) first: FirstFactor,
    /// The session to raise, where there is one.
    pub(crate) raising: Option<Raising>,
    /// The client, as it was at the first factor where the present request does not tell.
    pub(crate) client: ClientInfo,
}

/// Gives out a token for a sign-in, or a session, that needs a second factor.
pub(crate) async fn open(
    tx: &Write,
    user: &user::Model,
    first: FirstFactor,
    client: &ClientInfo,
    raising: Option<Raising>,
    demand: Demand,
) -> DomainResult<Asked> {
    // What nothing depends on any more.
    one_time_token::Entity::delete_many()
        .filter(of(&user.id))
        .filter(one_time_token::Column::CreatedAt.lte(tx.now().before(WINDOW)))
        .exec(tx)
        .await?;
    let context = Context {
        first: Some(first),
        enrolling: matches!(demand, Demand::Enrollment(_)),
        raising,
        application_id: client.application_id.clone(),
        alias: client.alias.clone(),
        invitation: client.invitation.clone(),
        single_sign_on: client.single_sign_on.clone(),
    };
    let mfa_token = ids::new_secret();
    let target = serde_json::to_string(&context).map_err(DomainError::internal)?;
    let id = grant(&user.id).target(&target).row(tx, &mfa_token).insert(tx).await?.id;
    match demand {
        Demand::Challenge(devices) => Ok(Asked::Challenge { mfa_token, devices }),
        Demand::Enrollment(strategies) => enrollment(tx, user, &id, mfa_token, strategies).await,
        Demand::Nothing => Err(DomainError::internal(anyhow::anyhow!("a sign-in waits for nothing"))),
    }
}

async fn enrollment(
    tx: &Write,
    user: &user::Model,
    id: &str,
    mfa_token: String,
    strategies: Vec<MfaStrategy>,
) -> DomainResult<Asked> {
    let qr_code = if strategies.contains(&MfaStrategy::AuthenticatorApp) {
        Some(authenticators::offer(tx, user, Some(id)).await?.qr_code)
    } else {
        None
    };
    Ok(Asked::Enrollment { mfa_token, strategies, qr_code })
}

/// The sign-in that a token was given out for; 401 when there is none (any more), when its person is
/// locked, or has given too many wrong answers of late.
pub(crate) async fn find(tx: &Read, mfa_token: &str) -> DomainResult<Pending> {
    let Ok(row) = Presented::new(Purpose::SecondFactor, mfa_token).look(tx).await? else {
        return Err(bad_token());
    };
    read(tx, row).await
}

/// The same for what is bound to a sign-in and knows its id.
pub(super) async fn find_by_id(tx: &Read, id: &str) -> DomainResult<Pending> {
    let row = one_time_token::Entity::find_by_id(id)
        .filter(one_time_token::Column::Kind.eq(Purpose::SecondFactor))
        .filter(one_time_token::Column::SpentAt.is_null())
        .filter(one_time_token::Column::ExpiresAt.gt(tx.now()))
        .filter(one_time_token::Column::Attempts.lt(codes::TRIES))
        .fetch_one(tx)
        .await?;
    read(tx, row.ok_or_else(bad_token)?).await
}

/// Refuses what could not be read as the state of a sign-in.
pub(crate) fn check(context: &str) -> DomainResult<()> {
    settings::read::<Context>(context).map(drop)
}

async fn read(tx: &Read, row: one_time_token::Model) -> DomainResult<Pending> {
    let user = user::Entity::find_by_id(row.user_id.as_str()).fetch_one(tx).await?;
    let user = user.filter(|user| !user.is_locked).ok_or_else(bad_token)?;
    if is_guessing(tx, &user.id).await? {
        return Err(bad_token());
    }
    let context = row.target.as_deref().unwrap_or_default();
    let context: Context = serde_json::from_str(context).map_err(DomainError::internal)?;
    let first = context.first.ok_or_else(bad_token)?;
    Ok(Pending { id: row.id.clone(), user, first, enrolling: context.enrolling, row, context })
}

/// Counts a wrong answer. Commit, then refuse with 401.
pub(crate) async fn failed(tx: &Write, pending: &Pending) -> DomainResult<()> {
    codes::miss(tx, pending.row.clone()).await?;
    Ok(())
}

impl Pending {
    /// Ends it.
    pub(crate) async fn close(self, tx: &Write, client: &ClientInfo) -> DomainResult<Closed> {
        let id = self.row.id.clone();
        codes::spend(tx, self.row).await?;
        // Wrong answers of before count no more, except where somebody else is just guessing.
        let dead = Condition::any()
            .add(one_time_token::Column::SpentAt.is_not_null())
            .add(one_time_token::Column::ExpiresAt.lte(tx.now()))
            .add(one_time_token::Column::Attempts.gte(codes::TRIES));
        one_time_token::Entity::delete_many()
            .filter(of(&self.user.id))
            .filter(one_time_token::Column::Id.ne(id))
            .filter(dead)
            .exec(tx)
            .await?;
        let client = ClientInfo {
            application_id: client.application_id.clone().or(self.context.application_id),
            alias: client.alias.clone().or(self.context.alias),
            invitation: self.context.invitation,
            single_sign_on: self.context.single_sign_on,
            ..client.clone()
        };
        Ok(Closed { user: self.user, first: self.first, raising: self.context.raising, client })
    }
}

/// Whether the person has given so many wrong answers of late that none is taken any more.
pub(super) async fn is_guessing(tx: &Read, user_id: &str) -> DomainResult<bool> {
    Ok(misses(tx, user_id).await? >= BUDGET)
}

/// Counts a wrong answer that was given outside a sign-in. Commit, then refuse.
pub(super) async fn guessed_wrong(tx: &Write, user_id: &str) -> DomainResult<()> {
    let row = one_time_token::ActiveModel {
        attempts: Set(1),
        spent_at: Set(Some(tx.now())),
        ..grant(user_id).row(tx, &ids::new_secret())
    };
    one_time_token::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

fn grant(user_id: &str) -> Grant<'_> {
    Grant::new(Purpose::SecondFactor, user_id).lifetime(LIFETIME)
}

/// How many wrong answers the person has given of late.
async fn misses(tx: &Read, user_id: &str) -> DomainResult<i32> {
    let counts: Vec<i32> = one_time_token::Entity::find()
        .select_only()
        .column(one_time_token::Column::Attempts)
        .filter(of(user_id))
        .filter(one_time_token::Column::CreatedAt.gt(tx.now().before(WINDOW)))
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(counts.into_iter().sum())
}

fn of(user_id: &str) -> Condition {
    Condition::all()
        .add(one_time_token::Column::Kind.eq(Purpose::SecondFactor))
        .add(one_time_token::Column::UserId.eq(user_id))
}

fn bad_token() -> DomainError {
    DomainError::unauthorized("MFA token is invalid")
}
