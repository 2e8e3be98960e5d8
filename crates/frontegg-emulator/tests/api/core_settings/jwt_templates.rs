//! Templates of tokens and their targeting, and the tokens that come of them.

mod tokens;

use std::time::Duration;

use frontegg_identity::{
    enums::{ConditionLogic, JwtAlgorithm, JwtTemplateSortField, SortOrder, TargetingAttribute, TargetingOperation},
    params::ListJwtTemplates,
    types::{
        CreateJwtTemplateDto, IdentityConditionDto, IdentityConditionValue, IdentityRuleDto, JwtTemplatePayloadDto,
        UpdateJwtTemplateDto, UpdateJwtTemplateTargetingRequestDto,
    },
};
use serde_json::{Map, Value, json};

use crate::support::{World, json as as_json, refused};

const ADA: &str = "ada@acme.test";

fn members(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("an object") };
    members
}

/// The claims that every template must have, and these.
fn with_mandatory(more: Value) -> Map<String, Value> {
    let mut claims = members(json!({
        "iss": "{{iss}}", "sub": "{{sub}}", "aud": "{{clientId}}", "exp": "{{exp}}", "iat": "{{iat}}",
    }));
    claims.extend(members(more));
    claims
}

fn new_template(key: &str, more: Value) -> CreateJwtTemplateDto {
    let schema = JwtTemplatePayloadDto::new(with_mandatory(more));
    CreateJwtTemplateDto::new(key, format!("Template {key}"), 600, JwtAlgorithm::Rs256, schema)
}

async fn template(world: &World, key: &str, more: Value) -> String {
    let settings = world.frontegg.management().core_settings();
    settings.create_jwt_template(&new_template(key, more)).await.expect("a template").id
}

fn condition(attribute: TargetingAttribute, list: &[&str]) -> IdentityConditionDto {
    let value = IdentityConditionValue::new(list.iter().copied());
    IdentityConditionDto::new(attribute, TargetingOperation::InList, value, false)
}

fn rule(conditions: Vec<IdentityConditionDto>, treatment: &str) -> IdentityRuleDto {
    IdentityRuleDto::new(ConditionLogic::And, conditions, treatment)
}

fn targeting(rules: Vec<IdentityRuleDto>) -> UpdateJwtTemplateTargetingRequestDto {
    UpdateJwtTemplateTargetingRequestDto::new().rules(rules)
}

async fn target(world: &World, rules: Vec<IdentityRuleDto>) {
    let settings = world.frontegg.management().core_settings();
    settings.set_jwt_template_targeting(&targeting(rules)).await.expect("targeting");
}

async fn populated() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    (world, ada)
}

#[tokio::test]
async fn templates_are_made_changed_and_deleted() {
    let world = World::start().await;
    let settings = world.frontegg.management().core_settings();
    let made = settings.create_jwt_template(&new_template("short", json!({ "x": [1, null] }))).await.expect("one");
    assert_eq!((made.key.as_str(), made.name.as_str(), made.expiration), ("short", "Template short", 600));
    assert_eq!((&made.algorithm, &made.description), (&JwtAlgorithm::Rs256, &None));
    assert_eq!(made.template_schema.claims, with_mandatory(json!({ "x": [1, null] })));
    assert_eq!(made.vendor_id, world.emulator.vendor_id());
    let read = settings.get_jwt_template(&made.id).await.expect("the template");
    assert_eq!(as_json(&read), as_json(&made));

    let clock = world.emulator.clock();
    clock.advance(Duration::from_secs(5));
    let change = UpdateJwtTemplateDto::new().key("long").description("For reports").expiration(15_552_000);
    let changed = settings.update_jwt_template(&made.id, &change.algorithm(JwtAlgorithm::Hs256)).await.expect("it");
    assert_eq!((changed.key.as_str(), changed.name.as_str()), ("long", "Template short"), "what is absent stays");
    assert_eq!((changed.expiration, &changed.algorithm), (15_552_000, &JwtAlgorithm::Hs256));
    assert_eq!(changed.template_schema.claims, made.template_schema.claims);
    assert_eq!(changed.created_at, made.created_at);
    assert!(changed.updated_at > made.updated_at);
    let schema = UpdateJwtTemplateDto::new().template_schema(JwtTemplatePayloadDto::new(with_mandatory(json!({}))));
    let changed = settings.update_jwt_template(&made.id, &schema).await.expect("it");
    assert_eq!(changed.template_schema.claims, with_mandatory(json!({})), "claims are replaced as a whole");
    assert_eq!(changed.description.as_deref(), Some("For reports"));

    settings.delete_jwt_template(&made.id).await.expect("a deletion");
    assert_eq!(refused(settings.delete_jwt_template(&made.id).await, 404), "JWT template not found");
    refused(settings.get_jwt_template(&made.id).await, 404);
    refused(settings.update_jwt_template(&made.id, &UpdateJwtTemplateDto::new()).await, 404);
}

