# SPDX-License-Identifier: ISC
"""The ways to measure: sshds, a portal, other portals, and the client.

Each way that is compared by CPU time has daemons of its own: the host of the
direct way serves no other, so that all that it uses was used for that.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import procs

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SSHD = "/usr/sbin/sshd"
INVITE = "bench0invite0token0"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*argv, **kw):
    kw.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(argv, check=True, **kw)


def wait_for(what, is_so, seconds=20):
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"{what}: not within {seconds} seconds")
        time.sleep(0.01)


class Way:
    """A way to a host: a Host of the ssh_config, and whose CPU and memory
    count (pid None: not known)."""

    def __init__(self, name, pid=None):
        self.name = name
        self.pid = pid


class Lab:
    def __init__(self, peers, config):
        self.dir = tempfile.mkdtemp(prefix="sshportal-bench.", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        # installed, a portal has its sockets in /run, which is no disk
        self.run_dir = tempfile.mkdtemp(prefix="sshportal-bench.",
                                        dir="/dev/shm")
        self.peers = peers
        self.portal_config = config
        self.running = []
        self.ways = []
        self.config = os.path.join(self.dir, "ssh_config")
        self.user = run("id", "-un", capture_output=True,
                        text=True).stdout.strip()

    # Processes; nothing is ended that was not started here

    def popen(self, argv, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.Popen(argv, **kw)
        self.running.append(p)
        return p

    def ended(self, p, *ok):
        """Waits for the end; its status has to be 0 or one of ok."""
        status = p.wait()
        self.running.remove(p)
        if status != 0 and status not in ok:
            raise SystemExit(f"{shlex.join(p.args)}: exit {status}")
        return status

    def end(self, p):
        p.send_signal(signal.SIGTERM)
        p.wait()
        self.running.remove(p)

    def tear_down(self):
        for p in reversed(self.running):
            if p.poll() is not None:
                continue
            # a parent may start another while its children are ended
            for _ in range(3):
                for pid in procs.tree(p.pid)[:0:-1]:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
            p.kill()
            p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.run_dir, ignore_errors=True)

    # Daemons

    def listening(self, p, port, log):
        """Waits for the port; shows the log of what does not start."""
        until = time.monotonic() + 20
        while p.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"{p.args[0]} does not start; its log:\n"
                         + procs.read(log))

    def start_sshd(self, name):
        d, port = os.path.join(self.dir, name), free_port()
        os.makedirs(d + "/home")
        run("ssh-keygen", "-qt", "ed25519", "-N", "", "-f", d + "/hostkey")
        # HOME: what the shells of whoever measures do at their start is none
        # of what is measured
        with open(d + "/config", "w") as f:
            f.write(f"""ListenAddress 127.0.0.1:{port}
