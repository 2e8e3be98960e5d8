//! The program `frontegg-emulator`.

/// Requests make and drop many small things, which it does in two thirds of the time of the system's, and it gives
/// back what was needed for a moment only.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    frontegg_emulator::run()
}
