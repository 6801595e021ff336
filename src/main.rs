//! The `stack-test` command. Everything is in the library; this hands the process over to it.

use std::process::ExitCode;

fn main() -> ExitCode {
    stack_test::app::main()
}
