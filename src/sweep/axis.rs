//! One override of a sweep: the values it goes through.

use crate::diag::{Error, ErrorKind, Result};
use crate::grammar::{Operand, Override, Permutation, SweepKind, Value, Values};
use crate::sweep::glob::{Options, globbed};

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

/// Two axes are the same if each number stands for the same in both.
impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.form, &other.form) {
            (Form::Listed(one), Form::Listed(other)) => {
                one.iter().map(|one| &one.line).eq(other.iter().map(|one| &one.line))
            }
            (Form::Range(one, _), Form::Range(other, _)) => one.line == other.line,
            _ => false,
        };
        same && self.order == other.order
    }
}

/// The constants of the hash FNV-1a.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Axis {
    /// One override, which has one value.
    pub(crate) fn fixed(one: Override) -> Self {
        Self { form: Form::Listed(vec![one]), count: 1, order: None }
    }

    pub(crate) fn new(one: &Override, options: Options<'_>, seed: u64) -> Result<Self> {
        // Keys differ, so that no two of them go through their values in the same order by chance.
        let seed = one
            .key_element()
            .bytes()
            .fold(seed ^ OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        let Some(Operand::Sweep(sweep)) = one.action.value() else {
            return Ok(Self { form: Form::Listed(vec![one.canonical(seed)?]), count: 1, order: None });
        };
        let origin = one.origin.at(sweep.span);
        let (form, count, shuffle) = match &sweep.kind {
            SweepKind::Interval { .. } => {
                return Err(Error::new(ErrorKind::Sweep, "the basic sweeper does not support intervals")
                    .at(origin, "an interval has no single values")
                    .help("write `range(start,stop,step)`, or list the values: `a,b,c`")
                    .help("to search in it, add `mainstem.search.trials=100`"));
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
