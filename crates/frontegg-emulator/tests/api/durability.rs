//! A process that is killed loses no write that it has acknowledged, and leaves none half done.
#![allow(deprecated, reason = "the one call that tells a missing tenant without an error")]

use std::sync::{Arc, Mutex};

use frontegg_identity::{Frontegg, types};
use tokio::{sync::Notify, task::JoinSet};

use crate::{process, support::place::lasting};
use process::Program;

/// How often the program is killed under load.
const ROUNDS: usize = 20;
const WRITERS: usize = 4;
/// Acknowledged writes after which it is killed; grows by the round, so that the moment differs.
const WRITES: usize = 12;

/// What was acknowledged, and a sign for each.
#[derive(Default)]
struct Acknowledged {
    tenants: Mutex<Vec<String>>,
    users: Mutex<Vec<(String, String)>>,
    one_more: Notify,
}

/// Creates a tenant and a user in it, over and over, until the program is gone.
async fn write(frontegg: Frontegg, round: usize, writer: usize, acknowledged: Arc<Acknowledged>) {
    for number in 0.. {
        let tenant = format!("t-{round}-{writer}-{number}");
        let request = types::CreateTenantRequest::new().tenant_id(&tenant).name(&tenant);
        if frontegg.tenants().create_tenant(&request).no_retry().await.is_err() {
            return;
        }
        acknowledged.tenants.lock().unwrap().push(tenant.clone());
        let request = types::CreateUserDto::new().email(format!("{tenant}@acme.test")).skip_invite_email(true);
        let scope = frontegg.tenant(&tenant);
        let Ok(user) = scope.user_management().create_user_v2(&request).no_retry().await else { return };
        acknowledged.users.lock().unwrap().push((tenant, user.id));
        acknowledged.one_more.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_killed_process_keeps_every_acknowledged_write() {
    let place = lasting().await;
    let acknowledged = Arc::new(Acknowledged::default());
    for round in 0..ROUNDS {
        let program = Program::start(&["--store", place.url()]);
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write(program.client(), round, writer, Arc::clone(&acknowledged)));
        }
        for _ in 0..WRITES + round {
            acknowledged.one_more.notified().await;
        }
        program.kill();
        writers.join_all().await;
    }

    let program = Program::start(&["--store", place.url()]);
    let frontegg = program.client();
    let tenants = std::mem::take(&mut *acknowledged.tenants.lock().unwrap());
    let users = std::mem::take(&mut *acknowledged.users.lock().unwrap());
    assert!(users.len() >= ROUNDS * WRITES / 2, "{} users were written", users.len());
    for tenant in tenants {
        let found = frontegg.tenants().get_tenant_v1(&tenant).await.unwrap();
        assert_eq!(found.len(), 1, "{tenant} is lost");
    }
    for (tenant, user) in users {
        let found = frontegg.management().users().get_user_globally(&user).await.unwrap();
        assert_eq!(found.tenant_ids, [tenant.as_str()], "{user} is half done");
    }
    nobody_is_half_there(&frontegg).await;
}

/// Also what was never acknowledged is there whole or not at all.
async fn nobody_is_half_there(frontegg: &Frontegg) {
    let mut page = 0;
    loop {
        let params = frontegg_identity::params::ListUsers::new().limit(200).offset(page);
        let users = frontegg.environment().user_management().list_users(params).await.unwrap();
        if users.items.is_empty() {
            return;
        }
        for user in users.items {
            assert_eq!(user.tenant_ids.len(), 1, "{} has no membership", user.id);
        }
        page += 1;
    }
}
