//! A uniform grid on a box: `cells` cells and `cells + 1` nodes per axis.

use thiserror::Error;

/// The most axes of a grid: beyond, any useful one has more nodes than memory.
pub const GRID_AXES: usize = 3;

/// A cell is at least so many times as wide as the rounding of its coordinates.
const FEWEST_ROUNDINGS: f64 = 16.0;

/// One axis of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Number of cells, at least 2.
    pub cells: usize,
}

impl Axis {
    /// Spacing h.
    pub fn spacing(&self) -> f64 {
        (self.upper - self.lower) / self.cells as f64
    }

    /// Coordinate of node `i`, exact at both ends.
    pub fn coordinate(&self, i: usize) -> f64 {
        if i == self.cells { self.upper } else { self.lower + i as f64 * self.spacing() }
    }
}

/// A uniform grid on a box. Nodes are numbered row by row, the last axis running fastest; axis 0
/// is x. Boundary nodes are included.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    axes: Vec<Axis>,
}

/// Why a grid cannot be made.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum GridError {
    /// Fewer than two cells.
    #[error("a grid needs at least 2 cells a side, not {0}: with fewer there is no interior point")]
    TooFewCells(usize),
    /// Neither one number nor one per axis.
    #[error("{given} numbers of cells were given for a problem in {dimension}-D: give one, or one per axis")]
    Dimension {
        /// Numbers given.
        given: usize,
        /// Dimension of the box.
        dimension: usize,
    },
    /// A box of too many axes.
    #[error(
        "a problem in {0}-D has no grid, they end at {GRID_AXES}-D: it is for networks alone, which choose points of their own"
    )]
    TooManyAxes(usize),
    /// Nodes that are one number in double precision.
    #[error(
        "{cells} cells on [{lower:e}, {upper:e}] are narrower than what double precision tells apart there; shift the box \
         towards the origin, or take fewer cells"
    )]
    Coincide {
        /// Cells along the axis.
        cells: usize,
        /// Its ends.
        lower: f64,
        /// Its ends.
        upper: f64,
    },
    /// More nodes than memory can address.
    #[error("a grid with {cells:?} cells has more nodes than this machine can address; take fewer cells")]
    TooLarge {
        /// Cells per axis.
        cells: Vec<usize>,
    },
}

impl Grid {
    /// A grid on the box `bounds`; `cells` holds one number for all axes or one per axis.
    ///
    /// # Errors
    /// Fewer than two cells, a wrong number of numbers, more axes than [`GRID_AXES`], or more nodes than can be addressed.
    pub fn new(bounds: &[[f64; 2]], cells: &[usize]) -> Result<Self, GridError> {
        let dimension = bounds.len();
        if dimension > GRID_AXES {
            return Err(GridError::TooManyAxes(dimension));
        }
        if cells.len() != 1 && cells.len() != dimension {
            return Err(GridError::Dimension { given: cells.len(), dimension });
        }
        let axes: Vec<Axis> = bounds
            .iter()
            .enumerate()
            .map(|(axis, &[lower, upper])| Axis { lower, upper, cells: cells[axis % cells.len()] })
            .collect();
        if let Some(axis) = axes.iter().find(|axis| axis.cells < 2) {
            return Err(GridError::TooFewCells(axis.cells));
        }
        let coincide = |axis: &&Axis| {
            axis.spacing() < FEWEST_ROUNDINGS * f64::EPSILON * axis.lower.abs().max(axis.upper.abs())
        };
        if let Some(&Axis { lower, upper, cells }) = axes.iter().find(coincide) {
            return Err(GridError::Coincide { cells, lower, upper });
        }
        let nodes = axes.iter().try_fold(1usize, |n, axis| n.checked_mul(axis.cells.checked_add(1)?));
        if nodes.is_none_or(|n| n > isize::MAX as usize / 64) {
            return Err(GridError::TooLarge { cells: axes.iter().map(|axis| axis.cells).collect() });
        }
        Ok(Self { axes })
    }

