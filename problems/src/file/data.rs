//! The data of the sides, and whether what a file gives agrees with its exact solution.

use super::{
    FileError,
    document::Item,
    equation::{self, At},
    problem::Term,
    read::Reader,
    sides::Side,
};
use crate::{Condition, expression::Expr, geometry::Region};

impl<'d> Reader<'d> {
    /// u on the Dirichlet sides, as one formula.
    pub fn boundary(&mut self, sides: &[[Side<'d>; 2]], exact: Option<Expr>) -> Result<Term, FileError> {
        let mut all = Vec::new();
        let mut stated = Vec::new();
        for (axis, upper, side) in each(sides, Condition::Dirichlet) {
            let [lower_end, upper_end] = self.bounds[axis];
            let end = if upper { upper_end } else { lower_end };
            let data = match (&side.data, exact) {
                (Some((given, item)), exact) => {
                    if let Some(u) = exact {
                        self.check_side((axis, end), *given, u, u, item)?;
                    }
                    stated.push(item.stated());
                    *given
                }
                (None, Some(u)) => u,
                (None, None) => self.graph.number(0.0),
            };
            all.push((axis, end, upper_end - lower_end, data));
        }
        stated.dedup();
        let is_one = all.windows(2).all(|pair| pair[0].3 == pair[1].3);
        let boundary = match all.first() {
            Some((.., data)) if is_one => *data,
            _ => equation::nearest_side(&mut self.graph, &all),
        };
        let stated = if stated.is_empty() { self.stated_exact() } else { stated.join(" or ") };
        Ok(self.term(boundary, stated))
    }

    /// ε ∂u/∂n on the Neumann sides, ε ∂u/∂n + au on Robin sides; 0 on others.
    pub fn fluxes(
        &mut self,
        sides: &[[Side<'d>; 2]],
        epsilon: Expr,
        exact: Option<Expr>,
    ) -> Result<Vec<[Term; 2]>, FileError> {
        let zero = self.graph.number(0.0);
        let mut fluxes = Vec::new();
        for _ in sides {
            fluxes.push([false, true].map(|_| self.term(zero, "neumann = 0".into())));
        }
        for (axis, upper, side) in each(sides, Condition::Neumann) {
            let derived = exact.map(|u| {
                let flux = equation::flux(&mut self.graph, axis, upper, epsilon, u);
                let Some((a, _)) = &side.robin else { return flux };
                let term = self.graph.multiply(*a, u);
                self.graph.add(flux, term)
            });
            let flux = match (&side.data, derived) {
                (Some((given, item)), derived) => {
                    if let (Some(derived), Some(u)) = (derived, exact) {
                        let size = self.graph.absolute(derived);
                        let values = self.graph.absolute(u);
                        let size = self.graph.add(size, values);
                        let end = self.bounds[axis][usize::from(upper)];
                        self.check_side((axis, end), *given, derived, size, item)?;
                    }
                    self.term(*given, item.stated())
                }
                (None, Some(derived)) => self.term(derived, "the flux, derived from exact".into()),
                (None, None) => continue,
            };
            fluxes[axis][usize::from(upper)] = flux;
        }
        Ok(fluxes)
    }

    /// The coefficient a of Robin sides.
    pub fn robin(&self, sides: &[[Side<'d>; 2]]) -> Vec<[Option<Term>; 2]> {
        let term = |side: &Side<'d>| side.robin.as_ref().map(|(a, item)| self.term(*a, item.stated()));
        sides.iter().map(|pair| pair.each_ref().map(term)).collect()
    }

    /// The source that is given is `what`, which follows from the exact solution.
    pub fn check_source(&mut self, derived: Expr, size: Expr, what: &str) -> Result<(), FileError> {
        let item = self.whole.need("source", "")?;
        let given = item.expr(&mut self.graph, &self.scope)?;
        let points = self.samples(None);
        self.agree((given, &points), (derived, &points), (size, &points), &item, what)
    }

    /// The data of a side are those of the exact solution.
    fn check_side(
        &self,
        side: (usize, f64),
        given: Expr,
        derived: Expr,
        size: Expr,
        item: &Item<'_>,
    ) -> Result<(), FileError> {
        let points = self.samples(Some(side));
        let inside = self.samples(None);
        self.agree((given, &points), (derived, &points), (size, &inside), item, "what follows from `exact`")
    }

    /// The data of shape `part`, a flux or u, are those that follow from the exact solution u: `derived`.
    pub fn check_shape(
        &mut self,
        part: usize,
        (given, is_flux): (Expr, bool),
        (derived, u): (Expr, Expr),
        item: &Item<'_>,
    ) -> Result<(), FileError> {
        let Some(region) = &self.region else { return Ok(()) };
        let points = equation::shape_samples(&self.bounds, region, part);
        if !is_flux {
            let inside = self.samples(None);
            return self.agree((given, &points), (derived, &points), (u, &inside), item, "`exact`");
        }
        let d = self.bounds.len();
        let normals = equation::normals_at(&self.bounds, region, part, &points);
        let with_normals = equation::with_normals(&points, &normals, d);
        let sizes = [derived, u].map(|expr| self.graph.absolute(expr));
        let size = self.graph.add(sizes[0], sizes[1]);
        let at = |expr| (expr, with_normals.as_slice());
        // Normals are differences: what they are off by is no mistake of the file's.
        let found = equation::difference(&self.graph, 2 * d, at(given), at(derived), at(size));
        match found {
            None => Ok(()),
            Some((at, a, b)) => Err(item.error(format!(
                "= {} is {a:.6e} at {:.4?} with the normal {:.4?}, where what follows from `exact` is {b:.6e}",
                item.raw(),
                &at[..d],
                &at[d..]
            ))),
        }
    }

    /// The words that state the exact solution.
    pub fn stated_exact(&self) -> String {
        self.whole.get("exact").map_or_else(|| "exact".into(), |item| item.stated())
    }

    /// At an interface the exact solution and its flux are the same on both sides: a layer of charge there would be no
    /// function that a source can be.
    pub fn check_interface(
        &mut self,
        interface: Option<&Region>,
        epsilon: Expr,
        exact: Option<Expr>,
    ) -> Result<(), FileError> {
        let (Some(region), Some(u), Some(item)) = (interface, exact, self.whole.get("exact")) else {
            return Ok(());
        };
        let domain = self.region.as_ref();
        let jumps = equation::jumps(&mut self.graph, (&self.bounds, domain), region, epsilon, u);
        match jumps {
            None => Ok(()),
            Some((what, at, [inside, outside])) => Err(item.error(format!(
                "= {} has at {at:.4?}, on the interface, {what} of {inside:.6e} inside and {outside:.6e} outside; they have \
                 to be the same",
                item.raw()
            ))),
        }
    }

    /// Points inside the domain, or on a side of the box.
    fn samples(&self, side: Option<(usize, f64)>) -> Vec<f64> {
        equation::samples(&self.bounds, self.region.as_ref(), side)
    }

    /// The exact solution on a periodic axis is the same on both sides.
    pub fn check_periodic(&self, sides: &[[Side<'d>; 2]], exact: Option<Expr>) -> Result<(), FileError> {
        let (Some(u), Some(item)) = (exact, self.whole.get("exact")) else { return Ok(()) };
        let inside = self.samples(None);
        for (axis, _, _) in each(sides, Condition::Periodic).filter(|(_, upper, _)| *upper) {
            let [lower, upper] = self.bounds[axis];
            let first = self.samples(Some((axis, lower)));
            let mut other = first.clone();
            other.iter_mut().skip(axis).step_by(self.bounds.len()).for_each(|x| *x = upper);
            self.agree(
                (u, &first),
                (u, &other),
                (u, &inside),
                &item,
                "what it is on the opposite, periodic side",
            )?;
        }
        Ok(())
    }

    fn agree(&self, a: At<'_>, b: At<'_>, size: At<'_>, item: &Item<'_>, of: &str) -> Result<(), FileError> {
        match equation::difference(&self.graph, self.bounds.len(), a, b, size) {
            None => Ok(()),
            Some((at, a, b)) => {
                let reason = format!("= {} is {a:.6e} at {at:.4?}, where {of} is {b:.6e}", item.raw());
                Err(item.error(reason))
            }
        }
    }
}

/// The sides with condition `which`: axis, whether it is the upper one, and the side.
fn each<'a, 'd>(
    sides: &'a [[Side<'d>; 2]],
    which: Condition,
) -> impl Iterator<Item = (usize, bool, &'a Side<'d>)> {
    sides
        .iter()
        .enumerate()
        .flat_map(|(axis, [lower, upper])| [(axis, false, lower), (axis, true, upper)])
        .filter(move |(.., side)| side.condition == which)
}
