//! What a caller must have beyond a valid token, for a layer and for code alike.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use super::{Claims, Refusal};

/// What a caller must have beyond a valid token: roles, permissions, a second factor.
///
/// One value serves a route ([`Protect::require`](super::Protect::require)) and code:
///
/// ```
/// use std::time::Duration;
/// use frontegg_identity::verify::{Claims, Refusal, Requirement};
///
/// fn paying() -> Requirement {
///     Requirement::any_role(["admin", "accountant"])
///         .and(Requirement::permission("invoices.pay"))
///         .and(Requirement::stepped_up(Duration::from_secs(300)))
/// }
///
/// fn pay(claims: &Claims, amount: u64) -> Result<(), Refusal> {
///     if amount > 10_000 {
///         paying().check(claims)?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Requirement(Vec<Term>);

/// One of the things that are required.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    AnyRole(Vec<String>),
    AnyPermission(Vec<String>),
    AllPermissions(Vec<String>),
    /// A step-up by a second factor, at most this long ago.
    SteppedUp(Option<Duration>),
}

impl Requirement {
    /// Nothing beyond a valid token.
    pub fn none() -> Self {
        Self::default()
    }

    /// This role.
    pub fn role(key: impl Into<String>) -> Self {
        Self::any_role([key])
    }

    /// At least one of these roles. Nobody has one of none.
    pub fn any_role(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(vec![Term::AnyRole(owned(keys))])
    }

    /// This permission, by its key or by one that covers it; see [`Claims::has_permission`].
    pub fn permission(key: impl Into<String>) -> Self {
        Self::all_permissions([key])
    }

    /// At least one of these permissions. Nobody has one of none.
    pub fn any_permission(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(vec![Term::AnyPermission(owned(keys))])
    }

    /// All of these permissions.
    pub fn all_permissions(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(vec![Term::AllPermissions(owned(keys))])
    }

    /// A session that was stepped up by a second factor, at most `max_age` ago; without an age, ever.
    ///
    /// ```
    /// use std::time::Duration;
    /// use frontegg_identity::verify::Requirement;
    ///
    /// let fresh = Requirement::stepped_up(Duration::from_secs(300));
    /// let ever = Requirement::stepped_up(None);
    /// ```
    pub fn stepped_up(max_age: impl Into<Option<Duration>>) -> Self {
        Self(vec![Term::SteppedUp(max_age.into())])
    }

    /// This and another requirement.
    ///
    /// ```
    /// use frontegg_identity::verify::Requirement;
    ///
    /// let both = Requirement::role("admin").and(Requirement::any_permission(["invoices.pay", "invoices.approve"]));
    /// assert_eq!(both.to_string(), "role admin and permission invoices.pay or invoices.approve");
    /// ```
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether a caller has what is required, by the system's clock; the refusal says what is missing.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "roles": ["admin"],
    /// }))?;
    /// use frontegg_identity::verify::{Refusal, Requirement};
    ///
    /// assert!(Requirement::role("admin").check(&claims).is_ok());
    /// let refusal = Requirement::permission("invoices.pay").check(&claims).unwrap_err();
    /// assert!(matches!(refusal, Refusal::Insufficient(_)));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn check(&self, claims: &Claims) -> Result<(), Refusal> {
        self.check_at(claims, Utc::now())
    }

    /// Like [`check`](Self::check), by another clock.
    ///
    /// Roles and permissions come first: nobody is asked for a second factor in vain.
    pub fn check_at(&self, claims: &Claims, now: DateTime<Utc>) -> Result<(), Refusal> {
        let lacking = |term: &&Term| match term {
            Term::AnyRole(keys) => !keys.iter().any(|key| claims.has_role(key)),
            Term::AnyPermission(keys) => !keys.iter().any(|key| claims.has_permission(key)),
            Term::AllPermissions(keys) => !keys.iter().all(|key| claims.has_permission(key)),
            Term::SteppedUp(_) => false,
        };
        let lacking: Vec<Term> = self.0.iter().filter(lacking).cloned().collect();
        if !lacking.is_empty() {
            return Err(Refusal::Insufficient(Self(lacking)));
        }
        let ages = self.0.iter().filter_map(|term| if let Term::SteppedUp(age) = term { Some(*age) } else { None });
        let ages: Vec<Option<Duration>> = ages.collect();
        // The strictest counts.
        let max_age = ages.iter().flatten().min().copied();
        if !ages.is_empty() && !claims.stepped_up_at(max_age, now) {
            return Err(Refusal::StepUp { max_age });
        }
        Ok(())
    }
}

