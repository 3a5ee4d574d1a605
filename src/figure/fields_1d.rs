//! Solution and error on an interval, as curves: a row a solver, the solution at all chosen steps, then the error at
//! each of them on a scale of its own, so that its shape stays visible while it shrinks.

use ndarray::ArrayD;

use crate::store::read::RunData;

use super::{
    fields::{Chosen, HEADLINE, largest},
    number,
    page::Page,
    panel::{self, BOTTOM, LEFT, Panel},
    scale::{Scale, Tick, range},
    scene::{Anchor, Rect, Scene},
    style, text,
};

const ROW: f64 = 170.0;
const TITLE: f64 = 80.0;
/// A solution is drawn so many heights of the reference above and below it.
const FURTHEST: f64 = 4.0;
/// Room for the numbers left of an error panel.
const BETWEEN: f64 = 62.0;

/// Draws the figure.
pub fn draw(run: &RunData, reference: Option<&ArrayD<f64>>, solvers: &[Chosen]) -> Scene {
    let note = match reference {
        Some(_) => {
            "Left: solution u at the steps of the panels beside it; black dots: reference. \
                    Right: error u − u_ref at these steps, each on its own scale."
        }
        None => "Solution u at a few steps. The run has no reference, hence no error.",
    };
    let body = solvers.len() as f64 * (ROW + TITLE) + BOTTOM;
    let heights: Vec<Heights> = solvers.iter().map(|solver| Heights::of(solver, reference)).collect();
    let cut: Vec<&str> =
        solvers.iter().zip(&heights).filter(|(_, h)| h.cut).map(|(s, _)| s.name.as_str()).collect();
    let note = match cut.as_slice() {
        [] => note.to_string(),
        names => {
            format!("{note} Far above or below the reference and cut at the frame: {}.", names.join(", "))
        }
    };
    let mut page = Page::new(run, HEADLINE, &note, body);
    let most = solvers.iter().map(|solver| solver.fields.len()).max().unwrap_or(1);
    let first = if reference.is_some() { 280.0 } else { page.body.w - LEFT };
    let rest = page.body.w - LEFT - first - BETWEEN * most as f64;
    let width = (rest / most as f64).min(260.0);
    let [lo, hi] = run.summary.bounds[0];
    let x = Scale::linear(lo, hi);
    for (i, solver) in solvers.iter().enumerate() {
        let y = page.body.y + i as f64 * (ROW + TITLE) + TITLE;
        let last = i + 1 == solvers.len();
        let rect = Rect::new(page.body.x + LEFT, y, first, ROW);
        let color = style::solver(solver.index).color.ink();
        let name = text::shorten(&solver.name, style::PANEL_TITLE, true, rect.w + 0.5 * BETWEEN);
        page.scene.write_bold(&name, [rect.x, y - 45.0], style::PANEL_TITLE, color, Anchor::Start);
        let panel = Panel { rect, x, y: Scale::linear(heights[i].lo, heights[i].hi).padded(0.07) };
        solution(&mut page.scene, &panel, solver, reference, &heights[i], last, [lo, hi]);
        let Some(reference) = reference else { continue };
        for (k, (step, field)) in solver.fields.iter().enumerate() {
            let left = rect.right() + BETWEEN + k as f64 * (width + BETWEEN);
            let rect = Rect::new(left, y, width, ROW);
            let curve = curve(&(field - reference), [lo, hi]);
            let color = style::ordered(k, solver.fields.len()).color;
            error(&mut page.scene, rect, x, *step, &curve, color, last);
        }
    }
    page.scene
}

fn curve(field: &ArrayD<f64>, [lo, hi]: [f64; 2]) -> Vec<(f64, f64)> {
    let cells = field.len().saturating_sub(1).max(1) as f64;
    field.iter().enumerate().map(|(i, u)| (lo + (hi - lo) * i as f64 / cells, *u)).collect()
}

/// What the solutions of one solver reach.
struct Heights {
    lo: f64,
    hi: f64,
    /// Some go further.
    cut: bool,
}

impl Heights {
    fn of(solver: &Chosen, reference: Option<&ArrayD<f64>>) -> Self {
        let values = || solver.fields.iter().flat_map(|(_, field)| field.iter()).copied();
        let (lo, hi) = range(values()).unwrap_or((0.0, 1.0));
        let Some((a, b)) = range(reference.into_iter().flatten().copied()) else {
            return Self { lo, hi, cut: false };
        };
        // A diverging solver must not flatten the rest.
        let most = if b > a { FURTHEST * (b - a) } else { f64::INFINITY };
        let cut = values().any(|u| u < a - most || u > b + most);
        Self { lo: lo.min(a).max(a - most), hi: hi.max(b).min(b + most), cut }
    }
}

