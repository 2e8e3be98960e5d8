//! Security case 38, where a template names an algorithm: its tokens are signed by that, each kind of key serves its
//! own algorithm alone, and nobody chooses but whoever sets the template.

use serde_json::{Value, json};

use super::{encode, forge, jwt_secret, mac, public_material};
use crate::support::{World, claims, header};

/// Makes a template that shapes all tokens by that algorithm.
async fn shape_all(world: &World, algorithm: &str) -> String {
    let claims = json!({ "iss": "{{iss}}", "sub": "{{sub}}", "aud": "{{aud}}", "exp": "{{exp}}", "iat": "{{iat}}" });
    let template = json!({
        "key": algorithm, "name": algorithm, "expiration": 600, "algorithm": algorithm,
        "templateSchema": { "claims": claims },
    });
    let mut back_end = world.back_end(None).await;
    let id = back_end.done("create_jwt_template", &[], template).await["id"].as_str().expect("an id").to_owned();
    let rules = json!({ "rules": [{ "conditionLogic": "and", "conditions": [], "treatment": algorithm }] });
    back_end.done("set_jwt_template_targeting", &[], rules).await;
    id
}

async fn status(world: &World, token: &str) -> u16 {
    world.raw_with(token).call("list_my_sessions", &[], Value::Null).await.status.as_u16()
}

async fn populated() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    (world, ada)
}

#[tokio::test]
async fn case_38_a_template_signs_by_its_own_algorithm() {
    let (world, ada) = populated().await;
    let keys = world.raw_with("").call("get_json_web_key_set", &[], Value::Null).await.body;
    let by_default = world.token(&ada, "acme").await;
    let mut shaped = Vec::new();
    for algorithm in ["HS256", "RS256"] {
        shape_all(&world, algorithm).await;
        let token = world.token(&ada, "acme").await;
        let header = header(&token);
        assert_eq!((&header["alg"], &header["template"]), (&json!(algorithm), &json!(algorithm)));
        assert_eq!(header["kid"].is_string(), algorithm == "RS256", "the secret has no name");
        shaped.push(token);
    }
    // Whatever the environment is set to: that is for the tokens that no template has shaped.
    for (algorithm, expected) in [("RS256", 200), ("HS256", 401), ("RS256", 200)] {
        world.configure(json!({ "jwtAlgorithm": algorithm })).await;
        assert_eq!(status(&world, &by_default).await, expected, "{algorithm}");
        for token in &shaped {
            assert_eq!(status(&world, token).await, 200, "{algorithm}: {}", header(token));
        }
        let shown = world.raw_with("").call("get_json_web_key_set", &[], Value::Null).await.body;
        assert_eq!(shown, keys, "symmetric keys are in no key set");
    }
    let kid = world.emulator.rotate_keys().await.expect("rotated");
    assert_eq!(header(&world.token(&ada, "acme").await)["kid"], kid);
    for token in &shaped {
        assert_eq!(status(&world, token).await, 200, "as long as it is valid: {}", header(token));
    }
}

#[tokio::test]
async fn case_38_a_public_key_is_no_secret_for_templates_either() {
    let (world, ada) = populated().await;
    let by_default = world.token(&ada, "acme").await;
    let id = shape_all(&world, "HS256").await;
    let good = world.token(&ada, "acme").await;
    let body = claims(&good).to_string();
    let kid = header(&by_default)["kid"].clone();
    let text = jwt_secret(&world).await;
    let secret = mac(text.as_bytes());
    let head = |algorithm: &str| json!({ "alg": algorithm, "typ": "JWT", "kid": kid, "template": "HS256" });
    let again = forge(&json!({ "alg": "HS256", "typ": "JWT", "template": "HS256" }), &body, &secret);
    assert_eq!(status(&world, &again).await, 200, "each forgery below differs from it in one thing");

    let mut forgeries = Vec::new();
    for (name, material) in public_material(&world).await {
        for template in [json!("HS256"), json!("RS256"), json!("unknown"), json!("")] {
            let head = json!({ "alg": "HS256", "typ": "JWT", "template": template });
            forgeries.push((format!("{head}, HMAC with the {name}"), forge(&head, &body, mac(&material))));
        }
    }
    for algorithm in ["none", "", "hs256", "RS256", "PS256", "HS384"] {
        forgeries.push((format!("{algorithm}, HMAC with the secret"), forge(&head(algorithm), &body, &secret)));
        forgeries.push((format!("{algorithm}, no signature"), forge(&head(algorithm), &body, |_| Vec::new())));
    }
    let critical = json!({ "alg": "HS256", "template": "HS256", "crit": ["template"] });
    forgeries.push(("crit".to_owned(), forge(&critical, &body, &secret)));
    // A template's name does not open the way for other claims, nor do these for another algorithm.
    let plain = json!({ "alg": "HS256", "typ": "JWT" });
    forgeries.push(("no template".to_owned(), forge(&plain, &body, &secret)));
    let default_claims = claims(&by_default).to_string();
    forgeries.push(("default claims".to_owned(), forge(&plain, &default_claims, &secret)));
    let environment = claims(world.raw().await.token()).to_string();
    forgeries.push(("the environment's claims".to_owned(), forge(&head("HS256"), &environment, &secret)));
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let (_, payload) = message.split_once('.').expect("claims");
    forgeries.push(("another header".to_owned(), format!("{}.{payload}.{signature}", encode(plain.to_string()))));
    let (_, rest) = by_default.split_once('.').expect("claims");
    let named = json!({ "alg": "RS256", "typ": "JWT", "kid": kid, "template": "HS256" });
    forgeries.push(("a name added".to_owned(), format!("{}.{rest}", encode(named.to_string()))));
    for (name, token) in forgeries {
        let answer = world.raw_with(&token).call("list_my_sessions", &[], Value::Null).await;
        assert_eq!(answer.refused(401), "Unauthorized", "{name}");
    }
    // What is out stays valid, whatever becomes of its template.
    world.back_end(None).await.done("update_jwt_template", &[&id], json!({ "algorithm": "RS256" })).await;
    assert_eq!(status(&world, &good).await, 200);
    world.back_end(None).await.done("delete_jwt_template", &[&id], Value::Null).await;
    assert_eq!(status(&world, &good).await, 200);
    assert_eq!(header(&world.token(&ada, "acme").await).get("template"), None);
}
