# SPDX-License-Identifier: ISC
"""A client on paramiko.

usage: client_paramiko.py PORT USER KEYFILE KNOWN_HOSTS exec COMMAND
                                                        pty COMMAND
                                                        put LOCAL REMOTE
                                                        get REMOTE LOCAL
                                                        forward HOST PORT

exec passes standard input, both outputs and the status; pty asks for a
terminal like the one it runs on; forward prints what somebody there says
first. With REKEY in the environment keys are exchanged anew every 200,000
bytes.
"""
import os
import sys
import threading

import paramiko

port, user, key, known, verb, *words = sys.argv[1:]
if "REKEY" in os.environ:
    paramiko.packet.Packetizer.REKEY_BYTES = 200000
client = paramiko.SSHClient()
client.load_host_keys(known)
client.connect("127.0.0.1", port=int(port), username=user, key_filename=key,
    allow_agent=False, look_for_keys=False, timeout=20)


def copy(read, fd):
    while data := read(32768):
        while data:
            data = data[os.write(fd, data):]


def feed(channel):
    while data := os.read(0, 32768):
        channel.sendall(data)
    channel.shutdown_write()


def run(command):
    channel = client.get_transport().open_session()
    if verb == "pty":
        columns, rows = os.get_terminal_size(0)
        channel.get_pty(os.environ["TERM"], columns, rows)
    channel.exec_command(command)
    threading.Thread(target=feed, args=(channel,), daemon=True).start()
    errors = threading.Thread(target=copy, args=(channel.recv_stderr, 2))
    errors.start()
    copy(channel.recv, 1)
    errors.join()
    return channel.recv_exit_status()


if verb in ("exec", "pty"):
    status = run(" ".join(words))
    client.close()
    os._exit(status)
if verb == "forward":
    channel = client.get_transport().open_channel("direct-tcpip",
        (words[0], int(words[1])), ("127.0.0.1", 1))
    os.write(1, channel.recv(1000))
    client.close()
    os._exit(0)
with client.open_sftp() as sftp:
    getattr(sftp, verb)(*words)
client.close()
