#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Moving in: the database of a real original is imported, and its people reach
# its hosts as before, with the host key that they know.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "import of an original's database"

AES=0123456789abcdef0123456789abcdef

# --- An original whose hosts are here, and some of whose people are us ------

original_query()
{
	sqlite3 "$T/original.db" "$1"
}

# blob FILE: a public key as bytes in SQL
blob()
{
	echo "X'$(cut -d' ' -f2 "$1" | base64 -d | od -An -v -tx1 |
	    tr -d ' \n')'"
}

# user_key ID CLIENT: that row is the key of a client
user_key()
{
	client "$2"
	original_query "UPDATE user_keys SET key = $(blob "$T/client/$2.pub"),
	    authorized_key = '$(cut -d' ' -f1,2 "$T/client/$2.pub")' || char(10)
	    WHERE id = $1"
}

sqlite3 "$T/original.db" <"$TOP/regress/original/sshportal.sql" ||
    fail "the original's database"
start_sshd
original_query "UPDATE hosts SET
    url = replace(url, '@127.0.0.1:2022', '@127.0.0.1:$SSHD_PORT'),
    host_key = CASE WHEN host_key IS NULL THEN NULL
	ELSE $(blob "$T/host/hostkey_ed25519.pub") END"
original_query "UPDATE hosts SET url = replace(replace(url, '//bart@',
    '//$HOST_USER@'), '//bart:', '//$HOST_USER:')"
original_query 'SELECT pub_key FROM ssh_keys' \
    >"$T/host/home/.ssh/authorized_keys"
user_key 1 admin
user_key 3 bob
user_key 4 carol
printf '%s\n' "$AES" >"$T/aes.key"
chmod 644 "$T/original.db" "$T/aes.key"

# What the portal is told to import, and the database that it goes into.
make_portal_dir
db_flags
FROM=sqlite:$T/original.db
if [ "$DB" = mysql ]; then
	as_root()
	{
		mariadb --no-defaults -u root -S "$T/mariadb/s" "$@"
	}
	as_root -e "CREATE DATABASE original;
	    GRANT SELECT ON original.* TO portal@'%'" || fail "database"
	as_root original <"$TOP/regress/original/mysql.sql" ||
	    fail "the original's rows"
	for table in hosts user_keys; do
		sqlite3 -cmd ".mode insert $table" "$T/original.db" \
		    "SELECT * FROM $table"
	done | sed -e "s/+00:00'/'/g" -e 's/^INSERT/REPLACE/' |
	    as_root original || fail "the original's hosts"
	FROM=mysql:${DB_CONN/\/portal\?/\/original?}
fi

# import FLAG ...: as the one who starts the portal
import()
{
	as_starter import "${DB_FLAGS[@]}" "$@"
}

state()
{
	find "$PORTAL_DIR" -printf '%p %s %T@\n' | sort
	[ "$DB" != mysql ] || mariadb_query 'SHOW TABLES'
}

say "a wrong key, and none, stop it before anything is there"
before=$(state)
run_status 1 import --from="$FROM"
like "without a key" "$out" 'encrypted: private keys "cocky_goodall", .*'
like "without a key" "$err" '^sshportal: nothing was taken over: '
run_status 1 import --from="$FROM" --aes-key="${AES%f}0"
like "another key" "$out" 'the AES key does not fit; it does not open the '
run_status 1 import --from="$FROM" --aes-key="$AES$AES"
like "no key" "$err" 'the AES key has 64 bytes'
run_status 1 import --from="$FROM" --aes-key-file="$T/nosuch"
like "no file" "$err" 'nosuch: No such file'
run_status 1 import --from="sqlite:$T/nosuch.db"
like "no database" "$err" 'nosuch.db: No such file'
run_status 1 import --from="json:$T/aes.key"
like "no JSON" "$err" 'that is no JSON'
unlike "no JSON" "$err" "$AES"
run_status 2 import --from=postgres:x
like "usage" "$err" '--from wants sqlite:FILE'
run_status 2 import
like "usage" "$err" '^usage: sshportal import'
is "what is there" "$(state)" "$before"

