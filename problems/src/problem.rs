//! The continuous problem −∇·(ε|∇u|^{p−2}∇u) + κ²g(u) = f on a box, or a part of one, with boundary data; p = 2 unless
//! said otherwise.

use std::fmt::Debug;

use crate::{
    Points, Reaction, Spec,
    geometry::{Region, RegionError},
    solvation::Solvation,
};

/// The most axes a box may have. Grids end at [`crate::grid::GRID_AXES`]; networks alone go on.
pub const MOST_AXES: usize = 10;

/// What the axes of a box are called: x, y, z, or x1, x2, … of more than three.
pub fn axis_names(dimension: usize) -> Vec<String> {
    const FEW: [&str; 3] = ["x", "y", "z"];
    match FEW.get(..dimension) {
        Some(few) => few.iter().map(ToString::to_string).collect(),
        None => (1..=dimension).map(|axis| format!("x{axis}")).collect(),
    }
}

/// What holds on one side of the box, or on the boundary of a shape, which is never periodic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// u is given.
    Dirichlet,
    /// The flux ε ∂u/∂n is given, n pointing outwards; on a Robin side ε ∂u/∂n + au is
    /// ([`Problem::robin`]).
    Neumann,
    /// u goes on at the opposite side, which is periodic too.
    Periodic,
}

/// A box, the condition on the lower and upper side of every axis, and the shapes it is cut down to, on whose
/// boundaries u is given or a flux is.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    bounds: Vec<[f64; 2]>,
    sides: Vec<[Condition; 2]>,
    region: Option<Region>,
    fluxes: Option<Box<Fluxes>>,
}

/// The shapes on whose boundaries a flux is given.
#[derive(Debug, Clone, PartialEq)]
struct Fluxes {
    /// Which shapes.
    natural: Vec<bool>,
    /// What all shapes but those leave; `None` where there are no others.
    of_values: Option<Region>,
    /// What those leave.
    of_fluxes: Region,
}

impl Domain {
    /// The box ∏ (lower, upper) with u given on every side.
    pub fn dirichlet(bounds: &[[f64; 2]]) -> Self {
        let sides = vec![[Condition::Dirichlet; 2]; bounds.len()];
        Self { bounds: bounds.to_vec(), sides, region: None, fluxes: None }
    }

    /// The box with these conditions; `None` if they are not one pair an axis, or if an axis is
    /// periodic on one side only.
    pub fn new(bounds: &[[f64; 2]], sides: &[[Condition; 2]]) -> Option<Self> {
        let periodic = |side: &Condition| *side == Condition::Periodic;
        let matched = sides.iter().all(|pair| pair.iter().all(periodic) || !pair.iter().any(periodic));
        (bounds.len() == sides.len() && matched).then(|| Self {
            bounds: bounds.to_vec(),
            sides: sides.to_vec(),
            region: None,
            fluxes: None,
        })
    }

    /// What of the box lies in `region`, u being given on the boundaries of all shapes.
    #[must_use]
    pub fn within(mut self, region: Region) -> Self {
        (self.region, self.fluxes) = (Some(region), None);
        self
    }

    /// What of the box lies in `region`, a flux being given on the boundaries of the shapes that are `natural`, u on those of
    /// others.
    ///
    /// # Errors
    /// A region that is no intersection of shapes of one kind with shapes of the other.
    pub fn within_fluxes(self, region: Region, natural: &[bool]) -> Result<Self, RegionError> {
        if !(0..natural.len()).any(|part| natural[part] && region.uses(part)) {
            return Ok(self.within(region));
        }
        let [of_values, of_fluxes] = region.split(natural)?;
        let of_values = Some(of_values).filter(|region| !region.is_everything());
        let fluxes = Fluxes { natural: natural.to_vec(), of_values, of_fluxes };
        Ok(Self { fluxes: Some(Box::new(fluxes)), ..self.within(region) })
    }

    /// The region that the box is cut down to; `None` for the whole of it.
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Whether a flux and not u is given on the boundary of shape `part`.
    pub fn is_natural(&self, part: usize) -> bool {
        self.fluxes.as_ref().is_some_and(|fluxes| fluxes.natural.get(part).copied().unwrap_or(false))
    }

