"""Tells a Hydra program what its command line cannot: its `HydraConfig`, and what its config takes from there, say of the run
what its record says.

Hydra finds this file as a plugin, since PYTHONPATH names its folder; both are gone when the command has ended.
"""
import os

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What the job starts inherits the variables, and is not the job.
OWNER = "MAINSTEM_RESULT_OF"
# What names the directory while it is made, and is told when it is there.
DIRECTORY, SUBDIRECTORY = "run.dir", "output_subdir"


def read():
    """Values by their keys in the node `hydra`, as they were composed."""
    from omegaconf import OmegaConf

    return OmegaConf.to_container(OmegaConf.load(os.path.join(FOLDER, "told.yaml")), resolve=False)


def put(config, values):
    from omegaconf import OmegaConf, open_dict, read_write

    with read_write(config.hydra), open_dict(config.hydra):
        for key, value in values.items():
            try:
                OmegaConf.update(config.hydra, key, value, merge=False, force_add=True)
            except Exception:  # Another version of Hydra has no such value.
                pass


def keep(record):
    """Hydra writes its own record anywhere but over that of the run."""
    from hydra.core import utils

    before = utils._save_config

    def save(cfg, filename, output_dir):
        if os.path.realpath(str(output_dir)) != record:
            before(cfg, filename, output_dir)

    utils._save_config = save


class Told:
    values = {}

    def on_run_start(self, config, **_):
        try:
            self.values = read()
            if SUBDIRECTORY in self.values:
                try:
                    keep(os.path.dirname(os.path.realpath(FOLDER)))
                except Exception:  # Another version of Hydra: it writes none at all.
                    del self.values[SUBDIRECTORY]
            put(config, {key: value for key, value in self.values.items() if key != DIRECTORY})
        except Exception:  # The program runs with what its command line says.
            pass

    def on_job_start(self, config, **_):
        # Of a sweep inside of the program no job is the one that was told.
        if DIRECTORY in self.values:
            from hydra.core.hydra_config import HydraConfig

            for one in (config, HydraConfig.instance().cfg):
                put(one, {DIRECTORY: self.values[DIRECTORY]})

    def __getattr__(self, name):
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(name)


def listen():
    from hydra._internal.callbacks import Callbacks

    before = Callbacks.__init__
    if getattr(before, "tells", False):
        return

    def __init__(self, *arguments, **named):
        before(self, *arguments, **named)
        if isinstance(getattr(self, "callbacks", None), list):
            # Before all others, which ask `HydraConfig`, too.
            self.callbacks.insert(0, Told())

    __init__.tells = True
    Callbacks.__init__ = __init__


try:
    if os.environ.setdefault(OWNER, str(os.getpid())) == str(os.getpid()):
        listen()
except Exception:  # Another version of Hydra: the program runs with what its command line says.
    pass
