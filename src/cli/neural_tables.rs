//! A benchmark of networks as tables.

use comfy_table::Table;
use modewise::bench::neural::{NeuralReport, accuracy::TARGETS};

use super::bench_tables::{head, seconds, section, table};

/// The report as text.
pub(super) fn tables(report: &NeuralReport) -> String {
    let mut text = head(report.version, report.commit, &report.date, &report.machine);
    if !report.peak.is_empty() {
        section(&mut text, "Matrix products", &peak(report));
    }
    if !report.throughput.is_empty() {
        section(&mut text, "Training, a full batch a step", &throughput(report));
        text += "\nGFLOP/s: 2 · points · weights, times 6 (ritz) or 12 (residual). of peak: over the fastest matrix product of \
                 as many threads.\n";
    }
    if !report.accuracy.is_empty() {
        let title = "Seconds of set-up and steps to a relative L2 error against the exact solution";
        section(&mut text, title, &accuracy(report));
        text += "\nGrid methods: on the coarsest grid that has the accuracy; random features: with the fewest waves that have it.\n";
    }
    if report.interrupted {
        text += "\nInterrupted: this is what was measured until then.";
    }
    text
}

fn peak(report: &NeuralReport) -> Table {
    let rows = report.peak.iter().map(|row| {
        vec![
            row.shape.map(|n| n.to_string()).join(" × "),
            row.dtype.to_string(),
            row.threads.to_string(),
            format!("{:.1}", row.best),
            format!("{:.1}", row.median),
        ]
    });
    table(["product", "dtype", "threads", "best GFLOP/s", "median"], rows.collect(), 2)
}

fn throughput(report: &NeuralReport) -> Table {
    let rows = report.throughput.iter().map(|row| {
        vec![
            row.network.to_string(),
            row.dtype.to_string(),
            row.loss.to_string(),
            row.threads.to_string(),
            format!("{:.2}", 1e3 * row.seconds.min),
            format!("{:.2}", 1e3 * row.seconds.median),
            format!("{:.1}", row.steps),
            format!("{:.2}", row.points / 1e6),
            format!("{:.1}", row.gigaflops),
            format!("{:.0} %", 100.0 * row.of_peak),
        ]
    });
    let header = [
        "network",
        "dtype",
        "loss",
        "threads",
        "best ms",
        "median",
        "steps/s",
        "1e6 points/s",
        "GFLOP/s",
        "of peak",
    ];
    table(header, rows.collect(), 3)
}

fn accuracy(report: &NeuralReport) -> Table {
    let rows = report.accuracy.iter().map(|row| {
        let reached = row.seconds.iter().map(|time| time.map_or("–".into(), seconds));
        let best = [format!("{:.1e}", row.best), seconds(row.best_seconds)];
        [row.problem.to_string(), row.method.to_string()].into_iter().chain(reached).chain(best).collect()
    });
    let header = ["problem", "method"].map(String::from).into_iter();
    let header = header
        .chain(TARGETS.map(|target| format!("{target:.0e}")))
        .chain(["best", "after"].map(String::from));
    table(header, rows.collect(), 2)
}
