//! When each mode first reaches the tolerance, against |k|, with what theory says.

use std::collections::BTreeMap;

use crate::store::{
    read::{RunData, SolverData},
    schema::ModeName,
};

use super::{
    Figure, FigureError,
    labels::{self, EndLabel},
    number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel},
    scale::{Scale, range},
    scene::{Anchor, Point, Rect, Scene, marker_radius},
    seeds, stroke, style, text,
};

const HEADLINE: &str = "When each mode first reaches the tolerance";
/// What `log` in the table of first passages means.
const WATCHED: &str = "Steps watched: log-spaced, 100 a decade, so that a passage can be 2.3 % late";
/// The width of a name with its order index.
const NAME: f64 = 330.0;
/// The height of one solver's lane among the modes not reached.
const LANE: f64 = 19.0;

/// First passage against mode.
pub const FIGURE: Figure = Figure {
    name: "first-passage",
    summary: "Step at which each mode first reaches the tolerance, against |k|, with theory and the order index.",
    size: (1100, 680),
    needs_grid: true,
    draw,
};

/// One mode of one solver over all seeds.
#[derive(Debug, Clone, Copy)]
struct Passage {
    k: f64,
    /// Median step; infinite where most seeds never reached the tolerance.
    step: f64,
    lo: f64,
    hi: f64,
    predicted: Option<f64>,
}

fn passages(solver: &SolverData) -> Vec<Passage> {
    let mut modes: BTreeMap<&ModeName, (Vec<f64>, Option<u64>)> = BTreeMap::new();
    let rows = || solver.runs.iter().flat_map(|run| &run.order);
    let single = |mode: &ModeName| matches!(mode, ModeName::Single(_));
    // Shells say nothing new where their modes are there too.
    let singles = rows().any(|row| single(&row.mode));
    for row in rows().filter(|row| single(&row.mode) == singles) {
        let entry = modes.entry(&row.mode).or_default();
        entry.0.push(row.step_reached.map_or(f64::INFINITY, |step| step as f64));
        entry.1 = entry.1.or(row.predicted_step);
    }
    let passage = |(mode, (steps, predicted)): (&ModeName, (Vec<f64>, Option<u64>))| {
        let finite = || steps.iter().copied().filter(|s| s.is_finite());
        let (lo, hi) = range(finite()).unwrap_or((f64::INFINITY, f64::INFINITY));
        Passage {
            k: mode.magnitude(),
            lo,
            hi,
            step: seeds::median(steps),
            predicted: predicted.map(|s| s as f64),
        }
    };
    let mut found: Vec<Passage> = modes.into_iter().map(passage).collect();
    found.sort_by(|a, b| a.k.total_cmp(&b.k));
    found
}

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let all: Vec<Vec<Passage>> = run.solvers.iter().map(passages).collect();
    let Some((k_lo, k_hi)) = range(all.iter().flatten().map(|p| p.k)) else {
        return Ok(Page::nothing(run, HEADLINE, "No mode was tracked."));
    };
    let missing: Vec<usize> =
        (0..all.len()).filter(|i| all[*i].iter().any(|p| p.step.is_infinite())).collect();
    let lanes = if missing.is_empty() { 0.0 } else { LANE * missing.len() as f64 + 12.0 };
    let theory = all.iter().flatten().any(|p| p.predicted.is_some());
    let note = format!(
        "First watched step with Δ ≤ tol = {}.{}{}{} τ: order index (Kendall's τ_b), −1 if high frequencies converge first, \
         +1 if low ones do.",
        number::short(run.summary.tol, 3),
        watched(run),
        if theory { " Thin line with hollow marks: theory." } else { "" },
        if missing.is_empty() { "" } else { " Grey band: modes that never reached it, one row a solver." }
    );
    let height = 430.0;
    let mut page = Page::new(run, HEADLINE, &note, lanes + height + BOTTOM + 14.0);
    let names: Vec<String> = run.solvers.iter().map(name).collect();
    let beside = labels::room(names.iter().map(String::as_str), f64::INFINITY);
    let top = page.body.y + 14.0 + lanes;
    let rect = Rect::new(page.body.x + LEFT, top, page.body.w - LEFT - beside, height);
    let (first, last) = reached(&all);
    let x = match k_lo {
        lo if k_hi >= 16.0 * lo.max(1.0) && (lo == 0.0 || lo >= 1.0) => {
            Scale::steps(lo as u64, k_hi.ceil() as u64)
        }
        lo => Scale::linear(lo, k_hi).padded(0.04),
    };
    let panel = Panel { rect, x, y: Scale::steps(first, last) };
    panel.grid(&mut page.scene);
    if !missing.is_empty() {
        not_reached(&mut page.scene, &panel, &all, &missing, &names);
    }
    let mut ends = Vec::new();
    let mut path = Vec::new();
    for (i, passages) in all.iter().enumerate() {
        let points = one(&mut page.scene, &panel, passages, i);
        if let Some(end) = points.last() {
            ends.push(EndLabel { text: names[i].clone(), color: style::solver(i).color, end: *end });
        }
        path.extend(points);
    }
    panel.frame(&mut page.scene);
    if path.is_empty() {
        let middle = [rect.x + 0.5 * rect.w, rect.y + 0.5 * rect.h];
        page.scene.write("No mode reached the tolerance.", middle, style::LABEL, style::SOFT, Anchor::Middle);
    }
    let shells = run.solvers.iter().flat_map(|s| &s.runs).flat_map(|r| &r.order);
    let plain = shells.clone().all(|row| matches!(&row.mode, ModeName::Single(k) if k.len() == 1));
    panel.x_axis(&mut page.scene, if plain { "mode k" } else { "length of the wave vector |k|" });
    panel.y_axis(&mut page.scene, "step of first passage");
    labels::place(&mut page.scene, ends, &rect, Rect { w: rect.w + beside, ..rect }, &path, Vec::new());
    Ok(page.scene)
}

