//! Refresh tokens: opaque, each valid for one use, which makes its successor.
//!
//! Whoever presents a spent one may have stolen it, or the one who spent it may have: nobody can
//! tell, so the whole session ends. The exception is the grace: for a moment after its use, and
//! until its successor is used, a spent token gets the very same answer again, since that answer may
//! have been lost, or two tabs may have asked at once. For that the successor is made from the token
//! itself and a secret that the store keeps for so long: neither of them alone tells it.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Rules, Span, expiry, rules};
use crate::{
    clock::Timestamp,
    domain::{DomainResult, settings::configuration::IdentityConfiguration},
    ids,
    store::{
        Fetch, Read, Write,
        entity::{refresh_token, session, user},
    },
};

/// What something that was presented as a refresh token turned out to be.
#[derive(Debug)]
pub(crate) enum Presented {
    /// Nothing that we know, or nothing any more: its session has ended or expired.
    Invalid,
    /// Spent too long ago, or its successor is in use: it, or its successor, is in wrong hands.
    Reused(session::Model),
    /// Spent a moment ago; this is its successor.
    Repeated(Live, Successor),
    /// Valid.
    Valid(Live, Token),
}

/// A session that goes on, and the person whose it is.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) session: session::Model,
    pub(crate) user: user::Model,
}

/// A refresh token that is valid, in clear.
pub(crate) struct Token {
    row: refresh_token::Model,
    text: String,
}

/// The refresh token that came out of another, in clear.
#[derive(Clone)]
pub(crate) struct Successor(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("row", &self.row).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Successor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Successor")
    }
}

/// Makes the first refresh token of a session. It is valid as long as the session.
pub(super) async fn issue(tx: &Write, session: &session::Model) -> DomainResult<String> {
    let token = ids::new_id();
    insert(tx, session, &token, session.expires_at).await?;
    Ok(token)
}

/// Makes a refresh token in place of all that a session has. They are forgotten, not spent: whoever
/// comes too late with one of them is no thief.
pub(super) async fn replace(tx: &Write, session: &session::Model) -> DomainResult<String> {
    refresh_token::Entity::delete_many().filter(of(session)).exec(tx).await?;
    issue(tx, session).await
}

/// The session that a refresh token belongs to, whatever has become of either.
pub(crate) async fn session_of(tx: &Read, token: &str) -> DomainResult<Option<session::Model>> {
    Ok(find(tx, token).await?.map(|(_, live)| live.session))
}

async fn find(tx: &Read, token: &str) -> DomainResult<Option<(refresh_token::Model, Live)>> {
    let found = refresh_token::Entity::find_by_id(ids::fingerprint(token))
        .find_also_related(session::Entity)
        .find_also(session::Entity, user::Entity)
        .fetch_one(tx)
        .await?;
    Ok(found.and_then(|(row, session, user)| Some((row, Live { session: session?, user: user? }))))
}

/// What a token is valid for. `grace` is how long after its use it may be repeated.
pub(crate) async fn present(tx: &Read, token: &str, grace: Duration) -> DomainResult<Presented> {
    let Some((row, live)) = find(tx, token).await? else {
        return Ok(Presented::Invalid);
    };
    let session = &live.session;
    // The documents of all tenants of the person, that one's among them, are known from then on.
    tx.tenants_of(&session.user_id).await?;
    let rules = rules::in_force(tx, &session.tenant_id).await?;
    if session.ended_at.is_some() || row.expires_at <= tx.now() || is_over(tx, &rules, session) {
        return Ok(Presented::Invalid);
    }
    let Some(spent_at) = row.spent_at else {
        return Ok(Presented::Valid(live, Token { row, text: token.to_owned() }));
    };
    match row.seed {
        Some(seed) if spent_at.after(grace) > tx.now() => {
            Ok(Presented::Repeated(live, Successor(ids::successor(token, &seed))))
        }
        _ => Ok(Presented::Reused(live.session)),
    }
}

/// Whether the rules of now have ended a session.
fn is_over(tx: &Read, rules: &Rules, session: &session::Model) -> bool {
    session.last_used_at.after(rules.idle_timeout()) <= tx.now()
        || rules.forced_end(session.created_at).is_some_and(|end| end <= tx.now())
}

/// Goes on with a session, in that tenant. Gives the refresh token for the next time: a new one, or
/// the same where the environment does not rotate them.
pub(crate) async fn renew(
    tx: &Write,
    configuration: &IdentityConfiguration,
    session: session::Model,
    token: Token,
    tenant_id: &str,
) -> DomainResult<(session::Model, String)> {
    let rules = rules::in_force(tx, tenant_id).await?;
    let mut expires_at = expiry(tx, configuration, &rules, Span::of(&session));
    if !configuration.rotate_refresh_tokens {
        expires_at = Ord::min(expires_at, token.row.expires_at);
    }
    let session = touch(tx, session, tenant_id, expires_at).await?;
    if !configuration.rotate_refresh_tokens {
        return Ok((session, token.text));
    }
    if session.created_at.after(configuration.refresh_token_lifetime()) <= tx.now() {
        forget_expired(tx, &session).await?;
    }
    let successor = spend(tx, &session, token).await?;
    insert(tx, &session, &successor, expires_at).await?;
    Ok((session, successor))
}

/// Goes on with a session whose renewal is repeated.
pub(crate) async fn repeat(tx: &Write, session: session::Model, tenant_id: &str) -> DomainResult<session::Model> {
    let expires_at = session.expires_at;
    touch(tx, session, tenant_id, expires_at).await
}

async fn touch(
    tx: &Write,
    session: session::Model,
    tenant_id: &str,
    expires_at: Timestamp,
) -> DomainResult<session::Model> {
    let mut session = session.into_active_model();
    session.last_used_at = Set(tx.now());
    session.expires_at = Set(expires_at);
    session.tenant_id.set_ne(tenant_id.to_owned());
    Ok(session.update(tx).await?)
}

/// Forgets the tokens of a session that are as good as unknown, which none is before the session is as old as a
/// token can become.
async fn forget_expired(tx: &Write, session: &session::Model) -> DomainResult<()> {
    refresh_token::Entity::delete_many()
        .filter(of(session))
        .filter(refresh_token::Column::ExpiresAt.lte(tx.now()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Spends a token and makes its successor, which is still to be stored. From now on the token's own
/// predecessor cannot be repeated.
async fn spend(tx: &Write, session: &session::Model, token: Token) -> DomainResult<String> {
    let seed = ids::new_secret();
    let successor = ids::successor(&token.text, &seed);
    let itself = || refresh_token::Column::Fingerprint.eq(token.row.fingerprint.as_str());
    let before = Expr::col(refresh_token::Column::SpentAt);
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::SpentAt, Expr::case(itself(), tx.now()).finally(before).into())
        .col_expr(refresh_token::Column::Seed, Expr::case(itself(), seed).finally(Expr::value(None::<String>)).into())
        .filter(of(session))
        .filter(itself().or(refresh_token::Column::Seed.is_not_null()))
        .exec(tx)
        .await?;
    Ok(successor)
}

async fn insert(tx: &Write, session: &session::Model, token: &str, expires_at: Timestamp) -> DomainResult<()> {
    let row = refresh_token::ActiveModel {
        fingerprint: Set(ids::fingerprint(token)),
        session_id: Set(session.id.clone()),
        created_at: Set(tx.now()),
        expires_at: Set(expires_at),
        spent_at: Set(None),
        seed: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

fn of(session: &session::Model) -> Condition {
    Condition::all().add(refresh_token::Column::SessionId.eq(session.id.as_str()))
}
