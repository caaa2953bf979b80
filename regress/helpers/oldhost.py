# SPDX-License-Identifier: ISC
"""An SSH server of before RFC 8332: RSA keys of users sign with SHA-1 only, and
it does not say so. Its programs say who runs them, and what they were called.

usage: oldhost.py PORT HOSTKEYFILE
"""
import socket
import sys
import threading

import paramiko


class Host(paramiko.ServerInterface):
    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        self.user = username
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        # the answer to this request must go out before anything else
        threading.Timer(0.05, self.run, (channel, command)).start()
        return True

    def run(self, channel, command):
        channel.sendall("%s: %s\n" % (self.user, command.decode()))
        channel.send_exit_status(0)
        channel.close()


def serve(connection):
    transport = paramiko.Transport(connection, server_sig_algs=False,
        disabled_algorithms={"pubkeys": ["rsa-sha2-512", "rsa-sha2-256"]})
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
