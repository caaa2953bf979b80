# The manuals: free of faults, true to the tables of commands and settings,
# with every message in them.
# cost: 15

. "$TOP/regress/lib.sh"

man=$TOP/man

tid "mandoc finds no fault"
ok command -v mandoc
# whether the pages of others are installed is not our fault
mandoc -T lint -W style "$man"/*.[158] 2>&1 |
    grep -v 'referenced manual not found: Xr\|outdated mandoc.db' >lint
is "faults" "$(cat lint)" ""

tid "references to our own pages lead somewhere"
grep -ho '^\.Xr sshportal[a-z.-]* [1-8]' "$man"/*.[158] | sort -u >refs
ok test -s refs
while read -r _ page section; do
	ok test -e "$man/$page.$section"
done <refs

tid "the reference of the commands is that of the table"
cp "$man/sshportal-shell.1" .
"$PROG/tables" commands >reference
ok grep -q '^\.Cm host create' reference
"$man/update" sshportal-shell.1 <reference || fail "man/update"
cmp sshportal-shell.1 "$man/sshportal-shell.1" ||
    fail "the table of commands has changed: run \"make man\""

tid "each setting is described, with its default and its variable"
"$PROG/tables" keys >keys
ok python3 "$TOP/regress/helpers/manual.py" keys keys \
    "$man/sshportal.yaml.5"

tid "each message of the program is explained"
ok python3 "$TOP/regress/helpers/manual.py" messages "$TOP" \
    "$man/sshportal.8" "$man/sshportal-shell.1"

tid "a message that is new, and one that is gone, are noticed"
mkdir -p tree
for d in lib db child shell monitor daemon; do
	cp -R "$TOP/$d" tree/
done
cat >tree/lib/new.c <<'C'
void
f(int n, const char **why)
{
	log_error("the flux of %d is gone", n);
	log_verbose("nobody reads this");
	*why = "some clause of fault";
}
C
sed -i '/Timeout before authentication/s/Timeout/Time-out/' \
    tree/monitor/serve.c
run python3 "$TOP/regress/helpers/manual.py" messages tree \
    "$man/sshportal.8" "$man/sshportal-shell.1"
is "status" "$status" 1
is "faults" "$(sed 's/:[0-9]*:/:/' <<<"$out")" \
'lib/new.c: no item for "the flux of %s is gone"
lib/new.c: not explained: "some clause of fault"
monitor/serve.c: no item for "Time-out before authentication for %s port %s"
no message is like "Timeout before authentication for %s port %s"'
