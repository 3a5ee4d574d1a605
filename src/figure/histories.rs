//! The error of a few modes against the step, one panel a solver.

use crate::store::{read::RunData, schema::ModeName};

use super::{
    Figure, FigureError,
    labels::{self, EndLabel},
    number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel, TOP},
    scale::{Scale, positive_range},
    scene::{Point, Rect, Scene},
    seeds::{self, Middle},
    style,
};

/// More curves than this cannot be told apart.
const MOST: usize = 6;
/// The largest error drawn, or so many tolerances if that is more.
const HIGHEST: f64 = 1e3;
const HEADLINE: &str = "How single modes converge";

/// Histories of chosen modes.
pub const FIGURE: Figure = Figure {
    name: "histories",
    summary: "Relative error of a few modes, low to high, against the step, one panel a solver.",
    size: (1100, 700),
    needs_grid: true,
    draw,
};

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let modes = chosen(seeds::shown_modes(run));
    if modes.is_empty() {
        return Ok(Page::nothing(run, HEADLINE, "No mode was recorded."));
    }
    let count = run.solvers.len();
    let across = match count {
        1 => 1,
        2 | 4 => 2,
        3 | 5..=9 => 3,
        _ => 4,
    };
    let down = count.div_ceil(across);
    let height = if down == 1 { 400.0 } else { 230.0 };
    let curves: Vec<Vec<Vec<Middle>>> = run
        .solvers
        .iter()
        .map(|solver| modes.iter().map(|mode| seeds::mode(solver, mode)).collect())
        .collect();
    let limits = Limits::of(&curves, run.summary.tol);
    let note = format!(
        "Dotted: Δ = tol = {}. Colours run from the lowest mode (dark) to the highest (light).{}",
        number::short(run.summary.tol, 3),
        limits.cut(run, &curves),
    );
    let block = height + TOP + 34.0;
    let mut page = Page::new(run, HEADLINE, &note, down as f64 * block + BOTTOM - 34.0);
    let names: Vec<String> = modes.iter().map(seeds::mode_name).collect();
    let beside = labels::room(names.iter().map(String::as_str), 120.0);
    let width = (page.body.w - LEFT - across as f64 * beside - 12.0 * (across - 1) as f64) / across as f64;
    let y = Scale::log(limits.lo, limits.hi).padded(0.04);
    for (i, solver) in run.solvers.iter().enumerate() {
        let (column, row) = (i % across, i / across);
        let rect = Rect::new(
            page.body.x + LEFT + column as f64 * (width + beside + 12.0),
            page.body.y + TOP + row as f64 * block,
            width,
            height,
        );
        let steps = curves[i].iter().flatten().map(|point| point.x as u64);
        let (first, last) = steps.fold((u64::MAX, 1), |(a, b), s| (a.min(s), b.max(s)));
        let panel = Panel { rect, x: Scale::steps(if first == u64::MAX { 0 } else { first }, last), y };
        panel.grid(&mut page.scene);
        one(&mut page.scene, &panel, &curves[i], &names, run.summary.tol, beside);
        panel.frame(&mut page.scene);
        panel.x_axis(&mut page.scene, if i + across >= count { "step" } else { "" });
        if column == 0 {
            panel.y_axis(&mut page.scene, "relative error Δ");
        }
        panel.title(&mut page.scene, &solver.name, style::solver(i).color.ink(), &seeds::remark(solver));
    }
    Ok(page.scene)
}

/// All modes, or a few spread evenly in log |k|, lowest and highest among them.
fn chosen(modes: Vec<ModeName>) -> Vec<ModeName> {
    if modes.len() <= MOST {
        return modes;
    }
    let size = |mode: &ModeName| (1.0 + mode.magnitude()).ln();
    let (lo, hi) = (size(&modes[0]), size(&modes[modes.len() - 1]));
    let mut picked: Vec<usize> = Vec::new();
    for i in 0..MOST {
        let target = lo + (hi - lo) * i as f64 / (MOST - 1) as f64;
        let free = (0..modes.len()).filter(|at| !picked.contains(at));
        let away = |at: &usize| (size(&modes[*at]) - target).abs();
        picked.extend(free.min_by(|a, b| away(a).total_cmp(&away(b))));
    }
    picked.sort_unstable();
    picked.into_iter().map(|i| modes[i].clone()).collect()
}

