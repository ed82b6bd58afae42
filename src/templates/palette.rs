//! Colours of a mail, from the blog's one accent.
//!
//! Mail programs cannot compute colours, so the rule of the pages' stylesheet
//! is applied here: on light paper the accent's OKLCH lightness is at most
//! 0.47, on dark paper at least 0.78 with a chroma of at most 0.12. Chroma is
//! then lowered until sRGB can show the colour. Paper, ink and lines are fixed
//! greys, written in the templates.
//!
//! OKLab: Björn Ottosson, "A perceptual color space for image processing"
//! (2020), <https://bottosson.github.io/posts/oklab/>.

use serde::Serialize;

/// Jade, the accent of a blog that has none.
const JADE: [u8; 3] = [0x0f, 0x6b, 0x5c];

/// Hex colours, light and dark, that stay readable whatever the accent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Palette {
    /// Accent on light paper: contrast of at least 4.5 to the sheet.
    pub accent: String,
    /// Accent on dark paper.
    pub accent_dark: String,
}

impl Palette {
    /// From `#rrggbb`; jade when it cannot be read.
    pub fn from_accent(accent: &str) -> Self {
        let (lightness, chroma, hue) = oklch(read_hex(accent).unwrap_or(JADE));
        Self {
            accent: hex(in_gamut(lightness.min(0.47), chroma, hue)),
            accent_dark: hex(in_gamut(lightness.max(0.78), chroma.min(0.12), hue)),
        }
    }
}

/// `#rrggbb` as three bytes.
fn read_hex(text: &str) -> Option<[u8; 3]> {
    let digits = text.trim().strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A channel as light: undoes the sRGB curve.
fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// Lightness (0 to 1), chroma and hue (radians) of an sRGB colour.
fn oklch(rgb: [u8; 3]) -> (f64, f64, f64) {
    let [r, g, b] = rgb.map(linear);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    let lightness = 0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s;
    let a = 1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s;
    let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s;
    (lightness, a.hypot(b), b.atan2(a))
}

/// The colour in linear sRGB; channels outside 0 to 1 cannot be shown.
fn from_oklch(lightness: f64, chroma: f64, hue: f64) -> [f64; 3] {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ]
}

/// The colour with as much of its chroma as sRGB can show.
fn in_gamut(lightness: f64, chroma: f64, hue: f64) -> [u8; 3] {
    let fits =
        |chroma: f64| from_oklch(lightness, chroma, hue).iter().all(|c| (-0.000_1..=1.000_1).contains(c));
    let mut kept = chroma;
    if !fits(kept) {
        let (mut low, mut high) = (0.0, chroma);
        for _ in 0..24 {
            let middle = f64::midpoint(low, high);
            if fits(middle) { low = middle } else { high = middle }
        }
        kept = low;
    }
    from_oklch(lightness, kept, hue).map(encode)
}

/// Light as a channel: the sRGB curve, rounded.
fn encode(light: f64) -> u8 {
    let c = light.clamp(0.0, 1.0);
    let c = if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
    (c * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2 contrast of two hex colours.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |text: &str| {
            let [r, g, b] = read_hex(text).unwrap().map(linear);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_accent_of_a_grid_stays_readable() {
        let steps = [0u8, 51, 102, 153, 204, 255];
        for at in 0..216 {
            let [red, green, blue] = [at / 36, at / 6 % 6, at % 6].map(|step: usize| steps[step]);
            let palette = Palette::from_accent(&hex([red, green, blue]));
            for (what, ratio) in [
                ("link on the sheet", contrast(&palette.accent, "#fdfefd")),
                ("link on a tint", contrast(&palette.accent, "#e4eeea")),
                ("light button", contrast(&palette.accent, "#ffffff")),
                ("dark link on the sheet", contrast(&palette.accent_dark, "#1b2220")),
                ("dark link on a tint", contrast(&palette.accent_dark, "#22302c")),
                ("dark button", contrast(&palette.accent_dark, "#0d1614")),
            ] {
                assert!(ratio >= 4.5, "{red} {green} {blue}: {what} {ratio:.2} {palette:?}");
            }
        }
    }

    #[test]
    fn an_accent_that_is_dark_enough_is_kept() {
        let jade = Palette::from_accent("#0F6B5C");
        assert_eq!((jade.accent.as_str(), jade.accent_dark.as_str()), ("#0c6a5b", "#7ac9b7"));
        assert_eq!(Palette::from_accent(" #5b2a86 ").accent, "#5b2a86");
    }

    #[test]
    fn an_accent_that_cannot_be_read_is_jade() {
        let jade = Palette::from_accent("#0f6b5c");
        for bad in ["", "red", "#fff", "#gggggg", "#0f6b5c99", "\"><script>", "#+12345"] {
            assert_eq!(Palette::from_accent(bad), jade, "{bad}");
        }
    }
}
