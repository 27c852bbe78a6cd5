"""The real Hydra, in this process: a case in, its outcome out.

An outcome is {"ok": bool, ...}: with `config` (the tree without the `hydra` node, unresolved), `choices`, `resolved`
(the tree after resolving in place, or an error), `read` (the same tree read value by value) and `nodes`, `nodes_read`
(the same of single keys, among them the case's `package`); or with `error` (class and first line). Trees are in the encoding that `mainstem compose --format json` prints.

Hydra's own configs take most of its time and change nothing for most cases, so they are left out where a case does
not speak of `hydra`; `full=True` puts them in.
"""
import base64
import copy
import enum
import gc
import importlib
import json
import math
import os
import re
import sys
import warnings

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, QuotedString, RangeSweep
from hydra.core.plugins import Plugins
from hydra.core.utils import setup_globals
from hydra.types import RunMode
from omegaconf import Container, OmegaConf

EXPECTED = {"hydra-core": "1.4.0rc3", "omegaconf": "2.4.1rc1"}


def prepare():
    """Once in a process, before the first case."""
    from importlib.metadata import version

    for name, wanted in EXPECTED.items():
        if version(name) != wanted:
            raise SystemExit("the reference is %s %s, found %s" % (name, wanted, version(name)))
    warnings.simplefilter("ignore")
    setup_globals()
    Plugins.instance()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def encode(x):
    """A tree of Python values as the JSON encoding."""
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, int):
        return x if -(2 ** 63) <= x < 2 ** 63 else {"$int": str(x)}
    if isinstance(x, float):
        return x if math.isfinite(x) else {"$float": "nan" if x != x else "inf" if x > 0 else "-inf"}
    if isinstance(x, bytes):
        return {"$bytes": base64.b64encode(x).decode()}
    if isinstance(x, (list, tuple)):
        return [encode(v) for v in x]
    if isinstance(x, enum.Enum):
        return x.name
    if isinstance(x, dict):
        if any(not isinstance(k, str) for k in x) or (len(x) == 1 and next(iter(x)).startswith("$")):
            return {"$dict": [[encode(k), encode(v)] for k, v in x.items()]}
        return {k: encode(v) for k, v in x.items()}
    raise TypeError("cannot encode %r" % type(x))


def tree(node):
    return encode(OmegaConf.to_container(node, resolve=False) if isinstance(node, Container) else node)


def failure(error):
    cause = error.__cause__
    text = str(error) or (str(cause) if cause else "")
    return {"ok": False, "error": type(error).__name__ + (" < " + type(cause).__name__ if cause else "") + ": " + text.split("\n")[0]}


def attempt(work):
    try:
        return {"ok": True, "value": work()}
    except Exception as error:
        return failure(error)


def speaks_of_hydra(case):
    """Whether the case needs Hydra's own configs; a search path it finds without them."""
    return any(word in text for text in list(case["files"].values()) + case["overrides"]
               for word in ("hydra:job", "hydra:run", "hydra:over", "hydra:mode", "hydra/", "hydra.", "${hydra")
               if not (word == "hydra." and text.startswith("hydra.searchpath=")))


def load(case, root, full):
    path = ConfigSearchPathImpl()
    if full:
        path.append("hydra", "pkg://hydra.conf")
    for i, folder in enumerate(case["dirs"]):
        path.append("main" if i == 0 else "command-line", "file://" + os.path.join(root, folder))
    path.append("schema", "structured://")
    loader = ConfigLoaderImpl(path)
    mode = RunMode.MULTIRUN if case["multirun"] else RunMode.RUN
    if full:
        # As `--multirun` does, unless something says it already.
        says = ["hydra.mode=MULTIRUN"] if case["multirun"] else []
        config = loader.load_configuration(case["name"], case["overrides"] + says, mode, from_shell=True)
        choices = {k: v for k, v in OmegaConf.to_container(config.hydra.runtime.choices).items() if not k.startswith("hydra/")}
        HydraConfig.instance().set_config(config)
        OmegaConf.set_readonly(config.hydra, None)
        config = copy.copy(config)
        OmegaConf.set_struct(config, False)
        del config["hydra"]
        OmegaConf.set_struct(config, True)
        return config, choices
    loader.ensure_main_config_source_available()
    parsed, repository = loader._parse_overrides_and_create_caching_repo(case["name"], case["overrides"])
    loader.validate_sweep_overrides_legal(overrides=parsed, run_mode=mode, from_shell=True)
    defaults = create_defaults_list(repo=repository, config_name=case["name"], overrides_list=parsed, prepend_hydra=False,
                                    skip_missing=mode == RunMode.MULTIRUN)
    config = loader._compose_config_from_defaults_list(defaults=defaults.defaults, repo=repository)
    OmegaConf.set_struct(config, True)
    rest = [o for o in defaults.config_overrides if o.key_or_group != "hydra.searchpath"]
    ConfigLoaderImpl._apply_overrides_to_config(rest, config)
    OmegaConf.set_struct(config, False)
    config.pop("hydra", None)
    OmegaConf.set_struct(config, True)
    return config, dict(defaults.overrides.known_choices)


