//! Phone numbers of users.

use frontegg_contract::{
    ApiResult, RequestContext,
    sms::{
        ListPhoneNumbersV1Params, ListPhoneNumbersV2Params, SendMyPhoneNumberDeletionCodeParams, SmsApi,
        VerifyMyPhoneNumberDeletionParams,
    },
};
use frontegg_model::{enums, types};

use super::{caller::caller, paging};
use crate::{
    domain::{
        identifiers::{
            lists::{self, IdentifierListing, SortBy},
            phones,
        },
        people::phone_confirmation,
        users,
    },
    service::Service,
    store::{Write, entity::phone_number},
};

/// Most entries of a page in the second version; the first has no bound but that of numbers.
const LARGEST: u64 = 250;

impl SmsApi for Service {
    async fn add_my_phone_number(
        &self,
        cx: &RequestContext,
        body: types::CreateUserPhoneNumberRequestDto,
    ) -> ApiResult<types::UserPhoneNumberCreatedResponseDto> {
        let number = &body.phone_number;
        let add = async |tx: &Write| {
            let user_id = cx.user()?;
            if body.verify.unwrap_or(true) {
                return Ok(Some(phone_confirmation::add_and_ask(tx, user_id, number).await?));
            }
            phone_confirmation::add(tx, user_id, number).await?;
            Ok(None)
        };
        let token = self.write(add).await?;
        Ok(types::UserPhoneNumberCreatedResponseDto { otc_token: token.map(Into::into) })
    }

    async fn list_my_phone_numbers(&self, cx: &RequestContext) -> ApiResult<Vec<types::UserPhoneNumberResponseDto>> {
        let tx = self.store().read().await?;
        let user = users::require(&tx, cx.user()?).await?;
        Ok(phones::of_user(&tx, &user.id).await?.into_iter().map(answer).collect())
    }

    async fn list_phone_numbers_v1(
        &self,
        cx: &RequestContext,
        params: ListPhoneNumbersV1Params,
    ) -> ApiResult<types::PhoneNumberPage> {
        let ListPhoneNumbersV1Params { limit, offset, sort_by, order, phone_number } = params;
        let params = ListPhoneNumbersV2Params { limit, offset, sort_by, order, phone_number, user_ids: None };
        page(self, cx, params, u64::MAX).await
    }

    async fn list_phone_numbers_v2(
        &self,
        cx: &RequestContext,
        params: ListPhoneNumbersV2Params,
    ) -> ApiResult<types::PhoneNumberPage> {
        page(self, cx, params, LARGEST).await
    }

    async fn send_my_phone_number_deletion_code(
        &self,
        cx: &RequestContext,
        params: SendMyPhoneNumberDeletionCodeParams,
    ) -> ApiResult<types::UserPhoneNumberDeleteCodeResponseDto> {
        let token =
            self.write(async |tx| Ok(phone_confirmation::ask_removal(tx, cx.user()?, &params.id).await?)).await?;
        Ok(types::UserPhoneNumberDeleteCodeResponseDto { otc_token: token.into(), phone_id: params.id })
    }

    async fn send_phone_number_verification_code(
        &self,
        cx: &RequestContext,
        body: types::PreVerifyUserPhoneNumberRequestDto,
    ) -> ApiResult<types::UserPhoneNumberCreatedResponseDto> {
        let token =
            self.write(async |tx| Ok(phone_confirmation::ask(tx, cx.user()?, &body.phone_number).await?)).await?;
        Ok(types::UserPhoneNumberCreatedResponseDto { otc_token: Some(token.into()) })
    }

    async fn verify_my_phone_number(
        &self,
        cx: &RequestContext,
        body: types::VerifyPhoneNumberOtcRequestDto,
    ) -> ApiResult<()> {
        let (token, code) = (body.otc_token.expose(), body.code.expose());
        self.attempt(async |tx| Ok(phone_confirmation::confirm(tx, cx.user()?, token, code).await?)).await
    }

    async fn verify_my_phone_number_deletion(
        &self,
        cx: &RequestContext,
        params: VerifyMyPhoneNumberDeletionParams,
        body: types::VerifyPhoneNumberOtcRequestDto,
    ) -> ApiResult<()> {
        let (token, code) = (body.otc_token.expose(), body.code.expose());
        self.attempt(async |tx| Ok(phone_confirmation::confirm_removal(tx, cx.user()?, &params.id, token, code).await?))
            .await
    }
}

async fn page(
    service: &Service,
    cx: &RequestContext,
    params: ListPhoneNumbersV2Params,
    largest: u64,
) -> ApiResult<types::PhoneNumberPage> {
    let page = paging::page_up_to(largest, params.limit, params.offset)?;
    let caller = caller(cx);
    let listing = IdentifierListing {
        tenant_id: caller.tenant().map(str::to_owned),
        visible_only: caller.is_user(),
        user_ids: params.user_ids.as_deref().map(paging::ids),
        identifiers: params.phone_number.as_deref().map(|number| vec![with_plus(number)]),
        sort_by: params.sort_by.as_ref().map_or(SortBy::CreatedAt, sort_by),
        descending: params.order == Some(enums::SortOrder::Desc),
        page,
        ..IdentifierListing::default()
    };
    let tx = service.store().read().await?;
    let found = lists::phone_numbers(&tx, listing).await?;
    Ok(types::PhoneNumberPage {
        metadata: paging::metadata(page, found.total),
        links: Some(paging::links(cx, page, found.total)),
        items: found.items.into_iter().map(answer).collect(),
    })
}

/// The number as it is stored: a plus that was not escaped in the query arrives as a blank.
fn with_plus(number: &str) -> String {
    match number.strip_prefix(' ') {
        Some(digits) => format!("+{digits}"),
        None => number.to_owned(),
    }
}

fn sort_by(field: &enums::PhoneNumberSortField) -> SortBy {
    match field {
        enums::PhoneNumberSortField::UserId => SortBy::UserId,
        enums::PhoneNumberSortField::PhoneNumber => SortBy::Identifier,
        _ => SortBy::CreatedAt,
    }
}

fn answer(row: phone_number::Model) -> types::UserPhoneNumberResponseDto {
    types::UserPhoneNumberResponseDto {
        created_at: row.created_at.utc(),
        id: row.id,
        phone_number: row.phone_number,
        updated_at: row.updated_at.utc(),
        user_id: row.user_id,
        verified: row.verified,
    }
}
