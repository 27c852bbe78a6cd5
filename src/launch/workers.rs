//! Jobs in processes of their own, several at a time.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::launch::launcher::{Event, Halt, Launcher};
use crate::launch::output::{Output, open_output};
use crate::launch::slots::Slot;
use crate::value::IndexMap;

/// A process that is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The file of the program.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its working directory.
    pub directory: PathBuf,
    /// Variables beside those of this process.
    pub environment: Vec<(String, String)>,
    /// What its standard input begins with, if it leads a process group of its own.
    pub input: Vec<u8>,
    /// Where it writes to.
    pub output: Output,
    /// Which process group it is in.
    pub group: Group,
}

/// Which process group a process is in, and where it reads from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// It leads one of its own. When it has ended, what is left of the group is killed. Its standard input is a pipe to
    /// which [`Program::input`] is written and nothing after it, and whose other end this process holds: it ends when this
    /// process is no more, however that came about, so that a process that watches it need not outlive this one.
    #[default]
    Own,
    /// In that of this process, whose standard input it has: who types Ctrl-C reaches both.
    Shared,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// By itself, with that status.
    Code(i32),
    /// By a signal of that number.
    Signal(i32),
    /// Nobody knows.
    Lost,
}

/// Wakes up who waits for the next event, from any thread.
#[derive(Clone, Debug)]
pub struct Bell(Sender<Message>);

impl Bell {
    /// Says that this process was asked to stop.
    pub fn ring(&self, how: Halt) {
        // Nobody waits any more.
        let _ = self.0.send(Message::Asked(how));
    }
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Ended(u64, Exit),
    Asked(Halt),
}

/// Runs each job as a process, in a slot of its own.
#[derive(Debug)]
pub struct Workers {
    slots: Vec<Slot>,
    /// Slots that are free.
    free: Vec<usize>,
    running: IndexMap<u64, Running>,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

#[derive(Debug)]
struct Running {
    slot: usize,
    process: Arc<Process>,
}

/// A process that may be sent signals: as long as it is on the system's list, no other one has its number.
#[derive(Debug)]
struct Process {
    id: Mutex<Option<u32>>,
    group: Group,
}

impl Process {
    fn id(&self) -> MutexGuard<'_, Option<u32>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it to end, unless it has ended. Whether a signal went out.
    fn signal(&self, how: Halt) -> bool {
        // Held until the signal is sent: meanwhile nobody takes it off the list.
        let id = self.id();
        if let Some(id) = *id {
            signal(id, self.group, how);
        }
        id.is_some()
    }

    /// Waits for it, kills what is left of its group, and takes it off the list.
    fn reap(&self, child: &mut Child) -> Exit {
        wait_for(child);
        let mut id = self.id();
        if self.group == Group::Own {
            signal(child.id(), self.group, Halt::Kill);
        }
        let status = child.wait();
        *id = None;
        ended(&status)
    }
}

impl Workers {
    /// With these slots.
    pub fn new(slots: Vec<Slot>) -> Self {
        let (sender, receiver) = channel();
        let free = (0..slots.len()).rev().collect();
        Self { slots, free, running: IndexMap::default(), sender, receiver }
    }

    /// What wakes up who waits.
    pub fn bell(&self) -> Bell {
        Bell(self.sender.clone())
    }

    fn spawn(&self, job: u64, slot: usize, task: Program) -> Result<Running> {
        let failed = |error: std::io::Error| {
            let message = format!("cannot run `{}` for job {job}: {error}", task.file.display());
            Error::new(ErrorKind::Io, message)
        };
        let mut command = Command::new(&task.file);
        command.args(&task.arguments).current_dir(&task.directory);
        command.envs(self.slots[slot].environment.iter().map(|(name, value)| (name, value)));
        command.envs(task.environment.iter().map(|(name, value)| (name, value)));
        if task.group == Group::Own {
            command.stdin(Stdio::piped());
        }
        if let Output::Files { out, err } = &task.output {
            command.stdout(open_output(out)?).stderr(open_output(err)?);
        }
        #[cfg(unix)]
        if task.group == Group::Own {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut child = command.spawn().map_err(&failed)?;
        let process = Arc::new(Process { id: Mutex::new(Some(child.id())), group: task.group });
        let (sender, waited, input) = (self.sender.clone(), Arc::clone(&process), task.input);
        let watched = child.stdin.take().map(Arc::new);
        let told = watched.clone().filter(|_| !input.is_empty());
        let wait = move || {
            let end = waited.reap(&mut child);
            // Held until the process has ended.
            drop(watched);
            // Nobody is there to be told when this process comes to its end.
            let _ = sender.send(Message::Ended(job, end));
        };
        let begin = |what: &str, act: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(format!("{what} {job}")).spawn(act).map(drop).map_err(|error| {
                process.signal(Halt::Kill);
                failed(error)
            })
        };
        begin("job", Box::new(wait))?;
        if let Some(pipe) = told {
            // It may be read late, or never, or by a process that outlives this one: nobody waits for that.
            begin("input", Box::new(move || drop((&*pipe).write_all(&input))))?;
        }
        Ok(Running { slot, process })
    }

