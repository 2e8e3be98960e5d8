use sea_orm::{DbBackend, Statement, sea_query::SqliteQueryBuilder};

use super::{
    crowd::Crowd,
    pages::{Candidates, Direction, Window},
    *,
};
use crate::store::fresh::Fresh;

const FIRST: Window = Window { skipped: 0, size: 20 };

/// How SQLite finds a page, step by step.
async fn plan(tx: &Read, crowd: &Crowd<'_>, listing: &UserListing) -> Vec<String> {
    let mut ids = crowd.ids(listing, Direction::AsAsked, FIRST);
    let (sql, values) = ids.limit(FIRST.size).offset(FIRST.skipped).build(SqliteQueryBuilder);
    let explain = Statement::from_sql_and_values(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"), values);
    let steps = tx.rows(explain).await.expect("a plan");
    steps.iter().map(|step| step.try_get("", "detail").expect("a step")).collect()
}

/// However many there are, a page is cut out of an index that is in order.
#[tokio::test]
async fn nobody_is_sorted_for_a_page_of_many() {
    let everybody = Crowd { tenant_id: None, size: 1_000_000, everybody: 1_000_000 };
    let members = Crowd { tenant_id: Some("acme"), size: 300_000, everybody: 1_000_000 };
    for store in Fresh::all().await.into_iter().filter(Fresh::is_sqlite) {
        let tx = store.read().await.expect("a transaction");
        for sort_by in [
            SortBy::CreatedAt,
            SortBy::Name,
            SortBy::Email,
            SortBy::Id,
            SortBy::Verified,
            SortBy::IsLocked,
            SortBy::Provider,
            SortBy::TenantId,
        ] {
            for (visible_only, descending) in [(false, false), (false, true), (true, false), (true, true)] {
                let listing = UserListing { visible_only, sort_by, descending, ..UserListing::default() };
                for crowd in [&everybody, &members] {
                    let plan = plan(&tx, crowd, &listing).await;
                    let is_flat = |step: &String| {
                        !step.contains("TEMP B-TREE") && (!step.starts_with("SCAN users") || step.contains("INDEX"))
                    };
                    assert!(plan.iter().all(is_flat), "{sort_by:?}, {crowd:?}: {plan:?}");
                }
            }
        }
    }
}
