//! The formats in which fields are stored for other programs, besides NumPy's own.

mod dx;
mod vti;

use std::io::{self, Write};

use modewise_problems::Field;

/// A format of field files.
#[derive(Debug, Clone, Copy)]
pub struct FieldFormat {
    /// Its name in `--fields`, and the ending of its files.
    pub name: &'static str,
    /// One sentence for `modewise list`.
    pub summary: &'static str,
    /// Bytes a node, about.
    pub bytes: f64,
    write: Option<Writer>,
}

/// Names are unique.
impl PartialEq for FieldFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

type Writer = fn(&Drawn<'_>, &mut dyn Write) -> io::Result<()>;

/// All formats.
pub const FORMATS: [FieldFormat; 3] = [
    FieldFormat {
        name: "npy",
        summary: "NumPy's array of doubles, one axis a coordinate; always written, read by `plot` and `eval`",
        bytes: 8.0,
        write: None,
    },
    FieldFormat {
        name: "dx",
        summary: "OpenDX's regular grid with data on its points, as text: APBS, PyMOL, VMD, ChimeraX, GridDataFormats",
        bytes: 24.0,
        write: Some(dx::write),
    },
    FieldFormat {
        name: "vti",
        summary: "VTK's ImageData in XML, doubles appended as they are: ParaView, VisIt, VTK, PyVista",
        bytes: 8.0,
        write: Some(vti::write),
    },
];

/// A field to be written for other programs. Coordinates are those of the problem, in its own units: Å where it is a molecule's,
/// whose u is in kT/e.
pub(super) struct Drawn<'a> {
    pub field: &'a Field,
    /// Which nodes are inside the domain, where not all are; there is no number at others.
    pub inside: Option<&'a [bool]>,
    /// One line.
    pub title: &'a str,
}

impl FieldFormat {
    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.into_iter().find(|format| format.name == name)
    }

    /// Writes `drawn`; nothing for NumPy's format, which the run folder itself writes.
    pub(super) fn write(&self, drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.write.map_or(Ok(()), |write| write(drawn, out))
    }

    /// Whether the run folder writes it whatever was asked for.
    pub fn is_always(&self) -> bool {
        self.write.is_none()
    }
}

impl Drawn<'_> {
    /// u at a node.
    fn value(&self, node: usize) -> f64 {
        let is_inside = self.inside.is_none_or(|inside| inside[node]);
        if is_inside { self.field.values()[node] } else { f64::NAN }
    }

    /// The title as a comment of one line without what would end it.
    fn comment(&self) -> String {
        let plain = self.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        plain.replace("--", "- -")
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::Grid;

    use super::*;

    fn text(name: &str, drawn: &Drawn<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        FieldFormat::named(name).unwrap().write(drawn, &mut out).unwrap();
        out
    }

    /// By hand: 2 × 3 cells, u = 10i + j, the node (2, 0) outside.
    #[test]
    fn both_formats_have_every_node_in_its_place() {
        let grid = Grid::new(&[[-1.0, 1.0], [0.0, 6.0]], &[2, 3]).unwrap();
        let values = (0..12).map(|node| f64::from(10 * (node / 4) + node % 4)).collect();
        let field = Field::from_values(&grid, values).unwrap();
        let inside: Vec<bool> = (0..12).map(|node| node != 8).collect();
        let drawn = Drawn { field: &field, inside: Some(&inside), title: "a -- b\nc" };
        let dx = String::from_utf8(text("dx", &drawn)).unwrap();
        let lines: Vec<&str> = dx.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(dx.starts_with("# a - - b c\n"), "{dx}");
        assert_eq!(
            lines[..6],
            [
                "object 1 class gridpositions counts 3 4",
                "origin -1.0 0.0",
                "delta 1.0 0",
                "delta 0 2.0",
                "object 2 class gridconnections counts 3 4",
                "object 3 class array type double rank 0 items 12 data follows"
            ]
        );
        assert_eq!(lines[6..10], ["0.0 1.0 2.0", "3.0 10.0 11.0", "12.0 13.0 NaN", "21.0 22.0 23.0"]);
        let vti = text("vti", &drawn);
        let begin = vti.windows(2).rposition(|pair| pair == b"\">").map(|at| at + 2).unwrap();
        let head = String::from_utf8(vti[..begin].to_vec()).unwrap();
        assert!(
            head.contains("WholeExtent=\"0 2 0 3 0 0\" Origin=\"-1.0 0.0 0.0\" Spacing=\"1.0 2.0 1.0\""),
            "{head}"
        );
        let at = vti.iter().skip(begin).position(|byte| *byte == b'_').unwrap() + begin + 1;
        let words: Vec<[u8; 8]> = vti[at..].as_chunks().0.to_vec();
        assert_eq!(u64::from_le_bytes(words[0]), 12 * 8);
        let numbers: Vec<f64> = words[1..13].iter().map(|word| f64::from_le_bytes(*word)).collect();
        // x runs fastest.
        assert_eq!(numbers[..2], [0.0, 10.0]);
        assert!(numbers[2].is_nan());
        assert_eq!(numbers[3..], [1.0, 11.0, 21.0, 2.0, 12.0, 22.0, 3.0, 13.0, 23.0]);
        assert!(vti.ends_with(b"\n</AppendedData>\n</VTKFile>\n"));
    }
}
