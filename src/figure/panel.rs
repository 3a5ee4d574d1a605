//! One pair of axes: frame, ticks, numbers, and curves cut at the frame.

use super::{
    scale::{Scale, Tick},
    scene::{Anchor, Point, Rect, Scene, Text},
    stroke::{along, cut, dashes, distance, thin_out},
    style::{self, Color, Dash, Series},
    text,
};

/// Room a panel needs left of its frame for numbers and the name of the axis.
pub const LEFT: f64 = 78.0;
/// Room below the frame.
pub const BOTTOM: f64 = 54.0;
/// Room above the frame for its title.
pub const TOP: f64 = 30.0;

/// A pair of axes on the page.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// The inside of the frame.
    pub rect: Rect,
    /// Left to right.
    pub x: Scale,
    /// Bottom to top.
    pub y: Scale,
}

impl Panel {
    /// Where a pair of values stands on the page, inside the frame or not.
    pub fn at(&self, x: f64, y: f64) -> Option<Point> {
        let y = match y {
            // Zero is below every power of ten: the curve leaves through the bottom.
            0.0 if self.y.place(0.0).is_none() => -0.5,
            y => self.y.place(y)?,
        };
        let x = self.x.place(x)?;
        // Far outside is far enough: whole pixels must not overflow.
        Some([
            self.rect.x + x.clamp(-50.0, 50.0) * self.rect.w,
            self.rect.bottom() - y.clamp(-50.0, 50.0) * self.rect.h,
        ])
    }

    /// A panel's title, above its frame.
    pub fn title(&self, scene: &mut Scene, name: &str, color: Color, rest: &str) {
        let taken = |rest: &str| {
            if rest.is_empty() { 0.0 } else { text::width(rest, style::SMALL, false) + 10.0 }
        };
        let whole = taken(rest) + text::width(name, style::PANEL_TITLE, true) <= self.rect.w;
        let rest = if whole { rest } else { rest.split(" [").next().unwrap_or(rest) };
        let rest_width = taken(rest);
        let room = self.rect.w - rest_width;
        let fits = text::width(name, style::PANEL_TITLE, true) <= room;
        let size = if fits { style::PANEL_TITLE } else { style::SMALL };
        let name = text::shorten(name, size, true, room);
        let y = self.rect.y - 9.0;
        scene.write_bold(&name, [self.rect.x, y], size, color, Anchor::Start);
        scene.write(rest, [self.rect.right(), y], style::SMALL, style::SOFT, Anchor::End);
    }

    /// Lines behind the curves at the numbered ticks.
    pub fn grid(&self, scene: &mut Scene) {
        for tick in numbered(self.x_ticks()) {
            let x = self.rect.x + tick.at * self.rect.w;
            scene.line(vec![[x, self.rect.y], [x, self.rect.bottom()]], style::GRID, 1.0);
        }
        for tick in numbered(self.y_ticks()) {
            let y = self.rect.bottom() - tick.at * self.rect.h;
            scene.line(vec![[self.rect.x, y], [self.rect.right(), y]], style::GRID, 1.0);
        }
    }

    /// The frame.
    pub fn frame(&self, scene: &mut Scene) {
        scene.frame(self.rect, style::INK, style::FRAME);
    }

    /// Ticks and numbers below, and the name of the axis unless it is empty.
    pub fn x_axis(&self, scene: &mut Scene, name: &str) {
        self.x_marks(scene, true);
        let at = [self.rect.x + self.rect.w / 2.0, self.rect.bottom() + 43.0];
        scene.write(name, at, style::LABEL, style::INK, Anchor::Middle);
    }

    /// Ticks below, with or without their numbers.
    pub fn x_marks(&self, scene: &mut Scene, numbers: bool) {
        let bottom = self.rect.bottom();
        let mut free = f64::NEG_INFINITY;
        for tick in self.x_ticks() {
            let x = self.rect.x + tick.at * self.rect.w;
            let length = if tick.label.is_some() { 6.0 } else { 3.5 };
            scene.line(vec![[x, bottom], [x, bottom + length]], style::INK, style::FRAME);
            let Some(label) = tick.label.filter(|_| numbers) else {
                continue;
            };
            let half = text::width(&label, style::SMALL, false) / 2.0;
            if x - half > free {
                scene.write(&label, [x, bottom + 21.0], style::SMALL, style::INK, Anchor::Middle);
                free = x + half + 5.0;
            }
        }
        if let Some(cut) = self.x.cut() {
            let x = self.rect.x + cut * self.rect.w;
            for dx in [-2.0, 2.0] {
                scene.line(
                    vec![[x + dx - 1.5, bottom + 5.0], [x + dx + 1.5, bottom - 5.0]],
                    style::INK,
                    style::FRAME,
                );
            }
        }
    }

    /// Ticks and numbers on the left, and the name of the axis unless it is empty.
    pub fn y_axis(&self, scene: &mut Scene, name: &str) {
        self.y_marks(scene, &self.y_ticks());
        self.y_name(scene, name);
    }

