//! The palette of all figures.

/// A colour by its role. A page decides on the actual colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    Surface,
    Ink,
    Muted,
    Grid,
    /// The colour of a look by its number, mixed with that of the surface. The second number is the share of
    /// the look in percent.
    Look(usize, u8),
    Fixed(u8, u8, u8),
}

type Rgb = (u8, u8, u8);

const SURFACE: Rgb = (255, 255, 255);

impl Color {
    /// The colour on white paper.
    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Self::Surface => SURFACE,
            Self::Ink => (26, 28, 31),
            Self::Muted => (92, 98, 107),
            Self::Grid => (222, 225, 229),
            Self::Look(slot, percent) => {
                let mixed = |of: fn(Rgb) -> u8| {
                    let [look, page] = [COLORS[slot % LOOKS].0, SURFACE].map(|c| u32::from(of(c)));
                    let percent = u32::from(percent.min(100));
                    u8::try_from((percent * look + (100 - percent) * page) / 100).unwrap_or(u8::MAX)
                };
                (mixed(|c| c.0), mixed(|c| c.1), mixed(|c| c.2))
            }
            Self::Fixed(r, g, b) => (r, g, b),
        }
    }

    /// The colour as a variable of the style sheet.
    pub(crate) fn css(self) -> String {
        match self {
            Self::Surface => "var(--surface)".to_owned(),
            Self::Ink => "var(--ink)".to_owned(),
            Self::Muted => "var(--muted)".to_owned(),
            Self::Grid => "var(--grid)".to_owned(),
            Self::Look(slot, 100..) => format!("var(--look-{})", slot % LOOKS),
            Self::Look(slot, percent) => {
                let slot = slot % LOOKS;
                format!("color-mix(in srgb, var(--look-{slot}) {percent}%, var(--surface))")
            }
            Self::Fixed(r, g, b) => format!("rgb({r} {g} {b})"),
        }
    }
}

/// The number of looks. Larger numbers start again from the first look.
pub const LOOKS: usize = 7;

/// The colours on a light and on a dark page. They are the hues of M. Okabe and K. Ito, *Color Universal
/// Design* (2008), which are distinct for every kind of colour vision. Hues that are too pale for a line on
/// white are darkened, and hues that are too dark for a line on black are lightened.
const COLORS: [(Rgb, Rgb); LOOKS] = [
    ((0, 114, 178), (86, 180, 233)),
    ((213, 94, 0), (255, 148, 66)),
    ((0, 138, 102), (46, 196, 152)),
    ((176, 82, 138), (229, 160, 200)),
    ((158, 107, 0), (240, 190, 60)),
    ((85, 85, 85), (190, 190, 190)),
    ((0, 0, 0), (255, 255, 255)),
];

/// The colours of each look on a light and on a dark page, for a style sheet.
pub(crate) fn css_colors() -> impl Iterator<Item = (usize, String, String)> {
    let hex = |(r, g, b)| format!("#{r:02x}{g:02x}{b:02x}");
    let numbered = COLORS.iter().enumerate();
    numbered.map(move |(slot, &(light, dark))| (slot, hex(light), hex(dark)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast by WCAG. Graphics need at least 3.
    #[test]
    fn every_look_stands_out_from_a_light_and_a_dark_page() {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let luminance = |(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        for (light, dark) in COLORS {
            let on_white = 1.05 / (luminance(light) + 0.05);
            let on_black = (luminance(dark) + 0.05) / (luminance((21, 23, 26)) + 0.05);
            assert!(on_white >= 3.0, "{light:?}: {on_white}");
            assert!(on_black >= 3.0, "{dark:?}: {on_black}");
        }
    }
}
