//! Goes down a surface. Which surface is an enum; how is a component, which has a component of its own: the schedule of
//! its steps. Try
//!
//! ```sh
//! cargo run --example components
//! cargo run --example components -- surface=valley optimizer=heavy_ball steps=500
//! cargo run --example components -- optimizer/schedule=cosine optimizer.schedule.start=0.3
//! cargo run --example components -- -m optimizer=sgd,heavy_ball optimizer/schedule=constant,cosine
//! ```

use std::io::{self, Write as _};

use mainstem::app::{Bound, Callback, Failed, Minimize};
use mainstem::run::{Outcome, Run};
use mainstem::typed::{Component, Components, Registry};
use mainstem::value::Kind;
use mainstem::{Config, pipeline_main};

/// A way down.
#[derive(Config)]
struct Descent {
    /// Where to go down.
    surface: Surface,
    /// How to go down.
    optimizer: Component<dyn Optimizer>,
    /// Where to begin.
    #[mainstem(default = [-1.0, 1.0])]
    start: [f64; 2],
    /// How many steps to take.
    #[mainstem(default = 100, range = 1..)]
    steps: u32,
}

/// A surface whose lowest point has the height 0.
#[derive(Config)]
enum Surface {
    /// Round, or as long as it is steep.
    Bowl { steepness: f64 },
    /// Rosenbrock's banana: a bent valley with a flat ground.
    Valley { depth: f64 },
}

impl Surface {
    fn height(&self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Self::Bowl { steepness } => x.powi(2) + steepness * y.powi(2),
            Self::Valley { depth } => (1.0 - x).powi(2) + depth * (y - x.powi(2)).powi(2),
        }
    }

    fn slope(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Bowl { steepness } => [2.0 * x, 2.0 * steepness * y],
            Self::Valley { depth } => {
                let beside = y - x.powi(2);
                [-2.0 * (1.0 - x) - 4.0 * depth * x * beside, 2.0 * depth * beside]
            }
        }
    }
}

/// Takes steps.
trait Optimizer {
    fn step(&mut self, at: &mut [f64; 2], slope: [f64; 2]);
}

/// Says how large a step is.
trait Schedule {
    fn rate(&self, step: u32) -> f64;
}

/// As steep as it goes.
#[derive(Config)]
struct Sgd {
    schedule: Component<dyn Schedule>,
    #[mainstem(skip)]
    steps: u32,
}

impl Optimizer for Sgd {
    fn step(&mut self, at: &mut [f64; 2], slope: [f64; 2]) {
        let rate = self.schedule.rate(self.steps);
        self.steps += 1;
        *at = [at[0] - rate * slope[0], at[1] - rate * slope[1]];
    }
}

/// Keeps going the way it went.
#[derive(Config)]
struct HeavyBall {
    schedule: Component<dyn Schedule>,
    /// How much of its speed it keeps.
    #[mainstem(default = 0.9, range = 0.0..1.0)]
    momentum: f64,
    #[mainstem(skip)]
    speed: [f64; 2],
    #[mainstem(skip)]
    steps: u32,
}

impl Optimizer for HeavyBall {
    fn step(&mut self, at: &mut [f64; 2], slope: [f64; 2]) {
        let rate = self.schedule.rate(self.steps);
        self.steps += 1;
        for ((at, speed), slope) in at.iter_mut().zip(&mut self.speed).zip(slope) {
            *speed = self.momentum * *speed - rate * slope;
            *at += *speed;
        }
    }
}

/// The same step after step.
#[derive(Config)]
struct Constant {
    #[mainstem(range = 0.0..)]
    rate: f64,
}

impl Schedule for Constant {
    fn rate(&self, _: u32) -> f64 {
        self.rate
    }
}

/// From `start` down to `end` along half a wave.
#[derive(Config)]
struct Cosine {
    start: f64,
    #[mainstem(default = 0.0)]
    end: f64,
    /// So many steps.
    over: u32,
}

impl Cosine {
    fn descending(self) -> Result<Box<dyn Schedule>, String> {
        if self.start < self.end {
            return Err(format!("it would go up from {} to {}", self.start, self.end));
        }
        Ok(Box::new(self))
    }
}

impl Schedule for Cosine {
    fn rate(&self, step: u32) -> f64 {
        let passed = f64::from(step.min(self.over)) / f64::from(self.over.max(1));
        self.end + (self.start - self.end) * (1.0 + (std::f64::consts::PI * passed).cos()) / 2.0
    }
}

/// Says at the end of a sweep which of its jobs came lowest.
#[derive(Config)]
struct Best {
    #[mainstem(skip)]
    found: Option<(f64, String)>,
}

impl Callback for Best {
    fn on_job_end(&mut self, config: &Bound, _: &Run, outcome: &Outcome) -> Result<(), Failed> {
        if let Outcome::Completed(Some(result)) = outcome
            && let Kind::Float(height) = result.kind
            && self.found.as_ref().is_none_or(|(best, _)| height < *best)
        {
            let overrides: Vec<String> = config.read("hydra.overrides.task")?;
            self.found = Some((height, overrides.join(" ")));
        }
        Ok(())
    }

    fn on_multirun_end(&mut self, _: &Bound) -> Result<(), Failed> {
        match &self.found {
            Some((height, overrides)) => writeln!(io::stdout(), "best: {height:.6} by {overrides}")?,
            None => writeln!(io::stdout(), "none came down")?,
        }
        Ok(())
    }
}

/// Everything that a config may choose by name.
fn components() -> Components {
    let optimizers = Registry::<dyn Optimizer>::new()
        .with("sgd", |sgd: Sgd| Box::new(sgd))
        .with("heavy_ball", |ball: HeavyBall| Box::new(ball));
    let schedules = Registry::<dyn Schedule>::new()
        .with("constant", |constant: Constant| Box::new(constant))
        .try_with("cosine", Cosine::descending);
    let callbacks = Registry::<dyn Callback>::new().with("best", |best: Best| Box::new(best));
    Components::new().with(optimizers).with(schedules).with(callbacks)
}

#[pipeline_main(config_path = "examples/components/conf", config_name = "config", components = components())]
fn main(descent: Descent) -> io::Result<Minimize> {
    let Descent { surface, mut optimizer, start: mut at, steps } = descent;
    for _ in 0..steps {
        let slope = surface.slope(at);
        optimizer.step(&mut at, slope);
    }
    let height = surface.height(at);
    writeln!(
        io::stdout(),
        "{} comes to ({:.3}, {:.3}), {height:.6} high",
        Component::name(&optimizer),
        at[0],
        at[1]
    )?;
    Ok(Minimize(height))
}
