//! Approvers and what they decide.

use frontegg_identity::{
    Secret,
    types::{
        ApprovalFlowChannelDto, ApprovalFlowConfigurationDto, ApproverActionDto, ApproverSelectorDto,
        CreateApprovalFlowDto, ExecuteApprovalFlowDto,
    },
};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::{
    ADA, BOB, CFO, HOOK, Link, addresses, calls, decide, execute, link, make, messages, new_flow, populated, read, step,
};
use crate::support::{control, json as as_json, refused};

/// Asked, approved, done: step by step, each approver by their own link.
#[tokio::test]
async fn what_waits_for_approval_happens_on_approval_once() {
    let (world, ada) = populated().await;
    let role = json!([{ "key": "Approver", "name": "Approver", "level": 1 }]);
    let role = world.back_end(None).await.done("create_roles_v1", &[], role).await;
    world.user("acme", "eve@acme.test", &[role[0]["id"].as_str().expect("an id")]).await;
    let timing = ApprovalFlowConfigurationDto::new().webhook_url(HOOK).notify_on_decisions(true);
    let first = ApproverSelectorDto::new().role_keys(["Approver"]).emails([BOB, "EVE@acme.test"]);
    let steps = vec![step(1, first, 2), step(5, addresses(&[CFO]), 1)];
    let both = ApprovalFlowChannelDto::new(true, false);
    let new = CreateApprovalFlowDto::new("Payout", both, timing, steps).description("Above 1000");
    let flow = make(&world, &new).await;
    let data: Map<String, Value> = [("amount".to_owned(), json!(1200))].into_iter().collect();
    let asking = ExecuteApprovalFlowDto::new().execution_data(data);
    let flows = world.frontegg.tenant("acme").user(&ada).approval_flows();
    flows.execute_approval_flow(&flow.id, &asking).await.expect("an execution");

    let (by_eve, by_bob) = (link(&world, "eve@acme.test").await, link(&world, BOB).await);
    assert_eq!(messages(&world, "eve@acme.test").await.len(), 1, "a member and an address are one approver");
    assert!(messages(&world, CFO).await.is_empty(), "not yet");
    assert_eq!((&by_eve.execution, &by_eve.step), (&by_bob.execution, &flow.steps[0].id));
    assert_ne!(by_eve.approver, by_bob.approver);
    let shown = read(&world, &by_eve).await;
    assert_eq!(
        (&shown["approvalFlowName"], &shown["approvalFlowDescription"]),
        (&json!("Payout"), &json!("Above 1000"))
    );
    assert_eq!((&shown["requester"], &shown["executionData"]), (&json!(ADA), &json!({ "amount": 1200 })));
    let flows = world.frontegg.tenant("acme").approval_flows();
    let typed = flows.get_approval_execution(&by_eve.execution, &Secret::from(&*by_eve.approver), &by_eve.step).await;
    assert_eq!(typed.expect("what is asked").approval_flow_request_date, world.emulator.clock().now());

    assert_eq!(decide(&world, &by_eve, true).await.body, json!({ "success": true }));
    assert_eq!(decide(&world, &by_eve, true).await.refused(409), "You have decided already");
    assert_eq!(decide(&world, &by_eve, false).await.refused(409), "You have decided already");
    assert!(messages(&world, CFO).await.is_empty() && calls(&world).await.is_empty(), "two are needed");
    decide(&world, &by_bob, true).await.body["success"].as_bool().expect("success");
    let by_cfo = link(&world, CFO).await;
    assert_eq!(by_cfo.step, flow.steps[1].id);
    assert!(calls(&world).await.is_empty());
    assert_eq!(decide(&world, &by_cfo, true).await.status, 200);

    let [call] = &calls(&world).await[..] else { panic!("one call") };
    assert_eq!((&call["approved"], &call["reason"], &call["userId"]), (&json!(true), &json!("decision"), &json!(ada)));
    assert_eq!((&call["executionData"], &call["tenantId"]), (&json!({ "amount": 1200 }), &json!("acme")));
    let told = messages(&world, ADA).await;
    assert_eq!(told.iter().map(|mail| mail.subject()).collect::<Vec<_>>(), [Some("Your request was approved")]);
    assert_eq!(decide(&world, &by_cfo, true).await.refused(409), "You have decided already");
    assert_eq!((calls(&world).await.len(), messages(&world, ADA).await.len()), (1, 1), "once");
    assert_eq!(read(&world, &by_cfo).await["requester"], ADA, "what is decided can still be read");
}

#[tokio::test]
async fn one_refusal_ends_it() {
    let (world, ada) = populated().await;
    let timing = ApprovalFlowConfigurationDto::new().webhook_url(HOOK);
    let steps = vec![step(1, addresses(&[BOB, CFO]), 1), step(2, addresses(&["last@acme.test"]), 1)];
    let new = CreateApprovalFlowDto::new("Payout", ApprovalFlowChannelDto::new(true, false), timing, steps);
    let flow = make(&world, &new).await;
    execute(&world, &ada, &flow).await;
    let (by_bob, by_cfo) = (link(&world, BOB).await, link(&world, CFO).await);
    assert_eq!(decide(&world, &by_bob, false).await.status, 200);
    assert_eq!(decide(&world, &by_cfo, true).await.refused(400), "The approval is closed");
    let [call] = &calls(&world).await[..] else { panic!("one call") };
    assert_eq!((&call["approved"], &call["reason"]), (&json!(false), &json!("decision")));
    assert!(messages(&world, "last@acme.test").await.is_empty() && messages(&world, ADA).await.is_empty());
}

