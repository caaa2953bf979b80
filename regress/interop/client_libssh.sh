#!/bin/bash
# SPDX-License-Identifier: ISC
#
# libssh's own clients, from its examples: a terminal, commands, scp.

. "$TOP/regress/interop/lib.sh"
tid "client: libssh's examples"
[ -x "$PARTS/libssh/ssh-client" ] ||
    skip "no examples of libssh: run contrib/deps --interop"

row_ready
# they ask the system for the home, not the environment
cat >"$T/ssh_config" <<CMD
Host *
	Port $PORTAL_PORT
	User $LOGIN
	IdentityFile $T/home/.ssh/id_ed25519
	UserKnownHostsFile $T/home/.ssh/known_hosts
	GlobalKnownHostsFile /dev/null
CMD
ROW_EXEC=("$PARTS/libssh/ssh-client" -F "$T/ssh_config" 127.0.0.1)
ROW_PTY=("${ROW_EXEC[@]}")
NO_STATUS=yes
check_exec
check_stdin
check_pty
