# SPDX-License-Identifier: ISC
"""A client that logs in as it should not, whatever the server lists.

usage: odd_keys.py PORT USER sha1 KEYFILE
       odd_keys.py PORT USER dsa

Prints what the server says of it.
"""
import sys

import paramiko

port, user, how, *file = sys.argv[1:]
transport = paramiko.Transport(("127.0.0.1", int(port)),
    disabled_algorithms={"pubkeys": ["rsa-sha2-256", "rsa-sha2-512"]})
key = (paramiko.RSAKey(filename=file[0]) if how == "sha1"
    else paramiko.DSSKey.generate())


def disconnected(message):
    message.get_int()
    print("disconnected:", message.get_text())


transport._parse_disconnect = disconnected
# it would pick another way to sign from the server's list (RFC 8308)
transport._handler_table = {**transport._handler_table,
    7: lambda self, message: None}
transport.start_client(timeout=20)
try:
    transport.auth_publickey(user, key)
    print("it is in")
except (paramiko.SSHException, EOFError) as e:
    print("refused:", e)
transport.close()
