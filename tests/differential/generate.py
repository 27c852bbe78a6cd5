"""Random config folders and command lines, by a seed.

A case is a dict: `files` {path: text}, `dirs` (first the main one), `name`, `overrides`, `multirun`, `package`
(a key to look at, or None), `lines` (override strings for the parser alone), `tags` (which features it holds).
The same (seed, number) always gives the same case.
"""
import random

# Every feature, and how it is forced into a case. Each must stand in at least 5 % of a run's cases.
FEATURES = """
several-dirs shadowed-file searchpath-config searchpath-override package-folder built-in-group nested-primary
anchors merge-keys typed-keys block-scalars flow-style yaml11-scalars big-int quoted-scalars tagged-scalars
bytes-and-line-ends comments
self-first self-middle self-last self-absent optional override-item null-choice missing-choice option-list nested
absolute-group config-item package-rename package-here package-group package-global header header-global
interpolated-default included-twice group-delete
missing-over-value merge-into-interpolation list-against-dict scalar-against-dict null-against-dict list-replace
deep-merge
change add force-add delete delete-equal group-change group-add group-list package-in-key quoted-value escaped-value
list-value dict-value cast function bracket-key list-index extend-list json-str sweep interpolation-value
missing-value value-kinds
absolute relative nested-interpolation escaped-interpolation in-string item-of-list oc.env oc.select oc.decode
oc.create oc.dict.keys oc.dict.values oc.deprecated hydra-resolver now
""".split()

GROUPS = ["db", "model", "opt", "data", "srv"]
SUBGROUPS = {"db": "engine", "model": "head", "data": "aug", "opt": "sched", "srv": "log"}
OPTIONS = ["a", "b", "c", "big", "v1.2", "x-y", "m_1", "A"]
KEYS = ["lr", "width", "name", "host", "port", "items", "child", "flag", "path", "k0", "my-key", "size"]
ENVIRONMENT = {"DIFF_TEXT": "some text", "DIFF_NUMBER": "12", "DIFF_LIST": "[1,two,3.0]", "DIFF_PLACE": "lr", "DIFF_EMPTY": ""}

SCALARS = ["0", "1", "42", "-7", "3.14", "-0.5", "1e-3", "true", "false", "null", "x", "adam", "some words", "a/b", "a.b",
           "2020-01-01", "v1", "a:b", "C:\\dir", "50%", "~", "''", "10.0"]
OLD_SCALARS = ["yes", "No", "on", "OFF", "y", "n", "0x1F", "017", "0o17", "08", "0b11", "1_000", "1__0", "12:30:45", "1:30",
               "190:20:30.15", "1e3", "1E3", "1.e3", ".5", "1.", "1_0.5", "1e", "1e400", ".inf", "-.INF", ".nan", ".NaN", "inf",
               "nan", "None", "Null", "NULL", "tRue", "TRUE", "+1", "+.5", "-0.0", "-0", "0.1e+2", "1e+5", "_1", "1_", "0x_1",
               "0.", "+12e03", "1.5E-7", "123456.789e3", "-.5", "..5", "1.2.3", "=x", "<x", "2001-12-14t21:59:43.10-05:00"]
BIG = ["123456789012345678901234567890", "-9223372036854775809", "9223372036854775807", "9223372036854775808",
       "0xFFFFFFFFFFFFFFFFFF", "18446744073709551616"]
QUOTED = ["'1'", "'true'", "'???x'", "'it''s'", '"a\\tb"', '"\\u00e9\\n"', '"x\\"y"', "'a: b'", "' spaced '", '"1.0"', "''",
          "'null'", "'#no'", "\"it's\"", '"\\x41\\\\"', "'[1]'"]
TAGGED = ["!!str 3", "!!int '3'", "!!float 3", "!!str true", "!!bool 'yes'", "!!null ''", "!!binary aGk=", "!!str", "!!float '1e3'"]
BLOCKS = [("|", ["two", "lines"]), ("|-", ["one", "  deeper", "back"]), (">", ["folded", "text", "", "more"]), (">-", ["a", "b"]),
          ("|+", ["keep", ""]), (">+", ["x", "", ""]), ("|2-", [" led"])]


def quote(text):
    return "'" + text.replace("'", "''") + "'"


class File:
    """One config file while it is being written."""

    def __init__(self, path, group):
        self.path, self.group = path, group
        self.head, self.defaults, self.blocks, self.keys = [], [], [], []
        self.this = None  # where `_self_` stands: an index into defaults, "end", or None
        self.bom = self.crlf = False

    def text(self):
        items = list(self.defaults)
        if self.this is not None:
            items.insert(len(items) if self.this == "end" else min(self.this, len(items)), "_self_")
        out = list(self.head)
        if items:
            out.append("defaults:")
            for item in items:
                out.append("  - " + item)
        for block in self.blocks:
            out += block
        end = "\r\n" if self.crlf else "\n"
        return ("\ufeff" if self.bom else "") + "".join(line + end for line in out)


