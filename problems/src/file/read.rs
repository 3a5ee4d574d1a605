//! From the text of a problem file to the problem.

use std::sync::Arc;

use toml::Table;

use super::{
    Declared, FileError,
    document::{Item, Section, Text},
    equation, molecule, parameters,
    problem::{About, FileProblem, Term},
    shapes::Shapes,
    sides,
};
use crate::{
    Condition, Domain, MOST_AXES, Problem, Reaction, SpecError, discrete,
    expression::{Expr, Graph, Program, Scope},
    geometry::Region,
    reaction,
};

const KEYS: [&str; 17] = [
    "title",
    "box",
    "permittivity",
    "exponent",
    "kappa2",
    "reaction",
    "source",
    "exact",
    "wave_number",
    "parameters",
    "define",
    "shapes",
    "domain",
    "interface",
    "sides",
    "solvation",
    "published",
];

/// The problem of `text` with the parameters `keys`, and the parameters that it declares.
pub(super) fn build(
    name: &str,
    text: &str,
    keys: &Table,
) -> Result<(Arc<dyn Problem>, Vec<Declared>), SpecError> {
    let source = Text { file: name, text };
    let document = source.parse()?;
    let whole = Section::whole(source, document.get_ref());
    whole.only(&KEYS)?;
    let mut graph = Graph::default();
    let mut constants = Scope::constants(&mut graph);
    let parameters = parameters::read(name, whole.section("parameters")?, keys, &mut graph, &mut constants)?;
    if let Some(section) = whole.section("solvation")? {
        let declared = parameters.declared.clone();
        let molecule = molecule::read(&whole, &section, parameters, graph, &constants)?;
        return Ok((Arc::new(molecule), declared));
    }
    let bounds =
        bounds(&whole.need("box", "box = [[0, 1], [0, 1]], one pair an axis")?, &mut graph, &constants)?;
    let wave_number = match whole.get("wave_number") {
        None => None,
        Some(item) => match item.number(&mut graph, &constants)? {
            k if k > 0.0 => Some(k),
            _ => return Err(item.error("has to be positive").into()),
        },
    };
    let exponent = exponent(&whole, &mut graph, &constants)?;
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
    let about = About {
        spec: parameters.spec(name),
        text: parameters.applied(text),
        title: parameters.fill(&title(&whole, &bounds, exponent)?),
        wave_number,
        published: published(&whole)?,
    };
    let problem = Reader { graph, scope, bounds, region: None, exponent, whole: &whole }.problem(about)?;
    Ok((Arc::new(problem), parameters.declared))
}

/// The box: lower and upper end of every axis.
pub(super) fn bounds(item: &Item<'_>, graph: &mut Graph, scope: &Scope) -> Result<Vec<[f64; 2]>, FileError> {
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

/// The title of the file, or else the equation and its formulas.
fn title(whole: &Section<'_>, bounds: &[[f64; 2]], exponent: f64) -> Result<String, FileError> {
    if let Some(item) = whole.get("title") {
        return Ok(item.text()?.into());
    }
    let interval = |[lower, upper]: &[f64; 2]| format!("({lower}, {upper})");
    let domain = bounds.iter().map(interval).collect::<Vec<_>>().join(" × ");
    let formulas = ["permittivity", "kappa2", "source", "exact"].iter().filter_map(|key| whole.get(key));
    let formulas: Vec<String> = formulas.map(|item| format!("{} = {}", item.name, item.raw())).collect();
    let equation = equation::written(exponent, reaction(whole)?);
    Ok(format!("{equation} = f on {domain}; {}", formulas.join(", ")))
}

/// g; u where nothing is said.
fn reaction(whole: &Section<'_>) -> Result<Reaction, FileError> {
    let Some(item) = whole.get("reaction") else { return Ok(Reaction::Linear) };
    let known = reaction::WORDS.iter().find(|(word, _)| item.as_text() == Some(word));
    known.map(|(_, reaction)| *reaction).ok_or_else(|| item.error("has to be \"linear\" or \"sinh\""))
}

/// p; 2 where nothing is said.
fn exponent(whole: &Section<'_>, graph: &mut Graph, constants: &Scope) -> Result<f64, FileError> {
    let Some(item) = whole.get("exponent") else { return Ok(2.0) };
    item.number_that("2 or more, the p of the flux ε|∇u|^(p−2)∇u", |p| p >= 2.0, graph, constants)
}

/// The tables of `published`, one a solver.
pub(super) fn published(whole: &Section<'_>) -> Result<Table, FileError> {
    let Some(section) = whole.section("published")? else { return Ok(Table::new()) };
    for item in section.items() {
        item.section()?;
    }
    Ok(section.to_table())
}

/// What the formulas of a file are read with.
pub(super) struct Reader<'d> {
    pub graph: Graph,
    pub scope: Scope,
    pub bounds: Vec<[f64; 2]>,
    /// What the shapes leave of the box.
    pub region: Option<Region>,
    /// p.
    pub exponent: f64,
    pub whole: &'d Section<'d>,
}