    /// The region that shapes on which u is given cut out: with [`Domain::region_of_fluxes`], whose boundary carries fluxes,
    /// it is the intersection that [`Domain::region`] is. `None` where there are no such shapes.
    pub fn region_of_values(&self) -> Option<&Region> {
        match &self.fluxes {
            None => self.region.as_ref(),
            Some(fluxes) => fluxes.of_values.as_ref(),
        }
    }

    /// The region that shapes on which a flux is given cut out.
    pub fn region_of_fluxes(&self) -> Option<&Region> {
        self.fluxes.as_ref().map(|fluxes| &fluxes.of_fluxes)
    }

    /// Lower and upper end per axis.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// The condition on the lower and upper side per axis.
    pub fn sides(&self) -> &[[Condition; 2]] {
        &self.sides
    }

    /// Whether every side has condition `which`.
    pub fn is_all(&self, which: Condition) -> bool {
        self.sides.iter().flatten().all(|side| *side == which)
    }

    /// Number of axes.
    pub fn dimension(&self) -> usize {
        self.bounds.len()
    }

    /// Length, area or volume.
    pub fn measure(&self) -> f64 {
        match &self.region {
            None => self.bounds.iter().map(|[lower, upper]| upper - lower).product(),
            Some(region) => region.measure(&self.bounds),
        }
    }
}

/// A coefficient of the equation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Coefficient {
    /// The same everywhere.
    Constant(f64),
    /// A function of the point, which [`Problem::permittivity_at`] or [`Problem::screening_at`] tells.
    Variable,
}

/// A continuous problem. Functions are batched: points in, one value a point out.
pub trait Problem: Debug + Send + Sync {
    /// Its catalog name and parameters; building that spec gives this problem again.
    fn spec(&self) -> Spec;

    /// One line for captions: the equation, the domain and, where known, the solution.
    fn title(&self) -> String;

    /// The box and its sides.
    fn domain(&self) -> &Domain;

    /// ε > 0.
    fn permittivity(&self) -> Coefficient {
        Coefficient::Constant(1.0)
    }

    /// ε at points; called where [`Problem::permittivity`] is variable.
    fn permittivity_at(&self, _points: Points<'_>, out: &mut [f64]) {
        fill(self.permittivity(), out);
    }

    /// p ≥ 2 of the flux ε|∇u|^{p−2}∇u: a p-Laplacian, which makes the equation nonlinear, where it is not 2. Wherever
    /// fluxes ε∇u are spoken of, p is 2.
    fn exponent(&self) -> f64 {
        2.0
    }

    /// κ² ≥ 0, the coefficient of g(u).
    fn screening(&self) -> Coefficient {
        Coefficient::Constant(0.0)
    }

    /// κ² at points; called where [`Problem::screening`] is variable.
    fn screening_at(&self, _points: Points<'_>, out: &mut [f64]) {
        fill(self.screening(), out);
    }

    /// g, which makes the equation nonlinear where it is not u itself.
    fn reaction(&self) -> Reaction {
        Reaction::Linear
    }

    /// Whether the flux is ε∇u and κ²g(u) is κ²u.
    fn is_linear(&self) -> bool {
        self.exponent() == 2.0
            && (self.reaction() == Reaction::Linear || self.screening() == Coefficient::Constant(0.0))
    }

