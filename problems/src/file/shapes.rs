//! The shapes of a file, what they make of the box, and the data on their boundaries.

use super::{
    FileError,
    document::{Item, Section},
    equation,
    problem::ShapeData,
    read::Reader,
    sides::{self, Side},
};
use crate::{
    Condition,
    expression::{Expr, Graph, Scope},
    geometry::{Region, SHAPE_AXES, Shape, ShapeError},
};

/// What cuts the box down, and where ε jumps.
pub(super) struct Shapes<'d> {
    pub region: Option<Region>,
    pub interface: Option<Region>,
    /// What holds on the boundary of each, where something is said.
    data: Vec<Option<(Side<'d>, Item<'d>)>>,
}

impl Shapes<'_> {
    /// On which of them a flux is given.
    pub fn natural(&self) -> Vec<bool> {
        let is_flux = |data: &Option<(Side<'_>, _)>| {
            data.as_ref().is_some_and(|(side, _)| side.condition == Condition::Neumann)
        };
        self.data.iter().map(is_flux).collect()
    }
}

/// The kinds of shapes by their keys, what a file says of each, and the dimensions there are of it.
const KINDS: [(&str, &str, std::ops::RangeInclusive<usize>); 9] = [
    ("interval", "interval = [0.2, 0.5]", 1..=1),
    ("box", "box = [[0, 1], [0, 0.5]], one pair an axis", 1..=3),
    ("disc", "disc = { centre = [0, 0], radius = 1 }", 2..=2),
    ("ball", "ball = { centre = [0, 0, 0], radius = 1 }", 1..=3),
    ("ellipse", "ellipse = { centre = [0, 0], axes = [2, 1], angle = 0 }", 2..=2),
    ("ellipsoid", "ellipsoid = { centre = [0, 0, 0], axes = [3, 2, 1] }", 3..=3),
    ("polygon", "polygon = [[0, 0], [1, 0], [0, 1]]", 2..=2),
    ("half-plane", "half-plane = { point = [0, 0], normal = [1, 0] }, the normal pointing outwards", 2..=2),
    (
        "half-space",
        "half-space = { point = [0, 0, 0], normal = [1, 0, 0] }, the normal pointing outwards",
        1..=3,
    ),
];

