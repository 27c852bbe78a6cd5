//! How errors are drawn: excerpts of long lines, many mistakes, and what comes from outside.

use std::sync::Arc;

use mainstem::diag::{Error, ErrorKind, Origin, Source, SourceId, SourceKind, SourceMap, Span, Style};
use mainstem::grammar::parse_override;
use mainstem::yaml::{Limits, parse};

/// The mistakes in the text of a config.
fn mistakes(text: &str) -> Error {
    let map = Arc::new(SourceMap::default());
    let source = map.add(Source::new(SourceKind::File, "conf/a.yaml", text));
    let mut errors: Vec<Error> = Vec::new();
    assert!(parse(text, source, &Limits::default(), &mut errors).is_none());
    Error::all(errors).expect("no tree, so an error").located(&map)
}

/// The mistakes in an override.
fn slips(text: &str) -> Vec<Error> {
    let mut errors: Vec<Error> = Vec::new();
    assert!(parse_override(text, SourceId::NONE, &mut errors).is_none());
    errors
}

/// An error at a place of a file of that name and text.
fn drawn(name: &str, text: &str, span: Span) -> String {
    let map = Arc::new(SourceMap::default());
    let source = map.add(Source::new(SourceKind::File, name, text));
    let error = Error::new(ErrorKind::Yaml, "wrong").at(Origin::new(source, span), "here").located(&map);
    error.render(Style::Plain)
}

/// The excerpt and the line under it.
fn excerpt(text: &str, span: Span) -> (String, String) {
    let drawn = drawn("a", text, span);
    let mut lines = drawn.lines().skip(2).map(|line| line.split_once("| ").expect("a gutter").1.to_owned());
    (lines.next().expect("an excerpt"), lines.next().expect("carets"))
}

#[test]
fn a_hundred_mistakes_are_drawn_and_the_others_counted() {
    let keys = |count: usize| (0..count).map(|i| format!("k{i}: 1\nk{i}: 2\n")).collect::<String>();
    let headings = |drawn: &str| drawn.matches("error[duplicate-key]").count();
    let drawn = mistakes(&keys(100)).render(Style::Plain);
    assert!(headings(&drawn) == 100 && !drawn.contains("more errors"));
    let drawn = mistakes(&keys(50_000)).render(Style::Plain);
    assert_eq!(headings(&drawn), 100);
    assert!(drawn.ends_with("help: remove one of them\n\nand 49900 more errors\n"), "{drawn}");
    let drawn = Error::all(slips(&format!("a={}", ",".repeat(101)))).expect("mistakes").render(Style::Plain);
    assert!(drawn.ends_with("\n\nand 2 more errors\n"), "{drawn}");
}

/// What is gathered has an end, whatever is read.
#[test]
fn a_text_with_endless_mistakes_is_given_up() {
    let errors = slips(&format!("a={}", ",".repeat(150_000)));
    assert_eq!(errors.len(), 100_000);
    let last = errors.last().expect("many");
    assert_eq!(last.message(), "100000 mistakes are enough: the rest of this text was not read");
    let yaml = mistakes(&"a:\n".repeat(150_000));
    assert_eq!(yaml.iter().count(), 100_001);
    assert_eq!(yaml.iter().last().map(Error::kind), Some(ErrorKind::Limit));
}

