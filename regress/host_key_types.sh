#!/bin/bash
# SPDX-License-Identifier: ISC
#
# An original's host key may be RSA or ECDSA: whoever knows the portal by it
# sees no warning, and whoever knows the Ed25519 one sees none either.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "host keys of other types than Ed25519"

query()
{
	sqlite3 "$T/original.db" "$1"
}

# blob FILE: a public key as bytes in SQL
blob()
{
	echo "X'$(cut -d' ' -f2 "$1" | base64 -d | od -An -v -tx1 |
	    tr -d ' \n')'"
}

# An original with this host key; its user root is us, its host target is here.
# original KEY
original()
{
	rm -f "$T/original.db"
	sqlite3 "$T/original.db" <"$TOP/regress/original/sshportal.sql" ||
	    fail "the original's database"
	query "UPDATE hosts SET
	    url = 'ssh://$HOST_USER@127.0.0.1:$SSHD_PORT', host_key = NULL
	    WHERE name = 'target'"
	query 'SELECT pub_key FROM ssh_keys' \
	    >"$T/host/home/.ssh/authorized_keys"
	client admin
	query "UPDATE user_keys SET key = $(blob "$T/client/admin.pub"),
	    authorized_key = '$(cut -d' ' -f1,2 "$T/client/admin.pub")' ||
	    char(10) WHERE id = 1"
	query "UPDATE ssh_keys SET priv_key = '$(cat "$1")' || char(10),
	    pub_key = '$(cut -d' ' -f1,2 "$1.pub")' WHERE name = 'host'"
	chmod 644 "$T/original.db"
}

# knows FILE ...: what the client has in known_hosts from now on
knows()
{
	local key

	for key in "$@"; do
		echo "portal $(cut -d' ' -f1,2 "$key")"
	done >"$T/client/known_hosts"
	cp "$T/client/known_hosts" "$T/known.before"
}

# logs_in ALGORITHM OPTION ...: without a warning, by this algorithm
logs_in()
{
	local algorithm=$1

	shift
	ok p -o StrictHostKeyChecking=yes "$@" target@portal 'echo here'
	is "output" "$out" here
	is "what ssh said" "$err" ''
	p -v -o StrictHostKeyChecking=yes "$@" admin@portal version \
	    >/dev/null 2>"$T/v" || fail "status $?: $(cat "$T/v")"
	like "algorithm" "$(cat "$T/v")" \
	    "kex: host key algorithm: $algorithm"
	same_file "$T/known.before" "$T/client/known_hosts"
}

# rekeys OPTION ...: new keys again and again, under load
rekeys()
{
	p -v -o StrictHostKeyChecking=yes -o RekeyLimit=1M "$@" \
	    target@portal cat <"$T/data" 2>"$T/v" | sha256sum >"$T/sum"
	is "status" "${PIPESTATUS[0]}" 0
	is "bytes" "$(cat "$T/sum")" "$(sha256sum <"$T/data")"
	[ "$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/v")" -ge 4 ] ||
	    fail "few key exchanges: $(grep -c NEWKEYS "$T/v")"
}

# import [FLAG]: the original moves in
import()
{
	ok as_starter import "${DB_FLAGS[@]}" --from="sqlite:$T/original.db" \
	    --aes-key-file="$T/aes.key" "$@"
}

start_sshd
echo 0123456789abcdef0123456789abcdef >"$T/aes.key"
chmod 644 "$T/aes.key"
head -c 8000000 /dev/urandom >"$T/data"
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C '' -f "$T/rsa"
ssh-keygen -q -t ecdsa -b 256 -m PEM -N '' -C '' -f "$T/ecdsa"
ssh-keygen -q -t ecdsa -b 521 -m PEM -N '' -C '' -f "$T/ecdsa521"

say "an original with an RSA host key moves in"
make_portal_dir
db_flags
original "$T/rsa"
import
grep -qF "Host key: $(ssh-keygen -lf "$T/rsa.pub" |
    cut -d' ' -f2), as the original had it" <<<"$out" || fail "$out"
start_portal
client admin
knows "$T/rsa.pub"
logs_in rsa-sha2-512
rekeys

say "with either hash that is strong enough, and no other"
logs_in rsa-sha2-256 -o HostKeyAlgorithms=rsa-sha2-256
rekeys -o HostKeyAlgorithms=rsa-sha2-256
run_status 255 p -o HostKeyAlgorithms=ssh-rsa admin@portal version
like "SHA-1" "$err" 'no matching host key type'

say "who knows none gets the Ed25519 one, and who knows both, that"
: >"$T/client/known_hosts"
ok p admin@portal version
like "learnt" "$(cat "$T/client/known_hosts")" '^portal ssh-ed25519 '
cut -d' ' -f2,3 "$T/client/known_hosts" >"$T/ed25519.pub"
knows "$T/ed25519.pub"
logs_in ssh-ed25519
rekeys
knows "$T/ed25519.pub" "$T/rsa.pub"
logs_in ssh-ed25519

say "the key is the portal's own, and nothing else"
run_status 1 p admin@portal key rm host-rsa
like "stays" "$err" 'own host key: it stays'
run_status 1 p admin@portal host create bart@127.0.0.1 --name=no --key=host-rsa
like "no login" "$err" 'it is not for logging in'
run_status 1 p admin@portal key create --name=host-ecdsa
like "reserved" "$err" 'is kept for the portal'

say "an ECDSA host key: beside the others, on a portal that runs"
ready=$(log_count ': ready$')
original "$T/ecdsa"
import --replace
kill -HUP "$PORTAL_PID"
wait_for 20 log_has_many ': ready$' $((ready + 1)) || fail "reload"
knows "$T/ecdsa.pub"
logs_in ecdsa-sha2-nistp256
rekeys
knows "$T/rsa.pub"
logs_in rsa-sha2-512
knows "$T/ed25519.pub"
logs_in ssh-ed25519

say "a backup of ours brings all of them back"
admin config backup
cp "$T/run.out" "$T/backup.json"
ready=$(log_count ': ready$')
p admin@portal config restore --confirm <"$T/backup.json" ||
    fail restore
kill -HUP "$PORTAL_PID"
wait_for 20 log_has_many ': ready$' $((ready + 1)) || fail "reload"
for key in rsa:rsa-sha2-512 ecdsa:ecdsa-sha2-nistp256 ed25519:ssh-ed25519; do
	knows "$T/${key%:*}.pub"
	logs_in "${key#*:}"
done

say "one of its type takes its place, of another curve too"
ready=$(log_count ': ready$')
original "$T/ecdsa521"
import --replace
kill -HUP "$PORTAL_PID"
wait_for 20 log_has_many ': ready$' $((ready + 1)) || fail "reload"
knows "$T/ecdsa521.pub"
logs_in ecdsa-sha2-nistp521
rekeys
knows "$T/ecdsa.pub"
run_status 255 p -o StrictHostKeyChecking=yes admin@portal version
