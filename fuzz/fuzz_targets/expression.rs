#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The reader takes text. Whoever reads a file or a command line refuses other bytes before.
    if let Ok(text) = std::str::from_utf8(bytes) {
        leastwise_fuzz::expression(text);
    }
});
