//! The shapes of a file, what they make of the box, and u on their boundaries.

use super::{
    FileError,
    document::{Item, Section},
    equation,
    problem::Term,
    read::Reader,
};
use crate::{
    expression::Expr,
    geometry::{Region, SHAPE_AXES, Shape, ShapeError},
};

/// What cuts the box down, and where ε jumps.
pub(super) struct Shapes<'d> {
    pub region: Option<Region>,
    pub interface: Option<Region>,
    /// u on the boundary of each, where it is given, and the item it stands in.
    data: Vec<Option<(Expr, Item<'d>)>>,
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
            return Err(item.error("gives u on an interface, at which u and the flux go on; leave it out"));
        }
        Ok(Some(Shapes { region, interface, data }))
    }

    /// One shape, and u on its boundary.
    fn shape(&mut self, item: &Item<'d>) -> Result<(Shape, Option<(Expr, Item<'d>)>), FileError> {
        let dimension = self.bounds.len();
        if dimension > SHAPE_AXES {
            return Err(
                item.error(format!("cuts a box of {dimension} axes; shapes are for up to {SHAPE_AXES}"))
            );
        }
        let section = item.section()?;
        let keys: Vec<&str> = KINDS.iter().map(|(kind, ..)| *kind).chain(["dirichlet"]).collect();
        section.only(&keys)?;
        let given: Vec<Item<'d>> =
            section.items().into_iter().filter(|item| item.name != "dirichlet").collect();
        let [kind] = given.as_slice() else {
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
        let data = match section.get("dirichlet") {
            None => None,
            Some(item) => Some((item.expr(&mut self.graph, &self.scope)?, item)),
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

    /// u on the boundary of each shape.
    pub fn shape_data(
        &mut self,
        shapes: Option<&Shapes<'d>>,
        exact: Option<Expr>,
    ) -> Result<Vec<Term>, FileError> {
        let mut terms = Vec::new();
        for (part, data) in shapes.iter().flat_map(|shapes| shapes.data.iter().enumerate()) {
            let term = match (data, exact) {
                (Some((given, item)), exact) => {
                    if let Some(u) = exact {
                        self.check_shape(part, *given, u, item)?;
                    }
                    self.term(*given, item.stated())
                }
                (None, Some(u)) => self.term(u, self.stated_exact()),
                (None, None) => {
                    let zero = self.graph.number(0.0);
                    self.term(zero, "dirichlet = 0".into())
                }
            };
            terms.push(term);
        }
        Ok(terms)
    }
}

/// The region that the formula of `item` makes of shapes.
fn region_of(item: &Item<'_>, what: &str, shapes: &[(String, Shape)]) -> Result<Region, FileError> {
    Region::new(shapes.to_vec(), item.text()?).map_err(|error| item.error(format!("is no {what}: {error}")))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
