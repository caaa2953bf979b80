#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What ssh(1) does not show or say of forwarded ports and sockets.

forwards.py originator PORT KEY HOST: has HOST, through the portal at PORT, listen
    on a port that it chooses, prints "listens PORT", and then "from HOST PORT" for
    each connection to it, until its input ends.
forwards.py open PORT KEY HOST TYPE LENGTH: opens a channel of that type to a name
    that is so long, and prints the words of the disconnect.
forwards.py flood PORT TARGET FILE: connects to TARGET on loopback again and
    again, each for itself, while FILE is there; what PORT is connected to, is
    closed.
"""

import logging
import os
import socket
import sys
import threading

import paramiko
from paramiko.common import cMSG_CHANNEL_OPEN


def connect(port, key, host):
    t = paramiko.Transport(("127.0.0.1", int(port)))
    t.connect(username=host,
              pkey=paramiko.Ed25519Key.from_private_key_file(key))
    return t


def originator(port, key, host):
    t = connect(port, key, host)

    def arrived(channel, origin, server):
        print("from", *origin, flush=True)
        channel.close()

    print("listens", t.request_port_forward("127.0.0.1", 0, arrived),
          flush=True)
    sys.stdin.read()
    t.close()


def open_channel(port, key, host, kind, length):
    # the words of a disconnect are only in its log
    logging.basicConfig(stream=sys.stdout, format="%(message)s",
                        level=logging.INFO)
    t = connect(port, key, host)
    m = paramiko.Message()
    m.add_byte(cMSG_CHANNEL_OPEN)
    m.add_string(kind)
    for number in 0, 1 << 20, 1 << 15:
        m.add_int(number)
    m.add_string("x" * int(length))
    if kind == "direct-tcpip":
        m.add_int(22)
    m.add_string("127.0.0.1")
    m.add_int(1)
    t._send_user_message(m)
    t.join(30)
    t.close()


def close_all(port):
    s = socket.create_server(("127.0.0.1", int(port)))
    while True:
        s.accept()[0].close()


def knock(target, file):
    while os.path.exists(file):
        try:
            with socket.create_connection(("127.0.0.1", int(target))) as s:
                s.recv(1)
        except OSError:
            pass


def flood(port, target, file):
    threading.Thread(target=close_all, args=(port,), daemon=True).start()
    threads = [threading.Thread(target=knock, args=(target, file))
               for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


COMMANDS = {"originator": originator, "open": open_channel, "flood": flood}
COMMANDS[sys.argv[1]](*sys.argv[2:])
