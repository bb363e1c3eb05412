#![no_main]

use leastwise_files::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| leastwise_fuzz::matrix(Format::Text, bytes));
