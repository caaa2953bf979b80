# SPDX-License-Identifier: ISC
"""An SSH server whose programs end in ways that are rare.

usage: oddhost.py PORT HOSTKEYFILE

It lets everybody in and runs nothing; the command says how it ends:

    none                    the channel closes, and nothing else
    status N                with this exit status
    signal NAME CORE WORDS  by this signal; CORE is 0 or 1
    late N                  the status once the client has sent a line
"""
import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST

import lenient


class Host(lenient.Host):
    def run(self, channel, command):
        words = command.split(" ", 3)
        channel.sendall(b"running\n")
        if words[0] == "late":
            channel.makefile().readline()
        if words[0] in ("status", "late"):
            channel.send_exit_status(int(words[1]))
        elif words[0] == "signal":
            send_signal(channel, words[1], words[2] == "1", words[3])
        channel.close()


def send_signal(channel, name, core, words):
    m = paramiko.Message()
    m.add_byte(cMSG_CHANNEL_REQUEST)
    m.add_int(channel.remote_chanid)
    m.add_string("exit-signal")
    m.add_boolean(False)
    m.add_string(name)
    m.add_boolean(core)
    m.add_string(words)
    m.add_string("en")
    channel.transport._send_user_message(m)


lenient.main(paramiko.RSAKey, Host)
