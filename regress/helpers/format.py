#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Compares C files with what clang-format makes of them (.clang-format).

clang-format moves blanks and line breaks alone, so both texts are the same
tokens, and what is compared is the gap before each.  Two things are left to
the writer, as clang-format cannot express how they are done here: how many
blanks stand between two words of a line (columns), and where a statement, an
initialiser or a macro is broken and how far its further lines are indented.

Says file, line, the line as it is and as it should be; status 1 if there is
one.  Arguments are the files.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

WORD = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<name>\w+)
  | (?P<sign>\.\.\.|->|\+\+|--|<<=|>>=|<<|>>|&&|\|\||[-+*/%&|^!=<>]=|\#\#|.)
    """, re.X | re.S)
GAP = re.compile(r"(?:[ \t\n]|\\\n)*")
CONTROL = re.compile(r"(if|for|while|switch|\w+_FOREACH) \( \)")
# Tabs, and blanks for less than one: never a tab after a blank.
INDENT = re.compile(r"\t* {0,7}")


class Token:
    """gap: what stands before it; soft: that has a continued macro's line
    break; free: the writer may break the line before it, or not; listed: the
    same, but a break is followed by clang-format's indentation; base: the
    indentation of the statement, where this is a line that continues it;
    columns: more than one blank may stand before it."""
    def __init__(self, kind, text, line, gap):
        self.kind, self.text, self.line = kind, text, line
        self.soft = "\\" in gap
        self.gap = gap.replace("\\\n", " ")
        self.breaks = self.gap.count("\n")
        self.free = self.listed = False
        self.base = None
        self.columns = True

    def indent(self):
        return self.gap[self.gap.rfind("\n") + 1:]


def tokenize(text):
    """All tokens of a file; "#" and "macro" are the kinds of a directive's."""
    out = []
    at, line, macro = 0, 1, False
    while True:
        gap = GAP.match(text, at)[0]
        at += len(gap)
        line += gap.count("\n")
        if at == len(text):
            return out + [Token("end", "", line, gap)]
        m = WORD.match(text, at)
        kind, words = m.lastgroup, m[0]
        first = not out or "\n" in gap.replace("\\\n", "")
        if first:
            macro = words == "#"
        if macro:
            kind = "#" if first else "macro"
        if words.startswith("/*"):
            words = re.sub(r"\n[ \t]*", "\n", words)
        out.append(Token(kind, words, line, gap))
        at = m.end()
        line += m[0].count("\n")


class Parser:
    """Just enough of C to tell where statements begin.

    self.inside is a stack of what is open: "(" and "[", "=" for the braces of
    an initialiser, "{" for those of a block, "enum" for those of an enum.
    """
    def __init__(self):
        self.inside = []
        self.states = []    # at each #if that is open
        self.begin()

    def begin(self):
        self.words = []     # of the statement, none from inside of brackets
        self.fresh = True   # the next token begins one

    def saved(self):
        return list(self.inside), list(self.words), self.fresh

    def restore(self, state):
        self.inside, self.words, self.fresh = map(
            lambda x: x if isinstance(x, bool) else list(x), state)

    def directive(self, name):
        if name.startswith("if"):
            self.states.append(self.saved())
        elif name.startswith("el") and self.states:
            self.restore(self.states[-1])
        elif name == "endif" and self.states:
            self.states.pop()

    def loose(self):
        return bool(self.inside) and self.inside[-1] not in ("{", "enum")

    def brace(self):
        """What a "{" opens."""
        if self.loose() or "=" in self.words or "return" in self.words[:1]:
            return "="
        return "enum" if "enum" in self.words and "(" not in self.words \
            else "{"

    def names_function(self, token, after):
        return not self.inside and token.kind == "name" and \
            after.text == "(" and "(" not in self.words and \
            "=" not in self.words

    def feed(self, token, after):
        """Take one token; true if the writer may break the line before it."""
        text = token.text
        if text == "{":
            kind = self.brace()
            self.inside.append(kind)
            if kind != "=":
                self.begin()
            return kind == "="
        if text in ("(", "["):
            free = not self.fresh
            if not self.loose():
                self.words.append(text)
                self.fresh = False
            self.inside.append(text)
            return free
        if text in (")", "]", "}"):
            return self.close()
        if self.loose():
            return True
        if not self.inside and self.words[-1:] == [")"] and \
            token.kind == "name" and text != "__attribute__":
            self.begin()    # what was before is a macro's call
        free = not self.fresh and text != "else" and \
            not self.names_function(token, after)
        self.words.append(text)
        self.fresh = self.ends(text)
        if text == ";" or self.fresh:
            self.begin()
        return free

    def close(self):
        kind = self.inside.pop() if self.inside else "{"
        if kind in ("{", "enum"):
            self.begin()
            return False
        if not self.loose():
            self.words.append({"(": ")", "[": "]"}.get(kind, "}"))
            if CONTROL.fullmatch(" ".join(self.words)):
                self.begin()
        return True

    def ends(self, text):
        """Does a statement, or what stands before one, end with this?"""
        if text in (";", "else", "do"):
            return True
        if text == ":":
            return self.words[0] in ("case", "default") or \
                len(self.words) == 2
        return text == "," and self.inside[-1:] == ["enum"]


def mark(tokens):
    """Set what Token says of a place in a statement."""
    parser = Parser()
    base = ""
    code = [t for t in tokens if t.kind not in ("comment", "#", "macro")]
    after = dict(zip(map(id, code), code[1:]))
    for n, token in enumerate(tokens):
        if token.kind == "#":
            parser.directive(tokens[n + 1].text)
        elif token.kind == "macro":
            token.free = True
        elif token.kind == "comment":
            token.free = bool(token.breaks) and not parser.fresh
        elif token.kind != "end":
            braces = {"=", "enum"}.intersection(parser.inside)
            token.columns = bool(braces)
            listed = parser.inside[-1:] == ["enum"]
            token.free = parser.feed(token, after[id(token)])
            token.listed = listed and not token.free
            if token.breaks and not token.free:
                base = token.indent()
            elif token.breaks and not braces:
                token.base = base


def differs(have, want):
    if have.breaks > 2 or \
        have.breaks and not INDENT.fullmatch(have.indent()):
        return True
    if have.free and (have.breaks or want.breaks or have.soft or want.soft):
        return False
    if have.listed and not have.breaks:
        return False
    if have.breaks or want.breaks:
        return have.breaks != want.breaks or have.indent() != want.indent()
    return bool(have.gap) != bool(want.gap) or \
        not have.columns and have.gap.startswith("  ")


def knf(tokens, n):
    """Is this gap right, and clang-format 14 wrong?"""
    before, this = "".join(t.text for t in tokens[max(0, n - 2):n]), tokens[n]
    return before == "}*" and this.kind == "name" and this.gap == "" or \
        before.endswith(";") and this.text == ")" and this.gap == " "


def compare(path, text, good):
    """What is to be said of one file."""
    have, want = tokenize(text), tokenize(good)
    if [t.text for t in have] != [t.text for t in want]:
        return [f"{path}: clang-format changes more than blanks"]
    mark(have)
    lines, better = text.split("\n"), good.split("\n")
    out, said = [], 0
    for n, (a, b) in enumerate(zip(have, want)):
        if a.base is not None and not re.fullmatch(a.base + r"\t* {4}",
            a.indent()):
            out.append(f"{path}:{a.line}: a continued line is indented by "
                f"four blanks\n  is:     {lines[a.line - 1]}")
        if a.line != said and differs(a, b) and not knf(have, n):
            said = a.line
            out.append(f"{path}:{a.line}: not clang-format's\n"
                f"  is:     {lines[a.line - 1]}\n"
                f"  should: {better[b.line - 1]}")
    return out


def reformat(directory, paths):
    """Copies of these files as clang-format makes them."""
    copies = [os.path.join(directory, p) for p in paths]
    for path, copy in zip(paths, copies):
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(path, copy)
    subprocess.run(["clang-format", "--style=file", "-i", "--", *copies],
        check=True)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def main(paths):
    if not shutil.which("clang-format"):
        sys.exit("format: clang-format is missing: run contrib/deps --test")
    bad = []
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(".clang-format", directory)
        reformat(directory, paths)
        for path in paths:
            bad += compare(path, read(path),
                read(os.path.join(directory, path)))
    for words in bad:
        print(words)
    return bool(bad)


sys.exit(main(sys.argv[1:]))
