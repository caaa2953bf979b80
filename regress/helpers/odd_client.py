# SPDX-License-Identifier: ISC
"""An SSH client that logs in as it should, and then does not behave.

usage: odd_client.py PORT USER KEYFILE WAY [ARGUMENT]

Each way prints "begun" when it has a session, "done" when it has sent all
that it had to send, and then waits for a line of its standard input before
it goes. What the server says at the end, it prints.
"""
import logging
import socket
import sys
import threading
import time

import paramiko
from paramiko.common import (cMSG_CHANNEL_DATA, cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_REQUEST, cMSG_CHANNEL_WINDOW_ADJUST, cMSG_GLOBAL_REQUEST,
    cMSG_IGNORE, cMSG_SERVICE_REQUEST, cMSG_USERAUTH_REQUEST, cMSG_DEBUG)

logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Packetizer(paramiko.packet.Packetizer):
    """Reads nothing while it is told to be deaf."""
    hearing = threading.Event()
    hearing.set()

    def read_message(self):
        self.hearing.wait()
        return super().read_message()


paramiko.transport.Packetizer = Packetizer


def message(code, *fields):
    m = paramiko.Message()
    m.add_byte(code)
    for field in fields:
        if isinstance(field, bool):
            m.add_boolean(field)
        elif isinstance(field, int):
            m.add_int(field)
        else:
            m.add_string(field)
    return m


class Client:
    def __init__(self, port, user, key):
        self.sock = socket.socket()
        # what is not read is to be the server's to keep, not the kernels'
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", int(port)))
        self.t = paramiko.Transport(self.sock, default_window_size=1 << 30)
        self.t.start_client(timeout=20)
        self.t.auth_publickey(user,
            paramiko.Ed25519Key.from_private_key_file(key))
        self.sent = 0
        self.sessions = []      # one that is forgotten is closed

    def send(self, *what):
        self.t._send_message(message(*what))
        self.sent += 1

    def session(self, command=None):
        chan = self.t.open_session(timeout=20)
        if command is not None:
            chan.exec_command(command)
        self.sessions.append(chan)
        return chan

    def deaf(self):
        Packetizer.hearing.clear()


def begun():
    print("begun", flush=True)


def many(n):
    return range(int(ARGUMENT or n))


# --- Ways -------------------------------------------------------------------

def never_reads(c):
    """The host pours, nobody takes it off the socket."""
    chan = c.session()
    c.deaf()
    c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "exec", False,
        "head -c 1000000000 /dev/zero; echo end >&2")
    begun()


def never_reads_many(c):
    """The same on twenty channels."""
    chans = [c.session() for _ in many(20)]
    c.deaf()
    for chan in chans:
        c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "exec", False,
            "head -c 50000000 /dev/zero")
    begun()


def window_never_grows(c):
    """It reads the socket, and never gives a window back."""
    chan = c.session()
    chan.in_window_threshold = 1 << 62
    c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "exec", False,
        "head -c 1000000000 /dev/zero")
    begun()


def never_read_by_host(c):
    """Much is sent to programs that read nothing."""
    chans = [c.session("sleep 86398") for _ in many(20)]
    begun()
    for chan in chans:
        chan.settimeout(1.0)
        try:
            while True:
                chan.send(b"x" * 30000)
        except socket.timeout:
            pass


def global_requests(c):
    c.deaf()
    begun()
    for i in many(50000):
        c.send(cMSG_GLOBAL_REQUEST, "keepalive@openssh.com", True)


def global_requests_odd(c):
    c.deaf()
    begun()
    for i in many(50000):
        c.send(cMSG_GLOBAL_REQUEST, "no-such-request@example.org", True)


def channel_requests(c):
    chan = c.session("cat >/dev/null")
    c.deaf()
    begun()
    for i in many(50000):
        c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid,
            "no-such-request@example.org", True)


def unknown_packets(c):
    """Each is to be answered by an UNIMPLEMENTED."""
    c.deaf()
    begun()
    for i in many(50000):
        c.send(bytes([192]), "what is this")


def window_changes(c):
    chan = c.session()
    chan.get_pty()
    chan.exec_command("sleep 86398")
    begun()
    for i in many(50000):
        c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "window-change",
            False, i % 300, i % 100, 0, 0)


def signals(c):
    chan = c.session("trap '' USR1; sleep 86398")
    begun()
    for i in many(50000):
        c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "signal", False,
            "USR1")


def envs(c):
    chan = c.session()
    begun()
    for i in many(50000):
        c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "env", False,
            "LC_T%d" % i, "v" * 100)


def tiny_data(c):
    chan = c.session("cat >/dev/null")
    begun()
    for i in many(100000):
        c.send(cMSG_CHANNEL_DATA, chan.remote_chanid, "x")


