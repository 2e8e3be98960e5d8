//! One of the two ways as often as told, for a program that counts instructions.
//!
//! `xtask/instructions` runs it; by itself it only makes the calls.

mod exchange;

use std::hint::black_box;

use exchange::{Ways, runtime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, calls, ..] = arguments.as_slice() else {
        eprintln!("which way (facade or reqwest), and how often?");
        return;
    };
    let calls: u32 = calls.parse().expect("a number of calls");
    let ways = Ways::new();
    runtime().block_on(async {
        for _ in 0..calls {
            black_box(if way == "facade" { ways.by_facade().await } else { ways.by_reqwest().await });
        }
    });
}
