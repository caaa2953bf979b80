# SPDX-License-Identifier: ISC
"""An SSH server to make odd hosts of: it lets every key in and takes every
command, which a subclass of Host runs.
"""
import socket
import sys
import threading

import paramiko


class Host(paramiko.ServerInterface):
    """A connection. run(channel, command) is called in a thread of its own."""

    def __init__(self, transport):
        self.transport = transport

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        self.user = username
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else \
            paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *arguments):
        return True

    def check_channel_exec_request(self, channel, command):
        # the answer to this request must go out before anything else
        timer = threading.Timer(0.05, self.run, (channel, command.decode()))
        timer.daemon = True
        timer.start()
        return True


def serve(connection, key, host, transport, options):
    t = transport(connection, **options)
    t.add_server_key(key)
    try:
        t.start_server(server=host(t))
        t.join()
    except (paramiko.SSHException, EOFError) as e:
        print(e, flush=True)


def main(key, host, transport=paramiko.Transport, **options):
    """Serves on the port of argv[1] with the host key, of this class, that is
    in the file argv[2]; the options are the transport's.
    """
    key = key.from_private_key_file(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], key, host,
            transport, options), daemon=True).start()
