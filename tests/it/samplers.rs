//! What every sampler of `mainstem::search` keeps, whatever it is asked and told.

use mainstem::search::{
    Auto, Bayesian, CmaEs, Direction, Domain, GridSearch, History, Nsga2, Outcome, Parameter, Point,
    RandomSearch, Sampler, Sobol, Space, Study, Tpe, Value,
};

/// Makes a sampler with a seed.
type Make = fn(u64) -> Box<dyn Sampler>;

const SAMPLERS: [(&str, Make); 9] = [
    ("auto", |seed| Box::new(Auto::new(seed))),
    ("bayes", |seed| Box::new(Bayesian::new(seed))),
    ("cmaes", |seed| Box::new(CmaEs::new(seed))),
    ("nsga2", |seed| Box::new(Nsga2::new(seed).with_population(6))),
    ("random", |seed| Box::new(RandomSearch::new(seed))),
    ("sobol", |seed| Box::new(Sobol::new(seed))),
    ("tpe", |seed| Box::new(Tpe::new(seed).with_startup(5))),
    ("grid", |seed| Box::new(GridSearch::new(seed))),
    ("cmaes after some", |seed| Box::new(CmaEs::new(seed).with_startup(3))),
];

/// Every kind of domain, conditions on conditions, a range of zero width, a choice of one.
fn spaces() -> Vec<Space> {
    let parameter = |name: &str, domain| Parameter::new(name, domain);
    let every = vec![
        parameter("inner", Domain::float(0.0, 1.0)).when(4, [Value::Integer(2), Value::Integer(3)]),
        parameter("float", Domain::float(-3.0, 4.0)),
        parameter("log", Domain::log_float(1e-6, 1e2)),
        parameter("step", Domain::Float { low: 0.0, high: 1.0, log: false, step: Some(0.3) }),
        parameter("layers", Domain::integer(1, 3)).when(6, [Value::Choice(1)]),
        parameter("width", Domain::log_integer(1, 1000)),
        parameter("kind", Domain::choice(3)),
        parameter("level", Domain::Choice { count: 4, ordered: true }),
        parameter("fixed", Domain::float(2.0, 2.0)),
        parameter("only", Domain::choice(1)),
        parameter("odd", Domain::Integer { low: -5, high: 6, log: false, step: 2 }),
        parameter("never", Domain::float(0.0, 1.0)).when(6, []),
    ];
    [
        every,
        vec![parameter("a", Domain::float(0.0, 1.0)), parameter("b", Domain::float(0.0, 1.0))],
        vec![parameter("a", Domain::choice(2)), parameter("b", Domain::choice(2))],
        vec![parameter("a", Domain::integer(i64::MIN, i64::MAX))],
        vec![parameter("a", Domain::float(1.0, 1.0))],
        Vec::new(),
    ]
    .map(|parameters| Space::new(parameters).expect("a good space"))
    .to_vec()
}

/// A loss that depends on all of a point.
fn loss(point: &Point) -> f64 {
    let value = |value: &Option<Value>| match value {
        Some(Value::Float(value)) => value.sin(),
        Some(Value::Integer(value)) => (*value as f64).cos(),
        Some(Value::Choice(index)) => *index as f64,
        None => 0.5,
    };
    point.iter().enumerate().map(|(index, part)| value(part) / (index + 1) as f64).sum()
}

type Told = fn(u64, &Point) -> Outcome;

/// What trials may come to: among it all that makes models stumble.
const OUTCOMES: [(&str, Told); 8] = [
    ("losses", |_, point| Outcome::Completed(vec![loss(point)])),
    ("equal", |_, _| Outcome::Completed(vec![1.0])),
    ("failed", |_, _| Outcome::Failed),
    ("no numbers", |_, _| Outcome::Completed(vec![f64::NAN])),
    ("infinite", |number, _| {
        Outcome::Completed(vec![[f64::INFINITY, f64::NEG_INFINITY, 0.0][number as usize % 3]])
    }),
    ("huge", |number, point| Outcome::Completed(vec![loss(point) * 10_f64.powi(100 * (number % 4) as i32)])),
    ("stopped", |number, point| match number % 3 {
        0 => Outcome::Completed(vec![loss(point)]),
        _ => Outcome::Stopped { step: number, loss: loss(point) },
    }),
    ("two", |_, point| Outcome::Completed(vec![loss(point), -loss(point)])),
];

/// Trials with some pending at any time.
fn run(sampler: &dyn Sampler, space: &Space, told: Told, trials: u64, slots: u64) -> History {
    let mut history = History::new();
    for number in 0..trials {
        let point = sampler.suggest(space, &history, number);
        assert!(space.contains(&point), "{point:?}");
        history.ask(number, point);
        if let Some(done) = (number + 1).checked_sub(slots) {
            let point =
                history.pending().find(|(number, _)| *number == done).expect("it is pending").1.clone();
            history.tell(done, told(done, &point));
        }
    }
    history
}

