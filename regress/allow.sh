#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What a rule and a host allow: each kind of channel alone, each alone refused,
# people who may copy files and no more, and sessions whose rule is narrowed
# while they live. Every refusal is a sentence, a row of the history and a line
# of the log.
# db: sqlite3 mysql
# timeout: 600
# cost: 90

. "$TOP/regress/lib.sh"
tid "kinds of channels, by rule and by host"

# A host that lends itself to everything, with a file server that tells what
# environment it got.
SSHD_CONFIG='AcceptEnv *
X11Forwarding yes
AddressFamily inet'
SFTP_SERVER=$T/server
cat >"$SFTP_SERVER" <<-END
#!/bin/sh
env >$T/server-env
exec /usr/lib/openssh/sftp-server
END
chmod 755 "$SFTP_SERVER"
ready_portal
invite bob
admin acl ls -q
rule=$out
like "one rule" "$rule" '^[0-9]+$'

service_port=$(free_port)
socat "TCP-LISTEN:$service_port,bind=127.0.0.1,fork,reuseaddr" \
    'SYSTEM:while read -r l; do echo "echo\: $l"; done' &
at_exit end_process $!
wait_for 10 port_answers "$service_port" || fail "no service"
start_agent "$T/agent"
ssh-keygen -q -t ed25519 -N '' -C of-the-agent -f "$T/agentkey"
SSH_AUTH_SOCK=$T/agent ssh-add -q "$T/agentkey"
echo "of the host" >"$T/host/file"
export DISPLAY=127.0.0.1:99

allow()
{
	admin acl update "$rule" --allow="$1"
}

# Whether what was just refused is in the history and in the log.
# noted TYPE KIND
noted()
{
	sentence="sshportal: $2: not allowed to you on host \"web1\""
	wait_for 20 is_noted "$1" ||
	    fail "no row: $(db_query "SELECT type, refused FROM channels")"
	like "the log" "$(portal_log)" \
	    "user bob, host web1, $1 refused: $sentence"
}

is_noted()
{
	[ "$(db_query "SELECT COUNT(*) FROM channels
	    WHERE type = '$1' AND refused = '$sentence'")" -gt 0 ]
}

# What people do, one function a kind; status 0 if it was done.
do_shell()
{
	echo 'echo in-$((6*7))' | as bob p -T web1@portal >"$T/do.out" \
	    2>"$T/do.err"
	grep -q in-42 "$T/do.out"
}

do_exec()
{
	as bob run p web1@portal 'echo in-$((6*7))'
	cp "$T/run.err" "$T/do.err"
	[ "$out" = in-42 ]
}

do_sftp()
{
	rm -f "$T/got"
	echo "get $T/host/file $T/got" >"$T/batch"
	as bob run sftp -F "$T/client/bob.conf" -b "$T/batch" web1@portal
	cp "$T/run.err" "$T/do.err"
	[ -s "$T/got" ]
}

do_scp()
{
	rm -f "$T/got"
	as bob run scp -O -F "$T/client/bob.conf" "web1@portal:$T/host/file" \
	    "$T/got"
	cp "$T/run.err" "$T/do.err"
	[ -s "$T/got" ]
}

do_forward_local()
{
	echo hello | as bob p -W "127.0.0.1:$service_port" web1@portal \
	    >"$T/do.out" 2>"$T/do.err"
	grep -q 'echo: hello' "$T/do.out"
}

do_forward_remote()
{
	local pid done=1

	: >"$T/do.err"
	ssh -F "$T/client/bob.conf" -N -R "0:127.0.0.1:$service_port" \
	    web1@portal 2>"$T/do.err" &
	pid=$!
	wait_for 20 grep -qE '^(Allocated port|Error: remote|Warning: remote)' \
	    "$T/do.err" || fail "-R: $(cat "$T/do.err")"
	port=$(sed -n 's/^Allocated port \([0-9]*\) .*/\1/p' "$T/do.err")
	if [ -n "$port" ]; then
		echo hello | timeout 20 socat -t 10 - "TCP:127.0.0.1:$port" \
		    >"$T/do.out"
		grep -q 'echo: hello' "$T/do.out" && done=0
	fi
	end_process $pid
	return $done
}

do_agent()
{
	as bob run p -A -o IdentityAgent="$T/agent" -o IdentitiesOnly=no \
	    web1@portal 'ssh-add -l'
	cp "$T/run.err" "$T/do.err"
	grep -q of-the-agent <<<"$out"
}

do_x11()
{
	as bob run p -Y web1@portal 'echo "<$DISPLAY>"'
	cp "$T/run.err" "$T/do.err"
	[[ $out == "<"?*">" ]]
}

# done_by KIND; refused_by KIND: tries, and looks at what was said.
done_by()
{
	"do_${1//-/_}" || fail "$1 is refused: $(cat "$T/do.err")"
}

refused_by()
{
	local type=$1

	! "do_${1//-/_}" || fail "$1 is not refused"
	case $1 in
	sftp)
		type=subsystem
		;;
	scp)
		type=exec
		;;
	esac
	noted "$type" "$1"
	# a client that asked for a port on the host hears no words
	[ "$1" = forward-remote ] || grep -qF "$sentence" "$T/do.err" ||
	    fail "$1: bob reads '$(cat "$T/do.err")'"
}

alone="shell exec sftp scp forward-local forward-remote"

say "each alone, and nothing else"
for kind in $alone; do
	allow "$kind"
	for other in $alone; do
		if [ "$other" = "$kind" ]; then
			done_by "$other"
		else
			refused_by "$other"
		fi
	done
