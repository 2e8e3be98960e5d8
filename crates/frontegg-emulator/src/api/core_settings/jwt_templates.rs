//! Templates of tokens and rules for them, from requests and to answers.

use frontegg_contract::{ApiFailure, ApiResult, core_settings::ListJwtTemplatesParams};
use frontegg_model::{enums, types};

use super::read_algorithm;
use crate::{
    api::paging,
    domain::{
        jwt_templates::{
            NewTemplate, SortBy, Template, TemplateChange, TemplateListing,
            targeting::{Attribute, Condition, Operation, Rule, Targeting},
        },
        policies::Record,
    },
    service::Service,
    store::{entity::jwt_template, query::Page},
};

pub(super) fn new(body: types::CreateJwtTemplateDto) -> NewTemplate {
    NewTemplate {
        key: body.key,
        name: body.name,
        description: body.description,
        expiration: body.expiration,
        algorithm: read_algorithm(&body.algorithm),
        claims: body.template_schema.claims,
    }
}

pub(super) fn change(body: types::UpdateJwtTemplateDto) -> TemplateChange {
    TemplateChange {
        key: body.key,
        name: body.name,
        description: body.description,
        expiration: body.expiration,
        algorithm: body.algorithm.as_ref().map(read_algorithm),
        claims: body.template_schema.map(|schema| schema.claims),
    }
}

pub(super) fn listing(params: &ListJwtTemplatesParams, page: Page) -> TemplateListing {
    TemplateListing {
        keys: params.keys.as_deref().map(paging::ids),
        ids: params.ids.as_deref().map(paging::ids),
        sort_by: match params.sort_by {
            Some(enums::JwtTemplateSortField::Id) => SortBy::Id,
            Some(enums::JwtTemplateSortField::Key) => SortBy::Key,
            Some(enums::JwtTemplateSortField::Name) => SortBy::Name,
            Some(enums::JwtTemplateSortField::UpdatedAt) => SortBy::UpdatedAt,
            _ => SortBy::CreatedAt,
        },
        descending: params.order == Some(enums::SortOrder::Desc),
        page,
    }
}

pub(super) fn template(service: &Service, row: jwt_template::Model) -> ApiResult<types::JwtTemplateResponseDto> {
    let template = Template::of(&row)?;
    Ok(types::JwtTemplateResponseDto {
        id: row.id,
        vendor_id: service.vendor_id().to_owned(),
        key: row.key,
        name: row.name,
        description: row.description,
        expiration: row.expiration,
        algorithm: template.algorithm.name().into(),
        template_schema: types::JwtTemplatePayloadResponseDto { claims: template.claims },
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
    })
}

/// The list of a request; none is an empty one.
pub(super) fn targeting(body: types::UpdateJwtTemplateTargetingRequestDto) -> ApiResult<Targeting> {
    Ok(Targeting { rules: rules(body.rules.unwrap_or_default())? })
}

pub(super) fn rules(rules: Vec<types::IdentityRuleDto>) -> ApiResult<Vec<Rule>> {
    let rule = |rule: types::IdentityRuleDto| {
        let conditions = rule.conditions.into_iter().map(condition).collect::<ApiResult<_>>()?;
        Ok(Rule { conditions, treatment: rule.treatment })
    };
    rules.into_iter().map(rule).collect()
}

fn condition(condition: types::IdentityConditionDto) -> ApiResult<Condition> {
    Ok(Condition {
        attribute: match condition.attribute {
            enums::TargetingAttribute::UserId => Attribute::UserId,
            enums::TargetingAttribute::ApplicationId => Attribute::ApplicationId,
            enums::TargetingAttribute::TenantId => Attribute::TenantId,
            enums::TargetingAttribute::RoleIds => Attribute::RoleIds,
            enums::TargetingAttribute::TokenType => Attribute::TokenType,
            enums::TargetingAttribute::UserEmail => Attribute::UserEmail,
            other => return Err(unknown("attribute", other.as_str())),
        },
        op: match condition.op {
            enums::TargetingOperation::InList => Operation::InList,
            enums::TargetingOperation::Contains => Operation::Contains,
            enums::TargetingOperation::EndsWith => Operation::EndsWith,
            other => return Err(unknown("op", other.as_str())),
        },
        list: condition.value.list,
        negate: condition.negate,
    })
}

fn unknown(member: &str, value: &str) -> ApiFailure {
    ApiFailure::bad_request(format!("{member} {value} is unknown"))
}

pub(super) fn targeting_response(record: Record<Targeting>) -> types::JwtTemplateTargetingResponseDto {
    let (created_at, updated_at) = (record.created_at().utc(), record.updated_at().utc());
    types::JwtTemplateTargetingResponseDto {
        id: record.id,
        targeting: types::JwtTemplateTargetingRules { rules: record.rule.rules.into_iter().map(shown_rule).collect() },
        created_at,
        updated_at,
    }
}

fn shown_rule(rule: Rule) -> types::IdentityRuleDto {
    let conditions = rule.conditions.into_iter().map(shown_condition);
    types::IdentityRuleDto::new(enums::ConditionLogic::And, conditions, rule.treatment)
}

fn shown_condition(condition: Condition) -> types::IdentityConditionDto {
    let attribute = match condition.attribute {
        Attribute::UserId => enums::TargetingAttribute::UserId,
        Attribute::ApplicationId => enums::TargetingAttribute::ApplicationId,
        Attribute::TenantId => enums::TargetingAttribute::TenantId,
        Attribute::RoleIds => enums::TargetingAttribute::RoleIds,
        Attribute::TokenType => enums::TargetingAttribute::TokenType,
        Attribute::UserEmail => enums::TargetingAttribute::UserEmail,
    };
    let op = match condition.op {
        Operation::InList => enums::TargetingOperation::InList,
        Operation::Contains => enums::TargetingOperation::Contains,
        Operation::EndsWith => enums::TargetingOperation::EndsWith,
    };
    let value = types::IdentityConditionValue::new(condition.list);
    types::IdentityConditionDto::new(attribute, op, value, condition.negate)
}
