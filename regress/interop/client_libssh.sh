#!/bin/bash
# SPDX-License-Identifier: ISC
#
# libssh's own clients, from its examples: a terminal, commands.

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
NO_STATUS=yes
# libssh's connectors take a window that is used up for the end of the input:
# before OpenSSH too, only that two mebibytes fit into the first window there
ROW_INPUT=30000
check_exec
check_stdin

# What comes in one piece with the end of the channel it finds when it looks
# again, after a minute: its end is not waited for.
say "a terminal: its kind and size, what is typed"
TERM=xterm $PYTHON "$HELPERS/terminal.py" \
    sh -c 'stty rows 33 cols 111; exec "$@"' sh "${ROW_EXEC[@]}" \
    <<-'END' || fail "on the terminal"
expect host> $
send echo "kind $TERM size $(stty size)"\r
expect kind xterm size 33 111
send exit\r
expect logout
END
