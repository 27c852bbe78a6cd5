"""A Slurm cluster on this machine, in a folder of its own: four nodes, and accounting where its daemons are installed.

One node is the machine itself, with two GPUs that are none. The others have names and process numbers of their own, so that
nothing on them sees the processes of another one. Needs root, as the daemons do.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONF = """
ClusterName=mainstem
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={dir}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd.%n.pid
SlurmdSpoolDir={dir}/spool/%n
StateSaveLocation={dir}/state
SlurmctldLogFile={dir}/slurmctld.log
SlurmdLogFile={dir}/slurmd.%n.log
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1
JobCompType=jobcomp/none
{accounting}
JobAcctGatherType=jobacct_gather/none
KillWait=5
SlurmdTimeout=10
MinJobAge={age}
MaxArraySize=81
NodeName={host} NodeAddr=127.0.0.1 Port={port_d} CPUs={cpus} Sockets=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=4000 Gres=gpu:2 State=UNKNOWN
NodeName=near NodeAddr=127.0.0.1 Port={port_near} CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
NodeName=far NodeAddr=127.0.0.1 Port={port_far} CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
NodeName=weak NodeAddr=127.0.0.1 Port={port_weak} CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high Nodes={host},near MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=both Nodes={host},near MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=near Nodes=near MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=warned Nodes=near MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=far Nodes=far MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=weak Nodes=weak MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
"""

ACCOUNTING = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={port}
AccountingStoragePass={dir}/munge.socket
AccountingStorageEnforce=limits"""

DATABASE = """
AuthType=auth/munge
AuthInfo=socket={dir}/munge.socket
DbdHost=localhost
DbdPort={port}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={port_sql}
StorageUser=slurm
StoragePass=none
LogFile={dir}/slurmdbd.log
PidFile={dir}/slurmdbd.pid
"""


FURTHER = ("near", "far", "weak")


