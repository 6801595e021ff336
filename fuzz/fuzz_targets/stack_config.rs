//! No text makes the stack-config parser panic; what it understands prints back to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stack_test::stack_config::StackConfig;

fuzz_target!(|text: &str| {
    match StackConfig::parse("--stack-config", text) {
        Ok(config) => assert_eq!(StackConfig::parse("--stack-config", &config.to_string()), Ok(config)),
        Err(errors) => errors.iter().for_each(|error| drop(error.render(false))),
    }
});