impl<'d> Reader<'d> {
    /// The formula of `key`, if there is one, and the words that state it.
    fn formula(&mut self, key: &str) -> Result<Option<(Expr, String)>, FileError> {
        let Some(item) = self.whole.get(key) else { return Ok(None) };
        let expr = item.expr(&mut self.graph, &self.scope)?;
        Ok(Some((expr, item.stated())))
    }

    /// The program of a formula.
    pub fn term(&self, expr: Expr, stated: String) -> Term {
        Term { constant: self.graph.value(expr), program: Program::new(&self.graph, expr), stated }
    }

    fn problem(mut self, about: About) -> Result<FileProblem, FileError> {
        let dimension = self.bounds.len();
        let (one, zero) = (self.graph.number(1.0), self.graph.number(0.0));
        let shapes = self.shapes()?;
        self.region = shapes.as_ref().and_then(|shapes| shapes.region.clone());
        let epsilon = self.formula("permittivity")?.unwrap_or_else(|| (one, "permittivity = 1".into()));
        let kappa2 = self.formula("kappa2")?.unwrap_or_else(|| (zero, "kappa2 = 0".into()));
        let reaction = reaction(self.whole)?;
        let exact = self.formula("exact")?;
        let given = self.formula("source")?;
        let section = self.whole.section("sides")?;
        let sides = sides::read(section, dimension, &mut self.graph, &self.scope)?;
        let derived = match &exact {
            None => None,
            Some((u, stated)) => {
                let flux = (epsilon.0, self.exponent);
                let (source, size) =
                    equation::source(&mut self.graph, dimension, flux, (kappa2.0, reaction), *u);
                if given.is_some() {
                    let what = format!("{} of `exact`", equation::written(self.exponent, reaction));
                    self.check_source(source, size, &what)?;
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
        let robin = self.robin(&sides);
        let shape_data = self.shape_data(shapes.as_ref(), epsilon.0, u)?;
        self.check_periodic(&sides, u)?;
        let interface = shapes.as_ref().and_then(|shapes| shapes.interface.as_ref());
        self.check_interface(interface, epsilon.0, u)?;
        let conditions: Vec<[Condition; 2]> =
            sides.iter().map(|pair| pair.each_ref().map(|s| s.condition)).collect();
        // Invariant: `sides::read` gives a pair an axis and no axis that is periodic on one side only.
        let domain = Domain::new(&self.bounds, &conditions).expect("sides that belong together");
        let domain = match self.region.take() {
            Some(region) => {
                let natural = shapes.as_ref().map(Shapes::natural).unwrap_or_default();
                // Invariant: `shapes` has split it.
                domain.within_fluxes(region, &natural).expect("shapes that belong together")
            }
            None => domain,
        };
        let exponent = self.exponent;
        let problem = FileProblem {
            about,
            domain,
            source: self.term(source.0, source.1),
            epsilon: self.term(epsilon.0, epsilon.1),
            exponent,
            kappa2: self.term(kappa2.0, kappa2.1),
            reaction,
            boundary,
            fluxes,
            robin,
            shapes: shape_data,
            interface: shapes.and_then(|shapes| shapes.interface),
            exact,
        };
        let obstacle = discrete::obstacle(&problem).filter(|_| exponent != 2.0);
        match (obstacle, self.whole.get("exponent")) {
            (Some(what), Some(item)) => Err(item.error(format!(
                "is {exponent}, and a p-Laplacian is for whole boxes with u given on all sides and without kappa2 or \
                 interface; here {what}"
            ))),
            _ => Ok(problem),
        }
    }
}
