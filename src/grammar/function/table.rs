//! The table of functions, and how arguments meet parameters.

use crate::diag::{Span, did_you_mean};
use crate::grammar::function::{cast, order, sweeps};
use crate::grammar::value::{SweepKind, Value, ValueKind};
use crate::value::Text;

/// A mistake in a call.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// An argument as it was written.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<(Text, Span)>,
    pub(crate) value: Value,
}

/// Arguments that met their parameters.
#[derive(Debug)]
pub(crate) struct Bound {
    /// What a variadic function was given by position.
    pub(crate) rest: Vec<Value>,
    /// The named parameters, in the order of the table.
    pub(crate) named: Vec<Option<Value>>,
    /// The whole call.
    pub(crate) span: Span,
}

impl Bound {
    /// A named argument; `null` is as good as none.
    pub(crate) fn take(&mut self, index: usize) -> Option<Value> {
        let value = self.named.get_mut(index)?.take()?;
        (!matches!(value.kind, ValueKind::Null)).then_some(value)
    }
}

/// Which kinds of values a parameter accepts: a set of bits.
type Accepts = u16;
const NULL: Accepts = 1;
const BOOL: Accepts = 1 << 1;
const INT: Accepts = 1 << 2;
const FLOAT: Accepts = 1 << 3;
const TEXT: Accepts = 1 << 4;
const LIST: Accepts = 1 << 5;
const MAP: Accepts = 1 << 6;
const CHOICE: Accepts = 1 << 7;
const RANGE: Accepts = 1 << 8;
const INTERVAL: Accepts = 1 << 9;
const OTHER: Accepts = 1 << 10;

const NUMBER: Accepts = BOOL | INT | FLOAT;
const ELEMENT: Accepts = NUMBER | TEXT | LIST | MAP;
const SWEEP: Accepts = CHOICE | RANGE | INTERVAL;
const CAST: Accepts = NULL | ELEMENT | SWEEP;
const ORDER: Accepts = ELEMENT | CHOICE | RANGE;

/// One function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// How to write it, for messages.
    pub(crate) usage: &'static str,
    /// What it takes by position, as many as one likes.
    rest: Option<Accepts>,
    parameters: &'static [Parameter],
    run: fn(Bound) -> Result<ValueKind, Fault>,
}

#[derive(Debug)]
struct Parameter {
    name: &'static str,
    accepts: Accepts,
    required: bool,
}

const fn required(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, required: true }
}

const fn optional(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, required: false }
}

const VALUE: &[Parameter] = &[optional("value", CAST)];
const SHUFFLE: &[Parameter] = &[optional("sweep", CHOICE | RANGE | NULL), optional("list", LIST | NULL)];
const SORT: &[Parameter] =
    &[optional("sweep", CHOICE | RANGE | NULL), optional("list", LIST | NULL), optional("reverse", BOOL)];
const RANGES: &[Parameter] =
    &[required("start", NUMBER), optional("stop", NUMBER | NULL), optional("step", NUMBER)];
const ENDS: &[Parameter] = &[required("start", NUMBER), required("end", NUMBER)];
const PATTERNS: &[Parameter] = &[required("include", LIST | TEXT), optional("exclude", LIST | TEXT | NULL)];
const TAGGED: &[Parameter] = &[optional("sweep", SWEEP | NULL)];

/// Every function there is, by name.
#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Function] = &[
    Function { name: "bool", usage: "bool(value)", rest: Some(CAST), parameters: VALUE, run: cast::to_bool },
    Function { name: "choice", usage: "choice(a,b)", rest: Some(ELEMENT | CHOICE), parameters: &[], run: sweeps::choice },
    Function { name: "extend_list", usage: "extend_list(a,b)", rest: Some(Accepts::MAX), parameters: &[], run: sweeps::extend_list },
    Function { name: "float", usage: "float(value)", rest: Some(CAST), parameters: VALUE, run: cast::to_float },
    Function { name: "glob", usage: "glob(include,exclude=pattern)", rest: None, parameters: PATTERNS, run: sweeps::glob },
    Function { name: "int", usage: "int(value)", rest: Some(CAST), parameters: VALUE, run: cast::to_int },
    Function { name: "interval", usage: "interval(start,end)", rest: None, parameters: ENDS, run: sweeps::interval },
    Function { name: "json_str", usage: "json_str(value)", rest: Some(CAST), parameters: VALUE, run: cast::to_json },
    Function { name: "range", usage: "range(start,stop,step)", rest: None, parameters: RANGES, run: sweeps::range },
    Function { name: "shuffle", usage: "shuffle(a,b)", rest: Some(ORDER), parameters: SHUFFLE, run: order::shuffle },
    Function { name: "sort", usage: "sort(a,b,reverse=true)", rest: Some(ORDER), parameters: SORT, run: order::sort },
    Function { name: "str", usage: "str(value)", rest: Some(CAST), parameters: VALUE, run: cast::to_str },
    Function { name: "tag", usage: "tag(word,choice(a,b))", rest: Some(TEXT | SWEEP), parameters: TAGGED, run: sweeps::tag },
];

