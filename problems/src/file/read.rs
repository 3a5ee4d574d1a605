//! From the text of a problem file to the problem.

use toml::Table;

use super::{
    FileError,
    document::{Item, Section, Text},
    equation::{self, At},
    parameters::{self, Parameters},
    problem::{FileProblem, Term},
    sides::{self, Side},
};
use crate::{
    Condition, Domain, Spec, SpecError,
    expression::{Expr, Graph, Program, Scope},
};

/// Networks sample boxes of up to this many axes.
const MOST_AXES: usize = 10;

const KEYS: [&str; 11] = [
    "title",
    "box",
    "permittivity",
    "kappa2",
    "source",
    "exact",
    "wave_number",
    "parameters",
    "define",
    "sides",
    "published",
];

/// The problem of `text` with the parameters `keys`.
pub(super) fn build(name: &str, text: &str, keys: &Table) -> Result<FileProblem, SpecError> {
    let source = Text { file: name, text };
    let document = source.parse()?;
    let whole = Section::whole(source, document.get_ref());
    whole.only(&KEYS)?;
    let mut graph = Graph::default();
    let mut constants = Scope::constants(&mut graph);
    let parameters = parameters::read(name, whole.section("parameters")?, keys, &mut graph, &mut constants)?;
    let bounds =
        bounds(&whole.need("box", "box = [[0, 1], [0, 1]], one pair an axis")?, &mut graph, &constants)?;
    let wave_number = match whole.get("wave_number") {
        None => None,
        Some(item) => match item.number(&mut graph, &constants)? {
            k if k > 0.0 => Some(k),
            _ => return Err(item.error("has to be positive").into()),
        },
    };
    let mut scope = Scope::coordinates(&mut graph, bounds.len());
    for (name, value) in &parameters.values {
        let value = graph.number(*value);
        // Invariant: no coordinate has the name of a parameter, which `define` refuses.
        scope.define(name, value).expect("a name that was good before");
    }
    for item in whole.section("define")?.iter().flat_map(Section::items) {
        let expr = item.expr(&mut graph, &scope)?;
        scope
            .define(&item.name, expr)
            .map_err(|reason| item.error(format!("cannot be defined: {reason}")))?;
    }
    let spec = parameters.spec(name);
    let text = parameters.applied(text);
    Ok(Reader { graph, scope, bounds, whole: &whole }.problem(Facts {
        spec,
        text,
        parameters,
        wave_number,
    })?)
}

/// What is known of a problem before its formulas are read.
struct Facts {
    spec: Spec,
    text: String,
    parameters: Parameters,
    wave_number: Option<f64>,
}

fn bounds(item: &Item<'_>, graph: &mut Graph, scope: &Scope) -> Result<Vec<[f64; 2]>, FileError> {
    const PAIRS: &str = "a list of pairs [lower, upper], one an axis";
    let axes = item.list(PAIRS)?;
    if !(1..=MOST_AXES).contains(&axes.len()) {
        return Err(item.error(format!("has {} axes; it has to have 1 to {MOST_AXES}", axes.len())));
    }
    let mut bounds = Vec::new();
    for axis in axes {
        let ends = axis.list(PAIRS)?;
        let [lower, upper] = ends.as_slice() else {
            return Err(axis.error(format!("has {} ends; it has to have 2", ends.len())));
        };
        let (lower, upper) = (lower.number(graph, scope)?, upper.number(graph, scope)?);
        if lower >= upper {
            return Err(axis.error(format!("goes from {lower} to {upper}; the lower end has to come first")));
        }
        bounds.push([lower, upper]);
    }
    Ok(bounds)
}

/// What the formulas of a file are read with.
struct Reader<'d> {
    graph: Graph,
    scope: Scope,
    bounds: Vec<[f64; 2]>,
    whole: &'d Section<'d>,
}

impl<'d> Reader<'d> {
    /// The formula of `key`, if there is one, and the words that state it.
    fn formula(&mut self, key: &str) -> Result<Option<(Expr, String)>, FileError> {
        let Some(item) = self.whole.get(key) else { return Ok(None) };
        let expr = item.expr(&mut self.graph, &self.scope)?;
        Ok(Some((expr, item.stated())))
    }

    fn term(&self, expr: Expr, stated: String) -> Term {
        Term { constant: self.graph.value(expr), program: Program::new(&self.graph, expr), stated }
    }

