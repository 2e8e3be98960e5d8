//! Which template shapes a token: rules from the top, of which the first decides whose conditions all hold and whose
//! template there is. The environment has at most one list of them.

use serde::{Deserialize, Serialize};

use super::{Template, bearer::Bearer};
use crate::{
    domain::{
        DomainError, DomainResult,
        policies::{self, Record},
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
    text,
};

/// The kind of the settings document.
const KIND: &str = "jwt-template-targeting";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Record<Targeting>>(KIND);

const WHAT: &str = "JWT template targeting";

/// All rules, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Targeting {
    pub(crate) rules: Vec<Rule>,
}

/// A rule and the key of the template that it picks. One without conditions always holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) treatment: String,
}

/// Something that holds of a token, or not. Any of the texts will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condition {
    pub(crate) attribute: Attribute,
    pub(crate) op: Operation,
    pub(crate) list: Vec<String>,
    /// Whether it holds where the comparison fails.
    pub(crate) negate: bool,
}

/// What of a token is compared. A tenant's machine has neither user nor address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Attribute {
    UserId,
    ApplicationId,
    TenantId,
    /// Ids of the roles that hold in the tenant; any of them will do.
    RoleIds,
    /// As the claim `type` says it.
    TokenType,
    /// The primary address, without regard to upper and lower case.
    UserEmail,
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    InList,
    Contains,
    EndsWith,
}

impl Operation {
    fn holds(self, value: &str, text: &str) -> bool {
        match self {
            Self::InList => value == text,
            Self::Contains => value.contains(text),
            Self::EndsWith => value.ends_with(text),
        }
    }
}

impl Condition {
    fn holds(&self, values: &[&str]) -> bool {
        let fits = |value: &&str| match self.attribute {
            Attribute::UserEmail => {
                let value = text::fold(value);
                self.list.iter().any(|text| self.op.holds(&value, &text::fold(text)))
            }
            _ => self.list.iter().any(|text| self.op.holds(value, text)),
        };
        values.iter().any(fits) != self.negate
    }
}

/// The template for a token, if any is meant for it.
pub(super) async fn choose(tx: &Read, token: &Bearer<'_>) -> DomainResult<Option<Template>> {
    let Some(Record { rule: targeting, .. }) = policies::find::<Targeting>(tx, Owner::Environment, KIND).await? else {
        return Ok(None);
    };
    let asks = |rule: &Rule| rule.conditions.iter().any(|condition| condition.attribute == Attribute::RoleIds);
    let role_ids = if targeting.rules.iter().any(asks) { token.role_ids(tx).await? } else { Vec::new() };
    let values = |attribute| match attribute {
        Attribute::UserId => token.user_id.into_iter().collect(),
        Attribute::ApplicationId => vec![token.application_id],
        Attribute::TenantId => vec![token.tenant_id],
        Attribute::RoleIds => role_ids.iter().map(String::as_str).collect(),
        Attribute::TokenType => vec![token.kind.name()],
        Attribute::UserEmail => token.email.into_iter().collect(),
    };
    let catalog = tx.catalog().await?;
    let template = |rule: &Rule| catalog.jwt_templates.iter().find(|template| template.key == rule.treatment);
    let holds = |rule: &&Rule| rule.conditions.iter().all(|condition| condition.holds(&values(condition.attribute)));
    targeting.rules.iter().filter(holds).find_map(template).map(Template::of).transpose()
}

/// The list, or 404.
pub(crate) async fn require(tx: &Read) -> DomainResult<Record<Targeting>> {
    policies::require(tx, Owner::Environment, KIND, WHAT).await
}

/// Writes the first list; 409 when there is one.
pub(crate) async fn create(tx: &Write, targeting: Targeting) -> DomainResult<Record<Targeting>> {
    check(tx, &targeting).await?;
    policies::create(tx, Owner::Environment, KIND, WHAT, targeting).await
}

/// Writes the list, the first or the next.
pub(crate) async fn set(tx: &Write, targeting: Targeting) -> DomainResult<()> {
    check(tx, &targeting).await?;
    let present = policies::find(tx, Owner::Environment, KIND).await?;
    policies::put(tx, Owner::Environment, KIND, present, targeting).await.map(drop)
}

/// Writes the list of that id anew, or 404; without rules they stay.
pub(crate) async fn update(tx: &Write, id: &str, rules: Option<Vec<Rule>>) -> DomainResult<()> {
    let present = require_id(tx, id).await?;
    let targeting = rules.map_or_else(|| present.rule.clone(), |rules| Targeting { rules });
    if targeting != present.rule {
        check(tx, &targeting).await?;
    }
    policies::put(tx, Owner::Environment, KIND, Some(present), targeting).await.map(drop)
}

/// Forgets the list of that id, or 404. Templates stay.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    require_id(tx, id).await?;
    settings::delete(tx, Owner::Environment, KIND).await.map(drop)
}

async fn require_id(tx: &Read, id: &str) -> DomainResult<Record<Targeting>> {
    let present = require(tx).await?;
    if present.id == id { Ok(present) } else { Err(DomainError::not_found(format!("{WHAT} not found"))) }
}

/// Refuses rules for templates that there are not.
async fn check(tx: &Read, targeting: &Targeting) -> DomainResult<()> {
    let catalog = tx.catalog().await?;
    let is_known = |key: &str| catalog.jwt_templates.iter().any(|template| template.key == key);
    let unknown = targeting.rules.iter().filter(|rule| !is_known(&rule.treatment));
    let faults: Vec<_> =
        unknown.map(|rule| format!("There is no JWT template with the key {}", rule.treatment)).collect();
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(attribute: Attribute, op: Operation, list: &[&str]) -> Condition {
        Condition { attribute, op, list: list.iter().map(|text| (*text).to_owned()).collect(), negate: false }
    }

    #[test]
    fn any_text_and_any_value_will_do() {
        use Attribute::{RoleIds, TenantId, UserEmail};
        use Operation::{Contains, EndsWith, InList};
        for (condition, values, expected) in [
            (condition(TenantId, InList, &["acme", "globex"]), &["globex"][..], true),
            (condition(TenantId, InList, &["acme"]), &["acme2"], false),
            (condition(TenantId, InList, &["Acme"]), &["acme"], false),
            (condition(TenantId, InList, &[]), &["acme"], false),
            (condition(RoleIds, InList, &["b"]), &["a", "b"], true),
            (condition(RoleIds, InList, &["b"]), &[], false),
            (condition(TenantId, Contains, &["cm"]), &["acme"], true),
            (condition(TenantId, EndsWith, &["ac"]), &["acme"], false),
            (condition(UserEmail, EndsWith, &["@ACME.test"]), &["Ada@acme.TEST"], true),
            (condition(UserEmail, InList, &["ada@acme.test"]), &["ADA@acme.test"], true),
        ] {
            assert_eq!(condition.holds(values), expected, "{condition:?}");
            assert_eq!(Condition { negate: true, ..condition }.holds(values), !expected);
        }
    }
}
