//! Activating accounts, by link and by code, and having the mail sent again.

use std::time::Duration;

use frontegg_emulator::Message;
use frontegg_identity::{
    Error,
    enums::{StrategyKind, UserProvider},
    params::{ActivateUser, ActivateUserWithCode},
    types::{
        ActivateUserDto, ActivateUserWithCodeDto, AuthenticationResponseDto, CreateOrUpdateActivationStrategyRequest,
        CreateUserDto, PasswordConfigRequest, ResetActivationTokenDto, UpdateUserPasswordDto, VerifyPasswordDto,
    },
};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::{
    NOBODY,
    support::{
        World,
        browser::PASSWORD,
        claims,
        effort::{assert_alike, effort},
        refused,
    },
};

const ADA: &str = "ada@acme.test";
const BAD_LINK: &str = "The link is not valid or has expired";
const BAD_CODE: &str = "The code is wrong or has expired";

/// What a mail carries, and for whom.
pub(super) struct Mailed {
    pub(super) user_id: String,
    pub(super) token: String,
    code: String,
}

impl Mailed {
    fn of(message: &Message) -> Self {
        Self {
            user_id: message.user_id().expect("a person").to_owned(),
            token: message.token().expect("a token").to_owned(),
            code: message.code().unwrap_or_default().to_owned(),
        }
    }

    pub(super) async fn to(world: &World, email: &str) -> Self {
        Self::of(&world.emulator.outbox().last_to(email).await.expect("a mail"))
    }

    fn wrong_code(&self) -> &'static str {
        if self.code == "000000" { "000001" } else { "000000" }
    }

    async fn activate(&self, world: &World, password: &str) -> Result<AuthenticationResponseDto, Error> {
        let mut body = ActivateUserDto::new(self.user_id.as_str(), self.token.as_str());
        if !password.is_empty() {
            body = body.password(password);
        }
        world.frontegg.self_service().user_management().activate_user(&body, ActivateUser::new()).await
    }

    async fn activate_with(
        &self,
        world: &World,
        code: &str,
        password: &str,
    ) -> Result<AuthenticationResponseDto, Error> {
        let body = ActivateUserWithCodeDto::new(self.user_id.as_str(), self.token.as_str(), code).password(password);
        let people = world.frontegg.self_service().user_management();
        people.activate_user_with_code(&body, ActivateUserWithCode::new()).await
    }

    async fn wants_password(&self, world: &World) -> Result<bool, Error> {
        let people = world.frontegg.self_service().user_management();
        let answer = people.get_user_activation_strategy(&self.user_id, self.token.as_str()).await?;
        Ok(answer.should_set_password)
    }
}

/// Asks somebody new into a tenant, by mail.
async fn invite(world: &World, tenant: &str, new: CreateUserDto) -> Mailed {
    let email = new.email.clone().expect("an address");
    world.frontegg.tenant(tenant).user_management().create_user_v2(&new).await.expect("an invitation");
    Mailed::to(world, &email).await
}

fn newcomer(email: &str) -> CreateUserDto {
    CreateUserDto::new().email(email)
}

async fn by_code(world: &World, seconds: i64) {
    let settings = world.frontegg.management().account_invitations_settings();
    let strategy = CreateOrUpdateActivationStrategyRequest::new(StrategyKind::Code).code_expiration(seconds);
    settings.set_activation_strategy(&strategy).await.expect("a strategy");
}

async fn resend(world: &World, email: &str) -> Result<(), Error> {
    let people = world.frontegg.self_service().user_management();
    people.reset_user_activation_token(&ResetActivationTokenDto::new(email)).await
}

async fn messages(world: &World) -> usize {
    world.emulator.outbox().messages().await.expect("messages").len()
}

async fn is_verified(world: &World, user_id: &str) -> bool {
    let user = world.frontegg.management().users().get_user_globally(user_id).await.expect("a user");
    user.verified
}

