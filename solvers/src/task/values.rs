//! Where a run is looked at, and the values of a function there.

use modewise_problems::{Discrete, Domain, Field, Points};

use crate::{Sites, sobol::Sobol};

/// Where a run is looked at, and its errors are measured.
#[derive(Debug, Clone, Copy)]
pub enum Support<'p> {
    /// On the nodes of a discrete system's grid.
    Grid(&'p Discrete),
    /// At points, where there is no grid: networks alone.
    Points(&'p TestPoints),
}

impl<'p> Support<'p> {
    /// The discrete system, where there is a grid.
    pub fn discrete(self) -> Option<&'p Discrete> {
        match self {
            Self::Grid(discrete) => Some(discrete),
            Self::Points(_) => None,
        }
    }

    /// The nodes or points.
    pub fn sites(self) -> Sites<'p> {
        match self {
            Self::Grid(discrete) => Sites::Grid(discrete.grid()),
            Self::Points(points) => Sites::Points(points.points()),
        }
    }

    /// Zero there.
    pub fn zeros(self) -> Values {
        match self {
            Self::Grid(discrete) => Values::Nodes(Field::zeros(discrete.grid())),
            Self::Points(points) => Values::Points(vec![0.0; points.points().len()]),
        }
    }
}

/// Points at which a run is looked at where there is no grid: the first of Sobol's sequence in the box, as published, the same
/// for every run and seed.
///
/// Sums over them are integrals to better than a thousandth for what varies slowly, so that a relative L2 error
/// over them is that of the continuous norm. All of them are inside: a maximum over them misses the boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct TestPoints {
    dimension: usize,
    coordinates: Vec<f64>,
}

impl TestPoints {
    /// How many there are: 2¹³, the first points that are balanced to 2⁻¹³ along every axis.
    pub const COUNT: usize = 1 << 13;

    /// Those of a box.
    pub fn of(domain: &Domain) -> Self {
        let (bounds, sobol) = (domain.bounds(), Sobol::published());
        let mut coordinates = Vec::with_capacity(Self::COUNT * bounds.len());
        for number in 0..Self::COUNT as u32 {
            let axes = bounds.iter().enumerate();
            coordinates.extend(axes.map(|(axis, [a, b])| a + (b - a) * sobol.coordinate(number, axis)));
        }
        Self { dimension: bounds.len(), coordinates }
    }

    /// The points.
    pub fn points(&self) -> Points<'_> {
        Points::new(&self.coordinates, self.dimension)
    }
}

/// Values of a function where a run is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// On the nodes of the task's grid.
    Nodes(Field),
    /// At its test points, where it has no grid.
    Points(Vec<f64>),
}

impl Values {
    /// The numbers, node by node or point by point.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Self::Nodes(field) => field.values(),
            Self::Points(values) => values,
        }
    }

    /// The numbers, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        match self {
            Self::Nodes(field) => field.values_mut(),
            Self::Points(values) => values,
        }
    }

    /// The field, where there is a grid.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Nodes(field) => Some(field),
            Self::Points(_) => None,
        }
    }

    /// The field itself, where there is a grid.
    pub fn into_field(self) -> Option<Field> {
        match self {
            Self::Nodes(field) => Some(field),
            Self::Points(_) => None,
        }
    }
}

impl From<Field> for Values {
    fn from(field: Field) -> Self {
        Self::Nodes(field)
    }
}
