//! Lists among many people and tenants: every page is right, whatever the index that it comes from.
//! How long they take is measured by the benchmark `load`.

use reqwest::Method;
use serde_json::Value;

use crate::support::{World, crowd};

const PEOPLE: usize = 2_000;
const TENANTS: usize = 40;
const USERS: &str = "/identity/resources/users/v3";
const OLDER: &str = "/identity/resources/users/v2";
const PHRASE: &str = "/identity/resources/users/v1/query/phrase";
const LIST_OF_TENANTS: &str = "/tenants/resources/tenants/v2";

/// The ids on a page, and how many there are in all.
async fn page(world: &World, path: &str, tenant: Option<&str>, id: &str) -> (Vec<String>, usize) {
    let (status, body) = world.send(Method::GET, path, tenant, Value::Null).await;
    assert_eq!(status, 200, "{path}: {body}");
    let items = body["items"].as_array().expect("items").iter();
    let ids = items.map(|item| item[id].as_str().expect("an id").to_owned()).collect();
    let total = body["_metadata"]["totalItems"].as_u64().expect("a count");
    (ids, usize::try_from(total).expect("a small number"))
}

/// The people of these numbers.
fn people(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(crowd::user_id).collect()
}

#[tokio::test]
async fn lists_of_many_are_right() {
    for world in World::each().await {
        let empty = world.emulator.export().await.expect("a document");
        world.emulator.import(&crowd::crowd(&empty, PEOPLE, TENANTS)).await.expect("a crowd");
        pages(&world).await;
        filters(&world).await;
        tenants(&world).await;
        // Letters beyond ASCII whose lower-case form is within.
        let name = serde_json::json!({ "name": "\u{212a}ELV\u{130}N" });
        world.back_end(None).await.done("update_user_globally", &[&crowd::user_id(5)], name).await;
        for word in ["kelv", "%E2%84%AAelv", "KELV"] {
            let path = format!("{PHRASE}?_phraseSearchContains={word}");
            assert_eq!(page(&world, &path, None, "id").await, (people(5..6), 1), "{word}");
        }
    }
}

/// All pages together are everybody, once and in order.
async fn pages(world: &World) {
    let everybody = people(0..PEOPLE);
    let backwards: Vec<_> = everybody.iter().rev().cloned().collect();
    for (list, order, expected) in [
        (USERS, "", &everybody),
        (OLDER, "", &everybody),
        (USERS, "&_order=DESC", &backwards),
        (USERS, "&_sortBy=name", &everybody),
        (USERS, "&_sortBy=name&_order=DESC", &backwards),
        (USERS, "&_sortBy=email", &everybody),
        (USERS, "&_sortBy=id", &everybody),
        (USERS, "&_sortBy=verified", &everybody),
    ] {
        let mut found = Vec::new();
        for number in 0..PEOPLE / 200 {
            let path = format!("{list}?_limit=200&_offset={number}{order}");
            let (ids, total) = page(world, &path, None, "id").await;
            assert_eq!(total, PEOPLE);
            found.extend(ids);
        }
        assert!(&found == expected, "{list} {order}");
        let beyond = page(world, &format!("{list}?_limit=200&_offset=10{order}"), None, "id").await;
        assert_eq!(beyond, (Vec::new(), PEOPLE));
    }
}

async fn filters(world: &World) {
    let seven = crowd::tenant_id(7);
    let of_seven = || people((7..PEOPLE).step_by(TENANTS));
    for (path, tenant, expected, total) in [
        (format!("{USERS}?_limit=200"), Some(seven.as_str()), of_seven(), 50),
        (format!("{USERS}?_limit=200&_tenantId={seven}"), None, of_seven(), 50),
        (format!("{USERS}?_limit=10&_offset=2"), Some(seven.as_str()), of_seven()[20..30].to_vec(), 50),
        (format!("{USERS}?_email=PERSON000123@acme.test"), None, people(123..124), 1),
        (format!("{USERS}?_email=nobody@acme.test"), None, Vec::new(), 0),
        (format!("{USERS}?_namePrefix=pERSON%2000012"), None, people(120..130), 10),
        (format!("{USERS}?_namePrefix=person&_limit=3"), None, people(0..3), PEOPLE),
        (format!("{USERS}?_namePrefix=persoo"), None, Vec::new(), 0),
        (format!("{USERS}?_namePrefix=person_0001"), None, Vec::new(), 0),
        (format!("{USERS}?_identifierType=email&_identifier=Person00012"), None, people(120..130), 10),
        (format!("{USERS}?_identifierType=username&_identifier=person"), None, Vec::new(), 0),
        (
            format!("{USERS}?_namePrefix=person%200000&_limit=200"),
            Some(seven.as_str()),
            people([7, 47, 87].into_iter()),
            3,
        ),
        (format!("{USERS}?ids={},{}", crowd::user_id(5), crowd::user_id(3)), None, people([3, 5].into_iter()), 2),
        (format!("{PHRASE}?_phraseSearchContains=PERSON,000777"), None, people(777..778), 1),
        (format!("{PHRASE}?_phraseSearchContains=acme&_phraseSearchOptional=000001,000002"), None, people(1..3), 2),
        (format!("{PHRASE}?_phraseSearchContains=acme,%C3%A4"), None, Vec::new(), 0),
        (format!("{PHRASE}?_phraseSearchExcludes=acme"), None, Vec::new(), 0),
        (format!("{PHRASE}?_phraseSearchContains=0007"), Some(seven.as_str()), people([7, 727, 767].into_iter()), 3),
        (format!("{PHRASE}?_phraseSearchContains=00077&_limit=4&_offset=1"), None, people(773..777), 11),
    ] {
        assert_eq!(page(world, &path, tenant, "id").await, (expected, total), "{path}");
    }
}

async fn tenants(world: &World) {
    let all = |numbers: std::ops::Range<usize>| numbers.map(crowd::tenant_id).collect::<Vec<_>>();
    for (query, expected, total) in [
        ("_limit=15", all(0..15), TENANTS),
        ("_limit=15&_offset=2", all(30..40), TENANTS),
        ("_limit=15&_offset=3", Vec::new(), TENANTS),
        ("_filter=TENANT-00001", all(10..20), 10),
        ("_filter=tenant%2000003", all(30..40), 10),
        ("_filter=nothing", Vec::new(), 0),
    ] {
        let path = format!("{LIST_OF_TENANTS}?{query}");
        assert_eq!(page(world, &path, None, "tenantId").await, (expected, total), "{path}");
    }
}
