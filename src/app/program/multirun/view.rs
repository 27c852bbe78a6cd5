//! What a terminal shows of a sweep while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::app::capture::Size;
use crate::app::duration::whole;
use crate::app::program::screen::Line;
use crate::app::runs::results;
use crate::diag::{Style, visible};
use crate::search::Direction;
use crate::sweep::Goals;
use crate::value::{Key, Kind, Map, Node, Slot};

/// So many of the jobs that run are shown.
pub(super) const SHOWN: usize = 8;

/// How a sweep stands, as far as somebody who looks at it wants to know.
#[derive(Debug, Default)]
pub(super) struct View {
    /// How many jobs there are, and how many run at a time.
    pub(super) all: u64,
    pub(super) slots: usize,
    /// How many have ended for good, and how many of these have failed.
    pub(super) ended: u64,
    pub(super) failed: u64,
    /// How many of these a search has stopped early.
    pub(super) stopped: u64,
    pub(super) running: BTreeMap<u64, Begun>,
    /// Those that have failed and begin again.
    pub(super) waiting: BTreeSet<u64>,
    /// How long jobs took, all together, and how many these were.
    pub(super) took: Duration,
    pub(super) timed: u32,
    pub(super) best: Option<Best>,
}

/// A job that runs.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) since: Duration,
    pub(super) overrides: String,
    /// What it has reported last, if it is a job of a search.
    pub(super) report: Option<(u64, f64)>,
}

/// The best result so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    /// Empty if results have no names.
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) job: u64,
    pub(super) overrides: String,
}

impl View {
    /// The lines of the block, for a terminal of that size.
    pub(super) fn lines(&self, now: Duration, size: Size, style: Style) -> Vec<Line> {
        let mut lines = vec![self.progress(now, size, style)];
        // The line below the block is free, and one above it shows that there is more.
        let room = size.rows.saturating_sub(3);
        if let Some(best) = self.best.as_ref().filter(|_| room > 0) {
            lines.push(best.line(size, style));
        }
        let room = room.saturating_sub(lines.len() - 1).min(SHOWN);
        let fit = if self.running.len() > room { room.saturating_sub(1) } else { room };
        let times: Vec<(u64, String, String, &str)> = (self.running.iter().take(fit))
            .map(|(job, begun)| {
                let seconds = now.saturating_sub(begun.since).as_secs_f64();
                let report = begun.report.map_or_else(String::new, |(step, value)| {
                    format!("{} at step {step}", results(&Node::from(value)))
                });
                (*job, whole(seconds), report, begun.overrides.as_str())
            })
            .collect();
        let of_number = times.iter().map(|(job, ..)| job.to_string().len()).max().unwrap_or(0);
        let of_time = times.iter().map(|(_, time, ..)| time.len()).max().unwrap_or(0);
        let of_report = times.iter().map(|(_, _, report, _)| report.len()).max().unwrap_or(0);
        for (job, time, report, overrides) in &times {
            let mut line = Line::new(size, style);
            line.push("", &format!("  #{job:<of_number$}  "));
            line.push("36", &format!("{time:>of_time$}"));
            if of_report > 0 {
                line.push("", &format!("  {report:<of_report$}"));
            }
            line.push("", &format!("  {overrides}"));
            lines.push(line);
        }
        let more = self.running.len() - times.len();
        if more > 0 && room > 0 {
            let mut line = Line::new(size, style);
            line.push("2", &format!("  and {more} more"));
            lines.push(line);
        }
        lines
    }

    /// The last word about a sweep all of whose jobs have completed.
    pub(super) fn last(&self, place: &str) -> String {
        let best = self.best.as_ref().map_or_else(String::new, |best| {
            format!("; best {}  #{} {}", best.result(), best.job, best.overrides)
        });
        format!(
            "{} of {} jobs are completed{best}\n  help: `mainstem sweeps show {place}` lists them",
            self.ended, self.all
        )
    }

    fn progress(&self, now: Duration, size: Size, style: Style) -> Line {
        let mut said = vec![("1", format!("{}/{}", self.ended, self.all))];
        if self.failed > 0 {
            said.push(("31", format!("{} failed", self.failed)));
        }
        if self.stopped > 0 {
            said.push(("", format!("{} stopped early", self.stopped)));
        }
        if !self.waiting.is_empty() {
            said.push(("33", format!("{} to begin again", self.waiting.len())));
        }
        if let Some(left) = self.left(now) {
            said.push(("", format!("about {} left", whole(left.as_secs_f64()))));
        }
        let mut line = Line::new(size, style);
        let taken: usize = said.iter().map(|(_, text)| text.len() + 2).sum();
        // A bar that is short says less than the numbers do.
        let bar = line.left().saturating_sub(taken).min(BAR);
        if bar >= LEAST_BAR {
            line.push("", &self.bar(bar));
            line.push("", "  ");
        }
        for (nth, (colour, text)) in said.iter().enumerate() {
            line.push("", if nth > 0 { "  " } else { "" });
            line.push(colour, text);
        }
        line
    }