#[tokio::test]
async fn a_link_activates_and_signs_in() {
    let world = World::start().await;
    let portal = world.application("Portal").await;
    let acme = world.tenant("acme").await;
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    let message = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!(message.template(), "ActivateUser");
    let page = format!("{}/account/activate?userId={}&token={}", world.emulator.url(), mail.user_id, mail.token);
    assert_eq!(message.link(), Some(page.as_str()));
    assert!(mail.wants_password(&world).await.expect("an answer"));
    assert_eq!(refused(mail.activate(&world, "").await, 400), "password is required");
    let weak = refused(mail.activate(&world, "x").await, 400);
    assert_eq!(weak, "The password must be at least 6 characters long.");
    assert!(!is_verified(&world, &mail.user_id).await);

    let mut browser = world.browser().with("frontegg-application-id", &portal);
    let body = json!({ "userId": mail.user_id, "token": mail.token, "password": PASSWORD });
    let reply = browser.call("activate_user", &[], body).await;
    assert_eq!(reply.status, 200);
    assert_eq!((&reply.body["userEmail"], &reply.body["emailVerified"]), (&json!(ADA), &json!(true)));
    let claims = reply.claims();
    assert_eq!(
        (&claims["sub"], &claims["tenantId"], &claims["applicationId"]),
        (&json!(mail.user_id), &json!("acme"), &json!(portal))
    );
    assert!(claims.get("acr").is_none());
    assert!((200..300).contains(&browser.refresh().await.status), "a session with its cookie");
    let user = acme.users().get_user(&mail.user_id).await.expect("a user");
    assert!(user.verified && user.activated_for_tenant == Some(true));
    assert!(user.last_login.is_some());

    // It is spent, for every use.
    assert_eq!(refused(mail.activate(&world, "Another-horse-1815").await, 400), BAD_LINK);
    assert_eq!(refused(mail.wants_password(&world).await, 400), BAD_LINK);
    world.browser().sign_in(ADA).await.token();
}

#[tokio::test]
async fn what_was_never_mailed_activates_nobody() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = invite(&world, "acme", newcomer(ADA)).await;
    let bob = invite(&world, "acme", newcomer("bob@acme.test")).await;
    let crossed = Mailed { user_id: ada.user_id.clone(), ..Mailed::to(&world, "bob@acme.test").await };
    let unknown = Mailed { token: "nonsense".to_owned(), ..Mailed::to(&world, ADA).await };
    let nobody = Mailed { user_id: NOBODY.to_owned(), ..Mailed::to(&world, ADA).await };
    for mail in [&crossed, &unknown] {
        assert_eq!(refused(mail.activate(&world, PASSWORD).await, 400), BAD_LINK);
        assert_eq!(refused(mail.wants_password(&world).await, 400), BAD_LINK);
        assert_eq!(refused(mail.activate_with(&world, "123456", PASSWORD).await, 400), BAD_CODE);
    }
    assert_eq!(refused(nobody.activate(&world, PASSWORD).await, 404), "User not found");
    assert_eq!(refused(nobody.wants_password(&world).await, 404), "User not found");
    let token = json!({ "userId": ada.user_id });
    assert!(world.browser().call("activate_user", &[], token).await.refused(400).contains("token"));
    assert!(!is_verified(&world, &ada.user_id).await && !is_verified(&world, &bob.user_id).await);
    // That of a link is no handle of a code.
    assert_eq!(refused(ada.activate_with(&world, "123456", PASSWORD).await, 400), BAD_CODE);
    ada.activate(&world, PASSWORD).await.expect("a session");
}

#[tokio::test]
async fn a_password_is_asked_of_those_who_sign_in_by_one_and_have_none() {
    let world = World::start().await;
    world.tenant("acme").await;
    let with_password = invite(&world, "acme", newcomer(ADA).password(PASSWORD)).await;
    // One that was set before the address was proven may be anybody's.
    assert!(with_password.wants_password(&world).await.expect("an answer"));
    assert_eq!(refused(with_password.activate(&world, "").await, 400), "password is required");
    with_password.activate(&world, PASSWORD).await.expect("a session");
    world.browser().sign_in(ADA).await.token();

    // Whoever has the mail has the last word on the password.
    let claimed = invite(&world, "acme", newcomer("bob@acme.test").password("Somebody-else-1815")).await;
    claimed.activate(&world, PASSWORD).await.expect("a session");
    let mut browser = world.browser();
    browser.sign_in("bob@acme.test").await.token();
    browser.sign_in_with("bob@acme.test", "Somebody-else-1815").await.refused(401);

    let saml = invite(&world, "acme", newcomer("carol@acme.test").provider(UserProvider::Saml)).await;
    assert!(!saml.wants_password(&world).await.expect("an answer"));
    // One that is given all the same opens nothing.
    saml.activate(&world, PASSWORD).await.expect("a session");
    world.browser().sign_in("carol@acme.test").await.refused(401);

    world.configure(json!({ "authStrategy": "MagicLink" })).await;
    let passwordless = invite(&world, "acme", newcomer("dave@acme.test")).await;
    assert!(!passwordless.wants_password(&world).await.expect("an answer"));
    passwordless.activate(&world, "").await.expect("a session");
}

