//! Emails and usernames: one's own, and those of others for administrators.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    user_management::{
        AddUserEmailParams, DeleteMyEmailParams, DeleteUserEmailParams, DeleteUsernameParams, ListUserEmailsParams,
        ListUsernamesParams, SetUserPrimaryEmailParams,
    },
};
use frontegg_model::{enums, types};

use crate::{
    api::{
        caller::{caller, caller_id},
        paging,
    },
    domain::{
        DomainError,
        identifiers::{
            emails,
            lists::{self, IdentifierListing, SortBy},
            usernames,
        },
        memberships,
        people::email_confirmation,
        users,
    },
    service::Service,
    store::entity::{user_email, username},
};

pub(super) async fn list_user_emails(
    service: &Service,
    cx: &RequestContext,
    params: ListUserEmailsParams,
) -> ApiResult<types::UserEmailPage> {
    let page = paging::page(params.limit, params.offset)?;
    let listing = IdentifierListing {
        tenant_id: cx.tenant_id.clone(),
        visible_only: caller(cx).is_user(),
        prefix: params.email,
        user_ids: params.user_ids.as_deref().map(paging::ids),
        identifiers: None,
        sort_by: match params.sort_by {
            Some(enums::UserEmailSortField::UserId) => SortBy::UserId,
            Some(enums::UserEmailSortField::Email) => SortBy::Identifier,
            _ => SortBy::CreatedAt,
        },
        descending: params.order == Some(enums::SortOrder::Desc),
        page,
    };
    let tx = service.store().read().await?;
    let found = lists::emails(&tx, listing).await?;
    Ok(types::UserEmailPage {
        metadata: paging::metadata(page, found.total),
        links: Some(paging::links(cx, page, found.total)),
        items: found.items.into_iter().map(email).collect(),
    })
}

pub(super) async fn add_user_email(
    service: &Service,
    _: &RequestContext,
    params: AddUserEmailParams,
    body: types::CreateUserEmailVendorRequestDto,
) -> ApiResult<types::UserEmailResponseDto> {
    let row = service
        .write(async |tx| {
            users::require(tx, &params.user_id).await?;
            Ok(emails::add(tx, &params.user_id, &body.email, body.is_verified.unwrap_or_default().into()).await?)
        })
        .await?;
    Ok(email(row))
}

pub(super) async fn delete_user_email(
    service: &Service,
    _: &RequestContext,
    params: DeleteUserEmailParams,
) -> ApiResult<()> {
    service
        .write(async |tx| {
            users::require(tx, &params.user_id).await?;
            Ok(emails::remove(tx, &params.user_id, &params.email_id).await?)
        })
        .await
}

pub(super) async fn set_user_primary_email(
    service: &Service,
    _: &RequestContext,
    params: SetUserPrimaryEmailParams,
    body: types::MarkEmailAsPrimaryRequestDto,
) -> ApiResult<()> {
    service
        .write(async |tx| {
            users::require(tx, &params.user_id).await?;
            Ok(emails::make_primary(tx, &params.user_id, &body.email).await?)
        })
        .await
}

pub(super) async fn list_my_emails(
    service: &Service,
    cx: &RequestContext,
) -> ApiResult<Vec<types::UserEmailResponseDto>> {
    let tx = service.store().read().await?;
    let user = users::require(&tx, cx.user()?).await?;
    Ok(emails::of_user(&tx, &user.id).await?.into_iter().map(email).collect())
}

pub(super) async fn add_my_email(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateUserEmailRequestDto,
) -> ApiResult<types::UserEmailResponseDto> {
    let row = service.write(async |tx| Ok(email_confirmation::add(tx, cx.user()?, &body.email).await?)).await?;
    Ok(email(row))
}

pub(super) async fn verify_my_email(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateUserEmailVerifyRequestDto,
) -> ApiResult<()> {
    let code = body.code.expose();
    service.attempt(async |tx| Ok(email_confirmation::confirm(tx, cx.user()?, &body.email, code).await?)).await
}

pub(super) async fn request_my_email_change(
    service: &Service,
    cx: &RequestContext,
    body: types::SelfEmailUpdateRequestDto,
) -> ApiResult<()> {
    service.write(async |tx| Ok(email_confirmation::ask_change(tx, cx.user()?, &body.email).await?)).await
}