    fn bar(&self, wide: usize) -> String {
        let inside = wide - 2;
        let all = u128::from(self.all.max(1));
        let full =
            usize::try_from(inside as u128 * u128::from(self.ended.min(self.all)) / all).unwrap_or(inside);
        let head = if full < inside { ">" } else { "" };
        format!("[{}{head}{}]", "=".repeat(full), " ".repeat((inside - full).saturating_sub(1)))
    }

    /// How long the jobs that are left take, if they take as long as those before did.
    fn left(&self, now: Duration) -> Option<Duration> {
        if self.timed == 0 {
            return None;
        }
        let mean = self.took.as_secs_f64() / f64::from(self.timed);
        let running =
            self.running.values().map(|job| (mean - now.saturating_sub(job.since).as_secs_f64()).max(0.0));
        let left = self.all.saturating_sub(self.ended).saturating_sub(self.running.len() as u64);
        #[expect(clippy::cast_precision_loss, reason = "what is far away is not known so well")]
        let seconds = (running.sum::<f64>() + mean * left as f64) / self.slots.max(1) as f64;
        // Jobs that take longer than those before did say nothing about when they end.
        Duration::try_from_secs_f64(seconds).ok().filter(|_| seconds >= 1.0)
    }

    /// Takes in a result, if it says which way it is better.
    pub(super) fn compare(&mut self, job: u64, overrides: &str, result: &Node, direction: &Node) {
        if let Some(found) = objective(result, direction) {
            self.take(found, job, overrides);
        }
    }

    /// Takes in a result of a search, which knows what it is after: of several numbers the first counts.
    pub(super) fn compare_by(&mut self, goals: &Goals, job: u64, overrides: &str, result: &Node) {
        let values = goals.values(Some(result)).unwrap_or_default();
        if let Some(value) = values.first() {
            let goal = goals.first();
            let name = goal.metric.as_deref().map(visible).unwrap_or_default().into_owned();
            self.take((name, *value, goal.direction == Direction::Maximize), job, overrides);
        }
    }

    fn take(&mut self, (name, value, maximize): (String, f64, bool), job: u64, overrides: &str) {
        let is_better = |best: &Best| if maximize { value > best.value } else { value < best.value };
        if !value.is_nan() && self.best.as_ref().is_none_or(is_better) {
            self.best = Some(Best { name, value, job, overrides: overrides.to_owned() });
        }
    }
}

/// The widest bar, and the shortest.
const BAR: usize = 32;
const LEAST_BAR: usize = 12;

impl Best {
    /// The result as people read it.
    fn result(&self) -> String {
        let value = Node::from(self.value);
        results(&match self.name.as_str() {
            "" => value,
            name => Node::from(Map::from([(name, value)])),
        })
    }

    fn line(&self, size: Size, style: Style) -> Line {
        let mut line = Line::new(size, style);
        line.push("", "best ");
        line.push("32", &self.result());
        line.push("", &format!("  #{} {}", self.job, self.overrides));
        line
    }
}

