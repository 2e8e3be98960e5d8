//! What a change to somebody's identity makes void: sessions, sign-ins under way, what was mailed or sent
//! to them, browsers that skip the second factor.
//!
//! [`Change::voids`] is the whole table; whoever makes one of these changes calls [`void`] in the same
//! transaction.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};

use super::DomainResult;
use crate::store::{
    Write,
    entity::{Purpose, one_time_token, remembered_device, session},
};

/// A change to somebody's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// The person, who knew the former password, set another one in that session.
    PasswordChanged { session: Option<&'a str> },
    /// Somebody who did not have to know the former password set another one.
    PasswordReset,
    /// The owner of the primary address has proven it for the first time: what there was before may be
    /// anybody's.
    FirstProof,
    /// Another address became the primary one.
    PrimaryEmail,
    /// A phone number is the person's no more.
    PhoneNumber,
    /// An administrator barred the person.
    Locked,
    /// The bar was lifted.
    Unlocked,
    /// The last second factor went.
    SecondFactors,
}

/// What a change voids.
struct Voided<'a> {
    sessions: Sessions<'a>,
    tokens: &'static [&'static [Purpose]],
    devices: RememberedDevices,
}

enum Sessions<'a> {
    Kept,
    /// All end but that one.
    Ended {
        but: Option<&'a str>,
    },
}

#[derive(PartialEq, Eq)]
enum RememberedDevices {
    Kept,
    Forgotten,
}

/// Sign-ins that wait for a second factor, with the codes sent in them.
const SIGN_INS: &[Purpose] = &[Purpose::SecondFactor, Purpose::SmsSecondFactor, Purpose::MailSecondFactor];
/// What sets a password.
const RESETS: &[Purpose] = &[Purpose::PasswordReset, Purpose::SmsPasswordReset];
/// What was begun in a session, and goes on in one.
const OF_SESSIONS: &[Purpose] = &[
    Purpose::EmailVerification,
    Purpose::EmailChange,
    Purpose::PhoneVerification,
    Purpose::PhoneRemoval,
    Purpose::SecondFactorEnrollment,
    Purpose::SecondFactorRemoval,
];
/// What went to the primary address.
const MAILED: &[Purpose] = &[
    Purpose::PasswordReset,
    Purpose::Unlock,
    Purpose::LinkSignIn,
    Purpose::CodeSignIn,
    Purpose::MailSecondFactor,
    Purpose::EmailChange,
    Purpose::Activation,
];
/// What went to a phone.
const SENT: &[Purpose] = &[Purpose::SmsSignIn, Purpose::SmsPasswordReset];
/// What lifts a bar.
const UNLOCKS: &[Purpose] = &[Purpose::Unlock];

impl<'a> Change<'a> {
    fn voids(self) -> Voided<'a> {
        let (sessions, tokens, devices): (_, &'static [&'static [Purpose]], _) = match self {
            Self::PasswordChanged { session } => {
                (Sessions::Ended { but: session }, &[SIGN_INS, RESETS], RememberedDevices::Forgotten)
            }
            Self::PasswordReset | Self::FirstProof => {
                (Sessions::Ended { but: None }, &[SIGN_INS, RESETS, OF_SESSIONS], RememberedDevices::Forgotten)
            }
            Self::PrimaryEmail => (Sessions::Kept, &[MAILED], RememberedDevices::Kept),
            Self::PhoneNumber => (Sessions::Kept, &[SENT], RememberedDevices::Kept),
            Self::Locked => (Sessions::Ended { but: None }, &[SIGN_INS], RememberedDevices::Kept),
            Self::Unlocked => (Sessions::Kept, &[UNLOCKS], RememberedDevices::Kept),
            Self::SecondFactors => (Sessions::Kept, &[], RememberedDevices::Forgotten),
        };
        Voided { sessions, tokens, devices }
    }
}

/// Voids what a change to a person's identity must not leave behind.
pub(crate) async fn void(tx: &Write, user_id: &str, change: Change<'_>) -> DomainResult<()> {
    let Voided { sessions, tokens, devices } = change.voids();
    if let Sessions::Ended { but } = sessions {
        let others = but.map(|id| session::Column::Id.ne(id));
        end_sessions(tx, of_user(session::Column::UserId, user_id).add_option(others)).await?;
    }
    let kinds = || tokens.iter().copied().flatten().copied();
    if kinds().any(|kind| kind == Purpose::SecondFactor) {
        end_sign_ins(tx, user_id).await?;
    }
    let others: Vec<Purpose> = kinds().filter(|kind| *kind != Purpose::SecondFactor).collect();
    if !others.is_empty() {
        delete_tokens(tx, user_id, others).await?;
    }
    if devices == RememberedDevices::Forgotten {
        let theirs = of_user(remembered_device::Column::UserId, user_id);
        remembered_device::Entity::delete_many().filter(theirs).exec(tx).await?;
    }
    Ok(())
}

/// Ends those of the sessions that have not ended; gives their number. The rows stay, so that an ended
/// session can be told from an unknown one.
pub(crate) async fn end_sessions(tx: &Write, which: Condition) -> DomainResult<u64> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::value(Some(tx.now())))
        .filter(which)
        .filter(session::Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    Ok(ended.rows_affected)
}

/// They stay as spent ones: wrong answers given in them still count against the person.
async fn end_sign_ins(tx: &Write, user_id: &str) -> DomainResult<()> {
    one_time_token::Entity::update_many()
        .col_expr(one_time_token::Column::SpentAt, Expr::value(Some(tx.now())))
        .filter(of_user(one_time_token::Column::UserId, user_id))
        .filter(one_time_token::Column::Kind.eq(Purpose::SecondFactor))
        .filter(one_time_token::Column::SpentAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Spent ones stay, so that they can be told from unknown ones.
async fn delete_tokens(tx: &Write, user_id: &str, kinds: Vec<Purpose>) -> DomainResult<()> {
    one_time_token::Entity::delete_many()
        .filter(of_user(one_time_token::Column::UserId, user_id))
        .filter(one_time_token::Column::Kind.is_in(kinds))
        .filter(one_time_token::Column::SpentAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

fn of_user(column: impl ColumnTrait, user_id: &str) -> Condition {
    Condition::all().add(column.eq(user_id))
}
