//! The command line of modewise.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