/// Each mistake of a long argument takes no more room than the others.
#[test]
fn mistakes_do_not_repeat_a_long_argument() {
    let room = |count: usize| {
        let errors = slips(&format!("a=[{}]", "x \"y,".repeat(count)));
        let texts = errors.iter().flat_map(|e| e.helps().iter().map(String::len).chain([e.message().len()]));
        (errors.len(), texts.sum::<usize>())
    };
    let ((few, small), (many, large)) = (room(300), room(3000));
    assert!(many >= 9 * few && large <= 11 * small, "{few}: {small}, {many}: {large}");
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("first\n{}\nlast", "é".repeat(150) + "X" + &"b".repeat(150));
    let at = |characters: usize, bytes: usize| Span::new(6 + characters * 2, 6 + characters * 2 + bytes);
    let (line, carets) = excerpt(&text, at(0, 4));
    assert_eq!((line.as_str(), carets.as_str()), (&*("é".repeat(100) + "…"), "^^ here"));
    let (line, carets) = excerpt(&text, at(150, 1));
    assert_eq!(line, "…".to_owned() + &"é".repeat(50) + "X" + &"b".repeat(49) + "…");
    assert_eq!(carets, " ".repeat(51) + "^ here");
    let (line, carets) = excerpt(&text, Span::new(6 + 301 + 149, 6 + 301 + 150));
    assert_eq!(line, "…".to_owned() + &"b".repeat(100));
    assert_eq!(carets, " ".repeat(100) + "^ here");
    let (line, carets) = excerpt(&text, Span::new(6, u32::MAX as usize));
    assert_eq!((line.chars().count(), carets.as_str()), (101, &*("^".repeat(100) + " here")));
    let (line, carets) = excerpt(&text, Span::new(0, 9));
    assert_eq!((line.as_str(), carets.as_str()), ("first", "^^^^^ here"));
    let (line, carets) = excerpt(&text, Span::new(5, 5));
    assert_eq!((line.as_str(), carets.as_str()), ("first", "     ^ here"));
}

#[test]
fn carets_stand_under_what_an_escape_shows() {
    let (line, carets) = excerpt("\ta\u{1b}[2J: \u{202e}b\rc", Span::new(8, 12));
    assert_eq!(line, "\ta\\x1b[2J: \\u202eb\\rc");
    assert_eq!(carets, format!("\t{}^^^^^^^ here", " ".repeat(10)));
}

/// Whatever the parts of an error hold, a terminal gets nothing to obey.
#[test]
fn a_terminal_gets_nothing_to_obey() {
    let nasty = "\u{1b}[31m\u{1b}]0;x\u{7}\r\n\u{8}\u{7f}\u{9b}2J\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}é";
    let map = Arc::new(SourceMap::default());
    let text = nasty.replace('\n', "");
    let file = map.add(Source::new(SourceKind::File, format!("conf/{nasty}.yaml"), text.as_str()));
    let empty = map.add(Source::new(SourceKind::Environment, nasty, ""));
    let error = Error::new(ErrorKind::Yaml, nasty)
        .at(Origin::new(file, Span::new(3, 9)), nasty)
        .at(Origin::new(empty, Span::default()), nasty)
        .note(nasty)
        .help(nasty)
        .located(&map);
    let harmless = |c: char| !c.is_control() && !('\u{2028}'..='\u{202e}').contains(&c);
    let harmless = |text: &str| text.chars().all(|c| harmless(c) && !('\u{2066}'..='\u{2069}').contains(&c));
    assert!(harmless(&error.to_string()), "{error:?}");
    assert_eq!(error.to_string(), r"\x1b[31m\x1b]0;x\x07\r\n\x08\x7f\x9b2J\u202a\u202e\u2066\u2069\u2028é");
    let drawn = error.render(Style::Plain);
    assert!(drawn.lines().all(harmless), "{drawn:?}");
    assert_eq!(drawn.lines().count(), 8, "{drawn}");
    // The colours are our own.
    let coloured = error.render(Style::Coloured);
    let codes = ["1;31", "1;36", "34", "1", "0"].map(|code| format!("\u{1b}[{code}m"));
    let without = codes.iter().fold(coloured, |text, code| text.replace(code.as_str(), ""));
    assert_eq!(without, drawn);
}

#[test]
fn what_is_huge_is_not_echoed_whole() {
    let key = "k".repeat(1 << 20);
    let error = mistakes(&format!("? {key}\n: 1\n? {key}\n: 2\n"));
    assert!(error.message().len() > 1 << 20, "programs get all of it");
    assert!(error.to_string().len() < 300 && error.render(Style::Plain).len() < 1000, "{error}");
    for slip in slips(&format!("a=x \"{key}")) {
        assert!(slip.render(Style::Plain).len() < 1000, "{slip:?}");
    }
}
