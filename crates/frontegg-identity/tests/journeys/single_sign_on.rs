//! Single sign-on: a tenant connects its identity provider, and somebody comes by way of it.

use frontegg_emulator::{
    Emulator,
    control_plane::TxtRecord,
    identity_provider::{Person, SignedIn},
};
use frontegg_identity::{
    Frontegg,
    enums::{SsoConnectionType, SsoIdpType},
    login::{OidcReturn, Saved, SsoStep},
    types::{CreateSsoConfigurationRequestDto, CreateSsoDomainRequestDto, CreateTenantRequest, SsoPreloginRequest},
};

const ADA: &str = "ada@acme.test";

#[tokio::test]
async fn somebody_signs_in_by_the_provider_of_their_tenant() {
    let emulator = Emulator::builder().allow_outgoing(["127.0.0.1"]).start().await.unwrap();
    let client = Frontegg::builder().base_url(emulator.url());
    let frontegg = client.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    let tenant = CreateTenantRequest::new().tenant_id("acme").name("Acme");
    frontegg.tenants().create_tenant(&tenant).await.unwrap();
    let provider = emulator.identity_provider();
    provider.set_people([Person::new(ADA).name("Ada", "Lovelace")]);
    let authentication = frontegg.authentication();
    assert!(authentication.sso_prelogin(ADA).await.unwrap().is_none(), "nobody has connected anything");

    let sso = frontegg.tenant("acme").sso();
    let new = CreateSsoConfigurationRequestDto::new()
        .type_(SsoConnectionType::Oidc)
        .sso_endpoint(provider.issuer())
        .oidc_client_id("emulator")
        .oidc_secret("secret")
        .enabled(true);
    let connection = sso.create_sso_configuration(&new).await.unwrap();
    let domain = sso.create_sso_domain(&connection.id, &CreateSsoDomainRequestDto::new("acme.test")).await.unwrap();
    let record = domain.txt_record.unwrap();
    let early = sso.validate_sso_domain(&connection.id, &domain.id).await.unwrap_err();
    assert!(early.is_bad_request(), "{early}");
    emulator.set_dns_records([TxtRecord::new("acme.test", record)]).await.unwrap();
    assert!(sso.validate_sso_domain(&connection.id, &domain.id).await.unwrap().validated);

    // The request with the address, and another one, maybe to another replica.
    assert!(authentication.sso_prelogin("ada@elsewhere.test").await.unwrap().is_none());
    let other = SsoPreloginRequest::new().email(ADA).tenant_id("globex".to_owned());
    assert!(authentication.sso_prelogin_with(&other).await.unwrap().is_none());
    let step = authentication.sso_prelogin(ADA).await.unwrap().expect("a provider");
    assert_eq!(*step.idp_type(), SsoIdpType::Oidc);
    let stored = serde_json::to_string(&step.save()).unwrap();
    assert!(!format!("{step:?}").contains(step.address().expose()), "it is secret");
    let SignedIn::OpenId { location } = provider.sign_in(step.address().expose(), ADA).await.unwrap() else {
        panic!("no OpenID Connect")
    };
    let returned: OidcReturn = location.parse().unwrap();

    // Whoever brings the answer without the step of the browser is nobody.
    let stranger = authentication.sso_prelogin(ADA).await.unwrap().expect("a provider");
    assert!(stranger.complete(&returned).await.unwrap_err().is_unauthenticated());
    let saved: Saved<SsoStep> = stored.parse().unwrap();
    let step = authentication.resume(saved);
    let session = step.complete(&returned).await.unwrap().into_session().unwrap();
    let me = session.user_management().get_my_profile_v3().await.unwrap();
    assert_eq!((me.email.as_deref(), me.name.as_deref()), (Some(ADA), Some("Ada Lovelace")));
    session.refresh().await.unwrap();
    assert!(step.complete(&returned).await.unwrap_err().is_unauthenticated(), "it is spent");
}
