# SPDX-License-Identifier: ISC
"""Screens of programs, live and played again.

usage: screens.py live OUT COMMAND ... <script
       screens.py play OUT ROWS COLS COMMAND ...
       screens.py ttyrec OUT FILE
       screens.py cast OUT FILE
       screens.py typed FILE

live runs a program on a terminal of 24 by 80 as the script says (lines: expect
REGEX, send TEXT, resize ROWS COLS, quiet: until nothing comes for a second,
save FILE NEWNAME, which copies a file); play runs one that needs nobody, a
player of recordings. Both, and the readers of the two formats, feed what is
shown to a terminal emulator and write its screen, in the end, to OUT. typed
prints the events "i" of an asciicast, hidden ones as ~.
"""
import fcntl
import glob
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time

import pyte

SECONDS = 30


class Screen(pyte.Screen):
    def select_graphic_rendition(self, *attrs, private=False):
        # xterm's setting of keys, which this emulator takes for colours
        if not private:
            super().select_graphic_rendition(*attrs)


class Terminal:
    def __init__(self, rows, cols):
        self.screen = Screen(cols, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.fd = -1
        self.pid = 0
        self.seen = b""

    def run(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        self.tell_size()

    def tell_size(self):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH",
            self.screen.lines, self.screen.columns, 0, 0))

    def resize(self, rows, cols):
        self.screen.resize(rows, cols)
        if self.fd != -1:
            self.tell_size()

    def feed(self, data):
        self.stream.feed(data)

    def read(self, seconds):
        """Bytes, b"" at the end, None when the time is over."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return None
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.seen += data
        self.feed(data)
        return data

    def expect(self, pattern):
        regex = re.compile(pattern.encode(), re.S)
        until = time.monotonic() + SECONDS
        while True:
            m = regex.search(self.seen)
            if m:
                self.seen = self.seen[m.end():]
                return
            left = until - time.monotonic()
            if left <= 0 or not self.read(left):
                sys.exit("no %r in %r" % (pattern, self.seen[-2000:]))

    def quiet(self):
        while self.read(1):
            pass

    def write(self, out):
        with open(out, "w", encoding="utf-8") as f:
            for line in self.screen.display:
                f.write(line.rstrip() + "\n")


def live(out, argv):
    t = Terminal(24, 80)
    t.run(argv)
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "expect":
            t.expect(rest)
        elif word == "send":
            os.write(t.fd, rest.encode().decode("unicode_escape")
                .encode("latin-1"))
        elif word == "resize":
            t.resize(*map(int, rest.split()))
        elif word == "quiet":
            t.quiet()
        elif word == "save":
            pattern, name = rest.split()
            files = glob.glob(pattern)
            if len(files) != 1:
                sys.exit("%s: %r" % (pattern, files))
            t.write(out)
            shutil.copy(files[0], name)
        elif word == "eof":
            while t.read(SECONDS):
                pass
        elif word and word[0] != "#":
            sys.exit("what is %r?" % word)
    os.kill(t.pid, signal.SIGHUP)
    os.waitpid(t.pid, 0)


def play(out, rows, cols, argv):
    t = Terminal(int(rows), int(cols))
    t.run(argv)
    while t.read(SECONDS):
        pass
    if os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]) != 0:
        sys.exit("%r fails: %r" % (argv, t.seen[-500:]))
    t.write(out)


def ttyrec(out, name):
    t = Terminal(24, 80)
    with open(name, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        n, = struct.unpack("<I", data[at + 8:at + 12])
        frame = data[at + 12:at + 12 + n]
        if len(frame) != n:
            sys.exit("a frame is cut off")
        at += 12 + n
        size = re.fullmatch(rb"\033\[8;(\d+);(\d+)t", frame)
        if size:
            t.resize(int(size[1]), int(size[2]))
        else:
            t.feed(frame)
    t.write(out)


def events(name):
    with open(name, encoding="utf-8") as f:
        header = json.loads(f.readline())
        if header["version"] != 2:
            sys.exit("version %r" % header["version"])
        yield header
        before = 0
        for line in f:
            e = json.loads(line)
            if e[0] < before:
                sys.exit("time goes back: %r" % e)
            before = e[0]
            yield e


def cast(out, name):
    t = None
    for e in events(name):
        if t is None:
            t = Terminal(e["height"], e["width"])
        elif e[1] == "o":
            t.feed(e[2].encode())
        elif e[1] == "r":
            cols, rows = e[2].split("x")
            t.resize(int(rows), int(cols))
    t.write(out)


def typed(name):
    for e in events(name):
        if isinstance(e, list) and e[1] == "i":
            sys.stdout.write(e[2] if e[2] else "~")


what, rest = sys.argv[1], sys.argv[2:]
if what == "live":
    live(rest[0], rest[1:])
elif what == "play":
    play(rest[0], rest[1], rest[2], rest[3:])
else:
    {"ttyrec": ttyrec, "cast": cast, "typed": typed}[what](*rest)
