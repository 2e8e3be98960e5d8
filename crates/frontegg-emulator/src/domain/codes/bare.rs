//! Codes that are presented without a handle: whoever types one may mean any that is pending.
//!
//! A browser that asked for a code is known by the secret in its cookie, and its guesses count against
//! its own codes. Of everybody else only the address is known: a wrong guess counts against the address,
//! and against all codes together, whose total grows with their number.

use std::{net::IpAddr, time::Duration};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Counted, InvalidCode, TRIES, bare_fingerprint, is_pending, of_browser, spend};
use crate::{
    domain::{DomainResult, Tried},
    ids,
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{Purpose, blind_guess, one_time_token},
    },
};

/// How many wrong guesses an address has, and for how long they count.
const BUDGET: u64 = 20;
const WINDOW: Duration = Duration::from_mins(15);

/// Who types a code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guesser<'a> {
    /// What only the browser knows that asked for it: one of the values that it brings.
    pub(crate) devices: &'a [&'a str],
    /// The address that the guess comes from.
    pub(crate) address: Option<IpAddr>,
}

/// In which browsers a code is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// In all.
    None,
    /// Only in the one that asked for it.
    SameDevice,
}

/// Spends a code; a wrong one is counted.
pub(crate) async fn spend_bare(
    tx: &Write,
    purpose: Purpose,
    code: &str,
    guesser: Guesser<'_>,
    binding: Binding,
) -> DomainResult<Counted> {
    let own = is_pending(tx, purpose).add(of_browser(guesser.devices));
    let right = one_time_token::Column::CodeFingerprint.eq(bare_fingerprint(purpose, code));
    let found = one_time_token::Entity::find().filter(own.clone()).filter(right.clone()).fetch_one(tx).await?;
    if let Some(row) = found {
        return Ok(Tried::Done(spend(tx, row).await?));
    }
    count(tx, own, one_time_token::Column::Attempts).await?;
    if binding == Binding::SameDevice {
        return Ok(Tried::Refused(InvalidCode::Wrong));
    }
    let client = ids::fingerprint(&guesser.address.map(|address| address.to_string()).unwrap_or_default());
    if guesses(tx, &client).await? >= BUDGET {
        return Ok(Tried::Refused(InvalidCode::Exhausted));
    }
    let all = is_pending(tx, purpose).add(can_take_a_blind_guess(tx, purpose).await?);
    if let Some(row) = one_time_token::Entity::find().filter(all.clone()).filter(right).fetch_one(tx).await? {
        return Ok(Tried::Done(spend(tx, row).await?));
    }
    count(tx, all, one_time_token::Column::BlindAttempts).await?;
    note(tx, client).await?;
    Ok(Tried::Refused(InvalidCode::Wrong))
}

/// Codes at which nobody has guessed too often; the more there are, the more guesses were not meant for
/// each of them.
async fn can_take_a_blind_guess(tx: &Read, purpose: Purpose) -> DomainResult<Condition> {
    let waiting = one_time_token::Entity::find().filter(is_pending(tx, purpose)).fetch_count(tx).await?;
    let most = i32::try_from(waiting).unwrap_or(i32::MAX).saturating_mul(TRIES);
    Ok(Condition::all().add(one_time_token::Column::BlindAttempts.lt(most)))
}

async fn count(tx: &Write, which: Condition, column: one_time_token::Column) -> DomainResult<()> {
    let more = Expr::col(column).add(1);
    one_time_token::Entity::update_many().col_expr(column, more).filter(which).exec(tx).await?;
    Ok(())
}

/// How often the address has guessed of late.
async fn guesses(tx: &Read, client: &str) -> DomainResult<u64> {
    let of_late = blind_guess::Entity::find()
        .filter(blind_guess::Column::Client.eq(client))
        .filter(blind_guess::Column::CreatedAt.gt(tx.now().before(WINDOW)));
    Ok(of_late.fetch_count(tx).await?)
}

async fn note(tx: &Write, client: String) -> DomainResult<()> {
    let over = blind_guess::Column::CreatedAt.lte(tx.now().before(WINDOW));
    blind_guess::Entity::delete_many().filter(over).exec(tx).await?;
    let row = blind_guess::ActiveModel { id: Set(ids::new_id()), client: Set(client), created_at: Set(tx.now()) };
    blind_guess::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
