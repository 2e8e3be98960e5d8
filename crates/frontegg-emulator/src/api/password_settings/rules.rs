//! Rules for passwords, from the API's form and back.

use frontegg_model::types;

use crate::domain::{
    passwords::{
        complexity::{self, Complexity, OptionalTests, RequiredTests},
        history::History,
        rotation::{self, Rotation},
    },
    policies::Record,
    settings::Owner,
};

pub(super) fn complexity(rules: &Complexity) -> types::PasswordConfigResponse {
    let (optional, required) = (rules.optional_tests, rules.required_tests);
    types::PasswordConfigResponse {
        allow_passphrases: Some(rules.allow_passphrases),
        min_length: Some(rules.min_length),
        max_length: Some(rules.max_length),
        min_phrase_length: Some(rules.min_phrase_length),
        min_optional_tests_to_pass: Some(rules.min_optional_tests_to_pass),
        block_pwned_passwords: rules.block_pwned_passwords,
        optional_tests: Some(
            types::OptionalTestsConfig::new()
                .require_lowercase(optional.require_lowercase)
                .require_uppercase(optional.require_uppercase)
                .require_numbers(optional.require_numbers)
                .require_special_chars(optional.require_special_chars),
        ),
        required_tests: Some(
            types::RequiredTestsConfig::new().check_three_repeated_chars(required.check_three_repeated_chars),
        ),
    }
}

pub(super) fn complexity_change(body: types::PasswordConfigRequest) -> complexity::Change {
    complexity::Change {
        allow_passphrases: body.allow_passphrases,
        min_length: body.min_length,
        max_length: body.max_length,
        min_phrase_length: body.min_phrase_length,
        min_optional_tests_to_pass: body.min_optional_tests_to_pass,
        block_pwned_passwords: body.block_pwned_passwords,
        optional_tests: body.optional_tests.map(|tests| OptionalTests {
            require_lowercase: tests.require_lowercase.unwrap_or_default(),
            require_uppercase: tests.require_uppercase.unwrap_or_default(),
            require_numbers: tests.require_numbers.unwrap_or_default(),
            require_special_chars: tests.require_special_chars.unwrap_or_default(),
        }),
        required_tests: body.required_tests.map(|tests| RequiredTests {
            check_three_repeated_chars: tests.check_three_repeated_chars.unwrap_or_default(),
        }),
    }
}

pub(in crate::api) fn history(record: Record<History>) -> types::PasswordHistoryPolicyResponse {
    types::PasswordHistoryPolicyResponse {
        created_at: record.created_at().utc(),
        updated_at: record.updated_at().utc(),
        id: record.id,
        enabled: record.rule.enabled,
        history_size: record.rule.size,
    }
}

pub(super) fn history_rule(body: &types::PasswordHistoryPolicyRequest) -> History {
    History { enabled: body.enabled, size: body.history_size }
}

pub(super) fn rotation(level: Owner<'_>, record: &Record<Rotation>) -> types::PasswordRotationConfigurationResponse {
    let tenant_id = match level {
        Owner::Tenant(id) => id,
        Owner::Environment | Owner::Application(_) => "",
    };
    types::PasswordRotationConfigurationResponse {
        created_at: Some(record.created_at().utc()),
        updated_at: Some(record.updated_at().utc()),
        is_active: record.rule.is_active,
        rotation_period: record.rule.period,
        notification_period: record.rule.notice,
        tenant_id: Some(tenant_id.to_owned()),
    }
}

pub(super) fn rotation_change(body: &types::CreateOrUpdatePasswordRotationDto) -> rotation::Change {
    rotation::Change { is_active: body.is_active, period: body.rotation_period, notice: body.notification_period }
}
