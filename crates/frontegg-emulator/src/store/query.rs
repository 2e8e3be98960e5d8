//! Pieces that many queries share: pages and matching without case.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, QuerySelect, Select,
    SelectGetableTuple, Selector, TryGetable,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, SimpleExpr},
};

use super::{Fetch, FetchCount, Read, StoreError, Write};

/// Rows of one statement: every engine takes only so many values at once.
pub(crate) const ROWS: usize = 1_000;

/// Which part of a list is wanted: `number` counts pages from 0, as the API's `_offset` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: u64,
    pub(crate) size: u64,
}

impl Default for Page {
    fn default() -> Self {
        Self { number: 0, size: 50 }
    }
}

/// A page of a list, with the length of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paged<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: u64,
}

/// A query for one column.
pub(crate) trait OneColumn {
    /// Its values alone.
    fn one_column<T: TryGetable>(self) -> Selector<SelectGetableTuple<T>>;
}

impl<E: EntityTrait> OneColumn for Select<E> {
    #[expect(clippy::disallowed_methods, reason = "of one column, the first is the only one")]
    fn one_column<T: TryGetable>(self) -> Selector<SelectGetableTuple<T>> {
        self.into_tuple()
    }
}

/// Runs a query, sorted by the caller, for one page. Sort by something unique in the end, or pages
/// may overlap.
pub(crate) async fn page<E, M>(select: Select<E>, page: Page, tx: &Read) -> Result<Paged<M>, StoreError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Sized + Send + Sync,
{
    let total = select.clone().fetch_count(tx).await?;
    let first = page.number.saturating_mul(page.size);
    let items = if first >= total { Vec::new() } else { select.limit(page.size).offset(first).fetch_all(tx).await? };
    Ok(Paged { items, total })
}

/// Inserts rows, however many.
pub(crate) async fn insert_all<A: ActiveModelTrait>(rows: Vec<A>, tx: &Write) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS) {
        A::Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Parameters of a statement in SQL, from the given number on: `$2, $3, $4`.
pub(crate) fn parameters(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}

/// `column` contains `text`, ASCII letters compared without case.
pub(crate) fn contains(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    like(column, &format!("%{}%", escape(text)))
}

/// `column` begins with `text`, ASCII letters compared without case.
pub(crate) fn starts_with(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    begins(&Func::lower(column.into_simple_expr()).into(), text)
}

/// `column`, in which there are no capital letters, begins with `text`.
pub(crate) fn lower_starts_with(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    begins(&column.into_simple_expr(), text)
}

/// A range, for which an index serves; with LIKE none does, as what is looked for is a parameter.
fn begins(value: &SimpleExpr, text: &str) -> SimpleExpr {
    let text = text.to_ascii_lowercase();
    let after = after(&text);
    let from = value.clone().gte(text);
    match after {
        Some(after) => from.and(value.clone().lt(after)),
        None => from,
    }
}

/// The first text, in the order of Unicode, after all that begin with this one.
fn after(text: &str) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    while let Some(last) = characters.pop() {
        // Between the last of them and the first there is a gap.
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// `column` equals `text`, ASCII letters compared without case.
pub(crate) fn equals(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    Expr::expr(Func::lower(column.into_simple_expr())).eq(text.to_ascii_lowercase())
}

fn like(column: impl ColumnTrait, pattern: &str) -> SimpleExpr {
    Expr::expr(Func::lower(column.into_simple_expr())).like(LikeExpr::new(pattern).escape('\\'))
}

/// Takes their meaning from the characters that LIKE reads as wildcards.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_after_everything_that_begins_so() {
        for (text, end) in [
            ("a", Some("b")),
            ("az", Some("a{")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
            ("", None),
        ] {
            assert_eq!(after(text).as_deref(), end, "{text:?}");
        }
    }
}
