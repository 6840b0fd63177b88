//! All numbers, and the table of their ratios.

use crate::{competitor::Competitor, load::Measure};
use std::fmt::Write as _;

/// One value per round for each competitor and measure.
#[derive(Default)]
pub struct Table(Vec<Row>);

struct Row {
    competitor: &'static str,
    what: &'static str,
    values: Vec<f64>,
}

impl Table {
    pub fn add(&mut self, competitor: &'static str, measures: Vec<Measure>) {
        for Measure { what, value } in measures {
            match self.0.iter_mut().find(|row| row.competitor == competitor && row.what == what) {
                Some(row) => row.values.push(value),
                None => self.0.push(Row { competitor, what, values: vec![value] }),
            }
        }
    }

    /// The first competitor in its units, the others as ratios against it: the median of the rounds' ratios, and their
    /// range.
    pub fn ratios(&self, competitors: &[Competitor]) -> String {
        let [reference, others @ ..] = competitors else { return String::new() };
        let mut text = format!("| | {} = 1.00 |", reference.name);
        text.extend(others.iter().map(|other| format!(" {} |", other.name)));
        text += "\n| --- | --- |";
        text += &" --- |".repeat(others.len());
        for row in self.0.iter().filter(|row| row.competitor == reference.name) {
            let value = median(&row.values);
            let decimals = if value < 10.0 { 2 } else { 0 };
            let _ = write!(text, "\n| {} | {value:.decimals$} |", row.what);
            for other in others {
                let values = self
                    .0
                    .iter()
                    .find(|row_of_other| row_of_other.competitor == other.name && row_of_other.what == row.what);
                let ratios: Vec<f64> =
                    values.iter().flat_map(|row| &row.values).zip(&row.values).map(|(a, b)| a / b).collect();
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
