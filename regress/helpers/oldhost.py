# SPDX-License-Identifier: ISC
"""An SSH server of before RFC 8332: RSA keys of users sign with SHA-1 only, and
it does not say so. Its programs say who runs them, and what they were called.

usage: oldhost.py PORT HOSTKEYFILE
"""
import paramiko

import lenient


class Host(lenient.Host):
    def run(self, channel, command):
        channel.sendall("%s: %s\n" % (self.user, command))
        channel.send_exit_status(0)
        channel.close()


lenient.main(paramiko.RSAKey, Host, server_sig_algs=False,
    disabled_algorithms={"pubkeys": ["rsa-sha2-512", "rsa-sha2-256"]})