say "a dry run says it all and changes nothing"
ok import --from="$FROM" --aes-key-file="$T/aes.key" --dry-run
is "what is there" "$(state)" "$before"
like "plain text" "$out" 'lay in plain text: the private keys "default", "host"'
like "URLs" "$out" 'in the URLs of the hosts "example", "passurl"'
like "events" "$out" 'in plain text in 5 events'
like "invites" "$out" 'live invites,.* of the users "dave", "a b", "frank"'
like "closed invites" "$out" 'are closed, of the users "root", "bob", "carol"'
like "a pattern" "$out" \
    'ACL 3, .*"tar\*".* newly allows "carol" on "target", "dave" on "target"'
like "a removed user's groups" "$out" \
    '2 memberships of users belong to rows that are gone'
like "hosts" "$out" 'hosts +27( +0){3} +27'
like "keys" "$out" 'keys +11( +0){3} +11'
like "the end" "$out" 'This was a dry run'
unlike "a secret" "$out$err" "marley|BEGIN|$AES"

say "all of it is taken over"
ok import --from="$FROM" --aes-key-file="$T/aes.key"
like "the end" "$out" 'All of it is here now'
unlike "a secret" "$out$err" "marley|BEGIN|$AES"
[ "$DB" = mysql ] || is "files of others" "$(find "$PORTAL_DIR" \
    -name 'sshportal.db*' ! -uid "$(stat -c %u "$PORTAL_DIR")" \
    ! -name empty)" ''
run_status 1 import --from="$FROM" --aes-key-file="$T/aes.key"
like "a second time" "$err" 'has an inventory already.*--replace'
ok import --from="$FROM" --aes-key-file="$T/aes.key" --replace

say "ids, URLs, keys, groups, hops and recording are the original's"
ok as_starter admin "${DB_FLAGS[@]}" host ls --json
$PYTHON - "$T/original.db" "$T/run.out" <<'PY' || fail "hosts differ"
import json, re, sqlite3, sys
there, here = {}, {}
def url(text):
    scheme, user, rest = re.fullmatch(
        r"(\w+)://(?:([^:@]*)(?::[^@]*)?@)?(.*)", text).groups()
    port = {"ssh": ":22", "telnet": ":23"}[scheme]
    return scheme, user or "root", rest.removesuffix(port)
db = sqlite3.connect(sys.argv[1])
for i, name, u, key, hop, logging in db.execute("""SELECT h.id, h.name, h.url,
    k.name, hop.name, h.logging FROM hosts h
    LEFT JOIN ssh_keys k ON k.id = h.ssh_key_id
    LEFT JOIN hosts hop ON hop.id = h.hop_id"""):
    groups = [g for g, in db.execute("""SELECT name FROM host_groups
        JOIN host_host_groups ON host_group_id = id
        WHERE host_id = ? ORDER BY name""", (i,))]
    there[i] = name, url(u), key, hop, logging, groups
for h in json.load(open(sys.argv[2])):
    here[h["ID"]] = (h["Name"], url(h["URL"]), (h["SSHKey"] or {}).get("Name"),
        (h["Hop"] or {}).get("Name"), h["Logging"],
        sorted(g["Name"] for g in h["Groups"] or []))
for i in sorted(there | here):
    if there.get(i) != here.get(i):
        print(i, there.get(i), here.get(i))
sys.exit(there != here or len(here) != 27)
PY
is "passwords" "$(db_query 'SELECT name FROM hosts
    WHERE password_sealed IS NOT NULL ORDER BY id' | tr '\n' ' ')" \
    "example testtest pass passurl badpass "

