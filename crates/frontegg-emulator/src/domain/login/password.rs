//! Signing in with a password.

use frontegg_model::enums::EmailTemplateType;
use sea_orm::EntityTrait;

use super::{
    ClientInfo, FirstFactor, Leak, Outcome, captcha, proceed, refused,
    user_pools::{self, Asked},
};
use crate::{
    domain::{
        DomainError, DomainResult,
        identifiers::{Identifier, emails},
        messages::outbox,
        passwords::{
            self, Passwords,
            lockout::{self, Attempt, Guess},
        },
        settings::configuration,
    },
    store::{Fetch, Store, Write, entity::user},
};

/// What somebody signs in with.
#[derive(Clone, Copy)]
pub(crate) struct PasswordCredentials<'a> {
    pub(crate) identifier: Identifier<'a>,
    pub(crate) password: &'a str,
    pub(crate) recaptcha_token: Option<&'a str>,
}

/// Signs somebody in, or says what is needed besides. Begin no transaction before: hashing takes its
/// time.
///
/// Nobody is told whether the person does not exist, is locked, or has another password; what else
/// bars them only those learn who know the password.
pub(crate) async fn with_password(
    store: &Store,
    passwords: &Passwords,
    credentials: PasswordCredentials<'_>,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    passwords::check_size(credentials.password)?;
    let identifier = credentials.identifier;
    let tx = store.read().await?;
    captcha::check(&tx, identifier.email(), credentials.recaptcha_token).await?;
    if !configuration::get(&tx).await?.allows_passwords() {
        let message = "Signing in with a password is not the strategy of this environment";
        return Err(DomainError::bad_request(message));
    }
    let mut user_id = identifier.user_id(&tx).await?;
    let asked = user_pools::find(&tx, identifier, user_id.as_deref(), client).await?;
    let is_leaked = passwords::leaked::is_leaked(&tx, credentials.password).await?;
    let leak = if is_leaked { Leak::Known } else { Leak::Unknown };
    drop(tx);
    if let Some(asked) = &asked {
        user_id = asked.account.user_id.clone();
    }
    let guess = Guess {
        account: &identifier.key(),
        user_id: user_id.as_deref(),
        password: credentials.password,
        hash_elsewhere: asked.as_ref().and_then(Asked::password_hash),
    };
    let attempt = lockout::attempt(store, passwords, guess).await?;
    if attempt != Attempt::Right {
        return Err(refused());
    }
    store
        .write(async |tx| {
            // Things may have changed while the password was compared.
            let user = match &asked {
                Some(asked) => Some(asked.enter(tx).await?),
                None => user::Entity::find_by_id(user_id.unwrap_or_default()).fetch_one(tx).await?,
            };
            let user = user.filter(|user| !user.is_locked).ok_or_else(refused)?;
            if leak == Leak::Known {
                warn(tx, &user).await?;
            }
            proceed(tx, user, FirstFactor::Password, client, leak).await
        })
        .await
}

/// Tells the owner of a leaked password by mail, with a link to set another one.
async fn warn(tx: &Write, user: &user::Model) -> DomainResult<()> {
    let addresses = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?;
    let Some(address) = addresses.get(&user.id) else {
        return Ok(());
    };
    let token = passwords::reset::issue(tx, &user.id).await?;
    let mail = outbox::mail(EmailTemplateType::PwnedPassword, &address.email).user(user);
    mail.parameter("userId", &user.id).token(&token).send(tx).await
}
