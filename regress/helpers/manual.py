#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
#
# Holds the manuals against the program. Says what does not fit, with status 1.
#
# usage: manual.py keys TABLE PAGE	settings, as prog/tables prints them
#	 manual.py messages TREE PAGE ...	messages, from the sources

import collections
import glob
import html
import os
import re
import subprocess
import sys


def rendered(page, section=""):
    """A page, or one section of it, as mandoc's HTML."""
    out = subprocess.run(
        ["mandoc", "-T", "html", "-O", "fragment", page],
        check=True, capture_output=True, encoding="utf-8").stdout
    if section:
        out = out.partition(f'id="{section}"')[2]
        out = out.partition('<h1 class="Sh"')[0]
    return out


def items(out):
    """The items of its lists: (head, text)."""
    # an item within an item ends the outer one's text, which is no loss
    return [(m[1], m[2]) for m in re.finditer(
        r"<dt[^>]*>(.*?)</dt>\s*(?:<dd[^>]*>(.*?))?(?=<dt|</dl>|</dd>)",
        out,
        re.S)]


def plain(markup):
    text = html.unescape(re.sub(r"<[^>]*>", "", markup))
    return re.sub(r"\s+", " ", text.replace("\u00ad", "")).strip()


def check_keys(table, page):
    faults = []
    described = {}
    for head, text in items(rendered(page)):
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

# What is given to somebody, but is no message.
OTHER = {"created by sshportal", "from an invite", "no role", "give up",
         "closed by the client", "Cryptographic Forum Research Group",
         "host group", "user group", "user key", "invite expired",
         "sshportal: daemon", "host test", "key rotate",
         "exec sh -s", "channel_request for channel ("}
# Functions whose texts are help or a result, not messages.
HELP = {"usage", "usage_key", "flags_usage", "greet_invited", "line_loop",
        "show_names", "print_total", "write_option", "help_all", "help_noun",
        "help_usage", "greeting", "version_exec", "say_next",
        "server_import"}
# Tables that the manuals show elsewhere; and words for such tables.
TABLES = {"conf_key", "cmd_opt", "cmd_entry", "field", "commands",
          "phase_titles", "keys_script", "import_usage"}
MEMBERS = {"brief", "things", "arg"}

# SQL, and lists of columns.
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|JOIN"
                 r"|WHERE|ORDER BY|PRAGMA|VALUES)\b"
                 r"|^\s*(\w+(\.\w+)?, )+\w+(\.\w+)?\s*$")
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


# A text: its line; what it is given to, and whether as the first text; the
# function that it is in; the two words before; those of its declaration.
Text = collections.namedtuple(
    "Text", "line callee first function before member declared raw")
NONE, MENTION, ITEM = range(3)


def texts(path):
    """All texts of a file."""
    with open(path, encoding="utf-8") as f:
        source = f.read()
    # in this style a function's name stands in the first column
    heads = [(source.count("\n", 0, m.start()) + 1, m[1]) for m in
             re.finditer(r"^([a-z]\w*)\(", source, re.M)]
    toks = list(tokens(source))
    stack = []			# what is open: [call, texts in it]
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
            within = [name for at, name in heads if at < line]
            call = next((c for c in reversed(stack) if c[0]), ["", 0])
            call[1] += 1
            yield Text(line, call[0], call[1] == 1,
                       within[-1] if within else "", before,
                       toks[i - 2][1] if i > 1 else "", set(declared), text)
            i = j
            continue
        if tok in "([{":
            is_call = tok == "(" and i > 0 and toks[i - 1][0] == "word"
            stack.append([before if is_call else "", 0])
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
    """Where, template, and the text that it needs: an item, or any, or none."""
    for layer in LAYERS:
        for path in sorted(glob.glob(os.path.join(tree, layer, "*.[ch]"))):
            where = os.path.relpath(path, tree)
            for t in texts(path):
                text = template(t.raw)
                if (t.callee in UNSEEN | FILLED or t.function in HELP or
                        t.declared & TABLES or SQL.search(t.raw) or
                        t.before == "=" and t.member in MEMBERS or
                        text in OTHER or re.match(r'\{"|sh -c |[A-Z]+=', text)):
                    continue
                need = NONE
                if (t.callee in LOGGED and t.first and
                        re.search(r"[A-Za-z]{3}", text) or
                        text.startswith("sshportal: ")):
                    need = ITEM
                elif len(words(text)) > 1:
                    need = MENTION
                yield f"{where}:{t.line}", text, need


def pattern(text):
    return ".*".join(re.escape(part) for part in text.split(ANY))


def is_in(text, everything):
    """Whether its parts stand there one after the other, in no long time."""
    at = 0
    for part in text.split(ANY):
        at = everything.find(part, at)
        if at == -1:
            return False
        at += len(part)
    return True


def check_messages(tree, *pages):
    heads, everything = [], ""
    for page in pages:
        out = re.sub(r'<var class="Ar">.*?</var>', ANY,
                     rendered(page, "DIAGNOSTICS"), flags=re.S)
        heads += [plain(head) for head, _ in items(out)]
        everything += plain(out)
    faults, alive, n = [], set(), 0
    for where, text, need in messages(tree):
        n += 1
        like = pattern(text)
        if need == ITEM and not any(re.fullmatch(like, h) for h in heads):
            faults.append(f'{where}: no item for "{text}"')
        if need == MENTION and not is_in(text, everything):
            faults.append(f'{where}: not explained: "{text}"')
        if re.search("[a-z]{3}", text):
            # one word alone says little of the message that it is part of
            fits = re.fullmatch if need == NONE else re.search
            alive |= {h for h in heads if fits(like, h)}
    faults += [f'no message is like "{h}"' for h in heads
               if h not in alive and re.search("[a-z]{3}", h)]
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