#[tokio::test]
async fn a_code_activates_where_codes_are_mailed() {
    let world = World::start().await;
    world.tenant("acme").await;
    by_code(&world, 120).await;
    world.emulator.clock().freeze();
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    let message = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!((message.template(), mail.code.len()), ("ActivateUserWithCode", 6));
    assert!(mail.wants_password(&world).await.expect("an answer"));
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 400), BAD_LINK, "the token alone is not enough");
    assert_eq!(refused(mail.activate_with(&world, mail.wrong_code(), PASSWORD).await, 400), BAD_CODE);
    refused(mail.activate_with(&world, &mail.code, "x").await, 400);
    world.emulator.clock().advance(Duration::from_secs(119));
    let answer = mail.activate_with(&world, &mail.code, PASSWORD).await.expect("a session");
    let token = answer.access_token.expect("a token");
    assert_eq!(claims(token.expose())["sub"], json!(mail.user_id));
    assert_eq!(refused(mail.activate_with(&world, &mail.code, PASSWORD).await, 400), BAD_CODE);

    let late = invite(&world, "acme", newcomer("bob@acme.test")).await;
    world.emulator.clock().advance(Duration::from_mins(2));
    assert_eq!(refused(late.activate_with(&world, &late.code, PASSWORD).await, 400), BAD_CODE);
    assert_eq!(refused(late.wants_password(&world).await, 400), BAD_LINK);
}

/// Security case 17: the fifth wrong code takes the right one with it.
#[tokio::test]
async fn case_17_five_wrong_codes_void_an_activation_code() {
    let world = World::start().await;
    world.tenant("acme").await;
    by_code(&world, 3_600).await;
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    for _ in 0..5 {
        assert_eq!(refused(mail.activate_with(&world, mail.wrong_code(), PASSWORD).await, 400), BAD_CODE);
    }
    assert_eq!(refused(mail.activate_with(&world, &mail.code, PASSWORD).await, 400), BAD_CODE);
    assert!(!is_verified(&world, &mail.user_id).await);
    resend(&world, ADA).await.expect("a new mail");
    let new = Mailed::to(&world, ADA).await;
    assert_ne!(new.token, mail.token);
    for _ in 0..4 {
        refused(new.activate_with(&world, new.wrong_code(), PASSWORD).await, 400);
    }
    new.activate_with(&world, &new.code, PASSWORD).await.expect("a session");
}

/// Security case 5: signing up, by an invite or not, changing, resetting and activating hold to the
/// same rules, and say the same.
#[tokio::test]
async fn case_5_the_policy_binds_all_five_ways() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    let settings = world.frontegg.environment().password_settings();
    let rules = PasswordConfigRequest::new().min_length(10).min_optional_tests_to_pass(4).block_pwned_passwords(true);
    settings.update_password_configuration(&rules).await.expect("rules");
    world.emulator.set_leaked_passwords(["Summer-2026!"]).await.expect("to be told");
    let invited = invite(&world, "acme", newcomer("bob@acme.test")).await;
    let invite = json!({ "tenantId": "acme" });
    let invite = world.back_end(None).await.done("create_tenant_invite", &[], invite).await["token"].clone();
    let own = world.session(&ada, "acme").await.password_settings();
    for weak in ["weak", "Summer-2026!"] {
        let change = UpdateUserPasswordDto::new(PASSWORD, weak);
        let expected = refused(own.change_my_password(&change).await, 400);

        let mail = json!({ "email": ADA });
        world.browser().done("send_password_reset_email_v1", &[], mail).await;
        let token = world.emulator.outbox().last_to(ADA).template("ResetPassword").token().await.expect("a token");
        let reset = VerifyPasswordDto::new(&ada, token, weak);
        assert_eq!(refused(settings.reset_password_with_token(&reset).await, 400), expected);

        assert_eq!(refused(invited.activate(&world, weak).await, 400), expected);

        let mut portal = world.browser();
        let mut new = json!({ "provider": "local", "email": "new@acme.test", "companyName": "New", "password": weak });
        assert_eq!(portal.call("sign_up_user", &[], new.clone()).await.refused(400), expected);
        new["invitationToken"] = invite.clone();
        assert_eq!(portal.call("sign_up_user", &[], new).await.refused(400), expected);
    }
    invited.activate(&world, PASSWORD).await.expect("a session");
}

