//! How people join, from end to end: by signing up, by invitation, by an invite that is handed on.

use frontegg_emulator::Emulator;
use frontegg_identity::{
    ErrorKind, Frontegg, Session,
    enums::StrategyKind,
    login::{MailedLink, SignUp},
    types::{
        AddRoleRequest, AuthenticateUserPasswordDto, CreateInviteTokenRequestForUserV2,
        CreateOrUpdateActivationStrategyRequest, CreateOrUpdateInvitationStrategyRequest, CreateTenantRequest,
        CreateUserDto, CreateUserEmailsPolicyRequestDto, SelfEmailUpdateRequestDto, SelfEmailUpdateVerifyRequestDto,
        SignUpUserEmailDto, UserDto,
    },
};

const ADA: &str = "ada@acme.test";
const PASSWORD: &str = "correct Horse 7 battery";

struct World {
    emulator: Emulator,
    frontegg: Frontegg,
}

impl World {
    async fn new() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let builder = Frontegg::builder().base_url(emulator.url()).application_id(emulator.application_id());
        let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
        Self { emulator, frontegg }
    }

    async fn tenant(&self, id: &str) {
        let request = CreateTenantRequest::new().tenant_id(id).name(id);
        self.frontegg.tenants().create_tenant(&request).await.unwrap();
    }

    /// Somebody with a password in a tenant.
    async fn member(&self, tenant: &str, email: &str) -> String {
        let new = CreateUserDto::new().email(email).password(PASSWORD).skip_invite_email(true);
        self.frontegg.tenant(tenant).user_management().create_user_v2(&new).await.unwrap().id
    }

    /// The link of the last mail to that address.
    async fn link(&self, email: &str) -> MailedLink {
        self.emulator.outbox().last_to(email).link().await.unwrap().parse().unwrap()
    }

    async fn login(&self, email: &str) -> Session {
        self.frontegg.authentication().login(email, PASSWORD).await.unwrap().into_session().unwrap()
    }
}

async fn profile(session: &Session) -> UserDto {
    session.user_management().get_my_profile_v2().await.unwrap()
}

fn newcomer() -> SignUpUserEmailDto {
    SignUpUserEmailDto::new(ADA, "Analytical Engines")
}

#[tokio::test]
async fn somebody_signs_up_and_activates_by_the_mailed_link() {
    let world = World::new().await;
    let authentication = world.frontegg.authentication();
    let SignUp::Activate(signed_up) = authentication.sign_up(&newcomer().password(PASSWORD)).await.unwrap() else {
        panic!("an address to prove")
    };
    let error = signed_up.activate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "the token is in the mail alone: {error}");
    let early = authentication.login(ADA, PASSWORD).await.unwrap_err();
    assert!(early.is_forbidden(), "{early}");

    // Where the mail is read.
    let activation = authentication.activation(world.link(ADA).await);
    assert_eq!(activation.user_id(), signed_up.user_id());
    // One that was set before the address was proven may be anybody's.
    assert!(activation.wants_password().await.unwrap());
    let activation = activation.password(PASSWORD);
    let session = activation.activate().await.unwrap().into_session().unwrap();
    let me = profile(&session).await;
    assert_eq!((me.email.as_deref(), me.verified), (Some(ADA), true));
    assert!(me.roles.iter().any(|role| role.key == "Admin"), "the first in a tenant of their own");
    let again = activation.activate().await.unwrap_err();
    assert!(again.is_bad_request(), "{again}");
    world.login(ADA).await;
}

#[tokio::test]
async fn a_lost_mail_is_sent_again_and_the_password_is_set_last() {
    let world = World::new().await;
    let authentication = world.frontegg.authentication();
    let SignUp::Activate(signed_up) = authentication.sign_up(&newcomer()).await.unwrap() else {
        panic!("an address to prove")
    };
    let lost = world.link(ADA).await;
    authentication.resend_activation(ADA).await.unwrap();
    authentication.resend_activation("nobody@acme.test").await.unwrap();
    assert!(authentication.activation(lost).wants_password().await.unwrap_err().is_bad_request());
    let activation = signed_up.token(world.link(ADA).await.token);
    assert!(activation.wants_password().await.unwrap());
    assert!(activation.activate().await.unwrap_err().is_bad_request());
    let weak = activation.clone().password("x").activate().await.unwrap_err();
    assert!(weak.is_bad_request() && !weak.messages().is_empty());
    activation.password(PASSWORD).activate().await.unwrap().into_session().unwrap();
    world.login(ADA).await;
}

