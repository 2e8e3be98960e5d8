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

impl<E: EntityTrait> Fetch for Select<E> {
    type Row = E::Model;

    async fn fetch_all(self, tx: &Read) -> Result<Vec<E::Model>, DbErr> {
        self.all(&tx.asking()).await
    }

    async fn fetch_one(self, tx: &Read) -> Result<Option<E::Model>, DbErr> {
        self.one(&tx.asking()).await
    }
}

impl<E: EntityTrait, F: EntityTrait> Fetch for SelectTwo<E, F> {
    type Row = (E::Model, Option<F::Model>);

    async fn fetch_all(self, tx: &Read) -> Result<Vec<Self::Row>, DbErr> {
        self.all(&tx.asking()).await
    }

    async fn fetch_one(self, tx: &Read) -> Result<Option<Self::Row>, DbErr> {
        self.one(&tx.asking()).await
    }
}

impl<E: EntityTrait, F: EntityTrait, G: EntityTrait, T: Topology> Fetch for SelectThree<E, F, G, T> {
    type Row = (E::Model, Option<F::Model>, Option<G::Model>);

    async fn fetch_all(self, tx: &Read) -> Result<Vec<Self::Row>, DbErr> {
        self.all(&tx.asking()).await
    }

    async fn fetch_one(self, tx: &Read) -> Result<Option<Self::Row>, DbErr> {
        self.one(&tx.asking()).await
    }
}

impl<S: SelectorTrait> Fetch for Selector<S> {
    type Row = S::Item;

    async fn fetch_all(self, tx: &Read) -> Result<Vec<S::Item>, DbErr> {
        self.all(&tx.asking()).await
    }

    async fn fetch_one(self, tx: &Read) -> Result<Option<S::Item>, DbErr> {
        self.one(&tx.asking()).await
    }
}

impl<S: SelectorTrait> Fetch for SelectorRaw<S> {
    type Row = S::Item;

    async fn fetch_all(self, tx: &Read) -> Result<Vec<S::Item>, DbErr> {
        self.all(&tx.asking()).await
    }

    async fn fetch_one(self, tx: &Read) -> Result<Option<S::Item>, DbErr> {
        self.one(&tx.asking()).await
    }
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