#[tokio::test]
async fn a_new_mail_takes_the_place_of_the_old_one() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.emulator.clock().freeze();
    let first = invite(&world, "acme", newcomer(ADA)).await;
    let mut values = Map::new();
    values.insert("name".to_owned(), "Countess".into());
    values.insert("code".to_owned(), "x".into());
    let body = ResetActivationTokenDto::new("ADA@acme.test").email_metadata(values);
    let people = world.frontegg.self_service().user_management();
    people.reset_user_activation_token(&body).await.expect("a new mail");
    let second = Mailed::to(&world, ADA).await;
    assert_eq!(second.user_id, first.user_id);
    assert_eq!(refused(first.activate(&world, PASSWORD).await, 400), BAD_LINK);
    // After a week it is over.
    world.emulator.clock().advance(Duration::from_hours(7 * 24));
    assert_eq!(refused(second.activate(&world, PASSWORD).await, 400), BAD_LINK);
    resend(&world, ADA).await.expect("a new mail");
    Mailed::to(&world, ADA).await.activate(&world, PASSWORD).await.expect("a session");

    assert_eq!(refused(resend(&world, ADA).await, 400), "User is already activated");
    assert_eq!(refused(resend(&world, "ada").await, 400), "email must be an email");
    let sent = messages(&world).await;
    resend(&world, "nobody@acme.test").await.expect("silence");
    assert_eq!(messages(&world).await, sent);
    // Who came without a mail needs none.
    world.user("acme", "bob@acme.test", &[]).await;
    refused(resend(&world, "bob@acme.test").await, 400);
}

/// Security case 9, for activation mails: nobody learns who exists, nor who is activated, but those
/// who may know them.
#[tokio::test]
async fn case_9_a_stranger_is_answered_as_a_newcomer_is() {
    for code in [false, true] {
        let world = World::start().await;
        world.tenant("acme").await;
        world.tenant("globex").await;
        if code {
            by_code(&world, 3_600).await;
        }
        invite(&world, "acme", newcomer(ADA)).await;
        let bob = world.user("acme", "bob@acme.test", &[]).await;
        let locked = invite(&world, "acme", newcomer("locked@acme.test")).await;
        world.back_end(None).await.done("lock_user", &[&locked.user_id], Value::Null).await;
        let eve = world.user("globex", "eve@globex.test", &[]).await;
        let eves = world.token(&eve, "globex").await;
        world.emulator.outbox().clear().await.expect("an empty outbox");
        let body = json!({ "email": ADA });
        let known = world.browser().call("reset_user_activation_token", &[], body).await;
        assert_eq!((known.status, messages(&world).await), (201, 1));
        for browser in [world.browser(), world.browser().bearer(&eves)] {
            for email in ["nobody@acme.test", "bob@acme.test", "locked@acme.test"] {
                let reply = browser.clone().call("reset_user_activation_token", &[], json!({ "email": email })).await;
                assert_eq!((reply.status, &reply.body, &reply.cookies), (known.status, &known.body, &known.cookies));
                assert_eq!(reply.headers, known.headers);
            }
        }
        assert_eq!(messages(&world).await, 1);
        // A colleague is told, as is a back end.
        let mut colleague = world.browser().bearer(&world.token(&bob, "acme").await);
        let body = json!({ "email": "bob@acme.test" });
        colleague.call("reset_user_activation_token", &[], body).await.refused(400);
        world
            .browser()
            .bearer("forged")
            .call("reset_user_activation_token", &[], json!({ "email": ADA }))
            .await
            .refused(401);
    }
}