#[tokio::test]
async fn somebody_signs_up_and_activates_by_code() {
    let world = World::new().await;
    let strategy = CreateOrUpdateActivationStrategyRequest::new(StrategyKind::Code).code_expiration(600);
    let settings = world.frontegg.management().account_invitations_settings();
    settings.set_activation_strategy(&strategy).await.unwrap();
    let request = newcomer().password(PASSWORD);
    let SignUp::Activate(activation) = world.frontegg.authentication().sign_up(&request).await.unwrap() else {
        panic!("an address to prove")
    };
    let activation = activation.password(PASSWORD);
    let code = world.emulator.outbox().last_to(ADA).code().await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert!(activation.activate_with_code(wrong).await.unwrap_err().is_bad_request());
    let session = activation.activate_with_code(code).await.unwrap().into_session().unwrap();
    assert!(profile(&session).await.verified);
}

#[tokio::test]
async fn a_member_accepts_an_invitation_and_goes_on_in_the_other_tenant() {
    let world = World::new().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    world.member("acme", ADA).await;
    let session = world.login(ADA).await;
    let globex = world.frontegg.tenant("globex").user_management();
    globex.create_user_v2(&CreateUserDto::new().email(ADA)).await.unwrap();
    let early = session.switch_tenant("globex").await.unwrap_err();
    assert!(early.is_forbidden(), "{early}");
    let authentication = world.frontegg.authentication();
    let link = world.link(ADA).await;
    authentication.accept_invitation(&link).await.unwrap();
    assert!(authentication.accept_invitation(&link).await.unwrap_err().is_bad_request());
    session.switch_tenant("globex").await.unwrap();
    assert_eq!(profile(&session).await.tenant_id, "globex");

    // The same by code.
    world.tenant("initech").await;
    let strategy = CreateOrUpdateInvitationStrategyRequest::new().strategy(StrategyKind::Code);
    let settings = world.frontegg.management().account_invitations_settings();
    settings.set_invitation_strategy(&strategy).await.unwrap();
    let initech = world.frontegg.tenant("initech").user_management();
    initech.create_user_v2(&CreateUserDto::new().email(ADA)).await.unwrap();
    let mail = world.emulator.outbox().last_to(ADA).await.unwrap();
    let link = MailedLink::new(mail.user_id().unwrap(), mail.token().unwrap());
    authentication.accept_invitation_with_code(&link, mail.code().unwrap()).await.unwrap();
    session.switch_tenant("initech").await.unwrap();
}

#[tokio::test]
async fn a_member_hands_an_invite_on_and_others_come_by_it() {
    let world = World::new().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    world.member("acme", ADA).await;
    world.member("globex", "eve@globex.test").await;
    let clerk = AddRoleRequest::new("clerk", "Clerk", 9);
    let clerk = world.frontegg.management().roles().create_roles_v1(&[clerk]).await.unwrap().remove(0).id;
    let ada = world.login(ADA).await;
    let request = CreateInviteTokenRequestForUserV2::new().expires_in_minutes(60).role_ids([clerk]);
    let invite = ada.account_invitations().create_user_tenant_invite_v2(&request).await.unwrap();

    // Somebody new.
    let authentication = world.frontegg.authentication();
    let new = SignUpUserEmailDto::new("bob@acme.test", "-").password(PASSWORD);
    let new = new.invitation_token(invite.token.clone());
    assert!(matches!(authentication.sign_up(&new).await.unwrap(), SignUp::Activate(_)));
    let activation = authentication.activation(world.link("bob@acme.test").await);
    let bob = activation.password(PASSWORD).activate().await.unwrap().into_session().unwrap();
    let me = profile(&bob).await;
    assert_eq!((me.tenant_id.as_str(), me.roles.len()), ("acme", 1));
    assert_eq!(me.roles[0].key, "clerk");

    // Somebody from elsewhere.
    let request = AuthenticateUserPasswordDto::new(PASSWORD).email("eve@globex.test");
    let login = authentication.login_with(&request.invitation_token(invite.token)).await.unwrap();
    let eve = login.into_session().unwrap();
    eve.switch_tenant("acme").await.unwrap();
    assert_eq!(profile(&eve).await.roles[0].key, "clerk");
    ada.account_invitations().delete_user_tenant_invite().await.unwrap();
}

#[tokio::test]
async fn a_member_moves_to_another_address() {
    let world = World::new().await;
    world.tenant("acme").await;
    world.member("acme", ADA).await;
    let session = world.login(ADA).await;
    let own = session.user_management();
    let ask = SelfEmailUpdateRequestDto::new("ada@globex.test");
    assert!(own.request_my_email_change(&ask).await.unwrap_err().is_forbidden());
    let policy = CreateUserEmailsPolicyRequestDto::new().allow_email_change(true);
    world.frontegg.self_service().user_emails_policy().set_user_emails_policy(&policy).await.unwrap();
    own.request_my_email_change(&ask).await.unwrap();
    let code = world.emulator.outbox().last_to("ada@globex.test").code().await.unwrap();
    let confirm = SelfEmailUpdateVerifyRequestDto::new(code, "ada@globex.test");
    own.verify_my_email_change(&confirm).await.unwrap();
    assert_eq!(profile(&session).await.email.as_deref(), Some("ada@globex.test"), "the session goes on");
    world.login("ada@globex.test").await;
}