def compose(case, root, full=None):
    """Composes the case, whose files stand in `root`, the working directory."""
    HydraConfig.instance().cfg = None
    packages = os.path.join(root, "py")
    has_packages = any(f.startswith("py/") for f in case["files"])
    if has_packages:
        sys.path.insert(0, packages)
        importlib.invalidate_caches()
    try:
        config, choices = load(case, root, speaks_of_hydra(case) if full is None else full)
        out = {"ok": True, "config": tree(config), "choices": encode(choices)}
    except Exception as error:
        return failure(error)
    finally:
        if has_packages:
            sys.path.remove(packages)
            for name in [n for n in sys.modules if n.startswith("pk") and n[2:3].isdigit()]:
                del sys.modules[name]

    def resolved():
        whole = copy.deepcopy(config)
        OmegaConf.resolve(whole)
        return tree(whole)

    def read():
        return encode(OmegaConf.to_container(config, resolve=True))

    def node(key, in_place):
        # Resolving in place also writes to what the node refers to, so each look has a copy of its own.
        whole = copy.deepcopy(config) if in_place else config
        found = OmegaConf.select(whole, key, throw_on_missing=True, throw_on_resolution_failure=True)
        if found is None and not exists(whole, key):
            raise KeyError("no such key")
        if isinstance(found, Container):
            if not in_place:
                return encode(OmegaConf.to_container(found, resolve=True))
            found = copy.deepcopy(found)
            OmegaConf.set_readonly(found, False)
            OmegaConf.resolve(found)
        return tree(found)

    leaves = interpolated(out["config"])
    if leaves:
        out["resolved"] = attempt(resolved)
        out["read"] = attempt(read)
    keys = [key for key in leaves if all(PLAIN.match(part) for part in key)]
    keys = [".".join(key) for key in keys[:: max(1, len(keys) // 5)][:6]]
    keys += [case["package"]] if case["package"] else []
    out["nodes"] = {key: attempt(lambda: node(key, True)) for key in keys}
    out["nodes_read"] = {key: attempt(lambda: node(key, False)) for key in keys}
    return out


def exists(config, key):
    """Whether the key itself is there, whatever it refers to."""
    parent, last, found = config._select_impl(key, throw_on_missing=False, throw_on_resolution_failure=True)
    if found is not None or not isinstance(parent, Container):
        return found is not None
    return last in (parent.keys() if isinstance(parent, dict) or hasattr(parent, "keys") else map(str, range(len(parent))))


PLAIN = re.compile(r"[A-Za-z_][\w-]*$|\d+$")


def interpolated(config, path=()):
    """The paths of the leaves that interpolate, in order."""
    if isinstance(config, str):
        return [path] if "${" in config else []
    if isinstance(config, list):
        return [found for i, v in enumerate(config) for found in interpolated(v, path + (str(i),))]
    if isinstance(config, dict):
        return [found for k, v in config.items() for found in interpolated(v, path + (k,)) if not k.startswith("$")]
    return []


# ---- override strings alone


def element(x):
    """A parsed value in the encoding of `mainstem parse-overrides --format json`."""
    if isinstance(x, QuotedString):
        return {"quoted": x.text, "quote": "'" if x.quote.name == "single" else '"'}
    if isinstance(x, float) and not math.isfinite(x):
        return {"float": "nan" if x != x else "inf" if x > 0 else "-inf"}
    if isinstance(x, int) and not isinstance(x, bool) and not -(2 ** 63) <= x < 2 ** 63:
        return {"int": str(x)}
    if isinstance(x, list):
        return [element(v) for v in x]
    if isinstance(x, dict):
        return {"dict": [[element(k), element(v)] for k, v in x.items()]}
    if isinstance(x, ChoiceSweep):
        return {"choice": [element(v) for v in x.list], "simple": x.simple_form, "shuffle": x.shuffle, "tags": sorted(x.tags)}
    if isinstance(x, RangeSweep):
        return {"range": {"start": element(x.start), "stop": element(x.stop), "step": element(x.step)}, "shuffle": x.shuffle, "tags": sorted(x.tags)}
    if isinstance(x, IntervalSweep):
        return {"interval": {"start": element(x.start), "end": element(x.end)}, "tags": sorted(x.tags)}
    if isinstance(x, Glob):
        return {"glob": {"include": x.include, "exclude": x.exclude}}
    return x


def parse(line):
    """{"result": …} or {"error": …} of one override string; `random`: a shuffle, whose order is nobody's."""
    try:
        override = OverridesParser.create().parse_override(line)
        value = override._value
        if type(value).__name__ == "ListExtensionOverrideValue":
            value = value.values
        return {"result": {"type": override.type.name, "key_or_group": override.key_or_group, "package": override.package,
                           "value_type": override.value_type.name if override.value_type else None, "value": json.loads(json.dumps(element(value)))}}
    except Exception as error:
        return {"error": type(error).__name__ + ": " + str(error).split("\n")[0]}
