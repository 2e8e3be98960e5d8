//! Tag “Approval Flows”: definitions, executions, decisions, what happens by the clock, and what comes of it.

mod decisions;
mod timers;

use std::time::Duration;

use frontegg_emulator::Message;
use frontegg_identity::types::{
    ApprovalFlowChannelDto, ApprovalFlowConfigurationDto, ApprovalFlowResponseDto, ApproverActionDto,
    ApproverSelectorDto, CreateApprovalFlowDto, CreateApprovalFlowStepDto, ExecuteApprovalFlowDto,
    StepConfigurationDto, UpdateApprovalFlowDto,
};
use reqwest::Url;
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, Reply},
    claims, control, json as as_json, refused,
};

const ADA: &str = "ada@acme.test";
const BOB: &str = "bob@acme.test";
const CFO: &str = "cfo@elsewhere.test";
const HOOK: &str = "https://hooks.test/approvals";
const MAIL: &str = "ApprovalFlowApprove";

fn step(order: i64, approvers: ApproverSelectorDto, approvals: i64) -> CreateApprovalFlowStepDto {
    CreateApprovalFlowStepDto::new(approvers, StepConfigurationDto::new(approvals), order)
}

fn addresses(emails: &[&str]) -> ApproverSelectorDto {
    ApproverSelectorDto::new().emails(emails.iter().copied())
}

fn new_flow(name: &str, steps: Vec<CreateApprovalFlowStepDto>) -> CreateApprovalFlowDto {
    let mail = ApprovalFlowChannelDto::new(true, false);
    CreateApprovalFlowDto::new(name, mail, ApprovalFlowConfigurationDto::new(), steps)
}

fn simple() -> CreateApprovalFlowDto {
    new_flow("Payout", vec![step(1, addresses(&[BOB]), 1)])
}

async fn populated() -> (World, String) {
    let world = World::start().await;
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    (world, ada)
}

async fn make(world: &World, new: &CreateApprovalFlowDto) -> ApprovalFlowResponseDto {
    world.frontegg.tenant("acme").approval_flows().create_approval_flow(new).await.expect("a flow")
}

async fn execute(world: &World, user_id: &str, flow: &ApprovalFlowResponseDto) {
    let flows = world.frontegg.tenant("acme").user(user_id).approval_flows();
    flows.execute_approval_flow(&flow.id, &ExecuteApprovalFlowDto::new()).await.expect("an execution");
}

/// All messages to somebody, oldest first.
async fn messages(world: &World, to: &str) -> Vec<Message> {
    world.emulator.outbox().messages_to(to).await.expect("the outbox")
}

/// What a webhook was told.
async fn calls(world: &World) -> Vec<Value> {
    let calls = messages(world, HOOK).await;
    calls.iter().map(|call| serde_json::from_str(call.body()).expect("JSON")).collect()
}

/// The ids of the link that somebody got last.
#[derive(Clone, Debug)]
struct Link {
    execution: String,
    step: String,
    approver: String,
}

async fn link(world: &World, to: &str) -> Link {
    let newest = messages(world, to).await.pop().unwrap_or_else(|| panic!("nothing for {to}"));
    assert_eq!(newest.template(), MAIL);
    let link: Url = newest.link().expect("a link").parse().expect("an address");
    let parameter = |name: &str| {
        let found = link.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {link}")).1.into_owned()
    };
    Link {
        execution: parameter("approvalFlowExecutionId"),
        step: parameter("approvalFlowStepId"),
        approver: parameter("approverId"),
    }
}

/// Decides as whoever holds the link, without a token.
async fn decide(world: &World, link: &Link, approved: bool) -> Reply {
    let action = ApproverActionDto::new(approved, &*link.execution, &*link.approver, &*link.step);
    world.browser().call("submit_approval_decision", &[], as_json(&action)).await
}

async fn read(world: &World, link: &Link) -> Value {
    let query = format!(
        "approvalFlowExecutionId={}&approverId={}&approvalFlowStepId={}",
        link.execution, link.approver, link.step
    );
    world.browser().query("get_approval_execution", &query).await
}

