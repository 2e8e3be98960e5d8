//! Serving the API until a signal.

pub(super) mod options;

use std::time::Duration;

pub(super) use self::options::Options;
use super::{announcement, input::read, logging, output, signals::Signals};
use crate::emulator::{Emulator, EmulatorBuilder};

pub(super) fn run(options: Options) -> anyhow::Result<()> {
    logging::begin(&options.log, options.log_format)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    // Heard from the first moment on, also while the store is being opened.
    let end = Signals::listen()?;
    let form = options.print;
    let mut emulator = builder(options)?.start().await?;
    output::print(announcement::of(&emulator, form)?)?;
    let cause = tokio::select! {
        signal = end.received() => signal,
        () = emulator.stopped() => "the server ended",
    };
    emulator.stop().await;
    tracing::info!(cause, "stopped");
    Ok(())
}

/// An emulator as it is asked for.
fn builder(options: Options) -> anyhow::Result<EmulatorBuilder> {
    let mut builder = Emulator::builder()
        .listen(options.listen)
        .store(options.store)
        .environment_token_lifetime(Duration::from_secs(options.token_lifetime))
        .refresh_grace(Duration::from_secs(options.refresh_grace))
        .recorded_requests(options.recorded_requests)
        .audits(options.audits)
        .password_hashing(options.password_hashing)
        .allow_outgoing(options.outgoing);
    if let Some(client_id) = options.client_id {
        builder = builder.client_id(client_id);
    }
    if let Some(application_id) = options.application_id {
        builder = builder.application_id(application_id);
    }
    if let Some(api_key) = options.api_key {
        builder = builder.api_key(api_key);
    }
    if let Some(vendor_id) = options.vendor_id {
        builder = builder.vendor_id(vendor_id);
    }
    if let Some(base_url) = options.base_url {
        builder = builder.base_url(base_url);
    }
    if let Some(admin_token) = options.admin_token {
        builder = builder.admin_token(admin_token);
    }
    if let (Some(certificates), Some(key)) = (options.tls_cert, options.tls_key) {
        builder = builder.tls(read(&certificates)?, read(&key)?);
    }
    if options.strict {
        builder = builder.strict();
    }
    builder = options.seeds.into_iter().fold(builder, EmulatorBuilder::seed_file);
    builder = options.trusted_proxies.into_iter().fold(builder, EmulatorBuilder::trusted_proxy);
    Ok(options.faults.iter().flat_map(|faults| faults.iter().cloned()).fold(builder, EmulatorBuilder::fault))
}
