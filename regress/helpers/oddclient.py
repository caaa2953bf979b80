# SPDX-License-Identifier: ISC
"""An SSH client that tells what ssh(1) does not, and asks what it does not.

usage: oddclient.py PORT USER KEYFILE end COMMAND
       oddclient.py PORT USER KEYFILE ask [pty] <script

"end" prints how the command ended: "status N", "signal NAME CORE WORDS", or
"none".  "ask" runs cat on a channel and takes from standard input, line by
line, what to ask for; after each, what was written must come back.

    request NAME [HEX]          with the wish for an answer: prints yes or no
    tell NAME [HEX]             without it
    global NAME                 a global request: prints yes or no
    say NAME                    a global request without the wish for an answer
    open KIND                   another channel: prints yes, or no and a number
    session                     another session's cat: prints yes or no
"""
import socket
import sys

import paramiko
from paramiko.common import (MSG_CHANNEL_FAILURE, MSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_REQUEST)

SECONDS = 20


def handle_request(channel, m):
    """Keeps what paramiko reads over."""
    copy = paramiko.Message(m.get_remainder())
    kind = copy.get_text()
    copy.get_boolean()
    if kind == "exit-status":
        channel.how = "status %d" % copy.get_int()
    elif kind == "exit-signal":
        name, core, words = copy.get_text(), copy.get_boolean(), copy.get_text()
        channel.how = "signal %s %d %s" % (name, core, words)
    paramiko.Channel._handle_request(channel, m)


def handle_refusal(channel, m):
    """paramiko would close the channel."""
    channel.event.set()


handlers = paramiko.Transport._channel_handler_table
handlers[MSG_CHANNEL_REQUEST] = handle_request
handlers[MSG_CHANNEL_FAILURE] = handle_refusal


def end(transport, command):
    channel = transport.open_session(timeout=SECONDS)
    channel.settimeout(SECONDS)
    channel.exec_command(command)
    if command.startswith("late"):
        channel.sendall(b"go\n")
    while channel.recv(4096):
        pass
    # the end of the data is not the end of the channel
    channel.status_event.wait(SECONDS)
    print(getattr(channel, "how", "none"))


def echo(channel):
    channel.sendall(b"echo\n")
    got = b""
    while not got.endswith(b"\n"):
        data = channel.recv(4096)
        if not data:
            sys.exit("oddclient: the session is closed")
        got += data


def cat(transport, pty):
    channel = transport.open_session(timeout=SECONDS)
    channel.settimeout(SECONDS)
    if pty:
        channel.get_pty()
    channel.exec_command("stty raw -echo 2>/dev/null; exec cat")
    echo(channel)
    return channel


def request(channel, name, data, wanted):
    m = paramiko.Message()
    m.add_byte(cMSG_CHANNEL_REQUEST)
    m.add_int(channel.remote_chanid)
    m.add_string(name)
    m.add_boolean(wanted)
    m.add_bytes(bytes.fromhex(data))
    if wanted:
        channel._event_pending()
    channel.transport._send_user_message(m)
    if not wanted:
        return
    if not channel.event.wait(SECONDS):
        sys.exit("oddclient: no answer to " + name)
    print("yes" if channel.event_ready else "no")


def ask(transport, pty):
    channel = cat(transport, pty)
    for line in sys.stdin:
        verb, name, data = (line.split() + ["", ""])[:3]
        if verb in ("request", "tell"):
            request(channel, name, data, verb == "request")
        elif verb == "global":
            answer = transport.global_request(name, wait=True)
            print("no" if answer is None else "yes")
        elif verb == "say":
            transport.global_request(name, wait=False)
        elif verb == "open":
            try:
                transport.open_channel(name, timeout=SECONDS)
                print("yes")
            except paramiko.ChannelException as e:
                print("no", e.code)
        elif verb == "session":
            try:
                cat(transport, False).close()
                print("yes")
            except (paramiko.SSHException, EOFError):
                print("no")
                return
        echo(channel)
    channel.close()


port, user, keyfile, verb = sys.argv[1:5]
transport = paramiko.Transport(socket.create_connection(
    ("127.0.0.1", int(port)), SECONDS))
transport.start_client(timeout=SECONDS)
transport.auth_publickey(user,
    paramiko.Ed25519Key.from_private_key_file(keyfile))
if verb == "end":
    end(transport, sys.argv[5])
else:
    ask(transport, sys.argv[5:] == ["pty"])
transport.close()
