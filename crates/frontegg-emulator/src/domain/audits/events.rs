//! What operations say in the audit trail.
//!
//! An operation is told by its method and its tag: whoever deletes something of the tag Roles has "Deleted role". What
//! reads otherwise, or matters more or less, has a row of its own; and an operation that is none of these says its tag's
//! name, so that nothing that changes anything is left out.

use frontegg_model::{Method, Operation};

use crate::store::{entity::AuditSeverity, trail::Event};

use AuditSeverity::{High, Info, Medium};

const AUTHENTICATION: &str = "Authentication";
const USERS: &str = "Users";
const SECURITY: &str = "Security settings";

pub(crate) const LOGGED_IN: Event = Event { action: "User logged in", resource: AUTHENTICATION, severity: Info };
pub(crate) const LOGIN_FAILED: Event =
    Event { action: "User failed to login", resource: AUTHENTICATION, severity: High };
pub(crate) const LOCKED: Event = Event { action: "User locked", resource: AUTHENTICATION, severity: High };
pub(crate) const REUSED: Event = Event { action: "Refresh token reused", resource: AUTHENTICATION, severity: High };

/// What a directory does by SCIM with things of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Provisioned {
    pub(crate) added: Event,
    pub(crate) updated: Event,
    pub(crate) removed: Event,
}

macro_rules! provisioned {
    ($thing:literal) => {
        Provisioned {
            added: provisioned!("Added ", $thing),
            updated: provisioned!("Updated ", $thing),
            removed: provisioned!("Removed ", $thing),
        }
    };
    ($done:literal, $thing:literal) => {
        Event { action: concat!($done, $thing, " by provisioning"), resource: "Provisioning", severity: Info }
    };
}

pub(crate) const PROVISIONED_USERS: Provisioned = provisioned!("user");
pub(crate) const PROVISIONED_GROUPS: Provisioned = provisioned!("group");

/// What operations of a tag are about: the tag, the resource, how much it matters, and what one of them is called, or how
/// each change reads.
type Tag = (&'static str, &'static str, AuditSeverity, Wording);

/// How changes of a tag read, by what is done.
struct Wording {
    created: &'static str,
    updated: &'static str,
    deleted: &'static str,
}

macro_rules! wording {
    ($thing:literal) => {
        Wording {
            created: concat!("Created ", $thing),
            updated: concat!("Updated ", $thing),
            deleted: concat!("Deleted ", $thing),
        }
    };
}

/// Changes that are no more than one kind of thing set anew.
macro_rules! updating {
    ($thing:literal) => {
        Wording {
            created: concat!("Updated ", $thing),
            updated: concat!("Updated ", $thing),
            deleted: concat!("Updated ", $thing),
        }
    };
}

#[rustfmt::skip]
const TAGS: &[Tag] = &[
    ("API Token", "API tokens", Info, wording!("API token session")),
    ("API Tokens", "API tokens", Medium, wording!("API token")),
    ("Account Invitations", USERS, Info, wording!("invitation")),
    ("Account Invitations Settings", USERS, Info, wording!("invitation settings")),
    ("Account Migration", "Account", Info, wording!("account")),
    ("Account Roles", "Roles", Medium, wording!("role")),
    ("Account Settings", "Account", Info, wording!("account settings")),
    ("Accounts", "Account", Info, wording!("account")),
    ("Applications Settings", "Applications", Info, wording!("application")),
    ("Approval Flows", SECURITY, High, wording!("approval flow")),
    ("Core Settings", SECURITY, High, updating!("identity settings")),
    ("Custom Social OAuth Provider", SECURITY, High, wording!("social login provider")),
    ("Data Migration", USERS, Info, wording!("user by migration")),
    ("Delegation", SECURITY, High, updating!("delegation settings")),
    ("Domain Restrictions", SECURITY, High, updating!("domain restrictions")),
    ("Email Configuration", "Messages", Info, updating!("mail configuration")),
    ("Email Templates", "Messages", Info, wording!("email template")),
    ("IP Restrictions", SECURITY, High, updating!("IP restrictions")),
    ("Lockout Policy", SECURITY, High, updating!("lockout policy")),
    ("MFA", "MFA", Medium, wording!("MFA")),
    ("MFA Configuration", SECURITY, High, updating!("MFA configuration")),
    ("MFA Settings", SECURITY, High, updating!("MFA policy")),
    ("Password Settings", SECURITY, High, updating!("password policy")),
    ("OIDC Configurations", "SSO", High, updating!("OIDC settings")),
    ("Passwordless", AUTHENTICATION, Info, updating!("passwordless sign-in")),
    ("Permissions", "Roles", Medium, wording!("permission")),
    ("Permissions Categories", "Roles", Medium, wording!("permission category")),
    ("Personal Tokens", "API tokens", Medium, wording!("API token")),
    ("Roles", "Roles", Medium, wording!("role")),
    ("SAML Configurations", "SSO", High, updating!("SAML settings")),
    ("SCIM Configurations", "Provisioning", High, wording!("SCIM configuration")),
    ("SCIM Settings", "Provisioning", High, updating!("SCIM settings")),
    ("SMS", USERS, Info, wording!("phone number")),
    ("SMS Configuration", "Messages", Info, updating!("SMS configuration")),
    ("SMS Templates", "Messages", Info, wording!("SMS template")),
    ("SSO Configurations", "SSO", High, wording!("SSO configuration")),
    ("SSO Settings", "SSO", High, updating!("SSO settings")),
    ("Sessions Management", SECURITY, High, updating!("session policy")),
    ("Sub-accounts", "Account", Info, wording!("sub-account")),
    ("Sub-accounts and Hierarchy", "Account", Info, wording!("account hierarchy")),
    ("User Emails Policy", SECURITY, High, updating!("user emails policy")),
    ("User Groups", "Groups", Medium, wording!("group")),
    ("User Management", USERS, Info, wording!("user")),
    ("User Pools", SECURITY, High, wording!("user source")),
    ("User Sessions", AUTHENTICATION, Info, wording!("session")),
    ("Users", USERS, Info, wording!("user")),
    ("Users-applications Management", "Applications", Info, wording!("application assignment")),
];

