//! What happens by the clock.

use std::time::Duration;

use frontegg_identity::types::{
    ApprovalFlowChannelDto, ApprovalFlowConfigurationDto, CreateApprovalFlowDto, ExecuteApprovalFlowDto,
};
use serde_json::json;

use super::{ADA, BOB, CFO, HOOK, addresses, calls, decide, execute, link, make, messages, populated, step};

#[tokio::test]
async fn reminders_come_by_the_clock() {
    let (world, ada) = populated().await;
    let timing = ApprovalFlowConfigurationDto::new().reminder_interval_minutes(60).timeout_minutes(300);
    let steps = vec![step(1, addresses(&[BOB, CFO]), 2)];
    let new = CreateApprovalFlowDto::new("Payout", ApprovalFlowChannelDto::new(true, false), timing, steps);
    let flow = make(&world, &new).await;
    execute(&world, &ada, &flow).await;
    let clock = world.emulator.clock();
    let counts = async || (messages(&world, BOB).await.len(), messages(&world, CFO).await.len());
    clock.advance(Duration::from_mins(59));
    assert_eq!(counts().await, (1, 1));
    clock.advance(Duration::from_mins(1));
    assert_eq!(counts().await, (2, 2));
    assert_eq!(counts().await, (2, 2), "once");
    let by_bob = link(&world, BOB).await;
    assert_eq!(decide(&world, &by_bob, true).await.status, 200, "the link is the one of before");
    clock.advance(Duration::from_hours(1));
    assert_eq!(counts().await, (2, 3), "who has decided is left alone");
    clock.advance(Duration::from_mins(150));
    assert_eq!(counts().await, (2, 4), "missed ones are one");
    clock.advance(Duration::from_mins(30));
    assert_eq!(counts().await, (2, 4), "it is over");
    assert_eq!(decide(&world, &link(&world, CFO).await, true).await.refused(400), "The approval is closed");
}

#[tokio::test]
async fn an_approval_comes_by_itself_or_not_at_all() {
    let (world, ada) = populated().await;
    let clock = world.emulator.clock();
    for (timing, after, approved, reason) in [
        (ApprovalFlowConfigurationDto::new().auto_approve_in_minutes(10), 10, true, "automatic"),
        (ApprovalFlowConfigurationDto::new().timeout_minutes(5), 5, false, "timeout"),
        (ApprovalFlowConfigurationDto::new().auto_approve_in_minutes(6).timeout_minutes(5), 5, false, "timeout"),
        (ApprovalFlowConfigurationDto::new().auto_approve_in_minutes(5).timeout_minutes(5), 5, true, "automatic"),
    ] {
        let before = calls(&world).await.len();
        let timing = timing.webhook_url("https://hooks.test/flow").notify_on_decisions(true);
        let channels = ApprovalFlowChannelDto::new(true, false);
        let steps = vec![step(1, addresses(&[BOB]), 1), step(2, addresses(&[CFO]), 1)];
        let flow = make(&world, &CreateApprovalFlowDto::new("Payout", channels, timing, steps)).await;
        let flows = world.frontegg.tenant("acme").user(&ada).approval_flows();
        let asking = ExecuteApprovalFlowDto::new().webhook_url(HOOK);
        flows.execute_approval_flow(&flow.id, &asking).await.expect("an execution");
        let by_bob = link(&world, BOB).await;
        let asked = clock.now();
        clock.advance(Duration::from_micros(after * 60_000_000 - 1));
        assert_eq!(calls(&world).await.len(), before);
        clock.advance(Duration::from_hours(1));
        // Whoever comes too late is told so, and what was due has happened, once.
        assert_eq!(decide(&world, &by_bob, true).await.refused(400), "The approval is closed");
        let calls = calls(&world).await;
        assert_eq!(calls.len(), before + 1);
        let call = &calls[before];
        assert_eq!((&call["approved"], &call["reason"]), (&json!(approved), &json!(reason)));
        let moment = asked + Duration::from_mins(after);
        assert_eq!(call["decidedAt"], serde_json::to_value(moment).expect("a moment"), "when it was due");
        let told = messages(&world, ADA).await;
        let outcome = if approved { "approved" } else { "not decided in time" };
        assert!(told.last().expect("a mail").body().contains(outcome));
    }
    assert!(messages(&world, "https://hooks.test/flow").await.is_empty(), "the execution's own address counts");
}

/// By the clock as well, without anybody having looked.
#[tokio::test]
async fn a_session_is_stepped_up_by_itself() {
    let (world, _) = populated().await;
    let timing = ApprovalFlowConfigurationDto::new().auto_approve_in_minutes(10);
    let channels = ApprovalFlowChannelDto::new(true, false);
    make(&world, &CreateApprovalFlowDto::new("Step-up", channels, timing, vec![step(1, addresses(&[BOB]), 1)])).await;
    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    world.browser().bearer(&token).done("execute_step_up_approval_flow", &[], json!({})).await;
    world.emulator.clock().advance(Duration::from_mins(9));
    assert_eq!(browser.refresh().await.claims().get("acr"), None);
    let due = world.emulator.clock().now() + Duration::from_mins(1);
    world.emulator.clock().advance(Duration::from_mins(5));
    let raised = browser.refresh().await.claims();
    assert_eq!((&raised["auth_time"], raised["acr"].is_string()), (&json!(due.timestamp()), true));
}
