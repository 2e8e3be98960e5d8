//! What newcomers get by mail: the token that activates an account, or the one that accepts an
//! invitation into a further tenant.

use std::time::Duration;

use frontegg_model::enums::EmailTemplateType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    DomainResult,
    codes::Grant,
    identifiers::emails,
    outbox,
    settings::{self, Owner},
    templates::mails,
    tenants,
};
use crate::store::{
    Tx,
    entity::{Purpose, membership, user},
};

/// How long tokens live.
const LIFETIME: Duration = Duration::from_hours(7 * 24);
/// The kinds of the settings documents.
const ACTIVATION_STRATEGY: &str = "activation-strategy";
const INVITATION_STRATEGY: &str = "invitation-strategy";

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

/// How the environment wants it, and for how many seconds codes are good.
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

    /// How the environment wants this mail answered.
    pub(crate) async fn strategy(self, tx: &Tx) -> DomainResult<Strategy> {
        let kind = match self {
            Self::Activation => ACTIVATION_STRATEGY,
            Self::Invitation => INVITATION_STRATEGY,
        };
        settings::get(tx, Owner::Environment, kind).await
    }
}

/// Makes a token, in place of earlier ones for the same: one for the account, or one for the
/// membership.
pub(crate) async fn issue(
    tx: &Tx,
    base_url: &str,
    mail: Mail,
    user_id: &str,
    membership_id: Option<&str>,
) -> DomainResult<Issued> {
    let grant = Grant::new(mail.purpose(), user_id).membership(membership_id);
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
    let link = mails::link(tx, &mail.template(Way::Link), base_url, &parameters).await?;
    Ok(Issued { token, code, link })
}

/// Makes a token and mails it, to people who have an address; gives what was mailed.
pub(crate) async fn send(
    tx: &Tx,
    base_url: &str,
    mail: Mail,
    user: &user::Model,
    membership: &membership::Model,
    context: Map<String, Value>,
) -> DomainResult<Option<Issued>> {
    let Some(address) = emails::of_user(tx, &user.id).await?.into_iter().find(|row| row.is_primary) else {
        return Ok(None);
    };
    let membership_id = (mail == Mail::Invitation).then_some(membership.id.as_str());
    let issued = issue(tx, base_url, mail, &user.id, membership_id).await?;
    let tenant = tenants::find(tx, &membership.tenant_id).await?;
    let tenant_name = tenant.map_or_else(|| membership.tenant_id.clone(), |tenant| tenant.name);
    let way = if issued.code.is_some() { Way::Code } else { Way::Link };
    let mut message = outbox::mail(mail.template(way), &address.email)
        .user(user)
        .tenant(&membership.tenant_id, &tenant_name)
        .parameter("userId", &user.id)
        .token(&issued.token)
        .values(context);
    if let Some(code) = &issued.code {
        message = message.code(code);
    }
    message.send(tx, base_url).await?;
    Ok(Some(issued))
}
