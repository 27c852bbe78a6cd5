"""Comparing two outcomes of one case."""
import json
import math
import re


def same(a, b, order=True):
    """1, 1.0 and true are three values; -0.0 is not 0.0; the order of keys counts."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        if (list(a) != list(b)) if order else (a.keys() != b.keys()):
            return False
        return all(same(a[k], b[k], order) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y, order) for x, y in zip(a, b))
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return a == b


def bare(text):
    """An error with its names taken out, to group by."""
    line = next((l for l in text.splitlines() if l.strip()), "")
    line = re.sub(r"'[^']*'|`[^`]*`|\"[^\"]*\"", "_", line)
    return re.sub(r"[\w./-]*[\d/][\w./-]*", "#", line)[:110]


def difference(theirs, mine):
    """None, or what differs: (kind to group by, their side, our side)."""
    if mine.get("crash"):
        return "crash: " + mine["crash"], theirs.get("error", "composes"), mine["error"]
    if theirs["ok"] != mine["ok"]:
        if theirs["ok"]:
            return "we fail: " + bare(mine["error"]), theirs["config"], mine["error"]
        return "we compose: " + bare(theirs["error"]), theirs["error"], mine["config"]
    if not theirs["ok"]:
        return None
    if not same(theirs["config"], mine["config"]):
        kind = "tree" if not same(theirs["config"], mine["config"], False) else "order of keys"
        return kind, theirs["config"], mine["config"]
    if not same(theirs["choices"], mine["choices"], False):
        return "choices", theirs["choices"], mine["choices"]
    pairs = [("node " + key, theirs["nodes"][key], mine["nodes"][key]) for key in theirs["nodes"] if key in mine.get("nodes", {})]
    if "resolved" in theirs and "resolved" in mine:
        pairs.append(("resolved", theirs["resolved"], mine["resolved"]))
    for name, a, b in pairs:
        part = name.split()[0]
        where = lambda what: what if part == "resolved" else "%s: %s" % (name, what if isinstance(what, str) else json.dumps(what, ensure_ascii=False))
        if b.get("crash"):
            return part + ": crash", where(a), b["error"]
        if a["ok"] != b["ok"]:
            if a["ok"]:
                return "%s, we fail: %s" % (part, bare(b["error"])), where(a["value"]), b["error"]
            return "%s, we succeed: %s" % (part, bare(a["error"])), where(a["error"]), b["value"]
        if a["ok"] and not same(a["value"], b["value"]):
            return part + " value", where(a["value"]), b["value"]
    return None