/// What one operation says.
type Row = (&'static str, &'static str, &'static str, AuditSeverity);

#[rustfmt::skip]
const OPERATIONS: &[Row] = &[
    ("accept_invitation", "Accepted invitation", USERS, Info),
    ("accept_invitation_with_code", "Accepted invitation", USERS, Info),
    ("activate_user", "Activated user", USERS, Info),
    ("activate_user_with_code", "Activated user", USERS, Info),
    ("add_my_email", "Updated profile", USERS, Info),
    ("add_my_phone_number", "Updated profile", USERS, Info),
    ("add_permission_to_roles", "Updated role", "Roles", Medium),
    ("add_roles_to_group", "Updated group", "Groups", Medium),
    ("add_sub_tenant_to_hierarchy", "Updated account", "Account", Info),
    ("add_tenant_metadata", "Updated account", "Account", Info),
    ("add_user_email", "Updated user", USERS, Info),
    ("add_user_phone_number_globally", "Updated user", USERS, Info),
    ("add_user_roles_in_sub_tenants", "Assigned roles", "Roles", Medium),
    ("add_user_to_sub_tenants", "Added user", USERS, Info),
    ("add_user_to_tenant", "Added user", USERS, Info),
    ("add_users_to_group", "Updated group", "Groups", Medium),
    ("add_users_to_sub_tenant", "Added user", USERS, Info),
    ("assign_application_to_tenant", "Assigned application", "Applications", Info),
    ("assign_applications_to_user_source", "Updated user source", SECURITY, High),
    ("assign_roles_to_user", "Assigned roles", "Roles", Medium),
    ("assign_users_to_application", "Assigned application", "Applications", Info),
    ("change_my_password", "Changed password", USERS, Info),
    ("create_my_passkey_challenge", "Began passkey registration", "MFA", Info),
    ("create_my_username", "Updated profile", USERS, Info),
    ("create_my_webauthn_mfa_disable_challenge", "Began MFA removal", "MFA", Info),
    ("create_sub_tenant", "Created account", "Account", Info),
    ("create_user_globally", "Added user", USERS, Info),
    ("create_user_v1", "Added user", USERS, Info),
    ("create_user_v2", "Invited user", USERS, Info),
    ("delete_my_email", "Updated profile", USERS, Info),
    ("delete_my_passkey", "Removed passkey", "MFA", Medium),
    ("delete_sub_tenant", "Deleted account", "Account", Info),
    ("delete_tenant_metadata_key", "Updated account", "Account", Info),
    ("delete_user_email", "Updated user", USERS, Info),
    ("delete_user_phone_number_globally", "Updated user", USERS, Info),
    ("delete_username", "Updated profile", USERS, Info),
    ("disable_my_authenticator_mfa", "Removed MFA", "MFA", Medium),
    ("disable_my_mfa", "Removed MFA", "MFA", Medium),
    ("disable_my_sms_mfa", "Removed MFA", "MFA", Medium),
    ("disable_my_webauthn_mfa", "Removed MFA", "MFA", Medium),
    ("disable_user_in_tenant", "Disabled user", USERS, Medium),
    ("enable_user_in_tenant", "Enabled user", USERS, Medium),
    ("enroll_my_authenticator_mfa", "Began MFA enrollment", "MFA", Info),
    ("enroll_my_mfa", "Began MFA enrollment", "MFA", Info),
    ("enroll_my_sms_mfa", "Began MFA enrollment", "MFA", Info),
    ("enroll_my_webauthn_mfa", "Began MFA enrollment", "MFA", Info),
    ("execute_approval_flow", "Asked for approval", SECURITY, Medium),
    ("execute_step_up_approval_flow", "Asked for approval", SECURITY, Medium),
    ("generate_user_activation_link", "Created activation link", USERS, Medium),
    ("generate_user_password_reset_link", "Created password reset link", USERS, Medium),
    ("invite_users_in_bulk", "Invited users", USERS, Info),
    ("lock_user", "User locked", AUTHENTICATION, High),
    ("log_out_user", "User logged out", AUTHENTICATION, Info),
    ("move_all_users_to_tenant", "Moved users", USERS, Medium),
    ("remove_roles_from_group", "Updated group", "Groups", Medium),
    ("remove_sub_tenant_from_hierarchy", "Updated account", "Account", Info),
    ("remove_user", "Removed user", USERS, Medium),
    ("remove_user_from_sub_tenants", "Removed user", USERS, Medium),
    ("remove_user_roles_in_sub_tenants", "Assigned roles", "Roles", Medium),
    ("remove_users_from_group", "Updated group", "Groups", Medium),
    ("request_my_email_change", "Requested email change", USERS, Info),
    ("reset_all_tenant_invitations", "Invited users", USERS, Info),
    ("reset_password_with_token", "Reset password", USERS, Info),
    ("reset_tenant_invitation", "Invited user", USERS, Info),
    ("reset_user_activation_token", "Invited user", USERS, Info),
    ("revoke_user_sessions", "Ended sessions", AUTHENTICATION, Medium),
    ("send_my_phone_number_deletion_code", "Requested code", USERS, Info),
    ("send_my_sms_mfa_disable_code", "Requested code", "MFA", Info),
    ("send_password_reset_email_v1", "Requested password reset", USERS, Info),
    ("send_password_reset_email_v2", "Requested password reset", USERS, Info),
    ("send_password_reset_sms", "Requested password reset", USERS, Info),
    ("send_phone_number_verification_code", "Requested code", USERS, Info),
    ("set_groups_configuration", "Updated groups settings", SECURITY, High),
    ("set_my_active_tenant", "Switched account", AUTHENTICATION, Info),
    ("set_my_primary_email", "Updated profile", USERS, Info),
    ("set_temporary_users_configuration", "Updated temporary users settings", SECURITY, High),
    ("set_user_active_tenant", "Switched account", AUTHENTICATION, Info),
    ("set_user_application_active_tenants", "Switched account", AUTHENTICATION, Info),
    ("set_user_permanent", "Updated user", USERS, Info),
    ("set_user_roles_in_sub_tenants", "Assigned roles", "Roles", Medium),
    ("sign_up_user", "Signed up", USERS, Info),
    ("sign_up_user_with_username", "Signed up", USERS, Info),
    ("submit_approval_decision", "Decided on approval", SECURITY, Medium),
    ("unassign_application_from_tenant", "Unassigned application", "Applications", Info),
    ("unassign_applications_from_user_source", "Updated user source", SECURITY, High),
    ("unassign_roles_from_user", "Assigned roles", "Roles", Medium),
    ("unassign_users_from_application", "Unassigned application", "Applications", Info),
    ("unenroll_user_mfa_globally", "Removed MFA", "MFA", Medium),
    ("unlock_me", "User unlocked", AUTHENTICATION, Medium),
    ("unlock_user", "User unlocked", AUTHENTICATION, Medium),
    ("update_my_profile", "Updated profile", USERS, Info),
    ("update_user", "Updated user", USERS, Info),
    ("update_user_roles_across_tenants", "Assigned roles", "Roles", Medium),
    ("verify_my_authenticator_mfa_enrollment", "Enrolled MFA", "MFA", Medium),
    ("verify_my_email", "Updated profile", USERS, Info),
    ("verify_my_email_change", "Updated profile", USERS, Info),
    ("verify_my_mfa_enrollment", "Enrolled MFA", "MFA", Medium),
    ("verify_my_passkey", "Added passkey", "MFA", Medium),
    ("verify_my_phone_number", "Updated profile", USERS, Info),
    ("verify_my_phone_number_deletion", "Updated profile", USERS, Info),
    ("verify_my_sms_mfa_enrollment", "Enrolled MFA", "MFA", Medium),
    ("verify_my_webauthn_mfa_enrollment", "Enrolled MFA", "MFA", Medium),
    ("verify_password_reset_sms_code", "Requested password reset", USERS, Info),
    ("verify_user", "Activated user", USERS, Info),
];

/// Operations whose success is no event of its own.
const SILENT: &[(&str, &str)] = &[
    ("authenticate_environment", "is how a back end begins, whatever it does then"),
    ("create_audit", "adds an entry itself"),
    ("create_audit_v2", "adds an entry itself"),
    ("refresh_api_token", "goes on with what was signed in"),
    ("refresh_api_token_v1", "goes on with what was signed in"),
    ("refresh_user_token", "goes on with what was signed in"),
    ("refresh_user_token_v2", "goes on with what was signed in"),
    ("validate_password_reset_token", "looks whether a token holds"),
    ("verify_user_password", "looks whether a password is right"),
];

/// What an operation is that lets people in, be it by several steps: it says itself whether somebody is.
fn is_sign_in(operation: &Operation) -> bool {
    const STEPS: [&str; 5] = [
        "/resources/auth/v1/user",
        "/resources/auth/v2/user",
        "/resources/auth/v1/passwordless/",
        "/resources/auth/v1/webauthn/",
        "/auth/saml/",
    ];
    let path = operation.path;
    STEPS.iter().any(|step| path.contains(step)) && operation.method == Method::Post && of(operation.id).is_none()
}

fn of(id: &str) -> Option<Event> {
    let row = OPERATIONS.binary_search_by(|row| row.0.cmp(id)).ok()?;
    let (_, action, resource, severity) = OPERATIONS[row];
    Some(Event { action, resource, severity })
}

/// What an operation says where it succeeds; none where that is no event.
pub(crate) fn done(operation: &Operation) -> Option<Event> {
    if SILENT.iter().any(|(id, _)| *id == operation.id) {
        return None;
    }
    if let Some(event) = of(operation.id) {
        return Some(event);
    }
    if is_sign_in(operation) {
        // Of several steps, the last one says more.
        return Some(Event { action: "Continued sign-in", resource: AUTHENTICATION, severity: Info });
    }
    let Some((_, resource, severity, wording)) = TAGS.iter().find(|(tag, ..)| *tag == operation.tag) else {
        let action = match operation.method {
            Method::Delete => "Deleted",
            Method::Post => "Created",
            _ => "Updated",
        };
        return Some(Event { action, resource: operation.tag, severity: Medium });
    };
    let action = match operation.method {
        Method::Delete => wording.deleted,
        Method::Post => wording.created,
        _ => wording.updated,
    };
    Some(Event { action, resource, severity: *severity })
}

/// What it says where somebody is let in by it, if that is what it is for.
pub(crate) fn signed_in(operation: &Operation) -> Option<Event> {
    is_sign_in(operation).then_some(LOGGED_IN)
}

/// What it says where it is refused and that counts: a wrong code, a spent token.
pub(crate) fn refused(operation: &Operation) -> Event {
    if is_sign_in(operation) {
        return LOGIN_FAILED;
    }
    let resource = done(operation).map_or(AUTHENTICATION, |event| event.resource);
    Event { action: "Refused request", resource, severity: High }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_meant() {
        assert!(OPERATIONS.is_sorted_by(|one, other| one.0 < other.0));
        for (id, ..) in OPERATIONS {
            assert!(frontegg_model::operation(id).is_some(), "{id}");
        }
        for (tag, ..) in TAGS {
            assert!(frontegg_model::OPERATIONS.iter().any(|row| row.tag == *tag), "{tag}");
        }
    }

    /// Whatever may change something says what it does, also what was added after this was written.
    #[test]
    fn every_operation_that_may_write_has_an_event() {
        let writes = frontegg_model::OPERATIONS.iter().filter(|operation| operation.method != Method::Get);
        for operation in writes {
            let is_silent = SILENT.iter().any(|(id, _)| *id == operation.id);
            assert_eq!(done(operation).is_none(), is_silent, "{}", operation.id);
        }
    }

    #[test]
    fn events_read_as_the_service_says_them() {
        let says = |id: &str| {
            let event = done(frontegg_model::operation(id).expect("an operation")).expect("an event");
            (event.action, event.resource, event.severity)
        };
        assert_eq!(says("create_roles_v1"), ("Created role", "Roles", Medium));
        assert_eq!(says("delete_tenant_api_token"), ("Deleted API token", "API tokens", Medium));
        assert_eq!(says("set_mfa_policy"), ("Updated MFA policy", SECURITY, High));
        assert_eq!(says("authenticate_user_with_password").0, "Continued sign-in");
        assert_eq!(refused(frontegg_model::operation("verify_login_mfa_sms_code").expect("known")), LOGIN_FAILED);
    }
}
