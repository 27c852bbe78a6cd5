#!/usr/bin/env python3
"""Runs the conformance suite's typed configs: each case's registered configs become a schema file for `--schema`.

  structured.py [--suite ../shared/conformance] [--binary target/release/mainstem] [--keep DIR]

Failures are held against tests/deviations.toml as conformance.py does it; at most ten may be listed.
`--keep` writes the schema files there, to be looked at.
"""
import argparse
import importlib
import json
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from conformance import HERE, listed, outcome, quoted

MOST = 10
# The suite's runner calls `CMD compose …`: the schema is handed on before its own arguments.
WITH_SCHEMA = ["sh", "-c", 'program=$1 schema=$2 command=$3; shift 3; exec "$program" "$command" --schema "$schema" "$@"', "sh"]
WORDS = {"Any": "any", "bool": "bool", "int": "int", "float": "float", "str": "str", "bytes": "bytes", "Path": "path"}


class Types:
    """The classes of a case as named types."""

    def __init__(self, store):
        self.types = {}
        self.store = store
        bases = set()
        for schema in self.classes(store):
            bases.update(schema["bases"])
            self.define(schema)
        # Of a class that only others extend the record has the name.
        for base in bases - set(self.types):
            self.types[base] = {"struct": {"fields": {}}}

    @classmethod
    def classes(cls, store):
        open_ = [node["schema"] for node in store]
        while open_:
            schema = open_.pop()
            if "class" in schema:
                yield schema
                open_.extend(field["schema"] for field in schema["fields"] if "schema" in field)

    def define(self, schema):
        fields = {}
        for field in schema["fields"]:
            if field["name"] == "defaults":
                continue
            described = {"type": self.type(field["type"], field)}
            # Of a struct the fields have defaults of their own.
            if "schema" not in field:
                described["default"] = field["default"]
            fields[field["name"]] = described
        self.types[schema["class"]] = {"struct": {"bases": schema["bases"], "fields": fields}}

    def type(self, text, field=None):
        text = text.strip()
        if text in WORDS:
            return WORDS[text]
        generic = re.fullmatch(r"(\w+)\[(.*)\]", text)
        if generic:
            name, inner = generic[1], self.parts(generic[2])
            if name == "Optional":
                return {"optional": self.type(inner[0])}
            if name == "List":
                return {"list": self.type(inner[0])}
            if name == "Dict":
                return {"dict": {"key": self.type(inner[0]), "value": self.type(inner[1])}}
        if field and "enum" in field:
            return {"one_of": list(field["enum"])}
        known = any(schema["class"] == text or text in schema["bases"] for schema in self.classes(self.store))
        return text if known else "any"

    @staticmethod
    def parts(text):
        parts, depth = [""], 0
        for c in text:
            depth += (c == "[") - (c == "]")
            if c == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += c
        return parts


def schema_file(store):
    """-> the schema file that registers what the case's program registered."""
    types, configs = Types(store), {}
    for node in store:
        schema, config = node["schema"], {}
        if "class" in schema:
            config["type"] = schema["class"]
            for field in schema["fields"]:
                if field["name"] == "defaults":
                    config["defaults"] = field["default"]
        else:
            config["value"] = schema["value"]
        if node["package"] is not None:
            config["package"] = node["package"]
        configs[node["path"].removesuffix(".yaml")] = config
    return {"mainstem_schema": 1, "types": types.types, "configs": configs}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default=os.path.join(HERE, "../../shared/conformance"))
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--deviations", default=os.path.join(HERE, "../tests/deviations.toml"))
    parser.add_argument("--keep")
    options = parser.parse_args()
    sys.dont_write_bytecode = True  # the suite is not ours to write to
    suite = os.path.realpath(options.suite)
    sys.path.insert(0, suite)
    compare = importlib.import_module("compare")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)

        def one(case):
            path = os.path.realpath(os.path.join(folder, case["id"] + ".json"))
            with open(path, "w") as file:
                json.dump(schema_file(case["store"]), file, indent=1)
            run = SimpleNamespace(timeout=20, messages=False, order=False, choices=False)
            passed, _, got = compare.run_compose(WITH_SCHEMA + [os.path.realpath(options.binary), path], case, run)
            return bool(passed), outcome(got).replace(path, "<SCHEMA>")

        cases = compare.load(os.path.join(suite, "cases"), "structured.jsonl")
        with ThreadPoolExecutor(2) as pool:
            results = {case["id"]: result for case, result in zip(cases, pool.map(one, cases))}

    _, entries = listed(options.deviations)
    entries = {name: entry for name, entry in entries.items() if name.startswith("structured-")}
    wrong = ["%s is listed, but the suite has no such case" % name for name in entries if name not in results]
    for name, (passed, got) in results.items():
        if passed and name in entries:
            wrong.append("%s is listed, but passes" % name)
        elif not passed and name not in entries:
            wrong.append("%s fails and is not listed: %s" % (name, quoted(got)))
        elif not passed and entries[name]["outcome"] != got:
            wrong.append("%s deviates otherwise:\n    listed %s\n    got    %s" % (name, entries[name]["outcome"], quoted(got)))
    if len(entries) > MOST:
        wrong.append("%d deviations, at most %d" % (len(entries), MOST))
    print("\n".join(wrong))
    print("structured: %d/%d, %d deviations listed, %d wrong" % (sum(r[0] for r in results.values()), len(results), len(entries), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
