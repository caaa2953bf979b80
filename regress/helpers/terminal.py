# SPDX-License-Identifier: ISC
"""Run a program on a terminal, as a person would.

usage: terminal.py COMMAND ... <script

The script's lines, in order:

    expect REGEX        wait until the output since the last match has it
    send TEXT           type it; \\r, \\x03 and the like are understood
    resize ROWS COLS    change the terminal's size (it begins as 24 80)
    pause SECONDS       let it be
    eof                 wait until the program closes the terminal
    status N            wait for the program's end; this must be its status

Each wait is bounded; what was seen until then is shown when it fails.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

SECONDS = 20
seen = b""          # since the last match
everything = b""


def die(text):
    sys.stderr.write("terminal: %s\n" % text)
    sys.stderr.write("--- seen on the terminal:\n")
    sys.stderr.write(everything.decode("utf-8", "replace"))
    sys.stderr.write("\n---\n")
    os.kill(pid, signal.SIGHUP)
    sys.exit(1)


def read_some(until):
    """Returns False at the end of the output."""
    global seen, everything
    left = until - time.monotonic()
    if left <= 0 or not select.select([fd], [], [], left)[0]:
        return None
    try:
        data = os.read(fd, 65536)
    except OSError:         # EIO: the other side is closed
        return False
    seen += data
    everything += data
    return bool(data)


def expect(pattern):
    global seen
    regex = re.compile(pattern.encode(), re.S)
    until = time.monotonic() + SECONDS
    while True:
        m = regex.search(seen)
        if m:
            seen = seen[m.end():]
            return
        got = read_some(until)
        if got is None:
            die("no %r after %d s" % (pattern, SECONDS))
        if got is False:
            die("the output ended before %r" % pattern)


def wait_eof():
    until = time.monotonic() + SECONDS
    while True:
        got = read_some(until)
        if got is None:
            die("no end of output after %d s" % SECONDS)
        if got is False:
            return


def resize(rows, cols):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def status(wanted):
    wait_eof()
    until = time.monotonic() + SECONDS
    while True:
        done, raw = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > until:
            die("it does not end")
        time.sleep(0.02)
    got = os.waitstatus_to_exitcode(raw)
    if got != wanted:
        die("status %d, wanted %d" % (got, wanted))


pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
resize(24, 80)
for number, line in enumerate(sys.stdin, 1):
    word, _, rest = line.rstrip("\n").partition(" ")
    if not word or word.startswith("#"):
        continue
    if word == "expect":
        expect(rest)
    elif word == "send":
        os.write(fd, rest.encode().decode("unicode_escape").encode("latin-1"))
    elif word == "resize":
        resize(*map(int, rest.split()))
    elif word == "pause":
        until = time.monotonic() + float(rest)
        while read_some(until):
            pass
    elif word == "eof":
        wait_eof()
    elif word == "status":
        status(int(rest))
        sys.exit(0)
    else:
        die("line %d: what is %r?" % (number, word))
os.kill(pid, signal.SIGHUP)