    /// The axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// 1, 2 or 3.
    pub fn dimension(&self) -> usize {
        self.axes.len()
    }

    /// Cells per axis.
    pub fn cells(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.cells).collect()
    }

    /// Nodes per axis, boundary included.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.cells + 1).collect()
    }

    /// Interior nodes per axis.
    pub fn interior_shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.cells - 1).collect()
    }

    /// All nodes.
    pub fn nodes(&self) -> usize {
        self.axes.iter().map(|axis| axis.cells + 1).product()
    }

    /// Interior nodes: the unknowns of a Dirichlet problem.
    pub fn interior_nodes(&self) -> usize {
        self.axes.iter().map(|axis| axis.cells - 1).product()
    }

    /// How far apart neighbours along `axis` lie in the numbering of nodes.
    pub fn stride(&self, axis: usize) -> usize {
        self.axes[axis + 1..].iter().map(|axis| axis.cells + 1).product()
    }

    /// The index of node `node` along each axis.
    pub fn indices(&self, mut node: usize) -> Vec<usize> {
        let mut indices = vec![0; self.dimension()];
        for (index, axis) in indices.iter_mut().zip(&self.axes).rev() {
            *index = node % (axis.cells + 1);
            node /= axis.cells + 1;
        }
        indices
    }

    /// Whether node `node` lies on the boundary.
    pub fn is_boundary(&self, node: usize) -> bool {
        self.indices(node).iter().zip(&self.axes).any(|(&i, axis)| i == 0 || i == axis.cells)
    }

    /// Coordinates of all nodes, `nodes × dimension`, row by row.
    pub fn coordinates(&self) -> Vec<f64> {
        let mut out = Vec::new();
        self.coordinates_of(0..self.nodes(), &mut out);
        out
    }

    /// Coordinates of the nodes `nodes`, into `out`, which is cleared first.
    pub fn coordinates_of(&self, nodes: std::ops::Range<usize>, out: &mut Vec<f64>) {
        out.clear();
        out.reserve(nodes.len() * self.dimension());
        let mut indices = self.indices(nodes.start);
        for _ in nodes {
            out.extend(indices.iter().zip(&self.axes).map(|(&i, axis)| axis.coordinate(i)));
            for (index, axis) in indices.iter_mut().zip(&self.axes).rev() {
                *index += 1;
                if *index <= axis.cells {
                    break;
                }
                *index = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_its_nodes_row_by_row() {
        let grid = Grid::new(&[[0.0, 1.0], [-1.0, 1.0]], &[2, 4]).unwrap();
        assert_eq!((grid.nodes(), grid.interior_nodes()), (15, 3));
        assert_eq!((grid.stride(0), grid.stride(1)), (5, 1));
        assert_eq!(grid.indices(7), [1, 2]);
        assert_eq!(grid.coordinates()[14..16], [0.5, 0.0]);
        assert!(grid.is_boundary(5) && grid.is_boundary(9) && !grid.is_boundary(7));
    }

    #[test]
    fn refuses_what_has_no_interior_or_the_wrong_dimension() {
        let square = [[0.0, 1.0]; 2];
        assert_eq!(Grid::new(&square, &[1]), Err(GridError::TooFewCells(1)));
        assert!(matches!(Grid::new(&square, &[4, 4, 4]), Err(GridError::Dimension { .. })));
        assert!(matches!(Grid::new(&square, &[1 << 40]), Err(GridError::TooLarge { .. })));
        assert_eq!(Grid::new(&[[0.0, 1.0]; 5], &[4]), Err(GridError::TooManyAxes(5)));
        assert!(matches!(Grid::new(&[[1e15, 1e15 + 1.0]], &[64]), Err(GridError::Coincide { .. })));
        assert!(Grid::new(&[[1e15, 2e15]], &[64]).is_ok());
    }
}
