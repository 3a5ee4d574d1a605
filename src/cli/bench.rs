//! `modewise bench`: how fast solvers are on this machine.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use modewise::{
    bench::{self, Extent, Options},
    experiment::ConfigError,
};
use modewise_problems::Spec;

use super::{
    arguments::flag,
    bench_tables, emit,
    exit::{Exit, Failure},
    runs::{cancel_on_ctrl_c, start_threads},
};

pub(super) fn command() -> Command {
    let sizes = |name: &'static str, help: &'static str| {
        let number = value_parser!(u32).range(1..);
        Arg::new(name).long(name).value_name("LIST").value_delimiter(',').value_parser(number).help(help)
    };
    let specs = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("SPEC").action(ArgAction::Append).help(help)
    };
    let classical = Command::new("classical")
        .about("Measure memory bandwidth, inner loops and whole solutions of the classical solvers")
        .after_help(
            "Times are of one run of the program, so that they can be compared with its bandwidth; let nothing else run \
             meanwhile.\n\nExamples:\n  modewise bench classical\n  \
             modewise bench classical --full --json --out bench.json\n  \
             modewise bench classical --problem jump-2d --sizes 1023 --rtol 1e-8 --threads 1",
        )
        .next_line_help(true)
        .arg(specs("problem", "A problem in 2-D or 3-D; may be given again [default: bump-2d and bump-3d]"))
        .arg(specs("solver", "A solver; may be given again [default: all classical ones, slow ones on small grids]"))
        .arg(sizes(
            "sizes",
            "Interior points a side in 2-D; without --sizes-3d, 3-D is left out [default: 255,511,1023]",
        ))
        .arg(sizes(
            "sizes-3d",
            "Interior points a side in 3-D; without --sizes, 2-D is left out [default: 31,63,127]",
        ))
        .arg(
            Arg::new("rtol")
                .long("rtol")
                .value_name("NUMBER")
                .value_parser(value_parser!(f64))
                .allow_hyphen_values(true)
                .help("Relative residual that counts as solved [default: 1e-10]"),
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .help("Threads; 0 for one a core [default: 0]"),
        )
        .arg(flag("quick", "Small arrays, small grids, one repetition: to see that it works").conflicts_with("full"))
        .arg(flag("full", "Also 2047² and 4095² points in 2-D, and 255³ in 3-D"))
        .arg(flag("json", "Print JSON instead of tables"))
        .arg(flag("quiet", "No progress on stderr"))
        .arg(Arg::new("out").long("out").value_name("FILE").help("Also write the JSON to this file"));
    Command::new("bench")
        .about("Measure how fast solvers are on this machine")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(classical)
}

pub(super) fn bench(arguments: &ArgMatches) -> Result<Exit, Failure> {
    match arguments.subcommand() {
        Some(("classical", arguments)) => classical(arguments),
        // Invariant: clap asks for a subcommand and knows no other.
        _ => unreachable!("clap accepts no other subcommand"),
    }
}

fn classical(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let options = options(arguments)?;
    start_threads(arguments.get_one("threads").copied().unwrap_or(0))?;
    let cancel = cancel_on_ctrl_c();
    let quiet = arguments.get_flag("quiet");
    let report = bench::classical(&options, &cancel, &mut |what| {
        if !quiet {
            eprintln!("modewise: {what}");
        }
    })?;
    if let Some(out) = arguments.get_one::<String>("out") {
        report.write(Path::new(out)).map_err(|error| Failure::File { path: out.clone(), error })?;
    }
    if arguments.get_flag("json") {
        emit(&serde_json::to_string_pretty(&report)?)?;
    } else {
        emit(&bench_tables::tables(&report))?;
    }
    Ok(Exit::of_benchmark(&report, arguments.contains_id("rtol")))
}

fn options(arguments: &ArgMatches) -> Result<Options, Failure> {
    let quick = arguments.get_flag("quick");
    let extent = match (quick, arguments.get_flag("full")) {
        (true, _) => Extent::Quick,
        (_, true) => Extent::Full,
        _ => Extent::Usual,
    };
    let given = ["sizes", "sizes-3d"].map(|name| {
        let sizes = arguments.get_many::<u32>(name);
        sizes.map(|sizes| sizes.map(|&size| size as usize).collect::<Vec<_>>())
    });
    let sizes = match given {
        [None, None] => extent.sizes(),
        some => some.map(Option::unwrap_or_default),
    };
    let rtol = arguments.get_one::<f64>("rtol").copied().unwrap_or(bench::RTOL);
    if !(rtol.is_finite() && rtol > 0.0) {
        let expected = "a positive number".into();
        return Err(ConfigError::BadValue { key: "rtol".into(), value: rtol.to_string(), expected }.into());
    }
    let problems = specs(arguments, "problem", &bench::PROBLEMS)?;
    Ok(Options { problems, solvers: specs(arguments, "solver", &[])?, sizes, rtol, quick })
}

/// The specs given as `name`, or `default`.
fn specs(arguments: &ArgMatches, name: &str, default: &[&str]) -> Result<Vec<Spec>, ConfigError> {
    let given = arguments.get_many::<String>(name);
    let texts = given.map_or_else(|| default.to_vec(), |texts| texts.map(String::as_str).collect());
    Ok(texts.into_iter().map(str::parse).collect::<Result<_, _>>()?)
}
