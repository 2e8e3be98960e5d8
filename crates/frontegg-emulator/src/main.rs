//! The program `frontegg-emulator`.

fn main() -> anyhow::Result<()> {
    frontegg_emulator::run()
}
