//! The error of the whole solution against steps, work and seconds.

use crate::store::read::{HistoryRow, RunData, SolverData};

use super::{
    Figure, FigureError,
    labels::{self, EndLabel},
    number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel, TOP},
    scale::{Scale, positive_range},
    scene::{Anchor, Point, Rect, Scene, Text},
    seeds::{self, Middle},
    style, text,
};

/// The width of a solver's name where it ended well.
const NAME: f64 = 112.0;
const HEADLINE: &str = "Error against steps, work and time";

/// The error of all solvers, three times.
pub const FIGURE: Figure = Figure {
    name: "error",
    summary: "Relative L2 error of all solvers against steps, work units and seconds.",
    size: (1100, 600),
    needs_grid: false,
    draw,
};

/// One of the three panels.
struct Axis {
    name: &'static str,
    value: fn(&HistoryRow) -> Option<f64>,
}

/// What one work unit is on a grid and without one: in the caption, and on the axis.
const UNITS: [[&str; 2]; 2] = [
    ["one Jacobi sweep on the finest grid", "work units (Jacobi sweeps)"],
    ["10⁹ flops", "work units (10⁹ flops)"],
];

fn axes(work: &'static str) -> [Axis; 3] {
    [
        Axis { name: "step", value: |row| Some(row.step as f64) },
        Axis { name: work, value: |row| row.work_units.filter(|w| *w >= 0.0) },
        Axis { name: "seconds", value: |row| row.seconds.filter(|s| *s >= 0.0) },
    ]
}

/// Room below the smallest error for the mark of an exact solution, as a share of the decades above.
const EXACT: f64 = 0.12;

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let [unit, work] = UNITS[usize::from(run.summary.test_points.is_some())];
    let axes = axes(work);
    let mut curves: Vec<Vec<Vec<Middle>>> = axes
        .iter()
        .map(|axis| run.solvers.iter().map(|s| seeds::history(s, axis.value, |row| row.error_l2)).collect())
        .collect();
    let values = curves.iter().flatten().flatten().map(|point| point.y);
    let floor = run.summary.floor_l2.filter(|floor| run.summary.reference == "exact" && *floor > 0.0);
    let Some((lo, hi)) = positive_range(values.chain(floor)) else {
        return Ok(Page::nothing(
            run,
            HEADLINE,
            "No error was recorded: the run has no reference, or no step.",
        ));
    };
    let start = curves.iter().flatten().filter_map(|curve| curve.first()).map(|point| point.y);
    let start = positive_range(start).map_or(1.0, |(_, most)| most);
    let hi = hi.min(1e3 * start.max(lo));
    let lo = lo.max(1e-16 * hi);
    let exact = curves.iter().flatten().flatten().any(|point| point.y == 0.0);
    let y = if exact {
        let bottom = lo / (hi / lo).max(10.0).powf(EXACT);
        for point in curves.iter_mut().flatten().flatten() {
            for value in [&mut point.y, &mut point.lo, &mut point.hi] {
                *value = if *value == 0.0 { bottom } else { *value };
            }
        }
        Scale::log(bottom, hi * (hi / lo).powf(0.04))
    } else {
        Scale::log(lo, hi).padded(0.04)
    };

    let height = if run.solvers.len() > 5 { 480.0 } else { 400.0 };
    let dotted = match floor {
        Some(floor) => format!(
            "Dotted: discretisation error {} of this grid, at which grid methods end. ",
            number::short(floor, 2)
        ),
        None => String::new(),
    };
    let note = format!(
        "{dotted}{}One work unit is {unit}. Set-up is included in work and seconds. \
         A start cheaper than every first step stands at the left edge.",
        if exact { "On the lower edge: error 0. " } else { "" }
    );
    let mut page = Page::new(run, HEADLINE, &note, height + TOP + BOTTOM - 12.0);
    let names: Vec<String> = run.solvers.iter().map(name).collect();
    let beside = labels::room(names.iter().map(String::as_str), f64::INFINITY);
    let width = (page.body.w - LEFT - 3.0 * beside - 16.0) / 3.0;
    for (i, (axis, curves)) in axes.iter().zip(&mut curves).enumerate() {
        let x = page.body.x + LEFT + i as f64 * (width + beside + 8.0);
        let rect = Rect::new(x, page.body.y + 14.0, width, height);
        let panel = Panel { rect, x: if i == 0 { steps(curves) } else { costs(curves) }, y };
        panel.grid(&mut page.scene);
        one(&mut page.scene, &panel, curves, &names, floor, beside);
        panel.frame(&mut page.scene);
        panel.x_axis(&mut page.scene, axis.name);
        if i == 0 {
            panel.y_axis(&mut page.scene, "relative L2 error");
        }
    }
    Ok(page.scene)
}

