//! The command line: stdout is data, stderr is progress and log.

mod arguments;
mod bench;
mod bench_tables;
mod eval;
mod exit;
mod history;
mod list;
mod neural_tables;
mod order;
mod problem;
mod progress;
mod reference;
mod runs;
mod table;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::ArgMatches;

use exit::{Exit, Failure};

/// Parses the command line, does what it says and returns the exit code.
pub fn main() -> ExitCode {
    let matches = match arguments::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are data; anything else is a usage error on stderr.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return code.into();
        }
    };
    match dispatch(&matches) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("modewise: {failure}");
            failure.exit().into()
        }
    }
}

fn dispatch(matches: &ArgMatches) -> Result<Exit, Failure> {
    match matches.subcommand() {
        Some(("list", arguments)) => list::list(arguments),
        Some((command @ ("solve" | "compare" | "run"), arguments)) => runs::run(command, arguments),
        Some(("plot", arguments)) => runs::plot(arguments),
        Some(("table", arguments)) => history::table(arguments),
        Some(("resume", arguments)) => runs::resume(arguments),
        Some(("eval", arguments)) => eval::eval(arguments),
        Some(("problem", arguments)) => problem::problem(arguments),
        Some(("order", arguments)) => order::order(arguments),
        Some(("reference", arguments)) => reference::reference(arguments),
        Some(("bench", arguments)) => bench::bench(arguments),
        // Invariant: clap asks for a subcommand and knows no other.
        _ => unreachable!("clap accepts no other subcommand"),
    }
}

/// Writes data to stdout; a reader that has gone away is no error.
fn emit(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}
