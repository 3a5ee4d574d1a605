//! Both kinds of shapes on a grid: those on which u is given (`region`) and those on which a flux is (`cut_cells`).

use super::{
    DiscreteError,
    assemble::coordinates,
    cut_cells::{CutCell, CutCells},
    region::{Cut, Held},
};
use crate::{Condition, Field, Grid, Points, Problem};

/// What shapes do to the nodes and faces of a grid; nothing where there are none.
pub(super) struct Shapes<'a> {
    of_values: Option<Cut>,
    of_fluxes: Option<CutCells<'a>>,
}

/// The nodes of a grid that shapes cut.
pub(super) struct Nodes {
    /// Whether each is inside.
    pub inside: Vec<bool>,
    /// Those outside that have an equation, ascending.
    pub ghosts: Vec<usize>,
    /// The shares of cells that are cut, by node, ascending.
    pub shares: Vec<(usize, f64)>,
}

impl<'a> Shapes<'a> {
    pub fn new(
        problem: &'a dyn Problem,
        grid: &'a Grid,
        sides: &'a [[Condition; 2]],
    ) -> Result<Self, DiscreteError> {
        let domain = problem.domain();
        let of_values = domain.region_of_values().map(|region| Cut::new(region, grid, sides)).transpose()?;
        let is_inside = |node: usize| of_values.as_ref().is_none_or(|cut| cut.inside[node]);
        let of_fluxes = domain
            .region_of_fluxes()
            .map(|region| CutCells::new(region, grid, sides, is_inside))
            .transpose()?;
        Ok(Self { of_values, of_fluxes })
    }

    /// Whether a node has an equation, or a value if it is on a side of the box where u is given.
    pub fn is_active(&self, node: usize) -> bool {
        self.of_values.as_ref().is_none_or(|cut| cut.inside[node])
            && self.of_fluxes.as_ref().is_none_or(|cut| cut.active[node])
    }

    /// Whether a node has an equation and its whole cell is inside as far as fluxes go.
    pub fn is_whole(&self, node: usize) -> bool {
        self.is_active(node) && self.cell(node).is_none()
    }

    fn cell(&self, node: usize) -> Option<&CutCell> {
        self.of_fluxes.as_ref().and_then(|cut| cut.cells.get(&node))
    }

    /// The share that is inside of the face between a node and the next along `axis`; 0 where the boundary of a shape on which
    /// u is given lies between, or one of the two has no equation.
    pub fn between(&self, axis: usize, node: usize, stride: usize) -> f64 {
        let is_open = self.of_values.as_ref().is_none_or(|cut| cut.is_open(axis, node, stride));
        if !is_open || !self.is_active(node) || !self.is_active(node + stride) {
            return 0.0;
        }
        self.of_fluxes.as_ref().map_or(1.0, |cut| cut.between(axis, node))
    }

    /// The share that is inside of the face of a node's cell on a side of the box.
    pub fn on_side(&self, axis: usize, upper: bool, node: usize) -> f64 {
        self.of_fluxes.as_ref().map_or(1.0, |cut| cut.share_on_side(axis, upper, node))
    }

    /// Where coefficients are read for the cut face between a node and the next along `axis`: in its middle, or where that is
    /// outside, at one of the nodes.
    pub fn place_between(&self, grid: &Grid, axis: usize, node: usize) -> Vec<f64> {
        let mut middle = coordinates(grid, node);
        middle[axis] += 0.5 * grid.axes()[axis].spacing();
        let Some(cut) = self.of_fluxes.as_ref().filter(|cut| !cut.covers(&middle)) else { return middle };
        let ends = [node, node + grid.stride(axis)];
        let end = ends.into_iter().find(|end| cut.inside[*end]).unwrap_or(node);
        cut.cells.get(&end).map_or_else(|| coordinates(grid, end), |cell| cell.at.clone())
    }

    /// The faces that are cut, with their shares: those across `axis`, by their lower nodes.
    pub fn cut_faces(&self, axis: usize, stride: usize) -> Vec<(usize, f64)> {
        let faces = self.of_fluxes.iter().flat_map(|cut| cut.faces[axis].keys());
        faces
            .map(|node| (*node, self.between(axis, *node, stride)))
            .filter(|(_, share)| *share > 0.0)
            .collect()
    }

    /// Writes the values of `function` for cells that are cut, times their shares.
    pub fn fill_cut(
        &self,
        what: &'static str,
        out: &mut [f64],
        function: impl FnOnce(Points<'_>, &mut [f64]),
    ) -> Result<(), DiscreteError> {
        let Some(cut) = self.of_fluxes.as_ref().filter(|cut| !cut.cells.is_empty()) else { return Ok(()) };
        let places: Vec<f64> = cut.cells.values().flat_map(|cell| cell.at.iter().copied()).collect();
        let d = places.len() / cut.cells.len();
        let mut values = vec![0.0; cut.cells.len()];
        function(Points::new(&places, d), &mut values);
        for ((node, cell), value) in cut.cells.iter().zip(values) {
            if !value.is_finite() {
                return Err(DiscreteError::NotFinite { what, at: cell.at.clone(), formula: None });
            }
            out[*node] = cell.share * value;
        }
        Ok(())
    }

    /// What boundaries add to the equations; fluxes through them go to the source `f`.
    pub fn held(
        &self,
        problem: &dyn Problem,
        grid: &Grid,
        f: &mut Field,
    ) -> Result<Vec<Held>, DiscreteError> {
        let mut held = match &self.of_fluxes {
            Some(cut) => cut.flow(problem, f)?,
            None => Vec::new(),
        };
        if let Some(cut) = &self.of_values {
            let share = |axis: usize, face: usize| {
                self.of_fluxes.as_ref().map_or(1.0, |cells| cells.between(axis, face))
            };
            held.extend(cut.held(problem, grid, share)?);
        }
        Ok(held)
    }

    /// What a system keeps of them; `None` without shapes.
    pub fn into_nodes(self) -> Option<Nodes> {
        let Self { of_values, of_fluxes } = self;
        let Some(cut) = of_fluxes else {
            return of_values.map(|cut| Nodes { inside: cut.inside, ghosts: Vec::new(), shares: Vec::new() });
        };
        let held = |node: usize| of_values.as_ref().is_none_or(|values| values.inside[node]);
        let active = (0..cut.active.len()).map(|node| cut.active[node] && held(node));
        let ghosts = active.clone().zip(&cut.inside).enumerate();
        let ghosts =
            ghosts.filter(|(_, (active, inside))| *active && !**inside).map(|(node, _)| node).collect();
        let inside = active.zip(&cut.inside).map(|(active, inside)| active && *inside).collect();
        let shares = cut.cells.iter().map(|(node, cell)| (*node, cell.share)).collect();
        Some(Nodes { inside, ghosts, shares })
    }
}