HostKey {d}/hostkey
AuthorizedKeysFile {self.dir}/authorized_keys
PidFile none
StrictModes no
UsePAM no
MaxStartups 1000
MaxSessions 1000
PrintMotd no
PrintLastLog no
SetEnv HOME={d}/home
KexAlgorithms curve25519-sha256
Subsystem sftp internal-sftp
""")
        p = self.popen([SSHD, "-D", "-e", "-f", d + "/config"],
                       stderr=open(d + "/log", "w"))
        self.listening(p, port, d + "/log")
        return p, port

    def start_portal(self, host_port, name="portal", flags=None):
        """A portal and its first administrator, "admin" in the ssh_config,
        or NAME-admin for another than "portal". flags: where its store is."""
        d, port = os.path.join(self.dir, name), free_port()
        prefix = "" if name == "portal" else name + "-"
        os.mkdir(d)
        with open(d + "/sshportal.yaml", "w") as f:
            f.write(self.portal_config + f"runtime-dir: {self.run_dir}\n")
        p = self.popen([TOP + "/sshportal", "server",
                        f"--bind-address=127.0.0.1:{port}",
                        f"--logs-location={d}/recordings",
                        f"--config={d}/sshportal.yaml",
                        *(flags or [f"--db-conn={d}/sshportal.db"])],
                       env=dict(os.environ,
                                SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN=INVITE),
                       cwd=d, stdout=open(d + "/out", "w"),
                       stderr=open(d + "/log", "w"))
        self.listening(p, port, d + "/log")
        self.host(prefix + "setup", port, "invite:" + INVITE)
        self.host(prefix + "admin", port, "admin")
        self.ssh(prefix + "setup", "true", tolerant=True)
        self.ssh(prefix + "admin", f"host create {self.user}@127.0.0.1:"
                 f"{host_port} --name=bench --logging=disabled")
        line = self.ssh(prefix + "admin", "key setup default").decode()
        run("sh", "-c", line, env=dict(os.environ, HOME=d))
        with open(d + "/.ssh/authorized_keys") as f, \
                open(self.dir + "/authorized_keys", "a") as out:
            out.write(f.read())
        return p, port

    @property
    def database(self):
        return os.path.join(self.dir, "portal", "sshportal.db")

    # The client

    def host(self, alias, port, user, key=None, jump=None,
             address="127.0.0.1"):
        with open(self.config, "a") as f:
            f.write(f"Host {alias}\n    HostName {address}\n"
                    f"    Port {port}\n    User {user}\n"
                    f"    IdentityFile {key or self.dir + '/id'}\n"
                    + (f"    ProxyJump {jump}\n" if jump else ""))

    def set_up(self):
        key = self.dir + "/id"
        run("ssh-keygen", "-qt", "ed25519", "-N", "", "-f", key)
        shutil.copy(key + ".pub", self.dir + "/authorized_keys")
        with open(self.config, "w") as f:
            f.write(f"""Host *
    IdentitiesOnly yes
    IdentityAgent none
    BatchMode yes
    KexAlgorithms curve25519-sha256
    StrictHostKeyChecking no
    UserKnownHostsFile {self.dir}/known_hosts
    GlobalKnownHostsFile /dev/null
    LogLevel ERROR
""")
        near, near_port = self.start_sshd("near")
        _, self.far_port = self.start_sshd("far")
        jump, jump_port = self.start_sshd("jumphost")
        self.host("direct", near_port, self.user)
        self.host("jumphost", jump_port, self.user)
        self.host("jump", self.far_port, self.user, jump="jumphost")
        portal, self.portal_port = self.start_portal(self.far_port)
        self.host("portal", self.portal_port, "bench")
        self.ways = [Way("direct", near.pid), Way("jump", jump.pid),
                     Way("portal", portal.pid)]
        for peer in self.peers:
            self.host(peer.name, peer.port, peer.user, peer.key,
                      address=peer.host)
            self.ways.append(Way(peer.name, peer.pid))
        for way in self.ways:
            self.ssh(way.name, "true")

    def argv(self, alias, *options):
        return ["ssh", "-F", self.config, *options, alias]

    def ssh(self, alias, command, *options, tolerant=False):
        p = subprocess.run(self.argv(alias, *options) + [command],
                           stdin=subprocess.DEVNULL, capture_output=True)
        if p.returncode != 0 and not tolerant:
            raise SystemExit(f"{alias}: {command}: exit {p.returncode}: "
                             + p.stderr.decode(errors="replace")
                             + self.portal_says(alias))
        return p.stdout

    def portal_says(self, alias):
        """The end of our portal's log, where that may tell why."""
        name = re.sub("-?(setup|admin)$", "", alias) or "portal"
        lines = procs.read(f"{self.dir}/{name}/log").splitlines()[-10:]
        if not name.startswith("portal"):
            return ""
        return "\nthe portal's log:\n" + "\n".join(lines)

    def hold(self, alias, *options):
        """A session that has begun and goes on: its program is cat."""
        p = self.popen(self.argv(alias, *options) + ["echo up; exec cat"],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                       bufsize=0)
        return p

    def held(self, sessions):
        for p in sessions:
            if p.stdout.read(3) != b"up\n":
                raise SystemExit(f"{shlex.join(p.args)}: did not begin")

    def release(self, sessions):
        for p in sessions:
            p.stdin.close()
        for p in sessions:
            p.stdout.close()
            self.ended(p)

    def master(self, alias, path):
        """A ControlMaster connection without a session."""
        p = self.popen(self.argv(alias, "-MNS", path))
        wait_for(path, lambda: os.path.exists(path) or p.poll() is not None)
        return p