#[test]
fn every_suggestion_lies_in_the_space_whatever_trials_come_to() {
    for space in spaces() {
        for (_, told) in OUTCOMES {
            for (_, sampler) in SAMPLERS {
                run(&*sampler(1), &space, told, 16, 3);
            }
        }
    }
}

/// As wide, as many and as near as numbers can be.
#[test]
fn extreme_spaces() {
    let tiny = f64::from_bits(1);
    let many = |count: usize, domain| {
        (0..count).map(|n| Parameter::new(format!("x{n}"), domain)).collect::<Vec<_>>()
    };
    let spaces = [
        many(2, Domain::choice(1000)),
        many(50, Domain::float(-1.0, 1.0)),
        many(2, Domain::log_float(1e-300, 1e300)),
        many(2, Domain::log_float(tiny, f64::MAX)),
        many(2, Domain::float(-8e307, 8e307)),
        many(2, Domain::float(1.0, 1.0 + f64::EPSILON)),
        many(2, Domain::log_integer(1, i64::MAX)),
        many(2, Domain::Float { low: 0.0, high: 1e30, log: false, step: Some(1e-3) }),
        many(2, Domain::Float { low: 1e9, high: 2e9, log: false, step: Some(1e-6) }),
        many(2, Domain::Float { low: 1e-300, high: 1e300, log: true, step: Some(1e-300) }),
    ];
    for space in spaces.map(|parameters| Space::new(parameters).expect("a good space")) {
        for (name, sampler) in SAMPLERS {
            for (_, told) in [OUTCOMES[0], OUTCOMES[2]] {
                let history = run(&*sampler(1), &space, told, 15, 2);
                let (first, rest) = history.told().split_first().expect("some were told");
                assert!(rest.iter().any(|trial| trial.point != first.point), "{name}: {space:?}");
            }
        }
    }
}

#[test]
fn the_same_history_leads_to_the_same_points() {
    let space = &spaces()[0];
    for (name, sampler) in SAMPLERS {
        let first = run(&*sampler(5), space, OUTCOMES[0].1, 16, 3);
        assert_eq!(first, run(&*sampler(5), space, OUTCOMES[0].1, 16, 3), "{name}");
        let other = run(&*sampler(6), space, OUTCOMES[0].1, 16, 3);
        assert_ne!(first, other, "{name}: the seed does not count");
    }
}

#[test]
fn a_search_goes_on_from_what_was_told() {
    let space = &spaces()[1];
    for (name, sampler) in SAMPLERS {
        let new = || Study::new(space.clone(), vec![Direction::Minimize], sampler(2));
        let mut whole = new();
        let mut points = Vec::new();
        for number in 0..20 {
            points.push(whole.ask(number));
            whole.tell(number, Outcome::Completed(vec![loss(&points[number as usize])]));
        }
        let mut resumed = new();
        for number in 0..14 {
            assert!(resumed.know(number, points[number as usize].clone()));
            resumed.tell(number, Outcome::Completed(vec![loss(&points[number as usize])]));
        }
        for number in 14..20 {
            let point = resumed.ask(number);
            assert_eq!(point, points[number as usize], "{name}");
            resumed.tell(number, Outcome::Completed(vec![loss(&point)]));
        }
        assert_eq!(resumed.history(), whole.history(), "{name}");
    }
}

#[test]
fn trials_that_run_are_not_tried_again() {
    let space = &spaces()[1];
    for (name, sampler) in SAMPLERS {
        let mut history = run(&*sampler(3), space, OUTCOMES[0].1, 14, 1);
        let mut points: Vec<Point> = Vec::new();
        for number in 14..22 {
            let point = sampler(3).suggest(space, &history, number);
            assert!(!points.contains(&point), "{name}");
            points.push(point.clone());
            history.ask(number, point);
        }
    }
}

