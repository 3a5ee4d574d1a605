//! `modewise order`: errors over grids and the order they fall with.

use clap::{Arg, ArgMatches, Command};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::NOTHING};
use modewise::experiment::{ConfigError, Orders};
use modewise_problems::Spec;
use modewise_solvers::{StopRule, stop};

use super::{
    arguments::{flag, threads},
    emit,
    exit::{Exit, Failure},
    runs::{cancel_on_ctrl_c, start_threads},
};

/// Cells a side where nothing is said.
const GRIDS: &str = "16,32,64,128,256";

pub(super) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: String| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("order")
        .about("Print the errors of a solver over several grids, and the order of accuracy they show")
        .after_help(
            "Errors are against the exact solution; where it is not known, against the next finer grid, which has to have a \
             multiple of the cells.\n\nExamples:\n  modewise order disc-2d --solver pcg\n  \
             modewise order pinnacle-pb-2d --solver pcg --grids 64,128,256,512 --json",
        )
        .arg(Arg::new("problem").value_name("PROBLEM").required(true).help("A problem, or a problem file"))
        .arg(text("solver", "SPEC", "The solver [default: direct]".into()))
        .arg(text("grids", "LIST", format!("Cells a side, coarsest first [default: {GRIDS}]")))
        .arg(text("stop", "RULE", format!("When a run ends [default: {}]", stop::DEFAULT)))
        .arg(threads())
        .arg(flag("json", "JSON instead of a table"))
        .arg(flag("quiet", "Nothing on stderr"))
}

pub(super) fn order(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    // Invariant: clap requires the problem.
    let problem: Spec = text("problem").unwrap_or_default().parse().map_err(ConfigError::from)?;
    let solver: Spec = text("solver").unwrap_or("direct").parse().map_err(ConfigError::from)?;
    let grids = grids(text("grids").unwrap_or(GRIDS))?;
    let stop: StopRule = match text("stop") {
        Some(rule) => rule.parse().map_err(|error| ConfigError::Missing(format!("--stop: {error}")))?,
        None => StopRule::default(),
    };
    start_threads(arguments.get_one::<usize>("threads").copied().unwrap_or(0))?;
    let quiet = arguments.get_flag("quiet");
    let cancel = cancel_on_ctrl_c();
    let orders = Orders::measure(&problem, &solver, &grids, &stop, &cancel, |row| {
        if !quiet {
            eprintln!("modewise: {} cells a side: {}, {} steps", row.grid[0], row.outcome, row.steps);
        }
    })?;
    if arguments.get_flag("json") {
        emit(&serde_json::to_string_pretty(&orders)?)?;
    } else {
        emit(&table(&orders))?;
    }
    Ok(Exit::of_outcomes(orders.rows.iter().map(|row| row.outcome.as_str())))
}

/// Cells a side, ascending.
fn grids(list: &str) -> Result<Vec<usize>, Failure> {
    let numbers: Option<Vec<usize>> = list.split(',').map(|cells| cells.trim().parse().ok()).collect();
    match numbers {
        Some(grids) if grids.len() > 1 && grids.is_sorted_by(|a, b| a < b) => Ok(grids),
        _ => {
            let reason = format!(
                "--grids: `{list}` has to be two numbers of cells or more, each larger than the one before"
            );
            Err(ConfigError::Missing(reason).into())
        }
    }
}

fn table(orders: &Orders) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["grid", "h", "outcome", "steps", "seconds", "error L2", "order", "error max", "order"]);
    let number = |x: Option<f64>| x.map_or("–".to_string(), |x| format!("{x:.3e}"));
    let order = |x: Option<f64>| x.map_or("–".to_string(), |x| format!("{x:.2}"));
    for row in &orders.rows {
        let mut grid: Vec<String> = row.grid.iter().map(usize::to_string).collect();
        grid.dedup();
        table.add_row([
            grid.join(","),
            format!("{:.3e}", row.h),
            row.outcome.clone(),
            row.steps.to_string(),
            format!("{:.3}", row.seconds),
            number(row.error_l2),
            order(row.order_l2),
            number(row.error_max),
            order(row.order_max),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let against = match orders.against {
        "exact" => "errors against the exact solution: relative in L2, absolute in the maximum",
        _ => {
            "differences from the next grid, as no exact solution is known: relative in L2, absolute in the maximum"
        }
    };
    format!("{} · {} · {against}\n\n{table}\n", orders.title, orders.solver)
}
