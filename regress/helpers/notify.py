#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""
What systemd is to a service: the socket of sd_notify(3).

usage: notify.py SOCKET LOG PORT

Writes a line for each message to LOG: the sender's pid, then the message with
blanks for newlines. Behind READY=1 stands what a client would have met on PORT
at that moment: "banner", or "nothing".
"""
import array
import os
import socket
import struct
import sys


def meets(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.settimeout(5)
            return "banner" if s.recv(8) == b"SSH-2.0-" else "nothing"
    except OSError:
        return "nothing"


def main():
    path, log, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    s.bind(path)
    os.chmod(path, 0o666)
    with open(log, "w", buffering=1) as out:
        while True:
            text, anc, _, _ = s.recvmsg(4096, 64)
            pid = struct.unpack("3i", array.array("i", anc[0][2]))[0]
            line = text.decode().split()
            if "READY=1" in line:
                line.append(meets(port))
            print(pid, *line, file=out)


main()
