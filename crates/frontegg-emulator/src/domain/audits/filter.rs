//! Which entries are wanted, and in which order.
//!
//! Everything is compared without the case of ASCII letters, as both engines do it in their indexes, but for `words`, which
//! are folded in any script.

use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Select,
    sea_query::{Expr, ExprTrait, Order as Direction, SimpleExpr},
};

use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    store::{entity::audit, query},
};

/// A field that entries are sorted and picked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    User,
    Email,
    Resource,
    Action,
    Description,
    Severity,
    Ip,
}

impl Field {
    pub(crate) const ALL: [Self; 7] =
        [Self::Email, Self::User, Self::Action, Self::Resource, Self::Description, Self::Severity, Self::Ip];

    /// Its name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Email => "email",
            Self::Resource => "resource",
            Self::Action => "action",
            Self::Description => "description",
            Self::Severity => "severity",
            Self::Ip => "ip",
        }
    }

    /// What it is compared by, in the words of the index.
    fn value(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::User => r#"COALESCE(LOWER("audits"."user_name"), '')"#,
            Self::Email => r#"COALESCE(LOWER("audits"."email"), '')"#,
            Self::Resource => r#"COALESCE(LOWER("audits"."resource"), '')"#,
            Self::Action => r#"COALESCE(LOWER("audits"."action"), '')"#,
            Self::Description => r#"COALESCE(LOWER("audits"."description"), '')"#,
            Self::Severity => r#"COALESCE(LOWER("audits"."severity"), '')"#,
            Self::Ip => r#"COALESCE(LOWER("audits"."ip"), '')"#,
        })
    }

    /// What an entry is compared by.
    fn of(self, entry: &audit::Model) -> String {
        let severity = entry.severity.to_value();
        let text = match self {
            Self::User => entry.user_name.as_deref(),
            Self::Email => entry.email.as_deref(),
            Self::Resource => entry.resource.as_deref(),
            Self::Action => entry.action.as_deref(),
            Self::Description => entry.description.as_deref(),
            Self::Severity => Some(severity.as_str()),
            Self::Ip => entry.ip.as_deref(),
        };
        text.unwrap_or_default().to_ascii_lowercase()
    }
}

/// Which entries are wanted. What is given must hold; of a list, one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of these tenants; of all, and of none, where it is not given.
    pub(crate) tenants: Option<Vec<String>>,
    /// From then on.
    pub(crate) from: Option<Timestamp>,
    /// Before that.
    pub(crate) to: Option<Timestamp>,
    /// By people with these ids or names.
    pub(crate) users: Option<Vec<String>>,
    pub(crate) emails: Option<Vec<String>>,
    /// Found in any field.
    pub(crate) words: Option<String>,
    /// What fields must be.
    pub(crate) fields: Vec<(Field, String)>,
    pub(crate) feature_flag_id: Option<String>,
}

impl Filter {
    /// Those of a tenant; of all where none is named.
    pub(crate) fn of(tenant_id: Option<&str>) -> Self {
        Self { tenants: tenant_id.map(|id| vec![id.to_owned()]), ..Self::default() }
    }

    /// Those of them that are of these tenants.
    #[must_use]
    pub(crate) fn among(mut self, tenants: Option<Vec<String>>) -> Self {
        self.tenants = match (self.tenants, tenants) {
            (Some(own), Some(wanted)) => Some(own.into_iter().filter(|id| wanted.contains(id)).collect()),
            (own, wanted) => own.or(wanted),
        };
        self
    }

    /// Whether nothing is asked for but whose they are.
    pub(super) fn is_of_tenants_alone(&self) -> bool {
        let Self { tenants: _, from, to, users, emails, words, fields, feature_flag_id } = self;
        from.is_none()
            && to.is_none()
            && users.is_none()
            && emails.is_none()
            && words.is_none()
            && fields.is_empty()
            && feature_flag_id.is_none()
    }

    pub(super) fn select(&self) -> Select<audit::Entity> {
        let mut all = Condition::all();
        if let Some(tenants) = &self.tenants {
            all = all.add(match tenants.as_slice() {
                [one] => audit::Column::TenantId.eq(one.as_str()),
                many => audit::Column::TenantId.is_in(many.iter().map(String::as_str)),
            });
        }
        let between = [
            self.from.map(|from| audit::Column::CreatedAt.gte(from)),
            self.to.map(|to| audit::Column::CreatedAt.lt(to)),
            self.feature_flag_id.as_deref().map(|id| audit::Column::FeatureFlagId.eq(id)),
            self.words.as_deref().map(|words| query::contains(audit::Column::Words, words)),
        ];
        all = between.into_iter().flatten().fold(all, Condition::add);
        if let Some(users) = &self.users {
            let names = users.iter().map(|name| name.to_ascii_lowercase());
            let any = Condition::any()
                .add(audit::Column::UserId.is_in(users.iter().map(String::as_str)))
                .add(Field::User.value().is_in(names));
            all = all.add(any);
        }
        if let Some(emails) = &self.emails {
            all = all.add(Field::Email.value().is_in(emails.iter().map(|email| email.to_ascii_lowercase())));
        }
        for (field, value) in &self.fields {
            all = all.add(field.value().eq(value.to_ascii_lowercase()));
        }
        audit::Entity::find().filter(all)
    }
}

