#!/bin/bash
# SPDX-License-Identifier: ISC
#
# ssh -J NAME@portal HOST: the portal opens a connection to a host of the
# inventory and to nothing else, for those who may jump there; the person logs
# in to the host by themselves.
# db: sqlite3 mysql
# cost: 60

. "$TOP/regress/lib.sh"
tid "jumps"

SSHD_CONFIG="ListenAddress 127.0.0.2
ListenAddress 127.0.0.3"
has_ipv6()
{
	grep -q ' lo$' /proc/net/if_inet6 2>/dev/null
}
! has_ipv6 || SSHD_CONFIG+="
ListenAddress ::1"
ready_portal
port=$SSHD_PORT

is_bound()
{
	[ -n "$(ss -Hltn "sport = :$1")" ]
}

# Who jumps needs a way to be let in on the host: here, a key of their own.
# hosts_conf NAME HOST ...: a client that knows those hosts.
hosts_conf()
{
	local name=$1

	shift
	cat - "$T/client/$name.conf" >"$T/conf" <<-END
	Host $*
		User $HOST_USER
		HostKeyAlias direct
		IdentityFile $T/host/direct
	END
	mv "$T/conf" "$T/client/$name.conf"
}

# allow_jumps HOST ...: the hosts' part of it.
allow_jumps()
{
	local host

	for host; do
		admin host update "$host" --allow=default,jump
	done
}

invite bob
admin user update bob --email=bob@example.org
hosts_conf bob web1 web2 dark 127.0.0.1 127.0.0.2 six ::1
admin host create "$HOST_USER@127.0.0.2:$port" --name=Web2
allow_jumps Web2
admin hostgroup create --name=secret
admin host create "$HOST_USER@127.0.0.3:$port" --name=dark --group=secret
allow_jumps dark

# j NAME ARGUMENT ...: as bob, by that login name.
j()
{
	local name=$1

	shift
	as bob p -J "$name@portal" "$@"
}

# no_jump WHAT ERE ARGUMENT ...: one sentence, and status 255.
no_jump()
{
	local what=$1 pattern=$2

	shift 2
	run j "$@"
	[ "$status" -ne 0 ] || fail "$what: it works"
	is "$what: sentences in '$err'" \
	    "$(grep -c 'sshportal: ' <<<"$err")" 1
	like "$what" "$err" "$pattern"
}

say "nobody jumps to where nobody said that one may"
no_jump "by default" 'sshportal: jumps to host "web1" are not allowed' bob web1 true
allow_jumps web1
no_jump "by the rule" 'sshportal: jumps to host "web1" are not allowed' bob web1 true
rule=$(db_query 'SELECT id FROM acls')
admin acl update "$rule" --allow=default,jump

say "by one's own name, one's address, the shell's name, and nobody's"
before=$(sshd_logins)
for name in bob bob@example.org admin somebody; do
	ok j "$name" web1 id -un
	is "as $name" "$out" "$HOST_USER"
	is "nothing else is said" "$(grep -c sshportal <<<"$err")" 0
done
is "logins" "$(sshd_logins)" $((before + 4))
ok p admin@portal "user inspect bob"

say "by name, in any case and with its port or 22; by address and port"
ok j bob -p "$port" web1 true
ok j bob web2 true
ok j bob -p "$port" 127.0.0.1 true
ok j bob -p "$port" 127.0.0.2 true
if has_ipv6; then
	admin host create "$HOST_USER@[::1]:$port" --name=six
	allow_jumps six
	ok j bob six true
	ok j bob -p "$port" ::1 true
fi

say "to nothing else"
no='sshportal: no host "([^"]*)" with port ([0-9]+) that you may reach by a jump'
service=$(free_port)
socat "TCP-LISTEN:$service,bind=127.0.0.1,fork,reuseaddr" \
    "SYSTEM:touch $T/reached" &
