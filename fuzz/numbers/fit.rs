//! No fit of a small formula panics, takes forever, or claims a success that is none. The check is that of the tests.

#![no_main]

#[path = "../../crates/backends/tests/any_bytes.rs"]
mod any_bytes;
#[path = "../../crates/backends/tests/any_fit.rs"]
mod any_fit;
#[path = "../../crates/backends/tests/any_formula.rs"]
mod any_formula;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    any_fit::check(bytes);
});