fn solution(
    scene: &mut Scene,
    panel: &Panel,
    solver: &Chosen,
    reference: Option<&ArrayD<f64>>,
    heights: &Heights,
    last: bool,
    bounds: [f64; 2],
) {
    let rect = panel.rect;
    panel.grid(scene);
    for (k, (_, field)) in solver.fields.iter().enumerate() {
        let series = style::ordered(k, solver.fields.len());
        panel.line(scene, &curve(field, bounds), series.color, series.dash, style::CURVE);
    }
    if let Some(reference) = reference {
        panel.line(scene, &curve(reference, bounds), style::INK, style::DOTS, style::CURVE);
    }
    panel.frame(scene);
    x_axis(scene, panel, last);
    let unit = Unit::of(heights.lo.abs().max(heights.hi.abs()));
    let scaled = Scale::linear(heights.lo / unit.value, heights.hi / unit.value).padded(0.07);
    panel.y_marks(scene, &panel::inside(scaled.ticks((rect.h / 34.0) as usize)));
    panel.y_name(scene, "u");
    unit.write(scene, rect);
    let words = if reference.is_some() { "u; dotted: reference" } else { "u" };
    scene.write(words, [rect.x, rect.y - 26.0], style::SMALL, style::SOFT, Anchor::Start);
}

fn error(
    scene: &mut Scene,
    rect: Rect,
    x: Scale,
    step: u64,
    curve: &[(f64, f64)],
    color: style::Color,
    last: bool,
) {
    let most = largest(curve.iter().map(|point| point.1));
    let panel = Panel { rect, x, y: Scale::linear(-most, most).padded(0.07) };
    let title = format!("step {}", number::count(step));
    scene.write_bold(
        &title,
        [rect.x + 0.5 * rect.w, rect.y - 45.0],
        style::LABEL,
        color.ink(),
        Anchor::Middle,
    );
    let size =
        if most.is_nan() { "not a number".into() } else { format!("|e| ≤ {}", number::short(most, 2)) };
    scene.write(&size, [rect.x + 0.5 * rect.w, rect.y - 26.0], style::SMALL, style::SOFT, Anchor::Middle);
    if let Some([_, y]) = panel.at(0.0, 0.0).filter(|_| most > 0.0) {
        scene.line(vec![[rect.x, y], [rect.right(), y]], style::VOID, style::THIN);
    }
    if most > 0.0 {
        panel.line(scene, curve, color, &[], style::CURVE);
        symmetric(scene, &panel, most);
    } else {
        let (words, y) =
            if most == 0.0 { ("e = 0", rect.y + 0.5 * rect.h) } else { ("no number", rect.y + 0.5 * rect.h) };
        scene.write(words, [rect.x + rect.w / 2.0, y], style::LABEL, style::SOFT, Anchor::Middle);
    }
    panel.frame(scene);
    x_axis(scene, &panel, last);
}

/// Numbers and name under the last row, ticks under the others.
fn x_axis(scene: &mut Scene, panel: &Panel, last: bool) {
    if last { panel.x_axis(scene, "x") } else { panel.x_marks(scene, false) }
}

/// The power of ten that the numbers at an axis leave out.
struct Unit {
    value: f64,
    name: String,
}

impl Unit {
    /// None where the numbers are short enough in full.
    fn of(most: f64) -> Self {
        let exponent = most.log10().floor();
        if exponent.is_finite() && !(-2.0..3.0).contains(&exponent) {
            let value = 10f64.powf(exponent);
            Self { value, name: format!("×{}", number::power(exponent as i64)) }
        } else {
            Self { value: 1.0, name: String::new() }
        }
    }

    /// Writes it above the axis.
    fn write(&self, scene: &mut Scene, rect: Rect) {
        scene.write(&self.name, [rect.x - 9.0, rect.y - 7.0], style::SMALL, style::INK, Anchor::End);
    }
}

/// Numbers at zero and at a round number on either side.
fn symmetric(scene: &mut Scene, panel: &Panel, most: f64) {
    let unit = Unit::of(most);
    let decade = 10f64.powf(most.log10().floor());
    let round = [5.0, 2.0, 1.0].iter().map(|m| m * decade).find(|v| *v <= most).unwrap_or(decade);
    let ticks = [-round, 0.0, round]
        .into_iter()
        .filter_map(|v| Some(Tick { at: panel.y.place(v)?, label: Some(number::short(v / unit.value, 1)) }));
    panel.y_marks(scene, &ticks.collect::<Vec<_>>());
    unit.write(scene, panel.rect);
}