    fn took(&mut self, message: Message) -> Event<Exit> {
        match message {
            Message::Asked(how) => Event::Asked(how),
            Message::Ended(job, end) => {
                if let Some(running) = self.running.swap_remove(&job) {
                    self.free.push(running.slot);
                }
                Event::Ended { job, end }
            }
        }
    }
}

impl Launcher for Workers {
    type Task = Program;
    type End = Exit;

    fn room(&self) -> usize {
        self.free.len()
    }

    fn submit(&mut self, job: u64, task: Program) -> Result<()> {
        let Some(slot) = self.free.pop() else {
            return Err(Error::new(ErrorKind::Job, format!("there is no room for job {job}")));
        };
        let running = self.spawn(job, slot, task).inspect_err(|_| self.free.push(slot))?;
        self.running.insert(job, running);
        Ok(())
    }

    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<Exit>>> {
        let message = match at_most {
            Some(at_most) => match self.receiver.recv_timeout(at_most) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(None),
            },
            // A sender is held here, so that it never ends.
            None => match self.receiver.recv() {
                Ok(message) => message,
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(self.took(message)))
    }

    fn halt(&mut self, job: u64, how: Halt) {
        if let Some(running) = self.running.get(&job) {
            running.process.signal(how);
        }
    }
}

/// What still runs goes with this process, also when an error ends it.
impl Drop for Workers {
    fn drop(&mut self) {
        for running in self.running.values() {
            running.process.signal(Halt::Kill);
        }
    }
}

fn ended(status: &std::io::Result<ExitStatus>) -> Exit {
    let Ok(status) = status else { return Exit::Lost };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(status) {
        return Exit::Signal(signal);
    }
    status.code().map_or(Exit::Lost, Exit::Code)
}

/// Waits until a process has ended, and leaves it on the system's list: nobody else can have its number yet.
#[cfg(unix)]
fn wait_for(child: &mut Child) {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        while let Err(rustix::io::Errno::INTR) =
            waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {}
    }
}

/// Asks the process to end; to kill it is to kill its group.
#[cfg(unix)]
fn signal(process: u32, group: Group, how: Halt) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return };
    // One that has ended already needs no signal.
    let _ = match how {
        Halt::Interrupt => kill_process(pid, Signal::INT),
        Halt::Terminate => kill_process(pid, Signal::TERM),
        Halt::Notice => kill_process(pid, Signal::USR2),
        Halt::Kill if group == Group::Own => kill_process_group(pid, Signal::KILL),
        Halt::Kill => kill_process(pid, Signal::KILL),
    };
}

/// Elsewhere who waits for a process is all that there is of it.
#[cfg(not(unix))]
fn wait_for(child: &mut Child) {
    // Who waits once more is told the same.
    let _ = child.wait();
}

