# SPDX-License-Identifier: ISC
"""An SSH server that opens channels which it was not asked for. Its programs
are named after what they open: "unasked" (a connection to a Unix socket that
it does not listen on), "nothing", "short" and "huge" (parts of such a message,
and a path of 4 GiB). They end after the answer. "many" opens connections to a
port, which it says that it listens on, until the end, and closes none.
Asked to choose a port, it chooses one that is none.

usage: opener.py PORT HOSTKEYFILE
"""
import threading

import paramiko
from paramiko.common import (MSG_CHANNEL_CLOSE, MSG_CHANNEL_EOF,
    MSG_CHANNEL_OPEN_FAILURE, MSG_CHANNEL_OPEN_SUCCESS, cMSG_CHANNEL_OPEN)

import lenient

OPENS = {
    "unasked": b"\0\0\0\7" b"\0\0\1\0" b"\0\0\1\0" b"\0\0\0\2/x" b"\0\0\0\0",
    "nothing": b"\0\0\0\7" b"\0\0\1\0" b"\0\0\1\0",
    "short": b"\0\0\0\7" b"\0\0\1\0" b"\0\0\1\0" b"\0\0\0\2/x" b"\0",
    "huge": b"\0\0\0\7" b"\0\0\1\0" b"\0\0\1\0" b"\xff\xff\xff\xff/x",
}


class Transport(paramiko.Transport):
    """Tells when one that it opened is refused; closes none."""

    def refused(self, m):
        self.failed.set()

    def ignored(self, m):
        pass

    _handler_table = {**paramiko.Transport._handler_table,
                      MSG_CHANNEL_OPEN_SUCCESS: ignored,
                      MSG_CHANNEL_EOF: ignored, MSG_CHANNEL_CLOSE: ignored,
                      MSG_CHANNEL_OPEN_FAILURE: refused}


class Host(lenient.Host):
    def __init__(self, transport):
        super().__init__(transport)
        transport.failed = threading.Event()

    def check_port_forward_request(self, address, port):
        return port or (1 << 32) - 2

    def open_many(self, port):
        n = 1000
        while self.transport.is_active():
            self.transport.channels_seen[n] = True
            m = paramiko.Message()
            m.add_byte(cMSG_CHANNEL_OPEN)
            m.add_string("forwarded-tcpip")
            for number in n, 1 << 20, 1 << 15:
                m.add_int(number)
            m.add_string("127.0.0.1")
            m.add_int(port)
            m.add_string("127.0.0.1")
            m.add_int(1)
            self.transport._send_user_message(m)
            n += 1

    def run(self, channel, command):
        if command.startswith("many "):
            self.open_many(int(command[5:]))
            return
        m = paramiko.Message()
        m.add_byte(cMSG_CHANNEL_OPEN)
        m.add_string("forwarded-streamlocal@openssh.com")
        m.add_bytes(OPENS[command])
        self.transport._send_user_message(m)
        self.transport.failed.wait(30)
        channel.sendall("refused\n")
        channel.send_exit_status(0)
        channel.close()


lenient.main(paramiko.RSAKey, Host, Transport)
