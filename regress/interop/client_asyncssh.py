# SPDX-License-Identifier: ISC
"""A client on asyncssh; its arguments are those of client_paramiko.py."""
import asyncio
import os
import sys

import asyncssh

port, user, key, known, verb, *words = sys.argv[1:]


async def feed(stdin):
    """By a thread: an event loop takes neither files nor /dev/null."""
    loop = asyncio.get_running_loop()
    while data := await loop.run_in_executor(None, os.read, 0, 32768):
        stdin.write(data)
        await stdin.drain()
    stdin.write_eof()


async def copy(stream, fd):
    while data := await stream.read(32768):
        while data:
            data = data[os.write(fd, data):]


async def run(connection, command):
    terminal = {}
    if verb == "pty":
        terminal = {"term_type": os.environ["TERM"],
            "term_size": tuple(os.get_terminal_size(0))}
    done = await connection.create_process(command, encoding=None, **terminal)
    feeder = asyncio.create_task(feed(done.stdin))
    await asyncio.gather(copy(done.stdout, 1), copy(done.stderr, 2))
    await done.wait()
    feeder.cancel()
    return 255 if done.exit_status is None else done.exit_status


async def main():
    rekey = {"rekey_bytes": 200000} if "REKEY" in os.environ else {}
    async with asyncssh.connect("127.0.0.1", port=int(port), username=user,
            client_keys=[key], known_hosts=known, agent_path=None,
            config=None, **rekey) as connection:
        if verb == "forward":
            reader, writer = await connection.open_connection(words[0],
                int(words[1]))
            os.write(1, await reader.read(1000))
            writer.close()
            return 0
        if verb in ("exec", "pty"):
            return await run(connection, " ".join(words))
        async with connection.start_sftp_client() as sftp:
            await getattr(sftp, verb)(*words)
    return 0

status = asyncio.get_event_loop_policy().new_event_loop() \
    .run_until_complete(main())
os._exit(status)