/// Every setting changes what a sampler tries, and none but its own.
#[test]
fn settings_of_samplers_count() {
    let two: Told = OUTCOMES[7].1;
    let one: Told = OUTCOMES[0].1;
    type Pair = (&'static str, Box<dyn Sampler>, Box<dyn Sampler>, Told);
    let pairs: [Pair; 9] = [
        ("startup", Box::new(Tpe::new(1)), Box::new(Tpe::new(1).with_startup(15)), one),
        ("candidates", Box::new(Tpe::new(1)), Box::new(Tpe::new(1).with_candidates(1)), one),
        ("startup", Box::new(CmaEs::new(1)), Box::new(CmaEs::new(1).with_startup(3)), one),
        ("startup", Box::new(Auto::new(1)), Box::new(Auto::new(1).with_startup(20)), one),
        ("scrambling", Box::new(Sobol::new(1)), Box::new(Sobol::new(1).unscrambled()), one),
        ("population", Box::new(Nsga2::new(1)), Box::new(Nsga2::new(1).with_population(8)), two),
        ("crossing", young(), Box::new(Nsga2::new(1).with_population(8).with_crossing(0.1)), two),
        ("swapping", young(), Box::new(Nsga2::new(1).with_population(8).with_swapping(0.1)), two),
        ("mutation", young(), Box::new(Nsga2::new(1).with_population(8).with_mutation(0.9)), two),
    ];
    for (setting, usual, other, told) in pairs {
        let space = &spaces()[0];
        assert_ne!(run(&*usual, space, told, 25, 1), run(&*other, space, told, 25, 1), "{setting}");
    }
}

fn young() -> Box<dyn Sampler> {
    Box::new(Nsga2::new(1).with_population(8))
}

/// Of several objectives the estimator looks at all: what it suggests covers more of what can be had than the first alone.
#[test]
fn the_estimator_looks_at_every_objective() {
    let space = spaces()[1].clone();
    let told: Told = |_, point| match point[..] {
        [Some(Value::Float(x)), Some(Value::Float(y))] => {
            Outcome::Completed(vec![x + 2.0 * y, 1.0 - x + 2.0 * y])
        }
        _ => Outcome::Failed,
    };
    let history = run(&Tpe::new(1), &space, told, 80, 1);
    // Each x is on the front where y is 0: an estimator of the first alone would stay near 0.
    let late: Vec<f64> = history.told()[40..]
        .iter()
        .filter_map(|trial| match trial.point[0] {
            Some(Value::Float(x)) => Some(x),
            _ => None,
        })
        .collect();
    let (low, high) = (late.iter().filter(|x| **x < 0.4).count(), late.iter().filter(|x| **x > 0.6).count());
    assert!(low >= 8 && high >= 8, "{low} {high}");
}

#[test]
fn the_model_tries_all_of_a_small_space_before_it_repeats_itself() {
    let space = Space::new(vec![
        Parameter::new("a", Domain::choice(3)),
        Parameter::new("b", Domain::integer(0, 4)).when(0, [Value::Choice(1), Value::Choice(2)]),
    ])
    .expect("a good space");
    let history = run(&Bayesian::new(1), &space, OUTCOMES[0].1, 24, 1);
    let mut points: Vec<String> = history.told().iter().map(|trial| format!("{:?}", trial.point)).collect();
    points.sort();
    points.dedup();
    assert_eq!(points.len(), 11);
}

#[test]
fn the_first_points_are_those_that_were_given() {
    let space = spaces()[1].clone();
    let good: Point = vec![Some(Value::Float(0.25)), Some(Value::Float(0.75))];
    let bad: Point = vec![Some(Value::Float(7.0)), None];
    let mut study = Study::new(space, vec![Direction::Maximize], Box::new(RandomSearch::new(0)))
        .with_first(vec![bad.clone(), good.clone()]);
    assert_eq!(study.ask(0), good);
    assert_ne!(study.ask(1), bad);
    assert!(!study.know(2, bad));
    study.tell(0, Outcome::Completed(vec![3.0]));
    study.tell(1, Outcome::Completed(vec![2.0]));
    assert_eq!(study.best().map(|trial| trial.number), Some(0));
    study.tell(1, Outcome::Completed(vec![2.0, 1.0]));
    assert_eq!(study.history().told()[1].outcome, Outcome::Failed);
}

/// The best loss after some trials, in the middle of some seeds.
fn middle(sampler: fn(u64) -> Box<dyn Sampler>, trials: u64) -> f64 {
    let space = Space::new(vec![
        Parameter::new("x", Domain::float(-5.0, 10.0)),
        Parameter::new("y", Domain::log_float(1e-4, 1.0)),
        Parameter::new("kind", Domain::choice(3)),
    ])
    .expect("a good space");
    let loss: Told = |_, point| match point[..] {
        [Some(Value::Float(x)), Some(Value::Float(y)), Some(Value::Choice(kind))] => {
            Outcome::Completed(vec![(x - 1.0).powi(2) + (y.log10() + 2.0).powi(2) + kind as f64])
        }
        _ => Outcome::Failed,
    };
    let best = |seed| {
        run(&*sampler(seed), &space, loss, trials, 2).best().and_then(|trial| Some(trial.losses()?[0]))
    };
    let mut found: Vec<f64> = (0..5).filter_map(best).collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

#[test]
fn samplers_that_learn_find_more_than_chance() {
    let chance = middle(SAMPLERS[4].1, 60);
    for (name, sampler) in [SAMPLERS[2], SAMPLERS[3], SAMPLERS[6]] {
        let found = middle(sampler, 60);
        assert!(found < 0.7 * chance, "{name}: {found} against {chance}");
    }
    let found = middle(SAMPLERS[1].1, 30);
    assert!(found < 0.1 * chance, "bayes: {found} against {chance}");
}
