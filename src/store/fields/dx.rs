//! OpenDX: a regular grid with data on its points, as text (*OpenDX User's Guide*, appendix B; as APBS writes it).

use std::io::{self, Write};

use super::Drawn;

/// Numbers a line.
const COLUMNS: usize = 3;

/// Positions, connections and data, the last axis running fastest, as in our own numbering of nodes.
pub(super) fn write(drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let axes = drawn.field.grid().axes();
    let join = |words: Vec<String>| words.join(" ");
    let counts = join(axes.iter().map(|axis| (axis.cells + 1).to_string()).collect());
    writeln!(out, "# {}", drawn.comment())?;
    writeln!(out, "object 1 class gridpositions counts {counts}")?;
    writeln!(out, "origin {}", join(axes.iter().map(|axis| format!("{:?}", axis.lower)).collect()))?;
    for (own, axis) in axes.iter().enumerate() {
        let step = |other: usize| if other == own { format!("{:?}", axis.spacing()) } else { "0".into() };
        writeln!(out, "delta {}", join((0..axes.len()).map(step).collect()))?;
    }
    writeln!(out, "object 2 class gridconnections counts {counts}")?;
    let nodes = drawn.field.grid().nodes();
    writeln!(out, "object 3 class array type double rank 0 items {nodes} data follows")?;
    for node in 0..nodes {
        let end = if (node + 1) % COLUMNS == 0 || node + 1 == nodes { '\n' } else { ' ' };
        // The shortest text that reads back as the same number.
        write!(out, "{:?}{end}", drawn.value(node))?;
    }
    writeln!(out, "attribute \"dep\" string \"positions\"")?;
    writeln!(out, "object \"regular positions regular connections\" class field")?;
    writeln!(out, "component \"positions\" value 1")?;
    writeln!(out, "component \"connections\" value 2")?;
    writeln!(out, "component \"data\" value 3")
}