#[tokio::test]
async fn lists_are_narrowed_sorted_and_paged() {
    let world = World::start().await;
    let settings = world.frontegg.management().core_settings();
    let mut ids = Vec::new();
    for key in ["b", "c", "a"] {
        ids.push(template(&world, key, json!({})).await);
    }
    let keys = async |params: ListJwtTemplates| {
        let page = settings.list_jwt_templates(params).await.expect("a page");
        let keys: Vec<String> = page.items.into_iter().map(|template| template.key).collect();
        (keys.join(""), page.metadata.total_items)
    };
    let all = ListJwtTemplates::new;
    for (params, expected) in [
        (all(), ("bca", 3)),
        (all().order(SortOrder::Desc), ("acb", 3)),
        (all().sort_by(JwtTemplateSortField::Key), ("abc", 3)),
        (all().sort_by(JwtTemplateSortField::Name).order(SortOrder::Desc), ("cba", 3)),
        (all().limit(2).offset(1), ("a", 3)),
        (all().keys(["a", "x", "b"]), ("ba", 2)),
        (all().ids([ids[1].as_str(), "x"]), ("c", 1)),
        (all().ids([&ids[1]]).keys(["a"]), ("", 0)),
    ] {
        assert_eq!(keys(params).await, (expected.0.to_owned(), expected.1));
    }
}

#[tokio::test]
async fn what_makes_no_token_is_refused() {
    let world = World::start().await;
    let settings = world.frontegg.management().core_settings();
    let id = template(&world, "taken", json!({})).await;
    let other = template(&world, "other", json!({})).await;
    let mut back_end = world.back_end(None).await;
    for (member, value, text) in [
        ("aud", json!("https://elsewhere.test"), "aud must be {{clientId}} or {{applicationId}}"),
        ("type", json!("{{type}}"), "Claims reserved for internal use are not allowed"),
        ("tenantId", json!("globex"), "Claims reserved for internal use are not allowed"),
    ] {
        let error = refused(settings.create_jwt_template(&new_template("new", json!({ member: value }))).await, 400);
        assert!(error.contains(text), "{error}");
    }
    for missing in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = with_mandatory(json!({}));
        claims.remove(missing);
        let schema = JwtTemplatePayloadDto::new(claims);
        let change = UpdateJwtTemplateDto::new().template_schema(schema);
        let error = refused(settings.update_jwt_template(&id, &change).await, 400);
        assert!(error.contains(missing), "{error}");
    }
    for (member, value) in [
        ("expiration", json!(9)),
        ("expiration", json!(15_552_001)),
        ("algorithm", json!("none")),
        ("key", json!(" ")),
        ("name", json!("")),
        ("templateSchema", json!({})),
    ] {
        let mut body = as_json(&new_template("new", json!({})));
        body[member] = value;
        back_end.call("create_jwt_template", &[], body.clone()).await.refused(400);
        back_end.call("update_jwt_template", &[&id], json!({ member: body[member] })).await.refused(400);
        body.as_object_mut().expect("an object").remove(member);
        back_end.call("create_jwt_template", &[], body).await.refused(400);
    }
    let taken = "A JWT template with that key already exists";
    assert_eq!(refused(settings.create_jwt_template(&new_template("taken", json!({}))).await, 409), taken);
    let change = UpdateJwtTemplateDto::new().key("taken");
    assert_eq!(refused(settings.update_jwt_template(&other, &change).await, 409), taken);
    settings.update_jwt_template(&id, &change).await.expect("it is its own");
    assert_eq!(settings.list_jwt_templates(ListJwtTemplates::new()).await.expect("a page").metadata.total_items, 2);
}

