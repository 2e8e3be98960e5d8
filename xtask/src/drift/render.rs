//! The report as text.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Change, Kind, Report};

/// Wider cells push the rest of their line to the right instead of the whole table.
const WIDEST: usize = 72;

/// Writes a report as aligned lines under a summary.
pub fn text(report: &Report) -> String {
    let mut rows: Vec<[String; 4]> = report.unexplained().map(row).collect();
    rows.extend(report.stale_repairs.iter().map(|stale| {
        ["stale".to_owned(), format!("repair \"{}\"", stale.what), stale.reason.to_owned(), stale.pointer.clone()]
    }));
    let mut text = format!("{}: {}\n", report.document, summary(report));
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count()).min(WIDEST);
        }
    }
    for [first, second, third, last] in rows {
        let [one, two, three, _] = widths;
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {first:one$}  {second:two$}  {third:three$}  {last}");
    }
    text
}

fn row(change: &Change) -> [String; 4] {
    let what = match change.reached_by {
        0 | 1 => change.what.clone(),
        count => format!("{} ({count} operations)", change.what),
    };
    [word(change.kind).to_owned(), change.place.clone(), what, change.pointer.clone()]
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Breaking => "breaking",
        Kind::Review => "review",
        Kind::Compatible => "compatible",
    }
}

fn summary(report: &Report) -> String {
    let kinds = [Kind::Breaking, Kind::Review, Kind::Compatible].into_iter().filter_map(|kind| {
        let count = report.unexplained().filter(|change| change.kind == kind).count();
        (count > 0).then(|| format!("{count} {}", word(kind)))
    });
    let unexplained = kinds.collect::<Vec<_>>().join(", ");
    let unexplained = if unexplained.is_empty() { "no unexplained difference".to_owned() } else { unexplained };
    let repairs: Vec<_> = report.changes.iter().filter_map(|change| change.explained_by).collect();
    let used = repairs.iter().collect::<BTreeSet<_>>().len();
    let stale = report.stale_repairs.len();
    format!("{unexplained}; {} explained by {used} repairs; {stale} stale", repairs.len())
}