/// Security case 9, the time: the same work for both; the benchmark `alike` takes it.
#[tokio::test]
async fn case_9_a_stranger_is_as_much_work() {
    let world = World::start().await;
    world.tenant("acme").await;
    invite(&world, "acme", newcomer(ADA)).await;
    let ask = async |email: &str| {
        let body = json!({ "email": email });
        effort(&world, async |_| drop(world.browser().done("reset_user_activation_token", &[], body.clone()).await))
            .await
    };
    assert_alike(ask(ADA).await, ask("nobody@acme.test").await);
}

#[tokio::test]
async fn a_mail_to_a_former_address_proves_nothing() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    let change = json!({ "email": "ada@globex.test" });
    world.back_end(None).await.done("set_user_email", &[&mail.user_id], change).await;
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 400), BAD_LINK);
    assert_eq!(refused(mail.wants_password(&world).await, 400), BAD_LINK);
    resend(&world, "ada@globex.test").await.expect("a new mail");
    Mailed::to(&world, "ada@globex.test").await.activate(&world, PASSWORD).await.expect("a session");
}

#[tokio::test]
async fn who_is_barred_is_not_let_in_by_an_activation() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    let mut back_end = world.back_end(None).await;
    back_end.done("lock_user", &[&mail.user_id], Value::Null).await;
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 401), "User is locked");
    back_end.done("unlock_user", &[&mail.user_id], Value::Null).await;
    acme.user_management().disable_user_in_tenant(&mail.user_id).await.expect("a suspension");
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 403), "User has no tenant to sign in to");
    assert!(!is_verified(&world, &mail.user_id).await, "a refusal changes nothing");
    acme.user_management().enable_user_in_tenant(&mail.user_id).await.expect("the end of it");
    let policy =
        json!({ "enabled": true, "siteKey": "site", "secretKey": "secret", "minScore": 0.5, "ignoredEmails": [] });
    back_end.done("create_captcha_policy", &[], policy).await;
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 400), "recaptchaToken is required");
    let body = ActivateUserDto::new(mail.user_id.as_str(), mail.token.as_str()).password(PASSWORD);
    let people = world.frontegg.self_service().user_management();
    people.activate_user(&body.recaptcha_token("passed"), ActivateUser::new()).await.expect("a session");
}

#[tokio::test]
async fn a_generated_link_activates_as_well() {
    let world = World::start().await;
    world.tenant("acme").await;
    let first = invite(&world, "acme", newcomer(ADA)).await;
    let made = world.frontegg.management().users().generate_user_activation_link(&first.user_id).await.expect("a link");
    assert_eq!(refused(first.activate(&world, PASSWORD).await, 400), BAD_LINK, "the new one is the one");
    let mail = Mailed { user_id: made.user_id, token: made.token.expose().to_owned(), code: String::new() };
    mail.activate(&world, PASSWORD).await.expect("a session");
}

/// Only one of many gets in, whatever the store.
#[tokio::test]
async fn an_activation_counts_once_however_many_come() {
    for world in World::each().await {
        world.tenant("acme").await;
        let mail = invite(&world, "acme", newcomer(ADA).password(PASSWORD)).await;
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let mut browser = world.browser();
            let body = json!({ "userId": mail.user_id, "token": mail.token, "password": PASSWORD });
            tasks.spawn(async move { browser.call("activate_user", &[], body).await.status });
        }
        let mut statuses = tasks.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| *status == 400), "{statuses:?}");
    }
}

/// Whoever activates an account has still to show the second factor that the rules ask for.
#[tokio::test]
async fn a_second_factor_comes_after_the_activation() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mail = invite(&world, "acme", newcomer(ADA)).await;
    world.back_end(None).await.done("create_mfa_policy", &[], json!({ "enforceMFAType": "Force" })).await;
    let answer = mail.activate(&world, PASSWORD).await.expect("an answer");
    assert_eq!((answer.mfa_required, answer.mfa_enrolled), (true, Some(false)));
    assert!(answer.mfa_token.is_some() && answer.access_token.is_none_or(|token| token.is_empty()));
    assert!(is_verified(&world, &mail.user_id).await, "the activation itself is done");
    assert_eq!(refused(mail.activate(&world, PASSWORD).await, 400), BAD_LINK);
}
