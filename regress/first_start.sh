#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The first start: schema, keys, first rows, the first administrator's invite
# and its renewal.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "the first start"

start_portal

say "what it prints"
token=$(invite_token)
like "token" "$token" '^[A-Za-z0-9_-]{16,}$'
printed=$(cat "$PORTAL_DIR.out")
like "what to type next" "$printed" "ssh .*-p ?$PORTAL_PORT .*invite:$token@"
! grep -qF "$token" "$PORTAL_DIR.log" || fail "the token is in the log"

say "files and their modes"
owner=$(stat -c %u "$PORTAL_DIR")
mode_of()
{
	stat -c '%a %u' "$PORTAL_DIR/$1"
}
if [ "$DB" = sqlite3 ]; then
	is "master key" "$(mode_of sshportal.db.key)" "600 $owner"
	like "its text" "$(cat "$PORTAL_DIR/sshportal.db.key")" \
	    '^sshportal-key-1:[A-Za-z0-9+/]{43}=$'
	like "database" "$(mode_of sshportal.db)" "^6[04]0 $owner\$"
	log_has 'sshportal\.db was not there: made it, a new and empty' ||
	    fail "the log does not say that it is new"
fi
is "state directory" "$(mode_of sshportal.db.d)" "700 $owner"
is "runtime directory" "$(mode_of sshportal.db.d/run)" "700 $owner"
is "what children see" "$(stat -c %a "$PORTAL_DIR/sshportal.db.d/empty")" 555
is "files that others can write" \
    "$(find "$PORTAL_DIR" ! -type l ! -type s -perm /022)" ''

say "first rows"
is "users" "$(db_query 'SELECT COUNT(*) FROM users')" 1
user=$(first_admin)
if [ -n "$IS_ROOT" ] && [ "$PORTAL_MODE" = user ]; then
	like "name of a user without one" "$user" .
else
	is "name" "$user" "$(id -un)"
fi
is "its role" "$(db_query 'SELECT name FROM user_roles JOIN user_user_roles
    ON role_id = user_roles.id')" admin
is "keys" "$(db_query 'SELECT name, type FROM private_keys ORDER BY name' |
    tr '\n' ' ')" "default|ed25519 host|ed25519 "
is "user groups" "$(db_query 'SELECT name FROM user_groups')" default
is "host groups" "$(db_query 'SELECT name FROM host_groups')" default
is "rules" "$(db_query 'SELECT action, ug.name, hg.name FROM acls
    JOIN acl_user_groups aug ON aug.acl_id = acls.id
    JOIN user_groups ug ON ug.id = aug.group_id
    JOIN acl_host_groups ahg ON ahg.acl_id = acls.id
    JOIN host_groups hg ON hg.id = ahg.group_id')" "allow|default|default"
left=$(($(db_query 'SELECT invite_expires_at FROM users') - $(date +%s)))
[ $left -gt 86000 ] && [ $left -le 86400 ] ||
    fail "the invite is good for $left s, not for a day"
is "secrets in clear" "$(db_query "SELECT COUNT(*) FROM private_keys
    WHERE priv_sealed LIKE '%PRIVATE%' OR priv_sealed NOT LIKE '\$1\$%'")" 0

say "it is whole after a clean stop: cp is a backup"
stop_portal || fail "stop"
if [ "$DB" = sqlite3 ]; then
	for f in wal shm journal; do
		[ ! -e "$PORTAL_DIR/sshportal.db-$f" ] ||
		    fail "sshportal.db-$f is left"
	done
	is "integrity" "$(db_query 'PRAGMA integrity_check')" ok
fi

say "the next start renews the invite while no administrator has a key"
keys=$(db_query 'SELECT * FROM private_keys')
start_portal
renewed=$(invite_token)
[ -n "$renewed" ] || fail "no invite: $(cat "$PORTAL_DIR.out")"
[ "$renewed" != "$token" ] || fail "the same token again"
is "keys are kept" "$(db_query 'SELECT * FROM private_keys')" "$keys"
client admin
run_status 255 p "invite:$token@portal"
redeem
fingerprint=$(ssh-keygen -lf "$T/client/known_hosts" | cut -d' ' -f2)

say "and no longer once one has"
stop_portal || fail "stop"
start_portal
! log_has 'was not there: made it' || fail "the same database is not new"
is "invite" "$(invite_token)" ''
ok p admin@portal version
is "users" "$(db_query 'SELECT COUNT(*) FROM users')" 1
is "host key" "$(ssh-keyscan -t ed25519 -p "$PORTAL_PORT" 127.0.0.1 \
    2>/dev/null | ssh-keygen -lf - | cut -d' ' -f2)" "$fingerprint"
stop_portal || fail "stop"

say "a preset token, and --quiet"
[ "$DB" = sqlite3 ] || exit 0
preset=preset-token-of-an-operator-1234
PORTAL_DIR=$T/second
PORTAL_ENV=(SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN="$preset")
start_portal "$PORTAL_MODE" --quiet
unlike "what it prints" "$(cat "$PORTAL_DIR.out")" 'invite:'
client second
as second ok p -o UserKnownHostsFile="$T/known2" "invite:$preset@portal"
as second ok p -o UserKnownHostsFile="$T/known2" admin@portal version
