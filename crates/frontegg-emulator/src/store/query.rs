//! Pieces that many queries share: pages, matching without case, moments.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, QuerySelect, Select,
    SelectGetableTuple, Selector, TryGetable,
    sea_query::{Expr, ExprTrait, LikeExpr, SimpleExpr},
};

use super::{Fetch, FetchCount, Read, StoreError, Write};
use crate::text;

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
pub(crate) async fn insert_all<A: ActiveModelBehavior + Send>(rows: Vec<A>, tx: &Write) -> Result<(), StoreError> {
    for rows in prepared(rows, tx).await?.chunks(ROWS) {
        A::Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// New rows as they are to be inserted: what holds of each that is saved alone holds of many.
pub(crate) async fn prepared<A: ActiveModelBehavior + Send>(rows: Vec<A>, tx: &Write) -> Result<Vec<A>, StoreError> {
    let mut prepared = Vec::with_capacity(rows.len());
    for row in rows {
        prepared.push(row.before_save(tx, true).await?);
    }
    Ok(prepared)
}

/// The present moment for rows that are changed where they lie, but never one before they were made.
pub(crate) fn touched(created_at: impl ColumnTrait, tx: &Read) -> SimpleExpr {
    let created_at = created_at.into_simple_expr();
    Expr::case(created_at.clone().gt(tx.now()), created_at).finally(tx.now()).into()
}

/// Parameters of a statement in SQL, from the given number on: `$2, $3, $4`.
pub(crate) fn parameters(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}

/// `column`, which holds a [folded](text::fold) text, contains this one.
pub(crate) fn contains(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    let pattern = format!("%{}%", escape(&text::fold(text)));
    column.into_simple_expr().like(LikeExpr::new(pattern).escape('\\'))
}

/// `column`, which holds a [folded](text::fold) text, begins with this one.
pub(crate) fn starts_with(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    begins(column, &text::fold(text))
}

/// `column` begins with exactly that text: a range, for which an index serves; with LIKE none does, as
/// what is looked for is a parameter.
pub(crate) fn begins(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    let value = column.into_simple_expr();
    let after = after(text);
    let from = value.clone().gte(text);
    match after {
        Some(after) => from.and(value.lt(after)),
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

/// Takes their meaning from the characters that LIKE reads as wildcards.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
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
