//! One override of a sweep: the values it goes through.

use crate::diag::{Error, ErrorKind, Result, listed};
use crate::grammar::{Operand, Override, Permutation, SweepKind, Value, Values};
use crate::sweep::pattern::matches;

/// Lists the options of a config group, in order.
pub(crate) type Options<'a> = &'a dyn Fn(&str) -> Result<Vec<String>>;

/// The overrides that one axis of the grid goes through.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    form: Form,
    count: u64,
    order: Option<Permutation>,
}

#[derive(Clone, Debug)]
enum Form {
    /// Ready overrides.
    Listed(Vec<Override>),
    /// Numbers at equal distances, made when they are asked for.
    Range(Box<Override>, Values),
}

impl Axis {
    pub(crate) fn new(one: &Override, options: Options<'_>, seed: u64) -> Result<Self> {
        let Some(Operand::Sweep(sweep)) = one.action.value() else {
            return Ok(Self { form: Form::Listed(vec![one.canonical(seed)?]), count: 1, order: None });
        };
        let origin = one.origin.at(sweep.span);
        let seed = seed ^ (u64::from(sweep.span.start) << 32);
        let (form, count, shuffle) = match &sweep.kind {
            SweepKind::Interval { .. } => {
                return Err(Error::new(ErrorKind::Sweep, "the basic sweeper does not support intervals")
                    .at(origin, "an interval has no single values")
                    .help("write `range(start,stop,step)`, or list the values: `a,b,c`"));
            }
            SweepKind::Glob { include, exclude } => {
                let names = globbed(one, include, exclude, options)?;
                let listed: Vec<_> =
                    names.into_iter().map(|name| one.with_value(Value::text(&name, sweep.span))).collect();
                (Form::Listed(listed), None, false)
            }
            SweepKind::Choice(choice) => {
                let values = Values::new(sweep, one.origin.source)?;
                let drawn =
                    (0..values.len()).filter_map(|i| values.get(i)).map(|value| value.drawn(Some(seed)));
                (Form::Listed(drawn.map(|value| one.with_value(value)).collect()), None, choice.shuffle)
            }
            SweepKind::Range(range) => {
                let values = Values::new(sweep, one.origin.source)?;
                let count = values.len();
                (Form::Range(Box::new(one.clone()), values), Some(count), range.shuffle)
            }
        };
        let listed = match &form {
            Form::Listed(listed) => u64::try_from(listed.len()).unwrap_or(u64::MAX),
            Form::Range(..) => 0,
        };
        let count = count.unwrap_or(listed);
        if count == 0 {
            return Err(Error::new(
                ErrorKind::Sweep,
                format!("`{}` has no value to sweep over", one.key_element()),
            )
            .at(origin, "no value")
            .help("a range stops before its second number; take the override away if nothing is to run"));
        }
        Ok(Self { form, count, order: shuffle.then(|| Permutation::new(count, seed)) })
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Whether its values were listed one by one, and not counted off.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self.form, Form::Listed(_))
    }

    /// The override of that number.
    pub(crate) fn get(&self, index: u64) -> Option<Override> {
        let at = self.order.map_or(index, |order| order.at(index));
        match &self.form {
            Form::Listed(listed) => listed.get(usize::try_from(at).ok()?).cloned(),
            Form::Range(one, values) => Some(one.with_value(values.get(at)?)),
        }
    }
}

/// The options of the group that the patterns take.
fn globbed(
    one: &Override,
    include: &[Value],
    exclude: &[Value],
    options: Options<'_>,
) -> Result<Vec<String>> {
    for pattern in include.iter().chain(exclude) {
        if pattern.as_text().is_none() {
            let message = format!("a pattern must be text, not {}", pattern.describe());
            return Err(Error::new(ErrorKind::Sweep, message).at(one.origin.at(pattern.span), ""));
        }
    }
    let group = one.target.key();
    let origin = one.action.value().map_or(one.origin, |operand| match operand {
        Operand::Sweep(sweep) => one.origin.at(sweep.span),
        Operand::Value(value) => one.origin.at(value.span),
    });
    let all = options(group).map_err(|error| {
        error.at(origin, format!("a glob takes the options of the config group `{group}`"))
    })?;
    let hit = |patterns: &[Value], name: &str| {
        patterns.iter().filter_map(Value::as_text).any(|pattern| matches(pattern, name))
    };
    let taken: Vec<String> =
        all.iter().filter(|name| hit(include, name) && !hit(exclude, name)).cloned().collect();
    if !taken.is_empty() {
        return Ok(taken);
    }
    Err(if all.is_empty() {
        let error = Error::new(
            ErrorKind::NotFound,
            format!("there is no config group `{group}` to take options from"),
        );
        error.at(origin, "a glob takes options of a config group")
    } else {
        let error = Error::new(ErrorKind::Sweep, format!("no option of `{group}` matches"));
        error.at(origin, "").help(format!("its options are {}", listed(&all)))
    })
}
