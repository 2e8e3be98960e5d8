//! Tag “Domain Restrictions”, over HTTP through the SDK, and what the lists do.

use frontegg_identity::{
    Authorized,
    enums::RestrictionType::{Allow, Block},
    types::{
        CreateUserDto, DomainRestrictionsBulkRequestRequest, DomainRestrictionsConfigUpdateRequest,
        DomainRestrictionsCreateRequest,
    },
    views::DomainRestrictions,
};
use serde_json::json;

use crate::support::{World, browser::PASSWORD, refused};

const BARRED: &str = "Addresses of this domain are not allowed";

/// The life of the lists of a level.
async fn lives<A: Authorized>(lists: &DomainRestrictions<A>) {
    let read = lists.get_domain_restrictions_configuration().await.expect("the configuration");
    assert_eq!((read.active, read.list_type, read.block_public_domains), (false, Allow, false));
    let change = DomainRestrictionsConfigUpdateRequest::new(true).type_(Block).block_public_domains(true);
    lists.set_domain_restrictions_configuration(&change).await.expect("the configuration");
    let change = DomainRestrictionsConfigUpdateRequest::new(false);
    let read = lists.set_domain_restrictions_configuration(&change).await.expect("the configuration");
    assert_eq!((read.active, read.list_type, read.block_public_domains), (false, Block, true), "what is absent stays");

    let add = |domain: &str, list| DomainRestrictionsCreateRequest::new(domain, list);
    let first = lists.create_domain_restriction(&add("@München.Example", Allow)).await.expect("an entry");
    assert_eq!((first.domain.as_str(), &first.type_), ("xn--mnchen-3ya.example", &Allow));
    refused(lists.create_domain_restriction(&add("MÜNCHEN.example", Allow)).await, 409);
    lists.create_domain_restriction(&add("münchen.example", Block)).await.expect("an entry of the other list");
    lists.create_domain_restriction(&add("acme.test", Block)).await.expect("an entry");
    for bad in ["", "acme", "a b.test", "ada@acme.test", "acme.test.", "-acme.test"] {
        refused(lists.create_domain_restriction(&add(bad, Block)).await, 400);
    }
    let page = lists.list_domain_restrictions().await.expect("the entries");
    let domains: Vec<_> = page.items.iter().map(|entry| entry.domain.as_str()).collect();
    assert_eq!(domains, ["acme.test", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"]);
    assert_eq!(page.metadata.total_items, 3);

    lists.delete_domain_restriction(&first.id).await.expect("a deletion");
    refused(lists.delete_domain_restriction(&first.id).await, 404);

    let bad = DomainRestrictionsBulkRequestRequest::new(Allow, ["globex.test", "no domain"]);
    refused(lists.replace_domain_restrictions(&bad).await, 400);
    assert_eq!(lists.list_domain_restrictions().await.expect("the entries").items.len(), 2);
    let new = DomainRestrictionsBulkRequestRequest::new(Allow, ["globex.test", "Acme.test", "globex.TEST"]);
    let replaced = lists.replace_domain_restrictions(&new).await.expect("the entries");
    let replaced: Vec<_> = replaced.iter().map(|entry| (entry.domain.as_str(), &entry.type_)).collect();
    assert_eq!(replaced, [("globex.test", &Allow), ("acme.test", &Allow)]);
    let nothing = DomainRestrictionsBulkRequestRequest::new(Allow, Vec::<String>::new());
    assert!(lists.replace_domain_restrictions(&nothing).await.expect("no entries").is_empty());
    assert!(lists.list_domain_restrictions().await.expect("no entries").items.is_empty());
}

#[tokio::test]
async fn each_level_has_lists_of_its_own() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let admin = world.role("Admin").await;
    world.tenant("globex").await;
    let bob = world.user("globex", "bob@globex.test", &[&admin]).await;
    lives(&acme.domain_restrictions()).await;
    lives(&world.frontegg.self_service().domain_restrictions()).await;
    lives(&world.session(&bob, "globex").await.domain_restrictions()).await;
    let new = DomainRestrictionsCreateRequest::new("acme.test", Allow);
    let of_acme = acme.domain_restrictions().create_domain_restriction(&new).await.expect("an entry");
    let others = world.frontegg.self_service().domain_restrictions();
    refused(others.delete_domain_restriction(&of_acme.id).await, 404);
    assert!(others.list_domain_restrictions().await.expect("no entries").items.is_empty());
}

#[tokio::test]
async fn the_environments_lists_guard_sign_up() {
    let world = World::start().await;
    let lists = world.frontegg.self_service().domain_restrictions();
    let sign_up = async |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD, "companyName": "Acme" });
        world.browser().call("sign_up_user", &[], body).await
    };
    let put = async |list, domains: &[&str], public: bool| {
        let new = DomainRestrictionsBulkRequestRequest::new(list, domains.iter().copied());
        lists.replace_domain_restrictions(&new).await.expect("the entries");
        let on = DomainRestrictionsConfigUpdateRequest::new(true);
        lists.set_domain_restrictions_configuration(&on.block_public_domains(public)).await.expect("it is on");
    };
    put(Allow, &["acme.test", "münchen.example"], false).await;
    assert_eq!(sign_up("ada@globex.test").await.refused(403), BARRED);
    assert_eq!(sign_up("ada@sub.acme.test").await.refused(403), BARRED, "a domain below is another");
    for open in ["ada@ACME.test", "bob@xn--mnchen-3ya.example"] {
        assert_eq!(sign_up(open).await.status, 201, "{open}");
    }
    let block = DomainRestrictionsConfigUpdateRequest::new(true).type_(Block);
    lists.set_domain_restrictions_configuration(&block).await.expect("the other list");
    assert_eq!(sign_up("carol@globex.test").await.status, 201, "entries of the other list rest");
    put(Block, &["acme.test"], true).await;
    assert_eq!(sign_up("dave@acme.test").await.refused(403), BARRED);
    assert_eq!(sign_up("dave@gmail.com").await.refused(403), BARRED);
    assert_eq!(sign_up("dave@initech.test").await.status, 201);
}

