//! What newcomers get by mail, and bring back: the token that activates an account, or the one that
//! accepts an invitation into a further tenant.
//!
//! Each is for the address that the person had when it was made: whoever reads the mail of an
//! address that is theirs no more has nothing in hand.

use std::time::Duration;

use frontegg_model::enums::EmailTemplateType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{self, Checked, Grant, InvalidCode, Presented, dummy_work},
        identifiers::emails,
        messages::{
            outbox::{self, Draft},
            templates::mails,
        },
        settings::{self, Form, Owner},
        tenants,
    },
    ids,
    store::{
        Read, Write,
        entity::{Purpose, membership, one_time_token, user},
    },
};

/// How long tokens live.
const LIFETIME: Duration = Duration::from_hours(7 * 24);
/// The most seconds that codes may be valid: a year.
const LONGEST: i64 = 365 * 24 * 60 * 60;
/// The kinds of the settings documents.
const ACTIVATION_STRATEGY: &str = "activation-strategy";
const INVITATION_STRATEGY: &str = "invitation-strategy";
/// How they read.
pub(crate) const FORMS: [Form; 2] =
    [Form::of::<Strategy>(ACTIVATION_STRATEGY), Form::of::<Strategy>(INVITATION_STRATEGY)];

/// Which mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mail {
    /// To a new account.
    Activation,
    /// To a known person who is asked into a tenant.
    Invitation,
}

/// Whether people follow a link or type a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Way {
    #[default]
    Link,
    Code,
}

/// How the environment wants it, and for how many seconds codes are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Strategy {
    pub(crate) strategy: Way,
    pub(crate) code_expiration: i64,
}

impl Default for Strategy {
    fn default() -> Self {
        Self { strategy: Way::Link, code_expiration: 3600 }
    }
}

/// A token in clear, to be mailed or shown once.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) code: Option<String>,
    pub(crate) link: String,
}

impl Mail {
    fn purpose(self) -> Purpose {
        match self {
            Self::Activation => Purpose::Activation,
            Self::Invitation => Purpose::Invitation,
        }
    }

    fn template(self, way: Way) -> EmailTemplateType {
        match (self, way) {
            (Self::Activation, Way::Link) => EmailTemplateType::ActivateUser,
            (Self::Activation, Way::Code) => EmailTemplateType::ActivateUserWithCode,
            (Self::Invitation, Way::Link) => EmailTemplateType::InviteToTenant,
            (Self::Invitation, Way::Code) => EmailTemplateType::InviteToTenantWithCode,
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Activation => ACTIVATION_STRATEGY,
            Self::Invitation => INVITATION_STRATEGY,
        }
    }

    /// How the environment wants this mail answered.
    pub(crate) async fn strategy(self, tx: &Read) -> DomainResult<Strategy> {
        settings::get(tx, Owner::Environment, self.setting()).await
    }

    /// Changes that, as far as something is given. What was mailed before stays as it is.
    pub(crate) async fn set_strategy(
        self,
        tx: &Write,
        way: Option<Way>,
        code_expiration: Option<i64>,
    ) -> DomainResult<()> {
        let present = self.strategy(tx).await?;
        let strategy = Strategy {
            strategy: way.unwrap_or(present.strategy),
            code_expiration: code_expiration.unwrap_or(present.code_expiration),
        };
        if strategy.code_expiration > LONGEST {
            return Err(DomainError::bad_request(format!("codeExpiration must not be greater than {LONGEST}")));
        }
        settings::put(tx, Owner::Environment, self.setting(), &strategy).await
    }
}

/// What somebody brings back, for themselves.
#[derive(Clone, Copy)]
pub(crate) struct Returned<'a> {
    pub(crate) mail: Mail,
    pub(crate) user_id: &'a str,
    pub(crate) token: &'a str,
    /// The code of the mail, where people type one.
    pub(crate) code: Option<&'a str>,
}

impl Returned<'_> {
    fn presented(&self) -> Presented<'_> {
        Presented::new(self.mail.purpose(), self.token).user(self.user_id)
    }

    /// Looks whether the token is valid, and leaves it so. The code is not looked at.
    pub(crate) async fn look(&self, tx: &Read) -> DomainResult<Checked> {
        let checked = self.presented().look(tx).await?;
        self.of_the_address(tx, checked).await
    }

    /// Spends it; a wrong code is counted.
    pub(crate) async fn spend(&self, tx: &Write) -> DomainResult<Tried<one_time_token::Model>> {
        let spent = match (self.look(tx).await?, self.code) {
            (Err(invalid), _) => Tried::Refused(invalid),
            (Ok(_), Some(code)) => self.presented().spend_with(tx, code).await?,
            (Ok(_), None) => self.presented().spend(tx).await?.into(),
        };
        Ok(spent.refuse(|_| self.refusal()))
    }

    async fn of_the_address(&self, tx: &Read, checked: Checked) -> DomainResult<Checked> {
        let Ok(row) = checked else { return Ok(checked) };
        let primary = emails::primary(tx, self.user_id).await?.map(|row| emails::key(&row.email));
        Ok(if row.target == primary { Ok(row) } else { Err(InvalidCode::Unknown) })
    }

    /// What is said where it is invalid, whatever the reason.
    pub(crate) fn refusal(&self) -> DomainError {
        DomainError::bad_request(match self.code {
            Some(_) => "The code is wrong or has expired",
            None => "The link is not valid or has expired",
        })
    }
}