/// Ten approvals at once pass a step that needs one, once.
#[tokio::test]
async fn decisions_at_the_same_time_count_once() {
    let (world, ada) = populated().await;
    let approvers: Vec<String> = (0..8).map(|number| format!("approver{number}@acme.test")).collect();
    let approvers: Vec<&str> = approvers.iter().map(String::as_str).collect();
    let timing = ApprovalFlowConfigurationDto::new().webhook_url(HOOK);
    let steps = vec![step(1, addresses(&approvers), 1)];
    let new = CreateApprovalFlowDto::new("Payout", ApprovalFlowChannelDto::new(true, false), timing, steps);
    let flow = make(&world, &new).await;
    execute(&world, &ada, &flow).await;
    let mut links = Vec::new();
    for approver in &approvers {
        links.push(link(&world, approver).await);
    }
    let mut deciding = JoinSet::new();
    for link in links.iter().chain(&links) {
        let action = ApproverActionDto::new(true, &*link.execution, &*link.approver, &*link.step);
        let (mut browser, body) = (world.browser(), as_json(&action));
        deciding.spawn(async move { browser.call("submit_approval_decision", &[], body).await.status });
    }
    let statuses = deciding.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400, 409].contains(status)), "{statuses:?}");
    assert_eq!(calls(&world).await.len(), 1);
}

/// The three ids are the right to decide: each of them has to be right.
#[tokio::test]
async fn nobody_decides_by_a_guess() {
    let (world, ada) = populated().await;
    let flow =
        make(&world, &new_flow("Payout", vec![step(1, addresses(&[BOB]), 1), step(2, addresses(&[CFO]), 1)])).await;
    execute(&world, &ada, &flow).await;
    let good = link(&world, BOB).await;
    execute(&world, &ada, &flow).await;
    let other = link(&world, BOB).await;
    assert!(good.approver.len() >= 43, "256 bits");
    let cfo = Link { step: flow.steps[1].id.clone(), ..good.clone() };
    for (execution, step, approver) in [
        (&other.execution, &good.step, &good.approver),
        (&good.execution, &cfo.step, &good.approver),
        (&good.execution, &good.step, &other.approver),
        (&good.execution, &good.step, &good.execution),
        (&good.execution, &good.step, &good.approver.to_uppercase()),
        (&ada, &good.step, &good.approver),
        (&good.execution, &flow.id, &good.approver),
    ] {
        let bad = Link { execution: execution.clone(), step: step.clone(), approver: approver.clone() };
        assert_eq!(decide(&world, &bad, true).await.refused(404), "Approval not found", "{bad:?}");
        let flows = world.frontegg.tenant("acme").approval_flows();
        refused(flows.get_approval_execution(&bad.execution, &Secret::from(&*bad.approver), &bad.step).await, 404);
    }
    let body = json!({ "approved": true, "approvalFlowExecutionId": good.execution, "approverId": good.approver });
    world.browser().call("submit_approval_decision", &[], body).await.refused(400);
    let (_, record) = control(&world, reqwest::Method::GET, "/requests", Value::Null).await;
    assert!(record.to_string().contains("submit_approval_decision") && !record.to_string().contains(&good.approver));
    let list = world.emulator.outbox().messages().await.expect("the outbox");
    assert!(!format!("{list:?}").contains(&good.approver), "it is a secret");
    let plain = world.emulator.export().await.expect("a document").to_string();
    assert!(!plain.contains(&good.approver));
    assert_eq!(decide(&world, &good, true).await.status, 200);
}

/// Who was asked as a member decides as one, and no longer.
#[tokio::test]
async fn members_decide_as_long_as_they_are_members() {
    let (world, ada) = populated().await;
    let reader = world.user("acme", "reader@acme.test", &[&world.role("ReadOnly").await]).await;
    let by_role = ApproverSelectorDto::new().role_keys(["ReadOnly", "Unknown"]);
    let flow = make(&world, &new_flow("Payout", vec![step(1, by_role, 1)])).await;
    execute(&world, &ada, &flow).await;
    let link = link(&world, "reader@acme.test").await;
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.done("disable_user_in_tenant", &[&reader], Value::Null).await;
    decide(&world, &link, true).await.refused(404);
    back_end.done("enable_user_in_tenant", &[&reader], Value::Null).await;
    assert_eq!(decide(&world, &link, true).await.status, 200);
}

#[tokio::test]
async fn approvers_are_reached_by_sms() {
    let (world, ada) = populated().await;
    let number = "+4915112345678";
    let selector = ApproverSelectorDto::new().phone_numbers([number, number]).emails([BOB]);
    let channels = ApprovalFlowChannelDto::new(false, true);
    let new =
        CreateApprovalFlowDto::new("Payout", channels, ApprovalFlowConfigurationDto::new(), vec![step(1, selector, 1)]);
    let flow = make(&world, &new).await;
    execute(&world, &ada, &flow).await;
    let [sms] = &messages(&world, number).await[..] else { panic!("one message") };
    assert!(sms.is_sms() && sms.body().contains(sms.link().expect("a link")) && sms.body().contains(ADA));
    assert!(messages(&world, BOB).await.is_empty(), "mail is off");
    assert_eq!(decide(&world, &link(&world, number).await, true).await.status, 200);
}
