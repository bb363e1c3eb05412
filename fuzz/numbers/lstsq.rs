//! Every backend and method solves a small problem, or refuses it with a true error. The check is that of the tests.

#![no_main]

#[path = "../../crates/backends/tests/any_bytes.rs"]
mod any_bytes;
#[path = "../../crates/backends/tests/any_lstsq.rs"]
mod any_lstsq;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_lstsq::check(bytes));
