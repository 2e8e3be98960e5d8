//! Signing in without a password, in two steps: something is sent, and comes back.
//!
//! Nobody is told whether somebody exists: for people who do not, the same work is done in vain.

use std::time::Duration;

use frontegg_model::enums::EmailTemplateType;

use super::{ClientInfo, FirstFactor, Outcome, captcha};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{
            self, Counted, Grant, Presented,
            bare::{Binding, Guesser, spend_bare},
            dummy_work,
        },
        identifiers::{Identifier, emails, phones},
        login,
        messages::{
            outbox::{self, Draft},
            templates::texts::SmsType,
        },
        settings::{
            self, Form, Owner,
            configuration::{self, IdentityConfiguration},
        },
        users,
    },
    ids,
    store::{
        Read, Write,
        entity::{Purpose, one_time_token, user},
    },
};

/// The kind of the settings document from which numbers of nobody are made.
const NOBODY: &str = "numbers-of-nobody";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<String>(NOBODY);

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    SmsCode,
    MagicLink,
    EmailCode,
}

/// A request for a code or link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    pub(crate) identifier: Identifier<'a>,
    pub(crate) recaptcha_token: Option<&'a str>,
    /// What only the browser knows that asks.
    pub(crate) device: &'a str,
}

/// What came of a request.
pub(crate) struct Sent {
    /// The number that a code was sent to, but for its last digits.
    pub(crate) masked_number: Option<String>,
    /// How long what was sent is valid.
    pub(crate) lifetime: Duration,
    pub(crate) configuration: IdentityConfiguration,
}

/// Somebody to whom something can be sent, and where.
struct Recipient {
    user: user::Model,
    address: String,
}

impl Kind {
    /// Refuses, with 400, what the environment has not chosen as its way of signing in.
    fn require(self, configuration: &IdentityConfiguration) -> DomainResult<()> {
        let (names, what) = match self {
            Self::SmsCode => (["SmsCode", "UsernameAndSms"], "an SMS code"),
            Self::MagicLink => (["MagicLink", "UsernameAndMagicLink"], "a magic link"),
            Self::EmailCode => (["Code", "UsernameAndCode"], "an email code"),
        };
        if names.contains(&configuration.auth_strategy.as_str()) {
            return Ok(());
        }
        Err(DomainError::bad_request(format!("Signing in with {what} is not the strategy of this environment")))
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::SmsCode => Purpose::SmsSignIn,
            Self::MagicLink => Purpose::LinkSignIn,
            Self::EmailCode => Purpose::CodeSignIn,
        }
    }

    /// What is said where what was sent is invalid, whatever the reason.
    fn refusal(self) -> DomainError {
        match self {
            Self::MagicLink => DomainError::unauthorized("The link is not valid or has expired"),
            Self::SmsCode | Self::EmailCode => DomainError::unauthorized("The code is wrong or has expired"),
        }
    }

    fn first_factor(self) -> FirstFactor {
        match self {
            Self::SmsCode => FirstFactor::SmsCode,
            Self::MagicLink => FirstFactor::MagicLink,
            Self::EmailCode => FirstFactor::EmailCode,
        }
    }

    /// What is to be sent there with that secret.
    fn draft(self, address: &str, secret: &str) -> Draft {
        match self {
            Self::SmsCode => outbox::sms(SmsType::Otc, address).code(secret),
            Self::MagicLink => outbox::mail(EmailTemplateType::MagicLink, address).token(secret),
            Self::EmailCode => outbox::mail(EmailTemplateType::Otc, address).code(secret),
        }
    }
}

/// Sends a code or a link to the person, if there is one, in place of what was sent before.
pub(crate) async fn send(tx: &Write, request: Request<'_>) -> DomainResult<Sent> {
    let Request { kind, identifier, recaptcha_token, device } = request;
    let configuration = configuration::get(tx).await?;
    kind.require(&configuration)?;
    captcha::check(tx, identifier.email(), recaptcha_token).await?;
    let lifetime = configuration.passwordless_token_lifetime();
    let masked_number = if let Some(Recipient { user, address }) = recipient(tx, kind, identifier).await? {
        let target = emails::key(&address);
        let grant = Grant::new(kind.purpose(), &user.id).target(&target).device(Some(device)).lifetime(lifetime);
        let secret = match kind {
            Kind::MagicLink => grant.token(tx).await?,
            Kind::SmsCode | Kind::EmailCode => grant.bare_code(tx).await?,
        };
        kind.draft(&address, &secret).user(&user).send(tx).await?;
        phones::masked(&address)
    } else {
        codes::void(tx, kind.purpose(), &ids::new_id()).await?;
        if kind != Kind::MagicLink {
            dummy_work::bare_code(tx, kind.purpose()).await?;
        }
        let number = number_of_nobody(tx, identifier).await?;
        let (address, secret) = match kind {
            Kind::SmsCode => (number.as_str(), ids::new_code()),
            Kind::MagicLink => ("nobody@nowhere.invalid", ids::new_secret()),
            Kind::EmailCode => ("nobody@nowhere.invalid", ids::new_code()),
        };
        dummy_work::message(tx, kind.draft(address, &secret)).await?;
        phones::masked(&number)
    };
    let masked_number = Some(masked_number).filter(|_| kind == Kind::SmsCode);
    Ok(Sent { masked_number, lifetime, configuration })
}

