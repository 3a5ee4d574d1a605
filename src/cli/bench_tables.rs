//! A benchmark as tables.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::NOTHING};
use modewise::{
    bench::{Report, Shape},
    machine::Machine,
};

/// The report as text.
pub(super) fn tables(report: &Report) -> String {
    let mut text = head(report.version, report.commit, &report.date, &report.machine);
    section(&mut text, "Memory bandwidth", &bandwidth(report));
    if !report.passes.is_empty() {
        section(&mut text, "Inner loops, one pass", &passes(report));
    }
    if !report.solutions.is_empty() {
        section(
            &mut text,
            &format!("Solutions to a relative residual of {:e}", report.rtol),
            &solutions(report),
        );
        section(&mut text, "Nanoseconds an unknown (of the steps, median)", &flat(report));
    }
    skipped(&mut text, report);
    text += "\n\nBytes count each array once for reading and once for writing; the triad is the best on all threads. limit: the \
             time of a step that memory alone would take for what a V(1,1)-cycle has to move, in percent of the \
             measured time; grids that fit the cache may go beyond it.";
    if report.interrupted {
        text += "\nInterrupted: this is what was measured until then.";
    }
    text
}

/// Which program on which machine, and when.
pub(super) fn head(version: &str, commit: &str, date: &str, machine: &Machine) -> String {
    let cache = machine.cache_bytes.map_or(String::new(), |bytes| format!(", {} MiB cache", bytes >> 20));
    format!(
        "modewise {version} ({commit}) · {date} · {}, {} threads{cache}, {:.0} GiB memory\n",
        machine.cpu,
        machine.threads,
        machine.memory_bytes as f64 / (1u64 << 30) as f64
    )
}

/// A line for each reason, with the problems and sizes it holds for.
fn skipped(text: &mut String, report: &Report) {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for skipped in &report.skipped {
        let place = format!("{} {}", skipped.problem, skipped.shape);
        match reasons.iter_mut().find(|(reason, _)| *reason == skipped.reason) {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => reasons.push((&skipped.reason, vec![place])),
        }
    }
    for (reason, places) in reasons {
        // Writing to a String cannot fail.
        let _ = write!(text, "\nNot measured on {}: {reason}", places.join(", "));
    }
}

pub(super) fn section(text: &mut String, title: &str, table: &Table) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{title}\n{}", table.to_string().trim_end());
}

/// A table whose columns from `first_number` on are numbers.
pub(super) fn table<H: Into<String>>(
    header: impl IntoIterator<Item = H>,
    rows: Vec<Vec<String>>,
    first_number: usize,
) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.into_iter().map(Into::into));
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(first_number) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn bandwidth(report: &Report) -> Table {
    let rows = report.bandwidth.iter().map(|row| {
        vec![
            row.kernel.to_string(),
            row.stores.unwrap_or("–").to_string(),
            row.threads.to_string(),
            (row.array_bytes >> 20).to_string(),
            format!("{:.1}", row.best),
            format!("{:.1}", row.median),
        ]
    });
    table(["loop", "stores", "threads", "MiB an array", "best GB/s", "median"], rows.collect(), 2)
}

fn passes(report: &Report) -> Table {
    let rows = report.passes.iter().map(|row| {
        vec![
            row.kernel.to_string(),
            format!("{}-D", row.dimension),
            row.points.to_string(),
            format!("{:.0}", row.bytes_a_point),
            format!("{:.2}", 1e3 * row.seconds.median),
            format!("{:.2}", row.gigapoints),
            format!("{:.1}", row.gigabytes),
            format!("{:.0} %", 100.0 * row.of_triad),
        ]
    });
    let header = ["loop", "", "points", "B a point", "ms", "1e9 points/s", "GB/s", "of triad"];
    table(header, rows.collect(), 2)
}

fn solutions(report: &Report) -> Table {
    let rows = report.solutions.iter().map(|row| {
        let limit = row
            .limit
            .map_or("–".into(), |limit| format!("{:.0} %", 100.0 * limit / row.ns_per_unknown_step));
        vec![
            row.problem.clone(),
            row.shape.to_string(),
            row.solver.clone(),
            row.outcome.clone(),
            seconds(row.setup_seconds.median),
            seconds(row.solve_seconds.min),
            seconds(row.solve_seconds.median),
            row.steps.to_string(),
            format!("{:.1}", row.work_units),
            format!("{:.1e}", row.residual),
            format!("{:.1}", row.ns_per_unknown),
            format!("{:.2}", row.ns_per_unknown_step),
            limit,
            format!("{:.0}", row.bytes_per_unknown),
        ]
    });
    let header = [
        "problem",
        "unknowns",
        "solver",
        "outcome",
        "setup s",
        "solve s",
        "median",
        "steps",
        "work units",
        "residual",
        "ns/unknown",
        "a step",
        "limit",
        "B/unknown",
    ];
    table(header, rows.collect(), 4)
}

/// A line a problem and solver, a column a grid: an optimal method has the same number in all of them.
fn flat(report: &Report) -> Table {
    let mut shapes: Vec<&Shape> = Vec::new();
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for row in &report.solutions {
        if !shapes.contains(&&row.shape) {
            shapes.push(&row.shape);
        }
        if !lines.contains(&(&row.problem, &row.solver)) {
            lines.push((&row.problem, &row.solver));
        }
    }
    let rows = lines.iter().map(|&(problem, solver)| {
        let of = |shape: &&Shape| {
            let found = report
                .solutions
                .iter()
                .find(|row| row.problem == problem && row.solver == solver && row.shape == **shape);
            found.map_or(String::new(), |row| format!("{:.1}", row.ns_per_unknown))
        };
        [problem.to_string(), solver.to_string()].into_iter().chain(shapes.iter().map(of)).collect()
    });
    let header =
        ["problem", "solver"].map(String::from).into_iter().chain(shapes.iter().map(ToString::to_string));
    table(header, rows.collect(), 2)
}

pub(super) fn seconds(x: f64) -> String {
    match x {
        x if x >= 1.0 => format!("{x:.2}"),
        x if x >= 1e-3 => format!("{x:.4}"),
        x => format!("{x:.1e}"),
    }
}
