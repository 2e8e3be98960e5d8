//! The built-in template of each type of mail.

use frontegg_model::enums::EmailTemplateType as Type;

/// A built-in template.
pub(super) struct Default {
    pub(super) kind: Type,
    pub(super) subject: &'static str,
    /// What the mail says, before its link or code.
    text: &'static str,
    /// What stands on the link, and where it leads.
    link: Option<(&'static str, &'static str)>,
    /// Whether the mail shows a code.
    code: bool,
}

impl Default {
    /// Where its link leads, with placeholders.
    pub(super) fn redirect_url(&self) -> Option<String> {
        self.link.map(|(_, path)| format!("{{{{BASE_URL}}}}{path}"))
    }

    /// The body, with placeholders.
    pub(super) fn html(&self) -> String {
        let mut html = format!("<!DOCTYPE html>\n<html><body>\n<p>Hello {{{{name}}}},</p>\n<p>{}</p>\n", self.text);
        if let Some((label, _)) = self.link {
            html.push_str(&format!("<p><a href=\"{{{{link}}}}\">{label}</a></p>\n"));
        }
        if self.code {
            html.push_str("<p><strong>{{code}}</strong></p>\n");
        }
        html.push_str("</body></html>\n");
        html
    }
}

/// The built-in template of a type; none for a type that does not exist.
pub(super) fn of(kind: &Type) -> Option<&'static Default> {
    DEFAULTS.iter().find(|default| default.kind == *kind)
}

const fn notice(kind: Type, subject: &'static str, text: &'static str) -> Default {
    Default { kind, subject, text, link: None, code: false }
}

const fn code(kind: Type, subject: &'static str, text: &'static str) -> Default {
    Default { kind, subject, text, link: None, code: true }
}

const fn link(kind: Type, subject: &'static str, text: &'static str, to: (&'static str, &'static str)) -> Default {
    Default { kind, subject, text, link: Some(to), code: false }
}

static DEFAULTS: [Default; 29] = [
    link(
        Type::ActivateUser,
        "Activate your account",
        "Please activate your account.",
        ("Activate", "/account/activate"),
    ),
    code(Type::ActivateUserWithCode, "Activate your account", "Your code to activate your account is:"),
    link(
        Type::InviteToTenant,
        "You are invited to {{tenantName}}",
        "You are invited to join {{tenantName}}.",
        ("Accept", "/account/invitation/accept"),
    ),
    code(
        Type::InviteToTenantWithCode,
        "You are invited to {{tenantName}}",
        "You are invited to join {{tenantName}}. Your code to accept is:",
    ),
    link(
        Type::BulkInvitesToTenant,
        "You are invited to {{tenantName}}",
        "You are invited to join {{tenantName}}.",
        ("Accept", "/account/invitation/accept"),
    ),
    notice(
        Type::UserUsedInvitation,
        "Your invitation was accepted",
        "{{invitedName}} accepted the invitation to {{tenantName}}.",
    ),
    link(
        Type::MagicLink,
        "Your sign-in link",
        "Follow the link to sign in. It works once.",
        ("Sign in", "/account/login/magic-link"),
    ),
    code(Type::Otc, "Your sign-in code", "Your code to sign in is:"),
    code(Type::MfaOtc, "Your verification code", "Your code for the second step of your sign-in is:"),
    notice(Type::MfaEnroll, "Two-factor authentication is on", "Your account is now protected by a second factor."),
    notice(
        Type::MfaUnenroll,
        "Two-factor authentication is off",
        "Your account is not protected by a second factor any more.",
    ),
    notice(Type::NewMfaMethod, "A second factor was added", "A second factor was added to your account."),
    notice(Type::RemoveMfaMethod, "A second factor was removed", "A second factor was removed from your account."),
    notice(
        Type::MfaRecoveryCode,
        "Your recovery code was used",
        "Two-factor authentication was switched off with your recovery code.",
    ),
    link(
        Type::ResetPassword,
        "Reset your password",
        "Follow the link to choose a new password.",
        ("Reset password", "/account/reset-password"),
    ),
    link(
        Type::PwnedPassword,
        "Choose another password",
        "Your password has appeared in a leak. Follow the link to choose another one.",
        ("Reset password", "/account/reset-password"),
    ),
    code(Type::ResetPhoneNumber, "Change your phone number", "Your code to change your phone number is:"),
    notice(
        Type::SmsAuthenticationEnabled,
        "Sign-in by SMS is on",
        "You can now sign in with codes sent to your phone.",
    ),
    code(Type::EmailVerification, "Verify your email address", "Your code to verify this address is:"),
    code(Type::VerifyNewEmail, "Verify your new email address", "Your code to verify your new address is:"),
    notice(
        Type::EmailAddressChanged,
        "Your email address was changed",
        "The email address of your account is now {{newEmail}}.",
    ),
    link(
        Type::UnlockUser,
        "Your account is locked",
        "Your account was locked after failed sign-ins. Follow the link to unlock it.",
        ("Unlock", "/account/unlock"),
    ),
    notice(Type::UnlockUserSuccess, "Your account is unlocked", "You can sign in again."),
    notice(
        Type::BruteForceProtection,
        "Failed sign-ins on your account",
        "Somebody has tried many times to sign in to your account.",
    ),
    notice(
        Type::SuspiciousIp,
        "A sign-in from a suspicious address",
        "Your account was used from a suspicious address.",
    ),
    notice(
        Type::ImpossibleTravel,
        "Sign-ins from distant places",
        "Your account was used from places too far apart for one traveler.",
    ),
    notice(Type::BotDetection, "A sign-in by a machine", "A machine seems to have signed in to your account."),
    notice(Type::ConnectNewDevice, "A sign-in from a new device", "Your account was used from a new device."),
    link(
        Type::ApprovalFlowApprove,
        "Your approval is asked for",
        "A request waits for your approval.",
        ("Review", "/account/approvals"),
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_type_has_one() {
        let named: BTreeSet<_> = DEFAULTS.iter().map(|default| default.kind.as_str()).collect();
        assert_eq!(named.len(), DEFAULTS.len());
        assert!(of(&Type::from("Nonsense")).is_none());
    }

    /// The five types whose link brings people back into an application.
    #[test]
    fn redirects_are_built_in() {
        for kind in
            [Type::ResetPassword, Type::ActivateUser, Type::InviteToTenant, Type::MagicLink, Type::BulkInvitesToTenant]
        {
            let default = of(&kind).expect("a template");
            assert!(default.redirect_url().expect("an address").starts_with("{{BASE_URL}}/account/"), "{kind}");
            assert!(default.html().contains("{{link}}"), "{kind}");
        }
    }
}
