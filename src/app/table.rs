//! Tables for people.

use crate::app::width::{beginning, ending, width};
use crate::diag::{Style, visible};

/// What becomes of a column where there is too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It stays as it is.
    Whole,
    /// The beginning of each cell is kept.
    Beginning,
    /// The end is, as of a path.
    End,
}

/// A cell: text, and the code of its colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    colour: Option<&'static str>,
}

/// What jobs were told, and what they say, must not steer a terminal.
impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: visible(text.as_ref()).into_owned(), colour: None }
    }
}

impl Cell {
    /// The same in a colour.
    pub(crate) fn coloured(self, code: &'static str) -> Self {
        Self { colour: Some(code), ..self }
    }
}

/// Between two columns.
const GAP: usize = 2;

/// No column is made narrower than that, or than its name.
const LEAST: usize = 8;

/// Rows under each other, below the names of their columns. `room` is the width of the terminal, if it is one.
pub(crate) fn table(head: &[(&str, Fit)], rows: &[Vec<Cell>], room: Option<usize>, style: Style) -> String {
    let names: Vec<Cell> = head.iter().map(|(name, _)| Cell::from(name)).collect();
    let of_column = |at: usize| {
        rows.iter().chain([&names]).map(move |row| row.get(at).map_or(0, |cell| width(&cell.text)))
    };
    let mut widths: Vec<usize> = (0..head.len()).map(|at| of_column(at).max().unwrap_or(0)).collect();
    if let Some(room) = room {
        fit(&mut widths, head, room);
    }
    let mut out = String::new();
    for (row, is_head) in [(&names, true)].into_iter().chain(rows.iter().map(|row| (row, false))) {
        let mut line = String::new();
        // Blanks are written before what follows them: none stand at the end of a line.
        let (mut at, mut blanks) = (0, 0);
        for ((cell, wide), (_, fit)) in row.iter().zip(&widths).zip(head) {
            let left = room.map_or(usize::MAX, |room| room.saturating_sub(at));
            let text = match fit {
                Fit::End => ending(&cell.text, *wide),
                _ => beginning(&cell.text, *wide),
            };
            let text = beginning(&text, left);
            if !text.is_empty() {
                line.push_str(&" ".repeat(blanks));
                blanks = 0;
                match cell.colour {
                    Some(code) => line.push_str(&style.paint(code, &text)),
                    None => line.push_str(&text),
                }
            }
            blanks += wide - width(&text).min(*wide) + GAP;
            at += wide + GAP;
        }
        out.push_str(&if is_head { style.paint("1", &line) } else { line });
        out.push('\n');
    }
    out
}

/// Takes room from the widest column that gives some, again and again, until all fit or none gives any more.
fn fit(widths: &mut [usize], head: &[(&str, Fit)], room: usize) {
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    let gives = |at: &usize, widths: &[usize]| {
        let (name, fit) = head[*at];
        fit != Fit::Whole && widths[*at] > LEAST.max(width(name))
    };
    while total(widths) > room {
        let widest = (0..widths.len()).filter(|at| gives(at, widths)).max_by_key(|at| widths[*at]);
        let Some(widest) = widest else { break };
        widths[widest] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [(&str, Fit); 4] =
        [("ID", Fit::Whole), ("NOTE", Fit::Beginning), ("PATH", Fit::End), ("", Fit::Beginning)];

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec!["a".into(), "short".into(), "one/two/three/four".into(), "x".into()],
            vec!["bcd".into(), "quite a long\n note".into(), "five".into(), Cell::default()],
        ]
    }

    #[test]
    fn a_table_takes_the_room_that_there_is() {
        let whole = "ID   NOTE                 PATH\n\
                     a    short                one/two/three/four  x\n\
                     bcd  quite a long\\n note  five\n";
        assert_eq!(table(&HEAD, &rows(), None, Style::Plain), whole);
        let cut = "ID   NOTE         PATH\n\
                   a    short        …three/four  x\n\
                   bcd  quite a lo…  five\n";
        assert_eq!(table(&HEAD, &rows(), Some(32), Style::Plain), cut);
        for room in 0..60 {
            let text = table(&HEAD, &rows(), Some(room), Style::Plain);
            assert!(text.lines().all(|line| width(line) <= room), "{room}:\n{text}");
        }
    }

    #[test]
    fn colours_take_no_room() {
        let rows = [vec![Cell::from("a").coloured("32"), "b".into()]];
        let head = [("STATUS", Fit::Whole), ("B", Fit::Whole)];
        let text = table(&head, &rows, Some(9), Style::Coloured);
        assert_eq!(text, "\u{1b}[1mSTATUS  B\u{1b}[0m\n\u{1b}[32ma\u{1b}[0m       b\n");
    }
}