pub(super) async fn verify_my_email_change(
    service: &Service,
    cx: &RequestContext,
    body: types::SelfEmailUpdateVerifyRequestDto,
) -> ApiResult<()> {
    let code = body.code.expose();
    service.attempt(async |tx| Ok(email_confirmation::confirm_change(tx, cx.user()?, &body.email, code).await?)).await
}

pub(super) async fn delete_my_email(
    service: &Service,
    cx: &RequestContext,
    params: DeleteMyEmailParams,
) -> ApiResult<()> {
    service.write(async |tx| Ok(emails::remove(tx, cx.user()?, &params.email_id).await?)).await
}

pub(super) async fn set_my_primary_email(
    service: &Service,
    cx: &RequestContext,
    body: types::MarkEmailAsPrimaryRequestDto,
) -> ApiResult<()> {
    service.write(async |tx| Ok(emails::make_primary(tx, cx.user()?, &body.email).await?)).await
}

pub(super) async fn list_usernames(
    service: &Service,
    cx: &RequestContext,
    params: ListUsernamesParams,
) -> ApiResult<types::UsernamePage> {
    let page = paging::page(params.limit, params.offset)?;
    let listing = IdentifierListing {
        tenant_id: caller(cx).tenant().map(str::to_owned),
        visible_only: caller(cx).is_user(),
        prefix: params.username_prefix,
        user_ids: params.user_ids.as_deref().map(paging::ids),
        identifiers: params.usernames.as_deref().map(paging::ids),
        sort_by: match params.sort_by {
            Some(enums::UsernameSortField::UserId) => SortBy::UserId,
            Some(enums::UsernameSortField::Username) => SortBy::Identifier,
            _ => SortBy::CreatedAt,
        },
        descending: params.order == Some(enums::SortOrder::Desc),
        page,
    };
    let tx = service.store().read().await?;
    let found = lists::usernames(&tx, listing).await?;
    Ok(types::UsernamePage {
        metadata: paging::metadata(page, found.total),
        links: Some(paging::links(cx, page, found.total)),
        items: found.items.into_iter().map(owned).collect(),
    })
}

pub(super) async fn create_my_username(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateUsernameRequestDto,
) -> ApiResult<()> {
    usernames::check(&body.username)?;
    service
        .write(async |tx| {
            let user = users::require(tx, cx.user()?).await?;
            Ok(usernames::add(tx, &user.id, &body.username).await?)
        })
        .await
}

pub(super) async fn get_my_username(service: &Service, cx: &RequestContext) -> ApiResult<types::UsernameResponseDto> {
    let tx = service.store().read().await?;
    let row = usernames::of_user(&tx, cx.user()?).await?;
    row.map(owned).ok_or_else(|| unknown_username().into())
}

/// A user's token releases its own username. That of a colleague it must not, that of a stranger it
/// must not even know.
pub(super) async fn delete_username(
    service: &Service,
    cx: &RequestContext,
    params: DeleteUsernameParams,
) -> ApiResult<()> {
    service
        .write(async |tx| {
            let row = usernames::find(tx, &params.username).await?.ok_or_else(unknown_username)?;
            if let Some(tenant_id) = caller(cx).tenant().filter(|_| caller_id(cx) != Some(&row.user_id)) {
                if memberships::find(tx, &row.user_id, tenant_id).await?.is_none() {
                    return Err(unknown_username().into());
                }
                return Err(ApiFailure::forbidden("The username belongs to another user"));
            }
            Ok(usernames::remove(tx, row).await?)
        })
        .await
}

fn unknown_username() -> DomainError {
    DomainError::not_found("Username not found")
}

fn email(row: user_email::Model) -> types::UserEmailResponseDto {
    types::UserEmailResponseDto {
        id: row.id,
        user_id: row.user_id,
        email: row.email,
        verified: row.verified,
        is_primary: row.is_primary,
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
    }
}

fn owned(row: username::Model) -> types::UsernameResponseDto {
    types::UsernameResponseDto { username: row.username, user_id: row.user_id }
}
