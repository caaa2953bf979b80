# SPDX-License-Identifier: ISC
"""Log in half way, then say nothing until the server ends it.

usage: stall.py PORT [KEYFILE]

Without a key it stops after the key exchange, with one after having offered
it.
"""
import socket
import sys

import paramiko
from paramiko.common import cMSG_SERVICE_REQUEST, cMSG_USERAUTH_REQUEST

sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
transport = paramiko.Transport(sock)
transport.start_client(timeout=20)
if len(sys.argv) > 2:
    m = paramiko.Message()
    m.add_byte(cMSG_SERVICE_REQUEST)
    m.add_string("ssh-userauth")
    transport._send_message(m)
    key = paramiko.Ed25519Key.from_private_key_file(sys.argv[2])
    m = paramiko.Message()
    m.add_byte(cMSG_USERAUTH_REQUEST)
    m.add_string("web1")
    m.add_string("ssh-connection")
    m.add_string("publickey")
    m.add_boolean(False)
    m.add_string("ssh-ed25519")
    m.add_string(key.asbytes())
    transport._send_message(m)
transport.join(30)
sys.exit(1 if transport.is_alive() else 0)
