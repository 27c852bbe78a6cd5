//! The terminal of the process, and a block of lines that stays at its bottom while something runs.
//!
//! What is said meanwhile comes out above the block. It waits for the next time that the block is drawn, so that the
//! terminal is written to a few times a second however much is said, and never shows half of anything.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::app::capture::{Size, screen};
use crate::app::program::signals;
use crate::app::width::{beginning, width};
use crate::diag::Style;

/// How often the block is drawn at most.
const STEP: Duration = Duration::from_millis(200);

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// One line of the block, which fits the terminal.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    text: String,
    width: usize,
    room: usize,
    style: Style,
}

impl Line {
    /// An empty line for a terminal. Its last column stays free: whether a line that reaches it goes on in the next row is
    /// not the same everywhere.
    pub(crate) fn new(size: Size, style: Style) -> Self {
        Self { text: String::new(), width: 0, room: size.columns.saturating_sub(1), style }
    }

    /// Adds text in a colour, as much as there is room for. What is in it must be visible.
    pub(crate) fn push(&mut self, colour: &str, text: &str) {
        let text = beginning(text, self.room - self.width);
        self.width += width(&text);
        let painted = if colour.is_empty() { text.into_owned() } else { self.style.paint(colour, &text) };
        self.text.push_str(&painted);
    }

