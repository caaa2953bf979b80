#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Hosts behind hosts, on real sshds: one, two and three deep, by key and by
# password, with all that a host is used for; and everything that can be wrong
# on the way, which must be said with the name of the host that it is about.
# db: sqlite3 mysql
# cost: 60

. "$TOP/regress/lib.sh"
tid "hosts behind hosts"

# more_host NAME: one more sshd, PORT_NAME and PID_NAME, into which the portal is let.
more_host()
{
	mkdir -p "$T/$1/home/.ssh"
	cp "$T/host/home/.ssh/authorized_keys" "$T/$1/home/.ssh/"
	start_sshd "$1"
	eval "PORT_$1=$SSHD_PORT PID_$1=$SSHD_PID"
}

# The host that a command has run on.
where()
{
	p "$1@portal" 'echo "$HOME"' </dev/null | sed "s|^$T/||; s|/home\$||"
}

# again NAME: its sshd anew, with what SSHD_CONFIG says now.
again()
{
	local port=PORT_$1 pid=PID_$1

	end_process "${!pid}"
	: >"$T/$1/sshd.log"
	SSHD_PORT_WANTED=${!port} start_sshd "$1"
	eval "PID_$1=$SSHD_PID"
}

ready_portal
PORT_host=$SSHD_PORT PID_host=$SSHD_PID
admin host update web1 --name=gate
# new keys all the time, on the way as at its end
SSHD_CONFIG="RekeyLimit 3M"
more_host mid
SSHD_CONFIG=
add_host mid --hop=gate
more_host end
add_host end --hop=mid
more_host far
admin host create "$HOST_USER@127.0.0.1:$SSHD_PORT" --name=far
admin host update far --set-hop=end

say "one, two and three deep; each learns and proves its own key"
is "mid" "$(where mid)" mid
is "end" "$(where end)" end
is "far" "$(where far)" far
is "keys learnt" "$(db_query 'SELECT COUNT(DISTINCT host_key) FROM hosts')" 4
is "logins at the gate" "$(sshd_logins host)" 4	# "direct", and three
is "logins at mid" "$(sshd_logins mid)" 3
is "logins at far" "$(sshd_logins far)" 1
like "the log" "$(portal_log)" 'to host far from .*, through gate, mid, end'
is "sessions" "$(db_query 'SELECT host_name FROM sessions ORDER BY id')" "mid
end
far"

say "programs: status, both outputs, a terminal"
run_status 7 p far@portal 'echo out; echo err >&2; exit 7'
is "outputs" "$out $err" "out err"
if host_has_ptys; then
	ok p -tt far@portal 'tty; stty size'
	like "terminal" "$out" '^/dev/pts/'
fi
run p far@portal 'kill -TERM $$'
is "status of a killed one" "$status" 255

say "50 MB each way, by scp and by sftp"
head -c 50000000 /dev/urandom >"$T/data"
ok scp -q -F "$(conf)" "$T/data" "scp://far@portal/$T/up"
same_file "$T/data" "$T/up"
ok scp -q -O -F "$(conf)" "scp://end@portal/$T/up" "$T/down"
same_file "$T/data" "$T/down"
rm -f "$T/up" "$T/down"
ok sftp -q -F "$(conf)" -b <(echo "put $T/data $T/up") mid@portal
same_file "$T/data" "$T/up"

say "ten channels at once over one connection"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN far@portal
head -c 5000000 "$T/data" >"$T/part"
for i in 1 2 3 4 5; do
	p -S "$T/mux" far@portal "cat >$T/in.$i" <"$T/part" &
	copying[i]=$!
	p -S "$T/mux" far@portal "cat $T/part" >"$T/out.$i" </dev/null &
	copying[i + 5]=$!
done
for i in "${copying[@]}"; do
	wait "$i" || fail "a channel ended with $?"
done
for i in 1 2 3 4 5; do
	same_file "$T/part" "$T/in.$i"
	same_file "$T/part" "$T/out.$i"
done

