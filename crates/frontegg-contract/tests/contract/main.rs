//! The contract over real HTTP. One program, since every program with a service has all handlers
//! compiled into it.

mod every_operation;
mod over_http;
mod support;
mod through_the_facade;
