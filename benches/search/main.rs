//! The samplers over lines, for `.ci/search.py`, which holds them against those of others.
//!
//! `space SAMPLER SEED OBJECTIVES`, a line for each parameter (`float NAME LOW HIGH`, `int NAME LOW HIGH`, `cat NAME COUNT`,
//! each with `log` and `when INDEX CHOICES` behind it), `begin`. Then `ask N` is answered by the values of a point, `-` where
//! a parameter does not apply; `tell N VALUES…`, `tell N failed` and `know N VALUE VALUES…` are not answered.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use mainstem::search::{
    Auto, Bayesian, CmaEs, Direction, Domain, Nsga2, Outcome, Parameter, Point, RandomSearch, Sampler, Sobol,
    Space, Study, Tpe, Value,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let (mut search, mut parameters, mut study) = (None, Vec::new(), None);
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["space", name, seed, objectives] => {
                let directions = vec![Direction::Minimize; objectives.parse()?];
                search = Some((directions, sampler_of(name, seed.parse()?)?));
            }
            ["float" | "int" | "cat", ..] => parameters.push(parameter(&words)?),
            ["begin"] => {
                let space =
                    Space::new(std::mem::take(&mut parameters)).map_err(|flaw| format!("{flaw:?}"))?;
                let (directions, sampler) = search.take().ok_or("`begin` before `space`")?;
                study = Some(Study::new(space, directions, sampler));
            }
            words => answer(study.as_mut().ok_or("a question before `begin`")?, words)?,
        }
    }
    Ok(())
}

fn answer(study: &mut Study, words: &[&str]) -> Result<()> {
    match words {
        ["ask", number] => {
            let point = study.ask(number.parse()?);
            if !study.space().contains(&point) {
                return Err(format!("{point:?} is not in the space").into());
            }
            let values: Vec<String> = point.iter().map(written).collect();
            let mut out = stdout().lock();
            writeln!(out, "{}", values.join(" "))?;
            out.flush()?;
        }
        ["tell", number, "failed"] => study.tell(number.parse()?, Outcome::Failed),
        ["tell", number, values @ ..] => {
            let values = values.iter().map(|value| Ok(value.parse()?)).collect::<Result<_>>()?;
            study.tell(number.parse()?, Outcome::Completed(values));
        }
        ["know", number, loss, values @ ..] => {
            let point =
                study.space().parameters().iter().zip(values).map(|(parameter, word)| read(parameter, word));
            let point = point.collect::<Result<Point>>()?;
            let number = number.parse()?;
            if !study.know(number, point) {
                return Err(format!("{values:?} is not in the space").into());
            }
            study.tell(number, Outcome::Completed(vec![loss.parse()?]));
        }
        _ => return Err(format!("`{}` is no question", words.join(" ")).into()),
    }
    Ok(())
}

fn sampler_of(name: &str, seed: u64) -> Result<Box<dyn Sampler>> {
    Ok(match name {
        "auto" => Box::new(Auto::new(seed)),
        "bayes" => Box::new(Bayesian::new(seed)),
        "cmaes" => Box::new(CmaEs::new(seed)),
        "nsga2" => Box::new(Nsga2::new(seed)),
        "random" => Box::new(RandomSearch::new(seed)),
        "sobol" => Box::new(Sobol::new(seed)),
        "tpe" => Box::new(Tpe::new(seed)),
        _ => return Err(format!("there is no sampler `{name}`").into()),
    })
}

fn parameter(words: &[&str]) -> Result<Parameter> {
    let log = words.contains(&"log");
    let (name, domain) = match words {
        ["float", name, low, high, ..] => {
            (name, Domain::Float { low: low.parse()?, high: high.parse()?, log, step: None })
        }
        ["int", name, low, high, ..] => {
            (name, Domain::Integer { low: low.parse()?, high: high.parse()?, log, step: 1 })
        }
        ["cat", name, count, ..] => (name, Domain::choice(count.parse()?)),
        _ => return Err(format!("`{}` is no parameter", words.join(" ")).into()),
    };
    let parameter = Parameter::new(*name, domain);
    let Some(at) = words.iter().position(|word| *word == "when") else { return Ok(parameter) };
    let [on, choices] = words[at + 1..] else { return Err("`when` needs an index and choices".into()) };
    let choices =
        choices.split(',').map(|choice| Ok(Value::Choice(choice.parse()?))).collect::<Result<Vec<_>>>()?;
    Ok(parameter.when(on.parse()?, choices))
}

fn written(value: &Option<Value>) -> String {
    match value {
        Some(Value::Float(value)) => format!("{value:?}"),
        Some(Value::Integer(value)) => value.to_string(),
        Some(Value::Choice(index)) => index.to_string(),
        None => "-".to_owned(),
    }
}

fn read(parameter: &Parameter, word: &str) -> Result<Option<Value>> {
    Ok(match parameter.domain {
        _ if word == "-" => None,
        Domain::Float { .. } => Some(Value::Float(word.parse()?)),
        Domain::Integer { .. } => Some(Value::Integer(word.parse()?)),
        Domain::Choice { .. } => Some(Value::Choice(word.parse()?)),
    })
}
