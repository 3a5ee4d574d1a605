//! Charges in the union of spheres in salt water: a file's table `solvation`.

use std::{
    fs,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    FileError,
    document::{Item, Section},
    parameters::Parameters,
    read,
};
use crate::{
    expression::{Graph, Scope},
    solvation::{self, About, Atom, Molecule, Solvation, Solvent},
};

/// What a file of a molecule may have besides.
const WHOLE: [&str; 5] = ["title", "box", "parameters", "solvation", "published"];
const KEYS: [&str; 8] =
    ["atoms", "pqr", "eps_in", "eps_out", "ionic_strength", "temperature", "stern", "margin"];
const EXAMPLE: &str = "atoms = [{ at = [0, 0, 0], charge = 1, radius = 3 }], or pqr = \"my.pqr\"";
/// Å between the spheres and the sides of the box.
const MARGIN: f64 = 9.0;
/// A larger PQR file is none.
const LARGEST: u64 = 1 << 28;

/// The molecule of the table `section` of the file `whole`.
pub(super) fn read(
    whole: &Section<'_>,
    section: &Section<'_>,
    mut parameters: Parameters,
    graph: Graph,
    scope: &Scope,
) -> Result<Molecule, FileError> {
    whole.only(&WHOLE)?;
    section.only(&KEYS)?;
    let mut reader = Reader { section, graph, scope };
    let atoms = reader.atoms()?;
    let positive = ("above 0", (|x| x > 0.0) as fn(f64) -> bool);
    let not_negative = ("0 or more", (|x| x >= 0.0) as fn(f64) -> bool);
    let solvent = Solvent {
        eps_in: reader.number("eps_in", 1.0, positive)?,
        eps_out: reader.number("eps_out", 78.54, positive)?,
        ionic_strength: reader.number("ionic_strength", 0.0, not_negative)?,
        temperature: reader.number("temperature", 298.15, positive)?,
        stern: reader.number("stern", 0.0, not_negative)?,
    };
    let margin = reader.number("margin", MARGIN, positive)?;
    let list: Vec<Atom> = atoms.list.iter().map(|(_, atom)| *atom).collect();
    let solvation =
        Solvation::new(&list, solvent).map_err(|(number, reason)| atoms.error(number, &reason))?;
    let bounds = match whole.get("box") {
        Some(item) => reader.bounds(&item, &atoms, section)?,
        None => around(&solvation, margin),
    };
    if let Some((place, text)) = atoms.inlined(section) {
        // A file that is kept beside a run stands for itself.
        parameters.change(place, text);
    }
    let section = whole.get("title").map(|item| item.text()).transpose()?;
    let title = section.map_or_else(|| title(&solvation), |title| parameters.fill(title));
    let about = About {
        spec: parameters.spec(whole.file()),
        title,
        file: parameters.applied(whole.source()),
        published: read::published(whole)?,
    };
    Molecule::new(about, solvation, &bounds)
        .map_err(|error| atoms.error(None, &format!("has a sphere that is none: {error}")))
}

struct Reader<'a, 'd> {
    section: &'a Section<'d>,
    graph: Graph,
    scope: &'a Scope,
}

/// The atoms of a molecule, and where each was read.
struct Atoms<'d> {
    /// `atoms` or `pqr`.
    item: Item<'d>,
    list: Vec<(Place<'d>, Atom)>,
    /// The PQR file.
    file: Option<PathBuf>,
}

enum Place<'d> {
    /// In the list of the file itself.
    Item(Item<'d>),
    /// A line of the PQR file.
    Line(usize),
}

