//! `modewise eval`: the solution of a run at the user's points.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches, Command, value_parser};
use modewise::{
    experiment::{ConfigError, Solution},
    store::{atomic::write_atomically, folder::cell},
};
use modewise_problems::{Points, axis_names};
use serde_json::json;

use super::{
    arguments::flag,
    emit,
    exit::{Exit, Failure},
};

pub(super) fn command() -> Command {
    let argument = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).value_name(value).help(help)
    };
    Command::new("eval")
        .about("Evaluate the solution of a finished run at points of your own")
        .after_help(
            "A network is evaluated as it is; of a solver on a grid the last field is interpolated linearly between the \
             nodes, and this is said. POINTS.csv has a header x, x,y, x,y,z or x1,x2,x3,… and a point a line; the answer has the same \
             columns and u.\n\nExamples:\n  modewise eval output/run points.csv > values.csv\n  \
             modewise eval output/demo points.csv --solver mscale-dnn --json --out values.json",
        )
        .arg(argument("folder", "RUN_DIR", "The run folder").required(true))
        .arg(argument("points", "POINTS.csv", "The points").required(true))
        .arg(argument("solver", "LABEL", "Which solver of the run, by its label [default: the only one]").long("solver"))
        .arg(
            argument("seed", "SEED", "Which seed of the run [default: the first]")
                .long("seed")
                .value_parser(value_parser!(u64)),
        )
        .arg(argument("out", "FILE", "Write to this file instead of standard output").long("out"))
        .arg(flag("json", "JSON instead of CSV"))
        .arg(flag("quiet", "Nothing on stderr"))
}

pub(super) fn eval(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    // Invariant: clap requires the folder and the points.
    let folder = PathBuf::from(text("folder").unwrap_or_default());
    let solution = Solution::open(&folder, text("solver"), arguments.get_one::<u64>("seed").copied())?;
    let points = read_points(text("points").unwrap_or_default(), &solution)?;
    let dimension = solution.bounds().len();
    let points = Points::new(&points, dimension);
    let values = solution.evaluate(points)?;
    if solution.is_interpolated() && !arguments.get_flag("quiet") {
        eprintln!(
            "modewise: {} knows u at the nodes of its grid; between them it is interpolated linearly",
            solution.label
        );
    }
    let answer = if arguments.get_flag("json") {
        let document = json!({
            "solver": solution.label,
            "seed": solution.seed,
            "interpolated": solution.is_interpolated(),
            "points": points.iter().collect::<Vec<_>>(),
            "u": values,
        });
        serde_json::to_string_pretty(&document)?
    } else {
        table(points, &values)
    };
    match text("out") {
        Some(out) => write_atomically(Path::new(out), |file| writeln!(file, "{}", answer.trim_end()))
            .map_err(|error| Failure::File { path: out.into(), error })?,
        None => emit(&answer)?,
    }
    Ok(Exit::Done)
}

fn table(points: Points<'_>, values: &[f64]) -> String {
    let mut table = format!("{},u\n", axis_names(points.dimension()).join(","));
    for (point, value) in points.iter().zip(values) {
        let coordinates = point.iter().map(|x| cell(*x)).collect::<Vec<_>>().join(",");
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{coordinates},{}", cell(*value));
    }
    table
}

/// The points of a CSV file, all of them in the domain. Lines are counted as an editor counts them; blank ones are
/// left out.
fn read_points(path: &str, solution: &Solution) -> Result<Vec<f64>, Failure> {
    let bounds = solution.bounds();
    let text = fs::read_to_string(path).map_err(|error| Failure::Input { path: path.into(), error })?;
    let wrong =
        |line: usize, reason: String| ConfigError::Missing(format!("{path}, line {line}: {reason}")).into();
    let axes = axis_names(bounds.len());
    let header = axes.join(",");
    let cells = |line: &'_ str| line.split(',').map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
    let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    let (first, _) = lines.next().unwrap_or_default();
    if cells(first) != axes {
        return Err(wrong(1, format!("expected the header `{header}`, not `{}`", first.trim())));
    }
    let mut points = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
        let cells = cells(line);
        if cells.len() != axes.len() {
            let reason = format!("expected {} coordinates ({header}), not {}", axes.len(), cells.len());
            return Err(wrong(number, reason));
        }
        for ((cell, name), &[lower, upper]) in cells.iter().zip(&axes).zip(bounds) {
            let value = cell.parse::<f64>().ok().filter(|value| value.is_finite());
            let value = value.ok_or_else(|| wrong(number, format!("{name} = `{cell}` is no number")))?;
            if !(lower..=upper).contains(&value) {
                return Err(wrong(
                    number,
                    format!("{name} = {value} lies outside the box, [{lower}, {upper}]"),
                ));
            }
            points.push(value);
        }
        let point = &points[points.len() - axes.len()..];
        if !solution.covers(point) {
            return Err(wrong(
                number,
                format!("{point:?} lies outside the domain, in what its shapes cut out"),
            ));
        }
    }
    Ok(points)
}