/// They are the environment's alone to see and to set.
#[tokio::test]
async fn people_have_no_say_in_their_tokens() {
    let (world, ada) = populated().await;
    let id = template(&world, "any", json!({})).await;
    target(&world, vec![rule(vec![], "any")]).await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    let new = as_json(&new_template("own", json!({})));
    for (operation, path, body) in [
        ("create_jwt_template", &[][..], new.clone()),
        ("list_jwt_templates", &[], Value::Null),
        ("get_jwt_template", &[&*id], Value::Null),
        ("update_jwt_template", &[&*id], json!({})),
        ("delete_jwt_template", &[&*id], Value::Null),
        ("create_jwt_template_targeting", &[], json!({})),
        ("get_jwt_template_targeting", &[], Value::Null),
        ("set_jwt_template_targeting", &[], json!({})),
        ("update_jwt_template_targeting", &["x"], json!({})),
        ("delete_jwt_template_targeting", &["x"], Value::Null),
    ] {
        let status = own.call(operation, path, body.clone()).await.status;
        assert!([401, 403].contains(&status), "{operation}: {status}");
        assert_eq!(world.browser().call(operation, path, body).await.status, 401, "{operation}");
    }
    assert!(world.frontegg.management().core_settings().get_jwt_template(&id).await.is_ok());
}

#[tokio::test]
async fn there_is_one_list_of_rules() {
    let world = World::start().await;
    let settings = world.frontegg.management().core_settings();
    template(&world, "a", json!({})).await;
    assert_eq!(refused(settings.get_jwt_template_targeting().await, 404), "JWT template targeting not found");
    refused(settings.create_jwt_template_targeting(&targeting(vec![rule(vec![], "unknown")])).await, 400);
    let first = targeting(vec![rule(vec![condition(TargetingAttribute::TenantId, &["acme"])], "a")]);
    let made = settings.create_jwt_template_targeting(&first).await.expect("targeting");
    assert_eq!(as_json(&made.targeting), as_json(&first));
    let again = settings.create_jwt_template_targeting(&targeting(vec![])).await;
    assert_eq!(refused(again, 409), "JWT template targeting already exists");

    world.emulator.clock().advance(Duration::from_secs(5));
    let second = targeting(vec![rule(vec![], "a"), rule(vec![], "a")]);
    settings.set_jwt_template_targeting(&second).await.expect("targeting");
    let read = settings.get_jwt_template_targeting().await.expect("targeting");
    assert_eq!((&read.id, read.created_at, read.targeting.rules.len()), (&made.id, made.created_at, 2));
    assert!(read.updated_at > made.updated_at);

    refused(settings.update_jwt_template_targeting("other", &first).await, 404);
    settings.update_jwt_template_targeting(&made.id, &UpdateJwtTemplateTargetingRequestDto::new()).await.expect("it");
    assert_eq!(settings.get_jwt_template_targeting().await.expect("it").targeting.rules.len(), 2, "they stay");
    settings.update_jwt_template_targeting(&made.id, &first).await.expect("it");
    refused(settings.update_jwt_template_targeting(&made.id, &targeting(vec![rule(vec![], "b")])).await, 400);
    assert_eq!(settings.get_jwt_template_targeting().await.expect("it").targeting.rules.len(), 1);
    settings.set_jwt_template_targeting(&UpdateJwtTemplateTargetingRequestDto::new()).await.expect("it");
    assert!(settings.get_jwt_template_targeting().await.expect("it").targeting.rules.is_empty());

    refused(settings.delete_jwt_template_targeting("other").await, 404);
    settings.delete_jwt_template_targeting(&made.id).await.expect("a deletion");
    refused(settings.delete_jwt_template_targeting(&made.id).await, 404);
    settings.set_jwt_template_targeting(&first).await.expect("the first by the call that overwrites");
    assert_ne!(settings.get_jwt_template_targeting().await.expect("it").id, made.id);
    let mut back_end = world.back_end(None).await;
    for (member, value) in [("attribute", "shoeSize"), ("op", "is")] {
        let mut condition = json!({ "attribute": "userId", "op": "in_list", "value": { "list": [] }, "negate": false });
        condition[member] = value.into();
        let rules = json!({ "rules": [{ "conditionLogic": "and", "conditions": [condition], "treatment": "a" }] });
        back_end.call("set_jwt_template_targeting", &[], rules).await.refused(400);
    }
}