#[tokio::test]
async fn flows_are_made_changed_and_deleted() {
    let (world, _) = populated().await;
    let flows = world.frontegg.tenant("acme").approval_flows();
    let timing = ApprovalFlowConfigurationDto::new().timeout_minutes(60).webhook_url(HOOK).notify_on_decisions(true);
    let selector = ApproverSelectorDto::new().role_keys(["Admin"]).phone_numbers(["+4915112345678"]);
    let both = ApprovalFlowChannelDto::new(true, true);
    let steps = vec![step(2, addresses(&[CFO]), 1), step(1, selector, 2)];
    let new = CreateApprovalFlowDto::new("Payout", both, timing, steps).description("Above 1000");
    let made = flows.create_approval_flow(&new).await.expect("a flow");
    assert_eq!((made.tenant_id.as_deref(), made.is_active), (Some("acme"), true));
    assert_eq!(made.vendor_id, world.emulator.vendor_id());
    let orders: Vec<_> = made.steps.iter().map(|step| (step.step_order, step.configuration.min_approvals)).collect();
    assert_eq!(orders, [(1, Some(2)), (2, Some(1))], "in their order");
    assert_eq!(made.steps[0].approver_selectors.role_keys, ["Admin"]);
    assert_eq!(made.steps[1].approver_selectors.emails, [CFO]);
    let read = flows.get_approval_flow(&made.id).await.expect("the flow");
    assert_eq!(as_json(&read), as_json(&made));

    world.emulator.clock().advance(Duration::from_secs(5));
    let timing = ApprovalFlowConfigurationDto::new().auto_approve_in_minutes(7);
    let change = UpdateApprovalFlowDto::new().name("Refund").configuration(timing).is_active(false);
    let changed = flows.update_approval_flow(&made.id, &change).await.expect("the flow");
    assert_eq!((changed.name.as_str(), changed.description.as_deref()), ("Refund", Some("Above 1000")));
    let timing = &changed.configuration;
    assert_eq!((timing.auto_approve_in_minutes, timing.timeout_minutes), (Some(7), Some(60)), "field by field");
    assert_eq!((timing.webhook_url.as_deref(), timing.notify_on_decisions), (Some(HOOK), Some(true)));
    assert_eq!((&changed.steps[0].id, changed.is_active), (&made.steps[0].id, false));
    assert!(changed.updated_at > made.updated_at && changed.created_at == made.created_at);
    let change = UpdateApprovalFlowDto::new().steps(vec![step(1, addresses(&[CFO]), 1)]);
    let changed = flows.update_approval_flow(&made.id, &change).await.expect("the flow");
    assert!(changed.steps.len() == 1 && made.steps.iter().all(|step| step.id != changed.steps[0].id));

    flows.delete_approval_flow(&made.id).await.expect("a deletion");
    assert_eq!(refused(flows.delete_approval_flow(&made.id).await, 404), "Approval flow not found");
    refused(flows.get_approval_flow(&made.id).await, 404);
    refused(flows.update_approval_flow(&made.id, &UpdateApprovalFlowDto::new()).await, 404);
}

