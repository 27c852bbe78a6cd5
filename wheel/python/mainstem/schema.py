"""Writes down what Python code registers in Hydra's ConfigStore, for `mainstem … --schema FILE`.

    python -m mainstem.schema my.module > schema.json      # or app.py
    python -m mainstem.schema my.module:register           # calls that function, too
    mainstem compose --schema schema.json -cd conf -cn config

The modules are imported, by a Python that has Hydra; functions behind `@hydra.main` do not run.
"""

import argparse
import base64
import contextlib
import enum
import importlib
import importlib.util
import json
import math
import os
import pathlib
import sys
import typing

__all__ = ["Error", "schema_file"]

_WORDS = {bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes", typing.Any: "any"}
# What would be read as a type of the format.
_TAKEN = set(
    "any bool int i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 float str bytes path duration instant datetime date time".split()
)


try:
    from omegaconf import TupleConfig as _  # noqa: F401

    _HAS_TUPLES = True
except ImportError:
    _HAS_TUPLES = False


class Error(Exception):
    """What cannot be written down, or imported."""


def schema_file(store=None, root=None):
    """All configs of a ConfigStore that are no part of Hydra, and their types, as the content of a schema file."""
    from hydra.core.config_store import ConfigStore

    types, configs = _Types(), {}
    for path, registered in _nodes((store or ConfigStore.instance()).repo, ""):
        try:
            config = types.config(registered.node)
        except Exception as error:
            raise Error("the config `%s` cannot be written down: %s" % (path, error)) from error
        if registered.package is not None:
            config["package"] = registered.package
        configs[path] = config
    file = {"mainstem_schema": 1, "types": types.types, "configs": configs}
    if root is not None:
        file["root"] = types.name(root)
    return file


def _nodes(repo, group):
    for key, found in repo.items():
        if isinstance(found, dict):
            yield from _nodes(found, group + key + "/")
        elif found.provider != "hydra" and not _is_plugins(found.node):
            yield group + key[: -len(".yaml")] if key.endswith(".yaml") else group + key, found


def _is_plugins(node):
    module = getattr(_class_of(node), "__module__", "")
    return module.split(".")[0] in ("hydra", "hydra_plugins")


def _class_of(node):
    """The class that a node is of; None of a plain mapping."""
    from omegaconf import OmegaConf

    kind = OmegaConf.get_type(node)
    return kind if _is_structured(kind) else None


def _is_structured(kind):
    return isinstance(kind, type) and (hasattr(kind, "__dataclass_fields__") or hasattr(kind, "__attrs_attrs__"))


class _Types:
    def __init__(self):
        self.types, self.names = {}, {}

    def config(self, node):
        """A registered config: its type, what differs from the defaults of that type, and its defaults list."""
        kind = _class_of(node)
        value = _value(node)
        config = {"type": self.name(kind)} if kind else {}
        if isinstance(value, dict):
            listed = value.pop("defaults", None)
            if isinstance(listed, list):
                config["defaults"] = listed
        own = self.defaults(kind) if kind else None
        if value != own:
            config["value"] = _json({key: item for key, item in value.items() if own is None or item != own.get(key)})
        if "defaults" in config:
            config["defaults"] = _json(config["defaults"])
        return config

    def defaults(self, kind):
        from omegaconf import OmegaConf

        value = _value(OmegaConf.structured(kind))
        value.pop("defaults", None)
        return value

    def name(self, kind):
        """The name of a class in the file, which defines it if need be."""
        if kind in self.names:
            return self.names[kind]
        name, taken = kind.__name__, set(self.names.values()) | _TAKEN
        if name in taken:
            name = "%s.%s" % (kind.__module__, kind.__qualname__)
        while name in taken:
            name += "_"
        # It has its name before its fields, which may name it.
        self.names[kind] = name
        self.types[name] = None
        self.types[name] = {"struct": self.struct(kind)}
        return name

    def struct(self, kind):
        from omegaconf import OmegaConf

        node, fields = OmegaConf.structured(kind), {}
        for key in node:
            if key == "defaults":
                continue
            fields[str(key)] = self.field(node._get_node(key))
        struct = {"bases": [self.name(base) for base in kind.__mro__[1:] if _is_structured(base)], "fields": fields}
        if issubclass(kind, dict):
            struct["rest"] = self.hint(node._metadata.element_type)
        return struct

    def field(self, node):
        from omegaconf import OmegaConf

        value, hint, kind = _value(node), node._metadata.ref_type, _class_of(node)
        if kind and _is_structured(hint) and kind is not hint:
            # The value is of a special case of what is declared.
            hint = kind
        described = self.hint(hint)
        if node._metadata.optional and described != "any":
            described = {"optional": described}
        # Of a struct the fields have defaults of their own.
        if _is_structured(hint) and isinstance(value, dict) and value == _value(OmegaConf.structured(hint)):
            return {"type": described}
        return {"type": described, "default": _json(value)}

    def hint(self, hint):
        """The type that an annotation means."""
        if hint in _WORDS:
            return _WORDS[hint]
        if _is_structured(hint):
            return self.name(hint)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return {"one_of": list(hint.__members__)}
        if isinstance(hint, type) and issubclass(hint, pathlib.PurePath):
            return "path"
        origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
        if origin in (list, typing.List):
            return {"list": self.hint(inner[0]) if inner else "any"}
        if origin in (tuple, typing.Tuple):
            kinds = [self.hint(one) for one in inner if one is not Ellipsis]
            if _HAS_TUPLES and Ellipsis not in inner and kinds:
                return {"tuple": kinds}
            # Before OmegaConf 2.4 it is a list, of the first type.
            return {"list": kinds[0] if kinds else "any"}
        if origin in (dict, typing.Dict):
            key, value = (self.hint(inner[0]), self.hint(inner[1])) if len(inner) == 2 else ("any", "any")
            return {"dict": {"key": key, "value": value}}
        if origin is getattr(typing, "Literal", None) and all(isinstance(one, str) for one in inner):
            return {"one_of": list(inner)}
        others = [one for one in inner if one is not type(None)]
        if len(inner) == len(others) + 1 and len(others) == 1:
            return {"optional": self.hint(others[0])}
        # Several types, or what only Python knows: the program looks at it itself.
        return "any"


def _value(node):
    """What a node holds, as it is written."""
    from omegaconf import Container, DictConfig

    if node is None or node._is_none():
        return None
    if node._is_missing():
        return "???"
    if node._is_interpolation():
        return node._value()
    if isinstance(node, DictConfig):
        return {key: _value(node._get_node(key)) for key in node}
    if isinstance(node, Container):
        return [_value(node._get_node(at)) for at in range(len(node))]
    inner = node._value()
    # The value of a union is a node of its own.
    return _value(inner) if hasattr(inner, "_metadata") else inner


def _json(value):
    """A value in the words of JSON."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return {"$int": str(value)}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _json(item) for key, item in value.items()}
        return {"$dict": [[_json(key), _json(item)] for key, item in value.items()]}
    return value


def _import(name):
    """A module by its name, or by the path of its file."""
    if not name.endswith(".py"):
        return importlib.import_module(name)
    stem = os.path.splitext(os.path.basename(name))[0]
    sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
    spec = importlib.util.spec_from_file_location(stem, name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return module


def _load(words):
    """Imports the modules; returns the class that one of them names, if one does."""
    import hydra

    root = None
    # A module that calls its program as it is imported must not run it.
    hydra.main = lambda *_, **__: lambda _function: lambda *_, **__: None
    # Standard output is for the file.
    with contextlib.redirect_stdout(sys.stderr):
        for word in words:
            name, _, member = word.partition(":")
            try:
                found = _import(name)
                for part in filter(None, member.split(".")):
                    found = getattr(found, part)
                if member and not _is_structured(found):
                    found()
            except (Exception, SystemExit) as error:
                raise Error("`%s` cannot be imported: %s: %s" % (word, type(error).__name__, error)) from error
            root = found if _is_structured(found) else root
    return root


def main():
    parser = argparse.ArgumentParser(prog="python -m mainstem.schema", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="+", metavar="MODULE[:NAME]", help="what registers configs when it is imported; a function to call, or the class of the whole config")
    parser.add_argument("-o", "--output", metavar="FILE", help="in place of standard output")
    options = parser.parse_args()
    try:
        root = _load(options.module)
        file = schema_file(root=root)
        if not file["configs"] and root is None:
            raise Error("%s registers no config: name the function that does, MODULE:FUNCTION" % " ".join(options.module))
    except ImportError as error:
        sys.exit("error: %s\n  help: run it by the Python that runs the program" % error)
    except Error as error:
        sys.exit("error: %s" % error)
    text = json.dumps(file, indent=1, allow_nan=False) + "\n"
    if options.output is None:
        sys.stdout.write(text)
        return
    with open(options.output, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main()
