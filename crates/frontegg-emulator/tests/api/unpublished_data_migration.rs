//! People who come over in the lines of a CSV file, as tools send it.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{World, http};

const MIGRATE: &str = "migrate_users_from_csv";
/// Of the password `Correct-horse-1815`, by bcrypt.
const HASHED: &str = "$2b$04$UenOHrX7zLJG2DFpuFtzbexzTBVZnETLZKI1Yd1d5PAJVXbcElYsC";

fn mapper() -> Value {
    json!({
        "mail": "email", "company": "tenantId", "full name": "name", "hash": "passwordHash", "about": "metadata",
        "roles": "roleIds",
    })
}

fn body(csv: &str) -> Value {
    json!({ "csv": csv, "fieldsMapper": mapper(), "hashingConfig": "{\"passwordHashType\": \"bcrypt\"}" })
}

/// Sends a form as tools do; gives status and body.
async fn send_form(world: &World, token: &str, parts: &[(&str, &str)]) -> (StatusCode, Value) {
    let part =
        |(head, text): &(&str, &str)| format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n");
    let form: String = parts.iter().map(part).chain(["--edge--\r\n".to_owned()]).collect();
    let url = format!("{}/identity/resources/migrations/v1/local/bulk/csv", world.emulator.url());
    let request = http().post(url).bearer_auth(token).header("content-type", "multipart/form-data; boundary=edge");
    let response = request.body(form).send().await.expect("an answer");
    (response.status(), response.json().await.expect("JSON"))
}

async fn status(world: &World, context: &Value) -> Value {
    let id = context["migrationId"].as_str().expect("an id");
    world.back_end(None).await.done("get_user_migration_status", &[id], Value::Null).await
}

#[tokio::test]
async fn a_file_is_sent_as_a_form() {
    for world in World::each().await {
        world.tenant("acme").await;
        let (admin, reader) = (world.role("Admin").await, world.role("ReadOnly").await);
        let csv = format!(
            "\u{feff}mail,company,full name,hash,about,roles,proven,unused\r\n\
             ada@acme.test,acme,\"Lovelace, Ada\",{HASHED},\"{{\"\"born\"\": 1815}}\",{admin}|{reader},true,x\r\n\
             bob@acme.test,acme,,,,,,\r\n"
        );
        let raw = world.raw().await;
        let mut mapper = mapper();
        mapper["proven"] = json!("verifyUser");
        let mapper = mapper.to_string();
        let parts = [
            ("name=\"csv\"; filename=\"people.csv\"", csv.as_str()),
            ("name=\"fieldsMapper\"", mapper.as_str()),
            ("name=\"hashingConfig\"", "{\"passwordHashType\": \"bcrypt\"}"),
        ];
        let (code, context) = send_form(&world, raw.token(), &parts).await;
        assert_eq!(code, StatusCode::ACCEPTED, "{context}");
        let status = status(&world, &context).await;
        assert_eq!((&status["migratedUsers"], &status["state"]), (&json!(2), &json!("Completed")), "{status}");

        let mut browser = world.browser();
        let claims = browser.sign_in("ada@acme.test").await.claims();
        assert_eq!(claims["name"], "Lovelace, Ada");
        assert_eq!(claims["metadata"], json!({ "born": 1815 }));
        assert_eq!(claims["roles"], json!(["Admin", "ReadOnly"]));
        let page = world.back_end(Some("acme")).await.query("list_users", "_email=bob@acme.test").await;
        assert_eq!(page["items"][0].get("name"), None, "an empty cell is none");
    }
}

#[tokio::test]
async fn a_faulty_line_stops_no_other() {
    let world = World::start().await;
    world.tenant("acme").await;
    let csv = "mail,company,full name,hash,about,roles\n\
               ada@acme.test,acme,Ada,,,\n\
               ,acme,Nobody,,,\n\
               eve@acme.test,nowhere,Eve,,,\n\
               cy@acme.test,acme,Cy,$2b$31$UenOHrX7zLJG2DFpuFtzbexzTBVZnETLZKI1Yd1d5PAJVXbcElYsC,,\n\
               dan@acme.test,acme,Dan,,,\n";
    let context = world.back_end(None).await.done(MIGRATE, &[], body(csv)).await;
    let status = status(&world, &context).await;
    assert_eq!((&status["totalUsers"], &status["migratedUsers"]), (&json!(5), &json!(2)));
    let faults: Vec<_> = status["errors"].as_array().expect("errors").iter().map(|fault| &fault["index"]).collect();
    assert_eq!(faults, [1, 2, 3]);
    assert_eq!(status["errors"][0]["error"], "email is required");
}

#[tokio::test]
async fn a_file_that_makes_no_sense_is_refused_whole() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut back_end = world.back_end(None).await;
    let head = "mail,company,full name,hash,about,roles\n";
    let line = "ada@acme.test,acme,Ada,,,\n";
    for (csv, expected) in [
        (head.to_owned(), "csv must have a line for somebody"),
        (String::new(), "fieldsMapper.about is no column of the file"),
        (format!("{head}{line}too,few\n"), "csv cannot be read at line 3"),
    ] {
        assert_eq!(back_end.call(MIGRATE, &[], body(&csv)).await.refused(400), expected);
    }
    let good = format!("{head}{line}");
    for (mapper, expected) in [
        (json!({ "mail": "email" }), "fieldsMapper must name the column for tenantId"),
        (json!({ "mail": "email", "company": "email" }), "fieldsMapper.mail is the same member as another column"),
        (json!({ "nowhere": "email" }), "fieldsMapper.nowhere is no column of the file"),
        (json!(7), "fieldsMapper is no object of texts as described"),
    ] {
        let mut body = body(&good);
        body["fieldsMapper"] = mapper;
        assert_eq!(back_end.call(MIGRATE, &[], body).await.refused(400), expected);
    }
    let mut unknown = body(&good);
    unknown["fieldsMapper"] = json!({ "mail": "email", "company": "tenantId", "about": "weather" });
    assert!(back_end.call(MIGRATE, &[], unknown).await.refused(400).contains("must be one of"));
    assert_eq!(back_end.call(MIGRATE, &[], json!({ "csv": good })).await.refused(400), "fieldsMapper is required");
    let list = world.back_end(Some("acme")).await.query("list_users", "").await;
    assert_eq!(list["_metadata"]["totalItems"], 0, "nobody came");
}

/// Other operations take no forms, which pages of any origin can send without asking.
#[tokio::test]
async fn forms_are_for_this_alone() {
    let world = World::start().await;
    let raw = world.raw().await;
    let (code, _) = send_form(&world, raw.token(), &[("name=\"fieldsMapper\"", "{}")]).await;
    assert_eq!(code, StatusCode::BAD_REQUEST, "csv is required");
    let (code, _) = send_form(&world, "nonsense", &[]).await;
    assert_eq!(code, StatusCode::UNAUTHORIZED);
    let url = format!("{}/identity/resources/auth/v1/user", world.emulator.url());
    let form = "--edge\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b.test\r\n--edge--\r\n";
    let request = http().post(url).header("content-type", "multipart/form-data; boundary=edge").body(form);
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
