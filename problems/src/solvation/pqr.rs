//! PQR files: the atoms of a molecule with their charges and radii.
//!
//! An atom is a line of words, `ATOM serial name residue [chain] number x y z charge radius`, in Å and elementary charges (Dolinsky
//! et al., *Nucleic Acids Res.* 35 (2007) W522); `HETATM` is the same. Other records of the Protein Data Bank are passed over.
//! (Readers of that bank's own formats take charge and radius for occupancy and temperature factor, of which fixed columns
//! leave two and three digits: words they are, and read here.)

use thiserror::Error;

use super::Atom;
use crate::spec::nearest;

/// What is wrong with a PQR file.
#[derive(Debug, Error, Clone, PartialEq)]
#[error("line {line}: {reason}")]
pub struct PqrError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub reason: String,
}

/// Records that say nothing about charges and radii.
const PASSED_OVER: [&str; 47] = [
    "REMARK", "HEADER", "OBSLTE", "TITLE", "SPLIT", "CAVEAT", "COMPND", "SOURCE", "KEYWDS", "EXPDTA",
    "NUMMDL", "MDLTYP", "AUTHOR", "REVDAT", "SPRSDE", "JRNL", "DBREF", "DBREF1", "SEQADV", "SEQRES",
    "MODRES", "HET", "HETNAM", "HETSYN", "FORMUL", "HELIX", "SHEET", "TURN", "SSBOND", "LINK", "HYDBND",
    "SLTBRG", "CISPEP", "SITE", "CRYST1", "ORIGX1", "SCALE1", "MTRIX1", "TVECT", "ANISOU", "SIGATM",
    "SIGUIJ", "TER", "CONECT", "MASTER", "USER", "END",
];
/// Words of an atom without and with a chain.
const WORDS: [usize; 2] = [10, 11];
/// What the last five words are.
const NUMBERS: [&str; 5] = ["x", "y", "z", "charge", "radius"];
const FORM: &str = "ATOM serial name residue [chain] number x y z charge radius, separated by blanks";

/// The atoms of `text` and the line of each.
///
/// # Errors
/// The first line that is not what it has to be.
pub fn read(text: &str) -> Result<Vec<(usize, Atom)>, PqrError> {
    let mut atoms = Vec::new();
    for (line, content) in text.lines().enumerate().map(|(i, content)| (i + 1, content)) {
        let words: Vec<&str> = content.split_whitespace().collect();
        match words.first() {
            None => {}
            Some(first) if first.starts_with('#') => {}
            Some(&("ATOM" | "HETATM")) => {
                let atom = atom(&words).map_err(|reason| PqrError { line, reason })?;
                atoms.push((line, atom));
            }
            Some(first) if is_passed_over(first) => {}
            Some(&("MODEL" | "ENDMDL")) => {
                let reason =
                    "begins another model; a file has to hold one molecule: keep one of its models".into();
                return Err(PqrError { line, reason });
            }
            Some(first) => {
                let known = ["ATOM", "HETATM"]
                    .iter()
                    .chain(&PASSED_OVER)
                    .map(|name| name.to_string())
                    .collect::<Vec<_>>();
                let first: String = first.chars().take(12).collect();
                let reason = format!(
                    "`{first}` is no record of a PQR file{}; atoms are {FORM}",
                    nearest(&first, &known)
                );
                return Err(PqrError { line, reason });
            }
        }
    }
    if atoms.is_empty() {
        let reason = format!("it has no atom; each is a line {FORM}");
        return Err(PqrError { line: text.lines().count().max(1), reason });
    }
    Ok(atoms)
}

/// ORIGX2 and the like belong to ORIGX1.
fn is_passed_over(record: &str) -> bool {
    let first = |record: &str| record.strip_suffix(['2', '3']).map(|stem| format!("{stem}1"));
    PASSED_OVER.contains(&record)
        || first(record).is_some_and(|record| PASSED_OVER.contains(&record.as_str()))
}

fn atom(words: &[&str]) -> Result<Atom, String> {
    if !WORDS.contains(&words.len()) {
        return Err(format!(
            "an atom has {} words; it has to have 10 or 11: {FORM}{}",
            words.len(),
            if words.len() < WORDS[0] { " (two numbers may have run together)" } else { "" }
        ));
    }
    let mut numbers = [0.0; 5];
    let last = &words[words.len() - NUMBERS.len()..];
    for ((number, word), what) in numbers.iter_mut().zip(last).zip(NUMBERS) {
        let value: Option<f64> = word.parse().ok();
        *number = value.filter(|value| value.is_finite()).ok_or_else(|| {
            let word: String = word.chars().take(24).collect();
            format!("the {what} `{word}` of an atom is not a finite number; atoms are {FORM}")
        })?;
    }
    let [x, y, z, charge, radius] = numbers;
    if radius < 0.0 {
        return Err(format!("the radius {radius} of an atom is negative; it has to be 0 or more"));
    }
    Ok(Atom { at: [x, y, z], charge, radius })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_read_with_and_without_chains() {
        let text = "REMARK   1 made by hand\n\
                    ATOM      1  N   ALA A   1       1.000  -2.500   3.250  -0.4157 1.8240\n\
                    HETATM    2  H1  WAT     2      -1.0 0 1e1 0.25 0.0\nTER\nORIGX2 0 1 0\n# a note\n\nEND\n";
        let atoms = read(text).unwrap();
        assert_eq!(atoms.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(atoms[0].1, Atom { at: [1.0, -2.5, 3.25], charge: -0.4157, radius: 1.824 });
        assert_eq!(atoms[1].1, Atom { at: [-1.0, 0.0, 10.0], charge: 0.25, radius: 0.0 });
    }

    #[test]
    fn mistakes_name_the_line_and_the_word() {
        for (text, part) in [
            ("", "line 1: it has no atom"),
            ("REMARK\nEND\n", "line 2: it has no atom"),
            ("ATOM 1 N ALA 1 0 0 0 1\n", "line 1: an atom has 9 words"),
            ("\nATOM 1 N ALA A 1 0 0 0 1 2 3\n", "line 2: an atom has 12 words"),
            ("ATOM 1 N ALA A 1 0 0 0 one 2\n", "the charge `one`"),
            ("ATOM 1 N ALA A 1 0 0 nan 1 2\n", "the z `nan`"),
            ("ATOM 1 N ALA A 1 0 1e999 0 1 2\n", "the y `1e999`"),
            ("ATOM 1 N ALA A 1 0 0 0 1 -2\n", "the radius -2"),
            ("ATON 1 N ALA A 1 0 0 0 1 2\n", "did you mean `ATOM`?"),
            ("MODEL 1\n", "one molecule"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
