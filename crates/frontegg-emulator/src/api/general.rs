//! Signing in with a password, going on, signing out, signing up.

use frontegg_contract::{
    ApiFailure, ApiResult, Principal, RequestContext,
    general::{
        AuthenticateUserWithPasswordParams, GeneralApi, LogOutUserParams, RefreshUserTokenParams, SignUpUserParams,
        SignUpUserWithUsernameParams,
    },
};
use frontegg_model::{Secret, types};

use super::sign_in;
use crate::{
    domain::{
        identifiers::Identifier,
        joining::sign_up::{self, Newcomer},
        login::{self, PasswordCredentials},
        settings::configuration,
        users::NewUser,
    },
    service::Service,
};

impl GeneralApi for Service {
    async fn authenticate_user_with_password(
        &self,
        cx: &RequestContext,
        _: AuthenticateUserWithPasswordParams,
        body: types::AuthenticateUserPasswordDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (email, username) = (given(&body.email), given(&body.username));
        let identifier = match (&email, &username) {
            (Some(email), _) => Identifier::Email(email),
            (None, Some(username)) => Identifier::Username(username),
            (None, None) => return Err(ApiFailure::bad_request("email or username is required")),
        };
        let credentials = PasswordCredentials {
            identifier,
            password: body.password.expose(),
            recaptcha_token: body.recaptcha_token.as_ref().map(Secret::expose),
        };
        let client = sign_in::client_info(self, cx).invited(exposed(body.invitation_token.as_ref()));
        let (store, passwords) = (self.store(), self.passwords());
        let outcome = login::with_password(store, passwords, credentials, &client).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn log_out_user(&self, cx: &RequestContext, _: LogOutUserParams) -> ApiResult<()> {
        let same_site = self
            .write(async |tx| {
                login::log_out(tx, &sign_in::refresh_tokens(self, cx)).await?;
                let same_site = configuration::get(tx).await?.cookie_same_site;
                Ok(same_site)
            })
            .await?;
        sign_in::drop_refresh_cookies(self, cx, same_site);
        Ok(())
    }

    async fn refresh_user_token(
        &self,
        cx: &RequestContext,
        _: RefreshUserTokenParams,
        body: types::RefreshTokenDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let outcome = sign_in::renew(self, cx, body).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn sign_up_user(
        &self,
        cx: &RequestContext,
        _: SignUpUserParams,
        body: types::SignUpUserEmailDto,
    ) -> ApiResult<types::SignUpResponseDto> {
        let newcomer = Newcomer {
            person: NewUser {
                email: Some(body.email),
                username: body.username,
                name: body.name,
                profile_picture_url: body.profile_picture_url,
                phone_number: body.phone_number,
                provider: body.provider.map(|provider| provider.as_str().to_owned()),
                metadata: body.metadata,
                ..NewUser::default()
            },
            password: exposed(body.password.as_ref()),
            company_name: body.company_name,
            role_ids: by_back_end(cx, body.role_ids),
            silent: body.skip_invite_email == Some(true),
            mail_context: body.email_metadata.unwrap_or_default(),
            recaptcha_token: exposed(body.recaptcha_token.as_ref()),
        };
        sign_up(self, cx, newcomer, body.invitation_token).await
    }

    async fn sign_up_user_with_username(
        &self,
        cx: &RequestContext,
        _: SignUpUserWithUsernameParams,
        body: types::SignUpUserUsernameDto,
    ) -> ApiResult<types::SignUpResponseDto> {
        let newcomer = Newcomer {
            person: NewUser {
                email: body.email,
                username: Some(body.username),
                name: body.name,
                profile_picture_url: body.profile_picture_url,
                phone_number: body.phone_number,
                provider: body.provider.map(|provider| provider.as_str().to_owned()),
                metadata: body.metadata,
                ..NewUser::default()
            },
            password: exposed(body.password.as_ref()),
            company_name: body.company_name,
            role_ids: by_back_end(cx, body.role_ids),
            silent: body.skip_invite_email == Some(true),
            mail_context: body.email_metadata.unwrap_or_default(),
            recaptcha_token: exposed(body.recaptcha_token.as_ref()),
        };
        let tx = self.store().read().await?;
        sign_up::require_usernames(&tx).await?;
        drop(tx);
        sign_up(self, cx, newcomer, body.invitation_token).await
    }
}

/// What only a back end may say.
fn by_back_end<T>(cx: &RequestContext, value: Option<T>) -> Option<T> {
    value.filter(|_| matches!(cx.principal, Principal::Environment(_)))
}

fn exposed(secret: Option<&Secret>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned()).filter(|text| !text.is_empty())
}

async fn sign_up(
    service: &Service,
    cx: &RequestContext,
    newcomer: Newcomer,
    invitation: Option<Secret>,
) -> ApiResult<types::SignUpResponseDto> {
    let client = sign_in::client_info(service, cx).invited(exposed(invitation.as_ref()));
    let (store, passwords) = (service.store(), service.passwords());
    // On the heap, as it is large.
    let done = Box::pin(sign_up::sign_up(store, passwords, newcomer, &client)).await?;
    let auth_response = match done.outcome {
        Some(outcome) => Some(sign_in::answer(service, cx, outcome).await?),
        None => None,
    };
    Ok(types::SignUpResponseDto {
        should_activate: Some(auth_response.is_none()),
        auth_response,
        activation_token: done.activation_token.map(Secret::from),
        user_id: Some(done.user_id),
        tenant_id: Some(done.tenant_id),
    })
}
