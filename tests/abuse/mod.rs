//! Who asks for too much, guesses, or calls from a page that may not: held off.

mod cors;
mod guessing;
mod lockout;
mod password_queue;
mod rate_limits;
mod security_events;
mod security_headers;
mod store;