/// One axis for all panels, from the smallest error drawn to the largest.
struct Limits {
    lo: f64,
    hi: f64,
}

impl Limits {
    /// What lies far from the tolerance is cut off.
    fn of(curves: &[Vec<Vec<Middle>>], tol: f64) -> Self {
        let values = curves.iter().flatten().flatten().map(|point| point.y);
        let (lo, hi) = positive_range(values.chain([tol])).unwrap_or((1e-3, 1.0));
        Self { lo: lo.max(tol * 1e-5), hi: hi.min(HIGHEST * tol.max(1.0)).max(tol) }
    }

    /// What the caption says of curves cut off.
    fn cut(&self, run: &RunData, curves: &[Vec<Vec<Middle>>]) -> String {
        let above = |curves: &Vec<Vec<Middle>>| curves.iter().flatten().any(|p| p.y > self.hi);
        let names = run.solvers.iter().zip(curves).filter(|(_, curves)| above(curves));
        let names: Vec<&str> = names.map(|(solver, _)| solver.name.as_str()).collect();
        let top = match names.as_slice() {
            [] => String::new(),
            names => format!(" Above Δ = {} and cut off: {}.", number::short(self.hi, 2), names.join(", ")),
        };
        let below = curves.iter().flatten().flatten().any(|p| p.y < self.lo);
        let low = if below {
            format!(" Errors below {} are cut off.", number::short(self.lo, 2))
        } else {
            String::new()
        };
        top + &low
    }
}

fn near(a: Point, b: Point) -> bool {
    (a[0] - b[0]).hypot(a[1] - b[1]) < 4.0
}

fn one(scene: &mut Scene, panel: &Panel, curves: &[Vec<Middle>], names: &[String], tol: f64, beside: f64) {
    let left_to_right = [(0.0, tol), (1.0, tol)].map(|(share, tol)| (share, panel.y.place(tol)));
    if let [(_, Some(at)), _] = left_to_right {
        let y = panel.rect.bottom() - at * panel.rect.h;
        if panel.rect.holds([panel.rect.x, y]) {
            let flat = Panel { x: Scale::linear(0.0, 1.0), ..*panel };
            flat.line(scene, &[(0.0, tol), (1.0, tol)], style::INK, style::DOTS, style::CURVE);
        }
    }
    for (k, curve) in curves.iter().enumerate() {
        let band: Vec<_> = curve.iter().map(|p| (p.x, p.lo, p.hi)).collect();
        if curve.iter().any(|p| p.lo < p.hi) {
            panel.band(scene, &band, style::ordered(k, curves.len()).color.fade(0.16));
        }
    }
    let mut ends = Vec::new();
    let mut path = Vec::new();
    for (k, curve) in curves.iter().enumerate() {
        let series = style::ordered(k, curves.len());
        let values: Vec<_> = curve.iter().map(|p| (p.x, p.y)).collect();
        let points = panel.curve(scene, &values, &series, 12.0 * k as f64);
        if let Some(end) = points.last() {
            ends.push(EndLabel { text: names[k].clone(), color: series.color, end: *end });
        }
        path.extend(points);
    }
    let room = Rect { w: panel.rect.w + beside, ..panel.rect };
    if ends.len() > 2 && ends.iter().all(|label| near(label.end, ends[0].end)) {
        ends = vec![EndLabel { text: "all k".into(), color: style::INK, end: ends[0].end }];
    }
    labels::place(scene, ends, &panel.rect, room, &path, Vec::new());
}
