# SPDX-License-Identifier: ISC
"""An SSH server that takes one user's password, runs commands, and connects.

usage: passwordhost.py PORT HOSTKEYFILE USER PASSWORD
"""
import os
import signal
import socket
import subprocess
import sys
import threading

import paramiko

import lenient


class Host(lenient.Host):
    def get_allowed_auths(self, username):
        return "password"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username, password):
        good = [username, password] == sys.argv[3:]
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        try:
            far = socket.create_connection(destination)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        threading.Thread(target=carry, args=(self.transport, far),
            daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def run(self, channel, command):
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


def pump(read, write, end):
    while True:
        try:
            data = read(65536)
            if not data:
                break
            write(data)
        except OSError:
            break
    try:
        end()
    except OSError:
        pass


def carry(transport, far):
    """Bytes between the channel that comes next and a connection."""
    near = transport.accept()
    back = threading.Thread(target=pump,
        args=(far.recv, near.sendall, near.shutdown_write), daemon=True)
    back.start()
    pump(near.recv, far.sendall, lambda: far.shutdown(socket.SHUT_WR))
    back.join()
    near.close()
    far.close()


lenient.main(paramiko.RSAKey, Host)