/// What the caption says of solvers that were not watched at every step: their passages can be a little late.
fn watched(run: &RunData) -> String {
    let coarse = |solver: &&SolverData| {
        solver.runs.iter().flat_map(|run| &run.order).any(|row| row.watched_every == "log")
    };
    let names: Vec<&str> = run.solvers.iter().filter(coarse).map(|solver| solver.name.as_str()).collect();
    match names.len() {
        0 => String::new(),
        n if n == run.solvers.len() => format!(" {WATCHED}."),
        _ => format!(" {WATCHED} ({}).", names.join(", ")),
    }
}

fn name(solver: &SolverData) -> String {
    let trouble = seeds::trouble(solver).map(|t| format!(" ({t})")).unwrap_or_default();
    let index = seeds::order_index(solver);
    let comma = if index.is_empty() { "" } else { ", " };
    let rest = format!("{trouble}{comma}{index}");
    // The order index stays whole.
    let room = NAME - text::width(&rest, style::LABEL, false);
    format!("{}{rest}", text::shorten(&solver.name, style::LABEL, false, room.max(60.0)))
}

/// First and last step on the axis: what was reached, and what theory says unless it is far beyond.
fn reached(all: &[Vec<Passage>]) -> (u64, u64) {
    let steps = || all.iter().flatten().flat_map(|p| [p.lo, p.step, p.hi]);
    let predicted = || all.iter().flatten().filter_map(|p| p.predicted);
    let (lo, hi) = range(steps()).or_else(|| range(predicted())).unwrap_or((1.0, 10.0));
    let beyond = predicted().filter(|step| *step <= 10.0 * hi && *step >= 0.1 * lo);
    let (lo, hi) = range(beyond.chain([lo, hi])).unwrap_or((lo, hi));
    (lo as u64, (1.25 * hi) as u64)
}

