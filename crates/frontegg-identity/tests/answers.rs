//! Answers in the forms in which services send them beside the documented one.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use frontegg_identity::{model::OPERATIONS, params::ListUsers};
use frontegg_samples::{TYPES, Type};
use serde_json::{Value, json};
use support::{Reply, Service, token};

/// The types of all answers that are objects or lists of objects.
fn answers() -> Vec<&'static Type> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let names: Vec<String> = OPERATIONS
        .iter()
        .filter_map(|operation| operation.answer)
        .map(|answer| plain(answer.trim_matches(['[', ']'])))
        .collect();
    TYPES.iter().filter(|of| names.contains(&plain(of.name))).collect()
}

/// Where a member of a value stands, and what it is called.
struct Place {
    pointer: String,
    name: String,
}

/// The members of all objects within a value.
fn places(value: &Value, at: &str, found: &mut Vec<Place>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                places(member, &pointer, found);
                found.push(Place { pointer, name: name.clone() });
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, entry)| places(entry, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// The value with another one at a place, and without anything there.
fn changed(sample: &Value, place: &Place, to: Value) -> [Value; 2] {
    let (mut other, mut without) = (sample.clone(), sample.clone());
    *other.pointer_mut(&place.pointer).unwrap() = to;
    let (parent, _) = place.pointer.rsplit_once('/').unwrap();
    without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&place.name);
    [other, without]
}

#[test]
fn null_for_a_list_or_a_yes_or_no_is_read_in_every_answer() {
    let (mut lists, mut flags) = (0, 0);
    for answer in answers() {
        let sample: Value = serde_json::from_str(answer.sample).unwrap();
        let mut places = Vec::new();
        self::places(&sample, "", &mut places);
        for place in places {
            let empty = match sample.pointer(&place.pointer).unwrap() {
                Value::Array(_) => json!([]),
                Value::Bool(_) => json!(false),
                _ => continue,
            };
            *(if empty.is_array() { &mut lists } else { &mut flags }) += 1;
            for value in changed(&sample, &place, Value::Null) {
                // Panics when it cannot be read.
                let sent: Value = serde_json::from_str(&(answer.show)(&value.to_string()).sent).unwrap();
                let read = sent.pointer(&place.pointer).filter(|read| !read.is_null());
                assert!(read.is_none_or(|read| *read == empty), "{}{}: {sent}", answer.name, place.pointer);
            }
        }
    }
    assert!(lists > 100 && flags > 100, "{lists} lists, {flags} flags");
}

#[test]
fn metadata_is_read_as_text_and_as_an_object_in_every_answer() {
    let (mut texts, mut objects) = (0, 0);
    // Theirs has members of its own.
    for answer in answers().into_iter().filter(|answer| !["FoundSubTenant", "SubTenantPage"].contains(&answer.name)) {
        let sample: Value = serde_json::from_str(answer.sample).unwrap();
        let mut places = Vec::new();
        self::places(&sample, "", &mut places);
        places.retain(|place| place.name.to_lowercase().ends_with("metadata") && place.name != "_metadata");
        for place in places {
            let (object, text) = (json!({ "plan": "gold" }), json!(r#"{"plan":"gold"}"#));
            let documented = match sample.pointer(&place.pointer).unwrap() {
                Value::String(_) => &text,
                Value::Object(_) => &object,
                _ => continue,
            };
            *(if documented.is_string() { &mut texts } else { &mut objects }) += 1;
            for form in [&object, &text] {
                let [value, _] = changed(&sample, &place, form.clone());
                let sent: Value = serde_json::from_str(&(answer.show)(&value.to_string()).sent).unwrap();
                assert_eq!(sent.pointer(&place.pointer), Some(documented), "{}{}", answer.name, place.pointer);
            }
            let [value, _] = changed(&sample, &place, Value::Null);
            let _ = (answer.show)(&value.to_string());
        }
    }
    assert!(texts >= 5 && objects >= 3, "{texts} texts, {objects} objects");
}

/// One person's odd member does not cost the page.
#[tokio::test]
async fn a_page_is_read_whatever_its_people_lack() {
    let odd = r#""roles":null,"permissions":null,"tenants":null,"verified":null,"metadata":{"plan":"gold"}"#;
    let body = |items: &str| format!(r#"{{"items":{items},"_metadata":{{"totalItems":1,"totalPages":1}}}}"#);
    let people = TYPES.iter().find(|of| of.name == "UserPage").unwrap();
    let person = serde_json::from_str::<Value>(people.sample).unwrap()["items"][0].clone();
    let mut odd_person = person.as_object().unwrap().clone();
    let odd: Value = serde_json::from_str(&format!("{{{odd}}}")).unwrap();
    odd_person.extend(odd.as_object().unwrap().clone());
    let page = body(&json!([person, odd_person]).to_string());
    let service = Service::start(token(), vec![Reply::new(200, page), Reply::new(200, body("null"))]).await;
    let users = service.frontegg().tenant("acme").user_management();
    let page = users.list_users(ListUsers::new()).await.unwrap();
    assert_eq!(page.items.len(), 2);
    assert_eq!(page.items[1].metadata.as_deref(), Some(r#"{"plan":"gold"}"#));
    assert!(users.list_users(ListUsers::new()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn null_in_place_of_a_list_is_an_empty_one() {
    let service = Service::start(token(), vec![Reply::new(200, " null ")]).await;
    assert!(service.frontegg().management().roles().list_roles_v1().await.unwrap().is_empty());
}
