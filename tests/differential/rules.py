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


def first_pair(theirs, mine):
    """The first resolved node that differs, both sides; None if something else differs before."""
    if not (theirs["ok"] and mine["ok"] and theirs["config"] == mine["config"]):
        return None
    for key, a in theirs["nodes"].items():
        b = mine["nodes"][key]
        if a["ok"] != b["ok"] or (a["ok"] and a["value"] != b["value"]):
            return a, b
    return theirs.get("resolved"), mine.get("resolved")


def resolver_container(case, theirs, mine, root):
    """Resolving in place fails in Hydra where a resolver gives a list or a mapping; reading the same value does not."""
    pair = first_pair(theirs, mine)
    if not pair or not pair[0] or pair[0]["ok"] or not pair[0]["error"].startswith("KeyValidationError"):
        return False
    if not ("$KEY_TYPE" in pair[0]["error"] or "indices must be integers" in pair[0]["error"]) or not pair[1]["ok"]:
        return False
    whole = theirs.get("read")
    return bool(whole and (pair[0] is not theirs.get("resolved") or same(whole, pair[1])))


def read_once(case, theirs, mine, root):
    """Resolving in place reads the text that `\\${` made once more if a later key refers to it; we read it once."""
    pair = first_pair(theirs, mine)
    return bool(pair and pair[0] is theirs.get("resolved") and pair[0]["ok"] and same(theirs["read"], pair[1]))


def same(a, b):
    return a["ok"] and b["ok"] and a["value"] == b["value"]


RULES = {
    "resolver-container": resolver_container,
    "read-once": read_once,
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
