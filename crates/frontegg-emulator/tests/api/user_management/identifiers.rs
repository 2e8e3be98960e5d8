//! Emails and usernames.

use frontegg_identity::{
    enums::{SortOrder, UserEmailSortField, UsernameSortField},
    params::{ListUserEmails, ListUsernames},
    types::{
        CreateUserDto, CreateUserEmailVendorRequestDto, CreateUsernameRequestDto, MarkEmailAsPrimaryRequestDto,
        UpdateUserInvisibleDto, UserEmailPage,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY,
    support::{World, refused},
};

fn addresses(page: &UserEmailPage) -> Vec<&str> {
    page.items.iter().map(|row| row.email.as_str()).collect()
}

#[tokio::test]
async fn administrators_add_and_remove_addresses() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let emails = world.frontegg.self_service().user_management();
    let new = CreateUserEmailVendorRequestDto::new;
    let second = emails.add_user_email(&ada, &new("a.l@acme.test")).await.expect("an address");
    assert_eq!((second.email.as_str(), second.verified, second.is_primary), ("a.l@acme.test", false, false));
    assert_eq!(second.user_id, ada);
    let third = emails.add_user_email(&ada, &new("lovelace@acme.test").is_verified(true)).await.expect("an address");
    assert!(third.verified && !third.is_primary);
    let mine = acme.user(&ada).user_management();
    let listed = mine.list_my_emails().await.expect("addresses");
    assert_eq!(
        listed.iter().map(|row| row.email.as_str()).collect::<Vec<_>>(),
        ["ada@acme.test", "a.l@acme.test", "lovelace@acme.test"]
    );
    let found = world.frontegg.management().users().get_user_by_email("Lovelace@acme.test").await.expect("a user");
    assert_eq!((found.id.as_str(), found.email.as_deref()), (ada.as_str(), Some("ada@acme.test")));

    // A mere claim keeps nobody away, what somebody has proven does.
    let claim = emails.add_user_email(&bob, &new("A.L@acme.test")).await.expect("a claim");
    emails.delete_user_email(&bob, &claim.id).await.expect("a deletion");
    refused(emails.add_user_email(&bob, &new("Lovelace@acme.test")).await, 409);
    refused(emails.add_user_email(&bob, &new("a.l")).await, 400);
    refused(emails.add_user_email(NOBODY, &new("x@acme.test")).await, 404);

    refused(emails.delete_user_email(&bob, &second.id).await, 404);
    refused(emails.delete_user_email(NOBODY, &second.id).await, 404);
    refused(emails.delete_user_email(&ada, &listed[0].id).await, 400);
    emails.delete_user_email(&ada, &second.id).await.expect("a deletion");
    refused(emails.delete_user_email(&ada, &second.id).await, 404);
    // Free again.
    emails.add_user_email(&bob, &new("a.l@acme.test")).await.expect("an address");
}

#[tokio::test]
async fn a_verified_address_becomes_the_primary_one() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let emails = world.frontegg.self_service().user_management();
    let new = CreateUserEmailVendorRequestDto::new;
    emails.add_user_email(&ada, &new("proven@acme.test").is_verified(true)).await.expect("an address");
    emails.add_user_email(&ada, &new("open@acme.test")).await.expect("an address");
    let choice = MarkEmailAsPrimaryRequestDto::new;
    refused(emails.set_user_primary_email(&ada, &choice("open@acme.test")).await, 400);
    refused(emails.set_user_primary_email(&ada, &choice("x@acme.test")).await, 404);
    refused(emails.set_user_primary_email(NOBODY, &choice("proven@acme.test")).await, 404);
    for _ in 0..2 {
        emails.set_user_primary_email(&ada, &choice("Proven@acme.test")).await.expect("a choice");
    }
    let read = || async { world.frontegg.management().users().get_user_globally(&ada).await.expect("a user").email };
    assert_eq!(read().await.as_deref(), Some("proven@acme.test"));
    let mine = acme.user(&ada).user_management();
    assert_eq!(mine.list_my_emails().await.expect("addresses").iter().filter(|row| row.is_primary).count(), 1);

    // The same for oneself, by either token.
    refused(mine.set_my_primary_email(&choice("open@acme.test")).await, 400);
    refused(mine.set_my_primary_email(&choice("x@acme.test")).await, 404);
    let session = world.session(&ada, "acme").await.user_management();
    session.set_my_primary_email(&choice("ada@acme.test")).await.expect("a choice");
    assert_eq!(read().await.as_deref(), Some("ada@acme.test"));
    let path = "/identity/resources/users/emails/v1/me/primary";
    let (status, body) = world.send(Method::POST, path, None, json!({ "email": "ada@acme.test" })).await;
    assert_eq!((status, &body["errors"]), (403, &json!(["User ID is not specified"])));

    // The first address of somebody without one.
    let carol = CreateUserDto::new().username("carol");
    let carol = acme.user_management().create_user_v2(&carol).await.expect("a user").id;
    assert!(emails.add_user_email(&carol, &new("carol@acme.test")).await.expect("an address").is_primary);
}