say "-L through it"
port=$(free_port)
ok p -S "$T/mux" -O forward -L "127.0.0.1:$port:127.0.0.1:$PORT_far" far@portal
like "the banner" "$(timeout 20 socat -u "TCP:127.0.0.1:$port" - </dev/null |
    head -n 1)" '^SSH-2.0-OpenSSH'
ok p -S "$T/mux" -O exit far@portal

say "a name that only the hop can resolve"
if [ -n "$IS_ROOT" ] && unshare -m true 2>/dev/null; then
	echo "127.0.0.1 localhost inside.hop" >"$T/hosts"
	: >"$T/mid/sshd.log"
	end_process "$PID_mid"
	setsid unshare -m sh -c 'mount --bind "$0" /etc/hosts &&
	    exec /usr/sbin/sshd -D -f "$1/sshd_config" -E "$1/sshd.log"' \
	    "$T/hosts" "$T/mid" </dev/null >>"$T/mid/sshd.log" 2>&1 &
	PID_mid=$!
	at_exit end_process $PID_mid
	wait_for 10 grep -q '^Server listening' "$T/mid/sshd.log" ||
	    fail "no sshd"
	admin host create "$HOST_USER@inside.hop:$PORT_end" --name=inside \
	    --hop=mid
	is "inside" "$(where inside)" end
	admin host update inside --set-hop=gate
	refused "a name that means nothing there" \
	    '^sshportal: host gate \(on the way to inside\): it cannot connect' \
	    p inside@portal true
	admin host rm inside
fi

say "a grant for the host is enough, and is none for its hops"
invite bob
admin host ls
for h in gate mid end; do
	admin host update "$h" --unassign-group=default
done
is "bob" "$(as bob where far)" far
as bob refused "bob at the gate" 'no host "gate" that you may reach' \
    p gate@portal true
for h in gate mid end; do
	admin host update "$h" --assign-group=default
done

say "a circle, a telnet host, a hop that is somebody's: refused"
run_status 1 p admin@portal host update gate --hop=far
like "circle" "$err" '"gate" would be reached through itself'
ok p admin@portal host create telnet://127.0.0.1:9 --name=tele
run_status 1 p admin@portal host update far --hop=tele
like "telnet" "$err" '"tele" is a telnet host'
run_status 1 p admin@portal host rm mid
like "rm" "$err" 'other hosts are reached through "mid"'
db_query "UPDATE hosts SET hop_id = (SELECT id FROM (SELECT id FROM hosts
    WHERE name = 'far') x) WHERE name = 'gate'"
refused "a circle in the store" 'leads in a circle' p far@portal true
db_query "UPDATE hosts SET hop_id = NULL WHERE name = 'gate'"
is "far" "$(where far)" far

say "host test names each hop, and the one that fails"
ok p admin@portal host test far
like "steps" "$out" 'connection +ok .*
.*hop +ok .* gate, as .*
.*hop +ok .* mid, as .*
.*hop +ok .* end, as .*
.*key exchange +ok .*
.*host key +ok .*
.*login +ok'

say "a hop with a password"
start_odd_host passwordhost bart 'open sesame'
admin host create "bart:open%20sesame@127.0.0.1:$ODD_PORT" --name=pwgate
ok p admin@portal host test pwgate
like "a test sends no password" "$out" 'login +skipped'
add_host pwend --hop=pwgate	# the sshd of far
run_status 1 p admin@portal host test pwend
like "nor to a hop" "$out" 'hop +failed .*no password is sent to host '\
'"pwgate" \(on the way to "pwend"\)'
is "pwend" "$(where pwend)" far
ok p admin@portal host test pwend
like "now that its key is known" "$out" 'hop +ok .* pwgate, as bart'
is "a command there" "$(p pwend@portal "wc -c <$T/data" </dev/null)" 50000000
admin host update pwgate --password=wrong
refused "a wrong password" \
    '^sshportal: host pwgate \(on the way to pwend\): the login as bart was ' \
    p pwend@portal true
unlike "sentence" "$err" wrong

say "the key for a hop is not let in there"
mv "$T/mid/home/.ssh/authorized_keys" "$T/mid/away"
refused "no key" \
    '^sshportal: host mid \(on the way to far\): the login as .* was refused' \
    p far@portal true
