use serde_json::json;

use super::*;
use crate::scim::schema::{GROUP, USER};

fn ada() -> Map<String, Value> {
    let Value::Object(user) = json!({
        "id": "Id-1",
        "userName": "Ada@x.test",
        "externalId": "Ext-1",
        "displayName": "Straße \"7\"",
        "active": true,
        "name": { "familyName": "Lovelace" },
        "emails": [
            { "value": "ada@x.test", "type": "work", "primary": true },
            { "value": "ada@home.test", "type": "home" },
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "R" },
        "meta": { "created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05.5Z" },
    }) else {
        unreachable!("an object")
    };
    user
}

fn parse(text: &str) -> Result<Filter, Error> {
    Filter::parse(text, &USER, UnknownAttributes::Refuse)
}

#[test]
fn filters_hold_or_not() {
    for (text, holds) in [
        ("userName eq \"ada@X.TEST\"", true),
        ("USERNAME EQ \"ada@x.test\"", true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ada\"", true),
        ("externalId eq \"ext-1\"", false),
        ("externalId eq \"Ext-1\"", true),
        ("id eq \"id-1\"", false),
        ("displayName eq \"STRASSE \\\"7\\\"\"", true),
        ("displayName co \"\\u00df\"", true),
        ("displayName ew \"\\\"\"", true),
        ("title pr", false),
        ("not (title pr)", true),
        ("NOT(title pr)", true),
        ("active eq true", true),
        ("active eq \"True\"", true),
        ("active ne False", true),
        ("active pr", true),
        ("name.familyName sw \"love\"", true),
        ("name pr", true),
        ("emails pr", true),
        ("emails eq \"ada@home.test\"", true),
        ("emails.value co \"home\"", true),
        ("emails.type ne \"work\"", false),
        ("emails[type eq \"work\" and value co \"home\"]", false),
        ("emails[type eq \"home\" and value co \"home\"]", true),
        ("emails[type eq \"work\"].value eq \"ada@x.test\"", true),
        ("emails[type eq \"home\"].value eq \"ada@x.test\"", false),
        ("emails[primary eq \"true\"]", true),
        ("emails[not (type eq \"work\")]", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"r\"", true),
        ("title eq null", true),
        ("userName ne null", true),
        ("meta.created eq \"2026-01-02T04:04:05+01:00\"", true),
        ("meta.lastModified gt \"2026-01-02T03:04:05Z\"", true),
        ("meta.created le \"2026-01-02T03:04:04Z\"", false),
        ("userName gt \"a\" and userName lt \"b\"", true),
        ("title pr and userName pr or active eq true", true),
        ("title pr and (userName pr or active eq true)", false),
        ("  userName   eq   \"ada@x.test\"  ", true),
        ("(userName pr)and(active pr)", true),
    ] {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.detail));
        assert_eq!(filter.matches(&ada()), holds, "{text}");
    }
}

#[test]
fn what_is_no_filter_is_refused() {
    let long = format!("userName eq \"{}\"", "a".repeat(LONGEST));
    let deep = format!("{}userName pr{}", "(".repeat(DEEPEST + 1), ")".repeat(DEEPEST + 1));
    let not = format!("{}userName pr{}", "not (".repeat(DEEPEST + 1), ")".repeat(DEEPEST + 1));
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq ada",
        "userName eq \"ada",
        "userName eq 'ada'",
        "userName is \"ada\"",
        "userName eq \"ada\" userName pr",
        "userName pr and",
        "userName pr andactive pr",
        "and userName pr",
        "(userName pr",
        "userName pr)",
        "emails[type eq \"work\"",
        "emails[]",
        "userName[value pr]",
        "emails.value[type pr]",
        "emails[emails[type pr]]",
        "emails[type pr].nobody pr",
        "nobody eq \"x\"",
        "name eq \"x\"",
        "userName eq 1",
        "userName eq true",
        "userName gt null",
        "active gt true",
        "active co \"t\"",
        "active eq \"yes\"",
        "meta.created eq \"yesterday\"",
        "meta.created co \"2026-01-01T00:00:00Z\"",
        "userName eq {}",
        "not userName pr",
        "userName eq \"\\x\"",
        &long,
        &deep,
        &not,
    ] {
        assert_eq!(parse(text).expect_err(text).fault, Fault::InvalidFilter, "{text}");
    }
    let deepest = format!("{}userName pr{}", "(".repeat(DEEPEST), ")".repeat(DEEPEST));
    assert!(parse(&deepest).is_ok());
}

#[test]
fn what_an_index_knows_is_told() {
    let names = ["id", "userName", "externalId"];
    for (text, equal) in [
        ("userName eq \"Ada\"", Some(("userName", "Ada"))),
        ("active eq true and id eq \"1\"", Some(("id", "1"))),
        ("userName eq \"a\" or id eq \"1\"", None),
        ("not (userName eq \"a\")", None),
        ("userName ne \"a\"", None),
        ("userName sw \"a\"", None),
        ("emails eq \"a\"", None),
    ] {
        assert_eq!(parse(text).expect(text).equal_to(&names), equal, "{text}");
    }
    let members = Filter::parse("displayName pr and members eq \"1\"", &GROUP, UnknownAttributes::Refuse);
    assert!(members.expect("a filter").mentions("members"));
}

#[test]
fn searches_over_several_kinds_know_no_unknown_attributes() {
    let filter = Filter::parse("userName pr or displayName eq \"G\"", &GROUP, UnknownAttributes::WithoutValue);
    let Value::Object(group) = json!({ "displayName": "g" }) else { unreachable!("an object") };
    assert!(filter.expect("a filter").matches(&group));
    let filter = Filter::parse("userName eq \"G\"", &GROUP, UnknownAttributes::WithoutValue);
    assert!(!filter.expect("a filter").matches(&group));
}