#[tokio::test]
async fn people_remove_their_own_addresses() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let emails = world.frontegg.self_service().user_management();
    let new = CreateUserEmailVendorRequestDto::new("second@acme.test");
    let second = emails.add_user_email(&ada, &new).await.expect("an address").id;
    let (mine, others) = (world.session(&ada, "acme").await, world.session(&bob, "acme").await);
    let (mine, others) = (mine.user_management(), others.user_management());
    assert_eq!(refused(others.delete_my_email(&second).await, 404), refused(others.delete_my_email(NOBODY).await, 404));
    let primary = mine.list_my_emails().await.expect("addresses")[0].id.clone();
    refused(mine.delete_my_email(&primary).await, 400);
    mine.delete_my_email(&second).await.expect("a deletion");
    assert_eq!(mine.list_my_emails().await.expect("addresses").len(), 1);
    refused(acme.user(NOBODY).user_management().list_my_emails().await, 404);
    refused(acme.user(&ada).user_management().delete_my_email(&second).await, 404);
}

#[tokio::test]
async fn addresses_are_listed() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.user_management();
    world.tenant("globex").await;
    let mut ids = Vec::new();
    for (tenant, email) in [("acme", "carol@acme.test"), ("acme", "Ada@acme.test"), ("globex", "eve@globex.test")] {
        ids.push(world.user(tenant, email, &[]).await);
    }
    let everywhere = world.frontegg.self_service().user_management();
    let second = CreateUserEmailVendorRequestDto::new("ada.l@acme.test");
    everywhere.add_user_email(&ids[1], &second).await.expect("an address");
    let list = ListUserEmails::new;
    let all = everywhere.list_user_emails(list()).await.expect("a page");
    assert_eq!(addresses(&all), ["carol@acme.test", "Ada@acme.test", "eve@globex.test", "ada.l@acme.test"]);
    for (filter, expected) in [
        (list().email("ADA"), &["Ada@acme.test", "ada.l@acme.test"][..]),
        (list().user_ids([ids[0].as_str(), NOBODY]), &["carol@acme.test"]),
        (list().sort_by(UserEmailSortField::Email), &["ada.l@acme.test", "Ada@acme.test", "carol@acme.test"]),
        (list().sort_by(UserEmailSortField::Email).order(SortOrder::Desc).limit(1).offset(1), &["Ada@acme.test"]),
    ] {
        let page = acme.list_user_emails(filter.clone()).await.expect("a page");
        assert_eq!(addresses(&page), expected, "{filter:?}");
    }
    let by_user = everywhere.list_user_emails(list().sort_by(UserEmailSortField::UserId)).await.expect("a page");
    assert!(by_user.items.is_sorted_by(|a, b| a.user_id <= b.user_id));
    refused(everywhere.list_user_emails(list().limit(0)).await, 400);
    refused(everywhere.list_user_emails(list().limit(201)).await, 400);
    // A user's token sees its own tenant, without those who hide.
    let hidden = UpdateUserInvisibleDto::new(true);
    world.frontegg.management().users().set_user_invisible(&ids[1], &hidden).await.expect("a user");
    let carol = world.session(&ids[0], "acme").await.user_management();
    let page = carol.list_user_emails(list()).await.expect("a page");
    assert_eq!((addresses(&page), page.metadata.total_items), (vec!["carol@acme.test"], 1));
}

