//! All numbers, and how they compare.

use crate::{contestant::Contestant, load::Measure};
use std::fmt::Write as _;

/// One value a round for each contestant and measure.
#[derive(Default)]
pub struct Table(Vec<Row>);

struct Row {
    contestant: &'static str,
    what: &'static str,
    values: Vec<f64>,
}

impl Table {
    pub fn add(&mut self, contestant: &'static str, measures: Vec<Measure>) {
        for Measure { what, value } in measures {
            match self.0.iter_mut().find(|row| row.contestant == contestant && row.what == what) {
                Some(row) => row.values.push(value),
                None => self.0.push(Row { contestant, what, values: vec![value] }),
            }
        }
    }

    /// The first contestant in its units, the others as ratios against it: the median of the rounds' ratios, and their
    /// range.
    pub fn ratios(&self, contestants: &[Contestant]) -> String {
        let [limit, others @ ..] = contestants else { return String::new() };
        let mut text = format!("| | {} = 1.00 |", limit.name);
        text.extend(others.iter().map(|other| format!(" {} |", other.name)));
        text += "\n| --- | --- |";
        text += &" --- |".repeat(others.len());
        for row in self.0.iter().filter(|row| row.contestant == limit.name) {
            let _ = write!(text, "\n| {} | {:.4} |", row.what, median(&row.values));
            for other in others {
                let values = self.0.iter().find(|theirs| theirs.contestant == other.name && theirs.what == row.what);
                let ratios: Vec<f64> =
                    values.iter().flat_map(|theirs| &theirs.values).zip(&row.values).map(|(a, b)| a / b).collect();
                let (least, most) = ratios.iter().fold((f64::MAX, 0.0), |(l, m): (f64, f64), r| (l.min(*r), m.max(*r)));
                let _ = write!(text, " {:.2} ({least:.2}-{most:.2}) |", median(&ratios));
            }
        }
        text
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