impl<'d> Reader<'d> {
    /// The shapes, if there are any.
    pub fn shapes(&mut self) -> Result<Option<Shapes<'d>>, FileError> {
        let [domain, interface] = ["domain", "interface"].map(|key| self.whole.get(key));
        let Some(section) = self.whole.section("shapes")? else {
            let is_box = |domain: &Item<'_>| domain.as_text().is_some_and(|text| text.trim() == "box");
            return match interface.or(domain.filter(|domain| !is_box(domain))) {
                None => Ok(None),
                Some(item) => {
                    item.text()?;
                    Err(item.error("needs shapes; write [shapes.hole] and disc = { … } for one"))
                }
            };
        };
        let mut shapes = Vec::new();
        let mut data = Vec::new();
        for item in section.items() {
            let (shape, value) = self.shape(&item)?;
            if item.name == "box" || !is_name(&item.name) {
                return Err(
                    item.error("is no name of a shape: letters, digits and _ make one, and `box` is taken")
                );
            }
            shapes.push((item.name.clone(), shape));
            data.push(value);
        }
        let region = match &domain {
            None if interface.is_some() => None,
            None => {
                return Err(self
                    .whole
                    .missing("domain", "domain = \"box - hole\", what the shapes make of the box"));
            }
            Some(domain) => Some(region_of(domain, "domain", &shapes)?),
        };
        if let (Some(region), Some(domain)) = (&region, &domain)
            && !equation::has_inside(&self.bounds, region)
        {
            return Err(domain.error(format!("= {} leaves nothing of the box", domain.raw())));
        }
        let interface = interface.map(|item| region_of(&item, "interface", &shapes)).transpose()?;
        let is_used = |part: usize| region.iter().chain(&interface).any(|region| region.uses(part));
        if let Some((_, item)) = section.items().iter().enumerate().find(|(part, _)| !is_used(*part)) {
            return Err(item.error(match &domain {
                Some(domain) => format!("is not part of domain = {}", domain.raw()),
                None => "is not part of the interface".into(),
            }));
        }
        let is_cut = |part: usize| region.as_ref().is_some_and(|region| region.uses(part));
        if let Some((_, item)) =
            data.iter().enumerate().find_map(|(part, data)| data.as_ref().filter(|_| !is_cut(part)))
        {
            return Err(item.error("gives data on an interface, at which u and the flux go on; leave it out"));
        }
        let shapes = Shapes { region, interface, data };
        if let (Some(region), Some(domain)) = (&shapes.region, &domain) {
            region.split(&shapes.natural()).map_err(|error| domain.error(error.to_string()))?;
        }
        Ok(Some(shapes))
    }

    /// One shape, and what holds on its boundary.
    fn shape(&mut self, item: &Item<'d>) -> Result<(Shape, Option<(Side<'d>, Item<'d>)>), FileError> {
        let dimension = self.bounds.len();
        if dimension > SHAPE_AXES {
            return Err(
                item.error(format!("cuts a box of {dimension} axes; shapes are for up to {SHAPE_AXES}"))
            );
        }
        let section = item.section()?;
        let keys: Vec<&str> = KINDS.iter().map(|(kind, ..)| *kind).chain(sides::DATA).collect();
        section.only(&keys)?;
        let (data, kinds): (Vec<Item<'d>>, Vec<Item<'d>>) =
            section.items().into_iter().partition(|item| sides::DATA.contains(&item.name.as_str()));
        let [kind] = kinds.as_slice() else {
            let examples = KINDS.iter().filter(|(.., dimensions)| dimensions.contains(&dimension));
            let examples: Vec<&str> = examples.map(|(_, example, _)| *example).collect();
            return Err(item.error(format!("has to be one shape: {}", examples.join("; or "))));
        };
        // Invariant: other keys are refused above.
        let (_, example, dimensions) =
            KINDS.iter().find(|(name, ..)| *name == kind.name).expect("a known kind");
        if !dimensions.contains(&dimension) {
            return Err(kind.error(format!("is no shape in {dimension}-D")));
        }
        let shape = self.kind(kind, example)?.map_err(|error| kind.error(format!("is no shape: {error}")))?;
        if shape.dimension() != dimension {
            let own = shape.dimension();
            return Err(
                kind.error(format!("has {own} coordinates, and the box has {dimension}; write {example}"))
            );
        }
        let data = match data.as_slice() {
            [] => None,
            [one] => {
                let of_fluxes = with_normals(&mut self.graph, &self.scope, dimension);
                Some((sides::given(one, &mut self.graph, [&self.scope, &of_fluxes])?, one.clone()))
            }
            [_, second, ..] => {
                return Err(second.error(
                    "is a second condition on one boundary; give one of dirichlet, neumann and robin",
                ));
            }
        };
        Ok((shape, data))
    }

    fn kind(&mut self, kind: &Item<'d>, example: &str) -> Result<Result<Shape, ShapeError>, FileError> {
        let expected = format!("what makes a shape: write {example}");
        Ok(match kind.name.as_str() {
            "interval" => Shape::cuboid(&self.pairs(std::slice::from_ref(kind), &expected)?),
            "box" => Shape::cuboid(&self.pairs(&kind.list(&expected)?, &expected)?),
            "polygon" => Shape::polygon(&self.pairs(&kind.list(&expected)?, &expected)?),
            "disc" | "ball" => {
                let part = self.fields(kind, &["centre", "radius"], example)?;
                Shape::ball(
                    &self.numbers(&part[0], &expected)?,
                    part[1].number(&mut self.graph, &self.scope)?,
                )
            }
            "ellipse" | "ellipsoid" => {
                let part = self.fields(kind, &["centre", "axes"], example)?;
                let angle = match kind.section()?.get("angle") {
                    Some(angle) => angle.number(&mut self.graph, &self.scope)?,
                    None => 0.0,
                };
                Shape::ellipsoid(
                    &self.numbers(&part[0], &expected)?,
                    &self.numbers(&part[1], &expected)?,
                    angle,
                )
            }
            _ => {
                let part = self.fields(kind, &["point", "normal"], example)?;
                Shape::half_space(&self.numbers(&part[0], &expected)?, &self.numbers(&part[1], &expected)?)
            }
        })
    }

    /// The items of a shape that is a table.
    fn fields(&self, kind: &Item<'d>, keys: &[&str], example: &str) -> Result<Vec<Item<'d>>, FileError> {
        let section: Section<'d> = kind.section()?;
        let angle = if kind.name == "ellipse" { &["angle"][..] } else { &[] };
        section.only(&[keys, angle].concat())?;
        keys.iter().map(|key| section.need(key, example)).collect()
    }

    fn numbers(&mut self, item: &Item<'d>, expected: &str) -> Result<Vec<f64>, FileError> {
        item.list(expected)?.iter().map(|item| item.number(&mut self.graph, &self.scope)).collect()
    }

    fn pairs(&mut self, items: &[Item<'d>], expected: &str) -> Result<Vec<[f64; 2]>, FileError> {
        let mut pairs = Vec::new();
        for item in items {
            let numbers = self.numbers(item, expected)?;
            let [a, b] = numbers[..] else {
                return Err(item.error(format!("has {} numbers; it has to have 2", numbers.len())));
            };
            pairs.push([a, b]);
        }
        Ok(pairs)
    }

    /// What holds on the boundary of each shape: u, or ε ∂u/∂n, or that and au.
    pub fn shape_data(
        &mut self,
        shapes: Option<&Shapes<'d>>,
        epsilon: Expr,
        exact: Option<Expr>,
    ) -> Result<Vec<ShapeData>, FileError> {
        let mut all = Vec::new();
        for (part, data) in shapes.iter().flat_map(|shapes| shapes.data.iter().enumerate()) {
            let (given, robin, is_flux) = match data {
                None => (None, None, false),
                Some((side, _)) => {
                    (side.data.as_ref(), side.robin.as_ref(), side.condition == Condition::Neumann)
                }
            };
            let derived = exact.map(|u| match is_flux {
                false => u,
                true => {
                    let flux = equation::normal_flux(&mut self.graph, self.bounds.len(), epsilon, u);
                    let Some((a, _)) = robin else { return flux };
                    let term = self.graph.multiply(*a, u);
                    self.graph.add(flux, term)
                }
            });
            let value = match (given, derived) {
                (Some((given, item)), derived) => {
                    if let (Some(derived), Some(u)) = (derived, exact) {
                        self.check_shape(part, (*given, is_flux), (derived, u), item)?;
                    }
                    self.term(*given, item.stated())
                }
                (None, Some(u)) if !is_flux => self.term(u, self.stated_exact()),
                (None, Some(flux)) => self.term(flux, "the flux, derived from exact".into()),
                (None, None) => {
                    let zero = self.graph.number(0.0);
                    self.term(zero, if is_flux { "neumann = 0" } else { "dirichlet = 0" }.into())
                }
            };
            let robin = robin.map(|(a, item)| self.term(*a, item.stated()));
            all.push(ShapeData { value, robin });
        }
        Ok(all)
    }
}

/// The names of the components of the normal, which points out of the domain.
const NORMALS: [&str; SHAPE_AXES] = ["nx", "ny", "nz"];

/// `scope` and the components of the normal, variables after the coordinates, but for names that mean something already.
fn with_normals(graph: &mut Graph, scope: &Scope, dimension: usize) -> Scope {
    let mut scope = scope.clone();
    for (axis, name) in NORMALS.iter().enumerate().take(dimension) {
        if !scope.has(name) {
            let normal = graph.variable(dimension + axis);
            // Invariant: the name is free and no function's.
            scope.define(name, normal).expect("a free name");
        }
    }
    scope
}

/// The region that the formula of `item` makes of shapes.
fn region_of(item: &Item<'_>, what: &str, shapes: &[(String, Shape)]) -> Result<Region, FileError> {
    Region::new(shapes.to_vec(), item.text()?).map_err(|error| item.error(format!("is no {what}: {error}")))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