/// Makes a token, in place of earlier ones for the same: one for the account, or one for the
/// membership.
///
/// It is for that primary address of theirs, or none.
pub(crate) async fn issue(
    tx: &Write,
    mail: Mail,
    user_id: &str,
    membership_id: Option<&str>,
    address: Option<&str>,
) -> DomainResult<Issued> {
    let address = address.map(emails::key);
    let grant = Grant::new(mail.purpose(), user_id).membership(membership_id);
    let grant = Grant { target: address.as_deref(), ..grant };
    let strategy = mail.strategy(tx).await?;
    let (token, code) = match strategy.strategy {
        Way::Link => (grant.lifetime(LIFETIME).token(tx).await?, None),
        Way::Code => {
            let seconds = strategy.code_expiration.try_into().unwrap_or_default();
            let handle = grant.lifetime(Duration::from_secs(seconds)).code(tx).await?;
            (handle.token, Some(handle.code))
        }
    };
    let parameters = [("userId", user_id), ("token", token.as_str())];
    let link = mails::link(tx, &mail.template(Way::Link), &parameters).await?;
    Ok(Issued { token, code, link })
}

/// Who gets such a mail, and for which place in which tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipient<'a> {
    pub(crate) user: &'a user::Model,
    /// Their primary address.
    pub(crate) email: Option<&'a str>,
    pub(crate) membership: &'a membership::Model,
    pub(crate) tenant_name: &'a str,
}

/// Makes a token and mails it, to people who have an address; gives what was mailed.
pub(crate) async fn send(
    tx: &Write,
    mail: Mail,
    user: &user::Model,
    membership: &membership::Model,
    context: Map<String, Value>,
) -> DomainResult<Option<Issued>> {
    let address = emails::primary(tx, &user.id).await?;
    let email = address.as_ref().map(|row| row.email.as_str());
    let tenant = tenants::find(tx, &membership.tenant_id).await?;
    let tenant_name = tenant.as_ref().map_or(membership.tenant_id.as_str(), |tenant| &tenant.name);
    send_to(tx, mail, Recipient { user, email, membership, tenant_name }, context).await
}

/// The same where all that it takes is known.
pub(crate) async fn send_to(
    tx: &Write,
    mail: Mail,
    to: Recipient<'_>,
    context: Map<String, Value>,
) -> DomainResult<Option<Issued>> {
    let Recipient { user, membership, .. } = to;
    let Some(email) = to.email else { return Ok(None) };
    let membership_id = (mail == Mail::Invitation).then_some(membership.id.as_str());
    let issued = issue(tx, mail, &user.id, membership_id, Some(email)).await?;
    let message = draft(mail, email, &user.id, &issued, context);
    message.user(user).tenant(&membership.tenant_id, to.tenant_name).send(tx).await?;
    Ok(Some(issued))
}

/// Does what [`send`] does, for somebody who gets nothing.
pub(crate) async fn pretend(tx: &Write, mail: Mail, context: Map<String, Value>) -> DomainResult<()> {
    let nobody = ids::new_id();
    emails::primary(tx, &nobody).await?;
    let strategy = mail.strategy(tx).await?;
    codes::void(tx, mail.purpose(), &nobody).await?;
    let (token, code) = (ids::new_secret(), (strategy.strategy == Way::Code).then(ids::new_code));
    let parameters = [("userId", nobody.as_str()), ("token", token.as_str())];
    let link = mails::link(tx, &mail.template(Way::Link), &parameters).await?;
    tenants::find(tx, &nobody).await?;
    let message = draft(mail, "nobody@nowhere.invalid", &nobody, &Issued { token, code, link }, context);
    dummy_work::message(tx, message).await
}

fn draft(mail: Mail, address: &str, user_id: &str, issued: &Issued, context: Map<String, Value>) -> Draft {
    let way = if issued.code.is_some() { Way::Code } else { Way::Link };
    let message =
        outbox::mail(mail.template(way), address).parameter("userId", user_id).token(&issued.token).values(context);
    match &issued.code {
        Some(code) => message.code(code),
        None => message,
    }
}
