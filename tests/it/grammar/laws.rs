//! Laws of the grammar.

use mainstem::diag::{Error, ErrorKind, SourceId};
use mainstem::grammar::{Override, Permutation, parse_element, parse_override, parse_template};
use mainstem::sweep::Jobs;
use proptest::prelude::*;
use proptest::sample::select;

fn parse(line: &str) -> Result<Override, Vec<Error>> {
    let mut errors: Vec<Error> = Vec::new();
    let parsed = parse_override(line, SourceId::NONE, &mut errors);
    assert_eq!(parsed.is_some(), errors.is_empty(), "{line}: an override or errors, never both or none");
    parsed.ok_or(errors)
}

/// Texts of literals, nested, with blanks where they may be.
fn literal() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        select(vec![
            "null",
            "TRUE",
            "false",
            "0",
            "-7",
            "+1_000",
            "1.5",
            "-.5e-3",
            "1e400",
            "NaN",
            "-inf",
            "a",
            "a b",
            "a-b",
            "1x",
            "01",
            "1.2.3",
            "x:y",
            "/a/b.c",
            r"a\,b",
            r"\ a\ ",
            r"\\",
            r"C:\dir",
            "${a.b}",
            "x${a}y",
            r"\${a}",
            "${f:'x', \"y\"}",
            "''",
            "'it\\'s'",
            r#""a\\""#,
            "'ü # !'",
            "'???'",
            "???",
            "*",
            "a@b",
            "123456789012345678901234567890",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9_./*%@?|+-]{1,8}",
        "'[^'\\\\]{0,6}'",
        "[-+]?[0-9]{1,20}",
        "[-+]?[0-9]{0,3}\\.[0-9]{1,20}([eE][-+]?[0-9]{1,3})?",
    ];
    let key = select(vec!["a", "b c", "1", "1.5", "true", "null", r"a\:b", "-inf", "x/y"]);
    scalar.prop_recursive(4, 24, 4, move |inner| {
        let gap = select(vec!["", " ", "  "]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), gap.clone())
                .prop_map(|(items, gap)| { format!("[{gap}{}{gap}]", items.join(&format!("{gap},{gap}"))) }),
            (prop::collection::vec((key.clone(), inner), 0..4), gap).prop_map(|(pairs, gap)| {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}{gap}:{gap}{v}")).collect();
                format!("{{{gap}{}{gap}}}", pairs.join(&format!(",{gap}")))
            }),
        ]
    })
}

/// Right sides: one literal, several, or a sweep in words.
fn right_side() -> impl Strategy<Value = String> {
    let numbers = prop::collection::vec(select(vec!["1", "-3", "0.5", "10", "2.5e1", "true"]), 1..4);
    prop_oneof![
        4 => literal(),
        2 => prop::collection::vec(literal(), 2..4).prop_map(|items| items.join(" , ")),
        1 => prop::collection::vec(literal(), 1..4).prop_map(|items| format!("choice({})", items.join(","))),
        1 => numbers.clone().prop_map(|n| format!("range({})", n.join(", "))),
        1 => numbers.clone().prop_map(|n| format!("sort({},0,reverse=true)", n.join(","))),
        1 => numbers.clone().prop_map(|n| format!("shuffle(float(range({})))", n.join(","))),
        1 => numbers.prop_map(|n| format!("tag(b,'a 1',int(choice({})))", n.join(","))),
        1 => literal().prop_map(|item| format!("shuffle([1,{item}])")),
        1 => literal().prop_map(|item| format!("extend_list({item},'x y')")),
        1 => Just("interval(0,1)".to_owned()),
        1 => Just("glob([a*,b?],exclude='c d')".to_owned()),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let left = select(vec![
        "a",
        "+a.b",
        "++$x",
        "~g/h",
        "db@pkg",
        "db@",
        "@pkg",
        r"a\.b[c\=d].0",
        "0.1",
        "hydra.run.dir",
    ]);
    (left, right_side()).prop_map(|(left, right)| format!("{left}={right}"))
}

proptest! {
    /// What prints reads back as the same override, and prints the same again.
    #[test]
    fn printing_is_the_inverse_of_parsing(line in line()) {
        if let Ok(parsed) = parse(&line) {
            let printed = parsed.to_string();
            let again = parse(&printed).unwrap_or_else(|errors| panic!("{line} -> {printed}: {errors:?}"));
            prop_assert_eq!(&parsed, &again, "{} -> {}", line, printed);
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    /// Literals are no guesswork: every one that the generator makes is accepted.
    /// What `jobs` prints can be typed again, and is the same job.
    #[test]
    fn a_job_can_be_typed_again(lines in proptest::collection::vec(line(), 1..4)) {
        let overrides: Vec<Override> = lines.iter().filter_map(|line| parse(line).ok()).collect();
        // Intervals, globs and empty ranges have no jobs.
        let Ok(jobs) = Jobs::new(&overrides, &|_| Ok(Vec::new()), 3) else { return Ok(()) };
        for job in jobs.iter().take(20) {
            let again: Vec<Override> = job
                .lines()
                .into_iter()
                .map(|line| parse(line).unwrap_or_else(|errors| panic!("{line}: {errors:?}")))
                .collect();
            let shown = |all: &[Override]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            prop_assert_eq!(shown(&again), shown(&job.overrides), "{:?}", job.lines());
            let once_more = Jobs::new(&again, &|_| Ok(Vec::new()), 4).expect("one job");
            prop_assert_eq!(once_more.len(), 1);
            let same = once_more.get(0).expect("a job");
            prop_assert_eq!(same.lines(), job.lines());
        }
    }

    #[test]
    fn literals_parse(literal in literal()) {
        let parsed = parse(&format!("k={literal}"));
        prop_assert!(parsed.is_ok(), "{}: {:?}", literal, parsed.err());
    }

    /// No text panics or hangs, and mistakes are told at a place inside the text.
    #[test]
    fn any_text_is_an_override_or_mistakes(line in "\\PC{0,40}|[a-b=+~@\\[\\]{}(),:'\"\\\\$ \t#.0-9]{0,40}") {
        if let Err(errors) = parse(&line) {
            for error in errors {
                prop_assert!(!error.message().is_empty());
            }
        }
    }

    /// The same for templates and elements.
    #[test]
    fn any_text_is_a_template_or_a_mistake(text in "\\PC{0,30}|[ab$\\{\\}:.,'\"\\\\\\[\\] 0-9]{0,40}") {
        for error in parse_template(&text).err().into_iter().chain(parse_element(&text).err()) {
            prop_assert!(error.span.range().end <= text.len());
            prop_assert!(text.is_char_boundary(error.span.range().start));
        }
    }

    /// A shuffle loses nothing.
    #[test]
    fn permutations_are_complete(count in 0_u64..2000, seed: u64) {
        let order = Permutation::new(count, seed);
        let mut seen: Vec<u64> = (0..count).map(|i| order.at(i)).collect();
        seen.sort_unstable();
        prop_assert!(seen.into_iter().eq(0..count));
    }
}

#[test]
fn nesting_has_a_limit() {
    for (open, close) in [("[", "]"), ("{a:", "}"), ("choice(", ")"), ("[{a:", "}]")] {
        let deep = format!("a={}1{}", open.repeat(100_000), close.repeat(100_000));
        let errors = parse(&deep).expect_err("too deep");
        assert!(errors.iter().any(|error| error.kind() == ErrorKind::Limit), "{open}: {errors:?}");
    }
    for text in ["${a:", "${", "${a:[", "${a:{b:", "${a:'${b:\""] {
        let error = parse_template(&text.repeat(50_000)).expect_err("too deep");
        assert!(error.limit, "{text}: {error:?}");
    }
    assert!(parse_element(&"[".repeat(100_000)).is_err_and(|error| error.limit));
}

#[test]
fn long_lines_take_time_in_proportion() {
    for piece in
        ["'\\'", "${", "a,", "[],", "{a:1},", "#", "\\", " ", "a b ", "f(", ")", "x'y'", "a=", "'", "\""]
    {
        let mut errors: Vec<Error> = Vec::new();
        let line = format!("a=x{}", piece.repeat(200_000 / piece.len()));
        let mut kept = |error: Error| {
            if errors.len() < 10 {
                errors.push(error);
            }
        };
        parse_override(&line, SourceId::NONE, &mut kept);
        drop(parse_template(&format!("${{{line}")));
        drop(parse_element(&line));
    }
}
