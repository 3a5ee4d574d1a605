//! Problem files that were damaged at random: whatever is in them, there is a problem or a message, no panic and no hang.
//! (`fuzz/` goes on from here, led by coverage.)

use std::{fs, path::Path};

use modewise_problems::{Discrete, Grid, Spec, file::ProblemFile};

/// How many files are made, and the first of their seeds.
const FILES: u64 = 10_000;
const SEED: u64 = 20_261_127;

/// What problem files are made of, and what does not belong into them.
const WORDS: [&str; 40] = [
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "=",
    ",",
    ".",
    "\"",
    "'",
    "'''",
    "#",
    "\n",
    "0",
    "-1",
    "1e308",
    "-1e-308",
    "nan",
    "inf",
    "1e999",
    "9223372036854775808",
    "1979-05-27",
    "true",
    "\u{0}",
    "µ",
    "𝛑",
    "x",
    "x/0",
    "sqrt(-1)",
    "if(x<0,1,2)",
    "x^x^x^x",
    "((((((((((((",
    "box",
    "exact",
    "source",
    "[solvation]\n",
    "[shapes.a]\n",
    "pqr = \"/dev/zero\"\n",
    "atoms",
];

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    /// Two places of a text of this many characters, in order and mostly near each other.
    fn span(&mut self, length: usize) -> [usize; 2] {
        let begin = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 12 };
        [begin, (begin + self.below(most + 1)).min(length)]
    }
}

/// The text with a few parts cut out, doubled, exchanged, or replaced by words or by parts of `other`.
fn damaged(text: &str, other: &str, random: &mut Random) -> String {
    let (mut text, other): (Vec<char>, Vec<char>) = (text.chars().collect(), other.chars().collect());
    for _ in 0..=random.below(3) {
        let [begin, end] = random.span(text.len());
        let part: Vec<char> = match random.below(6) {
            0 => Vec::new(),
            1 => [&text[begin..end], &text[begin..end]].concat(),
            2 => text[begin..end].iter().rev().copied().collect(),
            3 => {
                let [from, to] = random.span(other.len());
                other[from..to].to_vec()
            }
            4 => WORDS[random.below(WORDS.len())].repeat(1 + random.below(3)).chars().collect(),
            _ => text[begin..end]
                .iter()
                .map(|c| char::from_u32(*c as u32 ^ (1 << random.below(7))).unwrap_or(*c))
                .collect(),
        };
        text.splice(begin..end, part);
    }
    text.into_iter().collect()
}

/// Every file of a folder that ends in `.toml`, by name.
fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut texts: Vec<_> =
        files.map(|path| (path.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())).collect();
    texts.sort();
    texts
}

#[test]
fn damaged_files_are_problems_or_messages() {
    let corpus = [texts("tests/malformed"), texts("src/catalog")];
    assert!(corpus[0].len() > 120 && corpus[1].len() > 30, "{} and {}", corpus[0].len(), corpus[1].len());
    let (mut read, mut refused) = (0, 0);
    for seed in SEED..SEED + FILES {
        let random = &mut Random(seed);
        // A whole file as often as one that has a mistake already.
        let [(name, text), (_, other)] = [0, 1].map(|_| {
            let files = &corpus[random.below(2)];
            &files[random.below(files.len())]
        });
        let damaged = damaged(text, other, random);
        match ProblemFile::new(name, &damaged).build(&Spec::new(name)) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
            Ok(problem) => {
                read += 1;
                let Ok(grid) = Grid::new(problem.domain().bounds(), &[4]) else { continue };
                if let Err(error) = Discrete::new(problem.as_ref(), &grid) {
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    // Neither is rare, or the damage would be too much or too little to show anything.
    assert!(read > FILES / 20 && refused > FILES / 4, "{read} read, {refused} refused");
}
