//! Rules of the environment or of a tenant. What is there already stays as it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::described::described;

described! {
    /// Rules of the environment, or of a tenant.
    Policies {
        /// How complex passwords are.
        password_complexity: PasswordComplexity,
        /// Which former passwords may not return.
        password_history: PasswordHistory,
        /// How old passwords become.
        password_rotation: PasswordRotation,
        /// How many wrong passwords lock somebody out.
        lockout: Lockout,
        /// Who must have a second factor.
        mfa: MfaPolicy,
        /// How long sessions last.
        sessions: Sessions,
        /// The domains of addresses that may come in, or may not.
        email_domains: EmailDomains,
        /// The networks from which people may enter; a tenant's only.
        ip_restrictions: IpRestrictions,
    }
}

described! {
    /// How complex passwords are; what is absent is as by default.
    PasswordComplexity {
        /// Fewest characters.
        min_length: i64,
        /// Most characters.
        max_length: i64,
        /// Whether long passwords need nothing else.
        allow_passphrases: bool,
        /// Fewest characters of such.
        min_phrase_length: i64,
        /// How many of four kinds of characters there must be.
        min_optional_tests_to_pass: i64,
        /// Whether passwords from data leaks are refused.
        block_pwned_passwords: bool,
    }
}

described! {
    /// Which former passwords may not return.
    PasswordHistory {
        /// How many, with the present one; by default 3.
        size: i64,
    }
}

described! {
    /// How old passwords become.
    PasswordRotation {
        /// The greatest age, in minutes; by default 90 days.
        period: i64,
        /// How long before that people are reminded, in minutes; by default 7 days.
        notice: i64,
    }
}

described! {
    /// How many wrong passwords lock somebody out.
    Lockout {
        /// So many; by default 5.
        max_attempts: i64,
    }
}

/// A kind of second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum MfaStrategy {
    /// Apps that show a code.
    AuthenticatorApp,
    /// Devices of a browser's machine.
    WebAuthnPlatform,
    /// Devices that are plugged in.
    WebAuthnCrossPlatform,
    /// Codes by SMS.
    #[serde(rename = "SMS")]
    Sms,
    /// Codes by mail.
    EmailCode,
}

/// Who must have a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum MfaEnforcement {
    /// Nobody.
    DontForce,
    /// Everybody.
    Force,
    /// All but those who come from an identity provider of their own.
    #[serde(rename = "ForceExceptSAML")]
    ForceExceptSaml,
}

described! {
    /// Who must have a second factor, and whether browsers are remembered.
    MfaPolicy {
        /// Who must have one; by default everybody.
        enforcement: MfaEnforcement,
        /// Whether browsers may be remembered.
        allow_remember: bool,
        /// For how many seconds; by default 14 days.
        remembered_for: i64,
    }
}

described! {
    /// How long sessions last.
    Sessions {
        /// After how many seconds without use they end.
        idle_timeout: i64,
        /// After how many seconds they end whatever happens.
        forced_timeout: i64,
        /// How many somebody may have in a tenant.
        max_concurrent: i64,
    }
}

described! {
    /// The domains of addresses that may come in, or those that may not: one of the two lists.
    EmailDomains {
        /// Those that may.
        allow: Vec<String>,
        /// Those that may not.
        block: Vec<String>,
        /// Whether addresses at public providers may not.
        block_public_domains: bool,
    }
}

described! {
    /// The networks from which people may enter, or those from which they may not: one of the two lists.
    IpRestrictions {
        /// Those from which they may, e.g. `10.0.0.0/8`.
        allow: Vec<String>,
        /// Those from which they may not.
        block: Vec<String>,
    }
}
