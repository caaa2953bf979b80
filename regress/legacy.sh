#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Hosts that know only old algorithms: a modern login is refused, by a sentence
# that says what they offer; "host update --legacy" permits these algorithms
# with that host and with no other.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
tid "old algorithms, where an administrator permits them"

sanitizer_option fast_unwind_on_malloc=0
ready_portal
port=$SSHD_PORT
ssh-keygen -q -t rsa -b 2048 -N '' -f "$T/host/hostkey_a_rsa"
admin key create --name=rsa --type=rsa
admin key setup rsa
ok p direct "$out"

# sshd_with LINE ...: the host once more, with these lines in its settings.
sshd_with()
{
	end_process "$SSHD_PID"
	SSHD_CONFIG=$(printf '%s\n' "$@")
	SSHD_PORT_WANTED=$port start_sshd
}

# What such a host knows.
declare -A old=(
	[KexAlgorithms]=diffie-hellman-group14-sha1
	[HostKeyAlgorithms]=ssh-rsa
	[Ciphers]=aes128-cbc,3des-cbc
	[PubkeyAcceptedAlgorithms]=ssh-rsa
)
old_lines()
{
	local what

	for what in "${!old[@]}"; do
		echo "$what ${old[$what]}"
	done
	echo "MACs hmac-sha1"
}

# The last step that a test of the host tells.
last_step()
{
	run_status 1 as admin p admin@portal host test --json "$1"
	$PYTHON -c '
import json, sys
row = json.load(sys.stdin)[-1]
print(row["Step"] + ":", row["Result"], row["Detail"])
' <<<"$out"
}

# session_has SENTENCE: some session has ended with it.
session_has()
{
	db_query 'SELECT error FROM sessions' | grep -qF "host old: $1"
}

hint="an administrator can permit old algorithms with "
hint+='"host update --legacy old"'

say "each of the old ones alone is refused, by a sentence that names it"
add_host old --key=rsa
while IFS='|' read -r line what offered; do
	sshd_with "$line"
	sentence="no $what in common: it offers only $offered; $hint"
	refused "$line" "host old: $sentence\$" p old@portal true
	is "host test" "$(last_step old)" "key exchange: failed $sentence"
	wait_for 10 session_has "$sentence" ||
	    fail "session ls: $(db_query 'SELECT error FROM sessions')"
done <<END2
KexAlgorithms diffie-hellman-group14-sha1|key exchange|diffie-hellman-group14-sha1
HostKeyAlgorithms ssh-rsa|kind of host key|ssh-rsa
Ciphers aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc|cipher|aes256-cbc, aes192-cbc, aes128-cbc, 3des-cbc
END2

say "one that was made before there was anything else for RSA keys"
start_odd_host oldhost
admin host create "bart@127.0.0.1:$ODD_PORT" --name=older --key=rsa
refused "SHA-1 in logins" "host older: it takes the portal's RSA key only with \
SHA-1: .* permit old algorithms with \"host update --legacy older\"\$" \
    p older@portal true
admin host update older --legacy
ok p older@portal something
is "output" "$out" "bart: something"

say "what --legacy does not permit either is no reason to name it"
sshd_with 'KexAlgorithms diffie-hellman-group1-sha1'
refused "group1" 'it offers only diffie-hellman-group1-sha1$' p old@portal true
sshd_with 'MACs umac-64@openssh.com' 'Ciphers aes128-ctr'
refused "MAC" 'no MAC in common: it offers only umac-64@openssh.com$' \
    p old@portal true
sshd_with "$(old_lines)" 'MACs umac-64@openssh.com'
like "the MAC alone" "$(last_step old)" 'legacy old"$|no key exchange'

say "with it, each of them, and all of them at once"
admin host update old --legacy
head -c 1048576 /dev/urandom >"$T/data"
for line in "${!old[@]}"; do
	sshd_with "$line ${old[$line]}"
	ok p old@portal echo in
	is "$line" "$out" in
done
for cipher in aes256-cbc aes192-cbc aes128-cbc 3des-cbc; do
	old[Ciphers]=$cipher
	sshd_with "$(old_lines)"
	p -o RekeyLimit=256K old@portal cat <"$T/data" >"$T/back" ||
	    fail "$cipher: status $?"
	same_file "$T/data" "$T/back"
done
ok as admin p admin@portal host test old

say "a host with modern ones keeps to them"
sshd_with 'LogLevel DEBUG1'
ok p old@portal true
wait_for 10 grep -qE 'kex: client->server cipher: (chacha20|aes...-gcm)' \
    "$T/host/sshd.log" || fail "no modern cipher"
grep -qE 'kex: algorithm: curve25519' "$T/host/sshd.log" ||
    fail "no modern exchange"

say "its key, once learnt, is asked for again by its kind"
old[Ciphers]=aes128-cbc
admin host update old --reset-hostkey
sshd_with "$(old_lines)"
ok p old@portal true
ok p old@portal true
is "pinned" "$(db_query "SELECT host_key_type FROM hosts WHERE name = 'old'")" \
    ssh-rsa

say "there and nowhere else"
refused "web1" "host web1: no key exchange in common: .* --legacy web1\"\$" \
    p web1@portal true

say "host ls shows it where there is one"
admin host ls
like "host ls" "$out" 'Logging +Legacy.*
.* old .* everything +yes.*
.* web1 .* everything +[^y]*
'
admin host inspect old
like "host inspect" "$out" '"Legacy": true'
admin config backup
cp "$T/run.out" "$T/backup.json"

say "no longer"
admin host update old older --no-legacy
refused "no longer" "host old: no k.* in common" p old@portal true
admin host ls
unlike "host ls" "$out" 'Legacy'

say "a backup brings it back"
p admin@portal config restore --confirm <"$T/backup.json" >"$T/restore.out" ||
    fail "restore: $(cat "$T/restore.out")"
ok p old@portal true

say "whoever is no administrator does not permit it"
invite tess --group=default
admin user update tess --assign-role=trusted
run_status 1 as tess p tess@portal host create --legacy \
    "$HOST_USER@127.0.0.1:$port" --name=hers
like "error" "$err" 'only administrators permit old algorithms'
