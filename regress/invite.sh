#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Invites: as many uses as were said, even in a race; they expire; nonsense is
# refused; the log says why one was.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "invites"

start_portal
client admin
redeem

# new_token NAME: sets TOKEN.
new_token()
{
	admin user invite "$1@example.org" --name="$1"
	TOKEN=$(grep -oE 'invite:[A-Za-z0-9_-]+' <<<"$out" | cut -d: -f2)
	[ -n "$TOKEN" ] || fail "no token in '$out'"
}

keys_of()
{
	db_query "SELECT COUNT(*) FROM user_keys JOIN users
	    ON users.id = user_keys.user_id WHERE users.name = '$1'"
}

say "it greets and shows the key's fingerprint"
new_token bob
client bob
as bob ok p "invite:$TOKEN@portal"
print=$(ssh-keygen -lf "$T/client/bob.pub" | cut -d' ' -f2)
like "greeting" "$out$err" bob
[[ $out$err == *"$print"* ]] || fail "no $print in '$out$err'"
as bob ok p bob@portal version

say "it serves once"
client second
as second run_status 255 p "invite:$TOKEN@portal"
like "what the second person reads" "$err" 'Permission denied \(publickey\)'
like "what the second person reads" "$err" '(^|
)sshportal: .*invite'
as bob run p "invite:$TOKEN@portal"
is "status for the first person again" "$status" 255
is "keys of bob" "$(keys_of bob)" 1

say "an offer alone does not use it up"
new_token carol
client carol
client thief
# the thief has the token and carol's public key, but cannot sign
cp "$T/client/carol.pub" "$T/client/thief.pub"
rm "$T/client/thief"
as thief run_status 255 p -v "invite:$TOKEN@portal"
like "what the client tried" "$err" 'Offering public key: .*thief'
[ "$(keys_of carol)" -eq 0 ] || fail "a key was bound without a signature"
as carol ok p "invite:$TOKEN@portal"
is "keys of carol" "$(keys_of carol)" 1

say "a key of somebody else's is not bound twice"
new_token dave
as carol run_status 255 p "invite:$TOKEN@portal"
is "keys of dave" "$(keys_of dave)" 0
client dave
as dave ok p "invite:$TOKEN@portal"

# race WHO USES: 50 take TOKEN at the same time; sets WON and WINNERS
for i in $(seq 50); do
	client "racer$i"
done
race()
{
	local i pids=()

	for i in $(seq 50); do
		as "racer$i" p "invite:$TOKEN@portal" </dev/null \
		    >"$T/race.$i" 2>&1 &
		pids[i]=$!
	done
	WINNERS=()
	for i in $(seq 50); do
		if wait "${pids[i]}"; then
			WINNERS+=("$i")
		else
			like "what a loser reads" "$(cat "$T/race.$i")" \
			    'this invite is not valid: it was used already'
		fi
	done
	is "winners" "${#WINNERS[@]}" "$2"
	is "keys of $1" "$(keys_of "$1")" "$2"
	for i in $(seq 50); do
		if [[ " ${WINNERS[*]} " == *" $i "* ]]; then
			as "racer$i" ok p "$1@portal" version
			as "racer$i" ok p "$1@portal" version
		fi
	done
	i=$((WINNERS[0] % 50 + 1))
	[[ " ${WINNERS[*]} " == *" $i "* ]] ||
	    as "racer$i" run_status 255 p "$1@portal" version
}

say "50 take it at the same time, one gets it"
new_token erin
race erin 1
admin user rm erin

say "of one with three uses, three"
admin user invite team@example.org --max-uses=3
TOKEN=$(grep -oE 'invite:[A-Za-z0-9_-]+' <<<"$out" | cut -d: -f2)
race team 3
admin user ls
like "what is left" "$out" ' team .*active'

say "it expires"
new_token frank
client frank
[ "$(db_query "SELECT invite_expires_at FROM users
    WHERE name = 'frank'")" -gt "$(date +%s)" ] ||
    fail "an invite without an end"
db_query "UPDATE users SET invite_expires_at = $(date +%s) - 1
    WHERE name = 'frank'"
as frank run_status 255 p "invite:$TOKEN@portal"
like "what frank reads" "$err" 'this invite is not valid: it has expired'
is "keys of frank" "$(keys_of frank)" 0

say "the log says why, and whose it was"
new_token gina
client gina
admin user update gina --disable
as gina run_status 255 p "invite:$TOKEN@portal"
like "what gina reads" "$err" 'not valid: the account is closed'
as gina run_status 255 p "invite:${TOKEN}x@portal"
like "what gina reads" "$err" 'not valid: it was mistyped or withdrawn'
new_token hugo
as carol run_status 255 p "invite:$TOKEN@portal"
from='from 127\.0\.0\.1 port [0-9]+ refused'
for line in "invite of bob $from: it is used up" \
    "invite of team $from: it is used up" \
    "invite of frank $from: it has expired" \
    "invite of gina $from: the account is disabled or has expired" \
    "invite $from: it is not known" \
    "invite $from: the key belongs to an account already"; do
	ok grep -E "$line" <(portal_log)
done

say "nonsense"
client nobody
long=$(head -c 400 /dev/zero | tr '\0' a)
for token in '' x "' OR 1=1 --" '%' '../../etc' "$long" "$TOKEN$TOKEN" \
    "${TOKEN^^}" "$(printf 'a\001b')"; do
	# a stock client would not send some of them
	run $PYTHON "$HELPERS/confusion.py" "$PORTAL_PORT" "invite:$token" \
	    true sign:"$T/client/nobody"
	is "status for '$token'" "$status" 3	# refused
done
ok p admin@portal version

say "no token in the log or in the database"
! portal_log | grep -qF "$TOKEN" || fail "a token in the log"
is "tokens in the database" "$(db_query "SELECT COUNT(*) FROM users
    WHERE invite_hash = '$TOKEN'")" 0
