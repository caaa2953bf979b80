# SPDX-License-Identifier: ISC
"""An SSH client that offers and signs with keys in any order.

usage: confusion.py PORT LOGIN COMMAND STEP ...

    query:KEY[:LOGIN]   offer a public key, without a signature
    sign:KEY            sign with a key
    forge:KEY:OTHER     offer KEY with a signature that OTHER made; libssh
                        does not answer that, which is a refusal too

Status: that of the command once a step has let us in, 3 if none has.
"""
import socket
import sys
import threading

import paramiko
from paramiko.common import (MSG_SERVICE_ACCEPT,
    MSG_USERAUTH_BANNER, MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_SUCCESS, cMSG_SERVICE_REQUEST, cMSG_USERAUTH_REQUEST)

PK_OK = 60
REFUSED = 3


class Authenticator(paramiko.auth_handler.AuthHandler):
    """Sends what it is told to, and keeps the answers."""

    def __init__(self, transport):
        super().__init__(transport)
        self.answered = threading.Event()
        self.answer = None

    def put(self, code):
        self.answer = code
        self.answered.set()

    def send(self, m, seconds=20):
        """The code of the answer, None without one."""
        self.answer = None
        self.answered.clear()
        try:
            self.transport._send_message(m)
        except EOFError:
            return None
        self.answered.wait(seconds)
        return self.answer

    _client_handler_table = {
        MSG_SERVICE_ACCEPT: lambda self, m: self.put(MSG_SERVICE_ACCEPT),
        MSG_USERAUTH_SUCCESS: lambda self, m: self.success(),
        MSG_USERAUTH_FAILURE: lambda self, m: self.put(MSG_USERAUTH_FAILURE),
        MSG_USERAUTH_BANNER: lambda self, m: None,
        PK_OK: lambda self, m: self.put(PK_OK),
    }

    def success(self):
        self.authenticated = True
        self.transport._auth_trigger()
        self.put(MSG_USERAUTH_SUCCESS)

    def request(self, login, blob, signer=None):
        m = paramiko.Message()
        m.add_byte(cMSG_USERAUTH_REQUEST)
        m.add_string(login)
        m.add_string("ssh-connection")
        m.add_string("publickey")
        m.add_boolean(signer is not None)
        m.add_string("ssh-ed25519")
        m.add_string(blob)
        if signer is not None:
            data = paramiko.Message()
            data.add_string(self.transport.session_id)
            data.add_bytes(m.asbytes())
            m.add_string(signer.sign_ssh_data(data.asbytes(), "ssh-ed25519"))
        return self.send(m, 3 if signer is not None else 20)


def key(path):
    return paramiko.Ed25519Key.from_private_key_file(path)


def take(auth, login, step):
    kind, *names = step.split(":")
    if kind == "query":
        who = names[1] if len(names) > 1 else login
        auth.request(who, key(names[0]).asbytes())
        return False
    blob = key(names[0]).asbytes()
    signer = key(names[-1])
    return auth.request(login, blob, signer) == MSG_USERAUTH_SUCCESS


def main():
    port, login, command, *steps = sys.argv[1:]
    sock = socket.create_connection(("127.0.0.1", int(port)), 20)
    transport = paramiko.Transport(sock)
    transport.start_client(timeout=20)
    auth = transport.auth_handler = Authenticator(transport)
    m = paramiko.Message()
    m.add_byte(cMSG_SERVICE_REQUEST)
    m.add_string("ssh-userauth")
    auth.send(m)
    if not any(take(auth, login, step) for step in steps):
        transport.close()
        sys.exit(REFUSED)
    channel = transport.open_session(timeout=20)
    channel.exec_command(command)
    sys.stdout.buffer.write(channel.makefile("rb").read())
    sys.stderr.buffer.write(channel.makefile_stderr("rb").read())
    sys.stdout.flush()
    status = channel.recv_exit_status()
    transport.close()
    sys.exit(status if status >= 0 else 255)


main()
