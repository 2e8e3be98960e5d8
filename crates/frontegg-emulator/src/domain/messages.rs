//! What is sent: who sends it, how it reads, and the outbox that keeps it.

pub(crate) mod mail_sender;
pub(crate) mod outbox;
pub(crate) mod sms_sender;
pub(crate) mod templates;