def is_there(*programs):
    return all(map(shutil.which, programs))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(what, is_so, seconds=60.0, step=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
        time.sleep(step)
    raise AssertionError(f"{what}: not in {seconds} s")


class Front:
    """What stands before the commands of Slurm in `PATH`: it counts how often each is called, and runs the real one. A fault is
    lines of the shell that come first, until there are others; in them `$real` is the real one, and `$0.calls` has a line for
    each call."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        for name in ("sbatch", "squeue", "sacct", "scancel", "scontrol"):
            self.fault(name, "")
            script = folder / name
            script.write_text(f'#!/bin/sh\nreal={shutil.which(name)}\necho "$*" >> "$0.calls"\n. "$0.fault"\nexec $real "$@"\n')
            script.chmod(0o755)

    def fault(self, name, lines):
        new = self.folder / f"{name}.new"
        new.write_text(lines + "\n")
        new.rename(self.folder / f"{name}.fault")

    def calls(self, name):
        path = self.folder / f"{name}.calls"
        return path.read_text().splitlines() if path.exists() else []


class Cluster:
    """A controller, nodes, and a database of what has run if there can be one."""

    largest_array = 81

    def __init__(self, folder, accounts):
        self.folder, self.daemons, self.nodes = Path(folder), [], {}
        self.host, self.accounts = socket.gethostname(), accounts and is_there("slurmdbd", "mariadbd", "mariadb-install-db")
        for name in ("spool", "state", "gpu"):
            (self.folder / name).mkdir(parents=True)
        self.conf, self.silent = self.folder / "slurm.conf", self.folder / "silent.conf"
        self.env = {**os.environ, "SLURM_CONF": str(self.conf)}

    def start(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        munge = ["munged", "--foreground", "--force", "--num-threads=2", f"--key-file={key}"]
        munge += [f"--{name}={self.folder}/munge.{name}" for name in ("socket",)]
        munge += [f"--{name}-file={self.folder}/munge.{name}" for name in ("pid", "log", "seed")]
        self.spawn(*munge)
        wait_until("munge", (self.folder / "munge.socket").exists)
        port = free_port()
        accounting = ACCOUNTING.format(dir=self.folder, port=port) if self.accounts else "AccountingStorageType=accounting_storage/none"
        ports = {name: free_port() for name in ("port", "port_d", "port_near", "port_far", "port_weak")}
        # What keeps accounts remembers what the controller forgets.
        ports["age"] = 5 if self.accounts else 3600
        self.conf.write_text(CONF.format(host=self.host, dir=self.folder, cpus=2, accounting=accounting, **ports))
        # A controller that is not there: who asks by this file gets no answer.
        text = self.conf.read_text().replace(f"SlurmctldPort={ports['port']}\n", "SlurmctldPort=1\nMessageTimeout=1\n")
        self.silent.write_text(text)
        for number in range(2):
            os.mknod(self.folder / f"gpu/nvidia{number}", 0o600 | 0o020000, os.makedev(1, 3))
        (self.folder / "gres.conf").write_text(f"NodeName={self.host} Name=gpu File={self.folder}/gpu/nvidia[0-1]\n")
        if self.accounts:
            self.begin_accounts(port)
        self.spawn("slurmctld", "-D", "-f", str(self.conf))
        self.node(self.host)
        for name in FURTHER:
            self.node(name)
        is_idle = lambda: self.run("sinfo", "-h", "-p", "both,far,weak", "-o", "%N %T", check=False).split("\n")[:-1]
        wait_until("all nodes", lambda: all(line.endswith("idle") for line in is_idle() or ["none"]))

    def begin_accounts(self, port):
        """A database for this cluster alone, and its user."""
        data, socket_of, port_sql = self.folder / "sql", self.folder / "sql.socket", free_port()
        self.run("mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--auth-root-authentication-method=normal")
        self.spawn("mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={socket_of}",
                   f"--port={port_sql}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=64M")
        grant = "grant all on slurm_acct_db.* to slurm@'{0}' identified by 'none';"
        sql = "create database slurm_acct_db;" + grant.format("127.0.0.1") + grant.format("localhost")
        asked = ["mariadb", "--no-defaults", "-S", str(socket_of)]
        wait_until("the database", lambda: subprocess.run([*asked, "-e", "select 1"], capture_output=True).returncode == 0)
        self.run(*asked, "-e", sql)
        conf = self.folder / "slurmdbd.conf"
        conf.write_text(DATABASE.format(dir=self.folder, port=port, port_sql=port_sql))
        conf.chmod(0o600)
        self.spawn("slurmdbd", "-D")
        wait_until("accounts", lambda: "mainstem" in self.run("sacctmgr", "-inP", "show", "cluster", check=False)
                   or self.run("sacctmgr", "-i", "add", "cluster", "mainstem", check=False) is None)
        for account in ("all", "little"):
            self.run("sacctmgr", "-i", "add", "account", account)
            self.run("sacctmgr", "-i", "add", "user", "root", f"account={account}", "defaultaccount=all", "adminlevel=admin")

    def lose(self, name):
        """A node is no more, with all that runs on it."""
        self.nodes[name].kill()
        self.nodes[name].wait()

    def node(self, name):
        """Starts the daemon of a node: on this machine, or as if on another one."""
        words = ["slurmd", "-D", "-f", str(self.conf), "-N", name]
        if name != self.host:
            words = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                     'hostname "$0"; exec "$@"', name, *words]
        self.nodes[name] = self.spawn(*words)

    def most_queued(self, most, account="all"):
        """How many jobs of an account the site lets a user have in the queue; -1: as many as it likes."""
        of = ["where", "name=root", f"account={account}"]
        self.run("sacctmgr", "-i", "modify", "user", *of, "set", f"MaxSubmitJobs={most}")

    def preempts(self, *nodes):
        """A job of a higher partition takes all of these nodes for a second."""
        for node in nodes:
            self.run("sbatch", "-p", "high", "-w", node, "-c", "2", "--mem=1G", "-o", "/dev/null", "--wrap", "sleep 1")

    def spawn(self, *words):
        out = open(self.folder / f"{words[0]}.out", "ab")
        daemon = subprocess.Popen(words, env=self.env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        self.daemons.append(daemon)
        return daemon

    def stop(self):
        for name in self.nodes.keys() - {self.host}:
            self.lose(name)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def run(self, *words, check=True):
        done = subprocess.run(words, env=self.env, capture_output=True, text=True)
        assert not check or done.returncode == 0, (words, done.stderr)
        return done.stdout

    def queue(self, partition="main,high,both"):
        return self.run("squeue", "-h", "-o", "%i %T", "-p", partition).split("\n")[:-1]

    def quiet(self, seconds=90.0):
        wait_until("an empty queue", lambda: not self.queue(), seconds, 0.2)
