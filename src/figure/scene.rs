//! A figure as a list of shapes in points, before any file format: what SVG and PNG share, and what tests can look at.

use super::{
    style::{Color, MARKER, Marker, PAPER},
    text,
};

/// A point, right and down from the upper left corner.
pub type Point = [f64; 2];

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// A rectangle from its upper left corner and its size.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Whether a point is inside or on the edge.
    pub fn holds(&self, [x, y]: Point) -> bool {
        x >= self.x && x <= self.right() && y >= self.y && y <= self.bottom()
    }

    /// The area two rectangles share.
    pub fn overlap(&self, other: &Self) -> f64 {
        let w = self.right().min(other.right()) - self.x.max(other.x);
        let h = self.bottom().min(other.bottom()) - self.y.max(other.y);
        if w > 0.0 && h > 0.0 { w * h } else { 0.0 }
    }

    /// The same rectangle, larger by `by` on every side.
    pub fn grow(&self, by: f64) -> Self {
        Self::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }
}

/// Which part of a text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A line of text; its point is on the base line.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Where.
    pub at: Point,
    /// The em.
    pub size: f64,
    /// Bold or not.
    pub bold: bool,
    /// Colour.
    pub color: Color,
    /// What stands at the point.
    pub anchor: Anchor,
    /// Written upwards.
    pub upright: bool,
}

impl Text {
    /// The rectangle the text covers.
    pub fn bounds(&self) -> Rect {
        let width = text::width(&self.text, self.size, self.bold);
        let back = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let (up, height) = (0.76 * self.size, self.size);
        let [x, y] = self.at;
        if self.upright {
            Rect::new(x - up, y + back - width, height, width)
        } else {
            Rect::new(x - back, y - up, width, height)
        }
    }
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<Point>,
        /// Colour.
        color: Color,
        /// Width.
        width: f64,
    },
    /// A filled polygon.
    Fill {
        /// Its corners.
        points: Vec<Point>,
        /// Colour.
        color: Color,
    },
    /// A text.
    Text(Text),
    /// Pixels stretched over a rectangle.
    Image {
        /// Where.
        rect: Rect,
        /// Columns and rows.
        size: (u32, u32),
        /// Red, green and blue, row by row from the top.
        pixels: Vec<u8>,
    },
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What is drawn, from back to front.
    pub shapes: Vec<Shape>,
    /// The frames among them.
    pub frames: Vec<Rect>,
}

impl Scene {
    /// An empty page.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new(), frames: Vec::new() }
    }

    /// A solid line.
    pub fn line(&mut self, points: Vec<Point>, color: Color, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, color, width });
        }
    }

    /// A filled polygon.
    pub fn fill(&mut self, points: Vec<Point>, color: Color) {
        if points.len() > 2 {
            self.shapes.push(Shape::Fill { points, color });
        }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, r: Rect, color: Color) {
        self.fill(vec![[r.x, r.y], [r.right(), r.y], [r.right(), r.bottom()], [r.x, r.bottom()]], color);
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, r: Rect, color: Color, width: f64) {
        self.frames.push(r);
        let h = width / 2.0;
        self.line(vec![[r.x - h, r.y], [r.right() + h, r.y]], color, width);
        self.line(vec![[r.right(), r.y - h], [r.right(), r.bottom() + h]], color, width);
        self.line(vec![[r.right() + h, r.bottom()], [r.x - h, r.bottom()]], color, width);
        self.line(vec![[r.x, r.bottom() + h], [r.x, r.y - h]], color, width);
    }

    /// A line of text.
    pub fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    /// A text from its parts.
    pub fn write(&mut self, what: &str, at: Point, size: f64, color: Color, anchor: Anchor) {
        self.text(Text { text: what.into(), at, size, bold: false, color, anchor, upright: false });
    }

    /// A bold text from its parts.
    pub fn write_bold(&mut self, what: &str, at: Point, size: f64, color: Color, anchor: Anchor) {
        self.text(Text { text: what.into(), at, size, bold: true, color, anchor, upright: false });
    }

    /// An image of `size` pixels whose colours are given by column and row.
    pub fn image(&mut self, rect: Rect, size: (u32, u32), color: impl Fn(u32, u32) -> [u8; 3]) {
        let pixels =
            (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y))).flat_map(|(x, y)| color(x, y));
        let pixels = pixels.collect();
        self.shapes.push(Shape::Image { rect, size, pixels });
    }

    /// A marker with a white rim, so that it stands out from curves.
    pub fn marker(&mut self, marker: Marker, at: Point, radius: f64, color: Color) {
        self.fill(outline(marker, at, radius + 1.2), PAPER);
        self.fill(outline(marker, at, radius), color);
    }

    /// A circle.
    pub fn ring(&mut self, at: Point, radius: f64, width: f64, color: Color) {
        let mut points = outline(Marker::Disc, at, radius);
        points.extend(points.first().copied());
        self.line(points, color, width);
    }

    /// The rectangles of all texts.
    pub fn text_bounds(&self) -> Vec<(&str, Rect)> {
        let texts = self.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(text) => Some((text.text.as_str(), text.bounds())),
            _ => None,
        });
        texts.collect()
    }
}

/// The corners of a marker; all cover about the same area.
fn outline(marker: Marker, [x, y]: Point, radius: f64) -> Vec<Point> {
    let ring = |count: usize, start: f64, radii: &[f64]| {
        let corner = |i: usize| {
            let angle = start + std::f64::consts::TAU * i as f64 / count as f64;
            let r = radius * radii[i % radii.len()];
            [x + r * angle.cos(), y + r * angle.sin()]
        };
        (0..count).map(corner).collect()
    };
    let quarter = std::f64::consts::FRAC_PI_2;
    match marker {
        Marker::Disc => ring(20, 0.0, &[1.0]),
        Marker::Square => ring(4, quarter / 2.0, &[1.25]),
        Marker::Up => ring(3, -quarter, &[1.35]),
        Marker::Down => ring(3, quarter, &[1.35]),
        Marker::Diamond => ring(4, 0.0, &[1.3]),
        Marker::Hexagon => ring(6, 0.0, &[1.1]),
        Marker::Star => ring(10, -quarter, &[1.5, 0.65]),
        Marker::Plus => {
            let (a, b) = (0.42 * radius, 1.25 * radius);
            let corners = [
                [-a, -b],
                [a, -b],
                [a, -a],
                [b, -a],
                [b, a],
                [a, a],
                [a, b],
                [-a, b],
                [-a, a],
                [-b, a],
                [-b, -a],
                [-a, -a],
            ];
            corners.iter().map(|[dx, dy]| [x + dx, y + dy]).collect()
        }
    }
}

/// The radius of markers among many points.
pub fn marker_radius(points: usize) -> f64 {
    match points {
        0..=60 => MARKER,
        61..=300 => 0.62 * MARKER,
        _ => 0.42 * MARKER,
    }
}
