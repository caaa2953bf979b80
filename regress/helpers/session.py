# SPDX-License-Identifier: ISC
"""What becomes of sessions of every kind, told in words, so that what a
server does can be held against what another one does.

usage: session.py PORT USER KEYFILE DIRECTORY [CASE ...]

Each case is a session: what it asks for, what is answered, what comes out of
both streams, whether the end of output was told, and how the program ended.
A case prints one line. DIRECTORY is one that the host can write to.
"""
import hashlib
import logging
import socket
import sys
import threading

import paramiko
from paramiko.common import cMSG_CHANNEL_EOF, cMSG_CHANNEL_REQUEST

SECONDS = 40        # for whatever is waited for


class Channel(paramiko.Channel):
    """A channel whose requests are raw and whose answers are kept."""

    def __init__(self, chanid):
        super().__init__(chanid)
        self.answers = []
        self.answered = threading.Condition()
        self.end = None
        self.closed_event = threading.Event()

    def _request_success(self, m):
        self._answer("yes")

    def _request_failed(self, m):
        self._answer("no")

    def _answer(self, text):
        with self.answered:
            self.answers.append(text)
            self.answered.notify_all()

    def _handle_request(self, m):
        name = m.get_text()
        m.get_boolean()
        if name == "exit-status":
            self.end = "status %d" % m.get_int()
        elif name == "exit-signal":
            self.end = "signal %s" % m.get_text()
        else:
            print("the server asks for %s" % name)

    def _handle_close(self, m):
        super()._handle_close(m)
        self.closed_event.set()

    def ask(self, name, *fields, want=True):
        """Sends a request; its answer, if there is to be one."""
        m = paramiko.Message()
        m.add_byte(cMSG_CHANNEL_REQUEST)
        m.add_int(self.remote_chanid)
        m.add_string(name)
        m.add_boolean(want)
        for field in fields:
            if isinstance(field, int):
                m.add_int(field)
            else:
                m.add_string(field)
        had = len(self.answers)
        self.transport._send_user_message(m)
        if not want:
            return ""
        with self.answered:
            if not self.answered.wait_for(lambda: len(self.answers) > had,
                                          SECONDS):
                raise Exception("no answer to %s" % name)
        return self.answers[had]

    def send_eof(self):
        m = paramiko.Message()
        m.add_byte(cMSG_CHANNEL_EOF)
        m.add_int(self.remote_chanid)
        self.transport._send_user_message(m)

    def line(self):
        """One line of the output."""
        got = b""
        while not got.endswith(b"\n"):
            data = self.recv(1)
            if not data:
                break
            got += data
        return got.decode().strip()

    def rest(self):
        """Both streams until their end, then how it ended."""
        err = []
        reader = threading.Thread(
            target=lambda: err.append(self.makefile_stderr("rb").read()))
        reader.start()
        out = self.makefile("rb").read()
        reader.join(SECONDS)
        self.closed_event.wait(SECONDS)
        return "out %s, err %s, %s%s" % (short(out), short(err[0]), self.end,
            "" if self.closed_event.is_set() else ", not closed")


def short(data):
    if len(data) <= 60:
        return repr(data)
    return "%d bytes %s" % (len(data), hashlib.sha256(data).hexdigest()[:16])


class Client:
    def __init__(self, port, user, key):
        sock = socket.create_connection(("127.0.0.1", int(port)), 20)
        self.transport = paramiko.Transport(sock)
        self.transport.start_client(timeout=20)
        self.transport.auth_publickey(user,
            paramiko.Ed25519Key.from_private_key_file(key))

    def session(self):
        chan = self.transport.open_session(timeout=SECONDS)
        chan.settimeout(SECONDS)
        return chan

    def run(self, command, *requests):
        """A program and its output, after some requests."""
        chan = self.session()
        answers = [chan.ask(*r) for r in requests]
        answers.append(chan.ask("exec", command))
        return "%s: %s" % (" ".join(answers), chan.rest())


# --- Cases ------------------------------------------------------------------

def statuses(c):
    return " ".join(c.run("exit %d" % n).split()[-1] for n in
        (0, 1, 2, 126, 127, 128, 129, 137, 143, 254, 255))


