"""Hands what the function of a Hydra program returns to `mainstem run`.

Hydra finds this file as a plugin, since PYTHONPATH names its folder; both are gone when the command has ended.
"""
import json
import os
import sys
from collections.abc import Mapping

PATH = os.environ.get("MAINSTEM_RESULT")
# What the job starts inherits both variables, and is not the job.
OWNER = "MAINSTEM_RESULT_OF"
# The one process of several that speaks for all, where these are not jobs to `mainstem run`.
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID")
# A list with more numbers is data; a larger file is not read.
MOST, LARGEST = 100, 1 << 20


def is_ours():
    if not PATH or os.environ.setdefault(OWNER, str(os.getpid())) != str(os.getpid()):
        return False
    rank = next((os.environ[name] for name in RANKS if os.environ.get(name)), "0")
    return rank == "0" or ".rank" in os.path.basename(PATH)


def number(value):
    """A float; None of what is no number."""
    if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
        return None
    if type(value).__name__ in ("bool_", "bool"):
        return None
    try:
        return float(value)
    except Exception:  # An array with several values, a number that is too large.
        return None


def result(value):
    """What the file holds: a number, or numbers by names or in their order; None if there is none."""
    one = number(value)
    if one is not None:
        return one
    if isinstance(value, (tuple, list)) and len(value) <= MOST:
        all = [number(item) for item in value]
        return all if all and None not in all else None
    if isinstance(value, Mapping):
        named = ((str(key), result(item)) for key, item in value.items())
        return {key: item for key, item in named if item is not None and not isinstance(item, list)} or None
    return None


class Returned:
    written = False
    # Of a sweep inside of the program no job is the one that was asked for.
    is_run = False

    def on_run_start(self, config, **_):
        self.is_run = True

    def on_job_end(self, config, job_return, **_):
        try:
            if getattr(job_return.status, "name", None) != "COMPLETED" or not self.is_run:
                return
            found = result(job_return.return_value)
            if found is None or (os.path.exists(PATH) and not Returned.written):
                return
            text = json.dumps(found)
            if len(text) > LARGEST:
                raise ValueError("it has more than 1 MiB")
            part = PATH + ".part"
            with open(part, "w") as file:
                file.write(text)
            os.replace(part, PATH)
            Returned.written = True
        except Exception as error:
            try:
                sys.stderr.write("mainstem: what the program returned is not written down: %s\n" % error)
            except Exception:
                pass

    def __getattr__(self, name):
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(name)


def listen():
    from hydra._internal.callbacks import Callbacks

    before = Callbacks.__init__
    if getattr(before, "is_mainstems", False):
        return

    def __init__(self, *arguments, **named):
        before(self, *arguments, **named)
        if isinstance(getattr(self, "callbacks", None), list):
            self.callbacks.append(Returned())

    __init__.is_mainstems = True
    Callbacks.__init__ = __init__


try:
    if is_ours():
        listen()
except Exception:  # Another version of Hydra: the program runs as it would alone.
    pass
