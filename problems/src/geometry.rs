//! Shapes cut out of boxes: what lies inside, how far the boundary is, and where a segment crosses it.
//!
//! A [`Region`] combines primitive [`Shape`]s by union, intersection, difference and complement. Each
//! primitive knows its signed distance, negative inside, and in closed form where a segment crosses its
//! boundary. For a composition signed distances combine by minimum (union), maximum (intersection) and sign
//! (complement): the sign is exact, and the size is no more than the distance to the boundary (Ricci,
//! *Comput. J.* 16 (1973) 157). Crossings of a composition are those of its primitives at which membership
//! changes, so that they are as exact.
//!
//! ```
//! use modewise_problems::geometry::{Region, Shape};
//! let ring = Region::new(
//!     vec![
//!         ("outer".into(), Shape::ball(&[0.0, 0.0], 2.0).unwrap()),
//!         ("inner".into(), Shape::ball(&[0.0, 0.0], 1.0).unwrap()),
//!     ],
//!     "outer - inner",
//! )?;
//! assert!(ring.contains(&[1.5, 0.0]) && !ring.contains(&[0.5, 0.0]));
//! let gap = ring.gap(&[1.5, 0.0], &[0.5, 0.0]).unwrap();
//! assert_eq!((gap.leaves.fraction, ring.shapes()[gap.leaves.part].0.as_str()), (0.5, "inner"));
//! # Ok::<(), modewise_problems::geometry::RegionError>(())
//! ```

mod balls;
mod composition;
mod content;
mod ellipsoid;
mod jet;
mod measure;
mod piece;
mod polygon;
mod region;
mod sample;
mod shape;
#[cfg(test)]
mod tests;

pub use composition::RegionError;
pub use content::{Content, Facet};
pub use ellipsoid::Ellipsoid;
pub use jet::{JET_AXES, Jet};
pub use piece::{Piece, TwiceUsed};
pub use polygon::Polygon;
pub use region::{Crossing, Gap, Region, SHAPE_AXES};
pub use sample::{boundary_points, interior_points, points_on, visible_measures};
pub use shape::{Shape, ShapeError};
