//! Figures: each a pure function of the files in a run folder, drawn once and written as SVG and PNG.
//!
//! A figure fills a [`scene::Scene`]; `render` plays the scene through plotters. One figure a file, one line in
//! [`REGISTRY`] each.

mod colorbar;
mod error;
mod fields;
mod fields_1d;
mod fields_2d;
mod first_passage;
mod heatmap;
mod histories;
mod labels;
mod number;
mod page;
mod panel;
mod render;
mod rows;
mod scale;
pub mod scene;
mod seeds;
mod stroke;
pub mod style;
mod text;
mod tolerance;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

use crate::store::{ReadError, atomic::replace, read::RunData};

/// A figure that `modewise plot` can draw.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Its name and that of its files.
    pub name: &'static str,
    /// What it shows, in one sentence.
    pub summary: &'static str,
    /// Usual width and height in points; many solvers make a figure higher.
    pub size: (u32, u32),
    /// Whether it shows modes or fields, which runs without a grid have none of.
    pub needs_grid: bool,
    /// Draws it.
    pub draw: fn(&RunData) -> Result<scene::Scene, FigureError>,
}

/// Every figure.
pub const REGISTRY: &[Figure] =
    &[heatmap::FIGURE, first_passage::FIGURE, histories::FIGURE, error::FIGURE, fields::FIGURE];

/// A file format for figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable, for papers and the web.
    Svg,
    /// Pixels, for slides.
    Png,
}

impl Format {
    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(format!("`{text}` is no figure format: expected svg or png")),
        }
    }
}

/// Why a figure could not be drawn.
#[derive(Debug, Error)]
pub enum FigureError {
    /// There is no such figure.
    #[error("there is no figure `{name}`: expected one of {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A run without a grid has nothing for it to show.
    #[error(
        "the figure `{name}` shows modes or fields, and this run in {dimension}-D has no grid for them; there is: {known}"
    )]
    NoGrid {
        /// The figure.
        name: &'static str,
        /// Axes of the problem.
        dimension: usize,
        /// The figures there are.
        known: String,
    },
    /// A file of the run folder cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The drawing library failed.
    #[error("cannot draw the figure `{name}`: {message}")]
    Draw {
        /// The figure.
        name: &'static str,
        /// What it said.
        message: String,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The figure of this name.
pub fn find(name: &str) -> Result<&'static Figure, FigureError> {
    REGISTRY
        .iter()
        .find(|figure| figure.name == name)
        .ok_or_else(|| FigureError::Unknown { name: name.to_string(), known: listed(|_| true) })
}

/// The names of figures.
fn listed(which: impl Fn(&Figure) -> bool) -> String {
    let names = REGISTRY.iter().filter(|figure| which(figure)).map(|figure| figure.name);
    names.collect::<Vec<_>>().join(", ")
}

/// Draws the named figures, each once, or all that the run has something for, into files `<into>/<name>.<svg|png>` and returns their paths. Each file
/// appears whole or not at all.
pub fn draw(
    run: &RunData,
    names: Option<&[&str]>,
    formats: &[Format],
    into: &Path,
) -> Result<Vec<PathBuf>, FigureError> {
    let has_grid = !run.summary.grid.is_empty();
    let shows = |figure: &Figure| has_grid || !figure.needs_grid;
    let mut figures: Vec<&Figure> = match names {
        Some(names) => names.iter().map(|name| find(name)).collect::<Result<_, _>>()?,
        None => REGISTRY.iter().filter(|figure| shows(figure)).collect(),
    };
    if let Some(figure) = figures.iter().find(|figure| !shows(figure)) {
        let (name, dimension) = (figure.name, run.summary.bounds.len());
        return Err(FigureError::NoGrid { name, dimension, known: listed(|figure| shows(figure)) });
    }
    let mut drawn = BTreeSet::new();
    figures.retain(|figure| drawn.insert(figure.name));
    fs::create_dir_all(into).map_err(|source| FigureError::Write { path: into.to_path_buf(), source })?;
    let mut written = Vec::new();
    for figure in figures {
        let scene = (figure.draw)(run)?;
        for &format in formats {
            let path = into.join(format!("{}.{}", figure.name, format.extension()));
            save(figure, &scene, format, &path)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Why a file of a figure was not made: the drawing library or the system.
enum SaveError {
    Draw(render::RenderError),
    Write(io::Error),
}

impl From<io::Error> for SaveError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

fn save(figure: &Figure, scene: &scene::Scene, format: Format, path: &Path) -> Result<(), FigureError> {
    let saved = replace(path, |temporary| match format {
        Format::Svg => Ok(fs::write(temporary, render::svg(scene).map_err(SaveError::Draw)?)?),
        Format::Png => render::png(scene, temporary).map_err(SaveError::Draw),
    });
    saved.map_err(|error| match error {
        SaveError::Draw(error) => FigureError::Draw { name: figure.name, message: error.to_string() },
        SaveError::Write(source) => FigureError::Write { path: path.to_path_buf(), source },
    })
}