/// A solver's name, shortened, and how it ended if badly, whole.
fn name(solver: &SolverData) -> String {
    let trouble = seeds::trouble(solver).map(|trouble| format!(" ({trouble})")).unwrap_or_default();
    let room = (1.35 * NAME - text::width(&trouble, style::LABEL, false)).min(NAME);
    text::shorten(&solver.name, style::LABEL, false, room.max(0.48 * NAME)) + &trouble
}

fn steps(curves: &[Vec<Middle>]) -> Scale {
    let all = curves.iter().flatten().map(|point| point.x as u64);
    let (first, last) = all.fold((u64::MAX, 1), |(a, b), step| (a.min(step), b.max(step)));
    Scale::steps(if first == u64::MAX { 1 } else { first }, last)
}

/// The axis of work or seconds, from the first step that cost something on; earlier starts move to its left edge.
fn costs(curves: &mut [Vec<Middle>]) -> Scale {
    let later = curves.iter().flat_map(|curve| curve.iter().skip(1)).map(|point| point.x);
    let all = curves.iter().flatten().map(|point| point.x);
    let (lo, hi) = positive_range(later).or_else(|| positive_range(all)).unwrap_or((0.1, 1.0));
    let left = lo / (hi / lo).max(10.0).powf(0.05);
    for point in curves.iter_mut().flatten() {
        point.x = point.x.max(left);
    }
    Scale::log(left, hi * (hi / lo).powf(0.03))
}

/// A dotted line at the discretisation error.
fn draw_floor(scene: &mut Scene, panel: &Panel, floor: f64) {
    let flat = Panel { x: Scale::linear(0.0, 1.0), ..*panel };
    flat.line(scene, &[(0.0, floor), (1.0, floor)], style::INK, style::DOTS, style::CURVE);
}

/// What the dotted line is, where fewest points of the curves are; returns the room this takes.
fn name_floor(scene: &mut Scene, panel: &Panel, floor: f64, curves: &[Point]) -> Option<Rect> {
    let (rect, y) = (panel.rect, panel.rect.bottom() - panel.y.place(floor)? * panel.rect.h);
    let ends = [(rect.x + 6.0, Anchor::Start), (rect.right() - 6.0, Anchor::End)];
    let places = [y + 16.0, y - 6.0].into_iter().flat_map(|y| ends.map(|(x, anchor)| ([x, y], anchor)));
    let texts = places.map(|(at, anchor)| Text {
        text: "discretisation".into(),
        at,
        size: style::SMALL,
        bold: false,
        color: style::INK,
        anchor,
        upright: false,
    });
    let met = |text: &Text| curves.iter().filter(|point| text.bounds().grow(4.0).holds(**point)).count();
    let inside = texts.filter(|text| text.bounds().overlap(&rect) > 0.99 * text.bounds().w * text.bounds().h);
    let text = inside.min_by_key(met)?;
    let taken = text.bounds();
    scene.text(text);
    Some(taken)
}

fn one(
    scene: &mut Scene,
    panel: &Panel,
    curves: &[Vec<Middle>],
    names: &[String],
    floor: Option<f64>,
    beside: f64,
) {
    for (i, curve) in curves.iter().enumerate() {
        if curve.iter().any(|p| p.lo < p.hi) {
            let band: Vec<_> = curve.iter().map(|p| (p.x, p.lo, p.hi)).collect();
            panel.band(scene, &band, style::solver(i).color.fade(0.16));
        }
    }
    if let Some(floor) = floor {
        draw_floor(scene, panel, floor);
    }
    let mut ends = Vec::new();
    let (mut path, mut taken) = (Vec::new(), Vec::new());
    for (i, curve) in curves.iter().enumerate() {
        let series = style::solver(i);
        let values: Vec<_> = curve.iter().map(|p| (p.x, p.y)).collect();
        // One step is a point: the line from the start to it only says which start.
        let points = if let [_, end] = values.as_slice() {
            panel.line(scene, &values, series.color.fade(0.4), series.dash, style::THIN);
            let marked = panel.curve(scene, &[*end], &series, 0.0);
            // Its marker is all there is of it.
            taken.extend(marked.iter().map(|[x, y]| Rect::new(*x, *y, 0.0, 0.0).grow(style::MARKER)));
            marked
        } else {
            panel.curve(scene, &values, &series, 9.0 * i as f64)
        };
        if let Some(end) = points.last() {
            ends.push(EndLabel { text: names[i].clone(), color: series.color, end: *end });
        }
        path.extend(points);
    }
    let room = Rect { w: panel.rect.w + beside, ..panel.rect };
    taken.extend(floor.and_then(|floor| name_floor(scene, panel, floor, &path)));
    labels::place(scene, ends, &panel.rect, room, &path, taken);
}
