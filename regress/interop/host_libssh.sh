#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The sample server that comes with libssh. It does not tell a program that its
# input has ended, so that no sftp-server and no "cat" ends there; and when one
# ends it forgets what that has just written: the programs here wait for a line
# before they end. (Its sample of an sftp server stops in the middle of a file
# with any client.)
# cost: 15

. "$TOP/regress/interop/lib_host.sh"
tid "host: libssh's sample server"

SERVER=$PARTS/libssh/ssh_server_fork
[ -x "$SERVER" ] || skip "no examples of libssh: run contrib/deps --interop"
ready_for_host
serve "$SERVER" -p "$HOST_PORT" -k "$T/hostkey" -u "$HOST_USER" \
    -P "$HOST_PASSWORD" -a "$HOST_HOME/.ssh/authorized_keys" 127.0.0.1
add_row

# has FILE BYTES
has()
{
	[ "$(stat -c %s "$1" 2>/dev/null)" = "$2" ]
}

say "a command: its status, its outputs apart"
check_words()
{
	rm -f "$T/words.out" "$T/words.err"
	{
		wait_for 20 has "$T/words.out" 4 &&
		    wait_for 20 grep -q 'to stderr' "$T/words.err" && echo
	} | bounded "${ROW_EXEC[@]}" \
	    'echo out; echo "to stderr" >&2; read -r line; exit 3' \
	    >"$T/words.out" 2>"$T/words.err"
	is "status" "${PIPESTATUS[1]}" 3
	is "standard output" "$(cat "$T/words.out")" out
}
check_words

say "a mebibyte through standard input"
head -c 1048576 /dev/urandom >"$T/stdin"
{
	cat "$T/stdin" && wait_for 40 has "$T/stdin.back" 1048576 && echo
} | bounded "${ROW_EXEC[@]}" 'head -c 1048576; read -r line' >"$T/stdin.back"
is "status" "${PIPESTATUS[1]}" 0
same_file "$T/stdin" "$T/stdin.back"

say "a terminal"
TERM=xterm $PYTHON "$HELPERS/terminal.py" \
    sh -c 'stty rows 33 cols 111; exec "$@"' sh "${ROW_PTY[@]}" \
    'test -t 0 && test -t 1 && echo rea""dy; read -r line
    echo "kind $TERM size $(stty size) line <$line>"; read -r line; exit 7' \
    <<-'TYPED' || fail "on the terminal"
	expect ready
	send word\r
	expect kind xterm[^ ]* size 33 111 line <word>
	send \r
	status 7
TYPED
check_password check_words
