//! What newcomers get by mail: the token that activates an account, or the one that accepts an
//! invitation into a further tenant.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    DomainResult,
    identifiers::emails,
    settings::{self, Owner},
};
use crate::{
    ids,
    store::{
        Tx,
        entity::{Channel, Purpose, membership, one_time_token, outbox_message, user},
    },
};

/// How long tokens live.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
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

    fn path(self) -> &'static str {
        match self {
            Self::Activation => "/oauth/account/activate",
            Self::Invitation => "/oauth/account/invitation/accept",
        }
    }

    fn template(self, way: Way) -> &'static str {
        match (self, way) {
            (Self::Activation, Way::Link) => "ActivateUser",
            (Self::Activation, Way::Code) => "ActivateUserWithCode",
            (Self::Invitation, Way::Link) => "InviteToTenant",
            (Self::Invitation, Way::Code) => "InviteToTenantWithCode",
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
    let owner = match membership_id {
        Some(id) => Condition::all().add(one_time_token::Column::MembershipId.eq(id)),
        None => Condition::all(),
    };
    one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::UserId.eq(user_id))
        .filter(one_time_token::Column::Kind.eq(mail.purpose()))
        .filter(owner)
        .exec(tx)
        .await?;
    let strategy = mail.strategy(tx).await?;
    let token = ids::new_secret();
    let (code, lifetime) = match strategy.strategy {
        Way::Link => (None, LIFETIME),
        Way::Code => {
            let seconds = strategy.code_expiration.try_into().unwrap_or_default();
            (Some(ids::new_code()), Duration::from_secs(seconds))
        }
    };
    let row = one_time_token::ActiveModel {
        id: Set(ids::new_id()),
        kind: Set(mail.purpose()),
        user_id: Set(user_id.to_owned()),
        membership_id: Set(membership_id.map(str::to_owned)),
        fingerprint: Set(ids::fingerprint(&token)),
        code_fingerprint: Set(code.as_deref().map(ids::fingerprint)),
        target: Set(None),
        attempts: Set(0),
        created_at: Set(tx.stamp()),
        expires_at: Set(tx.now().after(lifetime)),
    };
    row.insert(tx).await?;
    let link = format!("{base_url}{}?userId={user_id}&token={token}", mail.path());
    Ok(Issued { token, code, link })
}

/// Makes a token and mails it, to people who have an address.
pub(crate) async fn send(
    tx: &Tx,
    base_url: &str,
    mail: Mail,
    user: &user::Model,
    membership: &membership::Model,
    context: Map<String, Value>,
) -> DomainResult<()> {
    let Some(address) = emails::of_user(tx, &user.id).await?.into_iter().find(|row| row.is_primary) else {
        return Ok(());
    };
    let membership_id = (mail == Mail::Invitation).then_some(membership.id.as_str());
    let issued = issue(tx, base_url, mail, &user.id, membership_id).await?;
    let way = if issued.code.is_some() { Way::Code } else { Way::Link };
    let message = outbox_message::ActiveModel {
        id: Set(ids::new_id()),
        channel: Set(Channel::Email),
        template: Set(mail.template(way).to_owned()),
        recipient: Set(address.email),
        user_id: Set(Some(user.id.clone())),
        tenant_id: Set(Some(membership.tenant_id.clone())),
        code: Set(issued.code),
        token: Set(Some(issued.token)),
        link: Set(Some(issued.link)),
        context: Set(Value::Object(context).to_string()),
        created_at: Set(tx.stamp()),
    };
    message.insert(tx).await?;
    Ok(())
}
