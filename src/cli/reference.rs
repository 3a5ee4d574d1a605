//! `modewise reference`.

use clap::{Arg, ArgMatches, Command};
use modewise::experiment::{Plan, Refined};
use serde_json::json;
use toml::Table;

use super::{
    arguments::{flag, threads},
    emit,
    exit::{Exit, Failure},
    runs::start_threads,
};

pub(super) fn command() -> Command {
    Command::new("reference")
        .about("Make the reference of a problem without a known solution anew, by refinement on three grids, and keep it")
        .after_help(
            "--reference exact and --reference refined use what is kept, and make it where there is nothing. It lies in the \
             user's cache folder, or in $MODEWISE_CACHE, under a checksum.\n\nExample:\n  \
             modewise reference pinnacle-pb-2d",
        )
        .arg(Arg::new("problem").value_name("PROBLEM").required(true).help("A problem, or a problem file"))
        .arg(Arg::new("grid").long("grid").value_name("N").help(
            "The grid that errors will be measured on; grids of 64, 128, 256 and 512 cells share a reference in 2-D, as up to 4096 do \
             in 1-D and 32 and 64 in 3-D [default: auto]",
        ))
        .arg(threads())
        .arg(flag("json", "JSON instead of a sentence"))
}

pub(super) fn reference(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut table = Table::new();
    for key in ["problem", "grid"] {
        if let Some(value) = arguments.get_one::<String>(key) {
            table.insert(key.into(), value.clone().into());
        }
    }
    // A plan has a solver; which one makes no difference here.
    table.insert("solver".into(), "direct".into());
    let plan = Plan::from_table(&table)?;
    start_threads(arguments.get_one::<usize>("threads").copied().unwrap_or(0))?;
    let Refined { finest, order, bar, path, .. } = Refined::remake(&plan)?;
    if arguments.get_flag("json") {
        let document = json!({
            "problem": plan.problem.to_string(), "finest": finest, "order": order, "bar_l2": bar.l2, "bar_max": bar.max,
            "file": path.display().to_string(),
        });
        emit(&serde_json::to_string_pretty(&document)?)?;
    } else {
        let cells: Vec<String> = finest.iter().map(usize::to_string).collect();
        let order = order.map_or("no order seen".into(), |order| format!("observed order {order:.2}"));
        emit(&format!(
            "{}: the solution to {:.1e} relative in L2 and {:.1e} in the maximum, from grids up to {} cells, {order}; kept in {}",
            plan.problem,
            bar.l2,
            bar.max,
            cells.join(" × "),
            path.display()
        ))?;
    }
    Ok(Exit::Done)
}
