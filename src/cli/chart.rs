//! Growth as an SVG picture: a panel a blog, bars up for who confirmed, bars
//! down for who left. It carries its own colours for light and dark.

use std::fmt::Write as _;

use crate::store::GrowthDay;

/// One blog's part of the picture.
pub(super) struct Panel<'a> {
    /// The blog's name.
    pub title: &'a str,
    /// How many follow now.
    pub followers: i64,
    /// The days, oldest first.
    pub growth: &'a [GrowthDay],
}

const WIDTH: f64 = 760.0;
const PANEL: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 76.0;
const BOTTOM: f64 = 40.0;

const STYLE: &str = "
  .paper{fill:#fffdf9} .ink{fill:#1f2937} .soft{fill:#5b6472} .grid{stroke:#e3dfd6} .zero{stroke:#5b6472}
  .up{fill:#146b5c} .down{fill:#b4532a}
  text{font:13px system-ui,sans-serif} .title{font-size:18px;font-weight:600} .end{text-anchor:end} .mid{text-anchor:middle}
  @media (prefers-color-scheme:dark){.paper{fill:#14181d} .ink{fill:#eef1f4} .soft{fill:#a7b0bc} .grid{stroke:#2c343d}
  .zero{stroke:#a7b0bc} .up{fill:#74cdb9} .down{fill:#f0a37c}}";

/// Draws the panels one below the other.
pub(super) fn draw(panels: &[Panel<'_>]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a picture has few panels")]
    let height = PANEL * panels.len().max(1) as f64;
    let label = panels.iter().map(said).collect::<Vec<_>>().join(". ");
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\">\n<style>{STYLE}\n</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
        escape(&label)
    );
    if panels.is_empty() {
        let _ = writeln!(
            svg,
            "<text class=\"soft mid\" x=\"{}\" y=\"150\">There is no blog yet.</text>",
            WIDTH / 2.0
        );
    }
    let mut top = 0.0;
    for panel in panels {
        draw_panel(&mut svg, panel, top);
        top += PANEL;
    }
    svg.push_str("</svg>\n");
    svg
}

fn said(panel: &Panel<'_>) -> String {
    let confirmed: i64 = panel.growth.iter().map(|day| day.confirmed).sum();
    let ended: i64 = panel.growth.iter().map(|day| day.ended).sum();
    format!(
        "{}: {} followers, {confirmed} new and {ended} left in {} days",
        panel.title,
        panel.followers,
        panel.growth.len()
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts of a day are far below 2^52")]
fn draw_panel(svg: &mut String, panel: &Panel<'_>, top: f64) {
    let days = panel.growth;
    let step = step_of(days.iter().flat_map(|day| [day.confirmed, day.ended]).max().unwrap_or(0));
    let up = round_up(days.iter().map(|day| day.confirmed).max().unwrap_or(0).max(1), step);
    let down = round_up(days.iter().map(|day| day.ended).max().unwrap_or(0), step);
    let scale = (PANEL - TOP - BOTTOM) / (up + down).max(1) as f64;
    let zero = top + TOP + up as f64 * scale;
    let confirmed: i64 = days.iter().map(|day| day.confirmed).sum();
    let ended: i64 = days.iter().map(|day| day.ended).sum();
    let _ = writeln!(
        svg,
        "<text class=\"ink title\" x=\"{LEFT}\" y=\"{}\">{}</text>",
        top + 32.0,
        escape(&short(panel.title))
    );
    let _ = writeln!(
        svg,
        "<text class=\"soft\" x=\"{LEFT}\" y=\"{y}\">{} followers, last {} days:</text>\
         <rect class=\"up\" x=\"{a}\" y=\"{b}\" width=\"11\" height=\"11\" rx=\"2\"/><text class=\"soft\" x=\"{c}\" y=\"{y}\">{} confirmed</text>\
         <rect class=\"down\" x=\"{d}\" y=\"{b}\" width=\"11\" height=\"11\" rx=\"2\"/><text class=\"soft\" x=\"{e}\" y=\"{y}\">{} left</text>",
        super::print::number(panel.followers),
        days.len(),
        super::print::number(confirmed),
        super::print::number(ended),
        y = top + 54.0,
        a = LEFT + 240.0,
        b = top + 44.0,
        c = LEFT + 257.0,
        d = LEFT + 390.0,
        e = LEFT + 407.0,
    );
    let mut tick = -down;
    while tick <= up {
        let y = zero - tick as f64 * scale;
        let class = if tick == 0 { "zero" } else { "grid" };
        let _ = writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text class=\"soft end\" x=\"{}\" y=\"{:.1}\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            super::print::number(tick.abs())
        );
        tick += step;
    }
    let slot = (WIDTH - LEFT - RIGHT) / days.len().max(1) as f64;
    let (bar, gap) = (slot * 0.72, slot * 0.14);
    let every = days.len().div_ceil(6).max(1);
    for (at, day) in days.iter().enumerate() {
        let x = LEFT + at as f64 * slot;
        for (class, count, from) in
            [("up", day.confirmed, zero - day.confirmed as f64 * scale), ("down", day.ended, zero)]
        {
            if count > 0 {
                let what = if class == "up" { "confirmed" } else { "left" };
                let _ = writeln!(
                    svg,
                    "<rect class=\"{class}\" x=\"{:.1}\" y=\"{from:.1}\" width=\"{bar:.1}\" height=\"{:.1}\"><title>{}: {count} {what}</title></rect>",
                    x + gap,
                    count as f64 * scale,
                    escape(&day.date)
                );
            }
        }
        if at % every == 0 {
            let _ = writeln!(
                svg,
                "<text class=\"soft mid\" x=\"{:.1}\" y=\"{}\">{}</text>",
                (x + slot / 2.0).max(LEFT + 20.0),
                top + PANEL - 14.0,
                escape(day.date.get(5..).unwrap_or(&day.date))
            );
        }
    }
}

/// Between two lines of the grid: 1, 2 or 5 with zeros, four lines or so.
fn step_of(most: i64) -> i64 {
    let mut step = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if step * 4 >= most {
            break;
        }
        let decade = 10_i64.pow(step.ilog10());
        step = decade * factor;
    }
    step
}

fn round_up(value: i64, step: i64) -> i64 {
    (value + step - 1) / step * step
}

fn short(title: &str) -> String {
    let clean = super::print::clean(title);
    if clean.chars().count() <= 70 { clean } else { clean.chars().take(69).chain(['…']).collect() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_stand_at_round_numbers() {
        for (most, step) in
            [(0, 1), (4, 1), (5, 2), (9, 5), (21, 10), (41, 20), (1000, 500), (1_000_000, 500_000)]
        {
            assert_eq!(step_of(most), step, "{most}");
        }
    }

    #[test]
    fn a_picture_has_a_bar_for_each_count_and_escapes_its_title() {
        let day = |date: &str, confirmed, ended| GrowthDay { date: date.into(), confirmed, ended };
        let growth = [day("2026-11-20", 3, 0), day("2026-11-21", 0, 0), day("2026-11-22", 12, 2)];
        let svg = draw(&[Panel { title: "Cats & <dogs>", followers: 1404, growth: &growth }]);
        assert_eq!(svg.matches("<rect class=\"up\"").count(), 1 + 2);
        assert_eq!(svg.matches("<rect class=\"down\"").count(), 1 + 1);
        assert!(svg.contains("Cats &amp; &lt;dogs&gt;") && svg.contains("1,404 followers"));
        assert!(svg.contains("prefers-color-scheme:dark"));
        assert!(draw(&[]).contains("no blog yet"));
    }
}
