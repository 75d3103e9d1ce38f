//! Tables without lines: columns as wide as they need to be, cut where the screen ends.

use crate::screen::{Screen, Tone, columns};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

pub(crate) struct Table {
    heads: Vec<(String, Side)>,
    rows: Vec<Vec<(String, Option<Tone>)>>,
    /// Stands in front of every line.
    pub(crate) indent: usize,
}

/// Between two columns.
const GAP: usize = 2;
/// A column is not cut below this as long as another one can be.
const NARROW: usize = 8;

impl Table {
    pub(crate) fn new<'a>(heads: impl IntoIterator<Item = (&'a str, Side)>) -> Self {
        let heads = heads.into_iter().map(|(h, side)| (h.to_owned(), side)).collect();
        Self { heads, rows: vec![], indent: 0 }
    }
    pub(crate) fn row(&mut self, cells: Vec<(String, Option<Tone>)>) {
        self.rows.push(cells);
    }

    pub(crate) fn lines(&self, screen: &Screen) -> Vec<String> {
        let room = if screen.cuts { screen.width } else { usize::MAX };
        let widths = self.widths(room.saturating_sub(self.indent));
        let mut lines = vec![];
        if self.heads.iter().any(|(h, _)| !h.is_empty()) {
            let heads: Vec<_> =
                self.heads.iter().map(|(h, _)| (h.clone(), Some(Tone::Dim))).collect();
            lines.push(self.line(screen, &widths, &heads));
        }
        lines.extend(self.rows.iter().map(|row| self.line(screen, &widths, row)));
        lines
    }

    fn line(&self, screen: &Screen, widths: &[usize], row: &[(String, Option<Tone>)]) -> String {
        let mut line = " ".repeat(self.indent);
        for (at, (text, tone)) in row.iter().enumerate() {
            let (Some(width), Some((_, side))) = (widths.get(at), self.heads.get(at)) else {
                break;
            };
            if *width == 0 {
                continue;
            }
            let text = screen.fitted(text, *width);
            let gap = " ".repeat(width.saturating_sub(columns(&text)));
            let text = tone.map_or(text.clone(), |tone| screen.paint(tone, &text));
            let cell =
                if *side == Side::Right { format!("{gap}{text}") } else { format!("{text}{gap}") };
            line.push_str(&cell);
            line.push_str(&" ".repeat(GAP));
        }
        line.trim_end().to_owned()
    }

    /// Columns give way from the widest on; an empty column takes no room at all.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.heads.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|r| r.get(at)).map(|(t, _)| columns(t));
                let widest = cells.max().unwrap_or(0);
                if widest == 0 { 0 } else { widest.max(columns(&self.heads[at].0)) }
            })
            .collect();
        loop {
            let used: usize = widths.iter().filter(|w| **w > 0).map(|w| w + GAP).sum();
            let over = used.saturating_sub(GAP).saturating_sub(room);
            let Some(widest) = widths.iter_mut().max() else { break };
            if over == 0 || *widest <= NARROW {
                break;
            }
            *widest -= 1;
        }
        widths
    }
}
