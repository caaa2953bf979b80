# SPDX-License-Identifier: ISC
"""A ProxyCommand over a connection that is as bad as it is told to be.

usage: trickle.py PORT all|byte [CUT close|reset]

Sends what it reads as it comes, or a byte a segment; and after CUT bytes it
closes the connection, or resets it.
"""
import os
import select
import socket
import struct
import sys

port, how, *rest = sys.argv[1:]
cut = int(rest[0]) if rest else None
sock = socket.create_connection(("127.0.0.1", int(port)), 20)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
sent = 0
while True:
    for fd in select.select([0, sock], [], [])[0]:
        if fd is sock:
            data = sock.recv(65536)
            if not data:
                sys.exit(0)
            os.write(1, data)
            continue
        data = os.read(0, 65536)
        if cut is not None:
            data = data[:cut - sent]
        pieces = [data]
        if how == "byte":
            pieces = [data[i:i + 1] for i in range(len(data))]
        for piece in pieces:
            sock.sendall(piece)
        sent += len(data)
        if not data or sent == cut:
            if rest and rest[1] == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
            sock.close()
            sys.exit(0)
