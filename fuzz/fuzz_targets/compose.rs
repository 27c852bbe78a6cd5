#![no_main]

#[path = "../bodies/compose.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
