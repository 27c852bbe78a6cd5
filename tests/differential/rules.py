"""Where mainstem means to differ from Hydra: a closed list. A rule holds only if it can say what ours must be instead."""
import json
import os
import re

import reference
from outcome import difference, same


def without_group(case, theirs, mine, root):
    """`group=null` on the command line empties the group, as `group: null` in a defaults list does, also
    beside `~group`; Hydra has no spelling for it."""
    if theirs["ok"] or not mine["ok"] or "must be a string or a list" not in theirs["error"]:
        return False
    deleted = [o for o in case["overrides"] if o.startswith("~")]
    kept = [o for o in case["overrides"] if not (o.lower().endswith("=null") and "~" + o.rsplit("=", 1)[0] in deleted)]
    emptied = [o.rsplit("=", 1)[0] + "=[]" if o.lower().endswith("=null") else o for o in kept]
    if emptied == case["overrides"]:
        return False
    other = reference.compose({**case, "overrides": emptied}, root)
    return other["ok"] and other["config"] == mine["config"]


def resolved_pairs(theirs, mine):
    """(resolved in place, read, ours) of the whole tree and of the single keys; nothing if something else differs."""
    if not (theirs["ok"] and mine["ok"] and theirs["config"] == mine["config"] and theirs["choices"] == mine["choices"]):
        return []
    pairs = [(theirs["nodes"][key], theirs["nodes_read"][key], mine["nodes"][key]) for key in theirs["nodes"] if key in mine["nodes"]]
    if "resolved" in theirs:
        pairs.append((theirs["resolved"], theirs["read"], mine["resolved"]))
    return [(placed, read, ours) for placed, read, ours in pairs if not agree(placed, ours)]


def agree(a, b):
    return a["ok"] == b["ok"] and (not a["ok"] or same(a["value"], b["value"]))


def resolver_container(placed, read, ours, text):
    """Resolving in place fails in Hydra where a resolver gives a list or a mapping; reading the same value does not."""
    return not placed["ok"] and "KeyValidationError" in placed["error"] and (
        "$KEY_TYPE" in placed["error"] or "indices must be integers" in placed["error"]) and agree(read, ours)


def read_once(placed, read, ours, text):
    """Resolving in place reads the text that `\\${` or `$${` made once more if a later key refers to it; we read it once."""
    return ("\\${" in text or "$${" in text) and agree(read, ours)


def held(placed, read, ours, text):
    """What refers to a value that holds it is a cycle, which Hydra writes into a text as it stands, not resolved."""
    return not ours["ok"] and "error[cycle]" in ours["error"] and "which holds it" in ours["error"] and read["ok"] and "${" in str(read["value"])


def mapping_in_text(placed, read, ours, text):
    """A mapping in a text shows its interpolations as they are written; resolving in place shows what those before it became."""
    return placed["ok"] and read["ok"] and agree(read, ours) and "{" in str(read["value"]) and "${" in str(read["value"])


def header_behind_bom(case, theirs, mine, root):
    """Hydra does not see a `# @package` at the head of a file that begins with a byte order mark; we do."""
    marked = {path: text.lstrip("\ufeff") for path, text in case["files"].items() if text.startswith("\ufeff")}
    for path, text in marked.items():
        with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    other = {**case, "files": {**case["files"], **marked}}
    return bool(marked) and agreed(other, reference.compose(other, root), mine, root)


def with_files(case, changed, root):
    """What Hydra makes of the case with other texts in some files."""
    for path, text in changed.items():
        with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return reference.compose({**case, "files": {**case["files"], **changed}}, root)


def included_twice(case, theirs, mine, root):
    """Hydra has one tree for a config that is included twice: what is merged into it at one place shows at the other."""
    changed = {}

    def one_more(found):
        copy = "%s_%d" % (found[1], len(changed))
        original = next((path for path in case["files"] if path.endswith(found[1] + ".yaml")), None)
        if original is None:
            return found[0]
        changed[original[:-len(".yaml")] + "_%d.yaml" % len(changed)] = case["files"][original]
        return copy + "@"

    texts = {path: re.sub(r"(shared/twice)@", one_more, text) for path, text in case["files"].items()}
    if len(changed) < 2 or not (theirs["ok"] and mine["ok"]):
        return False
    other = with_files(case, {**texts, **changed}, root)
    return other["ok"] and other["config"] == mine["config"]


def over_listing(case, theirs, mine, root):
    """A scalar over `${oc.dict.values:…}` takes its place, as it does over a list; Hydra fails."""
    if theirs["ok"] or not mine["ok"] or "ValidationError raised while composing" not in theirs["error"]:
        return False
    listing = re.compile(r"(['\"]?)\$\{oc\.dict\.(?:keys|values):[^{}]*\}\1")
    other = with_files(case, {path: listing.sub("[]", text) for path, text in case["files"].items()}, root)
    return other["ok"] and other["config"] == mine["config"]


def over_escaped(case, theirs, mine, root):
    """Below a text with an escaped `${` something can be added, as below any text; Hydra reads what the escapes made once more and fails."""
    if theirs["ok"] or not mine["ok"] or "InterpolationResolutionError: Error merging override" not in theirs["error"]:
        return False
    escaped = re.compile(r"\\+\$\{[^{}]*\}")
    other = with_files(case, {path: escaped.sub("x", text) for path, text in case["files"].items()}, root)
    return other["ok"] and other["config"] == mine["config"]


def blank_keys(tree):
    """The keys of a tree that hold a blank."""
    if isinstance(tree, list):
        return set().union(*map(blank_keys, tree))
    if not isinstance(tree, dict):
        return set()
    return {key for key in tree if " " in key}.union(*map(blank_keys, tree.values()))


def listing_blank_key(case, theirs, mine, root):
    """`${oc.dict.values:…}` gives the values also below keys with a blank, which Hydra cannot read in its own interpolations."""
    blank = theirs["ok"] and blank_keys(theirs["config"])
    if not (blank and mine["ok"] and "oc.dict.values" in json.dumps(case) and "GrammarParseError" in json.dumps(theirs)):
        return False

    def renamed(outcome):
        text = json.dumps(outcome)
        for key in blank:
            text = text.replace(key, key.replace(" ", "_"))
        return json.loads(text)

    other, ours = renamed(case), renamed(mine)
    expected = with_files(other, other["files"], root)
    return agreed(other, expected, ours, root)


# Of a case as a whole: (case, theirs, mine, root) -> bool.
RULES = {
    "header-behind-bom": header_behind_bom,
    "group=null": without_group,
    "included-twice": included_twice,
    "over-escaped": over_escaped,
    "over-listing": over_listing,
}
# Of one resolved value: (Hydra's in place, Hydra's read, ours, the config's text) -> bool.
RESOLVED = {
    "resolver-container": resolver_container,
    "read-once": read_once,
    "held": held,
    "mapping-in-text": mapping_in_text,
}


def agreed(case, theirs, mine, root):
    """Whether ours is what Hydra makes of a case that was changed for a rule, but for what another rule covers."""
    return difference(theirs, mine) is None or covering(case, theirs, mine, root) is not None


def covering(case, theirs, mine, root):
    """The name of the rule by which this difference is meant, or None."""
    pairs = resolved_pairs(theirs, mine)
    if pairs:
        text = str(theirs["config"]).replace("\\\\", "\\")
        names = [next((name for name, holds in RESOLVED.items() if holds(*pair, text)), None) for pair in pairs]
        if all(names):
            return names[0]
        return "listing-blank-key" if listing_blank_key(case, theirs, mine, root) else None
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
