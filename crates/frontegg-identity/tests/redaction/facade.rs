//! Types of the facade: each is made with a canary in every secret place, and shown.

use std::{
    any::type_name,
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use frontegg_identity::{
    ConfigError, Frontegg, RateLimit, Region, Retry, RetryBudget, SavedSession, Secret,
    login::{Factor, Login, MailedLink, OidcReturn, Saved, SignUp, Step, StepUpChallenge},
    params::ListUsers,
    types,
};

use crate::{
    CANARY,
    errors::failures,
    support::{Reply, Service},
    traced::Log,
};

/// The interface as it is written down.
pub(super) const INTERFACE: &str = include_str!("../surface/snapshots/surface__interface.snap");
/// Behind features of their own; shown where they are tested.
#[cfg(not(feature = "axum"))]
const ELSEWHERE: [&str; 15] = [
    "AccessTokens",
    "Claims",
    "Grants",
    "MemoryCache",
    "Plain",
    "Protect",
    "Protected",
    "RedisCache",
    "RedisError",
    "Refusal",
    "Requirement",
    "TokenKind",
    "Verified",
    "Verifier",
    "VerifierBuilder",
];

/// The same of doubles.
#[cfg(not(feature = "test-util"))]
const DOUBLES: [&str; 5] = ["ErrorBuilder", "Recording", "Reply", "Request", "Scripted"];

/// What was shown, by the name of the type.
#[derive(Default)]
pub(super) struct Gallery(BTreeMap<&'static str, String>);

impl Gallery {
    pub(super) fn show<T: Debug>(&mut self, value: &T) {
        let name = type_name::<T>().split('<').next().unwrap_or_default();
        let name = name.rsplit("::").next().unwrap_or_default();
        self.0.entry(name).or_default().push_str(&format!("{value:?}\n{value:#?}\n"));
    }
}

/// Shows a step, and what is saved of it: the secrets are there for those who store it.
fn step<S: Step + Debug>(gallery: &mut Gallery, step: &S, saved: &Saved<S>) {
    gallery.show(step);
    gallery.show(saved);
    let text = serde_json::to_string(saved).unwrap();
    assert!(text.contains(CANARY), "{text}");
    let same: Saved<S> = text.parse().unwrap();
    assert_eq!(serde_json::to_string(&same).unwrap(), text, "nothing is lost");
}

/// The types of the interface.
fn public() -> BTreeSet<&'static str> {
    let names = INTERFACE.lines().filter_map(|line| {
        let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
        rest.split(|character: char| !character.is_alphanumeric()).next()
    });
    names.collect()
}

/// An answer to a sign-in with a canary in each secret.
fn answer(more: &str) -> Reply {
    let secrets = [
        "accessToken",
        "activationToken",
        "apiKey",
        "clientSecret",
        "mfaToken",
        "otcToken",
        "qrCode",
        "recoveryCode",
        "refreshToken",
        "resetPhoneNumberToken",
        "secret",
        "token",
        "webauthnToken",
    ];
    let secrets: String = secrets.iter().map(|name| format!(r#""{name}":"{CANARY}-{name}","#)).collect();
    Reply::new(200, format!(r#"{{{secrets}"expiresIn":3600,"userId":"u","tenantId":"t",{more}}}"#))
        .header("set-cookie", format!("fe_refresh_x={CANARY}; Path=/"))
        .header("set-cookie", format!("fe_device_x={CANARY}; Path=/"))
}

/// A client of a service that answers like that, the last for good.
async fn served(answers: Vec<Reply>) -> Frontegg {
    let service = Service::start(vec![Reply::token(CANARY, 3_600)], answers).await;
    service.builder().credentials("id", CANARY).build().unwrap()
}

/// Everything around a second factor.
async fn second_factors(gallery: &mut Gallery) {
    let devices = r#""mfaRequired":true,"mfaEnrolled":true,"mfaDevices":{"authenticators":[{"id":"a"}],
        "phones":[{"id":"p","phoneNumber":"+1"}],"emails":[{"email":"a***@acme.test"}],
        "webauthn":[{"id":"w","deviceType":"Platform","name":"n"}]},"phoneNumber":"+1","options":{"challenge":"c",
        "allowCredentials":[],"timeout":1,"rpId":"acme.test","userVerification":"preferred"}"#;
    let login = served(vec![answer(devices)]).await.authentication().login("ada@acme.test", CANARY).await.unwrap();
    gallery.show(&login);
    let Login::MfaRequired(challenge) = login else { panic!("a second factor") };
    step(gallery, &challenge, &challenge.save());
    for factor in challenge.factors() {
        gallery.show(&factor);
        match factor {
            Factor::Authenticator(app) => step(gallery, &app, &app.save()),
            Factor::Sms(phone) => {
                step(gallery, &phone, &phone.save());
                let sent = phone.send().await.unwrap();
                step(gallery, &sent, &sent.save());
            }
            Factor::Email(mail) => {
                step(gallery, &mail, &mail.save());
                let sent = mail.send().await.unwrap();
                step(gallery, &sent, &sent.save());
            }
            Factor::WebAuthn(key) => {
                step(gallery, &key, &key.save());
                let challenge = key.challenge().await.unwrap();
                step(gallery, &challenge, &challenge.save());
            }
            factor => panic!("{factor:?} is not shown"),
        }
    }
    let missing = r#""mfaRequired":true,"mfaEnrolled":false,"options":{"rp":{"id":"r","name":"n"},"user":{"id":"u","name":"n",
        "displayName":"d"},"challenge":"c","pubKeyCredParams":[]},"phoneNumber":"+1""#;
    let authentication = served(vec![answer(missing)]).await.authentication();
    let Login::EnrollMfa(enrollment) = authentication.login("ada@acme.test", CANARY).await.unwrap() else {
        panic!("an enrollment")
    };
    step(gallery, &enrollment, &enrollment.save());
    let phone = enrollment.sms("+1").await.unwrap();
    step(gallery, &phone, &phone.save());
    let key = enrollment.webauthn().await.unwrap();
    step(gallery, &key, &key.save());
    let app = enrollment.authenticator().await.unwrap();
    step(gallery, &app, &app.save());
    assert!(app.qr_code().expose().contains(CANARY));
    gallery.show(&app.verify(CANARY).await.unwrap());
}

/// Everything else that comes of signing in and up.
async fn sign_ins(gallery: &mut Gallery) {
    let frontegg = served(vec![answer(r#""mfaRequired":false"#)]).await;
    let session = frontegg.authentication().login("ada@acme.test", CANARY).await.unwrap().into_session().unwrap();
    session.on_refresh(|_| {});
    gallery.show(&session);
    let saved = session.save();
    assert_eq!(serde_json::to_string(&saved).unwrap().matches(CANARY).count(), 3, "all of it is stored");
    gallery.show(&saved.device().unwrap());
    gallery.show(&saved);
    let code = frontegg.authentication().send_email_code("ada@acme.test").await.unwrap();
    step(gallery, &code, &code.save());
    gallery.show(&"{}".parse::<SavedSession>().unwrap_err());
    let expired = format!(r#""mfaRequired":false,"resetPasswordToken":"{CANARY}""#);
    let expired = served(vec![answer(&expired)]).await.authentication().login("ada@acme.test", CANARY).await.unwrap();
    let Login::PasswordExpired(expired) = expired else { panic!("an expired password") };
    step(gallery, &expired, &expired.save());
    let request = types::SignUpUserEmailDto::new("a@acme.test", "A");
    let sign_up =
        served(vec![answer(r#""shouldActivate":true"#)]).await.authentication().sign_up(&request).await.unwrap();
    gallery.show(&sign_up);
    let SignUp::Activate(activation) = sign_up else { panic!("an activation") };
    let activation = activation.token(CANARY).password(CANARY).captcha(CANARY);
    step(gallery, &activation, &activation.save());
    gallery.show(&MailedLink::new("u", CANARY));
    let way =
        format!(r#"{{"address":"https://idp.test/authorize?state={CANARY}","idpType":"oidc","addressType":"sso"}}"#);
    let sso = served(vec![Reply::new(201, way)]).await.authentication().sso_prelogin("ada@acme.test").await.unwrap();
    let sso = sso.expect("a way");
    step(gallery, &sso, &sso.save());
    gallery.show(&OidcReturn::new(CANARY, CANARY));
    let file = served(vec![Reply::new(200, CANARY)]).await.tenant("acme").sso().get_sp_certificate().await.unwrap();
    gallery.show(&file);
    let challenge = format!(r#"Bearer realm="{CANARY}", error="insufficient_user_authentication""#);
    gallery.show(&StepUpChallenge::parse(&challenge).unwrap());
    #[cfg(feature = "blocking")]
    gallery.show(&frontegg_identity::blocking::iter(
        frontegg.tenant("acme").user_management().list_users(ListUsers::new()).stream(),
    ));
}

/// What is there before anything is sent, and calls.
async fn clients(gallery: &mut Gallery) {
    let builder = Frontegg::builder().credentials("id", CANARY).application_id("app");
    gallery.show(&builder);
    gallery.show(&builder.clone().base_url(format!("https://me:{CANARY}@acme.test")));
    gallery.show(&builder.base_url(format!("https://acme.test?token={CANARY}")));
    gallery.show(&(Region::Us));
    gallery.show(&Retry::default());
    gallery.show(&RetryBudget::default());
    gallery.show(&RateLimit::per_second(1));
    let invitation = r#"{"id":"i-1","status":"Completed","processedUsers":1,"totalUsers":1,"errors":[]}"#;
    let frontegg = served(vec![Reply::new(200, invitation).header("set-cookie", CANARY)]).await;
    gallery.show(&frontegg);
    gallery.show(&frontegg.session(CANARY));
    gallery.show(&frontegg.api_token("id", CANARY));
    gallery.show(&frontegg.tenant("acme").user("ada"));
    gallery.show(&frontegg.anonymous());
    gallery.show(&frontegg.client());
    let acme = frontegg.tenant("acme");
    gallery.show(&acme.user_management());
    let activation = frontegg.anonymous().user_management();
    gallery.show(&activation.get_user_activation_strategy("u", &Secret::from(CANARY)));
    let list = || acme.user_management().list_users(ListUsers::new());
    gallery.show(&list());
    gallery.show(&list().pages());
    gallery.show(&list().stream());
    let task = acme.users().bulk_invitation("i-1");
    gallery.show(&task.progress());
    gallery.show(&acme.users().get_bulk_invite_status("i-1").with_response().await.unwrap());
    gallery.show(&task);
    let change = r#"{"userId":"u","taskId":"r-1"}"#;
    let users = served(vec![Reply::new(200, change)]).await.management().users();
    let request = types::BulkUpdateUserRolesRequestDto::new();
    gallery.show(&users.change_roles_across_tenants("u", &request).await.unwrap());
}

#[cfg(feature = "test-util")]
async fn doubles(gallery: &mut Gallery) {
    use frontegg_identity::testing::{Recording, Reply, Scripted};

    gallery.show(&frontegg_identity::Error::builder().message("no"));
    let reply = Reply::json(403, CANARY).header("set-cookie", CANARY);
    gallery.show(&reply);
    gallery.show(&Scripted::new([reply.clone()]));
    let recording = Recording::of(Scripted::new([reply]));
    let builder = Frontegg::builder().transport(recording.clone()).default_header("x-key", CANARY);
    gallery.show(&builder);
    let activation = builder.build().unwrap().anonymous().user_management();
    activation.get_user_activation_strategy("u", CANARY).await.unwrap_err();
    gallery.show(&recording);
    gallery.show(&recording.requests()[0]);
}

#[cfg(feature = "axum")]
async fn verification(gallery: &mut Gallery) {
    use frontegg_emulator::Emulator;
    use frontegg_identity::{
        types::{CreateTenantAccessTokenRequest, CreateTenantRequest},
        verify::{
            AccessTokens, Grants, MemoryCache, Plain, Protect, RedisCache, Refusal, Requirement, Verified, Verifier,
            VerifyError,
        },
    };
    use tower_layer::Layer as _;

    let emulator = Emulator::start().await.unwrap();
    let builder = Frontegg::builder().base_url(emulator.url());
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await.unwrap();
    let acme = frontegg.tenant("acme").api_tokens();
    let made = acme.create_tenant_access_token(&CreateTenantAccessTokenRequest::new()).await.unwrap();
    let token = made.secret.unwrap();
    let access_tokens = AccessTokens::new(&frontegg);
    gallery.show(&access_tokens);
    gallery.show(&Verifier::builder(format!("https://me:{CANARY}@acme.test")).jwks_url(CANARY));
    let verifier = Verifier::builder(emulator.url()).any_audience().access_tokens(access_tokens).build().unwrap();
    let claims = verifier.verify_access_token(token.expose()).await.unwrap();
    assert!(!format!("{claims:?}").contains(token.expose()));
    gallery.show(&claims);
    gallery.show(&claims.kind());
    gallery.show(&verifier);
    gallery.show(&Grants::default());
    gallery.show(&MemoryCache::default());
    let protect = Protect::new(verifier.clone()).require(Requirement::role("Admin"));
    gallery.show(&Requirement::none());
    gallery.show(&protect.layer(()));
    gallery.show(&protect);
    gallery.show(&Refusal::Missing);
    gallery.show(&Plain::default());
    gallery.show(&Verified(claims));
    for forged in [CANARY.to_owned(), format!("{CANARY}.{CANARY}.{CANARY}"), format!("{}x", token.expose())] {
        let error: VerifyError = verifier.verify_access_token(&forged).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(token.expose()), "{error:?}");
        gallery.show(&error);
        gallery.show(&Refusal::from(error));
    }
    #[cfg(feature = "redis")]
    gallery.show(&RedisCache::connect(&format!("redis://me:{CANARY}@127.0.0.1:1/")).await.unwrap_err());
}

#[tokio::test]
async fn no_type_of_the_interface_shows_a_secret() {
    let (log, _guard) = Log::begin();
    let mut gallery = Gallery::default();
    clients(&mut gallery).await;
    sign_ins(&mut gallery).await;
    second_factors(&mut gallery).await;
    gallery.show(&ConfigError::NoTls);
    for error in failures().await {
        gallery.show(&error.kind());
        error.history().iter().for_each(|attempt| gallery.show(attempt));
        gallery.show(&error);
    }
    #[cfg(feature = "axum")]
    verification(&mut gallery).await;
    #[cfg(feature = "test-util")]
    doubles(&mut gallery).await;
    #[cfg(feature = "tower")]
    gallery.show(&frontegg_identity::layer::Body::from(CANARY));
    gallery.show(&ListUsers::new().ids(["ada"]).ids.unwrap());
    for (name, shown) in &gallery.0 {
        assert!(!shown.contains(CANARY), "{name}: {shown}");
    }
    let mut missing = public();
    missing.retain(|name| !gallery.0.contains_key(name));
    #[cfg(not(feature = "axum"))]
    missing.retain(|name| !ELSEWHERE.contains(name) && *name != "VerifyError");
    #[cfg(not(feature = "test-util"))]
    missing.retain(|name| !DOUBLES.contains(name));
    #[cfg(not(feature = "tower"))]
    missing.retain(|name| *name != "Body");
    // Of the first three there are no values; a cache that stands is not to be had without Redis, and what is behind a
    // layer only within one.
    #[cfg(not(feature = "blocking"))]
    missing.retain(|name| *name != "Iter");
    missing.retain(|name| !["Anonymous", "Environment", "User", "RedisCache", "Next"].contains(name));
    assert!(missing.is_empty(), "{missing:?} are not shown");
    assert!(!log.text().contains(CANARY), "{}", log.text());
}
