# SPDX-License-Identifier: ISC
"""Connects from an address, prints the first line that comes, and stays.

usage: knock.py PORT SOURCE

Nothing is sent. It goes when it is killed.
"""
import signal
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20,
                              (sys.argv[2], 0)) as s:
    print(s.makefile("r").readline().rstrip("\r\n") or "closed", flush=True)
    signal.pause()