run_status 1 p admin@portal host test far
like "host test" "$out" 'hop +ok .* gate, as .*
.*hop +failed .*host mid \(on the way to far\): the login as'
mv "$T/mid/away" "$T/mid/home/.ssh/authorized_keys"

say "a hop that permits no forwarding"
SSHD_CONFIG="AllowTcpForwarding no"
again mid
SSHD_CONFIG=
refused "no forwarding" '^sshportal: host mid \(on the way to far\): it lets '\
'no connection through to end: its sshd does not permit that' \
    p far@portal true
wait_for 10 log_has "host mid: no connection to 127.0.0.1 port $PORT_end" ||
    fail "the log does not say it"
is "mid itself" "$(where mid)" mid
run_status 1 p admin@portal host test far
like "host test" "$out" 'hop +failed .*host mid .*AllowTcpForwarding'
again mid

say "the host at the end is down; a hop is; the first is"
end_process "$PID_far"
refused "far" '^sshportal: host end \(on the way to far\): it cannot connect '\
'to far: is that one up' p far@portal true
end_process "$PID_end"
refused "end" '^sshportal: host mid \(on the way to far\): it cannot connect '\
'to end' p far@portal true
end_process "$PID_host"
refused "gate" '^sshportal: cannot connect to host "gate" \(on the way to '\
'"far"\): connection refused' p far@portal true
run_status 1 p admin@portal host test far
like "host test" "$out" 'connection +failed .*connection refused'
again host
again end
again far

say "a hop with old algorithms"
SSHD_CONFIG="KexAlgorithms diffie-hellman-group14-sha1"
again mid
SSHD_CONFIG=
refused "old algorithms" '^sshportal: host mid \(on the way to far\): no key '\
'exchange in common: .*--legacy mid"$' p far@portal true
admin host update --legacy mid
is "far" "$(where far)" far
admin host update --no-legacy mid
again mid

say "a hop's sshd dies under a session"
# The process of sshd that holds the portal's connection to gate.
hop_process()
{
	ps -o pid= --ppid "$PID_host" | tail -n 1 | tr -d ' '
}
hold_session one far
hop=$(hop_process)
[ -n "$hop" ] || fail "no process for the session at gate"
end_process "$hop" KILL
wait_for 10 is_ended "$HELD_one" || fail "the client waits for a dead hop"
wait "$HELD_one"
is "status" $? 255
like "what the person reads" "$(cat "$T/one.out")" \
    'sshportal: host gate \(on the way to far\): the connection was lost'

say "a hop whose key has changed"
rm "$T"/mid/hostkey_*
again mid
refused "changed key" '^sshportal: the host key of "mid" \(on the way to '\
'"far"\) has changed from SHA256:.* to SHA256:' p far@portal true
wait_for 10 log_has 'host mid .*: HOST KEY HAS CHANGED' || fail "no loud line"
is "logins at mid" "$(sshd_logins mid)" 0
is "event" "$(db_query "SELECT entity FROM events
    WHERE action = 'host-key-changed'")" mid
run_status 1 p admin@portal host test far
like "host test" "$out" 'hop +failed .*host key of "mid"'
admin host update --reset-hostkey mid
is "learnt anew" "$(where far)" far

say "key rotate goes where the hosts are"
admin host rm pwend
ok p admin@portal key rotate default
is "far" "$(where far)" far
for h in host mid end far; do
	is "keys at $h" "$(grep -c . "$T/$h/home/.ssh/authorized_keys")" 1
done

say "a hop that answers no more: that one is named, not those behind it"
stop_portal || fail "stop"
portal_config <<'END'
server-alive-interval: 1
server-alive-count-max: 2
END
start_portal
hold_session silent far
hop=$(hop_process)
kill -STOP "$hop"
wait_for 60 is_ended "$HELD_silent" || fail "it is not given up"
kill -CONT "$hop"
like "what the person reads" "$(cat "$T/silent.out")" \
    'sshportal: host gate \(on the way to far\): it answers no more'
