//! Comma-separated values, as RFC 4180 says them.

use crate::diag::{Error, ErrorKind, Result};
use crate::value::{JsonStyle, Kind, Node, write_float, write_json};

/// Appends a record with its line end.
pub(crate) fn write_record<'c>(cells: impl IntoIterator<Item = &'c str>, out: &mut String) {
    for (nth, cell) in cells.into_iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\r', '\n']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// A value in a cell: text as it is, a float so short that it reads as the same again, lists and mappings as JSON.
pub(crate) fn cell(node: &Node) -> String {
    let mut out = String::new();
    match &node.kind {
        Kind::Null => {}
        Kind::Float(number) => write_float(*number, &mut out),
        Kind::Str(text) => out.push_str(text),
        Kind::Template(template) => out.push_str(&template.text),
        _ => write_json(node, JsonStyle::Compact, &mut out),
    }
    out
}

/// What a job returned by the names of its columns: `result`, or `result.loss` and the like.
pub(crate) fn flattened(result: &Node) -> Vec<(String, Node)> {
    match result.as_map() {
        Some(map) => map.iter().map(|(key, slot)| (format!("result.{key}"), slot.node.clone())).collect(),
        None => vec![("result".to_owned(), result.clone())],
    }
}

/// A record that was read: the line where it begins, counted from 1, and its cells.
pub(crate) type Row = (usize, Vec<String>);

/// The cells of each record; a cell in quotes may hold commas, line ends, and quotes that stand twice. Empty lines are no
/// records.
///
/// # Errors
/// A quote that is not closed: the line where it stands is in the message.
pub(crate) fn records(text: &str) -> Result<Vec<Row>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let (mut line, mut begun, mut quote) = (1, 1, 1);
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() && !was_quoted => {
                (quoted, was_quoted, quote) = (true, true, line);
            }
            ',' if !quoted => {
                row.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if !(row.is_empty() && cell.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut cell));
                    rows.push((begun, std::mem::take(&mut row)));
                }
                was_quoted = false;
                begun = line;
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(Error::new(ErrorKind::Sweep, format!("the quote in line {quote} is not closed")));
    }
    if !(row.is_empty() && cell.is_empty() && !was_quoted) {
        row.push(cell);
        rows.push((begun, row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        let read = |text: &str| records(text).unwrap();
        let row = |line: usize, cells: &[&str]| (line, cells.iter().map(|&cell| cell.to_owned()).collect());
        assert_eq!(
            read("a,b\r\n1,\"x, \"\"y\"\"\n\"\n\n,\n"),
            [row(1, &["a", "b"]), row(2, &["1", "x, \"y\"\n"]), row(5, &["", ""])]
        );
        assert_eq!(read("a"), [row(1, &["a"])]);
        assert!(read("").is_empty());
        assert_eq!(records("a\n1,\"b\n\n").unwrap_err().message(), "the quote in line 2 is not closed");
    }

    #[test]
    fn what_is_written_is_read() {
        let rows = [["a", "b,c", ""], ["\"", "x\r\ny", " z "], ["\n", "é\t", "\"\"\","]];
        let mut text = String::new();
        rows.iter().for_each(|row| write_record(row.iter().copied(), &mut text));
        let read: Vec<Vec<String>> = records(&text).unwrap().into_iter().map(|(_, cells)| cells).collect();
        assert_eq!(read, rows);
        assert!(text.starts_with("a,\"b,c\",\r\n"));
    }
}
