//! Signals that ask a job to stop. The first one ends it in order, the second one at once; its children go with it.
//! One that the program was started without stays ignored.

use crate::launch::Halt;

/// A signal that asks to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop(pub(crate) i32);

/// Those that do. Who loses the terminal is asked as by `kill`.
const NAMES: [(i32, &str); 3] = [(1, "SIGHUP"), (2, "SIGINT"), (15, "SIGTERM")];

impl Stop {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(number, _)| *number == self.0).map_or("a signal", |(_, name)| name)
    }

    /// The signal of that name; of any other one, the one that programs send.
    pub(crate) fn named(name: &str) -> Self {
        Self(NAMES.iter().find(|(_, known)| *known == name).map_or(15, |(number, _)| *number))
    }

    /// Its number.
    pub(crate) fn number(self) -> u8 {
        u8::try_from(self.0).unwrap_or(15)
    }

    /// How the jobs are asked to end, then.
    pub(crate) fn how(self) -> Halt {
        if self.0 == 2 { Halt::Interrupt } else { Halt::Terminate }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::os::fd::AsFd as _;
    use std::process;
    use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::Stop;
    use crate::app::capture;
    use crate::app::program::descendants::{Descendant, signal_children};
    use crate::app::program::ears::Ears;
    use crate::app::program::screen;
    use crate::diag::{Error, ErrorKind, Result};
    use crate::launch::Halt;
    use crate::run::{give_back_all, rouse};

    /// Signals are taken as long as it lives.
    #[derive(Debug)]
    pub(crate) struct Watch(u64);

    /// What is to be done at the first signal.
    type First = Box<dyn FnOnce(Stop) + Send>;

    /// Who takes signals.
    enum Watcher {
        /// Nobody was asked to stop yet.
        Ready(First),
        /// The first signal is kept for who comes next.
        Holds,
        /// A signal was taken, some time ago; it is kept by who holds signals.
        Asked { signal: i32, ago: Box<dyn Fn() -> Duration + Send>, kept: bool },
    }

    /// What a signal comes to.
    enum Answer {
        Call(First),
        Nothing,
        Kill,
    }

    /// All who take signals: the last one does, as long as it is there.
    struct Watchers {
        all: Vec<(u64, Watcher)>,
        begun: u64,
        /// Whether the one thread is there that signals wake. There is no way back to what the system does by itself: once
        /// begun, it stays, and does that where nobody watches.
        awake: bool,
    }

    static WATCHERS: Mutex<Watchers> = Mutex::new(Watchers { all: Vec::new(), begun: 0, awake: false });

    /// Programs that end others (`timeout`, a scheduler) send a signal to the process, and to its group: what comes within
    /// that time is the same request.
    const ONE_REQUEST: Duration = Duration::from_secs(1);

    impl Watcher {
        fn take(&mut self, signal: i32) -> Answer {
            let kept = match self {
                Self::Asked { signal: before, ago, .. } => {
                    let same = *before == signal && ago() < ONE_REQUEST;
                    return if same { Answer::Nothing } else { Answer::Kill };
                }
                Self::Ready(_) => false,
                Self::Holds => true,
            };
            let asked = Self::Asked { signal, ago: Box::new(capture::stopwatch()), kept };
            match std::mem::replace(self, asked) {
                Self::Ready(first) => Answer::Call(first),
                Self::Holds | Self::Asked { .. } => Answer::Nothing,
            }
        }
    }

    fn watchers() -> MutexGuard<'static, Watchers> {
        WATCHERS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the signals that ask to stop, in place of whoever took them before. `first` is called at the first one, on
    /// a thread of its own; the second one ends the process.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn watch(first: impl FnOnce(Stop) + Send + 'static) -> Result<Watch> {
        begin(Watcher::Ready(Box::new(first)))
    }

    /// Whether somebody was asked to stop, and ends this process just now.
    pub(crate) fn is_asked() -> bool {
        watchers().all.iter().any(|(_, watcher)| matches!(watcher, Watcher::Asked { kept: false, .. }))
    }

    /// Takes no signals any more, unless one has come.
    pub(crate) fn settle(watch: &Watch) -> bool {
        let mut watchers = watchers();
        let at = watchers.all.iter().position(|(number, _)| *number == watch.0);
        match at.map(|at| (at, &watchers.all[at].1)) {
            Some((_, Watcher::Asked { .. })) => false,
            Some((at, _)) => {
                watchers.all.remove(at);
                true
            }
            None => true,
        }
    }

    /// Keeps a signal until this is dropped: who takes signals then gets it.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn hold() -> Result<Watch> {
        begin(Watcher::Holds)
    }

    fn begin(watcher: Watcher) -> Result<Watch> {
        listen()?;
        let mut watchers = watchers();
        watchers.begun += 1;
        let number = watchers.begun;
        watchers.all.push((number, watcher));
        Ok(Watch(number))
    }

    /// Begins to take signals; where nobody watches, each does what it always does. The thread that waits for them sees to
    /// it, too, that this process shows that it lives.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn listen() -> Result<()> {
        let failed = |error| Error::new(ErrorKind::Io, format!("cannot take signals: {error}"));
        wake(None).map_err(failed)
    }

    /// The signal that was taken last.
    static TAKEN: AtomicI32 = AtomicI32::new(0);

    /// Begins to take signals, unless somebody has; `driver` is a pipe that ends with the process that started this one.
    fn wake(driver: Option<File>) -> io::Result<()> {
        let mut watchers = watchers();
        if watchers.awake {
            return Ok(());
        }
        let others = OTHERS.get_or_init(Others::find);
        let ours = [SIGINT, SIGTERM, SIGHUP].into_iter();
        // Who was started without a signal (`nohup`, `trap ''`, a shell's `&`) goes on when it comes. A worker is asked by
        // nobody but who started it.
        let ours = ours.filter(|signal| WATCHED.load(Ordering::Relaxed) || !others.ignored.contains(signal));
        let ears = Ears::open(ours, driver)?;
        thread::Builder::new().name("signals".to_owned()).spawn(|| ears.listen(take, end_alone))?;
        watchers.awake = true;
        rouse();
        Ok(())
    }

    /// Does what a signal asks for.
    fn take(signal: i32) {
        TAKEN.store(signal, Ordering::SeqCst);
        let others = OTHERS.get_or_init(Others::find);
        let answer = watchers().all.last_mut().map(|(_, watcher)| watcher.take(signal));
        match answer {
            Some(Answer::Call(first)) => {
                // What ends in order may take its time, and the second signal must still be heard.
                let ending = thread::Builder::new().name("stop".to_owned());
                if ending.spawn(move || first(Stop(signal))).is_err() {
                    end(Stop(signal), Signal::TERM)
                }
            }
            Some(Answer::Kill) => end(Stop(signal), Signal::KILL),
            Some(Answer::Nothing) => {}
            // The program around us has taken it already, or does not want it.
            None if others.taken.contains(&signal) || others.ignored.contains(&signal) => {}
            None => {
                // The default of all is to end this process: there is nobody left to tell.
                let _ = emulate_default_handler(signal);
            }
        }
    }

    /// Ctrl-Z takes the block of the screen away before it stops this process; it is drawn anew when the process goes on.
    pub(crate) fn stop_without_block() {
        static ONCE: OnceLock<()> = OnceLock::new();
        ONCE.get_or_init(|| {
            // A shell without job control has it ignored, and nobody could go on with this process.
            if OTHERS.get_or_init(Others::find).ignored.contains(&SIGTSTP) {
                return;
            }
            let Ok(mut signals) = Signals::new([SIGTSTP]) else { return };
            let stop = move || {
                for signal in signals.forever() {
                    screen::aside(|| drop(emulate_default_handler(signal)));
                }
            };
            // Without it the block stays where it is.
            let _ = thread::Builder::new().name("pause".to_owned()).spawn(stop);
        });
    }

    /// Takes a signal once more, for who comes next.
    pub(crate) fn take_again(stop: Stop) {
        take(stop.0);
    }

    /// Takes a signal once more in a second, unless the process has come to its own end by then.
    pub(crate) fn take_later(stop: Stop) {
        thread::sleep(PATIENCE);
        take(stop.0);
    }

    static OTHERS: OnceLock<Others> = OnceLock::new();

    /// The signals that the program around us took, or was started without, before we came, as far as the system tells:
    /// Linux does.
    struct Others {
        taken: Vec<i32>,
        ignored: Vec<i32>,
    }

    impl Others {
        fn find() -> Self {
            Self::of(&capture::told_by_system("/proc/self/stat"))
        }

        /// From what Linux says of a process in one line: the name of the program in parentheses, which may hold any
        /// character, then numbers. The 33rd of all is the set of ignored signals, the 34th that of those taken.
        fn of(stat: &[u8]) -> Self {
            let name = stat.iter().rposition(|&b| b == b')').map_or(stat.len(), |end| end + 2);
            let numbers = stat.get(name..).unwrap_or_default().split(|&b| b == b' ');
            let number = |digits: &[u8]| {
                digits
                    .iter()
                    .fold(0_u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit & 15)))
            };
            let mut sets = numbers.skip(33 - 3).map(number);
            let mut next = || {
                let set = sets.next().unwrap_or(0);
                let all = [SIGINT, SIGTERM, SIGHUP, SIGTSTP].into_iter();
                all.filter(|signal| set >> (signal - 1) & 1 == 1).collect()
            };
            Self { ignored: next(), taken: next() }
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            let mut watchers = watchers();
            let at = watchers.all.iter().position(|(number, _)| *number == self.0);
            let gone = at.map(|at| watchers.all.remove(at).1);
            drop(watchers);
            if let Some(Watcher::Asked { signal, kept: true, .. }) = gone {
                take(signal);
            }
        }
    }

    /// Ends the process, and its children before it. What is still to be written, and nobody reads, is lost.
    #[expect(clippy::exit, reason = "the function of the job cannot be stopped in another way")]
    pub(crate) fn end(stop: Stop, children: Signal) -> ! {
        signal_children(children);
        let insist = move || {
            thread::sleep(PATIENCE);
            let _ = emulate_default_handler(stop.0);
        };
        if thread::Builder::new().name("end".to_owned()).spawn(insist).is_err() {
            let _ = emulate_default_handler(stop.0);
        }
        screen::close();
        close_output();
        // The function of the job runs until now.
        give_back_all();
        process::exit(128 + stop.0)
    }

    /// Writes what waits for standard output, if somebody reads it, and lets nobody write to it any more: the end of the
    /// process would wait for that while it has given back what it held, and the function of the job runs.
    fn close_output() {
        let (sender, written) = channel();
        let close = move || {
            let mut out = io::stdout().lock();
            let _ = out.flush();
            let _ = sender.send(());
            // Held until the process has ended, which does not wait for it.
            loop {
                thread::park();
            }
        };
        if thread::Builder::new().name("output".to_owned()).spawn(close).is_ok() {
            // Before the process is ended because of that.
            let _ = written.recv_timeout(PATIENCE / 2);
        }
    }

    /// How long the end of a process waits for who reads what it prints.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Ends the process in order: its children are asked to stop too. It waits for them, and kills those that do not: who
    /// would be left when it is gone would be left for good, and might write into a directory whose run has ended.
    pub(crate) fn end_in_order(stop: Stop) -> ! {
        let told = signal_children(Signal::TERM);
        for _ in 0..GRACE.as_millis() / STEP.as_millis() {
            if !told.iter().any(Descendant::lives) {
                break;
            }
            thread::sleep(STEP);
        }
        leave();
        told.iter().for_each(Descendant::kill);
        end(stop, Signal::KILL)
    }

    /// Whether this process ends when the one does that started it.
    static WATCHED: AtomicBool = AtomicBool::new(false);

    /// Whether it has ended already.
    static ALONE: AtomicBool = AtomicBool::new(false);

    /// The end of a worker. What it started is killed by the process that waits for it; if that is no more, by itself.
    pub(crate) fn leave() {
        if !ALONE.load(Ordering::SeqCst) {
            return;
        }
        signal_children(Signal::KILL);
        // It leads its process group: what is left of it goes too, and it itself, with all that it holds. To give that back
        // could wait for a disk, and would come too early: who is in the group runs until now.
        if let Some(own) = Pid::from_raw(i32::try_from(process::id()).unwrap_or(0)) {
            let _ = kill_process_group(own, Signal::KILL);
        }
    }

    /// How long children have to end in order.
    const GRACE: Duration = Duration::from_secs(5);
    const STEP: Duration = Duration::from_millis(10);

    /// Ends this process when the one that started it is no more: standard input is a pipe that ends then. Whoever reads
    /// standard input from here on finds nothing.
    ///
    /// # Errors
    /// The system has no thread or no file left.
    pub(crate) fn end_with_driver() -> Result<()> {
        let failed = |error: io::Error| {
            Error::new(ErrorKind::Io, format!("cannot watch the process that started this one: {error}"))
        };
        let pipe = io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
        let nothing = File::open("/dev/null").map_err(failed)?;
        rustix::stdio::dup2_stdin(&nothing).map_err(|error| failed(error.into()))?;
        WATCHED.store(true, Ordering::Relaxed);
        wake(Some(File::from(pipe))).map_err(failed)
    }

    /// Asks this process to end, since its driver is no more; what does not end in order is killed a moment later.
    fn end_alone() {
        ALONE.store(true, Ordering::SeqCst);
        let Some(own) = Pid::from_raw(i32::try_from(process::id()).unwrap_or(0)) else { return };
        let _ = kill_process(own, Signal::TERM);
        let later = || {
            thread::sleep(GRACE * 2);
            leave();
        };
        if thread::Builder::new().name("driver".to_owned()).spawn(later).is_err() {
            leave();
        }
    }

    /// Asks this process to end when the one that started it is no more, as far as the system can: Linux does. `parent`
    /// is that process.
    #[cfg(target_os = "linux")]
    pub(crate) fn end_with_parent(parent: u32) {
        let asked = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
        let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
        // It may have ended before anybody asked.
        if asked.is_ok()
            && now != i32::try_from(parent).ok()
            && let Some(own) = Pid::from_raw(i32::try_from(process::id()).unwrap_or(0))
        {
            let _ = kill_process(own, Signal::TERM);
        }
    }

    /// The signal that was taken last.
    pub(crate) fn taken() -> Option<Stop> {
        Some(TAKEN.load(Ordering::SeqCst)).filter(|signal| *signal != 0).map(Stop)
    }

    /// Asks all that this process started to end, by the signal that it was asked by itself.
    pub(crate) fn pass_on() {
        signal_children(match TAKEN.load(Ordering::SeqCst) {
            SIGINT => Signal::INT,
            SIGHUP => Signal::HUP,
            _ => Signal::TERM,
        });
    }

    /// Asks all that this process started to end, or ends it.
    pub(crate) fn end_children(how: Halt) {
        signal_children(match how {
            Halt::Interrupt => Signal::INT,
            Halt::Terminate => Signal::TERM,
            Halt::Kill => Signal::KILL,
            // Whoever ends them gives no notice.
            Halt::Notice => return,
        });
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_a_program_was_started_without_is_told_whatever_its_name_is() {
            let before =
                "7 (a) (b\n) R 1 7 7 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 29 3 36 18 9 9 1 0 0 0 0";
            let found = Others::of(format!("{before} 16385 524290 0 0 0 17 0\n").as_bytes());
            assert_eq!((found.ignored, found.taken), (vec![SIGTERM, SIGHUP], vec![SIGINT, SIGTSTP]));
            let unknown = Others::of(b"");
            assert_eq!((unknown.ignored, unknown.taken), (Vec::new(), Vec::new()));
        }
    }
}

#[cfg(unix)]
pub(crate) use unix::{
    Watch, end_children, end_in_order, end_with_driver, hold, is_asked, leave, listen, pass_on, settle,
    stop_without_block, take_again, take_later, taken, watch,
};

#[cfg(target_os = "linux")]
pub(crate) use unix::end_with_parent;

/// Elsewhere no system tells a process that its parent has ended.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_with_parent(_: u32) {}

#[cfg(not(unix))]
pub(crate) use crate::app::program::no_signals::{
    Watch, end_children, end_in_order, end_with_driver, hold, is_asked, leave, listen, pass_on, settle,
    stop_without_block, take_again, take_later, taken, watch,
};