at_exit end_process $!
wait_for 10 is_bound "$service" || fail "no service"
no_jump "another port" "$no" bob -p "$service" web1 true
no_jump "another port of an address" "$no" bob -p "$service" 127.0.0.1 true
no_jump "another address" "$no" bob -p "$port" 127.0.0.4 true
no_jump "22 of an address" "$no" bob 127.0.0.1 true
no_jump "no such name" "$no" bob nosuch true
nosuch=${err//nosuch/dark}
say "what is not granted reads as what is not there"
no_jump "not granted" "$no" bob dark true
is "sentence" "$err" "$nosuch"
for weird in 'a b' $'x\e[31m' '' '%' "$(printf 'x%.0s' {1..300})"; do
	run as bob p -W "[$weird]:22" bob@portal
	[ "$status" -ne 0 ] || fail "'$weird' can be reached"
	unlike "what is said of it" "$err" $'\e'
done
[ ! -e "$T/reached" ] || fail "the service was reached"

say "a session is refused as ever where the name is no host's"
refused "no such host" '^sshportal: no host "somebody"' \
    as bob p somebody@portal true
say "and jumps go on beside it, over one connection"
ssh -F "$(as bob conf)" -M -S "$T/master" -N somebody@portal &
master=$!
wait_for 20 test -S "$T/master" || fail "no master"
mux()
{
	as bob p -S "$T/master" "$@"
}
# by_mux HOST COMMAND ...
by_mux()
{
	as bob p -o "ProxyCommand=ssh -F $(as bob conf) -S $T/master \
	    -W [%h]:%p somebody@portal" "$@"
}
ok by_mux web1 echo one
is "first" "$out" one
refused "a session there" '^sshportal: no host "somebody"' \
    mux somebody@portal true
for i in 1 2 3 4 5 6; do
	by_mux "$([ $((i % 2)) -eq 0 ] && echo web1 || echo web2)" \
	    "echo $i" >"$T/by.$i" 2>"$T/by.$i.err" &
	jumping[i]=$!
done
for i in 1 2 3 4 5 6; do
	wait "${jumping[i]}" || fail "jump $i: $(cat "$T/by.$i.err")"
	is "jump $i" "$(cat "$T/by.$i")" "$i"
done
run by_mux nosuch true
[ "$status" -ne 0 ] || fail "nosuch can be reached"
ok by_mux web1 true
end_process $master

say "a chain: only its first host is the portal's"
ok as bob p -J "bob@portal,web1" -p "$port" 127.0.0.2 echo chained
is "through web1" "$out" chained

say "a host's name: that host opens the connection, as for -L"
count()
{
	db_query "SELECT COUNT(*) FROM channels WHERE type = '$1'"
}
before=$(count jump)
ok j web1 -p "$port" 127.0.0.2 echo via
is "via web1" "$out" via
is "jumps" "$(count jump)" "$before"
[ "$(count forward-local)" -gt 0 ] || fail "web1 was not asked to forward"

say "scp, and 20 MB each way"
head -c 20000000 /dev/urandom >"$T/data"
ok as bob scp -q -F "$(as bob conf)" -o ProxyJump=bob@portal "$T/data" \
    "web1:$T/there"
same_file "$T/data" "$T/there"
ok as bob scp -q -F "$(as bob conf)" -o ProxyJump=bob@portal \
    "web1:$T/there" "$T/back"
same_file "$T/data" "$T/back"

say "each side ends what it sends by itself"
sum=$(free_port)
socat "TCP-LISTEN:$sum,bind=127.0.0.1,fork,reuseaddr" SYSTEM:sha256sum &
at_exit end_process $!
wait_for 10 is_bound "$sum" || fail "no sum"
admin host create "nobody@127.0.0.1:$sum" --name=sum
allow_jumps sum
as bob p -W sum:22 bob@portal <"$T/data" >"$T/sum" 2>"$T/sum.err"
is "the person first" "$(cat "$T/sum")" "$(sha256sum <"$T/data")"
first=$(free_port)
cat >"$T/first.py" <<-'END'
	import socket, sys
	s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
	while True:
	    c, _ = s.accept()
	    c.sendall(b"hello\n")
	    c.shutdown(socket.SHUT_WR)
	    with open(sys.argv[2] + ".part", "wb") as f:
	        while True:
	            b = c.recv(65536)
	            if not b:
	                break
	            f.write(b)
	    c.close()
	    import os
	    os.rename(sys.argv[2] + ".part", sys.argv[2])
	END
$PYTHON "$T/first.py" "$first" "$T/got" &
at_exit end_process $!
wait_for 10 is_bound "$first" || fail "no first"
admin host create "nobody@127.0.0.1:$first" --name=first
allow_jumps first
# ssh's own -W would end both directions
local=$(free_port)
ssh -F "$(as bob conf)" -N -L "127.0.0.1:$local:first:22" bob@portal &
forwarding=$!
wait_for 20 is_bound "$local" || fail "ssh does not listen"
{
	wait_for 20 grep -q hello "$T/first.out" && cat "$T/data"
} | timeout 60 socat -t 30 - "TCP:127.0.0.1:$local" >"$T/first.out" ||
    fail "no connection"
wait_for 20 test -e "$T/got" || fail "nothing came"
same_file "$T/data" "$T/got"
end_process $forwarding

say "a host that is down, and one that no jump leads to"
down=$(free_port)
admin host create "nobody@127.0.0.1:$down" --name=down
allow_jumps down
no_jump "down" 'sshportal: cannot connect to host "down": connection refused' \
    bob down true
admin host create "telnet://127.0.0.1:$service" --name=switch
allow_jumps switch
no_jump "telnet" 'sshportal: host "switch" speaks telnet' bob \
    -p "$service" switch true
admin host create "$HOST_USER@127.0.0.2:$port" --name=behind --hop=web1
allow_jumps behind
no_jump "behind another" 'sshportal: host "behind" lies behind another' bob \
    behind true

say "each is a session of its own in the history"
all_ended()
{
	[ "$(db_query "SELECT COUNT(*) FROM sessions
	    WHERE status = 'active'")" -eq 0 ]
}
wait_for 20 all_ended || fail "a session goes on"
admin session ls
like "session ls" "$out" 'bob +Web2 +closed .* jump'
last="SELECT MAX(id) FROM sessions WHERE host_name"
is "one of first" "$(db_query "SELECT s.user_name, s.account, s.comment,
    s.error, s.bytes_in, s.bytes_out, c.seq, c.type, c.detail, c.bytes_in,
    c.bytes_out, c.ended_at > 0 FROM sessions s
    JOIN channels c ON c.session_id = s.id WHERE s.id = ($last = 'first')")" \
    "bob||jump||20000000|6|1|jump|127.0.0.1:$first|20000000|6|1"
is "one of down" "$(db_query "SELECT error FROM sessions
    WHERE id = ($last = 'down')")" "cannot connect: connection refused"
is "nothing of what was refused" "$(db_query "SELECT COUNT(*) FROM sessions
    WHERE host_name IN ('dark', 'switch', 'behind')")" 0
admin event ls --limit=0
like "refusals are events" "$out" 'bob .*host .*jump-refused .*nosuch'

# ask_session ID REQUEST: on the session's own socket.
ask_session()
{
	$PYTHON - "$(find "$T" -name "session-$1.sock")" "$2" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.connect(sys.argv[1])
	s.send(sys.argv[2].encode())
	print(s.recv(1000).decode())
	END
}
active()
{
	db_query "SELECT id FROM sessions WHERE status = 'active'
	    AND host_name = '$1'"
}
# hold NAME SSH-ARGUMENT ...: a jump that goes on until it is cut.
hold()
{
	local name=$1

	shift
	mkfifo "$T/$name.in"
	ssh -F "$(as bob conf)" "$@" 'echo up; exec cat' <"$T/$name.in" \
	    >"$T/$name.out" 2>"$T/$name.err" &
	eval "held_$name=$!"
	eval "exec {in_$name}>\"$T/$name.in\""
	wait_for 20 grep -q up "$T/$name.out" ||
	    fail "$name: $(cat "$T/$name.err")"
}
# is_cut NAME: within two seconds of now
is_cut()
{
	local pid=held_$1

	wait_for 20 is_ended "${!pid}" || fail "$1 is not cut"
	wait "${!pid}"
	is "status of $1" $? 255
}

say "an administrator stops one: the person reads why"
hold stopped -J bob@portal web1
is "asked" "$(ask_session "$(active web1)" "stop because")" ok
is_cut stopped
like "words" "$(cat "$T/stopped.err")" 'sshportal: .*stopped: because'

say "a rule that is withdrawn cuts it"
hold withdrawn -J bob@portal web1
is "asked" "$(ask_session "$(active web1)" revalidate)" ok
admin acl create --ug=default --pattern=web1 --action=deny
deny=$out
is_cut withdrawn
like "words" "$(cat "$T/withdrawn.err")" 'sshportal: .*no longer'
wait_for 10 all_ended || fail "a session goes on"
is "the history says why" "$(db_query "SELECT error FROM sessions
    WHERE id = ($last = 'web1')")" \
    "sshportal: this session ends: you may no longer reach this host"
no_jump "and there is no other" "$no" bob web1 true

say "of two over one connection, only that one is cut"
admin acl rm "$deny"
ssh -F "$(as bob conf)" -M -S "$T/master" -N somebody@portal &
master=$!
wait_for 20 test -S "$T/master" || fail "no master"
proxy="ProxyCommand=ssh -F $(as bob conf) -S $T/master -W [%h]:%p x@portal"
hold one -o "$proxy" web1
hold two -o "$proxy" web2
is "asked" "$(ask_session "$(active Web2)" "stop")" ok
is_cut two
echo still >&"$in_one"
wait_for 10 grep -q still "$T/one.out" || fail "the other does not go on"
is "asked" "$(ask_session "$(active web1)" revalidate)" ok
say "what has to be recorded from now on is no jump"
hold three -o "$proxy" web2
admin acl update "$rule" --record=required
is_cut three
no_jump "required" 'sshportal: what is done on host "web1" must be recorded' \
    bob web1 true
admin acl update "$rule" --record=possible
say "the kind is withdrawn, the host may still be reached"
admin host update web1 --allow=default
is_cut one
as bob ok p web1@portal true
end_process $master 2>/dev/null
wait_for 10 all_ended || fail "a session goes on"
is "no socket is left" "$(find "$T" -name 'session-*.sock')" ''
