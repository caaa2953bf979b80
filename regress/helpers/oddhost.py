# SPDX-License-Identifier: ISC
"""An SSH server whose programs end in ways that are rare.

usage: oddhost.py PORT HOSTKEYFILE

It lets everybody in and runs nothing; the command says how it ends:

    none                    the channel closes, and nothing else
    status N                with this exit status
    signal NAME CORE WORDS  by this signal; CORE is 0 or 1
    late N                  the status once the client has sent a line
"""
import socket
import sys
import threading

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST


class Host(paramiko.ServerInterface):
    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else \
            paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *arguments):
        return True

    def check_channel_exec_request(self, channel, command):
        # the answer to this request must go out before anything else
        timer = threading.Timer(0.05, run, (channel, command.decode()))
        timer.daemon = True
        timer.start()
        return True


def send_signal(channel, name, core, words):
    m = paramiko.Message()
    m.add_byte(cMSG_CHANNEL_REQUEST)
    m.add_int(channel.remote_chanid)
    m.add_string("exit-signal")
    m.add_boolean(False)
    m.add_string(name)
    m.add_boolean(core)
    m.add_string(words)
    m.add_string("en")
    channel.transport._send_user_message(m)


def run(channel, command):
    words = command.split(" ", 3)
    channel.sendall(b"running\n")
    if words[0] == "late":
        channel.makefile().readline()
    if words[0] in ("status", "late"):
        channel.send_exit_status(int(words[1]))
    elif words[0] == "signal":
        send_signal(channel, words[1], words[2] == "1", words[3])
    channel.close()


def serve(connection):
    transport = paramiko.Transport(connection)
    transport.add_server_key(KEY)
    try:
        transport.start_server(server=Host())
        transport.join()
    except (paramiko.SSHException, EOFError) as e:
        print(e, flush=True)


KEY = paramiko.RSAKey.from_private_key_file(sys.argv[2])
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1],
        daemon=True).start()
