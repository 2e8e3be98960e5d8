//! Pages of lists: `_limit` and `_offset` of a request, `_metadata` and `_links` of its answer.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext};
use frontegg_model::types;

use crate::store::query::Page;

/// Most entries of a page.
const LARGEST: u64 = 200;

/// The page that is asked for. `_offset` is its number, in spite of the name.
pub(super) fn page(limit: Option<i64>, offset: Option<i64>) -> ApiResult<Page> {
    page_up_to(LARGEST, limit, offset)
}

/// The page that is asked for, of a list whose pages may have so many entries.
pub(super) fn page_up_to(largest: u64, limit: Option<i64>, offset: Option<i64>) -> ApiResult<Page> {
    let size = limit.map_or(Ok(Page::default().size), |limit| within("_limit", limit, 1))?;
    if size > largest {
        return Err(ApiFailure::bad_request(format!("_limit must not be greater than {largest}")));
    }
    let number = offset.map_or(Ok(0), |offset| within("_offset", offset, 0))?;
    Ok(Page { number, size })
}

fn within(name: &str, value: i64, least: u64) -> ApiResult<u64> {
    u64::try_from(value)
        .ok()
        .filter(|value| *value >= least)
        .ok_or_else(|| ApiFailure::bad_request(format!("{name} must not be less than {least}")))
}

/// How much there is in all.
pub(super) fn metadata(page: Page, total: u64) -> types::FronteggPaginationMetadata {
    types::FronteggPaginationMetadata { total_items: count(total), total_pages: count(pages(page, total)) }
}

/// The queries of other pages; empty where there is none.
pub(super) fn links(cx: &RequestContext, page: Page, total: u64) -> types::FronteggPaginationLinks {
    let query = |number: Option<u64>| Some(number.map_or_else(String::new, |number| query(&cx.query, number)));
    let last = pages(page, total).checked_sub(1);
    types::FronteggPaginationLinks {
        first: query(last.map(|_| 0)),
        prev: query(last.and_then(|last| Some(page.number.checked_sub(1)?.min(last)))),
        next: query(last.filter(|last| page.number < *last).map(|_| page.number + 1)),
        last: query(last),
    }
}

fn pages(page: Page, total: u64) -> u64 {
    total.div_ceil(page.size.max(1))
}

/// The query of the same list for another page.
fn query(present: &str, number: u64) -> String {
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some("_offset");
    let mut pairs: Vec<&str> = present.split('&').filter(is_other).collect();
    let offset = format!("_offset={number}");
    pairs.push(&offset);
    pairs.join("&")
}

/// A number of things as answers count them.
pub(super) fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Ids as lists take them: one text with commas between them.
pub(super) fn ids(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use frontegg_contract::Principal;

    use super::*;

    fn links_of(query: &str, number: u64, total: u64) -> [String; 4] {
        let operation = &frontegg_model::OPERATIONS[0];
        let mut cx =
            RequestContext::new(operation, Principal::Anonymous, http::HeaderMap::new(), String::new()).unwrap();
        query.clone_into(&mut cx.query);
        let links = links(&cx, Page { number, size: 2 }, total);
        [links.first, links.prev, links.next, links.last].map(Option::unwrap_or_default)
    }

    #[test]
    fn links_lead_to_pages_that_exist() {
        assert_eq!(
            links_of("_limit=2&_offset=1&_email=a%40b", 1, 5),
            ["_offset=0", "_offset=0", "_offset=2", "_offset=2"].map(|end| format!("_limit=2&_email=a%40b&{end}"))
        );
        assert_eq!(links_of("", 0, 2), ["_offset=0", "", "", "_offset=0"]);
        assert_eq!(links_of("", 9, 3), ["_offset=0", "_offset=1", "", "_offset=1"]);
        assert_eq!(links_of("", 0, 0), ["", "", "", ""]);
    }

    #[test]
    fn the_size_of_a_page_has_bounds() {
        assert_eq!(page(None, None).unwrap(), Page { number: 0, size: 50 });
        assert_eq!(page(Some(200), Some(7)).unwrap(), Page { number: 7, size: 200 });
        for (limit, offset) in [(Some(201), None), (Some(0), None), (None, Some(-1)), (Some(i64::MIN), None)] {
            assert!(page(limit, offset).is_err(), "{limit:?} {offset:?}");
        }
        let huge = Page { number: u64::MAX, size: 200 };
        assert_eq!(metadata(huge, 401).total_pages, 3);
    }

    #[test]
    fn ids_are_split_at_commas() {
        assert_eq!(ids(" a,b,,c "), ["a", "b", "c"]);
        assert!(ids(" , ").is_empty());
    }
}
