#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A telnet host: a terminal by a stock ssh client, its size and its kind, echo,
# the end; recorded as all terminals are. What it cannot do is refused in words.

. "$TOP/regress/lib.sh"
tid "telnet hosts"

TELNETD=${DEPS_PREFIX:-$TOP/.deps}/telnetd
[ -x "$TELNETD" ] || skip "no telnetd: run contrib/deps --test"

ready_portal

# What is behind it: a shell that says its terminal, in place of a login.
cat >"$T/greeter" <<'END'
#!/bin/sh
PS1='telnet> ' HISTFILE= exec /bin/sh -i
END
chmod 755 "$T/greeter"
port=$(free_port)
socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" \
    "EXEC:$TELNETD -h -E $T/greeter,nofork" 2>"$T/telnetd.log" &
at_exit end_process $!
is_bound()
{
	[ -n "$(ss -Hltn "sport = :$1")" ]
}
wait_for 10 is_bound "$port" || fail "no telnet server"
admin host create "telnet://127.0.0.1:$port" --name=switch

terminal()
{
	$PYTHON "$HELPERS/terminal.py" "$@" || fail "on the terminal: $*"
}

say "a terminal: what is typed, its kind, its size, its end"
TERM=xterm terminal ssh -F "$(conf)" switch@portal <<'END'
expect telnet> 
send echo wo''rd\r
expect \nword
send echo kind: $TERM\r
expect kind: xterm
send stty size\r
expect \n[0-9]+ [0-9]+
send printf 'a\\377b' | od -An -tx1\r
expect 61 ff 62
resize 33 111
send stty size\r
expect 33 111
send exit\r
status 0
END

say "Ctrl-C reaches the program"
TERM=xterm terminal ssh -F "$(conf)" switch@portal <<'END'
expect telnet> 
send trap 'echo caught' INT; sleep 100\r
pause 0.5
send \x03
expect caught
send exit\r
status 0
END

say "a break, which this server takes for Ctrl-\\"
TERM=xterm terminal ssh -F "$(conf)" switch@portal <<'END'
expect telnet> 
send sleep 100\r
pause 0.5
send \r~B
expect Quit.*telnet> 
send exit\r
status 0
END

say "it is recorded"
recordings()
{
	find "$T" -name '*.ttyrec*' -size +0 | xargs -r grep -la 'kind: xterm'
}
[ -n "$(recordings)" ] || fail "no recording: $(find "$T" -name '*tty*')"

say "no commands, no copies, no ports"
run_status 255 p switch@portal true
like "command" "$err" 'sshportal: a telnet host has a terminal and nothing'
run p -s switch@portal sftp
[ "$status" -ne 0 ] || fail "sftp to a telnet host"
run_status 255 p -W 127.0.0.1:1 switch@portal
like "port" "$err" 'sshportal: '

say "a host that asks for lines gets lines, edited and echoed here"
cat >"$T/reader" <<'END'
#!/bin/sh
echo ready
while read -r line; do
	echo "got <$line>"
done
END
chmod 755 "$T/reader"
lines=$(free_port)
socat "TCP-LISTEN:$lines,bind=127.0.0.1,fork,reuseaddr" \
    "EXEC:$T/reader" 2>/dev/null &
at_exit end_process $!
wait_for 10 is_bound "$lines" || fail "no line server"
admin host create "telnet://127.0.0.1:$lines" --name=plain
TERM=xterm terminal ssh -F "$(conf)" plain@portal <<'END'
expect ready
send helpo\x7fo\x7f\x7fl
expect hel
send o\r
expect got <hello\r?>
send second\r
expect got <second
END
