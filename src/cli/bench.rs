//! `modewise bench`: how fast solvers are on this machine.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use modewise::{
    bench::{self, Extent, Options, Shape, neural::NeuralOptions},
    experiment::ConfigError,
    store::atomic::write_json,
};
use modewise_problems::Spec;
use serde::Serialize;

use super::{
    arguments::flag,
    bench_tables, emit,
    exit::{Exit, Failure},
    neural_tables,
    runs::{cancel_on_ctrl_c, start_threads},
};

pub(super) fn command() -> Command {
    let sizes = |name: &'static str, help: &'static str| {
        let shape = value_parser!(Shape);
        Arg::new(name).long(name).value_name("LIST").value_delimiter(',').value_parser(shape).help(help)
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
             modewise bench classical --problem jump-2d --sizes 1023 --rtol 1e-8 --threads 1\n  \
             modewise bench classical --part solutions --problem bump-2d,lengths=[778,1235] --sizes 777x1234",
        )
        .next_line_help(true)
        .arg(part(["loops", "solutions"], "Beside the bandwidth of memory only inner loops, or only whole solutions"))
        .arg(specs("problem", "A problem in 2-D or 3-D; may be given again [default: bump-2d and bump-3d]"))
        .arg(specs("solver", "A solver; may be given again [default: all classical ones, slow ones on small grids]"))
        .arg(sizes(
            "sizes",
            "Interior points a side in 2-D, or along both, 777x1234; without --sizes-3d, 3-D is left out [default: the largest three up to 1023 that a solver is not too slow for]",
        ))
        .arg(sizes(
            "sizes-3d",
            "The same in 3-D; without --sizes, 2-D is left out [default: likewise up to 127]",
        ))
        .arg(
            Arg::new("rtol")
                .long("rtol")
                .value_name("NUMBER")
                .value_parser(value_parser!(f64))
                .allow_hyphen_values(true)
                .help("Relative residual that counts as solved [default: 1e-10]"),
        )
        .arg(flag("quick", "Small arrays, small grids, one repetition: to see that it works").conflicts_with("full"))
        .arg(flag("full", "The largest five up to 4095² and 255³"))
        .args(output());
    let neural = Command::new("neural")
        .about("Measure how fast networks are trained, and how long every method takes to an accuracy")
        .after_help(
            "Networks are trained on one thread and on all, beside the fastest matrix product of as many threads in the same \
             run; let nothing else run meanwhile. Flops are counted as U = 2 · points · weights, 6 U a step with loss=ritz and \
             12 U with loss=residual, whatever a program makes of it.\n\nExamples:\n  modewise bench neural\n  \
             modewise bench neural --part throughput --json --out neural.json\n  \
             modewise bench neural --part accuracy --threads 1",
        )
        .next_line_help(true)
        .arg(part(["throughput", "accuracy"], "Only training steps a second, or only seconds to an accuracy"))
        .arg(flag("quick", "Short runs, one repetition: to see that it works"))
        .args(output());
    Command::new("bench")
        .about("Measure how fast solvers are on this machine")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(classical)
        .subcommand(neural)
}

