//! A scene through plotters: the same shapes to SVG and to PNG.

use std::path::Path;

use plotters::{
    coord::Shift,
    element::{BitMapElement, PathElement, Polygon},
    prelude::{
        BitMapBackend, Color as _, DrawingArea, DrawingBackend, IntoDrawingArea, RGBAColor, RGBColor,
        SVGBackend, ShapeStyle, TextStyle,
    },
    style::{
        FontStyle, FontTransform, IntoFont, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};
use thiserror::Error;

use super::{
    scene::{Anchor, Point, Scene, Shape, Text},
    style::Color,
    text,
};

/// SVG coordinates are whole numbers: so many of them make a point.
const SVG_UNITS: f64 = 10.0;
/// Pixels of a PNG per point.
const PNG_PIXELS: u32 = 2;
/// PNG files are drawn larger by this factor and averaged down, because plotters smooths few edges.
const OVERSAMPLE: u32 = 2;

/// What plotters said when it failed.
#[derive(Debug, Error)]
#[error("plotters: {0}")]
pub struct RenderError(String);

fn failed(error: impl std::fmt::Display) -> RenderError {
    RenderError(error.to_string())
}

fn color(color: Color) -> RGBAColor {
    let [r, g, b] = color.rgb;
    RGBAColor(r, g, b, color.alpha)
}

fn at(point: Point, units: f64) -> (i32, i32) {
    ((point[0] * units).round() as i32, (point[1] * units).round() as i32)
}

/// The scene as an SVG document.
pub fn svg(scene: &Scene) -> Result<String, RenderError> {
    for (bold, style) in [(false, FontStyle::Normal), (true, FontStyle::Bold)] {
        register_font(text::FAMILY, style, text::bytes(bold))
            .map_err(|_| RenderError("a font is damaged".into()))?;
    }
    let mut out = String::new();
    let size = ((scene.width * SVG_UNITS) as u32, (scene.height * SVG_UNITS) as u32);
    {
        let area = SVGBackend::with_string(&mut out, size).into_drawing_area();
        area.fill(&RGBColor(255, 255, 255)).map_err(failed)?;
        for shape in &scene.shapes {
            match shape {
                Shape::Line { points, color: c, width } => {
                    let points: Vec<_> = points.iter().map(|p| at(*p, SVG_UNITS)).collect();
                    let style = color(*c).stroke_width((width * SVG_UNITS).round() as u32);
                    area.draw(&PathElement::new(points, style)).map_err(failed)?;
                }
                Shape::Fill { points, color: c } => fill(&area, points, *c, SVG_UNITS)?,
                Shape::Text(text) => svg_text(&area, text)?,
                Shape::Image { rect, size, pixels } => {
                    let corner = at([rect.x, rect.y], SVG_UNITS);
                    let image = BitMapElement::<_>::with_ref(corner, *size, pixels);
                    let image = image.ok_or_else(|| RenderError("an image has too few pixels".into()))?;
                    area.draw(&image).map_err(failed)?;
                }
            }
        }
        area.present().map_err(failed)?;
    }
    Ok(finish_svg(&out, scene, size))
}

/// What plotters cannot say: the size in points, round joints, images stretched over a rectangle (and their right
/// media type), and texts that stand on their base line.
fn finish_svg(plain: &str, scene: &Scene, size: (u32, u32)) -> String {
    let head = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let better = format!(
        "<svg stroke-linejoin=\"round\" width=\"{}\" height=\"{}\"",
        scene.width.round(),
        scene.height.round()
    );
    let mut rest =
        plain.replacen(&head, &better, 1).replace(" dy=\"-0.5ex\"", "").replace(" opacity=\"1\"", "");
    let mut out = String::with_capacity(rest.len() + 1024);
    for shape in &scene.shapes {
        let Shape::Image { rect, .. } = shape else {
            continue;
        };
        let (Some(start), Some(data)) = (rest.find("<image "), rest.find("href=\"data:png;")) else {
            break;
        };
        let (x, y) = at([rect.x, rect.y], SVG_UNITS);
        let (w, h) = at([rect.w, rect.h], SVG_UNITS);
        out.push_str(&rest[..start]);
        out.push_str(&format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;"
        ));
        rest = rest.split_off(data + "href=\"data:png;".len());
    }
    out + &rest
}

fn fill<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    points: &[Point],
    c: Color,
    units: f64,
) -> Result<(), RenderError> {
    let points: Vec<_> = points.iter().map(|p| at(*p, units)).collect();
    area.draw(&Polygon::new(points, ShapeStyle::from(color(c)).filled())).map_err(failed)
}

fn svg_text(area: &DrawingArea<SVGBackend<'_>, Shift>, text: &Text) -> Result<(), RenderError> {
    let style = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
    // plotters divides the size of a font by 1.24 on its way to SVG.
    let font = (text::FAMILY, 1.24 * SVG_UNITS * text.size, style).into_font();
    let font = if text.upright { font.transform(FontTransform::Rotate270) } else { font };
    let h_pos = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let ink = color(text.color);
    let style = TextStyle::from(font).color(&ink).pos(Pos::new(h_pos, VPos::Bottom));
    let element = plotters::element::Text::new(text.text.as_str(), at(text.at, SVG_UNITS), style);
    area.draw(&element).map_err(failed)
}

