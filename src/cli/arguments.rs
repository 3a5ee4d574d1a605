//! The commands and their options; the options of an experiment come from its own list.

use clap::{Arg, ArgAction, Command, builder::styling::Styles};
use modewise::experiment::OPTIONS;

const EXAMPLES: &str = "\
Examples:
  modewise compare                            run the demonstration: five figures in output/
  modewise list solvers                       every solver with its parameters
  modewise compare sines-1d,modes=[1,4,16] --solver jacobi,omega=0.8 --solver multigrid
  modewise solve bump-2d --solver multigrid --grid 256 --stop rtol=1e-8
  modewise run examples/demo.toml --set grid=128
  modewise eval output/run points.csv         the solution of a run at points of your own
  modewise solve my.toml --solver newton --accuracy 1e-4   a problem of your own, with an error bar
  modewise order disc-2d --solver pcg         errors over grids, and their order
  modewise bench classical                    how fast the solvers are on this machine

Exit codes: 0 done · 1 a tolerance was asked for and not reached · 2 usage or configuration error ·
3 diverged · 4 input or output · 130 interrupted";

const SPEC_HELP: &str = "\
A PROBLEM or solver SPEC is a name, or a name with keys: jacobi,omega=0.8. Lists stand in brackets:
mscale-dnn,scales=[1,2,4,8]; solvers inside solvers in parentheses:
hybrid,first=(dnn,width=64),steps=300,second=(jacobi,omega=1). In a shell, quote what has
brackets or parentheses. Every solver also takes label=NAME and, hybrid aside, steps=N (its own
budget); a network takes start=RUN_DIR or start=RUN_DIR:LABEL (it begins with the trained network of
that run). The parts of a hybrid take none of these.";

/// The whole command line.
pub(super) fn command() -> Command {
    Command::new("modewise")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Solve Poisson problems with classical and neural solvers and see which frequencies converge first")
        .after_help(EXAMPLES)
        .styles(Styles::plain())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list())
        .subcommand(experiment(
            "solve",
            "Solve a problem with one solver",
            "Examples:\n  modewise solve bump-2d --solver multigrid --stop rtol=1e-8\n  \
             modewise solve fprinciple-1d --solver dnn,width=64,depth=3,boundary=exact,steps=2000 --seeds 5 --out output/five\n  \
             modewise solve fprinciple-1d --solver dnn,lr=1e-4,steps=2000,start=output/five --seeds 5",
        ))
        .subcommand(experiment(
            "compare",
            "Run several solvers on a problem, split their errors into frequencies and draw the figures",
            "Without arguments, runs the demonstration (examples/demo.toml).\n\nExamples:\n  \
             modewise compare sines-1d,modes=[1,4,16] --grid 64 --solver jacobi,omega=0.8 --solver multigrid\n  \
             modewise compare fprinciple-1d --grid 500 --solver jacobi,omega=1 --transform dft --tol 0.5 \
             --watch every=1 --modes 1,3,8",
        ))
        .subcommand(
            experiment(
                "run",
                "Run an experiment file",
                "Options given here replace those of the file.\n\nExamples:\n  modewise run examples/demo.toml\n  \
                 modewise run examples/demo.toml --set grid=128 --set jacobi.omega=0.5",
            )
            .arg(Arg::new("file").value_name("FILE.toml").required(true).help("The experiment file").index(1))
            .arg(
                Arg::new("set")
                    .long("set")
                    .value_name("KEY=VALUE")
                    .action(ArgAction::Append)
                    .help("Change a key of the file; LABEL.key=value changes a solver's"),
            ),
        )
        .subcommand(plot())
        .subcommand(table())
        .subcommand(resume())
        .subcommand(super::eval::command())
        .subcommand(super::problem::command())
        .subcommand(super::order::command())
        .subcommand(super::reference::command())
        .subcommand(super::bench::command())
}

fn list() -> Command {
    Command::new("list")
        .about("List problems, solvers, figures and formats of fields, with every parameter, its default and its unit")
        .after_help("Example:\n  modewise list solvers")
        .arg(
            Arg::new("what")
                .value_name("WHAT")
                .value_parser(["problems", "solvers", "figures", "fields"])
                .help("Only these"),
        )
        .arg(flag("json", "Print JSON"))
}

