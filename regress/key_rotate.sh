#!/bin/bash
# SPDX-License-Identifier: ISC
#
# "key rotate": a new key takes an old one's place, on real hosts. One of them
# is away at first; one has options and comments in its authorized_keys, one has
# that behind a symbolic link. Whoever logs in meanwhile gets in, and what is
# left behind goes on as before.
# db: sqlite3 mysql
# cost: 60

. "$TOP/regress/lib.sh"
each_mode
tid "keys are rotated on their hosts"

ready_portal

# asked WORD ...: a command of the administrator's, which may fail.
asked()
{
	as admin p admin@portal "$*"
}

# The key that a host has, as "name fingerprint".
key_of()
{
	db_query "SELECT k.name, k.fingerprint FROM hosts h
	    JOIN private_keys k ON k.id = h.key_id WHERE h.name = '$1'"
}

old=$(db_query "SELECT fingerprint FROM private_keys WHERE name = 'default'")
admin key setup default
line=$(grep -oE 'ssh-ed25519 [A-Za-z0-9+/=]+' <<<"$out" | head -n 1)
blob=${line#ssh-ed25519 }
[ ${#blob} -gt 60 ] || fail "no key: $line"

say "three hosts, the second with options, the third behind a link"
keys1=$T/host/home/.ssh/authorized_keys
start_sshd two
two=$SSHD_PORT
keys2=$T/two/home/.ssh/authorized_keys
cat >"$keys2" <<END
# the portal's key is $line
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx somebody else
no-agent-forwarding,environment="WHO=the \"portal\"  there"  ssh-ed25519 $blob   a comment of two  words
command="echo $line" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICy another
END
chmod 640 "$keys2"
cp -p "$keys2" "$T/two.before"
start_sshd three
three=$SSHD_PORT three_pid=$SSHD_PID
keys3=$T/three/home/.ssh/authorized_keys
mkdir "$T/three/real"
echo "$line" >"$T/three/real/keys"
ln -s ../../real/keys "$keys3"
for i in two three; do
	SSHD_PORT=${!i} add_host $i
done
admin key create --name=spare
SSHD_PORT=$two add_host other --key=spare
for i in web1 two three; do
	ok p $i@portal true
done

say "one of them is away: the rest is done, it is left"
end_process "$three_pid"
run_status 1 asked key rotate --json default
like "what is said" "$err" '1 of 3 hosts are left.*key rotate default.*default-next'
like "done" "$out" '"Host": "web1",[^}]*"Result": "done"'
like "done" "$out" '"Host": "two",[^}]*"Result": "done"'
like "left" "$out" '"Host": "three",[^}]*"Result": "left",[^}]*connection refused'
is "the keys" "$(key_of web1 | cut -d'|' -f1) $(key_of three)" \
    "default-next default|$old"
ok p web1@portal true
ok p two@portal true

say "a new line has the old one's options and comment, and others are kept"
new=$(db_query "SELECT fingerprint FROM private_keys
    WHERE name = 'default-next'")
ok asked key setup default-next
new_line=$(grep -oE 'ssh-ed25519 [A-Za-z0-9+/=]+' <<<"$out" | head -n 1)
sed "3s#ssh-ed25519 $blob#$new_line#; 3s#  *ssh-ed25519# ssh-ed25519#" \
    "$T/two.before" >"$T/two.wanted"
same_file "$keys2" "$T/two.wanted"
is "mode" "$(stat -c %a "$keys2")" 640
is "what lies beside it" "$(find "$T/two/home/.ssh" | wc -l)" 2
is "the old key on web1" "$(grep -cF "$blob" "$keys1")" 0

say "it goes on when the host is back, and only there where it must"
SSHD_PORT_WANTED=$three start_sshd three
run_status 1 asked key rotate --type=rsa default
like "another type" "$err" 'go on without --type'
ok asked key rotate default
like "report" "$out" 'three +done'
is "the key has its name" "$(key_of three)" "default|$new"
is "keys" "$(db_query "SELECT COUNT(*) FROM private_keys
    WHERE fingerprint = '$old' OR replaces_id IS NOT NULL")" 0
for i in web1 two three; do
	ok p $i@portal true
done
is "the link" "$(readlink "$keys3")" ../../real/keys
is "the file" "$(cat "$T/three/real/keys")" "$new_line"
is "another host's key" "$(key_of other | cut -d'|' -f1)" spare

say "the old key is let in nowhere"
for i in host two three; do
	is "on $i" "$(grep -v '^#' "$T/$i/home/.ssh/authorized_keys" |
	    grep -v '^command' | grep -cF "$blob")" 0
done

say "each host's change is an event"
wait_for 10 eval '[ "$(db_query "SELECT COUNT(*) FROM events
    WHERE action = '\''uninstall'\''")" -ge 3 ]' || fail "events"
is "changes" "$(db_query "SELECT COUNT(*) FROM events
    WHERE domain = 'host' AND action = 'change-key'")" 3

say "where something stands in the way in the middle, logins go on"
mkdir "$T/three/home/.ssh/authorized_keys2"
run_status 1 asked key rotate default
like "the reason" "$out" 'three +left +it has the new key, the old '\
'one is still let in: authorized_keys: .*authorized_keys2 is no file'
like "the others" "$out" 'two +done'
for i in web1 two three; do
	ok p $i@portal true
done
rmdir "$T/three/home/.ssh/authorized_keys2"
ok asked key rotate default

say "people log in without a failure all the while; an RSA key this time"
: >"$T/logins"
(
	while [ ! -e "$T/enough" ]; do
		for i in web1 two three; do
			ssh -F "$(CLIENT=admin conf)" $i@portal true \
			    </dev/null >>"$T/logins.err" 2>&1 ||
			    echo "$i failed" >>"$T/logins"
			echo "$i" >>"$T/logins.done"
		done
	done
) &
at_work=$!
wait_for 30 test -s "$T/logins.done" || fail "nobody logs in"
ok asked key rotate --type=rsa --length=2048 default
ok asked key rotate --type=ed25519 default
touch "$T/enough"
wait "$at_work"
is "failures" "$(cat "$T/logins" "$T/logins.err")" ''
is "type" "$(db_query "SELECT type FROM private_keys
    WHERE name = 'default'")" ed25519

say "what is not to be rotated"
run_status 1 asked key rotate host
like "the host key" "$err" "portal's own host key: it stays"
invite bob
as bob run_status 1 p bob@portal key rotate default