#[tokio::test]
async fn what_could_never_be_decided_is_refused() {
    let (world, _) = populated().await;
    let flow = make(&world, &simple()).await;
    let good = as_json(&simple());
    let mut back_end = world.back_end(Some("acme")).await;
    let one = |selectors: Value, order: i64, approvals: i64| json!({ "approverSelectors": selectors, "configuration": { "minApprovals": approvals }, "stepOrder": order });
    let bob = json!({ "emails": [BOB] });
    for (member, value) in [
        ("name", json!(" ")),
        ("channels", json!({ "email": false, "sms": false })),
        ("channels", json!({ "email": false, "sms": true })),
        ("channels", json!({ "email": true })),
        ("steps", json!([])),
        ("steps", json!([one(bob.clone(), 0, 1)])),
        ("steps", json!([one(bob.clone(), 1, 0)])),
        ("steps", json!([one(json!({}), 1, 1)])),
        ("steps", json!([one(json!({ "phoneNumbers": ["+4915112345678"] }), 1, 1)])),
        ("steps", json!([one(json!({ "emails": ["nobody"] }), 1, 1)])),
        ("steps", json!([one(bob.clone(), 1, 1), one(bob, 1, 1)])),
        ("configuration", json!({ "autoApproveInMinutes": 0 })),
        ("configuration", json!({ "reminderIntervalMinutes": 59 })),
        ("configuration", json!({ "timeoutMinutes": 4 })),
        ("configuration", json!({ "timeoutMinutes": 10_081 })),
        ("configuration", json!({ "webhookUrl": "ftp://hooks.test" })),
    ] {
        let mut body = good.clone();
        body[member] = value.clone();
        back_end.call("create_approval_flow", &[], body.clone()).await.refused(400);
        back_end.call("update_approval_flow", &[&flow.id], json!({ member: value })).await.refused(400);
        body.as_object_mut().expect("an object").remove(member);
        back_end.call("create_approval_flow", &[], body).await.refused(400);
    }
    let read = world.frontegg.tenant("acme").approval_flows().get_approval_flow(&flow.id).await.expect("the flow");
    assert_eq!(as_json(&read), as_json(&flow), "it stays as it was");
    let mut nowhere = world.back_end(Some("nowhere")).await;
    nowhere.call("create_approval_flow", &[], good).await.refused(404);
}

