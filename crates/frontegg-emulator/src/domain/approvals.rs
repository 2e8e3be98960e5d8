//! Human sign-off: somebody asks, approvers decide, step by step, and what waits for it happens on approval, once.
//!
//! A [flow](flows) says who is asked and how; an [execution](executions) is one request, with the flow as it was then.
//! Approvers get a link, whose ids are their right to [decide](decisions). What happens by the clock, reminders,
//! approval by itself and the end of waiting, is made good by [`settle`] before anybody looks.

mod approvers;
pub(crate) mod decisions;
pub(crate) mod executions;
pub(crate) mod flows;
mod outcome;
mod record;
mod timers;

pub(crate) use timers::settle;
