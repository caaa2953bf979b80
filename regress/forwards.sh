#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Ports and agents: -L, -W, -D, -R and -A through the portal, as straight to
# the host; every connection is a row of the session.

. "$TOP/regress/lib.sh"
tid "forwarded ports and agents"

ready_portal

# A service beside the host: it answers each line with "echo: LINE", and its
# end of input with its own.
service_port=$(free_port)
socat "TCP-LISTEN:$service_port,bind=127.0.0.1,fork,reuseaddr" \
    'SYSTEM:while read -r l; do echo "echo\: $l"; done; echo end' &
at_exit end_process $!
wait_for 10 port_answers "$service_port" || fail "no service"

# hold NAME SSH-ARGUMENTS ...: a connection that stays until "release NAME".
hold()
{
	local name=$1

	shift
	mkfifo "$T/$name.in"
	ssh -F "$(conf)" -o ExitOnForwardFailure=yes "$@" web1@portal \
	    'echo up; exec cat' <"$T/$name.in" \
	    >"$T/$name.out" 2>"$T/$name.err" &
	eval "HELD_$name=$!"
	eval "exec {HELD_IN_$name}>\"$T/$name.in\""
	wait_for 20 grep -q up "$T/$name.out" ||
	    fail "$name: $(cat "$T/$name.err")"
}

release()
{
	local pid=HELD_$1 in=HELD_IN_$1

	eval "exec ${!in}>&-"
	wait_for 20 is_ended "${!pid}" || fail "$1 does not end"
	wait "${!pid}" || fail "$1 ended with $?: $(cat "$T/$1.err")"
}

ask()
{
	printf '%s\n' "$2" | timeout 20 socat -t 10 - "TCP:127.0.0.1:$1"
}

say "-W: standard input and output are a connection"
got=$(echo hello | p -W "127.0.0.1:$service_port" web1@portal)
is "through -W" "$got" $'echo: hello\nend'

say "-L: many at once, each with its own bytes"
port=$(free_port)
hold local -L "127.0.0.1:$port:127.0.0.1:$service_port"
for i in 1 2 3 4 5 6 7 8; do
	ask "$port" "line $i" >"$T/answer.$i" &
	asking[i]=$!
done
for i in 1 2 3 4 5 6 7 8; do
	wait "${asking[i]}"
	is "answer $i" "$(cat "$T/answer.$i")" $'echo: line '"$i"$'\nend'
done

say "-L to a closed port: that connection ends, the session does not"
closed=$(free_port)
port2=$(free_port)
hold closed -L "127.0.0.1:$port2:127.0.0.1:$closed"
is "nothing comes" "$(ask "$port2" x)" ''
is "the other goes on" "$(ask "$port" again)" $'echo: again\nend'
release closed
release local

is_bound()
{
	[ -n "$(ss -Hltn "sport = :$1")" ]
}

say "-L: 8 MB each way, byte for byte"
head -c 8000000 /dev/urandom >"$T/data"
sink=$(free_port)
socat -u "TCP-LISTEN:$sink,bind=127.0.0.1" "CREATE:$T/sunk" &
sinking=$!
wait_for 10 is_bound "$sink" || fail "no sink"
p -W "127.0.0.1:$sink" web1@portal <"$T/data" >/dev/null
wait_for 10 is_ended $sinking
same_file "$T/data" "$T/sunk"
socat -u "OPEN:$T/data" "TCP-LISTEN:$sink,bind=127.0.0.1,reuseaddr" &
at_exit end_process $!
wait_for 10 is_bound "$sink" || fail "no source"
p -W "127.0.0.1:$sink" web1@portal </dev/null >"$T/drawn"
same_file "$T/data" "$T/drawn"

say "-D: names and addresses by SOCKS"
port=$(free_port)
hold socks -D "127.0.0.1:$port"
got=$(echo hello | timeout 20 socat -t 10 - \
    "SOCKS4A:127.0.0.1:localhost:$service_port,socksport=$port")
is "through SOCKS" "$got" $'echo: hello\nend'
release socks

say "-R: the host's port leads here; port 0 is one that it chooses"
back=$(free_port)
hold remote -R "127.0.0.1:$back:127.0.0.1:$service_port" \
    -R "0:127.0.0.1:$service_port"
is "by number" "$(ask "$back" one)" $'echo: one\nend'
chosen=$(sed -n 's/^Allocated port \([0-9]*\) .*/\1/p' "$T/remote.err")
like "a port was chosen" "$chosen" '^[0-9]+$'
is "the chosen one" "$(ask "$chosen" two)" $'echo: two\nend'
say "-R: a port that is taken is refused"
run_status 255 p -o ExitOnForwardFailure=yes \
    -R "127.0.0.1:$service_port:127.0.0.1:1" web1@portal true
like "refused" "$err" 'remote port forwarding failed'
release remote
port_is_free()
{
	! port_answers "$1"
}
wait_for 10 port_is_free "$back" || fail "the host still listens"

say "-R: listening can begin and end while the session lives"
ssh -F "$(conf)" -M -S "$T/master" -N web1@portal &
master=$!
wait_for 20 test -S "$T/master" || fail "no master"
mux()
{
	ssh -F "$(conf)" -S "$T/master" "$@"
}
ok mux -O forward -R "127.0.0.1:$back:127.0.0.1:$service_port" web1@portal
is "begun" "$(ask "$back" three)" $'echo: three\nend'
ok mux -O cancel -R "127.0.0.1:$back:127.0.0.1:$service_port" web1@portal
wait_for 10 port_is_free "$back" || fail "the host listens after a cancel"
ok mux -O forward -R "127.0.0.1:$back:127.0.0.1:$service_port" web1@portal
is "begun again" "$(ask "$back" four)" $'echo: four\nend'
is "a session beside it" "$(mux web1@portal echo beside)" beside
end_process $master

say "-A: the host asks the person's agent"
eval "$(ssh-agent -a "$T/agent")" >/dev/null
at_exit end_process "$SSH_AGENT_PID"
ssh-keygen -q -t ed25519 -N '' -C of-the-agent -f "$T/agentkey"
ssh-add -q "$T/agentkey"
ok p -A -o IdentityAgent="$T/agent" web1@portal 'ssh-add -l; ssh-add -L'
like "its keys" "$out" 'of-the-agent.*of-the-agent'
ok p -A -o IdentityAgent="$T/agent" web1@portal 'for i in 1 2 3 4 5; do ssh-add -l & done; wait'
is "several at once" "$(grep -c of-the-agent <<<"$out")" 5
run p -a -o IdentityAgent="$T/agent" web1@portal 'ssh-add -l'
[ "$status" -ne 0 ] || fail "an agent that nobody lent"

say "what there was, is in the session's history"
details()
{
	db_query "SELECT DISTINCT type, detail FROM channels
	    WHERE type NOT IN ('shell', 'exec') ORDER BY type, detail"
}
complete()
{
	[ "$(db_query 'SELECT COUNT(*) FROM channels
	    WHERE ended_at = 0')" -eq 0 ]
}
wait_for 20 complete || fail "a channel is left open"
like "ports" "$(details)" "forward-local.*127\.0\.0\.1:$service_port"
like "to localhost" "$(details)" "localhost:$service_port"
like "listeners" "$(details)" "listens on 127\.0\.0\.1:$back"
like "agents" "$(details)" 'agent'

say "the admin shell forwards nothing"
run p -W "127.0.0.1:$service_port" admin@portal
[ "$status" -ne 0 ] || fail "through the admin shell"
