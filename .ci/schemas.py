#!/usr/bin/env python3
"""Exports what a program of the real Hydra registers, and composes by that file. With a Python that has Hydra:

  schemas.py [--binary target/release/mainstem] [--keep DIR]

`python -m mainstem.schema` writes the dataclasses (and attrs classes, where attrs is there) of a project. Then `mainstem
compose --schema` must print what the program prints, for each command line; what the program refuses must be refused. (Hydra lets
`+key=1` add to a struct at the root; a schema file does not.)
"""
import argparse
import os
import subprocess
import sys
import tempfile

import hydra
import omegaconf

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(os.path.dirname(HERE), "wheel", "python")
try:
    import attr  # noqa: F401

    ATTRS = True
except ImportError:
    ATTRS = False
# Before OmegaConf 2.4 a tuple is a list, of the first type.
HAS_TUPLES = hasattr(omegaconf, "TupleConfig")

FILES = {
    "conf/config.yaml": "defaults: [base_config, {db: mysql}, {opt: adam}, {model: net}, extra, _self_]\nlr: 0.5\nname: ${opt.kind}-run\n",
    "conf/model/tree.yaml": "defaults: [base_tree, _self_]\ndepth: 3\n",
    "conf/db/file.yaml": "host: here\n",
    "app/registered.py": """\
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, II


class Colour(Enum):
    RED = 1
    GREEN = "g"


@dataclass
class Db:
    \"\"\"Where data lies.\"\"\"
    host: str = "localhost"
    port: Optional[int] = None


@dataclass
class MySql(Db):
    port: Optional[int] = 3306
    user: str = MISSING
    tags: Dict[str, int] = field(default_factory=dict)


@dataclass
class Postgres(Db):
    schemas: List[str] = field(default_factory=lambda: ["public"])


@dataclass
class Opt:
    kind: str = "sgd"
    rates: List[float] = field(default_factory=lambda: [0.1, 0.01])
    betas: Tuple[float, float] = (0.9, 0.999)
    odd: Tuple[int, %s] = (1, %s)


@dataclass
class Layer:
    width: int = 8
    colour: Colour = Colour.RED


@dataclass
class Net:
    layers: List[Layer] = field(default_factory=lambda: [Layer(), Layer(width=4, colour=Colour.GREEN)])
    named: Dict[str, Layer] = field(default_factory=lambda: {"first": Layer(2)})
    deep: Dict[str, List[int]] = field(default_factory=lambda: {"a": [1, 2]})
    rest: Dict[Colour, float] = field(default_factory=lambda: {Colour.GREEN: 0.5})


@dataclass
class Tree:
    depth: int = MISSING
    parent: Optional["Tree"] = None


@dataclass
class Open(Dict[str, int]):
    known: int = 1


@dataclass
class Config:
    defaults: List[Any] = field(default_factory=lambda: ["_self_"])
    lr: float = 0.1
    name: str = MISSING
    note: Optional[str] = None
    colour: Colour = Colour.GREEN
    anything: Any = 3
    either: Union[int, str] = "x"
    root: str = II("oc.env:HOME,none")
    far: float = float("inf")
    whole: bool = True
    db: Db = field(default_factory=Db)
    opt: Opt = field(default_factory=lambda: Opt(kind="of config"))
    layer: Layer = field(default_factory=lambda: Layer(width=5))
    absent: Optional[Layer] = None
    must: Layer = MISSING
    model: Any = None
    more: Any = None
    attrs: Any = None
    open: Open = field(default_factory=Open)
    listed: List[Any] = field(default_factory=lambda: [1, "a", None, {"k": [2]}])


@dataclass
class Main:
    defaults: List[Any] = field(default_factory=lambda: [{"db": "postgres"}, "_self_", {"opt": "plain"}])
    lr: float = 0.25
    db: Any = MISSING
    opt: Any = None


def register():
    store = ConfigStore.instance()
    store.store(name="base_config", node=Config)
    store.store(group="db", name="mysql", node=MySql)
    store.store(group="db", name="postgres", node=Postgres(port=5433))
    store.store(group="opt", name="adam", node=Opt(kind="adam", rates=[0.5]))
    store.store(group="opt", name="plain", node={"kind": "plain", "rates": [1, 2]})
    store.store(group="model", name="net", node=Net)
    store.store(group="model", name="base_tree", node=Tree)
    store.store(group="elsewhere", name="one", node=Layer(width=9), package="layer")
    store.store(name="extra", node={"more": {"deep": {"x": "${lr}", "a": None, 3: "three"}}})
    store.store(name="main", node=Main)
""" % (("str", '"a"') if HAS_TUPLES else ("int", "2")),
    "app/attrs_registered.py": """\
from typing import List, Optional
import attr
from hydra.core.config_store import ConfigStore


@attr.s(auto_attribs=True)
class Base:
    a: int = 1


@attr.s(auto_attribs=True)
class Special(Base):
    b: Optional[str] = None
    c: List[int] = [1]


ConfigStore.instance().store(group="attrs", name="special", node=Special)
""",
    "app/train.py": """\
import hydra
from omegaconf import OmegaConf
import registered
%s
registered.register()
print("this is no part of the file")


@hydra.main(version_base=None, config_path="../conf", config_name="config")
def main(cfg):
    print(OmegaConf.to_yaml(cfg), end="")


main()
""" % ("import attrs_registered" if ATTRS else ""),
}