class Generator:
    def __init__(self, seed, number):
        self.r = random.Random("%d/%d" % (seed, number))
        self.number = number
        self.files, self.tags = {}, set()
        self.dirs = ["conf"]
        self.overrides, self.choices = [], {}   # choices: key in the defaults list -> (group, option)
        self.values = []                        # (path, kind) of what is likely in the tree
        self.kinds = {}
        self.anchor = 0
        self.multirun = False
        self.has_hydra = False

    # ---- small things

    def chance(self, p):
        return self.r.random() < p

    def pick(self, items):
        return self.r.choice(items)

    def tag(self, *names):
        self.tags.update(names)

    def file(self, path, group, folder="conf"):
        full = "%s/%s.yaml" % (folder, path)
        if full not in self.files:
            self.files[full] = File(full, group)
        return self.files[full]

    # ---- values in YAML: a value is a list of lines, the first to stand behind the key

    def kind(self, key):
        if key not in self.kinds:
            self.kinds[key] = self.r.choices(["scalar", "map", "list"], [6, 3, 2])[0]
        if self.chance(0.06):
            return self.pick(["scalar", "map", "list"])
        return self.kinds[key]

    def scalar(self, flow=False):
        x = self.r.random()
        if x < 0.45:
            text = self.pick(SCALARS)
        elif x < 0.66:
            self.tag("yaml11-scalars")
            text = self.pick(OLD_SCALARS)
        elif x < 0.72:
            self.tag("big-int")
            text = self.pick(BIG)
        elif x < 0.84:
            self.tag("quoted-scalars")
            text = self.pick(QUOTED)
        elif x < 0.92:
            self.tag("tagged-scalars")
            text = self.pick(TAGGED)
            if flow and text == "!!str":
                text = "''"
        else:
            text = self.interpolated()
        if flow and (text.startswith(("-", "=", "<", "?", "~", ".")) or any(c in text for c in ",[]{}:%") and text[:1] not in "'\""):
            text = "7" if text.startswith("!!") else quote(text)
        return text

    def flow(self, depth):
        self.tag("flow-style")
        if self.chance(0.5) or depth > 2:
            return "[" + ", ".join(self.scalar(True) for _ in range(self.r.randrange(4))) + "]"
        keys = self.r.sample(KEYS, self.r.randrange(3))
        return "{" + ", ".join("%s: %s" % (k, self.flow(depth + 1) if self.kind(k) == "map" else self.scalar(True)) for k in keys) + "}"

    def block(self, key, depth, path, forced=None):
        """The lines of `key: value`; notes what it writes in self.values."""
        kind = forced or self.kind(key)
        if depth > 2 and kind == "map":
            kind = "scalar"
        self.values.append((path, kind))
        note = ""
        if self.chance(0.05):
            self.tag("comments")
            note = "  # %s: 1" % self.pick(["set", "@package x", "'"])
        if kind == "scalar":
            if self.chance(0.07):
                self.tag("block-scalars")
                mark, lines = self.pick(BLOCKS)
                return ["%s: %s%s" % (key, mark, note)] + ["  " + line if line else "" for line in lines]
            text = self.scalar()
            return ["%s:%s%s" % (key, " " + text if text else "", note)]
        if kind == "list":
            n = self.r.randrange(4)
            if n == 0 or self.chance(0.4):
                self.tag("flow-style")
                return ["%s: [%s]%s" % (key, ", ".join(self.scalar(True) for _ in range(n)), note)]
            out = ["%s:%s" % (key, note)]
            indent = self.pick(["", "  "])
            for _ in range(n):
                if self.chance(0.2):
                    inner = self.block(self.pick(KEYS), depth + 1, path + ("0",), "scalar")
                    out += [indent + "- " + inner[0]] + [indent + "  " + line for line in inner[1:]]
                elif self.chance(0.1):
                    out.append(indent + "- " + self.flow(depth + 1))
                else:
                    out.append(indent + "- " + self.scalar())
            return out
        if self.chance(0.2):
            return ["%s: %s%s" % (key, self.flow(depth + 1) if self.chance(0.3) else "{%s: %s}" % (self.child(path), self.scalar(True)), note)]
        out = ["%s:%s" % (key, note)]
        for inner in self.r.sample(KEYS, self.r.randrange(1, 4)):
            out += ["  " + line for line in self.block(inner, depth + 1, path + (inner,))]
        return out

    def child(self, path):
        key = self.pick(KEYS)
        self.values.append((path + (key,), "scalar"))
        return key

    def body(self, file, package, count=None):
        for key in self.r.sample(KEYS, self.r.randrange(1, 4) if count is None else count):
            if key not in file.keys:
                file.keys.append(key)
                file.blocks.append(self.block(key, 0, package + (key,)))

    # ---- interpolations

    def target(self, kind=None):
        known = [p for p, k in self.values if kind is None or k == kind]
        if known and self.chance(0.9):
            return ".".join(self.pick(known))
        return self.pick(KEYS + ["db.lr", "model.child", "nope"])

    def interpolated(self, what=None):
        """The YAML text of a scalar that interpolates."""
        what = what or self.r.choices(
            ["absolute", "relative", "nested-interpolation", "escaped-interpolation", "in-string", "item-of-list", "oc.env",
             "oc.select", "oc.decode", "oc.create", "oc.dict.keys", "oc.dict.values", "oc.deprecated", "now"],
            [9, 6, 3, 3, 6, 3, 3, 3, 3, 3, 2, 2, 2, 2])[0]
        self.tag(what)
        text = self.expression(what)
        plain = not any(c in text for c in ",[]:#'\"\\") and "{" not in text.replace("${", "") and not text.startswith(" ")
        return text if plain and self.chance(0.6) else quote(text)

    def expression(self, what):
        t = self.target
        if what == "absolute":
            return self.pick(["${%s}", "${%s}", "${ %s }"]) % t()
        if what == "relative":
            return "${%s%s}" % (self.pick([".", ".", ".", "..", "..", "..."]), self.pick([self.pick(KEYS), t().split(".")[-1]]))
        if what == "nested-interpolation":
            return self.pick(["${%s.${oc.env:DIFF_PLACE}}" % t("map"), "${${name}}", "${oc.select:${oc.env:DIFF_PLACE}}",
                              "${oc.decode:${oc.env:DIFF_NUMBER}}", "${%s[${oc.decode:0}]}" % t("list"),
                              "${oc.select:nope,${%s}}" % t()])
        if what == "escaped-interpolation":
            return self.pick(["\\${%s}" % t(), "\\\\${%s}" % t("scalar"), "a\\${b} ${%s}" % t("scalar"), "\\\\\\${x}", "C:\\d\\${x}",
                              "$${%s}" % t("scalar"), "\\$x", "x\\y"])
        if what == "in-string":
            return self.pick(["pre-${%s}", "${%s}-post", "a ${%s} b", "${%s} ", "x${%s}${lr}", "http://${%s}:${oc.env:DIFF_NUMBER}/p"]) % t("scalar")
        if what == "item-of-list":
            return self.pick(["${%s[0]}", "${%s.0}", "${%s[-1]}", "${%s.1}", "v${%s[0]}"]) % t("list")
        if what == "oc.env":
            return self.pick(["${oc.env:DIFF_TEXT}", "${oc.env:DIFF_NUMBER}", "${oc.env:DIFF_UNSET,default}", "${oc.env:DIFF_UNSET,null}",
                              "${oc.env:DIFF_UNSET,5}", "${oc.env:DIFF_UNSET,1e3}", "${oc.env:DIFF_UNSET,'a, b'}", "${oc.env:DIFF_EMPTY}",
                              "${oc.env:DIFF_UNSET,[1,{a:b}]}", "${oc.env:DIFF_UNSET,${%s}}" % t("scalar"),
                              "x${oc.env:DIFF_NUMBER}", "${oc.env:DIFF_TEXT,true}"])
        if what == "oc.select":
            return self.pick(["${oc.select:%s}" % t(), "${oc.select:%s,dflt}" % t(), "${oc.select:nope,1.5}", "${oc.select:nope}",
                              "${oc.select:nope,[1,2]}", "${oc.select:.%s,0}" % self.pick(KEYS), "${oc.select:nope,''}", "${oc.select:'%s'}" % t()])
        if what == "oc.decode":
            return self.pick(["${oc.decode:${oc.env:DIFF_LIST}}", "${oc.decode:'{a: 1, b: [x]}'}", "${oc.decode:'1_000'}", "${oc.decode:yes}",
                              "${oc.decode:'${lr}'}", "${oc.decode:null}", "${oc.decode:'nan'}", "${oc.decode:'a b'}", "${oc.decode:'1e-7'}"])
        if what == "oc.create":
            return self.pick(["${oc.create:{a: 1, b: [x, 2.0]}}", "${oc.create:[1, null, 'q']}", "${oc.create:{}}", "${oc.create:${%s}}" % t("map"),
                              "${oc.create:${oc.decode:'{k: ${lr}}'}}", "${oc.create:{1: a, 2.5: b}}"])
        if what == "oc.dict.keys":
            return "${oc.dict.keys:%s}" % t("map")
        if what == "oc.dict.values":
            return "${oc.dict.values:%s}" % t("map")
        if what == "oc.deprecated":
            return self.pick(["${oc.deprecated:%s}", "${oc.deprecated:%s,'gone: $OLD_KEY'}"]) % t()
        if what == "hydra-resolver":
            self.has_hydra = True
            return self.pick(["${hydra:job.config_name}", "${hydra:runtime.choices.%s}" % self.pick(GROUPS), "c-${hydra:job.config_name}",
                              "${hydra:mode}", "${hydra:job.chdir}"])
        return self.pick(["${now:%Y}", "y${now:%Y}", "${now:'%Y %%'}"])

    # ---- values in the override grammar

    def value(self, depth=0):
        x = self.r.random()
        if x < 0.32:
            self.tag("value-kinds")
            return self.pick(["1", "-5", "0.1", "1e-4", "true", "False", "null", "NULL", "abc", "a b", "1_000", "inf", "-nan", "a/b.c", "12:30",
                              "01", "1e", "tRue", "x%y", "a@b", "*", "C:\\dir", "http://h/p", "a-${%s}-b" % self.target("scalar"), ".5", "+3", "", "?", "x$y",
                              "1.0", "--1", "a|b", "a   b", "\\\\x"])
        if x < 0.45:
            self.tag("quoted-value")
            return self.pick(["'a,b'", '"x y"', "'it\\'s'", '"1"', "'true'", "'{a:b}'", '"\\\\"', "'a\\\\'", "'\\n'", '"say \\"hi\\""', "''", "'ü # !'",
                              '"a=b"', "'[1,2]'", "'null'", "' pad '", "'\\\\\\'q'"])
        if x < 0.55:
            self.tag("escaped-value")
            return self.pick(["a\\,b", "a\\=b", "\\[x\\]", "a\\ ", "\\{k\\:v\\}", "a\\\\b", "\\(x\\)", "x\\:y", "\\ lead", "a\\,\\,b", "\\\\\\,", "tab\\\t"])
        if x < 0.68 and depth < 3:
            self.tag("list-value")
            return self.pick(["[", "[ "]) + self.pick([",", ", ", " , "]).join(self.value(depth + 1) or "e" for _ in range(self.r.randrange(4))) + "]"
        if x < 0.80 and depth < 3:
            self.tag("dict-value")
            keys = [self.pick(KEYS + ["1", "a b", "b.c", "1.5", "true", "x-1"]) for _ in range(self.r.randrange(3))]
            return "{" + self.pick([",", ", "]).join("%s%s%s" % (k, self.pick([":", ": "]), self.value(depth + 1) or "e") for k in keys) + "}"
        if x < 0.88:
            self.tag("cast")
            if self.chance(0.04):
                return self.pick(["str(null)", "int(abc)", "int('0x1')", "bool(yes)", "int(null)", "float(null)", "int(inf)"])
            return self.pick(["int(3.9)", "int(-3.9)", "str(1)", "float(2)", "bool(1)", "str([1,2.0,{a:true}])", "int([1.5,'2'])", "float({a:1})",
                              "bool('true')", "str(1e6)", "str( 'q' )", "int(true)", "float('inf')", "str(true)",
                              "json_str(1)", "float(1_0)", "int('12')", "float('1e3')", "int(' 5 ')", "str(inf)", "str([])", "float([1,2])", "bool(0)", "str(int(3.2))", "bool(0.0)"])
        if x < 0.94:
            self.tag("interpolation-value")
            return self.pick(["${%s}" % self.target(), "'${%s}'" % self.target(), "\"${oc.env:DIFF_UNSET,${%s}}\"" % self.target("scalar"), "${.%s}" % self.pick(KEYS),
                              "${oc.env:DIFF_TEXT}", "${oc.create:[1,2]}", "\\${x}", "${oc.decode:'1'}", "x${%s}" % self.target("scalar")])
        self.tag("function")
        return self.pick(["sort([3,1,2])", "sort([c,a,B],reverse=true)", "sort(1)", "sort([])", "shuffle([1])", "json_str({a:[1,null,1.0]})",
                          "json_str(['é',\"q\"])", "json_str(a b)", "int(sort([2.5,1.5]))", "json_str('x\\'y')", "sort([1.5,1])"])

    def sweep(self):
        return self.pick(["1,2", "a,b,c", "choice(1,2)", "range(3)", "range(1,4)", "range(0,1,0.25)", "interval(0,1)", "sort(3,1,2)", "glob(*)",
                          "'a,b',c", "[1,2],[3]", "{a:1},{b:2}", "range(start=1,stop=3)", "tag(t1,choice(a,b))", "int(1.5,2.5)", "str(choice(1,2))",
                          "sort(range(3),reverse=true)", "choice(a)", "glob([a*,b],exclude=b)", "float(range(1,3))", "range(5,1,-2)", "shuffle(1,2)",
                          "tag(a,b,range(0.1,0.4,0.1))", "choice([1],{a:2},'x')", "sort(choice(b,a))", "interval(start=0.5,end=2)", "1 , 2"])

    def path(self, kind=None):
        known = [p for p, k in self.values if kind is None or k == kind]
        return self.pick(known) if known else (self.pick(KEYS),)

    def dotted(self, kind=None):
        path = self.path(kind)
        if len(path) > 1 and self.chance(0.12):
            self.tag("bracket-key")
            return ".".join(path[:-1]) + "[%s]" % path[-1]
        return ".".join(path)

    def line(self):
        """An override string for the parser alone, half of them damaged a little."""
        key = self.pick(["a", "a.b", "g/h", "g@p", "g@p.q", "a[0]", "a.0", "a\\.b", "g/h@_global_", "a-b", "a[b].c", "x@", "$k", "k/j.x"])
        text = self.pick(["", "", "+", "++", "~"]) + key + self.pick(["=", "=", "=", "= "])
        text += self.sweep() if self.chance(0.3) else "extend_list(%s)" % self.value(2) if self.chance(0.05) else self.value()
        if self.chance(0.08):
            text = "~" + key
        if self.chance(0.35):
            at = self.r.randrange(len(text) + 1)
            text = self.pick([text[:at] + self.pick(list("'\"\\,:=[]{}() $~+@#!.0a*")) + text[at:], text[:at] + text[at + 1:]])
        return text.replace("\n", " ")

    # ---- the case

    def build(self):
        r = self.r
        wants = r.sample(FEATURES, r.randrange(5, 9))
        if "sweep" in wants or self.chance(0.02):
            self.multirun = self.chance(0.9)
        nested = "nested-primary" in wants
        self.name = r.choice(["sub/main", "sub/deep/x"]) if nested else r.choice(["config", "config", "main", "exp-1", "v1.0"])
        self.slash = "/" if nested else ""
        self.prefix = ()
        self.selected, self.late, self.head_of = {}, [], {}
        self.primary = File("conf/%s.yaml" % self.name, "")
        if nested:
            self.tag("nested-primary")
            if self.chance(0.6):
                self.primary.head.append("# @package _global_")
            else:
                self.prefix = tuple(self.name.split("/")[:-1])
        for group in r.sample(GROUPS, r.randrange(1, 4)):
            self.add_group(group)
        self.files[self.primary.path] = self.primary
        self.body(self.primary, self.prefix, r.randrange(1, 4))
        if self.selected and self.chance(0.35):
            group = self.pick(sorted(self.selected))
            if group not in self.primary.keys and not self.prefix:
                self.primary.keys.append(group)
                key = self.pick(KEYS)
                self.primary.blocks.append([group + ":"] + ["  " + l for l in self.block(key, 1, (group, key))])
        if self.primary.defaults:
            place = r.random()
            if place < 0.4:
                self.primary.this = 0
            elif place < 0.6:
                self.primary.this = "end"
            elif place < 0.8 and len(self.primary.defaults) > 1:
                self.primary.this = r.randrange(1, len(self.primary.defaults))
        for want in wants:
            getattr(self, "want_" + want.replace("-", "_").replace(".", "_"), lambda: None)()
        for _ in range(r.choice([0, 0, 0, 1, 1, 2])):
            r.choice([self.want_change, self.want_change, self.want_add, self.want_force_add, self.want_delete])()
        self.primary.defaults += self.late
        self.note_self()
        return self.case(wants)

    def case(self, wants):
        package = None
        if self.values and self.chance(0.4):
            package = ".".join(self.path())
        return {
            "files": {path: f if isinstance(f, str) else f.text() for path, f in self.files.items()},
            "dirs": self.dirs, "name": self.name, "overrides": self.overrides, "multirun": self.multirun,
            "package": package, "lines": [self.line() for _ in range(2)], "tags": sorted(self.tags),
        }

    def note_self(self):
        file = self.primary
        if not file.defaults:
            return
        n = len(file.defaults)
        at = n if file.this == "end" else file.this
        self.tag("self-absent" if at is None else "self-first" if at == 0 else "self-last" if at >= n else "self-middle")

    def package_of(self, group):
        return self.prefix + tuple(group.split("/"))

    def add_group(self, group, count=None, select=True):
        if group in self.head_of:
            return
        options = self.r.sample(OPTIONS, count or self.r.randrange(1, 4))
        self.head_of[group] = options
        for i, option in enumerate(options):
            mark = len(self.values)
            file = self.file("%s/%s" % (group, option), group)
            self.body(file, self.package_of(group))
            if i:
                del self.values[mark:]
        if select:
            self.selected[group] = options[0]
            self.primary.defaults.append("%s%s: %s" % (self.slash, group, options[0]))

    def fresh(self, select=False):
        """A group that is not in the defaults list yet, or None."""
        left = [g for g in GROUPS if g not in self.head_of]
        if not left:
            return None
        self.add_group(self.pick(left), select=select)
        return list(self.head_of)[-1]

    def some_option(self):
        """The file of an option that is selected, or of the primary config."""
        if self.selected:
            group = self.pick(sorted(self.selected))
            return self.files["conf/%s/%s.yaml" % (group, self.selected[group])]
        group = self.fresh(select=True)
        return self.files["conf/%s/%s.yaml" % (group, self.selected[group])]

    def add_block(self, name, lines, file=None):
        file = file or self.primary
        if name not in file.keys:
            file.keys.append(name)
            file.blocks.append(lines)
            if file is self.primary:
                self.values.append((self.prefix + (name,), "scalar"))

    def key_of(self, group, package=None):
        """How the command line names a group of the primary's defaults list."""
        if package is None and self.prefix:
            package = ".".join(self.package_of(group))
        return group if package is None else "%s@%s" % (group, package)

    # sources

    def extra(self, folder):
        """A config of an existing or new group that only `folder` has; selected by the primary config."""
        group = self.pick(GROUPS)
        file = self.file("%s/far" % group, group, folder)
        self.body(file, self.package_of(group))
        if group in self.selected:
            if not self.prefix:
                if self.chance(0.5):
                    self.overrides.append("%s=far" % group)
                else:
                    self.late.append("override %s%s: far" % (self.slash, group))
        elif group not in self.head_of:
            self.head_of[group] = ["far"]
            self.primary.defaults.append("%s%s: far" % (self.slash, group))

    def want_several_dirs(self):
        if "more" not in self.dirs:
            self.dirs.append("more")
        self.extra("more")
        self.tag("several-dirs")

    def want_shadowed_file(self):
        if "more" not in self.dirs:
            self.dirs.append("more")
        file = self.some_option()
        twin = self.file("%s" % file.path[5:-5], file.group, "more")
        mark = len(self.values)
        self.body(twin, self.package_of(file.group))
        del self.values[mark:]
        self.tag("shadowed-file", "several-dirs")

    def searchpath(self, where):
        if self.has_hydra and "hydra" in self.primary.keys or self.prefix:
            return False
        self.has_hydra = True
        lines = ["hydra:", "  searchpath:"] + (["    - file://gone"] if self.chance(0.15) else []) + ["    - " + where]
        self.primary.keys.append("hydra")
        self.primary.blocks.append(lines)
        return True

    def want_searchpath_config(self):
        if self.searchpath(self.pick(["file://extra", "file://extra", "file://./extra"])):
            self.extra("extra")
            self.tag("searchpath-config")

    def want_searchpath_override(self):
        self.has_hydra = True
        self.overrides.append("hydra.searchpath=[%s]" % self.pick(["file://extra2", "'file://extra2'", "file://extra2,file://gone"]))
        self.extra("extra2")
        self.tag("searchpath-override")

    def want_package_folder(self):
        name = "pk%d" % self.number
        where = "pkg://%s.conf" % name
        if not self.searchpath(where):
            if any(o.startswith("hydra.searchpath") for o in self.overrides):
                return
            self.has_hydra = True
            self.overrides.append("hydra.searchpath=[%s]" % where)
        self.files["py/%s/__init__.py" % name] = ""
        self.files["py/%s/conf/__init__.py" % name] = ""
        self.extra("py/%s/conf" % name)
        self.tag("package-folder")

    def want_built_in_group(self):
        self.has_hydra = True
        self.tag("built-in-group")
        x = self.r.random()
        if x < 0.5:
            self.late.append("override %shydra/%s" % (self.slash, self.pick(["job_logging: disabled", "job_logging: none", "job_logging: stdout",
                             "hydra_logging: none", "hydra_logging: disabled", "launcher: basic", "sweeper: basic", "help: default", "output: default"])))
        elif x < 0.9:
            self.overrides.append(self.pick(["hydra/job_logging=none", "hydra/hydra_logging=hydra_debug", "hydra/job_logging=disabled", "hydra/env=default",
                                             "hydra.job.name=x", "hydra.run.dir=out/${now:%Y}", "hydra.verbose=true", "++hydra.job.chdir=true",
                                             "hydra.job.env_set={A:b}", "+hydra.job.env_set.B=c", "hydra.output_subdir=null", "hydra/launcher=basic"]))
        else:
            self.overrides.append(self.pick(["hydra/job_logging=nope", "hydra.nope=1", "hydra.job.num=x", "hydra/launcher=nope"]))

    # YAML

    def name_it(self):
        self.anchor += 1
        return "n%d" % self.anchor

    def home(self):
        return self.primary if self.chance(0.6) else self.some_option()

    def want_anchors(self):
        file, a = self.home(), self.name_it()
        if self.chance(0.5):
            self.add_block(a, ["%s: &%s" % (a, a)] + ["  " + l for l in self.block(self.pick(KEYS), 1, (a, "k"), "scalar")], file)
        else:
            self.add_block(a, ["%s: &%s %s" % (a, a, self.pick(["[1, {x: 2}]", "text", "{k: v, l: [~]}", "!!str 5", "5"]))], file)
        self.add_block(a + "_again", ["%s_again: *%s" % (a, a)] if self.chance(0.6) else ["%s_again: [*%s, 1, *%s]" % (a, a, a)], file)
        self.tag("anchors")

    def want_merge_keys(self):
        file, a, b = self.home(), self.name_it(), self.name_it()
        self.add_block(a, ["%s: &%s" % (a, a), "  lr: 1", "  y: {z: 1}"], file)
        self.add_block(b, ["%s: &%s {lr: 2, w: [1]}" % (b, b)], file)
        merge = self.pick(["<<: *%s" % a, "<<: [*%s, *%s]" % (a, b), "<<: [*%s, *%s]" % (b, a), "<<: {lr: 9, v: 8}"])
        own = self.pick([["lr: 3"], ["y: {w: 2}"], ["k: v", "w: q"], []])
        lines = own + [merge] if self.chance(0.4) else [merge] + own
        self.add_block(a + "_m", ["%s_m:" % a] + ["  " + l for l in lines], file)
        self.tag("merge-keys", "anchors", "flow-style")

    def want_typed_keys(self):
        a = self.name_it()
        keys = self.r.sample(["1", "true", "2.5", "0x10", "'y'", "yes", "-3", "1_0", "'1'", "2020-01-01", "\"a b\"", ".5", "n", "1e3", "a.b", "'null'", "017"], self.r.randrange(1, 4))
        if self.chance(0.04):
            keys.append(self.pick(["null", "~", "[1]", "? x"]))
        self.add_block(a, ["%s:" % a] + ["  %s: %s" % (k, self.scalar()) for k in keys], self.home())
        self.tag("typed-keys")

    def want_block_scalars(self):
        a = self.name_it()
        mark, lines = self.pick(BLOCKS)
        self.add_block(a, ["%s: %s" % (a, mark)] + ["  " + line if line else "" for line in lines], self.home())
        self.tag("block-scalars")

    def want_flow_style(self):
        a = self.name_it()
        self.add_block(a, ["%s: %s" % (a, self.flow(0))], self.home())

    def want_yaml11_scalars(self):
        a = self.name_it()
        self.add_block(a, ["%s: %s" % (a, self.pick(OLD_SCALARS))], self.home())
        self.tag("yaml11-scalars")

    def want_big_int(self):
        a = self.name_it()
        self.add_block(a, ["%s: %s" % (a, self.pick(BIG))], self.home())
        if self.chance(0.3):
            self.overrides.append("+big_%s=%s" % (a, self.pick(BIG)))
        self.tag("big-int")

    def want_quoted_scalars(self):
        a = self.name_it()
        self.add_block(a, ["%s: %s" % (a, self.pick(QUOTED))], self.home())
        self.tag("quoted-scalars")

    def want_tagged_scalars(self):
        a = self.name_it()
        text = self.pick(TAGGED) if self.chance(0.93) else self.pick(["!foo x", "!!set {a}", "!!timestamp 2020-01-01", "!!int x", "!!python/tuple [1]", "!!map {a: 1}", "!!seq [1]"])
        self.add_block(a, ["%s: %s" % (a, text)], self.home())
        self.tag("tagged-scalars")

    def want_bytes_and_line_ends(self):
        file = self.home()
        file.bom, file.crlf = self.pick([(True, False), (False, True), (True, True)])
        self.tag("bytes-and-line-ends")

    def want_comments(self):
        file = self.home()
        file.head[:0] = self.pick([[""], ["# about this file"], ["", "# lr: the step", ""], ["# - x", "#"]])
        a = self.name_it()
        self.add_block(a, ["# a note", "%s: 5 # five" % a, "  # deeper note"], file)
        self.tag("comments")

    # defaults lists

    def want_self_first(self):
        self.primary.this = 0

    def want_self_middle(self):
        self.primary.this = max(1, len(self.primary.defaults) // 2)

    def want_self_last(self):
        self.primary.this = "end"

    def want_self_absent(self):
        self.primary.this = None

    def want_optional(self):
        self.tag("optional")
        if self.chance(0.5) and self.selected:
            group = self.pick(sorted(self.selected))
            self.primary.defaults = [("optional " + d) if d.lstrip("/").startswith(group + ":") else d for d in self.primary.defaults]
        else:
            self.primary.defaults.append(self.pick(["optional %s%s: nothere", "optional %s%s@pk: nothere"]) % (self.slash, self.pick(["zed", "db_model"])))

    def want_override_item(self):
        if not self.selected:
            self.fresh(select=True)
        group = self.pick(sorted(self.selected))
        options = self.head_of[group]
        item = "%s: %s" % (self.key_of(group), self.pick(options))
        self.tag("override-item")
        if self.chance(0.5):
            self.late.append("override /%s" % item)
        else:
            file = self.file("exp/e", "exp")
            file.head = ["# @package _global_"]
            file.defaults.append("override /%s" % item)
            self.body(file, (), 1)
            file.this = self.pick([None, 0, "end"])
            if "exp" not in self.head_of:
                self.head_of["exp"] = ["e"]
                if self.chance(0.5):
                    self.overrides.append("+exp=e")
                else:
                    self.late.insert(0, "%sexp: e" % self.slash)
                    self.late.sort(key=lambda d: d.startswith("override"))

    def want_null_choice(self):
        group = self.fresh()
        if group:
            self.primary.defaults.append("%s%s: null" % (self.slash, group))
            if self.chance(0.5):
                self.overrides.append("%s=%s" % (self.key_of(group), self.pick(self.head_of[group])))
        elif self.selected:
            group = self.pick(sorted(self.selected))
            self.late.append("override /%s: null" % self.key_of(group))
        self.tag("null-choice")

    def want_missing_choice(self):
        group = self.fresh()
        if group is None:
            return
        self.primary.defaults.append("%s%s: ???" % (self.slash, group))
        self.tag("missing-choice")
        if not self.multirun or self.chance(0.5):
            if self.chance(0.9):
                self.overrides.append("%s=%s" % (self.key_of(group), self.pick(self.head_of[group])))

    def want_option_list(self):
        group = self.fresh()
        if group is None:
            group = self.pick(GROUPS)
            options = self.head_of[group]
            if not self.prefix and group in self.selected:
                self.overrides.append("%s=[%s]" % (group, ",".join(options)))
        else:
            options = self.head_of[group]
            self.primary.defaults.append("%s%s: [%s]" % (self.slash, group, ", ".join(self.r.sample(options, len(options)))))
            self.values.append((self.package_of(group), "map"))
        self.tag("option-list")

    def want_nested(self):
        file = self.some_option()
        sub = SUBGROUPS[file.group.split("/")[0]] if file.group in SUBGROUPS else "inner"
        inner = "%s/%s" % (file.group, sub)
        if inner in self.head_of:
            return
        options = self.r.sample(OPTIONS, 2)
        self.head_of[inner] = options
        for option in options:
            nested = self.file("%s/%s" % (inner, option), inner)
            self.body(nested, self.package_of(inner), 1)
        file.defaults.append("%s: %s" % (sub, options[0]))
        file.this = self.pick([None, 0, "end"])
        if self.chance(0.4) and not self.prefix:
            self.overrides.append("%s=%s" % (inner, options[1]))
        self.tag("nested")

    def lonely(self):
        """A group that only an option's defaults list takes; its files exist."""
        name = self.pick(["side", "aux"])
        if name not in self.head_of:
            self.add_group(name, 2, select=False)
            for option in self.head_of[name]:
                if self.chance(0.25):
                    self.files["conf/%s/%s.yaml" % (name, option)].head.append(self.pick(["# @package head", "# @package head.er", "# @package _global_"]))
                    self.tag("header")
            mark = [v for v in self.values if v[0][: len(self.package_of(name))] != self.package_of(name)]
            self.values[:] = mark
        return name

    def into_option(self, item, *tags):
        file = self.some_option()
        if item.split(":")[0] not in [d.split(":")[0] for d in file.defaults]:
            file.defaults.append(item)
        if file.this is None and self.chance(0.6):
            file.this = self.pick([0, "end"])
        self.tag(*tags)
        return file

    def want_absolute_group(self):
        side = self.lonely()
        option = self.pick(self.head_of[side])
        file = self.into_option("/%s: %s" % (side, option), "absolute-group", "nested")
        if self.chance(0.3) and not self.prefix:
            self.overrides.append("%s@%s.%s=%s" % (side, file.group.replace("/", "."), side, self.pick(self.head_of[side])))

    def want_package_here(self):
        side = self.lonely()
        self.into_option("/%s@_here_: %s" % (side, self.pick(self.head_of[side])), "package-here", "absolute-group")

    def want_package_group(self):
        side = self.lonely()
        self.into_option("/%s@_group_: %s" % (side, self.pick(self.head_of[side])), "package-group", "absolute-group")

    def want_package_global(self):
        side = self.lonely()
        option = self.pick(self.head_of[side])
        form = self.pick(["_global_", "_global_.foo", "_global_.foo.bar"])
        if self.chance(0.5):
            self.into_option("/%s@%s: %s" % (side, form, option), "package-global")
        else:
            self.primary.defaults.append("/%s@%s: %s" % (side, form, option))
            self.tag("package-global")
            if self.chance(0.3):
                self.overrides.append("%s@%s=%s" % (side, form, self.pick(self.head_of[side])))

    def want_package_rename(self):
        side = self.lonely()
        options = self.head_of[side]
        self.primary.defaults.append("%s%s@first: %s" % (self.slash, side, options[0]))
        self.values.append((self.prefix + ("first", "k0"), "scalar"))
        if self.chance(0.6):
            self.primary.defaults.append("%s%s@%s: %s" % (self.slash, side, self.pick(["second", "deep.er", "first.x", "second.x-y"]), options[1]))
        if self.chance(0.4):
            self.overrides.append("%s@%s=%s" % (side, ".".join(self.prefix + ("first",)), options[1]))
            self.tag("package-in-key")
        self.tag("package-rename")

    def want_config_item(self):
        n = self.pick(["base", "common"])
        x = self.r.random()
        if x < 0.4:
            file = self.file((self.name.rsplit("/", 1)[0] + "/" if "/" in self.name else "") + n, "")
            self.primary.defaults.insert(0, n)
            self.body(file, self.prefix, 2)
        elif x < 0.7:
            option = self.some_option()
            if n not in option.defaults:
                file = self.file("%s/%s" % (option.group, n), option.group)
                self.body(file, self.package_of(option.group), 1)
                option.defaults.insert(0, n)
                option.this = "end"
        else:
            file = self.file("shared/%s" % n, "shared")
            self.body(file, self.package_of("shared"), 1)
            item = self.pick(["/shared/%s", "/shared/%s@_here_", "/shared/%s@_global_", "/shared/%s@a.b"]) % n
            if item not in self.primary.defaults:
                self.primary.defaults.append(item)
            if self.chance(0.15):
                self.overrides.append("~shared/%s" % n)
        self.tag("config-item")

    def want_header(self):
        file = self.some_option()
        file.head.append(self.pick(["# @package foo", "# @package foo.bar", "#@package foo", "# @package  foo.bar", "# @package %s" % file.group,
                                    "# @package _group_"]))
        self.tag("header")

    def want_header_global(self):
        file = self.some_option()
        file.head.append(self.pick(["# @package _global_", "#@package _global_", "", "# note"]))
        if "@package" not in file.head[-1]:
            file.head.append("# @package _global_")
        self.tag("header-global", "header")

    def want_interpolated_default(self):
        if len(self.selected) < 1:
            self.fresh(select=True)
        groups = sorted(self.selected)[:2]
        if self.prefix:
            return
        name = "_".join(self.selected[g] for g in groups)
        if self.chance(0.8):
            file = self.file("combo/%s" % name, "combo")
            self.body(file, self.package_of("combo"), 1)
            keep = ""
        else:
            keep = "optional "
        self.primary.defaults.insert(self.r.randrange(len(self.primary.defaults) + 1), "%s%scombo: %s" % (keep, self.slash, "_".join("${%s}" % g for g in groups)))
        self.tag("interpolated-default")

    def want_included_twice(self):
        file = self.file("shared/twice", "shared")
        self.body(file, ("shared",), 1)
        item = self.pick(["/shared/twice", "/shared/twice@_here_", "/shared/twice@_global_"])
        for _ in range(2):
            self.into_option(item)
        if self.chance(0.7):
            self.primary.defaults.append("/shared/twice@%s" % self.pick(["p", "q.r"]))
        if self.chance(0.05):
            self.into_option("/shared/twice")
            file.defaults.append(self.pick(["/shared/twice", "/" + self.name]))
        self.tag("included-twice")

    def want_group_delete(self):
        if not self.selected:
            self.fresh(select=True)
        group = self.pick(sorted(self.selected))
        self.tag("group-delete")
        self.overrides.append("~%s%s" % (self.key_of(group), self.pick(["", "", "=" + self.selected[group]])))
        self.overrides[:] = [o for o in self.overrides if not o.startswith((group + "=", group + "@"))] if self.chance(0.8) else self.overrides
        self.values[:] = [v for v in self.values if v[0][:1] != (group,)]

    # merging: the same key in a config that comes first and in one that comes later

    def collide(self, key, first, second):
        base = self.file((self.name.rsplit("/", 1)[0] + "/" if "/" in self.name else "") + "under", "")
        if "under" not in self.primary.defaults:
            self.primary.defaults.insert(0, "under")
            if self.primary.this is not None:
                self.primary.this = "end"
        name = "%s%d" % (key, len(base.keys))
        self.add_block(name, [name + ":" + first[0]] + first[1:], base)
        if self.chance(0.7):
            self.add_block(name, [name + ":" + second[0]] + second[1:])
            self.tag("config-item")
        else:
            self.add_block(name + "z", [name + "z: 1"])
            flow = {" {": "{a:7,c:8}", " [": "[7,8]", " $": "${%sz}" % name, " ?": "???", " n": "null"}.get(second[0][:2], "7")
            self.overrides.append("%s%s=%s" % ("++" if flow[0] == "{" and self.chance(0.8) else self.pick(["", "+", "++"]), ".".join(self.prefix + (name,)), flow))
        return name

    def want_missing_over_value(self):
        self.collide("mis", self.pick([[" 5"], [" {a: 1}"], [" [1]"], [" null"]]), [" ???"]) if self.chance(0.7) else self.collide(
            "mis", [" ???"], self.pick([[" 5"], [" {a: 1}"], [" [1]"], [" null"]]))
        self.tag("missing-over-value")

    def want_merge_into_interpolation(self):
        name = self.collide("int", [" ${%s}" % ".".join(self.prefix + ("goal",))], self.pick([[" {d: 1}"], [" {d: '${.a}'}"], [" {c: 3}"], [" 7"], [" [1]"], [" ${lr}"], [" null"], [" {a: {b: 2}}"]]))
        base = self.file((self.name.rsplit("/", 1)[0] + "/" if "/" in self.name else "") + "under", "")
        self.add_block("goal", ["goal: %s" % self.pick(["{a: 1, c: 2}", "{a: 1, c: 2, d: x}", "{a: {b: 1}}", "{a: '${..n}', b: '${.a}'}", "[1, 2]", "5", "{}"])], base)
        if self.chance(0.3):
            self.overrides.append("%s%s.d=%s" % (self.pick(["", "+", "++", "++"]), ".".join(self.prefix + (name,)), self.pick(["5", "5", "{x:1}"])))
        self.tag("merge-into-interpolation")

    def want_list_against_dict(self):
        pairs = [([" [1]"], [" {a: 1}"]), ([" {a: 1}"], [" [1]"])] if self.chance(0.25) else [
            ([" [1]"], [" ${lr}"]), ([" [1]"], [" null"]), ([" [{a: 1}, 2]"], [" [{b: 2}]"]), ([" {a: [1]}"], [" {a: [2], b: {c: [3]}}"]), ([" null"], [" [1]"])]
        self.collide("lst", *self.pick(pairs))
        self.tag("list-against-dict")

    def want_scalar_against_dict(self):
        self.collide("sca", *self.pick([([" 5"], [" {a: 1}"]), ([" {a: 1}"], [" 5"]), ([" text"], [" [1]"]), ([" [1, 2]"], [" text"]), ([" {a: {b: 1}}"], [" {a: 2}"])]))
        self.tag("scalar-against-dict")

    def want_null_against_dict(self):
        self.collide("nul", *self.pick([([" null"], [" {a: 1}"]), ([" {a: 1}"], [" null"]), ([""], [" {a: {}}"]), ([" {a: {b: 1}}"], [" {a: null}"]), ([" {a: 1}"], [""])]))
        self.tag("null-against-dict")

    def want_list_replace(self):
        self.collide("rep", *self.pick([([" [1, 2]"], [" [3]"]), ([" [1]"], [" []"]), ([" [[1], {a: 1}]"], [" [[2]]"]), ([" []"], [" [x]"])]))
        self.tag("list-replace")

    def want_deep_merge(self):
        self.collide("dee", *self.pick([([" {a: 1, b: {c: 2}}"], [" {b: {d: 3}, a: x}"]), ([" {a: 1}"], [" {}"]), ([" {}"], [" {a: {b: {c: 1}}}"]),
                                        ([" {b: 0, c: 1}"], [" {c: 2, a: 3, b: 4}"]), ([" {1: a, x: b}"], [" {1: c, y: d}"])]))
        self.tag("deep-merge")

    # overrides of values

    def want_change(self):
        self.overrides.append("%s%s=%s" % (self.pick(["", "", "", "++"]), self.dotted("scalar" if self.chance(0.8) else None), self.value()))
        self.tag("change")

    def want_add(self):
        parent = self.path("map") if self.chance(0.6) else self.path()[:-1]
        self.overrides.append("+%s=%s" % (".".join(parent + (self.pick(["new", "new.er", "fresh", "a.b.c"]),)), self.value()))
        self.tag("add")

    def want_force_add(self):
        path = self.dotted() if self.chance(0.6) else ".".join(self.path()[:-1] + ("forced",))
        self.overrides.append("++%s=%s" % (path, self.value()))
        self.tag("force-add")

    def want_delete(self):
        self.overrides.append("~" + self.dotted())
        self.tag("delete")

    def want_delete_equal(self):
        a = self.name_it()
        equal = [("5", "5"), ("5", "5"), ("5.0", "5.0"), ("{x: 1}", "{x:1}"), ("{x: 1, y: 2}", "{y:2,x:1}"), ("[1, a]", "[1,a]"), ("null", "null"), ("text", "text"),
                 ("'5'", "'5'"), ("true", "true"), ("???", "???"), ("'a'", '"a"'), ("[]", "[]"), ("{}", "{}"), ("{x: '${oc.decode:1}'}", "{x:1}"), ("1.50", "1.5")]
        maybe = [("5", "6"), ("5.0", "5"), ("5", "5.0"), ("'5'", "5"), ("${oc.decode:5}", "'${oc.decode:5}'"), ("${oc.decode:5}", "5"), ("1", "true"), (".nan", "nan"), ("{x: 1}", "{x:1,y:2}"),
                 ("'null'", "null"), ("[1]", "[1.0]"), ("{x: .nan}", "{x:nan}"), ("{1: a}", "{1:a}"), ("0.0", "-0.0"), ("null", "???"), ("{a: ???}", "{a:???}")]
        yaml, given = self.pick(equal if self.chance(0.8) else maybe)
        self.add_block(a, ["%s: %s" % (a, yaml)])
        self.overrides.append("~%s=%s" % (".".join(self.prefix + (a,)), given))
        self.tag("delete-equal")

    def want_group_change(self):
        if not self.selected:
            self.fresh(select=True)
        group = self.pick(sorted(self.selected))
        option = self.pick(self.head_of[group]) if self.chance(0.93) else self.pick(["nope", "null", "7", ""])
        self.overrides.append("%s=%s" % (self.key_of(group), option))
        self.tag("group-change")

    def want_group_add(self):
        group = self.fresh()
        if group is None:
            return
        self.overrides.append("+%s=%s" % (group + self.pick(["", "", "@at", "@_global_"]), self.pick(self.head_of[group])))
        self.tag("group-add")

    def want_group_list(self):
        if not self.selected:
            self.fresh(select=True)
        group = self.pick(sorted(self.selected))
        self.overrides.append("%s=[%s]" % (self.key_of(group), ",".join(self.r.sample(self.head_of[group], self.r.randrange(len(self.head_of[group]) + 1)))))
        self.tag("group-list")

    def want_package_in_key(self):
        side = self.lonely()
        if not any("%s@pk" % side in d for d in self.primary.defaults):
            self.primary.defaults.append("%s%s@pk: %s" % (self.slash, side, self.head_of[side][0]))
        self.overrides.append("%s@%s=%s" % (side, ".".join(self.prefix + ("pk",)) if self.chance(0.95) else "nope", self.head_of[side][1]))
        self.tag("package-in-key")

    def forced_value(self, tag, prefix=None):
        """An override whose value holds the feature."""
        for _ in range(200):
            before = set(self.tags)
            self.tags -= {tag}
            text = self.value()
            if tag in self.tags:
                break
            self.tags = before
        path = self.dotted("scalar") if prefix is None and self.chance(0.5) else ".".join(self.prefix + (self.name_it(),))
        self.overrides.append("++%s=%s" % (path, text))

    def want_quoted_value(self):
        self.forced_value("quoted-value")

    def want_escaped_value(self):
        self.forced_value("escaped-value")

    def want_list_value(self):
        self.forced_value("list-value")

    def want_dict_value(self):
        self.forced_value("dict-value")

    def want_cast(self):
        self.forced_value("cast")

    def want_function(self):
        self.forced_value("function")

    def want_interpolation_value(self):
        self.forced_value("interpolation-value")

    def want_value_kinds(self):
        self.forced_value("value-kinds")

    def want_bracket_key(self):
        a = self.name_it()
        self.add_block(a, ["%s: {k: {x: 1}, l: [1, {z: 2}, [3, 4]], 'x y': 3, a.b: 7, 1: one}" % a])
        a = ".".join(self.prefix + (a,))
        self.overrides.append(self.pick(["%s[k].x=2", "%s[k][x]=2", "%s.l[0]=9", "%s.l[1].z=9", "%s.l[2][1]=9", "%s[l][1][z]=null", "+%s[k].y=1", "~%s[k]", "~%s.l[1]", "%s.a\\.b=8",
                                         "~%s[a.b]", "%s[1]=x", "%s.l[-1]=0", "+%s[new]=1", "~%s.a\\.b"]) % a)
        self.tag("bracket-key", "flow-style", "typed-keys")

    def want_list_index(self):
        a = self.name_it()
        self.add_block(a, ["%s: [1, {z: 2}, 3]" % a])
        a = ".".join(self.prefix + (a,))
        self.overrides.append(self.pick(["%s.0=9", "%s.1.z=9", "%s.2={a:1}", "++%s.0=[1]", "~%s.0", "~%s.1.z", "%s.1={y:1}", "+%s.1.y=1"] * 3 + ["%s.3=9", "%s.-1=9", "+%s.3=9", "%s.x=1", "~%s.7"]) % a)
        self.tag("list-index", "flow-style")

    def want_extend_list(self):
        a = self.name_it()
        self.add_block(a, ["%s: %s" % (a, "[1, a]" if self.chance(0.9) else self.pick(["null", "{a: 1}", "x"]))])
        self.overrides.append("%s=extend_list(%s)" % (".".join(self.prefix + (a,)), self.pick(["2", "2,b", "[3]", "{a:1}", "'x y',null", "", "${lr}"])))
        self.tag("extend-list")

    def want_json_str(self):
        self.overrides.append("+%s=json_str(%s)" % (self.name_it(), self.pick(["{a:[1,null,1.0]}", "[e]", "1", "'q'", "true", "{a:{b:[]}}", "inf", "null", "'\"'", "[1e10,1e-7]", "{1:2}", "'ü'"])))
        self.tag("json-str")

    def want_sweep(self):
        self.multirun = self.multirun or self.chance(0.5)
        if self.chance(0.5) and self.selected:
            group = self.pick(sorted(self.selected))
            self.overrides.append("%s=%s" % (self.key_of(group), self.pick([",".join((self.head_of[group] * 2)[:2]), "choice(%s)" % self.head_of[group][0], "glob(*)"])))
        else:
            self.overrides.append("%s%s=%s" % (self.pick(["", "++"]), ".".join(self.path("scalar")), self.sweep()))
        self.tag("sweep")

    def want_missing_value(self):
        self.overrides.append("%s%s=???" % (self.pick(["", "++"]), ".".join(self.path())))
        self.tag("missing-value")


def add_interpolation(what):
    def want(self):
        name = self.name_it()
        text = self.expression(what)
        self.tag(what)
        if self.chance(0.15) and not any(c in text for c in "'\"\\") and text.count("{") == 1:
            self.overrides.append("++%s='%s'" % (".".join(self.prefix + (name,)), text))
        else:
            self.add_block(name, ["%s: %s" % (name, quote(text))], self.home())
    return want


for _what in ("absolute relative nested-interpolation escaped-interpolation in-string item-of-list oc.env oc.select oc.decode oc.create oc.dict.keys "
              "oc.dict.values oc.deprecated hydra-resolver now").split():
    setattr(Generator, "want_" + _what.replace("-", "_").replace(".", "_"), add_interpolation(_what))


def make(seed, number):
    """The case of this number."""
    return Generator(seed, number).build()