impl<'d> Reader<'_, 'd> {
    fn atoms(&mut self) -> Result<Atoms<'d>, FileError> {
        match (self.section.get("atoms"), self.section.get("pqr")) {
            (Some(_), Some(pqr)) => Err(pqr.error("stands beside atoms; leave one of them out")),
            (None, None) => Err(self.section.missing("atoms", EXAMPLE)),
            (Some(item), None) => {
                let mut list = Vec::new();
                for atom in item.list("a list of atoms such as { at = [0, 0, 0], charge = 1, radius = 3 }")? {
                    let read = self.atom(&atom)?;
                    list.push((Place::Item(atom), read));
                }
                Ok(Atoms { item, list, file: None })
            }
            (None, Some(item)) => {
                let name = item.text()?;
                let folder = Path::new(self.section.file()).parent().unwrap_or(Path::new(""));
                let path = folder.join(name);
                let text = text_of(&path).map_err(|error| {
                    item.error(format!(
                        "= {} cannot be read: {error}; it has to be a PQR file, found from where this file is",
                        item.raw()
                    ))
                })?;
                let atoms = solvation::read_pqr(&text)
                    .map_err(|error| item.error(format!("= {} is no PQR file: {error}", item.raw())))?;
                let list = atoms.into_iter().map(|(line, atom)| (Place::Line(line), atom)).collect();
                Ok(Atoms { item, list, file: Some(path) })
            }
        }
    }

    fn atom(&mut self, item: &Item<'d>) -> Result<Atom, FileError> {
        let section = item.section()?;
        section.only(&["at", "charge", "radius"])?;
        let at = section.need("at", "at = [0, 0, 0], where the atom is in Å")?;
        let list = at.list("a list of three coordinates")?;
        let [x, y, z] = list.as_slice() else {
            return Err(at.error(format!("has {} coordinates; it has to have 3", list.len())));
        };
        let mut number = |item: &Item<'_>| item.number(&mut self.graph, self.scope);
        let at = [number(x)?, number(y)?, number(z)?];
        let charge = section.get("charge").map_or(Ok(0.0), |item| number(&item))?;
        let radius = match section.get("radius") {
            None => 0.0,
            Some(item) => item.number_that("0 or more", |r| r >= 0.0, &mut self.graph, self.scope)?,
        };
        Ok(Atom { at, charge, radius })
    }

    fn number(
        &mut self,
        key: &str,
        default: f64,
        (wanted, is_good): (&str, fn(f64) -> bool),
    ) -> Result<f64, FileError> {
        match self.section.get(key) {
            None => Ok(default),
            Some(item) => item.number_that(wanted, is_good, &mut self.graph, self.scope),
        }
    }

    /// The box of the file, around all spheres.
    fn bounds(
        &mut self,
        item: &Item<'d>,
        atoms: &Atoms<'d>,
        section: &Section<'d>,
    ) -> Result<[[f64; 2]; 3], FileError> {
        if let Some(margin) = section.get("margin") {
            return Err(margin.error("makes a box, and there is one; leave out this or `box`"));
        }
        let bounds = read::bounds(item, &mut self.graph, self.scope)?;
        let count = bounds.len();
        let bounds: [[f64; 2]; 3] =
            bounds.try_into().map_err(|_| item.error(format!("has {count} axes; a molecule is in 3")))?;
        let beyond = |atom: &Atom| {
            let mut axes = bounds.iter().zip(atom.at);
            axes.any(|([lower, upper], x)| x - atom.radius <= *lower || x + atom.radius >= *upper)
        };
        match atoms.list.iter().position(|(_, atom)| beyond(atom)) {
            None => Ok(bounds),
            Some(number) => Err(atoms.error(Some(number), &format!("reaches beyond box = {}", item.raw()))),
        }
    }
}

impl Atoms<'_> {
    /// An error of all atoms, or that of a number: the sentence goes on after its key.
    fn error(&self, number: Option<usize>, reason: &str) -> FileError {
        match number.and_then(|number| self.list.get(number)) {
            Some((Place::Item(item), _)) => item.error(reason),
            Some((Place::Line(line), _)) => {
                self.item.error(format!("= {}: the atom in line {line} of it {reason}", self.item.raw()))
            }
            None => self.item.error(reason),
        }
    }

    /// Atoms in place of the PQR file that they were read from.
    fn inlined(&self, section: &Section<'_>) -> Option<(Range<usize>, String)> {
        self.file.as_ref()?;
        let place = section.place("pqr")?;
        let line = |atom: &Atom| {
            let [x, y, z] = atom.at;
            format!(
                "    {{ at = [{x:?}, {y:?}, {z:?}], charge = {:?}, radius = {:?} }},\n",
                atom.charge, atom.radius
            )
        };
        let lines: String = self.list.iter().map(|(_, atom)| line(atom)).collect();
        Some((place, format!("atoms = [\n{lines}]")))
    }
}

/// The text of a regular file.
fn text_of(path: &Path) -> io::Result<String> {
    let file = fs::metadata(path)?;
    if !file.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// The cube around the spheres that leaves `margin` at least on every side.
fn around(solvation: &Solvation, margin: f64) -> [[f64; 2]; 3] {
    let ends = [0, 1, 2].map(|axis| {
        let spheres = solvation.spheres().iter();
        spheres.fold([f64::INFINITY, f64::NEG_INFINITY], |[lower, upper], sphere| {
            let (x, r) = (sphere.centre[axis], sphere.radius);
            [lower.min(x - r), upper.max(x + r)]
        })
    });
    let widest = ends.iter().map(|[lower, upper]| upper - lower).fold(0.0, f64::max);
    let half = 0.5 * widest + margin;
    ends.map(|[lower, upper]| {
        let middle = 0.5 * (lower + upper);
        [middle - half, middle + half]
    })
}

fn title(solvation: &Solvation) -> String {
    let Solvent { eps_in, eps_out, .. } = solvation.solvent();
    // Sums of charges with a few digits.
    let charge = (1e6 * solvation.charges().iter().map(|charge| charge.z).sum::<f64>()).round() / 1e6;
    format!(
        "A molecule of {} spheres and {} charges, {charge} e together, ε = {eps_in} in a solvent of ε = {eps_out}: reaction \
         potential in kT/e, and its free energy of solvation",
        solvation.spheres().len(),
        solvation.charges().len()
    )
}
