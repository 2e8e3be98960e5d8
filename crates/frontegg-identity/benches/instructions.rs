//! One of the two ways as often as told, for a program that counts instructions.
//!
//! `xtask/instructions` runs it; by itself it only makes the calls.

mod exchange;

use std::hint::black_box;

use exchange::{
    Ways, one_thread,
    service::{Service, serve_if_told},
};

fn main() {
    serve_if_told();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, roles, calls, ..] = arguments.as_slice() else {
        eprintln!("which way (facade or reqwest), how many roles in an answer, and how often?");
        return;
    };
    let calls: u32 = calls.parse().expect("a number of calls");
    let service = Service::start(roles.parse().expect("a number of roles"));
    let ways = Ways::to_service(&service.url);
    one_thread().block_on(async {
        for _ in 0..calls {
            black_box(if way == "facade" { ways.by_facade().await } else { ways.by_reqwest().await });
        }
    });
}