def kills(c):
    return "; ".join(c.run("kill -%s $$" % n).split(", ")[-1] for n in
        "ABRT ALRM FPE HUP ILL INT KILL PIPE QUIT SEGV TERM USR1 USR2".split())


def env_plain(c):
    return c.run("env | grep -a ^LC_T | sort",
        ("env", "LC_TB", "two"), ("env", "LC_TA", "one two"),
        ("env", "LC_TC", ""))


def env_not_accepted(c):
    return c.run("echo \"$NOBODY_WANTS\"; env | grep -c NOBODY",
        ("env", "NOBODY_WANTS", "this"))


def env_hostile(c):
    return c.run("printf '%s|' \"$LC_TA\" \"$LC_TB\" \"$LC_TC\"",
        ("env", "LC_TA", "$(id); `id` 'x' \"y\" \\ \x1b[31m"),
        ("env", "LC_TB", "a\nLC_TX=b\n\n"),
        ("env", "LC_TC", "\u00fc\u2028\U0001f600".encode() + b"\xff\xfe\x80"),
        ("env", "LC_TD=1", "equals"), ("env", "LC_", "short"),
        ("env", "", "nothing"), ("env", "LC_\n", "line"))


def env_long(c):
    return c.run("printf %s \"$LC_TA\"", ("env", "LC_TA", "v" * 30000),
        ("env", "LC_T" + "n" * 200, "long name"))


def env_many(c):
    """At once, none waits for its answer."""
    chan = c.session()
    for i in range(200):
        chan.ask("env", "LC_T%d" % i, "v%d" % i, want=False)
    answer = chan.ask("exec", "env | grep ^LC_T | sort")
    return "%s: %s" % (answer, chan.rest())


def env_twice(c):
    return c.run("echo $LC_TA", ("env", "LC_TA", "1"), ("env", "LC_TA", "2"))


def exec_long(c):
    return c.run("echo " + "x" * 32000)


def exec_bytes(c):
    return c.run(b"printf '%s|' a\nprintf '%s|' '\xc3\xbc\xff\t\x1b[1m'\r\n"
        b"echo \\\n end")


def exec_empty(c):
    chan = c.session()
    answer = chan.ask("exec", "")
    chan.send_eof()
    return "%s: %s" % (answer, chan.rest())


def subsystems(c):
    """One that there is, one that is our own, and two that are none."""
    found = []
    for name in ("own", "own-too@regress", "no-such-thing", "", "own\n"):
        chan = c.session()
        answer = chan.ask("subsystem", name)
        if answer == "yes":
            chan.sendall(b"hello\n")
            chan.send_eof()
            answer += " " + chan.rest()
        found.append(answer)
        chan.close()
    return "; ".join(found)


def streams_apart(c):
    return c.run("head -c 300000 /dev/zero | tr '\\0' e >&2 & "
        "head -c 500000 /dev/zero | tr '\\0' o; wait; exit 5")


def eof_of_client(c):
    """The client ends its input and goes on reading."""
    chan = c.session()
    chan.ask("exec", "wc -c; echo counted; sleep 0.2; echo more; exit 3")
    chan.sendall(b"x" * 70000)
    chan.send_eof()
    return chan.rest()


def eof_of_host(c):
    """The program closes both outputs and goes on reading."""
    chan = c.session()
    chan.ask("exec", "exec >&- 2>&-; cat >%s/%s; exit 6" %
        (DIRECTORY, TAG))
    out = chan.recv(100)
    sent = 0
    for _ in range(40):
        chan.sendall(b"y" * 50000)
        sent += 50000
    chan.send_eof()
    ended = chan.rest()
    size = c.run("wc -c <%s/%s; rm %s/%s" % (DIRECTORY, TAG, DIRECTORY, TAG))
    return "%r, then %s; %d sent, %s" % (out, ended, sent, size)


def eof_of_both(c):
    """The program first, then the client; it is still there."""
    chan = c.session()
    chan.ask("exec", "exec >&- 2>&-; cat >/dev/null; "
        "sleep 0.3; exit 7")
    out = chan.recv(100)
    chan.send_eof()
    return "%r, then %s" % (out, chan.rest())


