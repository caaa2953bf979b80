#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""
What stands behind /dev/log.

usage: syslogd.py SOCKET LOG

Appends each message to LOG without priority and time, which leaves it in the
form that the portal has on standard error.
"""
import os
import re
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "a", buffering=1) as out:
    while True:
        text = s.recv(8192).decode().rstrip("\0\n")
        print(re.sub(r"^<\d+>... .. ..:..:.. ", "", text), file=out)