/// Draws the scene and saves it as a PNG file; the path must end in `.png`.
pub fn png(scene: &Scene, path: &Path) -> Result<(), RenderError> {
    let size = ((scene.width as u32) * PNG_PIXELS, (scene.height as u32) * PNG_PIXELS);
    let large = (size.0 * OVERSAMPLE, size.1 * OVERSAMPLE);
    let mut buffer = vec![255u8; large.0 as usize * large.1 as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut buffer, large).into_drawing_area();
        let units = f64::from(PNG_PIXELS * OVERSAMPLE);
        for shape in &scene.shapes {
            match shape {
                Shape::Line { points, color, width } => stroke(&area, points, *color, *width, units)?,
                Shape::Fill { points, color } => fill(&area, points, *color, units)?,
                Shape::Text(text) => bitmap_text(&area, text, units)?,
                Shape::Image { rect, size, pixels } => {
                    let (corner, end) =
                        (at([rect.x, rect.y], units), at([rect.right(), rect.bottom()], units));
                    let whole = ((end.0 - corner.0).max(1) as u32, (end.1 - corner.1).max(1) as u32);
                    let pixels = stretch(pixels, *size, whole);
                    let image = BitMapElement::<_>::with_owned_buffer(corner, whole, pixels);
                    let image = image.ok_or_else(|| RenderError("an image has too few pixels".into()))?;
                    area.draw(&image).map_err(failed)?;
                }
            }
        }
        area.present().map_err(failed)?;
    }
    let mut small = average(&buffer, large);
    drop(buffer);
    let area = BitMapBackend::new(path, size).into_drawing_area();
    let image = BitMapElement::<_>::with_mut((0, 0), size, &mut small);
    let image = image.ok_or_else(|| RenderError("an image has too few pixels".into()))?;
    area.draw(&image).map_err(failed)?;
    area.present().map_err(failed)
}

/// A line as one polygon per piece and a disc per joint: plotters' own outline of a thick line has holes where
/// the line crosses itself.
fn stroke<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    points: &[Point],
    color: Color,
    width: f64,
    units: f64,
) -> Result<(), RenderError> {
    let half = width / 2.0;
    for pair in points.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let length = dx.hypot(dy);
        if length < 1e-9 {
            continue;
        }
        let (nx, ny) = (-dy / length * half, dx / length * half);
        let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
        let corners = [[ax + nx, ay + ny], [bx + nx, by + ny], [bx - nx, by - ny], [ax - nx, ay - ny]];
        fill(area, &corners, color, units)?;
    }
    if width * units < 5.0 {
        return Ok(());
    }
    for joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
        let style = ShapeStyle::from(self::color(color)).filled();
        let radius = (half * units - 0.5).round().max(1.0) as i32;
        area.draw(&plotters::element::Circle::new(at(*joint, units), radius, style)).map_err(failed)?;
    }
    Ok(())
}

fn bitmap_text<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    text: &Text,
    units: f64,
) -> Result<(), RenderError> {
    let width = text::width(&text.text, text.size, text.bold);
    let back = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let [x, y] = text.at;
    let (x0, y0) = at(if text.upright { [x, y + back] } else { [x - back, y] }, units);
    let mut result = Ok(());
    text::pixels(&text.text, text.size * units, text.bold, |dx, dy, cover| {
        let place = if text.upright { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
        if cover > 0.0 && result.is_ok() {
            let alpha = text.color.alpha * cover.min(1.0);
            result = area.draw_pixel(place, &color(text.color.fade(alpha))).map_err(failed);
        }
    });
    result
}

/// Nearest-neighbour scaling.
fn stretch(pixels: &[u8], (w, h): (u32, u32), (to_w, to_h): (u32, u32)) -> Vec<u8> {
    let mut out = Vec::with_capacity(to_w as usize * to_h as usize * 3);
    for y in 0..to_h {
        let row = (u64::from(y) * u64::from(h) / u64::from(to_h)) as usize * w as usize;
        for x in 0..to_w {
            let from = 3 * (row + (u64::from(x) * u64::from(w) / u64::from(to_w)) as usize);
            out.extend_from_slice(&pixels[from..from + 3]);
        }
    }
    out
}

/// The mean of every block of `OVERSAMPLE`² pixels.
fn average(large: &[u8], (w, h): (u32, u32)) -> Vec<u8> {
    let (w, h, s) = (w as usize, h as usize, OVERSAMPLE as usize);
    let mut out = Vec::with_capacity(large.len() / (s * s));
    for y in 0..h / s {
        for x in 0..w / s {
            for channel in 0..3 {
                let block = (0..s * s).map(|i| large[3 * ((y * s + i / s) * w + x * s + i % s) + channel]);
                out.push((block.map(usize::from).sum::<usize>() / (s * s)) as u8);
            }
        }
    }
    out
}
