# SPDX-License-Identifier: ISC
"""An SSH server that takes one user's password and runs commands.

usage: passwordhost.py PORT USER PASSWORD HOSTKEYFILE
"""
import os
import signal
import socket
import subprocess
import sys
import threading

import paramiko


class Host(paramiko.ServerInterface):
    def get_allowed_auths(self, username):
        return "password"

    def check_auth_password(self, username, password):
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else \
            paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel, command):
        # the answer to this request must go out before anything else
        timer = threading.Timer(0.05, run, (channel, command))
        timer.daemon = True
        timer.start()
        return True


def run(channel, command):
    child = subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True)
    while True:
        try:
            out, err = child.communicate(timeout=0.1)
            break
        except subprocess.TimeoutExpired:
            if channel.closed or not channel.get_transport().is_active():
                os.killpg(child.pid, signal.SIGKILL)
    if not channel.closed:
        channel.sendall(out)
        channel.sendall_stderr(err)
        channel.send_exit_status(child.returncode)
        channel.close()


def serve(connection):
    transport = paramiko.Transport(connection)
    transport.add_server_key(KEY)
    try:
        transport.start_server(server=Host())
        transport.join()
    except (paramiko.SSHException, EOFError) as e:
        print(e, flush=True)


PORT, USER, PASSWORD, KEYFILE = sys.argv[1:]
KEY = paramiko.RSAKey.from_private_key_file(KEYFILE)
listener = socket.create_server(("127.0.0.1", int(PORT)))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1],
        daemon=True).start()