COMPOSED = [
    [],
    ["lr=1", "note=hello", "colour=RED", "either=5", "anything=[1,{a: 2}]"],
    ["db=postgres", "db.schemas=[a,b]", "opt=adam", "opt.rates=[1]"],
    ["db=file"],
    ["model=tree"],
    ["model.layers=[{width: 3},{colour: GREEN}]", "+model.deep.b=[3]"],
    ["+elsewhere=one", "db.user=me", "must={width: 2}"],
    ["opt=plain"],
    ["+open.b=3", "+db.tags.x=1", "far=1e3", "whole=no", "opt.betas=[1,2]", "opt.odd=[2,%s]" % ("b" if HAS_TUPLES else "3")],
    ["db.port=null", "note=null"],
    ["-cn", "main"],
    ["-cn", "main", "db=mysql", "lr=2"],
] + ([["+attrs=special", "attrs.b=x", "attrs.c=[1,2]"]] if ATTRS else [])
# Where OmegaConf 2.3 stumbles.
COMPOSED += [["model=tree", "model.parent={depth: 2}"], ["absent={colour: GREEN}"]] if HAS_TUPLES else []
REFUSED = [
    ["lr=fast"],
    ["colour=BLUE"],
    ["seed=1"],
    ["db.port=many"],
    ["model.layers=[{width: wide}]"],
    ["model.layers=[{depth: 1}]"],
    ["+db.tags.x=much"],
    ["layer=null"],
    ["-cn", "main", "lr=x"],
] + ([["+attrs=special", "attrs.a=x"]] if ATTRS else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--keep")
    options = parser.parse_args()
    binary, wrong = os.path.realpath(options.binary), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.realpath(options.keep or scratch)
        for name, text in FILES.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [MODULES, os.environ.get("PYTHONPATH")])), "PYTHONWARNINGS": "ignore"}

        def run(*words):
            return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)

        written = run(sys.executable, "-m", "mainstem.schema", "app/train.py", "-o", "schema.json")
        if written.returncode != 0:
            sys.exit(written.stdout + written.stderr)
        for line in COMPOSED + REFUSED:
            theirs = run(sys.executable, "app/train.py", *line, "hydra.run.dir=.", "hydra.output_subdir=null")
            named = [] if "-cn" in line else ["-cn", "config"]
            ours = run(binary, "compose", "--schema", "schema.json", "-cd", "conf", *named, *line)
            shown = theirs.stdout.partition("no part of the file\n")[2]
            if line in COMPOSED:
                is_so = theirs.returncode == ours.returncode == 0 and shown == ours.stdout
            else:
                is_so = theirs.returncode != 0 and ours.returncode != 0
            if not is_so:
                wrong.append("%s\nHydra:\n%s%s\nours:\n%s%s" % (line, shown, theirs.stderr[-2000:], ours.stdout, ours.stderr))
    print("\n".join(wrong))
    print("schemas of Hydra %s%s: %d lines, %d wrong" % (hydra.__version__, " with attrs" if ATTRS else "", len(COMPOSED + REFUSED), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