fn plot() -> Command {
    Command::new("plot")
        .about("Draw the figures of a run folder again")
        .after_help("Example:\n  modewise plot output/demo --figure heatmap --format png")
        .arg(Arg::new("folder").value_name("RUN_DIR").required(true).help("The run folder"))
        .arg(
            Arg::new("figure")
                .long("figure")
                .value_name("NAME")
                .action(ArgAction::Append)
                .help("Only this figure; may be given again [default: all]"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .action(ArgAction::Append)
                .value_parser(["svg", "png"])
                .help("Only this format [default: both]"),
        )
}

fn table() -> Command {
    let steps = |text: &str| text.parse::<u64>().map(|steps| steps as f64).map_err(|error| error.to_string());
    let costs = |text: &str| match text.parse::<f64>() {
        Ok(cost) if cost.is_finite() && cost >= 0.0 => Ok(cost),
        _ => Err("not a number of at least 0".to_string()),
    };
    let at = |name: &'static str, help: &'static str| {
        let list = Arg::new(name).long(name).value_name("LIST").value_delimiter(',').help(help);
        if name == "steps" { list.value_parser(steps) } else { list.value_parser(costs) }
    };
    Command::new("table")
        .about(
            "Print errors at chosen steps, seconds or work from a run folder: the median over its seeds, and the best so far",
        )
        .after_help(
            "Examples:\n  modewise table output/mscale-demo --steps 500,1000,2000,5000\n  \
             modewise table output/mscale-demo --seconds 1,5",
        )
        .arg(Arg::new("folder").value_name("RUN_DIR").required(true).help("The run folder"))
        .arg(at("steps", "Steps; the latest recorded step up to each is taken [default: one a decade]"))
        .arg(at("seconds", "The same at seconds of the solvers, set-up included").conflicts_with("steps"))
        .arg(at("work", "The same at work units").conflicts_with_all(["steps", "seconds"]))
}

fn resume() -> Command {
    Command::new("resume")
        .about("Go on with an interrupted run from its last checkpoint, as if it had never stopped")
        .after_help("Example:\n  modewise resume output/fprinciple-1d/20261123T120000Z-1a2b3c4d")
        .arg(Arg::new("folder").value_name("RUN_DIR").required(true).help("The run folder"))
        .arg(flag("no-figures", "Draw no figures"))
        .args(output_flags())
}

/// A command that takes a plan.
fn experiment(name: &'static str, about: &'static str, examples: &'static str) -> Command {
    let mut command =
        Command::new(name).about(about).after_help(format!("{SPEC_HELP}\n\n{examples}")).next_line_help(true);
    if name != "run" {
        command = command.arg(Arg::new("problem").value_name("PROBLEM").required(name == "solve").help(
            "A problem of `modewise list problems`, with parameters: sines-1d,modes=[1,5]; or a problem file \
                     of your own: my.toml,mu=30",
        ));
    }
    let solver = Arg::new("solver").long("solver").value_name("SPEC").help(match name {
        "solve" => "The solver",
        "run" => "A solver instead of those of the file; may be given again",
        _ => "A solver; give one or more",
    });
    command =
        command.arg(if name == "solve" { solver.required(true) } else { solver.action(ArgAction::Append) });
    command = command.args(OPTIONS.iter().map(|option| {
        let arg = Arg::new(option.key).long(option.key).value_name(option.value);
        let arg = if option.is_flag() {
            arg.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            arg.allow_hyphen_values(true)
        };
        arg.help(format!("{} [default: {}]", option.help, option.default))
    }));
    command
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .help("The run folder [default: output/<problem>/<UTC time>-<hash>]"),
        )
        .arg(flag("force", "Replace an earlier run in --out, and write more than 1 GB if need be"))
        .arg(flag("no-figures", "Draw no figures"))
        .args(output_flags())
}

fn output_flags() -> [Arg; 2] {
    [flag("json", "Print summary.json instead of a table"), flag("quiet", "No progress on stderr")]
}

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    if name == "quiet" { arg.short('q') } else { arg }
}

/// How many threads, of commands that do one thing.
pub(super) fn threads() -> Arg {
    Arg::new("threads")
        .long("threads")
        .value_name("N")
        .value_parser(clap::value_parser!(usize))
        .help("Threads [default: all cores]")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
