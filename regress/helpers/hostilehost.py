# SPDX-License-Identifier: ISC
"""A host that lies, in one way on each of its ports.

usage: hostilehost.py HOSTKEYFILE

Prints a line "WAY PORT" for each, then "ready". The ways that let a login
happen take any key, and begin with the first command.
"""
import logging
import os
import socket
import sys
import threading

import paramiko
from paramiko.common import (cMSG_CHANNEL_DATA, cMSG_CHANNEL_EXTENDED_DATA,
    cMSG_CHANNEL_OPEN, cMSG_CHANNEL_REQUEST, cMSG_CHANNEL_WINDOW_ADJUST,
    cMSG_DISCONNECT, cMSG_GLOBAL_REQUEST, cMSG_USERAUTH_BANNER)

VERSION = b"SSH-2.0-hostile\r\n"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\nsshportal: lies"
MB = 1 << 20
CHUNK = 30000


# --- before there are keys: bytes as they are --------------------------------

def no_version(s):
    line = b"x" * 78 + b"\r\n"
    for _ in range(10 * MB // (100 * len(line))):
        s.sendall(line * 100)


def long_version(s):
    s.sendall(b"SSH-2.0-")
    for _ in range(10 * 16):
        s.sendall(b"x" * (MB // 16))


def escaped_version(s):
    s.sendall(b"SSH-2.0-" + ESCAPES.encode()[:20] + b"\r\n")


def length(n):
    def say(s):
        s.sendall(VERSION + n.to_bytes(4, "big") + b"\x04" + b"\x14" * 40000)
    return say


def short_kexinit(s):
    s.sendall(VERSION + (12).to_bytes(4, "big") + b"\x04\x14" + b"x" * 10)


def endless_ignore(s):
    packet = (12).to_bytes(4, "big") + b"\x04\x02" + b"\0" * 10
    s.sendall(VERSION)
    for _ in range(1000):
        s.sendall(packet * 1000)


def unasked_packets(s):
    packet = (12).to_bytes(4, "big") + b"\x04\xc0" + b"\0" * 10
    s.sendall(VERSION)
    for _ in range(1000):
        s.sendall(packet * 1000)


# --- a real server that goes wrong after so much -----------------------------

class Cut:
    """A socket that is closed once so many bytes went out."""

    def __init__(self, s, left):
        self.s, self.left = s, left

    def send(self, data):
        n = self.s.send(data[:self.left])
        self.left -= n
        if self.left == 0:
            self.s.close()
        return n

    def __getattr__(self, name):
        return getattr(self.s, name)


class Host(paramiko.ServerInterface):
    def __init__(self, way):
        self.way = way

    def get_allowed_auths(self, username):
        return "publickey,password,keyboard-interactive"

    def check_auth_publickey(self, username, key):
        if self.way in ("prompts", "banners", "last words"):
            BEFORE[self.way](self.transport)
            return paramiko.AUTH_FAILED
        return paramiko.AUTH_SUCCESSFUL

    def check_auth_password(self, username, password):
        return paramiko.AUTH_FAILED

    def check_auth_interactive(self, username, submethods):
        return paramiko.InteractiveQuery("", ESCAPES, (ESCAPES, True))

    def check_auth_interactive_response(self, responses):
        return paramiko.InteractiveQuery("", ESCAPES, (ESCAPES, True))

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else \
            paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *arguments):
        return True

    def check_channel_exec_request(self, channel, command):
        threading.Timer(0.05, self.run, (channel,)).start()
        return True

    def run(self, channel):
        try:
            AFTER.get(self.way, well)(channel, self.transport)
        except (OSError, EOFError):
            pass


def message(kind, *fields):
    m = paramiko.Message()
    m.add_byte(kind)
    for f in fields:
        if isinstance(f, bool):
            m.add_boolean(f)
        elif isinstance(f, int):
            m.add_int(f)
        else:
            m.add_string(f)
    return m


# --- in the login ------------------------------------------------------------

def banners(t):
    for _ in range(10 * MB // CHUNK):
        t._send_message(message(cMSG_USERAUTH_BANNER,
            ESCAPES + "x" * CHUNK, "en"))


def last_words(t):
    t._send_message(message(cMSG_DISCONNECT, 2, ESCAPES, "en"))
    t.close()


BEFORE = {"prompts": lambda t: None, "banners": banners,
    "last words": last_words}


# --- once a command runs -----------------------------------------------------

def well(channel, t):
    channel.sendall(b"well\n")
    channel.send_exit_status(0)
    channel.close()


def junk(channel, t):
    t.sock.sendall(os.urandom(4 * MB))


def wide_window(channel, t):
    for _ in range(3):
        t._send_message(message(cMSG_CHANNEL_WINDOW_ADJUST,
            channel.remote_chanid, 0xffffffff))
    well(channel, t)


def data_beyond(channel, t):
    for _ in range(64 * MB // CHUNK):
        t._send_message(message(cMSG_CHANNEL_DATA, channel.remote_chanid,
            b"x" * CHUNK))
    t.close()


def tiny_data(channel, t):
    for _ in range(300000):
        t._send_message(message(cMSG_CHANNEL_DATA, channel.remote_chanid,
            b"x"))
    t.close()


def unknown_channels(channel, t):
    for i in range(2000):
        t._send_message(message(cMSG_CHANNEL_DATA, 1000 + i, b"x" * CHUNK))
        t._send_message(message(cMSG_CHANNEL_EXTENDED_DATA, 1000 + i, 1,
            b"x"))
        t._send_message(message(cMSG_CHANNEL_WINDOW_ADJUST, 1000 + i, 1))
        t._send_message(message(cMSG_CHANNEL_REQUEST, 1000 + i,
            "exit-status", False, 1))
    well(channel, t)


def channel_flood(channel, t):
    kinds = ("session", "x11", "auth-agent@openssh.com", "forwarded-tcpip",
        "forwarded-streamlocal@openssh.com", ESCAPES)
    for i in range(100000):
        t._send_message(message(cMSG_CHANNEL_OPEN, kinds[i % len(kinds)], i,
            0xffffffff, 0xffffffff, "127.0.0.1", 1, "127.0.0.1", 2))
    well(channel, t)


def unasked_after(channel, t):
    for _ in range(10 * MB // 1000):
        t._send_message(message(b"\xc0", b"x" * 1000))
    t.close()


def huge_requests(channel, t):
    for _ in range(300):
        t._send_message(message(cMSG_GLOBAL_REQUEST, ESCAPES + "x" * CHUNK,
            True))
    well(channel, t)


def signal(channel, t):
    t._send_message(message(cMSG_CHANNEL_REQUEST, channel.remote_chanid,
        "exit-signal", False, ESCAPES, True, ESCAPES, ESCAPES))
    channel.close()


def no_window(channel, t):
    """Never takes a byte of input (serve_after has no window to give)."""
    channel.sendall(b"stuck\n")


AFTER = {"junk": junk, "wide window": wide_window, "data beyond": data_beyond,
    "tiny data": tiny_data, "unknown channels": unknown_channels,
    "channel flood": channel_flood, "unasked after": unasked_after,
    "huge requests": huge_requests, "signal": signal, "no window": no_window}


# --- serving -----------------------------------------------------------------

def serve_ssh(way, s):
    window = 0 if way == "no window" else 2 * MB
    t = paramiko.Transport(s, default_window_size=window)
    if way == "no window":
        t._sanitize_window_size = lambda size: 0
    t.add_server_key(KEY)
    host = Host(way)
    host.transport = t
    try:
        t.start_server(server=host)
        t.join()
    except (paramiko.SSHException, OSError, EOFError):
        pass
    s.close()


def serve_raw(say, s):
    try:
        say(s)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()


RAW = {"no version": no_version, "long version": long_version,
    "escaped version": escaped_version, "length 4 GiB": length(0xffffffff),
    "length 2 GiB": length(0x7ffffff8), "length 0": length(0),
    "length 1": length(1), "length odd": length(1021),
    "short kexinit": short_kexinit, "endless ignore": endless_ignore,
    "unasked packets": unasked_packets}
# each connection lasts so many bytes longer than the one before
STEP = 151


def listen(way):
    count = 0
    listener = socket.create_server(("127.0.0.1", 0))
    print(way.replace(" ", "-"), listener.getsockname()[1], flush=True)

    def accept():
        nonlocal count
        while True:
            s = listener.accept()[0]
            count += 1
            if way in RAW:
                job = (serve_raw, (RAW[way], s))
            elif way == "cut":
                job = (serve_ssh, (way, Cut(s, 1 + (count - 1) * STEP)))
            else:
                job = (serve_ssh, (way, s))
            threading.Thread(target=job[0], args=job[1], daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


logging.disable()		# a line for each of 100,000 refusals
KEY = paramiko.RSAKey.from_private_key_file(sys.argv[1])
for way in [*RAW, *BEFORE, *AFTER, "cut"]:
    listen(way)
print("ready", flush=True)
threading.Event().wait()
