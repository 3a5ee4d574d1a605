//! The discrete system as a matrix over its unknowns.

use modewise_problems::{Coefficients, Condition, Discrete};

/// The neighbour of `node` below or above it along `axis` and the coefficient between them: mirrored at
/// Neumann sides, wrapped on periodic axes.
pub(in crate::classical) fn neighbour(
    discrete: &Discrete,
    node: usize,
    axis: usize,
    above: bool,
) -> (usize, f64) {
    let stride = discrete.grid().stride(axis);
    let cells = discrete.grid().axes()[axis].cells;
    let i = node / stride % (cells + 1);
    let is_periodic = discrete.sides()[axis][0] == Condition::Periodic;
    // A face has the number of the node below it.
    let (other, face) = match (above, i) {
        (false, 0) if is_periodic => (node + (cells - 1) * stride, node + (cells - 1) * stride),
        (false, 0) => (node + stride, node),
        (false, _) => (node - stride, node - stride),
        (true, _) if is_periodic && i + 1 == cells => (node - i * stride, node),
        (true, _) if i == cells => (node - stride, node - stride),
        (true, _) => (node + stride, node),
    };
    let coefficient = match discrete.coefficients() {
        Coefficients::Constant { axes, .. } => axes[axis],
        Coefficients::Variable { faces, .. } => faces[axis][face],
    };
    (other, coefficient)
}

/// The diagonal entry of `node`: the coefficients around it and κ².
pub(super) fn diagonal(discrete: &Discrete, node: usize) -> f64 {
    let around: f64 = (0..2 * discrete.grid().dimension())
        .map(|side| neighbour(discrete, node, side / 2, side % 2 == 1).1)
        .sum();
    let others: f64 = discrete.couplings_of(node..node + 1).iter().map(|other| other.coefficient).sum();
    around
        + others
        + match discrete.coefficients() {
            Coefficients::Constant { screening, .. } => *screening,
            Coefficients::Variable { screening, .. } => screening.get(node).copied().unwrap_or(0.0),
        }
}

/// The lower triangle of the symmetric matrix by columns, or the whole of one that is not symmetric. Rows of nodes on
/// Neumann sides are halved once a side, which makes it symmetric but for couplings besides faces, which are no side's;
/// of a singular system the largest entry of the diagonal counts twice, which makes its unknown zero: the equations of a
/// solvable one add up to nothing.
pub(super) struct Matrix {
    /// Where each column starts, and where the last one ends.
    pub starts: Vec<usize>,
    /// Row and value of each entry.
    pub rows: Vec<usize>,
    pub values: Vec<f64>,
    unknowns: Unknowns,
}

/// Where unknowns lie among the nodes; those outside of shapes, whose u is 0, are left out.
pub(super) struct Unknowns {
    pub nodes: Vec<usize>,
    /// By which their rows are multiplied.
    pub weights: Vec<f64>,
}

impl Matrix {
    pub fn new(discrete: &Discrete) -> Self {
        let unknowns = Unknowns::new(discrete);
        let mut number = vec![usize::MAX; discrete.grid().nodes()];
        for (index, &node) in unknowns.nodes.iter().enumerate() {
            number[node] = index;
        }
        let diagonals: Vec<f64> = unknowns
            .nodes
            .iter()
            .zip(&unknowns.weights)
            .map(|(&node, weight)| weight * diagonal(discrete, node))
            .collect();
        let pinned = discrete
            .is_singular()
            .then(|| (0..diagonals.len()).max_by(|a, b| diagonals[*a].total_cmp(&diagonals[*b])))
            .flatten();
        let mut couplings = discrete.couplings().to_vec();
        couplings.sort_by_key(|coupling| (coupling.other, coupling.node));
        let is_whole = !couplings.is_empty();
        let mut matrix = Self { starts: vec![0], rows: Vec::new(), values: Vec::new(), unknowns };
        for (column, (&node, weight)) in
            matrix.unknowns.nodes.iter().zip(&matrix.unknowns.weights).enumerate()
        {
            let times = if Some(column) == pinned { 2.0 } else { 1.0 };
            let mut entries = vec![(column, times * diagonals[column])];
            for side in 0..2 * discrete.grid().dimension() {
                let (other, coefficient) = neighbour(discrete, node, side / 2, side % 2 == 1);
                let row = number[other];
                let is_wanted = row > column || is_whole && row != column;
                if row != usize::MAX && is_wanted {
                    entries.push((row, -weight * coefficient));
                }
            }
            let start = couplings.partition_point(|coupling| coupling.other < node);
            for coupling in couplings[start..].iter().take_while(|coupling| coupling.other == node) {
                entries.push((number[coupling.node], -coupling.coefficient));
            }
            entries.sort_by_key(|entry| entry.0);
            for (row, value) in entries {
                // Both neighbours of a node on a side may be the same one.
                if matrix.rows.len() > matrix.starts[column] && matrix.rows.last() == Some(&row) {
                    matrix.values[matrix.rows.len() - 1] += value;
                } else {
                    matrix.rows.push(row);
                    matrix.values.push(value);
                }
            }
            matrix.starts.push(matrix.rows.len());
        }
        matrix
    }

    pub fn into_unknowns(self) -> Unknowns {
        self.unknowns
    }
}

impl Unknowns {
    pub fn new(discrete: &Discrete) -> Self {
        let grid = discrete.grid();
        let axes = 0..grid.dimension();
        let is_unknown = |node: &usize| {
            let at = grid.indices(*node);
            discrete.is_active(*node)
                && axes.clone().all(|axis| discrete.unknowns_along(axis).contains(&at[axis]))
        };
        let nodes: Vec<usize> = (0..grid.nodes()).filter(is_unknown).collect();
        let weight = |node: &usize| {
            let at = grid.indices(*node);
            let halves = axes.clone().filter(|&axis| {
                let [lower, upper] = discrete.sides()[axis].map(|side| side == Condition::Neumann);
                lower && at[axis] == 0 || upper && at[axis] == grid.axes()[axis].cells
            });
            halves.fold(1.0, |weight, _| 0.5 * weight)
        };
        let weights = nodes.iter().map(weight).collect();
        Self { nodes, weights }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The right-hand side of the symmetric matrix, from nodal values of that of the system.
    pub fn gather(&self, nodal: &[f64], out: &mut [f64]) {
        for ((out, &node), weight) in out.iter_mut().zip(&self.nodes).zip(&self.weights) {
            *out = weight * nodal[node];
        }
    }

    /// A solution to its nodes.
    pub fn scatter(&self, values: &[f64], nodal: &mut [f64]) {
        for (value, &node) in values.iter().zip(&self.nodes) {
            nodal[node] = *value;
        }
    }
}