def data_early(c):
    """Input together with the request, not waiting for a yes."""
    chan = c.session()
    chan.ask("exec", "cat; exit 4", want=False)
    chan.sendall(b"early\n" * 3)
    chan.send_eof()
    return chan.rest()


def background(c):
    """A job that keeps the outputs open is waited for, one that does not
    is none."""
    return c.run("(sleep 0.5; echo late) & exit 2")


def window_sizes(c):
    """Through a terminal, in the numbers that the host has."""
    chan = c.session()
    answers = [chan.ask("pty-req", "xterm", 0, 0, 0, 0, b"\0"),
        chan.ask("exec", "stty -echo; echo ready; while read l; do "
        "stty size; done")]
    while True:
        line = chan.line()
        if line == "ready":
            break
        if not line:
            return " ".join(answers) + ": " + chan.rest()
    sizes = []
    for size in ((80, 24), (0, 0), (1, 1), (65535, 65535), (132, 43)):
        answers.append(chan.ask("window-change", *size, 0, 0, want=False))
        chan.sendall(b"?\n")
        sizes.append(chan.line())
    chan.close()
    return "%s: %s" % (" ".join(answers), sizes)


def too_late(c):
    """What can no longer be asked for once a program runs."""
    chan = c.session()
    answers = [chan.ask("exec", "cat >/dev/null"),
        chan.ask("exec", "echo again"), chan.ask("shell"),
        chan.ask("subsystem", "own"), chan.ask("env", "LC_TA", "late"),
        chan.ask("no-such-request@example.org"),
        chan.ask("no-such-request@example.org", b"\0" * 1000)]
    chan.close()
    return " ".join(answers)


def signals(c):
    """Each that sshd passes on and a program can see."""
    found = []
    for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2"):
        chan = c.session()
        chan.ask("exec", "trap 'echo got %s; exit 11' %s; echo ready; "
            "while :; do sleep 0.05; done 2>/dev/null" % (name, name))
        chan.line()
        chan.ask("signal", name, want=False)
        found.append(chan.rest())
    return "; ".join(found)


def signals_fatal(c):
    found = []
    for name in ("HUP", "INT", "KILL", "TERM", "USR1", "USR2"):
        chan = c.session()
        chan.ask("exec", "echo ready; exec sleep 60")
        chan.line()
        chan.ask("signal", name, want=False)
        found.append(chan.rest())
    return "; ".join(found)


def signals_odd(c):
    """The others of RFC 4254, which sshd only logs, and names that are
    none: they change nothing."""
    chan = c.session()
    chan.ask("exec", "echo ready; read x; echo $x")
    chan.line()
    for name in ("ABRT", "ALRM", "FPE", "ILL", "PIPE", "SEGV",
                 "sig@example.org", "", "SIGTERM", "NOSUCH", "9", "term",
                 "x" * 1000, "INT\n"):
        chan.ask("signal", name, want=False)
    chan.sendall(b"alive\n")
    return chan.rest()


CASES = (statuses, kills, env_plain, env_not_accepted, env_hostile, env_long,
    env_many, env_twice, exec_long, exec_bytes, exec_empty, subsystems,
    streams_apart, eof_of_client, eof_of_host, eof_of_both, data_early,
    background, window_sizes, too_late, signals, signals_fatal, signals_odd)

# its table names the functions of its own class
paramiko.transport.Channel = Channel
paramiko.Transport._channel_handler_table = {
    code: getattr(Channel, function.__name__) for code, function in
    paramiko.Transport._channel_handler_table.items()}
logging.getLogger("paramiko").addHandler(logging.NullHandler())
PORT, USER, KEY, DIRECTORY, *names = sys.argv[1:]
TAG = "session.%s" % PORT
for case in CASES:
    if names and case.__name__ not in names:
        continue
    client = Client(PORT, USER, KEY)
    try:
        text = case(client)
    except Exception as e:          # what it was says more than where
        text = "%s: %s" % (type(e).__name__, e)
    print("%s: %s" % (case.__name__, text), flush=True)
    client.transport.close()
