//! What an experiment stands on: the discrete system of a grid, or test points where a problem has none.

use modewise_problems::{Discrete, Grid, Problem, discrete::check_at};
use modewise_solvers::{Support, TestPoints};

use super::config_error::ConfigError;

/// Where a problem is solved and errors are measured.
#[derive(Debug)]
pub enum Ground {
    /// On a grid.
    Grid(Box<Discrete>),
    /// At test points: networks alone.
    Points(TestPoints),
}

impl From<Discrete> for Ground {
    fn from(discrete: Discrete) -> Self {
        Self::Grid(Box::new(discrete))
    }
}

impl Ground {
    /// The discrete system on `grid`, or test points where there is none.
    ///
    /// # Errors
    /// A function of the problem that is not what it has to be at a node or point.
    pub fn new(problem: &dyn Problem, grid: Option<&Grid>) -> Result<Self, ConfigError> {
        match grid {
            Some(grid) => Ok(Self::from(Discrete::new(problem, grid)?)),
            None => {
                let points = TestPoints::of(problem.domain());
                check_at(problem, points.points())?;
                Ok(Self::Points(points))
            }
        }
    }

    /// For tasks.
    pub fn support(&self) -> Support<'_> {
        match self {
            Self::Grid(discrete) => Support::Grid(discrete),
            Self::Points(points) => Support::Points(points),
        }
    }

    /// The discrete system, where there is a grid.
    pub fn discrete(&self) -> Option<&Discrete> {
        self.support().discrete()
    }

    /// The grid, where there is one.
    pub fn grid(&self) -> Option<&Grid> {
        self.discrete().map(Discrete::grid)
    }

    /// Cells an axis; none where there is no grid.
    pub fn cells(&self) -> Vec<usize> {
        self.grid().map(Grid::cells).unwrap_or_default()
    }

    /// Which nodes are inside the domain, where not all are.
    pub fn inside(&self) -> Option<&[bool]> {
        self.discrete().and_then(Discrete::inside)
    }

    /// How many test points there are, where there is no grid.
    pub fn test_points(&self) -> Option<usize> {
        match self {
            Self::Grid(_) => None,
            Self::Points(points) => Some(points.points().len()),
        }
    }
}