/// Which of the two `parts` to measure.
fn part(parts: [&'static str; 2], help: &str) -> Arg {
    Arg::new("part")
        .long("part")
        .value_name("PART")
        .value_parser(parts)
        .help(format!("{help} [default: both]"))
}

/// The part that was asked for.
fn only(arguments: &ArgMatches) -> Option<&str> {
    arguments.get_one::<String>("part").map(String::as_str)
}

/// What every benchmark can be told.
fn output() -> [Arg; 4] {
    [
        Arg::new("threads")
            .long("threads")
            .value_name("N")
            .value_parser(value_parser!(usize))
            .help("Threads; 0 for one a core [default: 0]"),
        flag("json", "Print JSON instead of tables"),
        flag("quiet", "No progress on stderr"),
        Arg::new("out").long("out").value_name("FILE").help("Also write the JSON to this file"),
    ]
}

pub(super) fn bench(arguments: &ArgMatches) -> Result<Exit, Failure> {
    match arguments.subcommand() {
        Some(("classical", arguments)) => classical(arguments),
        Some(("neural", arguments)) => neural(arguments),
        // Invariant: clap asks for a subcommand and knows no other.
        _ => unreachable!("clap accepts no other subcommand"),
    }
}

fn classical(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let options = options(arguments)?;
    start_threads(threads(arguments))?;
    let cancel = cancel_on_ctrl_c();
    let report = bench::classical(&options, &cancel, &mut teller(arguments))?;
    deliver(arguments, &report, bench_tables::tables)?;
    Ok(Exit::of_benchmark(&report, arguments.contains_id("rtol")))
}

fn neural(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let part = only(arguments);
    let options = NeuralOptions {
        throughput: part != Some("accuracy"),
        accuracy: part != Some("throughput"),
        quick: arguments.get_flag("quick"),
    };
    start_threads(threads(arguments))?;
    let cancel = cancel_on_ctrl_c();
    let report = bench::neural::neural(&options, &cancel, &mut teller(arguments))?;
    deliver(arguments, &report, neural_tables::tables)?;
    Ok(if report.interrupted { Exit::Interrupted } else { Exit::Done })
}

fn threads(arguments: &ArgMatches) -> usize {
    arguments.get_one("threads").copied().unwrap_or(0)
}

/// Says on stderr what is measured next.
fn teller(arguments: &ArgMatches) -> impl FnMut(&str) + Send + use<> {
    let quiet = arguments.get_flag("quiet");
    move |what| {
        if !quiet {
            eprintln!("modewise: {what}");
        }
    }
}

/// A report as a file if one is asked for, and on stdout.
fn deliver<R: Serialize>(
    arguments: &ArgMatches,
    report: &R,
    tables: fn(&R) -> String,
) -> Result<(), Failure> {
    if let Some(out) = arguments.get_one::<String>("out") {
        write_json(Path::new(out), report).map_err(|error| Failure::File { path: out.clone(), error })?;
    }
    if arguments.get_flag("json") {
        emit(&serde_json::to_string_pretty(report)?)
    } else {
        emit(&tables(report))
    }
}

fn options(arguments: &ArgMatches) -> Result<Options, Failure> {
    let quick = arguments.get_flag("quick");
    let extent = match (quick, arguments.get_flag("full")) {
        (true, _) => Extent::Quick,
        (_, true) => Extent::Full,
        _ => Extent::Usual,
    };
    let given = ["sizes", "sizes-3d"].map(|name| {
        let sizes = arguments.get_many::<Shape>(name);
        sizes.map(|sizes| sizes.cloned().collect::<Vec<_>>())
    });
    let (sizes, most_sizes) = match given {
        [None, None] => extent.sizes(),
        some => (some.map(Option::unwrap_or_default), usize::MAX),
    };
    let rtol = arguments.get_one::<f64>("rtol").copied().unwrap_or(bench::RTOL);
    if !(rtol.is_finite() && rtol > 0.0) {
        let expected = "a positive number".into();
        return Err(ConfigError::BadValue { key: "rtol".into(), value: rtol.to_string(), expected }.into());
    }
    let problems = specs(arguments, "problem", &bench::PROBLEMS)?;
    let solvers = specs(arguments, "solver", &[])?;
    let (loops, solutions) = (only(arguments) != Some("solutions"), only(arguments) != Some("loops"));
    Ok(Options { problems, solvers, sizes, most_sizes, loops, solutions, rtol, quick })
}

/// The specs given as `name`, or `default`.
fn specs(arguments: &ArgMatches, name: &str, default: &[&str]) -> Result<Vec<Spec>, ConfigError> {
    let given = arguments.get_many::<String>(name);
    let texts = given.map_or_else(|| default.to_vec(), |texts| texts.map(String::as_str).collect());
    Ok(texts.into_iter().map(str::parse).collect::<Result<_, _>>()?)
}
