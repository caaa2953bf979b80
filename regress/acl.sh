#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Groups and ACLs by commands: who may reach a host and who may not, and that
# "acl explain" says before what the login says after.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "groups and ACLs"

ready_portal
admin hostgroup create --name=servers
like "its id alone" "$out" '^[0-9]+$'
admin host create "$HOST_USER@127.0.0.1:$SSHD_PORT" --name=db1 \
    --group=servers
admin usergroup create --name=staff
admin usergroup create --name=guests --comment="'who comes by'"
invite bob --group=staff

# lets ACL: bob reaches db1, as the ACL has it and as it was explained.
lets()
{
	admin acl explain bob db1
	is "verdict" "$(head -n 1 <<<"$out")" "Verdict: allow, by ACL $1."
	as bob ok p db1@portal echo in
	is "output" "$out" in
}

# keeps_out ACL, or nothing where no ACL decides.
keeps_out()
{
	admin acl explain bob db1
	if [ -n "$1" ]; then
		is "verdict" "$(head -n 1 <<<"$out")" \
		    "Verdict: deny, by ACL $1."
	else
		like "verdict" "$out" '^Verdict: deny\. No ACL'
	fi
	as bob refused "login" '^sshportal: no host "db1"' p db1@portal true
}

say "without a rule"
keeps_out ''

say "granted by a rule between groups"
admin acl create --ug=staff --hg=servers --weight=10 --comment=groups
groups=$out
like "its id alone" "$groups" '^[0-9]+$'
lets "$groups"

say "to members of the group alone"
admin acl update "$groups" --unassign-usergroup=staff --ug=guests
keeps_out ''
admin acl update "$groups" --unassign-usergroup=guests --ug=staff
lets "$groups"

say "at equal weight deny wins; the lower weight before it"
admin acl create --ug=staff --hg=servers --action=deny --weight=10
deny=$out
keeps_out "$deny"
admin acl update "$deny" --weight=11
lets "$groups"
admin acl update "$deny" --weight=0
keeps_out "$deny"
run_status 1 p admin@portal hostgroup rm servers
like "a group of a rule that denies" "$err" "^error: .*\($deny\)"
run_status 1 p admin@portal usergroup rm guests staff
like "nothing is done" "$err" "^error: .*\"staff\".*\($deny\)"
admin usergroup inspect guests
admin acl rm "$deny"
lets "$groups"

say "patterns: of the name, of the address, and what fits neither"
admin acl create --ug=staff --pattern="'d?1'" --action=deny -w 5
pattern=$out
keeps_out "$pattern"
admin acl update "$pattern" --pattern="'127.0.*'"
keeps_out "$pattern"
admin acl update "$pattern" --pattern="'web*'"
lets "$groups"
admin acl update "$pattern" --pattern="'db[0-9]'" --action=allow
admin hostgroup rm servers
lets "$pattern"

say "a time that has come and one that is over"
admin acl update "$pattern" --inception=+8h
keeps_out ''
admin acl explain bob db1 --json
is "explained" "$(jq -c '.[] | [.ID, .InForce, .Decides]' <<<"$out")" \
    "[$pattern,false,false]"
admin acl update "$pattern" --unset-inception --expiration=+8h
lets "$pattern"
admin acl update "$pattern" --expiration="'2006-01-02 15:04'"
keeps_out ''
admin acl update "$pattern" --unset-expiration
lets "$pattern"

say "JSON as it always was"
admin acl inspect "$pattern"
is "acl" "$(jq -c '.[] | [.HostPattern, .Action, .Weight, .DeletedAt,
    .UserGroups[].Name, .HostGroups, .Inception]' <<<"$out")" \
    '["db[0-9]","allow",5,null,"staff",[],null]'
admin usergroup inspect staff
is "user group" "$(jq -r '.[].Users[].Name' <<<"$out" | sort | tr '\n' ' ')" \
    "$(printf '%s\n' bob "$(first_admin)" | sort | tr '\n' ' ')"

say "what a removed group was good for"
admin usergroup rm staff
keeps_out ''
