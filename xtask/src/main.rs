//! staged
use xtask::regen;
fn main() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    match regen::generate(root) { Ok(f) => println!("{:?}", regen::write(root, &f)), Err(e) => { eprintln!("{e:#}"); std::process::exit(1) } }
}
