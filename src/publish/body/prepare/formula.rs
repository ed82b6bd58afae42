//! Formulas as one line that means the same: `1/3`, `e^(kt)`, `√2`.
//!
//! No mail program draws MathML. The letters alone would be another formula,
//! so what the drawing says is written out: a slash, a caret, brackets.

use dom_query::{Document, NodeRef};

use super::names::RENDERED_FORMULAS;
use super::tree::{
    before, behind, elements, get, is, is_marked, is_there, put_alone, replace_with_text, within, words,
};
use crate::publish::body::walk::escape;

/// Deeper ones are nobody's writing.
const MOST_LEVELS: usize = 60;
/// Longer ones carry their accent as a whole, which no line can show.
const MOST_ACCENTS: usize = 4;

/// Every formula becomes its line. What stands beside it for other programs,
/// a drawing or a picture, goes.
pub(super) fn write_out(doc: &Document) {
    // As MathJax finds them, with what it may have drawn before them.
    for source in elements(doc, "x-tex") {
        let mut readable = None;
        while let Some(drawn) = before(&source).filter(is_rendered) {
            readable = readable.or_else(|| within(&drawn, &["math"]).first().copied());
            drawn.remove_from_parent();
        }
        if let Some(math) = readable {
            source.replace_with(&math);
        }
        if is_there(&source) {
            let is_display = source.has_attr("display");
            write(&source, &tex(&source.text()), is_display);
        }
    }
    // Substack draws it from what an attribute says.
    for block in
        elements(doc, ".latex-rendered[data-attrs]").into_iter().filter(|block| words(block).is_empty())
    {
        let said =
            get(&block, "data-attrs").and_then(|said| serde_json::from_str::<serde_json::Value>(&said).ok());
        if let Some(source) = said.as_ref().and_then(|said| said.get("persistentExpression")?.as_str()) {
            write(&block, &tex(source), true);
        }
    }
    for drawn in elements(doc, "mjx-container, [class]").into_iter().filter(is_rendered) {
        if !is_there(&drawn) {
            continue;
        }
        let label =
            ["aria-label", "data-latex", "data-tex", "alttext"].iter().find_map(|name| get(&drawn, name));
        if let Some(math) = within(&drawn, &["math"]).first() {
            drawn.replace_with(math);
        } else if let Some(label) = label.filter(|_| words(&drawn).is_empty()) {
            replace_with_text(&drawn, &label);
        }
    }
    for math in elements(doc, "math").into_iter().filter(is_there) {
        without_twin(&math);
        let mut said = line(&math, 0).text.split_whitespace().collect::<Vec<_>>().join(" ");
        if said.is_empty() {
            let source = within(&math, &["annotation"]).first().map(|source| tex(&source.text()));
            said = source.or_else(|| get(&math, "alttext")).unwrap_or_default();
        }
        let is_display = get(&math, "display").is_some_and(|display| display == "block");
        write(&math, &said, is_display);
    }
}

fn write(node: &NodeRef<'_>, said: &str, is_display: bool) {
    if is_display && !said.is_empty() {
        put_alone(node, &escape(said));
    } else {
        replace_with_text(node, said);
    }
}

fn is_rendered(node: &NodeRef<'_>) -> bool {
    node.has_name("mjx-container") || is_marked(node, RENDERED_FORMULAS)
}

/// Where nobody kept the classes: what is hidden from those who hear the page,
/// beside what is there for them.
fn without_twin(math: &NodeRef<'_>) {
    let mut at = Some(*math);
    for _ in 0..3 {
        let Some(node) = at else { return };
        let twins = [before(&node), behind(&node)];
        for twin in twins.into_iter().flatten().filter(NodeRef::is_element) {
            if get(&twin, "aria-hidden").is_some_and(|hidden| hidden == "true") {
                twin.remove_from_parent();
                return;
            }
        }
        at = node.parent().filter(|above| is(above, &["span", "nobr", "mjx-assistive-mml"]));
    }
}

/// TeX without what kramdown wraps it in.
fn tex(source: &str) -> String {
    let inner = source.replace("<![CDATA[", "").replace("]]>", "");
    inner
        .trim()
        .trim_start_matches('%')
        .trim_end_matches('%')
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A part of a formula as it is written in a line.
#[derive(Default)]
struct Part {
    text: String,
    kind: Kind,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Plain,
    /// A name or text: it does not run into its neighbours.
    Word,
    /// What is beside it would be read as part of it.
    Fraction,
}

impl Part {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: Kind::Plain }
    }

    /// In brackets, unless it is one thing anyhow.
    fn atom(&self) -> String {
        let text = self.text.as_str();
        let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
        let is_word = self.kind == Kind::Word && text.chars().all(char::is_alphanumeric);
        if is_number || is_word || signs(text) <= 1 || is_bracketed(text) {
            text.to_owned()
        } else {
            format!("({text})")
        }
    }
}