#[tokio::test]
async fn a_tenant_has_its_own_flows_and_those_of_the_environment() {
    let (world, ada) = populated().await;
    let globex = world.tenant("globex").await;
    let own = make(&world, &simple()).await;
    let mut back_end = world.back_end(None).await;
    let global = back_end.done("create_approval_flow", &[], as_json(&simple())).await;
    assert_eq!(global.get("tenantId"), None);
    let global = global["id"].as_str().expect("an id").to_owned();
    let other = globex.approval_flows().create_approval_flow(&simple()).await.expect("a flow");
    let listed = async |tenant: Option<&str>| {
        let list = world.back_end(tenant).await.done("list_approval_flows", &[], Value::Null).await;
        let items = list["items"].as_array().expect("flows").clone();
        assert_eq!(list["total"], items.len());
        items.into_iter().map(|flow| flow["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None).await, [other.id.clone(), global.clone(), own.id.clone()], "the newest first");
    assert_eq!(listed(Some("acme")).await, [global.clone(), own.id.clone()]);

    let reader = world.user("acme", "reader@acme.test", &[&world.role("ReadOnly").await]).await;
    let mut admin = world.browser().bearer(&world.token(&ada, "acme").await);
    let mut reader = world.browser().bearer(&world.token(&reader, "acme").await);
    assert_eq!(admin.done("list_approval_flows", &[], Value::Null).await["total"], 2);
    admin.call("get_approval_flow", &[&other.id], Value::Null).await.refused(404);
    admin.done("get_approval_flow", &[&global], Value::Null).await;
    for flow in [&other.id, &global] {
        let status = if *flow == global { 403 } else { 404 };
        admin.call("update_approval_flow", &[flow], json!({ "name": "mine" })).await.refused(status);
        admin.call("delete_approval_flow", &[flow], Value::Null).await.refused(status);
    }
    admin.done("update_approval_flow", &[&own.id], json!({ "name": "mine" })).await;
    for (operation, path, body) in [
        ("create_approval_flow", &[][..], as_json(&simple())),
        ("update_approval_flow", &[&*own.id], json!({})),
        ("delete_approval_flow", &[&*own.id], Value::Null),
    ] {
        assert_eq!(reader.call(operation, path, body.clone()).await.status, 403, "{operation}");
        assert_eq!(world.browser().call(operation, path, body).await.status, 401, "{operation}");
    }
    admin.done("delete_approval_flow", &[&own.id], Value::Null).await;
}

#[tokio::test]
async fn a_flow_has_to_be_there_to_be_started() {
    let (world, ada) = populated().await;
    let globex = world.tenant("globex").await;
    let other = globex.approval_flows().create_approval_flow(&simple()).await.expect("a flow");
    let idle = make(&world, &simple().is_active(false)).await;
    let flow = make(&world, &simple()).await;
    let orphan = ApproverSelectorDto::new().role_keys(["Nobody"]);
    let orphan = make(&world, &new_flow("Orphan", vec![step(1, addresses(&[BOB]), 1), step(2, orphan, 1)])).await;
    let greedy = make(&world, &new_flow("Greedy", vec![step(1, addresses(&[BOB]), 2)])).await;
    let stranger = world.user("globex", "stranger@globex.test", &[]).await;
    let flows = world.frontegg.tenant("acme").user(&ada).approval_flows();
    let start = async |id: &str| flows.execute_approval_flow(id, &ExecuteApprovalFlowDto::new()).await;
    assert_eq!(refused(start(&other.id).await, 404), "Approval flow not found");
    assert_eq!(refused(start(&idle.id).await, 400), "The approval flow is not active");
    assert_eq!(refused(start(&orphan.id).await, 400), "No approver can be found for step 2");
    refused(start(&greedy.id).await, 400);
    let bad = ExecuteApprovalFlowDto::new().webhook_url("hooks.test");
    refused(flows.execute_approval_flow(&flow.id, &bad).await, 400);
    for nobody in [stranger.as_str(), "nobody"] {
        let flows = world.frontegg.tenant("acme").user(nobody).approval_flows();
        refused(flows.execute_approval_flow(&flow.id, &ExecuteApprovalFlowDto::new()).await, 404);
    }
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.call("execute_approval_flow", &[&flow.id], json!({})).await.refused(403);
    assert!(messages(&world, BOB).await.is_empty(), "nobody is asked for nothing");

    // A flow of the environment, by somebody themselves; and by a back end that names no tenant.
    let global = world.back_end(None).await.done("create_approval_flow", &[], as_json(&simple())).await;
    let global = global["id"].as_str().expect("an id");
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    own.done("execute_approval_flow", &[global], json!({})).await;
    assert_eq!(read(&world, &link(&world, BOB).await).await["requester"], ADA);
    let mut back_end = world.back_end(None).await.with("frontegg-user-id", &*ada);
    back_end.done("execute_approval_flow", &[global], json!({})).await;
    assert_eq!(messages(&world, BOB).await.len(), 2);
}

/// A flow that calls when Bob has approved.
fn payout() -> CreateApprovalFlowDto {
    let timing = ApprovalFlowConfigurationDto::new().webhook_url(HOOK);
    let channels = ApprovalFlowChannelDto::new(true, false);
    CreateApprovalFlowDto::new("Payout", channels, timing, vec![step(1, addresses(&[BOB]), 1)])
}

/// Executions go on as they were started, whatever becomes of their flow.
#[tokio::test]
async fn an_execution_keeps_the_flow_as_it_was() {
    let (world, ada) = populated().await;
    let flow = make(&world, &payout()).await;
    execute(&world, &ada, &flow).await;
    let by_bob = link(&world, BOB).await;
    let flows = world.frontegg.tenant("acme").approval_flows();
    let change = UpdateApprovalFlowDto::new().name("Other").steps(vec![step(1, addresses(&[CFO]), 1)]);
    flows.update_approval_flow(&flow.id, &change).await.expect("a change");
    flows.delete_approval_flow(&flow.id).await.expect("a deletion");
    assert_eq!(read(&world, &by_bob).await["approvalFlowName"], "Payout");
    assert_eq!(decide(&world, &by_bob, true).await.status, 200);
    assert_eq!(calls(&world).await.len(), 1);
}

/// The approval stands in for a second factor of the session that asked for it.
#[tokio::test]
async fn an_approval_steps_a_session_up() {
    let (world, ada) = populated().await;
    let mut none = world.browser().bearer(&world.token(&ada, "acme").await);
    none.call("execute_step_up_approval_flow", &[], json!({})).await.refused(404);
    let global = new_flow("Global", vec![step(1, addresses(&[CFO]), 1)]);
    world.back_end(None).await.done("create_approval_flow", &[], as_json(&global)).await;
    make(&world, &simple().is_active(false)).await;
    make(&world, &new_flow("Step-up", vec![step(1, addresses(&[BOB]), 1)])).await;
    make(&world, &new_flow("Later", vec![step(1, addresses(&[CFO]), 1)])).await;

    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    let mut elsewhere = world.browser();
    elsewhere.sign_in(ADA).await.token();
    assert_eq!(claims(&token)["amr"], json!(["pwd"]));
    let ask = async |token: &str| {
        let mut own: Browser = world.browser().bearer(token);
        own.done("execute_step_up_approval_flow", &[], json!({})).await;
    };
    ask(&token).await;
    let first = link(&world, BOB).await;
    assert_eq!(read(&world, &first).await["approvalFlowName"], "Step-up", "the oldest of the tenant in use");
    assert_eq!(browser.refresh().await.claims()["amr"], json!(["pwd"]), "it waits");
    assert_eq!(decide(&world, &first, false).await.status, 200);
    assert_eq!(browser.refresh().await.claims().get("acr"), None, "refused");

    ask(&token).await;
    world.emulator.clock().advance(Duration::from_secs(30));
    assert_eq!(decide(&world, &link(&world, BOB).await, true).await.status, 200);
    let raised = browser.refresh().await.claims();
    assert_eq!(raised["amr"], json!(["pwd", "mfa", "otp"]));
    assert!(raised["acr"].as_str().expect("a context").ends_with("multi-factor"));
    assert_eq!(raised["auth_time"], world.emulator.clock().now().timestamp());
    assert_eq!(elsewhere.refresh().await.claims().get("acr"), None, "another session is another matter");
    // It counts where a step-up is asked for.
    let mut own = world.browser().bearer(&token);
    assert!(!own.done("generate_step_up_session", &[], json!({ "maxAge": 60 })).await["accessToken"].is_null());

    // A back end asks for the session that was begun last.
    let flows = world.frontegg.tenant("acme").user(&ada).approval_flows();
    flows.execute_step_up_approval_flow(&ExecuteApprovalFlowDto::new()).await.expect("an execution");
    assert_eq!(decide(&world, &link(&world, BOB).await, true).await.status, 200);
    assert!(elsewhere.refresh().await.claims().get("acr").is_some());
}

#[tokio::test]
async fn executions_travel_and_go_with_who_asked() {
    let (world, ada) = populated().await;
    let flow = make(&world, &simple()).await;
    execute(&world, &ada, &flow).await;
    let link = link(&world, BOB).await;
    let mut document = world.emulator.export_with_secrets().await.expect("a document");
    let copy = World::start().await;
    copy.emulator.import(&document).await.expect("an import");
    assert_eq!(read(&copy, &link).await["requester"], ADA);
    assert_eq!(decide(&copy, &link, true).await.status, 200);
    copy.emulator.import(&world.emulator.export().await.expect("a document")).await.expect("an import");
    decide(&copy, &link, true).await.refused(404);
    copy.frontegg.tenant("acme").approval_flows().get_approval_flow(&flow.id).await.expect("the flow");
    for (table, column) in [("approval_flows", "definition"), ("approval_executions", "definition")] {
        let before = std::mem::replace(&mut document["tables"][table][0][column], json!("{}"));
        let error = copy.emulator.import(&document).await.expect_err("a refusal").to_string();
        assert!(error.contains(table), "{error}");
        document["tables"][table][0][column] = before;
    }
    copy.emulator.reset().await.expect("a reset");
    copy.tenant("acme").await;
    refused(copy.frontegg.tenant("acme").approval_flows().get_approval_flow(&flow.id).await, 404);

    world.back_end(None).await.done("delete_tenant", &["acme"], Value::Null).await;
    decide(&world, &link, true).await.refused(404);
    let list = world.back_end(None).await.done("list_approval_flows", &[], Value::Null).await;
    assert_eq!(list["total"], 0);
}

/// The outbox tells calls of webhooks from mails.
#[tokio::test]
async fn calls_are_a_channel_of_their_own() {
    let (world, ada) = populated().await;
    let flow = make(&world, &payout()).await;
    execute(&world, &ada, &flow).await;
    decide(&world, &link(&world, BOB).await, true).await;
    let (_, list) = control(&world, reqwest::Method::GET, "/outbox?channel=webhook", Value::Null).await;
    let [call] = &list["messages"].as_array().expect("messages")[..] else { panic!("{list}") };
    assert_eq!((&call["to"], &call["channel"]), (&json!(HOOK), &json!("webhook")));
}
