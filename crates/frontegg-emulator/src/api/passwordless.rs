//! Signing in without a password.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext, passwordless::PasswordlessApi};
use frontegg_model::{Secret, types};

use super::sign_in::{self, NewCookie};
use crate::{
    domain::{
        identifiers::Identifier,
        login::passwordless::{self, Kind, Request, Sent},
    },
    ids,
    service::Service,
    store::Write,
};

/// What the name of the cookie begins with by which a browser is known that asked for a code or
/// link; the environment's id follows.
const BROWSER: &str = "fe_passwordless_";

impl PasswordlessApi for Service {
    async fn authenticate_user_with_email_code(
        &self,
        cx: &RequestContext,
        body: types::AuthenticateUserPasswordlessDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        finish(self, cx, Kind::EmailCode, body).await
    }

    async fn authenticate_user_with_magic_link(
        &self,
        cx: &RequestContext,
        body: types::AuthenticateUserPasswordlessDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        finish(self, cx, Kind::MagicLink, body).await
    }

    async fn authenticate_user_with_sms_code(
        &self,
        cx: &RequestContext,
        body: types::AuthenticateUserPasswordlessDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        finish(self, cx, Kind::SmsCode, body).await
    }

    async fn send_passwordless_email_code(
        &self,
        cx: &RequestContext,
        body: types::PasswordlessAuthenticationPreloginDto,
    ) -> ApiResult<()> {
        begin(self, cx, Kind::EmailCode, Asked::from(body)).await?;
        Ok(())
    }

    async fn send_passwordless_magic_link(
        &self,
        cx: &RequestContext,
        body: types::PasswordlessAuthenticationPreloginDto,
    ) -> ApiResult<()> {
        begin(self, cx, Kind::MagicLink, Asked::from(body)).await?;
        Ok(())
    }

    async fn send_passwordless_sms_code(
        &self,
        cx: &RequestContext,
        body: types::PasswordlessAuthenticationSmsOtcPreloginDto,
    ) -> ApiResult<types::PasswordlessAuthenticationSmsOtcPreloginResponseDto> {
        let asked = Asked {
            email: body.email,
            user_id: body.user_id,
            username: body.username,
            phone_number: body.phone_number,
            recaptcha_token: body.recaptcha_token,
        };
        let sent = begin(self, cx, Kind::SmsCode, asked).await?;
        Ok(types::PasswordlessAuthenticationSmsOtcPreloginResponseDto {
            phone_number: sent.masked_number,
            reset_phone_number_token: None,
        })
    }
}

/// What all three requests have in common.
struct Asked {
    email: Option<String>,
    user_id: Option<String>,
    username: Option<String>,
    phone_number: Option<String>,
    recaptcha_token: Option<Secret>,
}

impl From<types::PasswordlessAuthenticationPreloginDto> for Asked {
    fn from(body: types::PasswordlessAuthenticationPreloginDto) -> Self {
        Self {
            email: body.email,
            user_id: body.user_id,
            username: body.username,
            phone_number: None,
            recaptcha_token: body.recaptcha_token,
        }
    }
}

impl Asked {
    /// The first that is given.
    fn identifier(&self) -> Option<Identifier<'_>> {
        fn given(text: Option<&String>) -> Option<&str> {
            text.map(String::as_str).filter(|text| !text.is_empty())
        }
        let email = given(self.email.as_ref()).map(Identifier::Email);
        email
            .or_else(|| given(self.user_id.as_ref()).map(Identifier::UserId))
            .or_else(|| given(self.username.as_ref()).map(Identifier::Username))
            .or_else(|| given(self.phone_number.as_ref()).map(Identifier::PhoneNumber))
    }
}

async fn begin(service: &Service, cx: &RequestContext, kind: Kind, asked: Asked) -> ApiResult<Sent> {
    let missing = || {
        let more = if kind == Kind::SmsCode { ", username or phoneNumber" } else { " or username" };
        ApiFailure::bad_request(format!("email, userId{more} is required"))
    };
    let identifier = asked.identifier().ok_or_else(missing)?;
    let name = cookie_name(service);
    let device = cx.cookies(&name).find(|value| !value.is_empty()).map_or_else(ids::new_secret, str::to_owned);
    let request = Request {
        kind,
        identifier,
        recaptcha_token: asked.recaptcha_token.as_ref().map(Secret::expose),
        device: &device,
    };
    let sent = service.write(async |tx| Ok(passwordless::send(tx, request).await?)).await?;
    let new = NewCookie { name: &name, value: &device, lifetime: sent.lifetime };
    sign_in::set_cookie(service, cx, sent.configuration.cookie_same_site, &new);
    Ok(sent)
}

async fn finish(
    service: &Service,
    cx: &RequestContext,
    kind: Kind,
    body: types::AuthenticateUserPasswordlessDto,
) -> ApiResult<types::AuthenticationResponseDto> {
    let secret = body.token.expose();
    if secret.is_empty() {
        return Err(ApiFailure::bad_request("token should not be empty"));
    }
    let invitation = body.invitation_token.as_ref().map(Secret::expose).map(str::to_owned);
    let client = sign_in::client_info(service, cx).invited(invitation);
    let devices: Vec<_> = cx.cookies(&cookie_name(service)).filter(|value| !value.is_empty()).collect();
    let attempt = async |tx: &Write| Ok(passwordless::sign_in(tx, kind, secret, &devices, &client).await?);
    let outcome = service.attempt(attempt).await?;
    sign_in::answer(service, cx, outcome).await
}

fn cookie_name(service: &Service) -> String {
    format!("{BROWSER}{}", service.client_id())
}