/// Letters and signs without the accents on them.
fn signs(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(u32::from(*c), 0x300..=0x36F | 0x20D0..=0x20FF | 0x2032..=0x2034))
        .count()
}

/// Whether the first bracket is closed by the last sign.
fn is_bracketed(text: &str) -> bool {
    if !text.starts_with(['(', '[', '{']) || !text.ends_with([')', ']', '}']) {
        return false;
    }
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return at + c.len_utf8() == text.len();
        }
    }
    false
}

fn line(node: &NodeRef<'_>, level: usize) -> Part {
    let name = node.node_name().map(|name| name.to_string()).unwrap_or_default();
    if level > MOST_LEVELS {
        return Part::new(words(node));
    }
    let children: Vec<NodeRef<'_>> = node.children().into_iter().filter(NodeRef::is_element).collect();
    let part = |nth: usize| children.get(nth).map(|child| line(child, level + 1)).unwrap_or_default();
    match name.as_str() {
        "mi" | "mn" | "mo" | "ms" | "mtext" => token(node, &name),
        "mspace" => Part { text: " ".to_owned(), kind: Kind::Word },
        "mphantom" | "annotation" | "annotation-xml" | "maligngroup" | "malignmark" => Part::default(),
        "semantics" | "maction" => part(0),
        "mfrac" => {
            let (above, below) = (part(0), part(1));
            let is_barless = get(node, "linethickness").is_some_and(|size| size.starts_with('0'));
            if is_barless {
                return Part::new(format!("binom({}, {})", above.text, below.text));
            }
            Part { text: format!("{}/{}", above.atom(), below.atom()), kind: Kind::Fraction }
        }
        "msqrt" => Part::new(format!("√{}", row(&children, level).atom())),
        "mroot" => {
            let (inner, index) = (part(0).atom(), part(1));
            Part::new(match index.text.as_str() {
                "2" => format!("√{inner}"),
                "3" => format!("∛{inner}"),
                "4" => format!("∜{inner}"),
                _ => format!("{inner}^(1/{})", index.atom()),
            })
        }
        "msup" => Part::new(format!("{}{}", part(0).atom(), raised(&part(1)))),
        "msub" => Part::new(format!("{}{}", part(0).atom(), lowered(&part(1)))),
        "msubsup" => {
            let base = part(0);
            let is_sign = !base.text.contains(char::is_alphanumeric);
            let kind = if is_sign { Kind::Word } else { Kind::Plain };
            Part { text: format!("{}{}{}", base.atom(), lowered(&part(1)), raised(&part(2))), kind }
        }
        "munder" => with_under(&part(0), &part(1)),
        "mover" => with_over(&part(0), &part(1)),
        "munderover" => {
            let under = with_under(&part(0), &part(1));
            let over = part(2);
            let over = if is_brace(&over.text) { String::new() } else { raised(&over) };
            Part { text: format!("{}{over}", under.text), kind: Kind::Word }
        }
        "mtable" => table(&children, level),
        "mfenced" => {
            let said =
                |name, usual: &str| node.attr(name).map_or(usual.to_owned(), |value| value.to_string());
            let separator = said("separators", ",").chars().next().map(String::from).unwrap_or_default();
            let inner: Vec<String> = children.iter().map(|child| line(child, level + 1).text).collect();
            Part::new(format!("{}{}{}", said("open", "("), inner.join(&separator), said("close", ")")))
        }
        "menclose" if get(node, "notation").is_some_and(|notation| notation.contains("radical")) => {
            Part::new(format!("√{}", row(&children, level).atom()))
        }
        "mmultiscripts" => multiscripts(&children, level),
        _ if children.is_empty() => Part::new(words(node)),
        _ => row(&children, level),
    }
}

fn token(node: &NodeRef<'_>, name: &str) -> Part {
    // Signs that are not seen: an application, a product, a comma, a sum.
    let text =
        node.text().replace('\u{2063}', ",").replace(['\u{2061}', '\u{2062}', '\u{2064}', '\u{200b}'], "");
    let text = if name == "mtext" { text.replace('\u{a0}', " ") } else { text.trim().to_owned() };
    let is_word = name == "mtext" || (text.chars().count() > 1 && text.chars().all(char::is_alphabetic));
    Part { text, kind: if is_word { Kind::Word } else { Kind::Plain } }
}