say "no secret lies in the database"
if [ "$DB" = mysql ]; then
	for table in $(mariadb_query 'SHOW TABLES'); do
		mariadb_query "SELECT * FROM $table"
	done >"$T/dump"
else
	cat "$PORTAL_DIR"/sshportal.db* >"$T/dump" 2>/dev/null
fi
[ -s "$T/dump" ] || fail "no dump"
for secret in 'PRIVATE KEY' marley password=wrong davetoken1234567 \
    integration; do
	! grep -aqF "$secret" "$T/dump" || fail "$secret is in the database"
done

say "clients that knew the original see no warning"
start_portal
client admin
client bob
client carol
echo "portal $(original_query "SELECT pub_key FROM ssh_keys
    WHERE name = 'host'")" >"$T/client/known_hosts"
cp "$T/client/known_hosts" "$T/known.before"
ok p -o StrictHostKeyChecking=yes admin@portal version
same_file "$T/known.before" "$T/client/known_hosts"
is "what ssh said" "$err" ''

say "every host whose key was let in there is reached as before"
logins=$(sshd_logins)
n=0
for host in target 'a b' UPPER passurl h-k-ed h-k-rsa h-k-ecdsa \
    h-k-ecdsa384 h-k-ecdsa521 loginput logoff; do
	ok p -l "$host" portal "echo 'on $host'"
	is "output" "$out" "on $host"
	n=$((n + 1))
done
is "logins there" "$(sshd_logins)" $((logins + n))
as bob ok p target@portal true

say "a pattern decides now; and only what it says"
as carol ok p target@portal true
as carol refused "carol elsewhere" 'UPPER' p UPPER@portal true

say "an invite that was used is closed, one that was not is good once"
client stranger
as stranger run_status 255 p invite:integration@portal
client dave
as dave ok p invite:davetoken1234567@portal
client eve
as eve run_status 255 p invite:davetoken1234567@portal
as dave ok p dave@portal version

say "the events are there, sealed, and tell of the import"
admin event ls --limit=1000
like "import" "$out" '\(local\) .*config +import'
like "what was before" "$out" 'root .*shell +version'
is "restored" "$(db_query 'SELECT COUNT(*) FROM events
    WHERE restored > 0')" 17
stop_portal || fail "stop"
ok as_starter verify "${DB_FLAGS[@]}"
is "sessions" "$(db_query "SELECT COUNT(*) FROM sessions
    WHERE id <= 25 AND status = 'closed'")" 25

[ "$DB" = sqlite3 ] || exit 0

say "the original's backups do as well"
for backup in backup backup-decrypted; do
	rm -rf "$PORTAL_DIR"
	make_portal_dir
	cp "$TOP/regress/original/$backup.json" "$T/backup.json"
	chmod 644 "$T/backup.json"
	if [ $backup = backup ]; then
		run_status 1 import --from="json:$T/backup.json"
		like "without the key" "$out" 'encrypted: private keys'
	fi
	ok import --from="json:$T/backup.json" --aes-key-file="$T/aes.key"
	like "hosts" "$out" 'hosts +27( +0){3} +27'
	like "keys" "$out" 'keys +11( +0){3} +11'
	is "host key" "$(db_query "SELECT hex(pub_blob) FROM private_keys
	    WHERE name = 'host'")" "$(original_query "SELECT pub_key
	    FROM ssh_keys WHERE name = 'host'" | cut -d' ' -f2 | base64 -d |
	    od -An -v -tx1 | tr -d ' \n' | tr a-f A-F)"
done

say "a portal that runs gets it too, once it has no users yet"
rm -rf "$PORTAL_DIR"
start_portal
ok import --from="$FROM" --aes-key-file="$T/aes.key"
kill -HUP "$PORTAL_PID"
wait_for 20 log_has_many ': ready$' 2 || fail "reload"
cp "$T/known.before" "$T/client/known_hosts"
ok p -o StrictHostKeyChecking=yes target@portal true
