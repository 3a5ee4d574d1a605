//! Lines as geometry: cut at a frame, thinned out, walked along, broken into dashes.

use super::{
    scene::{Point, Rect},
    style::Dash,
};

/// How far two points are apart.
pub fn distance(a: Point, b: Point) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// The part of a segment inside a rectangle (Liang and Barsky).
pub fn cut(rect: &Rect, a: Point, b: Point) -> Option<(Point, Point)> {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    let edges =
        [(-dx, a[0] - rect.x), (dx, rect.right() - a[0]), (-dy, a[1] - rect.y), (dy, rect.bottom() - a[1])];
    for (slope, room) in edges {
        if slope == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if slope < 0.0 {
            from = from.max(room / slope);
        } else {
            to = to.min(room / slope);
        }
    }
    let point = |t: f64| [a[0] + t * dx, a[1] + t * dy];
    let end = |t: f64, whole: f64, corner: Point| if t == whole { corner } else { point(t) };
    (from <= to).then(|| (end(from, 0.0, a), end(to, 1.0, b)))
}

/// Leaves out points that stand almost on the one before.
pub fn thin_out(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for (i, point) in points.iter().enumerate() {
        let last = i + 1 == points.len();
        match kept.last() {
            Some(before) if distance(*before, *point) < 0.6 && !(last && kept.len() == 1) => {}
            _ => kept.push(*point),
        }
    }
    kept
}

/// Points no further than `step` apart along a line.
pub fn along(points: &[Point], step: f64) -> Vec<Point> {
    let mut out: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let parts = (distance(pair[0], pair[1]) / step).ceil().max(1.0);
        for i in 1..=parts as usize {
            let t = i as f64 / parts;
            out.push([
                pair[0][0] + t * (pair[1][0] - pair[0][0]),
                pair[0][1] + t * (pair[1][1] - pair[0][1]),
            ]);
        }
    }
    out
}

/// The drawn parts of a dashed line.
pub fn dashes(points: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    if dash.is_empty() {
        return vec![points.to_vec()];
    }
    let mut parts = Vec::new();
    let mut part: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut index, mut left) = (0, dash[0]);
    for pair in points.windows(2) {
        let length = distance(pair[0], pair[1]);
        let mut walked = 0.0;
        while length - walked > left {
            walked += left;
            let t = walked / length;
            let here =
                [pair[0][0] + t * (pair[1][0] - pair[0][0]), pair[0][1] + t * (pair[1][1] - pair[0][1])];
            if index % 2 == 0 {
                part.push(here);
                parts.push(std::mem::take(&mut part));
            } else {
                part = vec![here];
            }
            index = (index + 1) % dash.len();
            left = dash[index];
        }
        left -= length - walked;
        if index % 2 == 0 {
            part.push(pair[1]);
        }
    }
    parts.push(part);
    parts
}