#[tokio::test]
async fn a_tenants_lists_guard_the_way_into_it() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.member("acme", "ada@globex.test").await;
    let bob = world.member("globex", "bob@globex.test").await;
    let lists = acme.domain_restrictions();
    let new = DomainRestrictionsBulkRequestRequest::new(Allow, ["acme.test"]);
    lists.replace_domain_restrictions(&new).await.expect("the entries");
    lists.set_domain_restrictions_configuration(&DomainRestrictionsConfigUpdateRequest::new(true)).await.expect("on");

    let invite = |email: &str| CreateUserDto::new().email(email);
    for email in ["new@globex.test", "bob@globex.test"] {
        assert_eq!(refused(acme.user_management().create_user_v2(&invite(email)).await, 403), BARRED, "{email}");
    }
    acme.user_management().create_user_v2(&invite("new@acme.test")).await.expect("a user");
    globex.user_management().create_user_v2(&invite("new@globex.test")).await.expect("a user of another tenant");
    let add = json!({ "tenantId": "acme" });
    world.back_end(None).await.call("add_user_to_tenant", &[&bob], add).await.refused(403);

    let invite =
        world.back_end(Some("acme")).await.done("create_tenant_invite", &[], json!({ "tenantId": "acme" })).await;
    let sign_up = |email: &str| {
        let token = invite["token"].as_str().expect("a token");
        json!({ "email": email, "password": PASSWORD, "companyName": "x", "invitationToken": token })
    };
    let barred = world.browser().call("sign_up_user", &[], sign_up("eve@globex.test")).await;
    assert_eq!(barred.refused(403), BARRED);
    world.browser().done("sign_up_user", &[], sign_up("eve@acme.test")).await;
    // Who was there before stays.
    assert_eq!(world.browser().sign_in("ada@globex.test").await.claims()["sub"], ada);
}
