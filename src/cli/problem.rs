//! `modewise problem`.

use clap::{Arg, ArgMatches, Command};
use modewise::experiment::ConfigError;
use modewise_problems::{Spec, catalog};

use super::{
    emit,
    exit::{Exit, Failure},
};

pub(super) fn command() -> Command {
    Command::new("problem")
        .about("Problems as files")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("show")
                .about("Print a problem as a problem file, to start one of your own from")
                .after_help(
                    "Examples:\n  modewise problem show wave-front-2d > my.toml\n  \
                     modewise solve my.toml,alpha=50 --solver multigrid",
                )
                .arg(
                    Arg::new("problem")
                        .value_name("PROBLEM")
                        .required(true)
                        .help("A problem of `modewise list problems` or a problem file, with parameters"),
                ),
        )
}

pub(super) fn problem(arguments: &ArgMatches) -> Result<Exit, Failure> {
    // Invariant: clap asks for the one subcommand and its argument.
    let text = arguments.subcommand().and_then(|(_, show)| show.get_one::<String>("problem"));
    let spec: Spec = text.map_or("", String::as_str).parse().map_err(ConfigError::from)?;
    let problem = catalog::build(&spec).map_err(ConfigError::from)?;
    let file = problem.to_file().map_err(|why| {
        let error = format!("`{spec}` cannot be shown as a problem file: {why}");
        ConfigError::Missing(error)
    })?;
    emit(&file)?;
    Ok(Exit::Done)
}
