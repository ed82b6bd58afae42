//! Lines of standard input, one JSON object each, whatever they hold: the
//! parsers answer every line, in order, and no line ends them.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

use crate::domain::shown::escaped_json;

/// Longest line that is read.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// Answers each line of standard input with one line of JSON. White space
/// alone gets no answer.
pub(super) fn answer_each(answer: impl Fn(Result<Value, String>) -> Value) -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.by_ref().take(LIMIT_BYTES).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let value = if !line.ends_with(b"\n") && line.len() as u64 == LIMIT_BYTES {
            skip_line(&mut input)?;
            Err(format!("line {number} is longer than {LIMIT_BYTES} bytes"))
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            read(&line).map_err(|reason| format!("line {number} is not JSON: {reason}"))
        };
        write(&mut out, &answer(value))?;
    }
    Ok(out.flush()?)
}

/// One JSON object on a line of its own.
pub(super) fn write<T: serde::Serialize>(out: &mut impl Write, value: &T) -> anyhow::Result<()> {
    let json = serde_json::to_string(value).map_err(io::Error::from)?;
    out.write_all(escaped_json(&json).as_bytes())?;
    Ok(out.write_all(b"\n")?)
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = memchr::memchr(b'\n', buffer);
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Reads a line; broken UTF-8 and half surrogate pairs, which other writers
/// of JSON let pass, become replacement characters.
fn read(line: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(line)
        .or_else(|error| serde_json::from_str(&mend(&String::from_utf8_lossy(line))).map_err(|_| error))
        .map_err(|error| error.to_string())
}

fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let half =
            |text: &str| -> Option<u16> { u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok() };
        let used = match half(escape) {
            Some(0xD800..=0xDBFF) if matches!(escape.get(6..).and_then(half), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                out.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            Some(_) => 6,
            None => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&escape[..used]);
        rest = &escape[used..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_and_broken_utf8_are_read() {
        assert_eq!(read(br#"{"a":"x\ud800y"}"#).unwrap()["a"], "x\u{fffd}y");
        assert_eq!(read(br#"{"a":"\ud83d\ude00\\ud800"}"#).unwrap()["a"], "\u{1f600}\\ud800");
        assert_eq!(read(b"{\"a\":\"\xff\"}").unwrap()["a"], "\u{fffd}");
        assert!(read(b"{\"a\":").is_err());
    }
}