/// Goes on with a person who brings back what was sent; a wrong code is counted.
///
/// A mail that comes back proves the address.
pub(crate) async fn sign_in(
    tx: &Write,
    kind: Kind,
    secret: &str,
    devices: &[&str],
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    let configuration = configuration::get(tx).await?;
    kind.require(&configuration)?;
    let binding = if configuration.force_same_device_on_auth { Binding::SameDevice } else { Binding::None };
    let guesser = Guesser { devices, address: client.ip_address };
    let Tried::Done(row) = spend(tx, kind, secret, guesser, binding).await? else {
        return Ok(Tried::Refused(kind.refusal()));
    };
    if !is_still_theirs(tx, kind, &row).await? {
        return Ok(Tried::Refused(kind.refusal()));
    }
    if kind != Kind::SmsCode {
        users::prove(tx, &row.user_id).await?;
    }
    let user = users::require(tx, &row.user_id).await?;
    login::first_factor_done(tx, user, kind.first_factor(), client).await.map(Tried::Done)
}

async fn spend(tx: &Write, kind: Kind, secret: &str, guesser: Guesser<'_>, binding: Binding) -> DomainResult<Counted> {
    if kind != Kind::MagicLink {
        return spend_bare(tx, kind.purpose(), secret, guesser, binding).await;
    }
    let presented = Presented::new(kind.purpose(), secret);
    Ok(match binding {
        Binding::None => presented.spend(tx).await?.into(),
        // Without a browser's secret none is the same.
        Binding::SameDevice => presented.devices(guesser.devices).spend(tx).await?.into(),
    })
}

/// Whether the person still has the address or number that it was sent to.
async fn is_still_theirs(tx: &Read, kind: Kind, row: &one_time_token::Model) -> DomainResult<bool> {
    let target = row.target.as_deref().unwrap_or_default();
    Ok(match kind {
        Kind::SmsCode => phones::find(tx, target).await?.is_some_and(|phone| phone.user_id == row.user_id),
        Kind::MagicLink | Kind::EmailCode => {
            let primary = emails::primary_of(tx, std::slice::from_ref(&row.user_id)).await?;
            primary.values().any(|email| email.address_key == target)
        }
    })
}

/// The person, and where they can be reached; nobody where they cannot.
async fn recipient(tx: &Read, kind: Kind, identifier: Identifier<'_>) -> DomainResult<Option<Recipient>> {
    let user = identifier.user(tx).await?;
    // For nobody as well, whose answer takes as long.
    let id = user.as_ref().map_or_else(ids::new_id, |user| user.id.clone());
    let address = match kind {
        Kind::SmsCode => {
            let numbers = phones::of_user(tx, &id).await?.into_iter().filter(|row| row.verified);
            let mut numbers = numbers.map(|row| row.phone_number);
            match identifier {
                Identifier::PhoneNumber(asked) => numbers.find(|number| number == asked),
                _ => numbers.next(),
            }
        }
        Kind::MagicLink | Kind::EmailCode => {
            emails::primary_of(tx, std::slice::from_ref(&id)).await?.remove(&id).map(|row| row.email)
        }
    };
    Ok(user.zip(address).map(|(user, address)| Recipient { user, address }))
}

/// The number that is shown for somebody who does not exist: always the same one for a name, as a
/// real person's would be, and none that could be computed from outside.
async fn number_of_nobody(tx: &Write, identifier: Identifier<'_>) -> DomainResult<String> {
    if let Identifier::PhoneNumber(number) = identifier {
        return Ok(number.to_owned());
    }
    let seed = if let Some(seed) = settings::find::<String>(tx, Owner::Environment, NOBODY).await? {
        seed
    } else {
        let seed = ids::new_secret();
        settings::put(tx, Owner::Environment, NOBODY, &seed).await?;
        seed
    };
    let print = ids::fingerprint(&format!("{seed}:{}", identifier.key()));
    let digits: String = print.bytes().take(10).map(|byte| char::from(b'0' + byte % 10)).collect();
    Ok(format!("+1{digits}"))
}