/// Parts side by side, apart where together they would be read as one.
fn row(children: &[NodeRef<'_>], level: usize) -> Part {
    let parts = children.iter().map(|child| line(child, level + 1)).filter(|part| !part.text.is_empty());
    let mut whole = Part::default();
    let mut last = Kind::Plain;
    for (nth, part) in parts.enumerate() {
        let kind = part.kind;
        if nth == 0 {
            whole = part;
        } else {
            let end = whole.text.chars().next_back().unwrap_or(' ');
            let begin = part.text.chars().next().unwrap_or(' ');
            let joins = |c: char| c.is_alphanumeric() || matches!(c, '√' | '∛' | '∜');
            let both = joins(end) && joins(begin);
            let is_fraction = last == Kind::Fraction || kind == Kind::Fraction;
            let is_apart = (both && (last == Kind::Word || kind == Kind::Word || begin.is_ascii_digit()))
                || (last == Kind::Word && end == ')' && joins(begin))
                || (is_fraction && (joins(end) || end == ')') && (joins(begin) || begin == '('));
            if is_apart {
                whole.text.push(' ');
            }
            whole.text.push_str(&part.text);
            whole.kind = Kind::Plain;
        }
        last = kind;
    }
    whole
}

fn raised(part: &Part) -> String {
    match part.text.as_str() {
        "" => String::new(),
        "∘" | "°" => "°".to_owned(),
        text if text.chars().all(|c| matches!(c, '\'' | '′' | '″' | '‴' | '*' | '†')) => {
            text.to_owned()
        }
        _ => format!("^{}", part.atom()),
    }
}

fn lowered(part: &Part) -> String {
    if part.text.is_empty() { String::new() } else { format!("_{}", part.atom()) }
}

/// Braces and bars that only hold together what is under or over them.
fn is_brace(text: &str) -> bool {
    matches!(text, "⏟" | "⏞" | "︸" | "︷" | "⎵" | "⎴" | "_" | "\u{332}")
}

fn with_under(base: &Part, under: &Part) -> Part {
    if is_brace(&under.text) {
        return Part::new(base.text.clone());
    }
    Part { text: format!("{}{}", base.atom(), lowered(under)), kind: Kind::Word }
}

fn with_over(base: &Part, over: &Part) -> Part {
    let accent = match over.text.as_str() {
        text if is_brace(text) => return Part::new(base.text.clone()),
        "^" | "ˆ" | "\u{302}" => '\u{302}',
        "¯" | "‾" | "―" | "ˉ" | "\u{304}" => '\u{304}',
        "→" | "⃗" => '\u{20D7}',
        "~" | "˜" | "\u{303}" => '\u{303}',
        "˙" | "." => '\u{307}',
        "¨" | ".." => '\u{308}',
        _ => return Part { text: format!("{}{}", base.atom(), raised(over)), kind: Kind::Word },
    };
    if signs(&base.text) > MOST_ACCENTS {
        return Part::new(base.text.clone());
    }
    // The accent is on the sign before it: on each of them.
    let mut text = String::with_capacity(base.text.len() * 2);
    for c in base.text.chars() {
        text.push(c);
        if c.is_alphanumeric() {
            text.push(accent);
        }
    }
    Part { text, kind: base.kind }
}

/// Rows between semicolons, cells between commas; the parts of an equation
/// that is aligned at its sign stay together.
fn table(rows: &[NodeRef<'_>], level: usize) -> Part {
    let mut lines = Vec::new();
    for row in rows {
        let mut text = String::new();
        for cell in row.children().into_iter().filter(NodeRef::is_element) {
            let cell = line(&cell, level + 2).text;
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            let is_relation =
                |c: char| matches!(c, '=' | '<' | '>' | '≤' | '≥' | '≈' | '≡' | '→' | '∈' | '≠');
            if !text.is_empty() && !cell.starts_with(is_relation) && !text.ends_with([',', ';']) {
                text.push(',');
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(cell);
        }
        lines.push(text);
    }
    Part::new(lines.join("; "))
}

fn multiscripts(children: &[NodeRef<'_>], level: usize) -> Part {
    let (mut front, mut back, mut is_front) = (String::new(), String::new(), false);
    let mut is_raised = false;
    for child in children.iter().skip(1) {
        if child.has_name("mprescripts") {
            (is_front, is_raised) = (true, false);
            continue;
        }
        let part = line(child, level + 1);
        let said = if is_raised { raised(&part) } else { lowered(&part) };
        (if is_front { &mut front } else { &mut back }).push_str(&said);
        is_raised = !is_raised;
    }
    let base = children.first().map(|base| line(base, level + 1).atom()).unwrap_or_default();
    let gap = if front.is_empty() { "" } else { " " };
    Part::new(format!("{front}{gap}{base}{back}"))
}