def empty_data(c):
    chan = c.session("cat >/dev/null")
    begun()
    for i in many(50000):
        c.send(cMSG_CHANNEL_DATA, chan.remote_chanid, "")


def ignores(c):
    begun()
    for i in many(50000):
        c.send(cMSG_IGNORE, "x" * 100)


def debugs(c):
    begun()
    for i in many(50000):
        c.send(cMSG_DEBUG, True, "\x1b[31mred", "")


def big_ignores(c):
    begun()
    for i in many(2000):
        c.send(cMSG_IGNORE, "x" * 200000)


def adjusts(c):
    """A window that grows past all bounds."""
    chan = c.session("sleep 86398")
    begun()
    for i in many(20000):
        c.send(cMSG_CHANNEL_WINDOW_ADJUST, chan.remote_chanid, 0xffffffff)


def opens(c):
    """Channels that never become anything."""
    begun()
    for i in many(10000):
        c.send(cMSG_CHANNEL_OPEN, "session", i, 1 << 20, 32768)


def opens_odd(c):
    begun()
    for i in many(10000):
        c.send(cMSG_CHANNEL_OPEN, "no-such-channel", i, 1 << 20, 32768)


def opens_closed(c):
    """One after the other, each closed at once."""
    begun()
    for i in many(10000):
        c.session().close()


def programs(c):
    """One after the other, through to their end."""
    begun()
    for i in many(3000):
        c.session("true").recv_exit_status()


def rekeys(c):
    begun()
    for i in many(300):
        c.t.renegotiate_keys()


def requests_in_rekey(c):
    """New keys are asked for, and then other things instead."""
    m = message(bytes([20]))
    m.add_bytes(b"0123456789abcdef")
    opts = c.t.get_security_options()
    for names in (opts.kex, opts.key_types, opts.ciphers, opts.ciphers,
                  opts.digests, opts.digests, ["none"], ["none"], [], []):
        m.add_list(names)
    m.add_boolean(False)
    m.add_int(0)
    c.t._send_message(m)
    begun()
    for i in many(50000):
        c.send(cMSG_GLOBAL_REQUEST, "keepalive@openssh.com", True)


# --- Wrong sequences ----------------------------------------------------------

def data_before_open(c):
    begun()
    for i in range(100):
        c.send(cMSG_CHANNEL_DATA, 77, "x" * 1000)


def data_after_close(c):
    chan = c.session("cat")
    begun()
    remote = chan.remote_chanid
    chan.close()
    for i in range(100):
        c.send(cMSG_CHANNEL_DATA, remote, "x" * 1000)


def data_past_window(c):
    """More than it was allowed to send."""
    chan = c.session("sleep 86398")
    begun()
    for i in range(1000):
        c.send(cMSG_CHANNEL_DATA, chan.remote_chanid, "x" * 30000)


def auth_again(c):
    begun()
    c.send(cMSG_USERAUTH_REQUEST, "admin", "ssh-connection", "none")
    c.send(cMSG_SERVICE_REQUEST, "ssh-userauth")
    c.send(cMSG_USERAUTH_REQUEST, "admin", "ssh-connection", "none")


def short_messages(c):
    """A channel request that ends too early."""
    chan = c.session("sleep 86398")
    begun()
    c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid, "pty-req")
    c.send(cMSG_CHANNEL_REQUEST, chan.remote_chanid)
    c.send(cMSG_CHANNEL_DATA, chan.remote_chanid)


def wrong_lengths(c):
    chan = c.session("sleep 86398")
    begun()
    m = message(cMSG_CHANNEL_DATA, chan.remote_chanid)
    m.add_int(0xfffffff0)
    m.add_bytes(b"x" * 20)
    c.t._send_message(m)


def huge_packet(c):
    begun()
    c.send(cMSG_IGNORE, "x" * 1000000)


def garbage(c):
    begun()
    c.sock.sendall(b"\xa5" * 100000)


def newkeys_alone(c):
    begun()
    c.send(bytes([21]))


def kexinit_twice(c):
    begun()
    c.t._send_kex_init()
    c.t._send_kex_init()


PORT, USER, KEY, WAY, ARGUMENT = (sys.argv + [None])[1:6]
client = Client(PORT, USER, KEY)
t0 = time.monotonic()
try:
    globals()[WAY](client)
    print("done", client.sent, "%.1f s" % (time.monotonic() - t0), flush=True)
except (EOFError, OSError, paramiko.SSHException) as e:
    print("ended: %s: %s" % (type(e).__name__, e), flush=True)
sys.stdin.readline()
Packetizer.hearing.set()
