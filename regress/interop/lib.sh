# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the rows of the matrix share: each is one client before the portal or one
# host behind it, and goes through the same checks: a command with its status
# and both outputs apart, a mebibyte through standard input, a file each way by
# sftp, a terminal.
#
# A row of a host sets LOGIN and has the stock client; a row of a client says
# what to run instead:
#
#	ROW_EXEC=(...)		runs the command that follows on the host
#	ROW_PTY=(...)		the same on a terminal there
#	row_put LOCAL REMOTE	copies a file by sftp
#	row_get REMOTE LOCAL
#
# and, where a client or host has a fault that has nothing to do with the portal:
#
#	NO_STATUS=yes		it ends with status 0 whatever the command did
#	ROW_CAT=...		a command in place of cat, if it sends no EOF
#	ROW_INPUT=...		how many bytes of input it can send
#	ROW_SIZE=...		the size that the terminal has there
#
# Files of a host are named as they are here: it is on this machine.

. "$TOP/regress/lib.sh"

INTEROP=$TOP/regress/interop
# What "contrib/deps --interop" has unpacked and built.
PARTS=${DEPS_PREFIX:-$TOP/.deps}/interop
NO_STATUS=
ROW_CAT=cat
ROW_INPUT=1048576
ROW_SIZE='33 111'
LOGIN=web1		# what the client logs in as at the portal

# need PROGRAM ...: the row is skipped where one is not installed.
need()
{
	local program

	for program; do
		command -v "$program" >/dev/null ||
		    skip "no $program: run contrib/deps --interop"
	done
}

# The stock client, to $LOGIN.
by_ssh()
{
	ROW_EXEC=(ssh -F "$(conf)" "$LOGIN@portal")
	ROW_PTY=(ssh -F "$(conf)" -tt "$LOGIN@portal")
}

# by_program PROGRAM ...: a client of ours on somebody's library, whose other
# words are those of client_paramiko.py; with the key of KEY_OF, or the first.
by_program()
{
	ROW=("$@" "$PORTAL_PORT" "$LOGIN" "$T/client/${KEY_OF:-admin}"
	    "$T/home/.ssh/known_hosts")
	ROW_EXEC=("${ROW[@]}" exec)
	ROW_PTY=("${ROW[@]}" pty)
	row_put() { "${ROW[@]}" put "$@"; }
	row_get() { "${ROW[@]}" get "$@"; }
}

row_put()
{
	echo "put \"$1\" \"$2\"" >"$T/batch"
	sftp -q -F "$(conf)" -b "$T/batch" "$LOGIN@portal"
}

row_get()
{
	echo "get \"$1\" \"$2\"" >"$T/batch"
	sftp -q -F "$(conf)" -b "$T/batch" "$LOGIN@portal"
}

# The host web1 behind a portal, and $T/home, the HOME of a client that looks
# there, with the portal's key under the names by which clients look for it.
#
# With DIRECT=yes in the environment, rows of clients talk to the host itself:
# what then fails in the same way is no fault of the portal.
row_ready()
{
	ready_portal
	portal_key=$(awk '$1 == "portal" { print $2, $3; exit }' \
	    "$T/client/known_hosts")
	if [ -n "${DIRECT-}" ]; then
		cat "$T/client/admin.pub" >>"$T/host/home/.ssh/authorized_keys"
		LOGIN=$HOST_USER
		PORTAL_PORT=$SSHD_PORT
		portal_key=$(cut -d' ' -f1,2 "$T/host/hostkey_ed25519.pub")
		rm "$T/client/known_hosts"
		client admin
	fi
	mkdir -p -m 700 "$T/home/.ssh"
	echo "127.0.0.1,[127.0.0.1]:$PORTAL_PORT $portal_key" \
	    >"$T/home/.ssh/known_hosts"
	cp "$T/client/admin" "$T/home/.ssh/id_ed25519"
	cp "$T/client/admin.pub" "$T/home/.ssh/id_ed25519.pub"
}

# Anything, ended when it takes too long.
bounded()
{
	timeout --foreground "${ROW_SECONDS:-60}" "$@"
}

# The status with which the client ends when the command had this one.
status_of()
{
	echo "$((${NO_STATUS:+0 *} $1))"
}

check_exec()
{
	say "a command: its status, its outputs apart"
	run_status "$(status_of 3)" bounded "${ROW_EXEC[@]}" \
	    'echo out; echo "to stderr" >&2; exit 3'
	is "standard output" "$out" out
	like "standard error" "$err" 'to stderr'
	ok bounded "${ROW_EXEC[@]}" true
	run_status "$(status_of 1)" bounded "${ROW_EXEC[@]}" false
}

check_stdin()
{
	say "$ROW_INPUT bytes through standard input, and their end"
	head -c "$ROW_INPUT" /dev/urandom >"$T/stdin"
	bounded "${ROW_EXEC[@]}" "$ROW_CAT" <"$T/stdin" >"$T/stdin.back" ||
	    fail "cat: status $?"
	same_file "$T/stdin" "$T/stdin.back"
}

check_copies()
{
	say "a file each way by sftp"
	head -c 1048577 /dev/urandom >"$T/file"
	ok row_put "$T/file" "$T/file.there"
	same_file "$T/file" "$T/file.there"
	ok row_get "$T/file.there" "$T/file.back"
	same_file "$T/file" "$T/file.back"
}

# A terminal of 33 rows and 111 columns, on which a word is typed.
check_pty()
{
	say "a terminal: its kind and size, what is typed, the status"
	TERM=xterm $PYTHON "$HELPERS/terminal.py" \
	    sh -c 'stty rows 33 cols 111; exec "$@"' sh "${ROW_PTY[@]}" \
	    'test -t 0 && test -t 1 && echo rea""dy; read -r line
	    echo "kind $TERM size $(stty size) line <$line>"; exit 7' \
	    <<-END || fail "on the terminal"
	expect ready
	send word\\r
	expect kind xterm[^ ]* size $ROW_SIZE line <word>
	status $(status_of 7)
	END
}

# Clients by_program only.
check_forward()
{
	say "what listens on the host, by direct-tcpip"
	ok bounded "${ROW[@]}" forward 127.0.0.1 "$SSHD_PORT"
	like "what it says" "$out" '^SSH-2.0-OpenSSH'
}

check_rekey()
{
	say "new keys in the middle, again and again"
	export REKEY=yes
	check_stdin
	rm -f "$T/file.there" "$T/file.back"
	check_copies
	unset REKEY
}

check_all()
{
	check_exec
	check_stdin
	check_copies
	check_pty
}
