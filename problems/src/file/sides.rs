//! The conditions on the sides of the box.

use super::{
    FileError,
    document::{Item, Section},
};
use crate::{
    Condition::{self, Dirichlet, Neumann, Periodic},
    axis_names,
    expression::{Expr, Graph, Scope},
};

/// What holds on one side, or on the boundary of a shape.
#[derive(Debug, Clone)]
pub(super) struct Side<'d> {
    pub condition: Condition,
    /// The data, where it is given, and the item it stands in.
    pub data: Option<(Expr, Item<'d>)>,
    /// The coefficient of u on a Robin side, and its item.
    pub robin: Option<(Expr, Item<'d>)>,
}

const WORDS: [(&str, Condition); 3] =
    [("dirichlet", Dirichlet), ("neumann", Neumann), ("periodic", Periodic)];

/// The lower and upper side of every axis; u = 0 where nothing is said.
pub(super) fn read<'d>(
    section: Option<Section<'d>>,
    dimension: usize,
    graph: &mut Graph,
    scope: &Scope,
) -> Result<Vec<[Side<'d>; 2]>, FileError> {
    let names = axis_names(dimension);
    let Some(section) = section else {
        let side = Side { condition: Dirichlet, data: None, robin: None };
        return Ok(vec![[side.clone(), side]; dimension]);
    };
    let ends = names.iter().flat_map(|name| [name.clone(), format!("{name}-lower"), format!("{name}-upper")]);
    let known: Vec<String> = std::iter::once("all".to_string()).chain(ends).collect();
    section.only(&known.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut sides = Vec::new();
    for name in names {
        let mut side = |end: &str| -> Result<(Side<'d>, Option<Item<'d>>), FileError> {
            let item =
                [format!("{name}-{end}"), name.clone(), "all".into()].iter().find_map(|key| section.get(key));
            match item {
                None => Ok((Side { condition: Dirichlet, data: None, robin: None }, None)),
                Some(item) => Ok((one(&item, graph, scope)?, Some(item))),
            }
        };
        let ((lower, of_lower), (upper, of_upper)) = (side("lower")?, side("upper")?);
        let matched = (lower.condition == Periodic) == (upper.condition == Periodic);
        if let (false, Some(item)) = (matched, of_lower.or(of_upper)) {
            let reason = format!("makes one side of the axis periodic only; write {name} = \"periodic\"");
            return Err(item.error(reason));
        }
        sides.push([lower, upper]);
    }
    Ok(sides)
}

/// The keys of what holds on a side or on the boundary of a shape.
pub(super) const DATA: [&str; 3] = ["dirichlet", "neumann", "robin"];

fn one<'d>(item: &Item<'d>, graph: &mut Graph, scope: &Scope) -> Result<Side<'d>, FileError> {
    const EXPECTED: &str = "has to be \"dirichlet\", \"neumann\", \"periodic\", { dirichlet = \"a formula\" }, { neumann = \
                            \"a formula\" } or { robin = { coefficient = \"a\", value = \"g\" } } for ε ∂u/∂n + au = g";
    if let Some(word) = item.as_text() {
        let known = WORDS.iter().find(|(name, _)| *name == word);
        let (_, condition) = known.ok_or_else(|| item.error(EXPECTED))?;
        return Ok(Side { condition: *condition, data: None, robin: None });
    }
    let section = item.as_section().ok_or_else(|| item.error(EXPECTED))?;
    section.only(&DATA)?;
    match section.items().as_slice() {
        [data] => given(data, graph, [scope; 2]),
        _ => Err(item.error(EXPECTED)),
    }
}

/// What one of the keys [`DATA`] says; `neumann = true` leaves the flux to the exact solution, or else it is 0.
/// Data that are fluxes may use the names of `of_fluxes`.
pub(super) fn given<'d>(
    item: &Item<'d>,
    graph: &mut Graph,
    [scope, of_fluxes]: [&Scope; 2],
) -> Result<Side<'d>, FileError> {
    let mut read = |item: Item<'d>, scope: &Scope| Ok::<_, FileError>((item.expr(graph, scope)?, item));
    match item.name.as_str() {
        "robin" => {
            let section = item.section()?;
            section.only(&["coefficient", "value"])?;
            let coefficient =
                section.need("coefficient", "coefficient = 1, the a ≥ 0 of ε ∂u/∂n + au = g")?;
            let data = section.get("value").map(|value| read(value, of_fluxes)).transpose()?;
            Ok(Side { condition: Neumann, data, robin: Some(read(coefficient, scope)?) })
        }
        "neumann" if item.is_true() => Ok(Side { condition: Neumann, data: None, robin: None }),
        "neumann" => Ok(Side { condition: Neumann, data: Some(read(item.clone(), of_fluxes)?), robin: None }),
        _ => Ok(Side { condition: Dirichlet, data: Some(read(item.clone(), scope)?), robin: None }),
    }
}