/// The first result that says which way it is better: its name, the number, and whether more of it is.
fn objective(result: &Node, direction: &Node) -> Option<(String, f64, bool)> {
    let number = |node: &Node| match node.kind {
        Kind::Float(number) => Some(number),
        #[expect(clippy::cast_precision_loss, reason = "an objective is a float")]
        Kind::Int(number) => Some(number as f64),
        _ => None,
    };
    if let Some(word) = direction.as_str() {
        return Some((String::new(), number(result)?, word == "maximize"));
    }
    let named = |(name, slot): (&Key, &Slot)| {
        let value = number(result.as_map()?.get(name)?)?;
        Some((visible(&name.to_string()).into_owned(), value, slot.node.as_str()? == "maximize"))
    };
    direction.as_map()?.iter().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn view() -> View {
        let begun = |since: u32, overrides: &str| Begun {
            since: S * since,
            overrides: overrides.to_owned(),
            report: None,
        };
        View {
            all: 50,
            slots: 2,
            ended: 12,
            failed: 2,
            running: BTreeMap::from([(12, begun(38, "lr=0.1 seed=0")), (113, begun(98, "lr=0.1 name=漢字"))]),
            took: S * 240,
            timed: 12,
            ..View::default()
        }
    }

    fn drawn(view: &View, columns: usize, rows: usize) -> String {
        let lines = view.lines(S * 100, Size { columns, rows }, Style::Plain);
        lines.iter().map(|line| format!("{}\n", line.text())).collect()
    }

    #[test]
    fn the_last_word_names_the_best() {
        let mut view = View { all: 2, ended: 2, ..View::default() };
        assert_eq!(
            view.last("sw"),
            "2 of 2 jobs are completed\n  help: `mainstem sweeps show sw` lists them"
        );
        view.compare(1, "lr=0.1", &Node::from(0.25), &Node::from("minimize"));
        let expected =
            "2 of 2 jobs are completed; best 0.25  #1 lr=0.1\n  help: `mainstem sweeps show sw` lists them";
        assert_eq!(view.last("sw"), expected);
    }

    #[test]
    fn a_terminal_shows_what_fits() {
        let mut view = view();
        let direction = Node::from("maximize");
        view.compare(7, "lr=0.01 seed=2", &Node::from(0.934_000_1), &direction);
        view.compare(8, "lr=9", &Node::from(0.5), &direction);
        view.compare(9, "lr=8", &Node::from(f64::NAN), &direction);
        assert_eq!(
            drawn(&view, 80, 24),
            "[=======>                      ]  12/50  2 failed  about 6m09s left\n\
             best 0.934  #7 lr=0.01 seed=2\n  #12   1m02s  lr=0.1 seed=0\n  #113     2s  lr=0.1 name=漢字\n"
        );
        assert_eq!(
            drawn(&view, 40, 24),
            "12/50  2 failed  about 6m09s left\n\
             best 0.934  #7 lr=0.01 seed=2\n  #12   1m02s  lr=0.1 seed=0\n  #113     2s  lr=0.1 name=漢字\n"
        );
        assert_eq!(drawn(&view, 20, 24).lines().last(), Some("  #113     2s  lr=…"));
        assert_eq!(
            drawn(&view, 40, 5),
            "12/50  2 failed  about 6m09s left\nbest 0.934  #7 lr=0.01 seed=2\n  and 2 more\n"
        );
        assert_eq!(drawn(&view, 40, 1).lines().count(), 1);
    }

    #[test]
    fn a_job_of_a_search_shows_what_it_has_reported_last() {
        let mut view = view();
        view.running.get_mut(&12).unwrap().report = Some((130, 0.25));
        view.stopped = 3;
        let shown = drawn(&view, 80, 24);
        assert!(shown.contains("]  12/50  2 failed  3 stopped early  about "), "{shown}");
        assert!(shown.ends_with(
            "  #12   1m02s  0.25 at step 130  lr=0.1 seed=0\n  #113     2s                    lr=0.1 name=漢字\n"
        ), "{shown}");
    }

    #[test]
    fn of_many_jobs_some_are_shown() {
        let mut view = View { all: 100, slots: 64, ..View::default() };
        for job in 0..64 {
            view.running.insert(job, Begun { since: S, overrides: format!("x={job}"), report: None });
        }
        let shown = drawn(&view, 60, 24);
        assert_eq!(shown.lines().count(), 1 + SHOWN);
        assert!(shown.ends_with("  #6  1m39s  x=6\n  and 57 more\n"), "{shown}");
        assert!(
            shown.starts_with("[>                             ]  0/100\n"),
            "nobody knows how long it takes: {shown}"
        );
    }

    #[test]
    fn the_best_is_by_the_direction_of_the_first_result_that_has_one() {
        let mut view = View::default();
        let result = |loss: f64| Node::from(Map::from([("n", Node::from(3)), ("loss", Node::from(loss))]));
        let direction = Node::from(Map::from([("loss", Node::from("minimize"))]));
        for (job, loss) in [(0, 0.5), (1, 0.25), (2, 0.75)] {
            view.compare(job, "x", &result(loss), &direction);
        }
        let best = view.best.clone().unwrap();
        assert_eq!((best.name.as_str(), best.value, best.job), ("loss", 0.25, 1));
        assert_eq!(best.line(Size { columns: 80, rows: 1 }, Style::Plain).text(), "best loss=0.25  #1 x");
    }
}