fn owned(keys: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    keys.into_iter().map(Into::into).collect()
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&if terms.is_empty() { "nothing".to_owned() } else { terms.join(" and ") })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyRole(keys) => write!(f, "role {}", keys.join(" or ")),
            Self::AnyPermission(keys) => write!(f, "permission {}", keys.join(" or ")),
            Self::AllPermissions(keys) => write!(f, "permission {}", keys.join(" and ")),
            Self::SteppedUp(Some(age)) => write!(f, "a second factor of the last {} s", age.as_secs()),
            Self::SteppedUp(None) => f.write_str("a second factor"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claims(more: &Value) -> Claims {
        let mut all = json!({ "type": "userToken", "sub": "ada", "tenantId": "acme" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn what_is_missing_is_named() {
        let ada = claims(&json!({ "roles": ["clerk"], "permissions": ["invoices.*"] }));
        for met in [
            Requirement::none(),
            Requirement::role("clerk"),
            Requirement::any_role(["admin", "clerk"]),
            Requirement::permission("invoices.pay"),
            Requirement::any_permission(["users.read", "invoices.read"]),
            Requirement::all_permissions(["invoices.read", "invoices.pay"]),
            Requirement::all_permissions([""; 0]),
            Requirement::role("clerk").and(Requirement::permission("invoices.pay")),
        ] {
            assert!(met.check(&ada).is_ok(), "{met}");
        }
        let refused = |required: Requirement| match required.check(&ada).unwrap_err() {
            Refusal::Insufficient(missing) => missing.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(Requirement::role("admin")), "role admin");
        assert_eq!(refused(Requirement::any_permission(["a", "b"])), "permission a or b");
        let both = Requirement::all_permissions(["users.read", "users.write"]).and(Requirement::role("clerk"));
        assert_eq!(
            refused(both.and(Requirement::role("admin"))),
            "permission users.read and users.write and role admin"
        );
        // One of none is nobody's, so that an empty list from a configuration opens nothing.
        refused(Requirement::any_role([""; 0]));
        refused(Requirement::any_permission([""; 0]));
    }

    #[test]
    fn the_strictest_step_up_counts_and_comes_last() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let seconds = Duration::from_secs;
        let factor = json!({
            "acr": super::super::claims::STEPPED_UP, "amr": ["mfa", "otp"], "auth_time": 900, "roles": ["clerk"],
        });
        let (raised, plain) = (claims(&factor), claims(&json!({ "roles": ["clerk"] })));
        let asked = |required: &Requirement, claims: &Claims| match required.check_at(claims, now) {
            Err(Refusal::StepUp { max_age }) => Some(max_age),
            Ok(()) => None,
            other => panic!("{other:?}"),
        };
        let ever = Requirement::stepped_up(None);
        assert_eq!((asked(&ever, &raised), asked(&ever, &plain)), (None, Some(None)));
        let strict = ever.and(Requirement::stepped_up(seconds(200))).and(Requirement::stepped_up(seconds(50)));
        assert_eq!(asked(&strict, &raised), Some(Some(seconds(50))));
        let both = strict.and(Requirement::role("admin"));
        assert!(matches!(both.check_at(&plain, now), Err(Refusal::Insufficient(_))), "nobody is asked in vain");
    }
}