    /// The given ticks on the left.
    pub fn y_marks(&self, scene: &mut Scene, ticks: &[Tick]) {
        let mut free = f64::INFINITY;
        for tick in ticks {
            let y = self.rect.bottom() - tick.at * self.rect.h;
            let length = if tick.label.is_some() { 6.0 } else { 3.5 };
            scene.line(vec![[self.rect.x - length, y], [self.rect.x, y]], style::INK, style::FRAME);
            let Some(label) = &tick.label else { continue };
            if y < free {
                let at = [self.rect.x - 9.0, y + 0.36 * style::SMALL];
                scene.write(label, at, style::SMALL, style::INK, Anchor::End);
                free = y - 1.1 * style::SMALL;
            }
        }
    }

    /// The name of the y axis.
    pub fn y_name(&self, scene: &mut Scene, name: &str) {
        scene.text(Text {
            text: name.into(),
            at: [self.rect.x - LEFT + 18.0, self.rect.y + self.rect.h / 2.0],
            size: style::LABEL,
            bold: false,
            color: style::INK,
            anchor: Anchor::Middle,
            upright: true,
        });
    }

    fn x_ticks(&self) -> Vec<Tick> {
        let room = if self.x.is_log() { 33.0 } else { 56.0 };
        inside(self.x.ticks((self.rect.w / room) as usize))
    }

    fn y_ticks(&self) -> Vec<Tick> {
        inside(self.y.ticks((self.rect.h / 34.0) as usize))
    }

    /// The visible pieces of a curve; values without a place on an axis interrupt it.
    pub fn pieces(&self, values: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let mut pieces: Vec<Vec<Point>> = Vec::new();
        let mut open = false;
        let mut before: Option<Point> = None;
        for &(x, y) in values {
            let here = self.at(x, y);
            if let (Some(a), Some(b)) = (before, here) {
                if let Some((from, to)) = cut(&self.rect, a, b) {
                    if !open || from != a {
                        pieces.push(vec![from]);
                    }
                    if let Some(piece) = pieces.last_mut() {
                        piece.push(to);
                    }
                    open = to == b;
                } else {
                    open = false;
                }
            } else {
                open = false;
            }
            before = here;
        }
        pieces.iter().map(|piece| thin_out(piece)).collect()
    }

    /// A dashed or solid curve without markers.
    pub fn line(&self, scene: &mut Scene, values: &[(f64, f64)], color: Color, dash: Dash, width: f64) {
        for piece in self.pieces(values) {
            for part in dashes(&piece, dash) {
                scene.line(part, color, width);
            }
        }
    }

    /// A curve with its markers about 70 points apart, `phase` points into that rhythm; a curve of few points has one
    /// at each. Returns points all along it.
    pub fn curve(&self, scene: &mut Scene, values: &[(f64, f64)], series: &Series, phase: f64) -> Vec<Point> {
        self.line(scene, values, series.color, series.dash, style::CURVE);
        let shown: Vec<Point> =
            values.iter().filter_map(|&(x, y)| self.at(x, y)).filter(|p| self.rect.holds(*p)).collect();
        let apart = if shown.len() <= 16 { 8.0 } else { 70.0 };
        let mut next = f64::NEG_INFINITY;
        let mut walked = 0.0;
        for (i, point) in shown.iter().enumerate() {
            walked += if i == 0 { 0.0 } else { distance(shown[i - 1], *point) };
            if walked >= next {
                scene.marker(series.marker, *point, style::MARKER, series.color);
                next = walked + if next.is_finite() { apart } else { apart - phase.min(0.8 * apart) };
            }
        }
        let path: Vec<Point> = self.pieces(values).iter().flat_map(|piece| along(piece, 5.0)).collect();
        if path.is_empty() { shown } else { path }
    }

    /// The area between two curves given as (x, low, high).
    pub fn band(&self, scene: &mut Scene, values: &[(f64, f64, f64)], color: Color) {
        let inside = |p: Point| [p[0], p[1].clamp(self.rect.y, self.rect.bottom())];
        let runs = values.split(|&(x, lo, hi)| self.at(x, lo).is_none() || self.at(x, hi).is_none());
        for run in runs {
            let upper = run.iter().filter_map(|&(x, _, hi)| self.at(x, hi));
            let lower = run.iter().rev().filter_map(|&(x, lo, _)| self.at(x, lo));
            scene.fill(upper.chain(lower).map(inside).collect(), color);
        }
    }
}

/// The ticks between the ends of an axis.
pub fn inside(ticks: Vec<Tick>) -> Vec<Tick> {
    ticks.into_iter().filter(|tick| (-1e-6..=1.0 + 1e-6).contains(&tick.at)).collect()
}

fn numbered(ticks: Vec<Tick>) -> impl Iterator<Item = Tick> {
    ticks.into_iter().filter(|tick| tick.label.is_some())
}