#[tokio::test]
async fn people_choose_and_release_a_username() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let eve = world.user("globex", "eve@globex.test", &[]).await;
    let mine = acme.user(&ada).user_management();
    let new = CreateUsernameRequestDto::new;
    refused(mine.get_my_username().await, 404);
    mine.create_my_username(&new("Ada^$.!-#+'~_1")).await.expect("a username");
    let read = mine.get_my_username().await.expect("a username");
    assert_eq!((read.username.as_str(), read.user_id.as_str()), ("ada^$.!-#+'~_1", ada.as_str()));
    assert_eq!(refused(mine.create_my_username(&new("other")).await, 409), "User already has a username");
    let bobs = world.session(&bob, "acme").await.user_management();
    refused(bobs.create_my_username(&new("ADA^$.!-#+'~_1")).await, 409);
    let long = "x".repeat(129);
    for bad in ["a b", "a@b", "", &long] {
        refused(bobs.create_my_username(&new(bad)).await, 400);
    }
    bobs.create_my_username(&new("bob")).await.expect("a username");
    let path = "/identity/resources/usernames/v1";
    assert_eq!(world.send(Method::POST, path, None, json!({ "username": "x" })).await.0, 403);

    // One's own only; that of a stranger is as unknown as one that nobody has.
    refused(bobs.delete_username("ada^$.!-#+'~_1").await, 403);
    let eves = world.session(&eve, "globex").await.user_management();
    assert_eq!(refused(eves.delete_username("bob").await, 404), refused(eves.delete_username("nobody").await, 404));
    bobs.delete_username("BOB").await.expect("a release");
    refused(bobs.get_my_username().await, 404);
    let everywhere = world.frontegg.self_service().user_management();
    refused(everywhere.delete_username("bob").await, 404);
    let other = acme.user(&bob).user_management();
    everywhere.delete_username("ada^$.!-#+'~_1").await.expect("a release");
    other.create_my_username(&new("ada^$.!-#+'~_1")).await.expect("a username");

    // Nobody is left without any name.
    acme.user_management().create_user_v2(&CreateUserDto::new().username("carol")).await.expect("a user");
    refused(everywhere.delete_username("carol").await, 400);
}

#[tokio::test]
async fn usernames_are_listed() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let mut ids = Vec::new();
    for (tenant, name) in [(&acme, "carol"), (&acme, "Ada"), (&globex, "adele")] {
        let new = CreateUserDto::new().username(name);
        ids.push(tenant.user_management().create_user_v2(&new).await.expect("a user").id);
    }
    let everywhere = world.frontegg.self_service().user_management();
    let list = ListUsernames::new;
    for (filter, expected) in [
        (list(), &["carol", "ada", "adele"][..]),
        (list().username_prefix("AD"), &["ada", "adele"]),
        (list().usernames(["ADELE", "carol", "x"]), &["carol", "adele"]),
        (list().user_ids([&ids[2]]), &["adele"]),
        (list().sort_by(UsernameSortField::Username).order(SortOrder::Desc), &["carol", "adele", "ada"]),
        (list().sort_by(UsernameSortField::Username).limit(2).offset(1), &["carol"]),
    ] {
        let page = everywhere.list_usernames(filter.clone()).await.expect("a page");
        assert_eq!(page.items.iter().map(|row| row.username.as_str()).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let by_user = everywhere.list_usernames(list().sort_by(UsernameSortField::UserId)).await.expect("a page");
    assert!(by_user.items.is_sorted_by(|a, b| a.user_id <= b.user_id));
    refused(everywhere.list_usernames(list().limit(201)).await, 400);
    let carol = world.session(&ids[0], "acme").await.user_management();
    assert_eq!(carol.list_usernames(list()).await.expect("a page").metadata.total_items, 2);
}