/// Whether an entry has one of these severities, in small letters.
pub(super) fn severity_among(names: impl IntoIterator<Item = String>) -> SimpleExpr {
    Field::Severity.value().is_in(names)
}

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    #[default]
    Descending,
}

impl Order {
    /// Reads `asc` or `desc`, in either letter case.
    pub(crate) fn parse(text: &str) -> DomainResult<Self> {
        match text.to_ascii_lowercase().as_str() {
            "asc" => Ok(Self::Ascending),
            "desc" => Ok(Self::Descending),
            _ => Err(DomainError::bad_request("sortDirection must be asc or desc")),
        }
    }

    fn direction(self) -> Direction {
        match self {
            Self::Ascending => Direction::Asc,
            Self::Descending => Direction::Desc,
        }
    }
}

/// In which order entries come: by a field, or by their time alone, which decides among equal ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) field: Option<Field>,
    pub(crate) order: Order,
}

impl Sort {
    /// Reads what entries are to be sorted by; refuses what is no field of theirs.
    pub(crate) fn parse(by: Option<&str>, order: Option<&str>) -> DomainResult<Self> {
        let order = order.map(Order::parse).transpose()?.unwrap_or_default();
        let field = match by {
            None | Some("createdAt") => None,
            Some(name) => Some(Field::ALL.into_iter().find(|field| field.name() == name).ok_or_else(|| {
                let names: Vec<_> = Field::ALL.into_iter().map(Field::name).collect();
                DomainError::bad_request(format!("sortBy must be createdAt or one of {}", names.join(", ")))
            })?),
        };
        Ok(Self { field, order })
    }

    pub(super) fn apply(self, select: Select<audit::Entity>) -> Select<audit::Entity> {
        let direction = || self.order.direction();
        let select = match self.field {
            Some(field) => select.order_by(field.value(), direction()),
            None => select,
        };
        select.order_by(audit::Column::CreatedAt, direction()).order_by(audit::Column::Id, direction())
    }

    /// What comes after an entry.
    pub(super) fn comes_after(self, last: &audit::Model) -> SimpleExpr {
        let (created_at, id) = (audit::Column::CreatedAt, audit::Column::Id);
        let beyond = |value: SimpleExpr, than: SimpleExpr| match self.order {
            Order::Ascending => value.gt(than),
            Order::Descending => value.lt(than),
        };
        let place = || Expr::col((audit::Entity, created_at));
        let by_id =
            place().eq(last.created_at).and(beyond(Expr::col((audit::Entity, id)), Expr::value(last.id.clone())));
        let by_time = beyond(place(), Expr::value(last.created_at)).or(by_id);
        match self.field {
            None => by_time,
            Some(field) => {
                let value = field.of(last);
                beyond(field.value(), Expr::value(value.clone())).or(field.value().eq(value).and(by_time))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_field_is_refused() {
        assert_eq!(Sort::parse(None, None).unwrap(), Sort::default());
        let sort = Sort::parse(Some("email"), Some("ASC")).unwrap();
        assert_eq!(sort, Sort { field: Some(Field::Email), order: Order::Ascending });
        for (by, order) in [("updated", "asc"), ("members", "asc"), ("", "asc"), ("email; --", "asc"), ("email", "up")]
        {
            assert!(Sort::parse(Some(by), Some(order)).is_err(), "{by} {order}");
        }
    }

    #[test]
    fn tenants_are_those_of_the_scope_that_are_wanted() {
        let ids = |list: &[&str]| Some(list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        for (scope, wanted, expected) in [
            (Some("acme"), None, ids(&["acme"])),
            (Some("acme"), ids(&["acme", "globex"]), ids(&["acme"])),
            (Some("acme"), ids(&["globex"]), ids(&[])),
            (None, ids(&["globex"]), ids(&["globex"])),
            (None, None, None),
        ] {
            assert_eq!(Filter::of(scope).among(wanted).tenants, expected);
        }
    }
}
