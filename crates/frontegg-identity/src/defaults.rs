//! Holds the table of the guide to the constants: each module names its rows in its tests.

use std::time::Duration;

/// The page.
const PAGE: &str = include_str!("../docs/defaults.md");

/// Asserts that the page has a row of that name with that figure.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "shorter to call")]
pub(crate) fn row(name: &str, figure: impl Figure) {
    let start = format!("| {name} | {} |", figure.text());
    assert!(PAGE.lines().any(|line| line.starts_with(&start)), "no row `{start}` in the page of defaults");
}

/// What may be the figure of a row.
pub(crate) trait Figure {
    fn text(&self) -> String;
}

impl Figure for &str {
    fn text(&self) -> String {
        (*self).to_owned()
    }
}

impl Figure for u32 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Figure for Duration {
    fn text(&self) -> String {
        let units = [(24 * 60 * 60 * 1_000, "d"), (60 * 60 * 1_000, "h"), (60 * 1_000, "min"), (1_000, "s"), (1, "ms")];
        let millis = self.as_millis();
        let (size, unit) = units.into_iter().find(|(size, _)| millis.is_multiple_of(*size)).unwrap();
        format!("{} {unit}", millis / size)
    }
}

#[test]
fn durations_are_written_in_their_largest_whole_unit() {
    for (duration, text) in [(90, "90 s"), (120, "2 min"), (3_600, "1 h"), (30 * 24 * 3_600, "30 d")] {
        assert_eq!(Duration::from_secs(duration).text(), text);
    }
    assert_eq!(Duration::from_millis(200).text(), "200 ms");
}

#[test]
#[should_panic(expected = "no row `| A call as a whole | 59 s |`")]
fn another_figure_is_noticed() {
    row("A call as a whole", Duration::from_secs(59));
}