/// Elsewhere a process ends by itself when its standard input does.
#[cfg(not(unix))]
fn signal(_: u32, _: Group, _: Halt) {}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::durable::testing::Scratch;

    fn shell(script: &str, folder: &Path) -> Program {
        let output = Output::Files { out: folder.join("out"), err: folder.join("err") };
        Program {
            file: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            directory: folder.to_owned(),
            environment: vec![("JOB".to_owned(), "7".to_owned())],
            output,
            group: Group::Own,
            ..Program::default()
        }
    }

    fn one(slots: usize) -> Workers {
        Workers::new(vec![Slot { environment: vec![("SLOT".to_owned(), "x".to_owned())] }; slots])
    }

    #[test]
    fn a_process_ends_as_it_does_and_its_output_is_kept() {
        let scratch = Scratch::new("workers");
        let mut workers = one(1);
        workers.submit(3, shell("echo $JOB$SLOT; echo no >&2; exit 4", scratch.path())).unwrap();
        assert_eq!(workers.room(), 0);
        assert_eq!(workers.submit(4, Program::default()).unwrap_err().kind(), ErrorKind::Job);
        let ended = workers.wait(None).unwrap();
        assert_eq!((ended, workers.room()), (Some(Event::Ended { job: 3, end: Exit::Code(4) }), 1));
        let read = |name| std::fs::read_to_string(scratch.path().join(name)).unwrap();
        assert_eq!((read("out"), read("err")), ("7x\n".to_owned(), "no\n".to_owned()));
        let nowhere = Program { file: "/nowhere".into(), ..shell("", scratch.path()) };
        assert_eq!(workers.submit(5, nowhere).unwrap_err().kind(), ErrorKind::Io);
        assert_eq!(workers.room(), 1);
    }

    #[test]
    fn what_a_process_started_goes_with_it() {
        let scratch = Scratch::new("workers-group");
        let mut workers = one(2);
        // The first one leaves a process behind, the second one has one when it is killed.
        workers.submit(0, shell("sleep 1000 & echo $! > left", scratch.path())).unwrap();
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 0, end: Exit::Code(0) }));
        workers.submit(1, shell("sleep 1000 & echo $! > killed; wait", scratch.path())).unwrap();
        let written =
            || std::fs::read_to_string(scratch.path().join("killed")).is_ok_and(|text| text.ends_with('\n'));
        while !written() {
            assert_eq!(workers.wait(Some(Duration::from_millis(5))).unwrap(), None);
        }
        workers.halt(1, Halt::Kill);
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 1, end: Exit::Signal(9) }));
        for name in ["left", "killed"] {
            let id = std::fs::read_to_string(scratch.path().join(name)).unwrap();
            let lives = || {
                let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
                state.is_ok_and(|state| !state.contains(") Z "))
            };
            // It was told to end, and does so when the system lets it.
            for _ in (0..3000).take_while(|_| lives()) {
                thread::sleep(Duration::from_millis(10));
            }
            assert!(!lives(), "{name} lives");
        }
    }

    #[test]
    fn a_process_reads_what_it_is_told_and_its_input_ends_with_the_driver() {
        let scratch = Scratch::new("workers-input");
        let told =
            |script: &str, input: &[u8]| Program { input: input.to_vec(), ..shell(script, scratch.path()) };
        let mut workers = one(2);
        // More than a pipe takes: who starts a process that does not read yet, or never does, goes on.
        let long = "x".repeat(1 << 20) + "\n";
        workers.submit(0, told("exec sleep 1000", long.as_bytes())).unwrap();
        workers.submit(1, told("read line; echo ${#line}; read line || echo end", long.as_bytes())).unwrap();
        let out = || std::fs::read_to_string(scratch.path().join("out")).unwrap_or_default();
        while out() != "1048576\n" {
            assert_eq!(workers.wait(Some(Duration::from_millis(5))).unwrap(), None);
        }
        workers.halt(0, Halt::Kill);
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 0, end: Exit::Signal(9) }));
        assert_eq!(
            (workers.wait(Some(Duration::from_millis(50))).unwrap(), out().as_str()),
            (None, "1048576\n")
        );
        workers.halt(1, Halt::Kill);
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 1, end: Exit::Signal(9) }));
    }

    #[test]
    fn who_ends_before_it_has_read_what_it_is_told_ends_with_all_that_it_started() {
        let scratch = Scratch::new("workers-unread");
        let mut workers = one(1);
        // What it starts has the other end of the pipe too, and does not read either.
        let script = "sleep 1000 <&0 & exit 3";
        let unread = Program { input: vec![b'x'; 1 << 20], ..shell(script, scratch.path()) };
        workers.submit(0, unread).unwrap();
        let ended = workers.wait(Some(Duration::from_secs(60))).unwrap();
        assert_eq!(ended, Some(Event::Ended { job: 0, end: Exit::Code(3) }));
    }

    #[test]
    fn whoever_waits_is_woken_up() {
        let mut workers = one(1);
        workers.bell().ring(Halt::Interrupt);
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Asked(Halt::Interrupt)));
        assert_eq!(workers.wait(Some(Duration::ZERO)).unwrap(), None);
    }

    #[test]
    fn a_process_that_has_ended_is_sent_no_signal() {
        let scratch = Scratch::new("workers-reaped");
        let mut workers = one(1);
        workers.submit(0, shell("exec sleep 1000", scratch.path())).unwrap();
        let process = Arc::clone(&workers.running[&0].process);
        let id = process.id().unwrap();
        assert!(process.signal(Halt::Kill), "it runs");
        while process.id().is_some() {
            thread::sleep(Duration::from_millis(1));
        }
        // It has ended, and whoever waits has not been told yet: its number may be another one's by now.
        assert!(workers.running.contains_key(&0) && !Path::new(&format!("/proc/{id}")).exists());
        assert!(!process.signal(Halt::Kill), "it has ended");
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 0, end: Exit::Signal(9) }));
    }

    #[test]
    fn a_process_in_the_same_group_is_ended_alone() {
        let scratch = Scratch::new("workers-shared");
        let mut workers = one(1);
        let sleeping = Program { group: Group::Shared, ..shell("exec sleep 1000", scratch.path()) };
        workers.submit(0, sleeping).unwrap();
        workers.halt(0, Halt::Kill);
        assert_eq!(workers.wait(None).unwrap(), Some(Event::Ended { job: 0, end: Exit::Signal(9) }));
    }
}
