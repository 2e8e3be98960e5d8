//! Long work with a progress bar: three hundred people are invited, against an emulator in this
//! process.
//!
//! `cargo run --example bulk_invitation`

use std::{
    io::{Write, stdout},
    time::Duration,
};

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Progress,
    types::{CreateTenantRequest, UserBulkInviteRequestDto, UsersBulkInviteRequestDto},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let frontegg =
        Frontegg::builder().base_url(emulator.url()).credentials(emulator.client_id(), emulator.api_key()).build()?;
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await?;

    let people = (1..=300).map(|index| UserBulkInviteRequestDto::new().email(format!("user{index}@acme.test")));
    let users = frontegg.tenant("acme").users();
    let task = users.start_bulk_invitation(&UsersBulkInviteRequestDto::new(people)).await?;

    let mut progress = task.progress();
    while let Some(report) = progress.next().await {
        show(&report?)?;
    }
    println!();

    // Whoever has only the id goes on from there.
    let report = users.bulk_invitation(task.id()).wait(Duration::from_secs(60)).await?;
    println!("{} of {} invited, {} failed", report.done(), report.total(), report.failures());
    emulator.stop().await;
    Ok(())
}

fn show(report: &impl Progress) -> std::io::Result<()> {
    const WIDTH: i64 = 40;
    let done = report.done() * WIDTH / report.total().max(1);
    let bar: String = (0..WIDTH).map(|place| if place < done { '#' } else { '.' }).collect();
    print!("\r[{bar}] {}/{}", report.done(), report.total());
    stdout().flush()
}