done

say "what needs a session, beside one"
for kind in agent x11; do
	allow "exec,$kind"
	done_by "$kind"
	allow exec
	done_by exec
	refused_by "$kind"
done
like "what ran all the same" "$out" '^<>$'

say "all but one"
for kind in $alone agent x11; do
	left=
	for other in $alone agent x11; do
		[ "$other" = "$kind" ] || left=$left${left:+,}$other
	done
	allow "$left"
	refused_by "$kind"
	[ "$kind" = exec ] || done_by exec
	[ "$kind" != exec ] || done_by shell
done

say "by default all of them, by a rule with all, and no other host's less"
for list in default all; do
	allow $list
	for kind in $alone agent x11; do
		done_by "$kind"
	done
done

say "the host has its own word"
admin host update web1 --allow=sftp,scp
done_by sftp
done_by scp
refused_by shell
refused_by exec
refused_by forward-local
admin acl explain bob web1
like "explained" "$out" $'\nAllowed there: sftp,scp\.\n'
like "the rule" "$out" $'\n  ACL '"$rule"$' allows all\.\n'
like "the host" "$out" $'\n  The host allows sftp,scp\.\n'
admin host update web1 --allow=default

say "two rules that decide: what either allows"
allow sftp
admin acl create --ug=default --hg=default --allow=exec
second=$out
done_by sftp
done_by exec
refused_by shell
admin acl update "$second" --weight=3
done_by sftp
refused_by exec
admin acl rm "$second"

say "who may copy files and no more gets nothing else"
for list in sftp scp sftp,scp; do
	allow $list
	for command in id 'scp -t .;id' 'scp -f $(id)' \
	    "scp -t -S$T/evil x" 'sh -c id' "$T/host/sftp-server" \
	    "/usr/lib/openssh/sftp-server; id" 'rsync --server . .' \
	    "git-upload-pack '.'" "scp -t 'a\\' '; id '"; do
		as bob refused "$list: $command" \
		    '^sshportal: exec: not allowed to you on host "web1"$' \
		    p web1@portal "$command"
	done
	as bob refused "$list: a shell" \
	    '^sshportal: shell: not allowed to you on host "web1"$' \
	    p -T web1@portal
	as bob refused "$list: another subsystem" \
	    '^sshportal: exec: not allowed to you on host "web1"$' \
	    p -s web1@portal netconf
done
# with a terminal they are no copies
run_status 255 as bob p -tt web1@portal "scp -f $T/host/file"
like "scp with a terminal" "$out$err" 'sshportal: exec: not allowed to you'
run_status 255 as bob p -tt -s web1@portal sftp
like "sftp with a terminal" "$out$err" 'sshportal: exec: not allowed to you'
# sftp names its server, if it is told to
allow sftp
echo "get $T/host/file $T/named" >"$T/batch"
as bob ok sftp -F "$T/client/bob.conf" -b "$T/batch" \
    -s /usr/lib/openssh/sftp-server web1@portal
same_file "$T/host/file" "$T/named"

say "nor an environment, of which a shell might make programs"
with_env()
{
	as bob ok scp -F "$T/client/bob.conf" -s \
	    -o SetEnv="BASH_ENV=$T/evil" "web1@portal:$T/host/file" "$T/got"
	same_file "$T/host/file" "$T/got"
}
with_env
unlike "the environment" "$(cat "$T/server-env")" BASH_ENV
allow sftp,exec
with_env
like "the environment" "$(cat "$T/server-env")" BASH_ENV

say "a session that lives when its rule is narrowed"
allow default
as bob ok p -M -S "$T/master" -o ControlPersist=600 -fN web1@portal
mux()
{
	as bob p -S "$T/master" -o ControlMaster=no -o ProxyCommand=none "$@"
}
ok mux web1@portal 'echo before'
is "before" "$out" before
mux_refuses()
{
	run mux web1@portal true
	[ "$status" -eq 255 ] && grep -qF \
	    'sshportal: exec: not allowed to you on host "web1"' "$T/run.err"
}
mux_runs()
{
	run mux web1@portal 'echo again'
	[ "$out" = again ]
}
sessions=$(active_sessions)
allow sftp
wait_for 20 mux_refuses || fail "exec goes on: '$out' '$err'"
ok sftp -F "$T/client/bob.conf" -b "$T/batch" -o ControlPath="$T/master" \
    web1@portal
is "the session" "$(active_sessions)" "$sessions"

mux_gone()
{
	! as bob p -S "$T/master" -O check web1@portal 2>/dev/null
}

say "is widened again, its host is narrowed, its rule goes"
allow default
wait_for 20 mux_runs || fail "exec does not come back: '$err'"
admin host update web1 --allow=sftp
wait_for 20 mux_refuses || fail "exec goes on: '$out' '$err'"
admin host update web1 --allow=default
wait_for 20 mux_runs || fail "exec does not come back: '$err'"
admin acl update "$rule" --action=deny
wait_for 20 mux_gone || fail "the connection goes on"
admin acl update "$rule" --action=allow
as bob ok p -M -S "$T/master" -o ControlPersist=600 -fN web1@portal
wait_for 20 mux_runs || fail "exec does not come back: '$err'"

say "the change is in the audit log"
admin event ls --domain=acl --json
like "acl update" "$out" '"update"'
admin acl update "$rule" --allow=agent,x11
admin event inspect "$(db_query "SELECT MAX(id) FROM events
    WHERE domain = 'acl'")"
like "what it changed" "$out" 'agent,x11'
as bob ok p -S "$T/master" -O exit web1@portal