    fn problem(mut self, facts: Facts) -> Result<FileProblem, FileError> {
        let dimension = self.bounds.len();
        let (one, zero) = (self.graph.number(1.0), self.graph.number(0.0));
        let epsilon = self.formula("permittivity")?.unwrap_or_else(|| (one, "permittivity = 1".into()));
        let kappa2 = self.formula("kappa2")?.unwrap_or_else(|| (zero, "kappa2 = 0".into()));
        let exact = self.formula("exact")?;
        let given = self.formula("source")?;
        let title = facts.parameters.fill(&self.title()?);
        let section = self.whole.section("sides")?;
        let sides = sides::read(section, dimension, &mut self.graph, &self.scope)?;
        let derived = match &exact {
            None => None,
            Some((u, stated)) => {
                let (source, size) = equation::source(&mut self.graph, dimension, epsilon.0, kappa2.0, *u);
                if given.is_some() {
                    self.check_source(source, size)?;
                }
                Some((source, format!("source, derived from {stated}")))
            }
        };
        let source = given.or(derived).ok_or_else(|| {
            self.whole.missing("source", "source = \"sin(pi*x)\", or `exact`, from which it is derived")
        })?;
        let u = exact.as_ref().map(|(u, _)| *u);
        let exact = exact.map(|(u, stated)| self.term(u, stated));
        let boundary = self.boundary(&sides, u)?;
        let fluxes = self.fluxes(&sides, epsilon.0, u)?;
        self.check_periodic(&sides, u)?;
        let conditions: Vec<[Condition; 2]> =
            sides.iter().map(|pair| pair.each_ref().map(|s| s.condition)).collect();
        // Invariant: `sides::read` gives a pair an axis and no axis that is periodic on one side only.
        let domain = Domain::new(&self.bounds, &conditions).expect("sides that belong together");
        Ok(FileProblem {
            spec: facts.spec,
            text: facts.text,
            title,
            declared: facts.parameters.declared,
            domain,
            source: self.term(source.0, source.1),
            epsilon: self.term(epsilon.0, epsilon.1),
            kappa2: self.term(kappa2.0, kappa2.1),
            boundary,
            fluxes,
            exact,
            wave_number: facts.wave_number,
            published: self.published()?,
        })
    }

    /// The title of the file, or else the equation and its formulas.
    fn title(&self) -> Result<String, FileError> {
        if let Some(item) = self.whole.get("title") {
            return Ok(item.text()?.into());
        }
        let interval = |[lower, upper]: &[f64; 2]| format!("({lower}, {upper})");
        let domain = self.bounds.iter().map(interval).collect::<Vec<_>>().join(" × ");
        let formulas =
            ["permittivity", "kappa2", "source", "exact"].iter().filter_map(|key| self.whole.get(key));
        let formulas: Vec<String> = formulas.map(|item| format!("{} = {}", item.name, item.raw())).collect();
        Ok(format!("−∇·(ε∇u) + κ²u = f on {domain}; {}", formulas.join(", ")))
    }

    /// The tables of `published`, one a solver.
    fn published(&self) -> Result<Table, FileError> {
        let Some(section) = self.whole.section("published")? else { return Ok(Table::new()) };
        for item in section.items() {
            item.section()?;
        }
        Ok(section.to_table())
    }

    /// u on the Dirichlet sides, as one formula.
    fn boundary(&mut self, sides: &[[Side<'d>; 2]], exact: Option<Expr>) -> Result<Term, FileError> {
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
        let stated = if stated.is_empty() { "exact".into() } else { stated.join(" or ") };
        Ok(self.term(boundary, stated))
    }

    /// ε ∂u/∂n on the Neumann sides; 0 on others.
    fn fluxes(
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
            let derived = exact.map(|u| equation::flux(&mut self.graph, axis, upper, epsilon, u));
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

    fn check_source(&mut self, derived: Expr, size: Expr) -> Result<(), FileError> {
        let item = self.whole.need("source", "")?;
        let given = item.expr(&mut self.graph, &self.scope)?;
        let points = equation::samples(&self.bounds, None);
        self.agree((given, &points), (derived, &points), (size, &points), &item, "−∇·(ε∇u) + κ²u of `exact`")
    }

    fn check_side(
        &self,
        side: (usize, f64),
        given: Expr,
        derived: Expr,
        size: Expr,
        item: &Item<'_>,
    ) -> Result<(), FileError> {
        let points = equation::samples(&self.bounds, Some(side));
        let inside = equation::samples(&self.bounds, None);
        self.agree((given, &points), (derived, &points), (size, &inside), item, "what follows from `exact`")
    }

    /// u of a periodic axis is the same on both sides.
    fn check_periodic(&self, sides: &[[Side<'d>; 2]], exact: Option<Expr>) -> Result<(), FileError> {
        let (Some(u), Some(item)) = (exact, self.whole.get("exact")) else { return Ok(()) };
        let inside = equation::samples(&self.bounds, None);
        for (axis, _, _) in each(sides, Condition::Periodic).filter(|(_, upper, _)| *upper) {
            let ends = self.bounds[axis].map(|end| equation::samples(&self.bounds, Some((axis, end))));
            self.agree(
                (u, &ends[0]),
                (u, &ends[1]),
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
