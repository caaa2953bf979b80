# SPDX-License-Identifier: ISC
"""An SSH client that tries keyboard-interactive in ways of its own.

usage: interactive.py PORT LOGIN STEP ...

    ask         ask for it
    answer:N    send N answers
    stray:N     the same, unasked: nothing is said to that
    library     as paramiko's own method does it, with whatever it is asked

Each answer is a line: "info: TITLE|INSTRUCTION|PROMPTS", "failure: METHODS",
"success", or "gone". A library prints what its handler got, then its error.
"""
import queue
import socket
import sys

import paramiko
from paramiko.common import (MSG_SERVICE_ACCEPT, MSG_USERAUTH_BANNER,
    MSG_USERAUTH_FAILURE, MSG_USERAUTH_INFO_REQUEST, MSG_USERAUTH_SUCCESS,
    cMSG_SERVICE_REQUEST, cMSG_USERAUTH_INFO_RESPONSE, cMSG_USERAUTH_REQUEST)


def info(m):
    title, text, _ = m.get_text(), m.get_text(), m.get_text()
    return "info: %s|%s|%d" % (title, text, m.get_int())


class Authenticator(paramiko.auth_handler.AuthHandler):
    """Sends what it is told to, and keeps the answers."""

    def __init__(self, transport):
        super().__init__(transport)
        self.answers = queue.Queue()

    _client_handler_table = {
        MSG_SERVICE_ACCEPT: lambda self, m: self.answers.put("service"),
        MSG_USERAUTH_SUCCESS: lambda self, m: self.answers.put("success"),
        MSG_USERAUTH_FAILURE:
            lambda self, m: self.answers.put("failure: " + m.get_text()),
        MSG_USERAUTH_BANNER: lambda self, m: None,
        MSG_USERAUTH_INFO_REQUEST: lambda self, m: self.answers.put(info(m)),
    }

    def abort(self):
        self.answers.put("gone")

    def put(self, *parts):
        m = paramiko.Message()
        for p in parts:
            (m.add_byte if isinstance(p, bytes) else
             m.add_int if isinstance(p, int) else m.add_string)(p)
        try:
            self.transport._send_message(m)
        except EOFError:
            self.answers.put("gone")

    def send(self, *parts):
        self.put(*parts)
        return self.answers.get(timeout=20)


def take(auth, login, step):
    kind, _, n = step.partition(":")
    if kind == "ask":
        return auth.send(cMSG_USERAUTH_REQUEST, login, "ssh-connection",
                         "keyboard-interactive", "", "")
    send = auth.put if kind == "stray" else auth.send
    return send(cMSG_USERAUTH_INFO_RESPONSE, int(n), *["x"] * int(n))


def library(transport, login):
    def handler(title, instructions, prompts):
        print("info: %s|%s|%d" % (title, instructions, len(prompts)))
        return []
    try:
        transport.auth_interactive(login, handler)
        print("success")
    except paramiko.SSHException as e:
        print(type(e).__name__)


def main():
    port, login, *steps = sys.argv[1:]
    sock = socket.create_connection(("127.0.0.1", int(port)), 20)
    transport = paramiko.Transport(sock)
    transport.start_client(timeout=20)
    if steps == ["library"]:
        library(transport, login)
    else:
        auth = transport.auth_handler = Authenticator(transport)
        auth.send(cMSG_SERVICE_REQUEST, "ssh-userauth")
        for step in steps:
            said = take(auth, login, step)
            if said is not None:
                print(said)
    transport.close()


main()
