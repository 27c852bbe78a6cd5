"""Where mainstem means to differ from Hydra: a closed list. A rule holds only if it can say what ours must be instead."""
import os

import reference
from outcome import difference, same


def without_group(case, theirs, mine, root):
    """`group=null` on the command line empties the group, as `group: null` in a defaults list does; Hydra has no spelling for it."""
    if theirs["ok"] or not mine["ok"] or "must be a string or a list" not in theirs["error"]:
        return False
    emptied = [o.rsplit("=", 1)[0] + "=[]" if o.lower().endswith("=null") else o for o in case["overrides"]]
    if emptied == case["overrides"]:
        return False
    other = reference.compose({**case, "overrides": emptied}, root)
    return other["ok"] and other["config"] == mine["config"]


def resolved_pairs(theirs, mine):
    """(resolved in place, read, ours) of the whole tree and of the single keys; nothing if something else differs."""
    if not (theirs["ok"] and mine["ok"] and theirs["config"] == mine["config"] and theirs["choices"] == mine["choices"]):
        return []
    pairs = [(theirs["nodes"][key], theirs["nodes_read"][key], mine["nodes"][key]) for key in theirs["nodes"]]
    if "resolved" in theirs:
        pairs.append((theirs["resolved"], theirs["read"], mine["resolved"]))
    return [(placed, read, ours) for placed, read, ours in pairs if not agree(placed, ours)]


def agree(a, b):
    return a["ok"] == b["ok"] and (not a["ok"] or same(a["value"], b["value"]))


def resolver_container(placed, read, ours, text):
    """Resolving in place fails in Hydra where a resolver gives a list or a mapping; reading the same value does not."""
    return not placed["ok"] and placed["error"].startswith("KeyValidationError") and (
        "$KEY_TYPE" in placed["error"] or "indices must be integers" in placed["error"]) and agree(read, ours)


def read_once(placed, read, ours, text):
    """Resolving in place reads the text that `\\${` made once more if a later key refers to it; we read it once."""
    return "\\${" in text and agree(read, ours)


def header_behind_bom(case, theirs, mine, root):
    """Hydra does not see a `# @package` at the head of a file that begins with a byte order mark; we do."""
    marked = {path: text.lstrip("\ufeff") for path, text in case["files"].items() if text.startswith("\ufeff")}
    for path, text in marked.items():
        with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return bool(marked) and difference(reference.compose({**case, "files": {**case["files"], **marked}}, root), mine) is None


# Of a case as a whole: (case, theirs, mine, root) -> bool.
RULES = {
    "header-behind-bom": header_behind_bom,
    "group=null": without_group,
}
# Of one resolved value: (Hydra's in place, Hydra's read, ours, the config's text) -> bool.
RESOLVED = {
    "resolver-container": resolver_container,
    "read-once": read_once,
}


def covering(case, theirs, mine, root):
    """The name of the rule by which this difference is meant, or None."""
    pairs = resolved_pairs(theirs, mine)
    if pairs:
        text = str(theirs["config"]).replace("\\\\", "\\")
        names = [next((name for name, holds in RESOLVED.items() if holds(*pair, text)), None) for pair in pairs]
        return names[0] if all(names) else None
    for name, holds in RULES.items():
        if holds(case, theirs, mine, root):
            return name
    return None


def parse_rule(line, theirs, mine):
    """The same for one override string: a range may be held in other numbers, as its expansion is what counts."""
    a, b = theirs["result"].get("value"), mine.get("value")
    if isinstance(a, dict) and isinstance(b, dict) and "range" in a and "range" in b:
        number = lambda v: v is None or isinstance(v, (int, float, str))
        return all(number(v) for v in b["range"].values()) and a.get("tags") == b.get("tags") and a.get("shuffle") == b.get("shuffle")
    return False
