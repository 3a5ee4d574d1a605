//! Solution and error on a rectangle, or on a plane through a box, as heat maps: two rows a solver, the reference first.

use ndarray::ArrayD;

use crate::store::read::RunData;

use super::{
    colorbar,
    fields::{Chosen, HEADLINE, Plane, largest},
    number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel},
    scale::{Scale, range},
    scene::{Anchor, Rect, Scene},
    style::{self, ColorMap},
    text,
};

/// Room above a row of maps.
const TITLE: f64 = 28.0;
const GAP: f64 = 26.0;

/// Where everything stands.
struct Layout {
    /// Size of a map.
    map: [f64; 2],
    x: Scale,
    y: Scale,
    left: f64,
    names: [&'static str; 2],
}

impl Layout {
    fn rect(&self, column: usize, y: f64) -> Rect {
        Rect::new(self.left + column as f64 * (self.map[0] + GAP), y, self.map[0], self.map[1])
    }
}

/// Draws the figure.
pub fn draw(run: &RunData, plane: &Plane, reference: Option<&ArrayD<f64>>, solvers: &[Chosen]) -> Scene {
    let note = match reference {
        Some(_) => {
            "All solutions share one scale, that of the reference. Errors u − u_ref are each on a scale of their own, \
                    blue below zero and red above."
        }
        None => "All solutions share one scale. The run has no reference, hence no error.",
    };
    let (headline, note) = match plane.at {
        None => (HEADLINE.to_string(), note.to_string()),
        Some(at) => {
            let at = number::short(at, 3);
            (
                format!("{HEADLINE}, on the plane x = {at}"),
                format!("All maps are of the plane x = {at}. {note}"),
            )
        }
    };
    let [x, y] = plane.bounds;
    let shape = ((y[1] - y[0]) / (x[1] - x[0])).abs();
    let shape = if shape.is_finite() { shape.clamp(0.3, 2.0) } else { 1.0 };
    let columns = 1 + solvers.iter().map(|solver| solver.fields.len()).max().unwrap_or(1);
    let inner = style::WIDTH - 2.0 * style::MARGIN - LEFT - colorbar::ROOM;
    let width = (inner / columns as f64 - GAP).min(200.0);
    let map = [width, width * shape];
    let rows = if reference.is_some() { 2 } else { 1 };
    let block = rows as f64 * (map[1] + TITLE) + 42.0;
    let mut page = Page::new(run, &headline, &note, block * solvers.len() as f64 + BOTTOM);
    let layout = Layout {
        map,
        x: Scale::linear(x[0], x[1]),
        y: Scale::linear(y[0], y[1]),
        left: page.body.x + LEFT,
        names: plane.names,
    };
    let values: Box<dyn Iterator<Item = f64>> = match reference {
        Some(reference) => Box::new(reference.iter().copied()),
        None => Box::new(solvers.iter().flat_map(|s| &s.fields).flat_map(|f| f.1.iter()).copied()),
    };
    let scale = range(values).unwrap_or((0.0, 1.0));
    for (i, solver) in solvers.iter().enumerate() {
        let top = page.body.y + i as f64 * block + TITLE + 36.0;
        one(&mut page.scene, &layout, solver, reference, scale, top, i + 1 == solvers.len());
    }
    page.scene
}

fn one(
    scene: &mut Scene,
    layout: &Layout,
    solver: &Chosen,
    reference: Option<&ArrayD<f64>>,
    scale: (f64, f64),
    top: f64,
    last: bool,
) {
    let color = style::solver(solver.index).color.ink();
    let name = text::shorten(&solver.name, style::PANEL_TITLE, true, 900.0);
    scene.write_bold(&name, [layout.left, top - 32.0], style::PANEL_TITLE, color, Anchor::Start);
    let value = Scale::linear(scale.0, scale.1);
    let columns = solver.fields.len();
    let below = top + layout.map[1] + TITLE;
    for (k, (step, field)) in solver.fields.iter().enumerate() {
        let rect = layout.rect(k, top);
        heading(scene, rect, &format!("step {}", number::count(*step)), "");
        map(scene, rect, field, |u| ColorMap::Value.at(value.place(u).unwrap_or(f64::NAN)));
        axes(scene, layout, rect, k == 0, last && reference.is_none());
        let Some(reference) = reference else { continue };
        let rect = layout.rect(k, below);
        let error = field - reference;
        let most = largest(error.iter().copied());
        let size =
            if most.is_nan() { "not a number".into() } else { format!("|e| ≤ {}", number::short(most, 2)) };
        heading(scene, rect, "", &size);
        let scaled = |e: f64| {
            if most == 0.0 { 0.5 } else { 0.5 + 0.5 * e / most }
        };
        map(scene, rect, &error, |e| ColorMap::Signed.at(if e.is_nan() { f64::NAN } else { scaled(e) }));
        axes(scene, layout, rect, k == 0, last);
    }
    let mut next = layout.rect(columns, top);
    if let Some(reference) = reference {
        heading(scene, next, "reference", "");
        map(scene, next, reference, |u| ColorMap::Value.at(value.place(u).unwrap_or(f64::NAN)));
        axes(scene, layout, next, false, false);
        next.x = next.right() + GAP;
        let bar = Rect { x: layout.rect(columns, below).x, y: below, w: 18.0, h: layout.map[1] };
        colorbar::draw(scene, bar, Scale::linear(-1.0, 1.0), ColorMap::Signed, "error / max |e|");
    }
    let bar = Rect { w: 18.0, ..next };
    colorbar::draw(scene, bar, value, ColorMap::Value, "u");
}

fn heading(scene: &mut Scene, rect: Rect, name: &str, size: &str) {
    scene.write_bold(name, [rect.x, rect.y - 9.0], style::LABEL, style::INK, Anchor::Start);
    scene.write(size, [rect.x, rect.y - 9.0], style::SMALL, style::SOFT, Anchor::Start);
}

fn axes(scene: &mut Scene, layout: &Layout, rect: Rect, left: bool, low: bool) {
    let panel = Panel { rect, x: layout.x, y: layout.y };
    panel.frame(scene);
    if low {
        panel.x_axis(scene, layout.names[0]);
    } else {
        panel.x_marks(scene, false);
    }
    if left {
        panel.y_axis(scene, layout.names[1]);
    }
}

/// One map: nodes as pixels, axis 0 to the right, axis 1 upwards.
fn map(scene: &mut Scene, rect: Rect, field: &ArrayD<f64>, color: impl Fn(f64) -> [u8; 3]) {
    let &[nx, ny] = field.shape() else { return };
    if nx == 0 || ny == 0 {
        return;
    }
    // Few nodes are blown up, many are thinned out, to about two pixels a point.
    let size = ((2.0 * rect.w) as u32, (2.0 * rect.h) as u32);
    let node = |p: u32, pixels: u32, nodes: usize| {
        let share = (f64::from(p) + 0.5) / f64::from(pixels.max(1));
        ((share * (nodes - 1) as f64).round() as usize).min(nodes - 1)
    };
    scene.image(rect, size, |px, py| {
        color(field[[node(px, size.0, nx), node(size.1 - 1 - py, size.1, ny)].as_slice()])
    });
}
