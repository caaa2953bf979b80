#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
#
# Holds the manuals against the program. Says what does not fit, with status 1.
#
# usage: manual.py keys TABLE PAGE	settings, as prog/tables prints them
#	 manual.py messages TREE PAGE ...	messages, from the sources

import glob
import html
import os
import re
import subprocess
import sys


def items(page, section=""):
    """The items of a page's lists: (head, text), or those of one section."""
    out = subprocess.run(
        ["mandoc", "-T", "html", "-O", "fragment", page],
        check=True, capture_output=True, encoding="utf-8").stdout
    if section:
        out = out.partition(f'id="{section}"')[2]
        out = out.partition('<h1 class="Sh"')[0]
    # an item within an item ends the outer one's text, which is no loss
    return [(m[1], m[2]) for m in re.finditer(
        r"<dt[^>]*>(.*?)</dt>\s*(?:<dd>(.*?))?(?=<dt|</dl>|</dd>)", out,
        re.S)]


def plain(markup):
    text = html.unescape(re.sub(r"<[^>]*>", "", markup))
    return re.sub(r"\s+", " ", text.replace("\u00ad", "")).strip()


def check_keys(table, page):
    faults = []
    described = {}
    for head, text in items(page):
        m = re.match(r"([a-z-]+):", plain(head))
        if m:
            described[m[1]] = plain(text)
    with open(table, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    for key, default, variable, letter, has_flag in rows:
        text = described.pop(key, None)
        if text is None:
            faults.append(f"{key}: is not described")
            continue
        for what, value in ("Default", default), ("Variable", variable):
            m = re.search(what + r": (.+?)\.(?:\s|$)", text)
            said = m[1] if m else ""
            if said != value:
                faults.append(f'{key}: {what}: "{said}" is "{value}"')
        if letter != "-" and f"-{letter}" not in text:
            faults.append(f"{key}: -{letter} is not mentioned")
        if has_flag == "0" and "There is no flag." not in text:
            faults.append(f"{key}: that there is no flag is not said")
    faults += [f"{key}: there is no such key" for key in described]
    if not rows:
        faults.append(f"{table}: no keys")
    return faults


# Messages. Those that are logged, and the sentences that people read, need an
# item of a section DIAGNOSTICS that fits them as a whole, where %s and the
# like stand for anything. All other texts of two words and more, such as
# reasons within a message, need only be found in such a section.

LAYERS = "lib", "db", "child", "shell", "monitor", "daemon"

# Calls that log; after these, what is told to nobody.
LOGGED = {"log_error", "log_info", "fatal", "monitor_end"}
UNSEEN = {"log_verbose", "log_debug", "panic", "proctitle_set",
          "_Static_assert"}
# Calls that get a word to fill into a message.
FILLED = {"db_check_name", "db_check_text", "ask_malformed"}

# Functions whose texts are help or a result, not messages.
HELP = {"usage", "usage_key", "flags_usage", "greet_invited", "line_loop",
        "show_names", "print_total", "write_option", "help_all", "help_noun",
        "help_usage", "invite_redeem", "version_exec", "put_column"}
# Tables that the manuals show elsewhere; and words for such tables.
TABLES = {"conf_key", "cmd_opt", "cmd_entry", "field", "commands",
          "phase_titles"}
MEMBERS = {"brief", "things", "arg"}

SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|JOIN"
                 r"|WHERE|ORDER BY|PRAGMA|VALUES)\b|^(\w+(\.\w+)?, )+")
TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/|//[^\n]*|\\\n|[ \t]+)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<char>'(?:\\.|[^'\\])*')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<line>\n)
    |(?P<other>.)""", re.S | re.X)
FORMAT = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?"
                    r"(?:hh|h|ll|l|z|j|t)?[a-zA-Z]")
ANY = "\x01"		# stands for what a message is filled with


def tokens(text):
    line = 1
    for m in TOKEN.finditer(text):
        if m.lastgroup not in ("skip", "line"):
            yield m.lastgroup, m[0], line
        line += m[0].count("\n")


def unquote(literal):
    plain_c = {"n": " ", "r": "", "t": " "}
    return re.sub(r"\\(x[0-9a-f]+|[0-7]+|.)",
                  lambda m: plain_c.get(m[1], m[1]), literal[1:-1])


def texts(path):
    """The texts of a file: (line, function that it is given to, text)."""
    with open(path, encoding="utf-8") as f:
        source = f.read()
    heads = [(m.start(), m[1]) for m in
             re.finditer(r"^([a-z]\w*)\(", source, re.M)]
    toks = list(tokens(source))
    lines = source.split("\n")
    starts, at = [], 0
    for text in lines:
        starts.append(at)
        at += len(text) + 1
    stack = []
    declared = []			# words since the last ; or }
    i = 0
    while i < len(toks):
        kind, tok, line = toks[i]
        before = toks[i - 1][1] if i else ""
        if kind == "string":
            j, text = i, ""
            while j < len(toks) and (toks[j][0] == "string" or (
                    toks[j][0] == "word" and re.fullmatch(
                        r"[A-Z][A-Z_0-9]+|PRI[a-z]\w*", toks[j][1]))):
                if toks[j][0] == "string":
                    text += unquote(toks[j][1])
                elif text.endswith("%"):
                    text += "d"
                else:
                    text += ANY
                j += 1
            within = [name for pos, name in heads if pos < starts[line - 1]]
            callee = next((c for c in reversed(stack) if c), "")
            yield (line, callee, within[-1] if within else "", before,
                   toks[i - 2][1] if i > 1 else "", set(declared), text)
            i = j
            continue
        if tok in "([{":
            stack.append(before if tok == "(" and i and
                         toks[i - 1][0] == "word" else "")
        elif tok in ")]}" and stack:
            stack.pop()
        if tok in ";" or (tok == "}" and not stack):
            declared = []
        elif kind == "word" and not stack:
            declared.append(tok)
        i += 1


def template(text):
    text = FORMAT.sub(ANY, text.replace("%%", "\x02")).replace("\x02", "%")
    return re.sub(r"\s+", " ", text).strip()


def words(text):
    return re.findall(r"(?:^|(?<=[ (\"]))[A-Za-z][a-z']+(?=[ :;,.)\"]|$)",
                      text.replace(ANY, " "))


def messages(tree):
    """Where, template, and whether an item has to fit it as a whole."""
    for layer in LAYERS:
        for path in sorted(glob.glob(os.path.join(tree, layer, "*.[ch]"))):
            where = os.path.relpath(path, tree)
            for (line, callee, function, before, member, declared,
                 raw) in texts(path):
                text = template(raw)
                logged = callee in LOGGED
                if (callee in UNSEEN | FILLED or function in HELP or
                        declared & TABLES or SQL.search(raw) or
                        before == "=" and member in MEMBERS):
                    continue
                if logged and words(text):
                    yield f"{where}:{line}", text, True
                elif len(words(text)) > 1:
                    yield (f"{where}:{line}", text,
                           text.startswith("sshportal: "))


def pattern(text):
    return ".+".join(re.escape(part) for part in text.split(ANY))


def check_messages(tree, *pages):
    heads, everything = [], ""
    for page in pages:
        for head, text in items(page, "DIAGNOSTICS"):
            head = re.sub(r'<var class="Ar">.*?</var>', ANY, head, flags=re.S)
            heads.append(plain(head))
            everything += plain(head) + "\n" + plain(text) + "\n"
    faults, alive, n = [], set(), 0
    for where, text, whole in messages(tree):
        n += 1
        found = {h for h in heads if re.fullmatch(pattern(text), h)}
        if whole and not found:
            faults.append(f"{where}: no item fits \"{text}\"")
        elif not re.search(pattern(text), everything):
            faults.append(f"{where}: not explained: \"{text}\"")
        alive |= {h for h in heads if re.search(pattern(text), h)}
    faults += [f"no message is like \"{h}\"" for h in heads
               if h not in alive]
    if n < 100:
        faults.append(f"{tree}: only {n} messages")
    return [f.replace(ANY, "%s") for f in faults]


def main():
    what, *args = sys.argv[1:]
    faults = {"keys": check_keys, "messages": check_messages}[what](*args)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
