# SPDX-License-Identifier: ISC
"""A host made of asyncssh: runs commands, on terminals too, serves files by
sftp and scp, and wants new keys every quarter of a mebibyte.

usage: asyncssh_host.py PORT HOSTKEY AUTHORIZED_KEYS USER PASSWORD
"""
import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios

import asyncssh

PORT, HOSTKEY, KEYS, USER, PASSWORD = sys.argv[1:]


class Host(asyncssh.SSHServer):
    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == (USER, PASSWORD)


async def on_terminal(process):
    master, slave = pty.openpty()
    width, height, xpixels, ypixels = process.term_size
    fcntl.ioctl(slave, termios.TIOCSWINSZ,
        struct.pack("HHHH", height, width, xpixels, ypixels))
    child = await asyncio.create_subprocess_shell(process.command,
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env=dict(os.environ, TERM=process.term_type),
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    await process.redirect(stdin=os.dup(master), stdout=master)
    return await child.wait()


async def on_pipes(process):
    child = await asyncio.create_subprocess_shell(process.command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    # the one output's end is not that of the other
    await process.redirect(stdin=child.stdin, stdout=child.stdout,
        stderr=child.stderr, send_eof=False)
    status = await child.wait()
    await process.stdout.drain()
    await process.stderr.drain()
    return status


async def run(process):
    process.exit(await (on_terminal if process.term_type else on_pipes)(
        process))


async def main():
    await asyncssh.create_server(Host, "127.0.0.1", int(PORT),
        server_host_keys=[HOSTKEY], authorized_client_keys=KEYS,
        process_factory=run, encoding=None, line_editor=False,
        sftp_factory=True, allow_scp=True, rekey_bytes=1 << 18)
    await asyncio.Event().wait()


asyncio.run(main())