    /// How many columns are left.
    pub(crate) fn left(&self) -> usize {
        self.room - self.width
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// What draws the block anew.
type Draw = Box<dyn Fn(Size) -> Vec<Line> + Send>;

struct Block {
    draw: Draw,
    /// The widths of the lines that stand on the terminal, and what they say.
    widths: Vec<usize>,
    text: String,
    size: Size,
}

/// What was said since the block was drawn, and whether standard output goes to the terminal, too.
struct Waiting {
    said: Vec<(Stream, String)>,
    out: bool,
}

/// There is one terminal for the process, as there is one standard error. A terminal can be stopped, and then whoever
/// draws hangs: what is said is held by another lock, so that nobody else does.
static BLOCK: Mutex<Option<Block>> = Mutex::new(None);
static WAITING: Mutex<Option<Waiting>> = Mutex::new(None);

fn lock<T>(of: &'static Mutex<T>) -> MutexGuard<'static, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something: now, or above the block as soon as it is drawn.
///
/// # Errors
/// The stream does not take it.
pub(crate) fn say(stream: Stream, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    if let Some(waiting) = &mut *lock(&WAITING)
        && (stream == Stream::Err || waiting.out)
    {
        waiting.said.push((stream, text.to_owned()));
        return Ok(());
    }
    write(stream, text)
}

fn write(stream: Stream, text: &str) -> io::Result<()> {
    match stream {
        Stream::Out => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
        Stream::Err => io::stderr().lock().write_all(text.as_bytes()),
    }
}

/// The block stands on the terminal as long as this lives.
#[derive(Debug)]
pub(crate) struct Shown(Option<(Sender<()>, JoinHandle<()>)>);

/// Shows a block that a function draws; `None` if standard error is no terminal.
pub(crate) fn show(draw: impl Fn(Size) -> Vec<Line> + Send + 'static) -> Option<Shown> {
    let size = screen()?;
    let new = Block { draw: Box::new(draw), widths: Vec::new(), text: String::new(), size };
    *lock(&BLOCK) = Some(new);
    *lock(&WAITING) = Some(Waiting { said: Vec::new(), out: io::stdout().is_terminal() });
    let (sender, receiver) = channel::<()>();
    let draw = move || {
        loop {
            if let Some(block) = &mut *lock(&BLOCK) {
                block.draw(screen().unwrap_or(block.size));
            }
            if receiver.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    };
    match thread::Builder::new().name("screen".to_owned()).spawn(draw) {
        Ok(thread) => {
            signals::stop_without_block();
            Some(Shown(Some((sender, thread))))
        }
        Err(_) => {
            close();
            None
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.0.take() {
            drop(sender);
            // It has nothing to say.
            let _ = thread.join();
        }
        close();
    }
}

/// Takes the block away and says what waits. For the end of the process, too, which may come while somebody draws.
pub(crate) fn close() {
    if let Some(block) = patiently().and_then(|mut block| block.take()) {
        // Who says something now says it behind what waits.
        let mut waiting = lock(&WAITING);
        let said = waiting.take().map(|waiting| waiting.said).unwrap_or_default();
        block.over(screen().unwrap_or(block.size), said, "");
    }
}

/// Takes the block away while a function runs, and lets it be drawn anew below what was said by then.
pub(crate) fn aside(call: impl FnOnce()) {
    // Nobody draws as long as this is held.
    let mut held = patiently();
    if let Some(block) = held.as_deref_mut().and_then(Option::as_mut) {
        let said =
            lock(&WAITING).as_mut().map(|waiting| std::mem::take(&mut waiting.said)).unwrap_or_default();
        block.over(screen().unwrap_or(block.size), said, "");
        block.widths.clear();
        block.text.clear();
    }
    call();
}

/// The block; `None` if somebody is about to draw it and hangs, who is not waited for long.
fn patiently() -> Option<MutexGuard<'static, Option<Block>>> {
    for _ in 0..20 {
        match BLOCK.try_lock() {
            Ok(block) => return Some(block),
            Err(TryLockError::Poisoned(block)) => return Some(block.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
    None
}

impl Block {
    /// Draws the lines that are to stand there now, below what was said.
    fn draw(&mut self, size: Size) {
        let lines = (self.draw)(size);
        let text: String = lines.iter().map(|line| format!("{}\u{1b}[K\n", line.text)).collect();
        let said =
            lock(&WAITING).as_mut().map(|waiting| std::mem::take(&mut waiting.said)).unwrap_or_default();
        if said.is_empty() && text == self.text && size == self.size {
            return;
        }
        self.over(size, said, &text);
        self.widths = lines.iter().map(|line| line.width).collect();
        self.text = text;
        self.size = size;
    }

    /// Writes what was said, and some text, in place of the block. A terminal that takes nothing any more is not told.
    fn over(&self, size: Size, said: Vec<(Stream, String)>, text: &str) {
        for (stream, text) in frame(back(&self.widths, self.size, size), said, text) {
            let _ = write(stream, &text);
        }
    }
}

/// What is written in place of a block: `back` goes to where it begins, what was said comes out there, and `text` below it.
/// Lines that stay are written over and not taken away before, so that nothing flickers.
fn frame(back: String, said: Vec<(Stream, String)>, text: &str) -> Vec<(Stream, String)> {
    let mut pieces = vec![(Stream::Err, back)];
    if !said.is_empty() {
        pieces.push((Stream::Err, "\u{1b}[J".to_owned()));
    }
    for (stream, mut said) in said {
        // The block begins in a line of its own.
        if !said.ends_with('\n') {
            said.push('\n');
        }
        pieces.push((stream, said));
    }
    pieces.push((Stream::Err, format!("{text}\u{1b}[J")));
    pieces.dedup_by(|next, before| {
        next.0 == before.0 && {
            before.1.push_str(&next.1);
            true
        }
    });
    pieces
}

/// Goes from below the block to where it begins. A terminal that has become narrower since has broken its lines.
fn back(widths: &[usize], before: Size, now: Size) -> String {
    let rows = |width: &usize| {
        if now.columns < before.columns { width.div_ceil(now.columns.max(1)).max(1) } else { 1 }
    };
    match widths.iter().map(rows).sum::<usize>() {
        0 => "\r".to_owned(),
        rows => format!("\r\u{1b}[{rows}A"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal shows after it was written to, as far as this file goes.
    #[derive(Default)]
    struct Terminal {
        lines: Vec<Vec<char>>,
        row: usize,
        column: usize,
    }

    impl Terminal {
        fn write(&mut self, text: &str) {
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                self.lines.resize_with(self.lines.len().max(self.row + 1), Vec::new);
                match c {
                    '\r' => self.column = 0,
                    '\n' => (self.row, self.column) = (self.row + 1, 0),
                    '\u{1b}' => self.obey(&mut chars),
                    c => {
                        let line = &mut self.lines[self.row];
                        line.resize(line.len().max(self.column + 1), ' ');
                        line[self.column] = c;
                        self.column += 1;
                    }
                }
            }
        }
    }

    impl Terminal {
        fn obey(&mut self, chars: &mut std::str::Chars<'_>) {
            assert_eq!(chars.next(), Some('['));
            let rest = chars.as_str();
            let at = rest.find(char::is_alphabetic).unwrap();
            let (number, what) = (rest[..at].parse().unwrap_or(1), &rest[at..=at]);
            *chars = rest[at + 1..].chars();
            match what {
                "A" => self.row = self.row.checked_sub(number).expect("not above the first line"),
                "K" => self.lines[self.row].truncate(self.column),
                "J" => {
                    self.lines[self.row].truncate(self.column);
                    self.lines.truncate(self.row + 1);
                }
                _ => assert_eq!(what, "m"),
            }
        }

        fn shown(&self) -> Vec<String> {
            self.lines.iter().map(|line| line.iter().collect()).collect()
        }
    }

    #[test]
    fn what_is_said_stands_above_the_block_and_nothing_of_it_is_left() {
        let size = Size { columns: 20, rows: 24 };
        let mut terminal = Terminal::default();
        terminal.write("$ train\n");
        let mut widths: Vec<usize> = Vec::new();
        let mut draw = |said: &[(Stream, &str)], lines: &[&str]| {
            let text: String = lines.iter().map(|line| format!("{line}\u{1b}[K\n")).collect();
            let said = said.iter().map(|(stream, text)| (*stream, (*text).to_owned())).collect();
            for (_, text) in frame(back(&widths, size, size), said, &text) {
                terminal.write(&text);
            }
            widths = lines.iter().map(|line| line.len()).collect();
            terminal.shown()
        };
        assert_eq!(draw(&[], &["1/3", "#1 a long one"]), ["$ train", "1/3", "#1 a long one", ""]);
        assert_eq!(draw(&[], &["2/3", "#2 b"]), ["$ train", "2/3", "#2 b", ""]);
        let said =
            [(Stream::Out, "log\n"), (Stream::Err, "\u{1b}[31merror\u{1b}[0m: no"), (Stream::Out, "log\n")];
        let expected = ["$ train", "log", "error: no", "log", "2/3", "#2 b", "#3 c", ""];
        assert_eq!(draw(&said, &["2/3", "#2 b", "#3 c"]), expected);
        assert_eq!(draw(&[], &["3/3"]), ["$ train", "log", "error: no", "log", "3/3", ""]);
        assert_eq!(draw(&[(Stream::Err, "done\n")], &[]), ["$ train", "log", "error: no", "log", "done", ""]);
    }

    #[test]
    fn a_line_fits_whatever_is_in_it() {
        let size = Size { columns: 8, rows: 24 };
        let mut line = Line::new(size, Style::Coloured);
        line.push("1", "ab");
        line.push("", "漢字字");
        line.push("31", "more");
        assert_eq!(line.text(), "\u{1b}[1mab\u{1b}[0m漢字…\u{1b}[31m\u{1b}[0m");
        assert_eq!((line.width, line.left()), (7, 0));
    }

    #[test]
    fn lines_that_a_narrower_terminal_has_broken_are_all_gone_over() {
        let size = |columns| Size { columns, rows: 24 };
        assert_eq!(back(&[], size(80), size(80)), "\r");
        assert_eq!(back(&[79, 10, 0], size(80), size(80)), "\r\u{1b}[3A");
        assert_eq!(back(&[79, 10, 0], size(80), size(120)), "\r\u{1b}[3A");
        assert_eq!(back(&[79, 10, 0], size(80), size(40)), "\r\u{1b}[4A");
        assert_eq!(back(&[79, 10, 0], size(80), size(9)), "\r\u{1b}[12A");
    }
}
