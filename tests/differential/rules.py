"""Where mainstem means to differ from Hydra: a closed list. A rule holds only if it can say what ours must be instead."""
import reference


def without_group(case, theirs, mine, root):
    """`group=null` on the command line empties the group, as `group: null` in a defaults list does; Hydra has no spelling for it."""
    if theirs["ok"] or not mine["ok"] or "must be a string or a list" not in theirs["error"]:
        return False
    emptied = [o.rsplit("=", 1)[0] + "=[]" if o.lower().endswith("=null") else o for o in case["overrides"]]
    if emptied == case["overrides"]:
        return False
    other = reference.compose({**case, "overrides": emptied}, root)
    return other["ok"] and other["config"] == mine["config"]


RULES = {
    "group=null": without_group,
}


def covering(case, theirs, mine, root):
    """The name of the rule by which this difference is meant, or None."""
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