/// Draws one solver and returns points along its curve, its end the last.
fn one(scene: &mut Scene, panel: &Panel, passages: &[Passage], index: usize) -> Vec<Point> {
    let series = style::solver(index);
    let rises = passages.windows(2).all(|pair| pair[0].k < pair[1].k);
    let radius = marker_radius(passages.len());
    let mut path = Vec::new();

    if rises && passages.iter().any(|p| p.lo < p.hi) {
        let band: Vec<_> = passages.iter().map(|p| (p.k, p.lo, p.hi)).collect();
        panel.band(scene, &band, series.color.fade(0.16));
    }
    let theory: Vec<(f64, f64)> = passages.iter().filter_map(|p| Some((p.k, p.predicted?))).collect();
    let measured: Vec<(f64, f64)> = passages.iter().map(|p| (p.k, p.step)).collect();
    if rises {
        panel.line(scene, &theory, style::INK, &[], style::THIN);
        panel.line(scene, &measured, series.color, series.dash, style::CURVE);
        path.extend(panel.pieces(&measured).iter().flat_map(|piece| stroke::along(piece, 5.0)));
    }
    // Marks that crowd the one before are left out, the same of theory and measurement.
    let mut shown: Vec<Point> = Vec::new();
    let mut marked: Vec<Point> = Vec::new();
    for passage in passages {
        let place = |step: f64| panel.at(passage.k, step).filter(|at| panel.rect.holds(*at));
        let (measured, theory) = (place(passage.step), passage.predicted.and_then(place));
        let Some(at) = measured.or(theory) else {
            continue;
        };
        let near =
            |before: &Point| (at[0] - before[0]).hypot(at[1] - before[1]) < if rises { 20.0 } else { 4.0 };
        if marked.last().is_some_and(near) {
            continue;
        }
        marked.push(at);
        if let Some(at) = theory {
            scene.ring(at, if rises { 1.75 * style::MARKER } else { radius + 2.6 }, 1.3, style::INK);
        }
        shown.extend(measured);
    }
    for at in &shown {
        scene.marker(series.marker, *at, if rises { style::MARKER } else { radius }, series.color);
    }
    // Marks that no line leads to are of the curve too, and its name stands where all of it ends.
    let line_end = path.last().copied();
    path.extend(shown);
    let last = path.last().map_or(f64::NEG_INFINITY, |at| at[0]);
    path.extend(line_end.filter(|end| end[0] > last));
    path
}

/// The band above the panel with the modes that never reached the tolerance, a lane a solver.
fn not_reached(scene: &mut Scene, panel: &Panel, all: &[Vec<Passage>], missing: &[usize], names: &[String]) {
    let height = LANE * missing.len() as f64;
    let band = Rect::new(panel.rect.x, panel.rect.y - height - 8.0, panel.rect.w, height);
    scene.rect(band, style::BAND);
    scene.frame(band, style::VOID, style::FRAME);
    let text = ["not", "reached"];
    let start = band.y + 0.5 * band.h + if height > 30.0 { -2.0 } else { 5.0 };
    if height > 30.0 {
        for (i, word) in text.iter().enumerate() {
            let at = [band.x - 9.0, start + 1.15 * style::SMALL * i as f64];
            scene.write(word, at, style::SMALL, style::SOFT, Anchor::End);
        }
    } else {
        scene.write("not reached", [band.x - 5.0, start], style::SMALL - 1.0, style::SOFT, Anchor::End);
    }
    for (lane, &i) in missing.iter().enumerate() {
        let series = style::solver(i);
        let y = band.y + LANE * (lane as f64 + 0.5);
        let lost: Vec<&Passage> = all[i].iter().filter(|p| p.step.is_infinite()).collect();
        let mut last = f64::NEG_INFINITY;
        for passage in &lost {
            let Some([x, _]) = panel.x.place(passage.k).map(|share| [panel.rect.x + share * panel.rect.w, y])
            else {
                continue;
            };
            if x - last >= 9.0 && (panel.rect.x..=panel.rect.right()).contains(&x) {
                scene.marker(series.marker, [x, y], 0.8 * style::MARKER, series.color);
                last = x;
            }
        }
        let counted = format!("{} of {}", lost.len(), all[i].len());
        let label = if lost.len() == all[i].len() { &names[i] } else { &counted };
        let at = [band.right() + 9.0, y + 0.36 * style::LABEL];
        scene.write(label, at, style::LABEL, series.color.ink(), Anchor::Start);
    }
}