/// Calls a function by its name.
pub(crate) fn call(name: &str, at: Span, arguments: Vec<Argument>, span: Span) -> Result<ValueKind, Fault> {
    let Some(function) = FUNCTIONS.iter().find(|f| f.name == name) else {
        let fault = Fault::new(at, format!("there is no function `{name}`"));
        let names = FUNCTIONS.iter().map(|f| f.name);
        return Err(match did_you_mean(name, names.clone()) {
            Some(near) => fault.help(format!("did you mean `{near}`? if it is text, quote it")),
            None => {
                let names: Vec<_> = names.collect();
                fault.help(format!("quote it if it is text; the functions are {}", names.join(", ")))
            }
        });
    };
    (function.run)(function.bind(arguments, span)?)
}

impl Function {
    /// Gives each argument its parameter.
    fn bind(&self, arguments: Vec<Argument>, span: Span) -> Result<Bound, Fault> {
        let mut bound =
            Bound { rest: Vec::new(), named: self.parameters.iter().map(|_| None).collect(), span };
        let mut position = 0;
        for Argument { name, value } in arguments {
            let value = unquoted(value);
            match (name, self.rest) {
                (Some((name, at)), _) => self.bind_name(&mut bound, &name, at, value, position)?,
                (None, Some(accepts)) => {
                    self.check(&value, accepts)?;
                    bound.rest.push(value);
                }
                (None, None) => {
                    let Some(slot) = bound.named.get_mut(position) else {
                        let many =
                            format!("`{}` takes at most {} arguments", self.name, self.parameters.len());
                        return Err(Fault::new(value.span, many).help(format!("write `{}`", self.usage)));
                    };
                    *slot = Some(value);
                    position += 1;
                }
            }
        }
        for (parameter, slot) in self.parameters.iter().zip(&bound.named) {
            if let Some(value) = slot {
                self.check(value, parameter.accepts)?;
            }
            if parameter.required && slot.is_none() {
                let message = format!("`{}` needs the argument `{}`", self.name, parameter.name);
                return Err(Fault::new(span, message).help(format!("write `{}`", self.usage)));
            }
        }
        Ok(bound)
    }

    fn bind_name(
        &self,
        bound: &mut Bound,
        name: &str,
        at: Span,
        value: Value,
        position: usize,
    ) -> Result<(), Fault> {
        let Some(index) = self.parameters.iter().position(|p| p.name == name) else {
            let fault = Fault::new(at, format!("`{}` has no argument `{name}`", self.name));
            return Err(match did_you_mean(name, self.parameters.iter().map(|p| p.name)) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("write `{}`", self.usage)),
            });
        };
        if self.rest.is_none() && index < position {
            return Err(Fault::new(at, format!("`{}` is given `{name}` twice", self.name)));
        }
        if let Some(slot) = bound.named.get_mut(index) {
            *slot = Some(value);
        }
        Ok(())
    }

    fn check(&self, value: &Value, accepts: Accepts) -> Result<(), Fault> {
        if accepts & bit(value) != 0 {
            return Ok(());
        }
        let message = format!("`{}` does not take {}", self.name, value.describe());
        Err(Fault::new(value.span, message).help(format!("write `{}`", self.usage)))
    }
}

/// Quotes around an argument say no more than that it is text.
fn unquoted(value: Value) -> Value {
    match value.kind {
        ValueKind::Quoted(text, _) => Value::new(ValueKind::Text(text), value.span),
        _ => value,
    }
}

fn bit(value: &Value) -> Accepts {
    match &value.kind {
        ValueKind::Null => NULL,
        ValueKind::Bool(_) => BOOL,
        ValueKind::Int(_) | ValueKind::BigInt(_) => INT,
        ValueKind::Float(_) => FLOAT,
        ValueKind::Text(_) | ValueKind::Quoted(..) => TEXT,
        ValueKind::List(_) => LIST,
        ValueKind::Map(_) => MAP,
        ValueKind::Extend(_) => OTHER,
        ValueKind::Sweep(sweep) => match sweep.kind {
            SweepKind::Choice(_) => CHOICE,
            SweepKind::Range(_) => RANGE,
            SweepKind::Interval { .. } => INTERVAL,
            SweepKind::Glob { .. } => OTHER,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_shows_each_name() {
        assert!(FUNCTIONS.is_sorted_by_key(|f| f.name));
        for function in FUNCTIONS {
            assert!(function.usage.starts_with(&format!("{}(", function.name)));
        }
    }
}
