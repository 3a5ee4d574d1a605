//! VTK ImageData: a head of XML and the numbers after it as they are (*VTK User's Guide*, "VTK XML file formats", appended
//! data in raw encoding). The one crate for it has had a release candidate as its last release for years, and holds a field thrice in
//! memory; a head of seven lines is written here.

use std::io::{self, Write};

use super::Drawn;

/// VTK's images have three axes.
const AXES: usize = 3;
/// The name of the array.
const NAME: &str = "u";

/// The first axis runs fastest; axes that the problem has not are one node long.
pub(super) fn write(drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let grid = drawn.field.grid();
    let axis = |axis: usize| grid.axes().get(axis);
    let join = |word: &dyn Fn(usize) -> String| (0..AXES).map(word).collect::<Vec<_>>().join(" ");
    let cells = |i: usize| axis(i).map_or(0, |axis| axis.cells);
    let extent = join(&|i| format!("0 {}", cells(i)));
    let origin = join(&|i| format!("{:?}", axis(i).map_or(0.0, |axis| axis.lower)));
    let spacing = join(&|i| format!("{:?}", axis(i).map_or(1.0, |axis| axis.spacing())));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {} -->", drawn.comment())?;
    let version = "version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\"";
    writeln!(out, "<VTKFile type=\"ImageData\" {version}>")?;
    writeln!(out, "<ImageData WholeExtent=\"{extent}\" Origin=\"{origin}\" Spacing=\"{spacing}\">")?;
    writeln!(out, "<Piece Extent=\"{extent}\">\n<PointData Scalars=\"{NAME}\">")?;
    writeln!(out, "<DataArray type=\"Float64\" Name=\"{NAME}\" format=\"appended\" offset=\"0\"/>")?;
    writeln!(out, "</PointData>\n</Piece>\n</ImageData>\n<AppendedData encoding=\"raw\">")?;
    let bytes = (grid.nodes() * size_of::<f64>()) as u64;
    out.write_all(b"_")?;
    out.write_all(&bytes.to_le_bytes())?;
    let stride = |i: usize| if i < grid.dimension() { grid.stride(i) } else { 0 };
    for k in 0..=cells(2) {
        for j in 0..=cells(1) {
            for i in 0..=cells(0) {
                let node = i * stride(0) + j * stride(1) + k * stride(2);
                out.write_all(&drawn.value(node).to_le_bytes())?;
            }
        }
    }
    writeln!(out, "\n</AppendedData>\n</VTKFile>")
}
