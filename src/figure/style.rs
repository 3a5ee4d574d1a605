//! How every figure looks: sizes, colours, dashes, markers and colour maps, and nothing else.

/// Lengths are in points; a figure is this wide.
pub const WIDTH: f64 = 1100.0;
/// Space around everything.
pub const MARGIN: f64 = 22.0;
/// The headline of a figure.
pub const TITLE: f64 = 22.0;
/// The title of one panel.
pub const PANEL_TITLE: f64 = 17.0;
/// Names of axes and labels of curves.
pub const LABEL: f64 = 16.0;
/// Numbers at ticks and the caption.
pub const SMALL: f64 = 14.5;
/// Curves.
pub const CURVE: f64 = 2.4;
/// Thin curves: theory, other seeds.
pub const THIN: f64 = 1.4;
/// Frames and ticks.
pub const FRAME: f64 = 1.2;
/// Radius of a marker.
pub const MARKER: f64 = 4.6;

/// A colour with opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// 0 is invisible, 1 covers.
    pub alpha: f64,
}

impl Color {
    const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { rgb: [r, g, b], alpha: 1.0 }
    }

    /// The same colour, seen through.
    pub const fn fade(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// The same hue, dark enough to be read as text on white.
    pub fn ink(self) -> Self {
        let [r, g, b] = self.rgb.map(f64::from);
        let brightness = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255.0;
        let factor = (0.42 / brightness.max(1e-9)).min(1.0);
        Self { rgb: self.rgb.map(|c| (f64::from(c) * factor) as u8), ..self }
    }
}

/// The page.
pub const PAPER: Color = Color::new(255, 255, 255);
/// Text and frames.
pub const INK: Color = Color::new(26, 26, 26);
/// Captions and less important text.
pub const SOFT: Color = Color::new(84, 84, 84);
/// Lines behind the curves.
pub const GRID: Color = Color::new(225, 225, 225);
/// Cells without a number, background of special bands.
pub const VOID: Color = Color::new(205, 205, 205);
/// A quiet background.
pub const BAND: Color = Color::new(243, 243, 243);

/// On and off lengths of a dashed line; empty is a solid line.
pub type Dash = &'static [f64];
/// Dots.
pub const DOTS: Dash = &[2.0, 4.0];

/// The shapes that tell curves apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// ●
    Disc,
    /// ■
    Square,
    /// ▲
    Up,
    /// ◆
    Diamond,
    /// ▼
    Down,
    /// ✚
    Plus,
    /// ⬢
    Hexagon,
    /// ★
    Star,
}

/// What tells one curve from another: colour, dash and marker, each enough alone.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// Colour of the line.
    pub color: Color,
    /// Dashes of the line.
    pub dash: Dash,
    /// Marker on the line.
    pub marker: Marker,
}

/// Okabe and Ito's palette, which colour-blind readers can tell apart, without its yellow (invisible on white).
const PALETTE: [Color; 8] = [
    Color::new(0, 114, 178),
    Color::new(213, 94, 0),
    Color::new(0, 158, 115),
    Color::new(204, 121, 167),
    Color::new(0, 0, 0),
    Color::new(230, 159, 0),
    Color::new(86, 180, 233),
    Color::new(128, 110, 90),
];
const DASHES: [Dash; 8] = [
    &[],
    &[10.0, 4.0],
    &[12.0, 3.5, 2.5, 3.5],
    &[5.0, 3.0],
    &[16.0, 4.0],
    &[3.0, 3.0],
    &[12.0, 3.0, 2.5, 3.0, 2.5, 3.0],
    &[7.0, 3.0, 2.0, 3.0],
];
const MARKERS: [Marker; 8] = [
    Marker::Disc,
    Marker::Square,
    Marker::Up,
    Marker::Diamond,
    Marker::Down,
    Marker::Plus,
    Marker::Hexagon,
    Marker::Star,
];

/// The looks of the solver at `index`; from the ninth on colours meet other dashes and markers.
pub fn solver(index: usize) -> Series {
    let round = index / PALETTE.len();
    Series {
        color: PALETTE[index % PALETTE.len()],
        dash: DASHES[(index + 3 * round) % DASHES.len()],
        marker: MARKERS[(index + 5 * round) % MARKERS.len()],
    }
}

/// The looks of curve `index` of `count` that have an order (low to high modes, early to late steps).
pub fn ordered(index: usize, count: usize) -> Series {
    let share = if count < 2 { 0.0 } else { index as f64 / (count - 1) as f64 };
    let color = colorous::PLASMA.eval_continuous(0.8 * share);
    Series {
        color: Color::new(color.r, color.g, color.b),
        dash: DASHES[index % DASHES.len()],
        marker: MARKERS[index % MARKERS.len()],
    }
}

/// Colour maps that look even and survive a grey copier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMap {
    /// Sizes of errors: dark is small.
    Error,
    /// Values of a solution.
    Value,
    /// Signed values around zero.
    Signed,
}

impl ColorMap {
    /// The colour at `share` of the range; not a number is grey.
    pub fn at(self, share: f64) -> [u8; 3] {
        if share.is_nan() {
            return VOID.rgb;
        }
        let share = share.clamp(0.0, 1.0);
        let color = match self {
            Self::Error => colorous::INFERNO.eval_continuous(0.04 + 0.94 * share),
            Self::Value => colorous::VIRIDIS.eval_continuous(share),
            Self::Signed => colorous::RED_BLUE.eval_continuous(1.0 - share),
        };
        [color.r, color.g, color.b]
    }
}
