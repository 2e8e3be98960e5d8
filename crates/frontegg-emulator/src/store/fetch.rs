//! Asking a [`Read`] for rows.

use sea_orm::{
    DbErr, EntityTrait, FromQueryResult, PaginatorTrait, Select, SelectThree, SelectTwo, Selector, SelectorRaw,
    SelectorTrait, Topology,
};

use super::Read;

/// A selection, run in a transaction that reads (or writes: a `&Write` is a `&Read` as well).
pub(crate) trait Fetch: Sized {
    /// What each row becomes.
    type Row;

    /// All rows.
    async fn fetch_all(self, tx: &Read) -> Result<Vec<Self::Row>, DbErr>;

    /// The first row, if there is any.
    async fn fetch_one(self, tx: &Read) -> Result<Option<Self::Row>, DbErr>;
}

/// SeaORM has `all` and `one` on each kind of selection, and no trait for them.
macro_rules! fetch {
    ($($select:ident<$($kind:ident: $bound:ident),+> to $row:ty;)+) => { $(
        impl<$($kind: $bound),+> Fetch for $select<$($kind),+> {
            type Row = $row;

            async fn fetch_all(self, tx: &Read) -> Result<Vec<$row>, DbErr> {
                self.all(&tx.asking()).await
            }

            async fn fetch_one(self, tx: &Read) -> Result<Option<$row>, DbErr> {
                self.one(&tx.asking()).await
            }
        }
    )+ };
}

fetch! {
    Select<E: EntityTrait> to E::Model;
    SelectTwo<E: EntityTrait, F: EntityTrait> to (E::Model, Option<F::Model>);
    SelectThree<E: EntityTrait, F: EntityTrait, G: EntityTrait, T: Topology>
        to (E::Model, Option<F::Model>, Option<G::Model>);
    Selector<S: SelectorTrait> to S::Item;
    SelectorRaw<S: SelectorTrait> to S::Item;
}

/// How many rows a selection has.
pub(crate) trait FetchCount: Sized {
    /// Counts them.
    async fn fetch_count(self, tx: &Read) -> Result<u64, DbErr>;
}

impl<E: EntityTrait<Model = M>, M: FromQueryResult + Send + Sync> FetchCount for Select<E> {
    async fn fetch_count(self, tx: &Read) -> Result<u64, DbErr> {
        self.count(&tx.asking()).await
    }
}
