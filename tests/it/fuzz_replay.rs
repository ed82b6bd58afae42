//! What the fuzz targets assert, over known inputs and small changes of them.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::corpora;

/// Changed inputs of each target: a few seconds of a development build.
const CHANGED: usize = 300;
/// Inputs of each corpus, taken evenly: the parser's own test reads all of it.
const TAKEN: usize = 400;
/// Larger ones are left to the tests of their own parser.
const LARGEST_BYTES: usize = 16 * 1024;

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Our own seeds, and what once was a fault.
fn own(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let seeds = files(&folder.join("seeds").join(target));
    assert!(!seeds.is_empty(), "there are no seeds for {target}");
    [seeds, files(&folder.join("regressions").join(target))].concat()
}

/// Inputs of the public corpora.
fn public(target: &str, folder: &Path) -> Vec<Vec<u8>> {
    let lines = |set: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(set)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let named = |set: &str| -> Vec<Vec<u8>> {
        let file = |case: Value| std::fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
        lines(set).into_iter().map(file).collect()
    };
    let fields = |set: &str, field: &str| -> Vec<Vec<u8>> {
        let text = |case: &Value| case[field].as_str().map(|text| text.as_bytes().to_vec());
        lines(set).iter().filter_map(text).collect()
    };
    match target {
        "feed" => {
            [named("feeds.jsonl"), named("feeds-tolerant.jsonl"), named("feeds-nocrash.jsonl")].concat()
        }
        "bounce" => named("bounces.jsonl"),
        "address" => fields("addresses.jsonl", "address"),
        "html" => fields("html.jsonl", "html"),
        "webhook" => {
            let bodies = fields("webhooks.jsonl", "body");
            // The first byte says whose it is.
            let any = |body: Vec<u8>| (0..5).map(move |choice| [&[choice], body.as_slice()].concat());
            bodies.into_iter().flat_map(any).collect()
        }
        _ => Vec::new(),
    }
}

/// The same numbers at each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    /// A copy with a few bytes changed, cut, doubled or mixed with another.
    fn change(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut changed = input.to_vec();
        for _ in 0..=self.below(4) {
            let (at, to) = (self.below(changed.len() + 1), self.below(other.len() + 1));
            let end = (at + self.below(40)).min(changed.len());
            match self.below(5) {
                0 => drop(changed.drain(at..end)),
                1 => changed.truncate(at),
                2 => {
                    let again = changed[at..end].to_vec();
                    changed.splice(at..at, again);
                }
                3 => {
                    let end = (to + 60).min(other.len());
                    changed.splice(at..at, other[to..end].iter().copied());
                }
                _ if at < changed.len() => {
                    changed[at] = [b'<', b'&', b'"', 0, 0xFF, b'\n', b'='][self.below(7)]
                }
                _ => {}
            }
        }
        changed
    }
}

/// S9 S15
#[test]
fn what_the_fuzz_targets_assert_holds_for_known_inputs_and_small_changes_of_them() {
    let folder = corpora::folder("inputs of the fuzz targets");
    for (target, body) in bodies::ALL {
        let mut inputs = own(target);
        if let Some(folder) = &folder {
            let public: Vec<_> =
                public(target, folder).into_iter().filter(|input| input.len() <= LARGEST_BYTES).collect();
            let step = public.len().div_ceil(TAKEN).max(1);
            inputs.extend(public.into_iter().step_by(step));
        }
        inputs.iter().for_each(|input| body(input));
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        for at in 0..CHANGED {
            let (input, other) = (&inputs[at % inputs.len()], &inputs[numbers.below(inputs.len())]);
            body(&numbers.change(input, other));
        }
    }
}