    /// f at points of the box.
    fn source(&self, points: Points<'_>, out: &mut [f64]);

    /// u at points of Dirichlet sides; zero unless said otherwise.
    fn boundary(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(0.0);
    }

    /// u at points on the boundary of shape `part` of the domain's region; that of [`Problem::boundary`] unless
    /// said otherwise.
    fn shape_boundary(&self, _part: usize, points: Points<'_>, out: &mut [f64]) {
        self.boundary(points, out);
    }

    /// ε ∂u/∂n at points of the Neumann side `upper` (or lower) of `axis`, n pointing outwards, or
    /// ε ∂u/∂n + au where it is a Robin side; zero unless said otherwise.
    fn flux(&self, _axis: usize, _upper: bool, _points: Points<'_>, out: &mut [f64]) {
        out.fill(0.0);
    }

    /// a ≥ 0 at points of a Neumann side where ε ∂u/∂n + au is given, which makes it a Robin side; `false`,
    /// with `out` untouched, where the flux alone is.
    fn robin(&self, _axis: usize, _upper: bool, _points: Points<'_>, _out: &mut [f64]) -> bool {
        false
    }

    /// ε ∂u/∂n at points on the boundary of shape `part`, where [`Domain::is_natural`], or ε ∂u/∂n + au where
    /// [`Problem::shape_robin`] answers; `normals` are unit vectors out of the domain, one a point, and as long as points
    /// are. Zero unless said otherwise.
    fn shape_flux(&self, _part: usize, _points: Points<'_>, _normals: &[f64], out: &mut [f64]) {
        out.fill(0.0);
    }

    /// a ≥ 0 at points on the boundary of such a shape where ε ∂u/∂n + au is given; `false`, with `out` untouched, where the
    /// flux alone is.
    fn shape_robin(&self, _part: usize, _points: Points<'_>, _out: &mut [f64]) -> bool {
        false
    }

    /// The region at whose boundary ε jumps, while u and ε ∂u/∂n go on there; κ² and f may jump too. Discrete systems
    /// are then second-order accurate across it. `None` where nobody says so, or nothing jumps.
    fn interface(&self) -> Option<&Region> {
        None
    }

    /// A function w, smooth around the interface, at points inside: not u but u + w inside goes on as u outside, with its
    /// flux. `false`, with `out` untouched, where u itself does.
    fn interface_lift(&self, _points: Points<'_>, _out: &mut [f64]) -> bool {
        false
    }

    /// The molecule whose reaction potential this is, if it is one's.
    fn solvation(&self) -> Option<&Solvation> {
        None
    }

    /// The exact solution u, if it is known: `false`, with `out` untouched, where it is not.
    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool;

    /// The highest wave number k (in sin kx) of a smooth exact solution: what a grid has to
    /// resolve. `None` where the solution is not smooth.
    fn wave_number(&self) -> Option<f64>;

    /// Published settings of `solver` for this problem, merged into a spec where it is silent.
    fn published(&self, _solver: &str) -> toml::Table {
        toml::Table::new()
    }

    /// The formula that states `what` (source, permittivity, screening, boundary value, flux), for messages;
    /// `None` where the problem is not made of formulas.
    fn stated(&self, _what: &str) -> Option<String> {
        None
    }

    /// A problem file (see [`crate::file`]) from which the same numbers come again.
    ///
    /// # Errors
    /// Why no file can state it.
    fn to_file(&self) -> Result<String, &'static str> {
        Err("it is made by a program, not by formulas")
    }

    /// Whether the side `upper` (or lower) of `axis` is a Robin side.
    fn is_robin(&self, axis: usize, upper: bool) -> bool {
        let points = Points::new(&[], self.domain().dimension());
        self.domain().sides()[axis][usize::from(upper)] == Condition::Neumann
            && self.robin(axis, upper, points, &mut [])
    }

    /// Whether every equation of its discrete system has the same coefficients: ε and κ² are constant, the domain is
    /// a whole box and no side is a Robin side.
    fn is_uniform(&self) -> bool {
        let constant = |coefficient| matches!(coefficient, Coefficient::Constant(_));
        constant(self.permittivity())
            && constant(self.screening())
            && self.domain().region().is_none()
            && (0..self.domain().dimension())
                .all(|axis| [false, true].iter().all(|&upper| !self.is_robin(axis, upper)))
    }

    /// Whether [`Problem::exact`] answers.
    fn has_exact(&self) -> bool {
        self.exact(Points::new(&[], self.domain().dimension()), &mut [])
    }
}

fn fill(coefficient: Coefficient, out: &mut [f64]) {
    if let Coefficient::Constant(value) = coefficient {
        out.fill(value);
    }
}
