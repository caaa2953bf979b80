#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What is done with a host's files is in the events, as it went: sftp, and scp
# in both of its protocols; rsync and git with their command.

. "$TOP/regress/lib.sh"
each_mode
tid "events of files: scp, sftp, rsync, git"

ready_portal
H=$T/host/in
mkdir "$H"
head -c 3000000 /dev/urandom >"$T/big"
echo small >"$T/small"
: >"$T/nothing"

sum()
{
	sha256sum "$1" | cut -d' ' -f1
}

# event ACTION ENTITY: the details of the newest such event, in $out.
event()
{
	wait_for 15 has_event "$1" "$2" ||
	    fail "no event $1 $2: $(db_query "SELECT action, entity, args FROM
	    events WHERE domain = 'file'")"
}

has_event()
{
	local entity=$2

	[ "$DB" != mysql ] || entity=${entity//\\/\\\\}
	out=$(db_query "SELECT args FROM events WHERE domain = 'file' AND
	    action = '$1' AND entity = '$entity' ORDER BY id DESC LIMIT 1")
	[ -n "$out" ]
}

count_events()
{
	db_query "SELECT COUNT(*) FROM events WHERE domain = 'file'${1:+
	    AND action = '$1'}"
}

# field NAME VALUE: of the event in $out.
field()
{
	is "$1 in $out" "$(jq -r --arg name "$1" '.[$name]' <<<"$out")" "$2"
}

# whole FILE: all of it passed, and was taken.
whole()
{
	field result ok
	field sha256 "$(sum "$1")"
	field bytes "$(stat -c %s "$1")"
	field size "$(stat -c %s "$1")"
	field confirmed null
	field offset null
}

copy()
{
	ok timeout --foreground 60 scp -F "$(conf)" $protocol "$@"
}

for protocol in -O -s; do
	name=scp$protocol
	say "$name: files, there and back"
	copy "$T/big" "web1@portal:$H/$name"
	event put "$H/$name"
	whole "$T/big"
	field direction put
	copy "web1@portal:$H/$name" "$T/got"
	event get "$H/$name"
	whole "$T/big"
	field direction get
	copy "$T/nothing" "web1@portal:$H/empty$name"
	event put "$H/empty$name"
	whole "$T/nothing"

	say "$name: a tree"
	mkdir -p "$T/tree$name/a b/c"
	cp "$T/small" "$T/tree$name/a b/c/deep one"
	cp "$T/big" "$T/tree$name/big"
	copy -r "$T/tree$name" "web1@portal:$H/"
	event put "$H/tree$name/a b/c/deep one"
	whole "$T/small"
	event put "$H/tree$name/big"
	whole "$T/big"
	event mkdir "$H/tree$name/a b/c"
	copy -r "web1@portal:$H/tree$name" "$T/back$name"
	event get "$H/tree$name/a b/c/deep one"
	whole "$T/small"

	say "$name: what cannot be read or written"
	run timeout --foreground 60 scp -F "$(conf)" $protocol \
	    "web1@portal:$H/missing$name" "$T/never"
	if [ "$protocol" = -O ]; then
		event get "$H/missing$name"
		like "result" "$(jq -r .result <<<"$out")" "No such file"
	fi
	run timeout --foreground 60 scp -F "$(conf)" $protocol \
	    "$T/small" "web1@portal:$H/no/such/$name"
	event put "$H/no/such/$name"
	like "result" "$(jq -r .result <<<"$out")" "[Nn]o such file"
	field bytes "$([ "$protocol" = -O ] && echo 0 || echo null)"
done

say "scp: into a directory that is there, and with a pattern"
mkdir "$H/dir"
protocol=-O
copy "$T/small" "web1@portal:$H/dir"
event put "$H/dir"
field name small
copy "web1@portal:$H/dir/*" "$T/"
event get "$H/dir/small"
whole "$T/small"

say "sftp: all that changes something"
cat >"$T/batch" <<END
mkdir $H/sub
put $T/big $H/sub/one
rename $H/sub/one $H/sub/two
chmod 640 $H/sub/two
ln -s two $H/sub/soft
ln $H/sub/two $H/sub/hard
-rm $H/sub/nothing
rm $H/sub/soft
-rmdir $H/sub
put -p $T/small $H/sub/kept
get $H/sub/hard $T/hard
END
ok timeout --foreground 60 sftp -F "$(conf)" -b "$T/batch" web1@portal
event get "$H/sub/hard"
whole "$T/big"
event mkdir "$H/sub"
field result ok
event put "$H/sub/one"
whole "$T/big"
event rename "$H/sub/one"
field to "$H/sub/two"
field result ok
event setstat "$H/sub/two"
field mode 0640
event symlink "$H/sub/soft"
field to two
event link "$H/sub/hard"
field to "$H/sub/two"
event remove "$H/sub/nothing"
field result "no such file"
event remove "$H/sub/soft"
field result ok
event rmdir "$H/sub"
[ "$(jq -r .result <<<"$out")" != ok ] || fail "it was not empty"
event put "$H/sub/kept"
field mode "$(stat -c 0%a "$T/small")"
field time "$(stat -c %Y "$T/small")"

say "sftp: what is resumed has the sum of what passed"
head -c 1000000 "$T/big" >"$T/part"
cp "$T/part" "$H/sub/part"
cat >"$T/batch" <<END
reget $H/sub/hard $T/part
reput $T/big $H/sub/part
END
ok timeout --foreground 60 sftp -F "$(conf)" -b "$T/batch" web1@portal
tail -c +1000001 "$T/big" >"$T/rest"
event get "$H/sub/hard"
field offset 1000000
field sha256 "$(sum "$T/rest")"
event put "$H/sub/part"
field append true
field bytes 2000000
field sha256 "$(sum "$T/rest")"

say "the file server as a program"
ok p web1@portal "test -x /usr/lib/openssh/sftp-server"
echo "get $H/sub/two $T/two" >"$T/batch"
ok timeout --foreground 60 sftp -F "$(conf)" -b "$T/batch" \
    -s /usr/lib/openssh/sftp-server web1@portal
event get "$H/sub/two"
whole "$T/big"

say "names that a terminal would obey"
odd=$'bad\e[31mname\xff'
cp "$T/small" "$T/$odd"
protocol=-s
copy "$T/$odd" "web1@portal:$H/"
event put "$H/bad\\x1b[31mname\\xff"
whole "$T/small"
admin event ls
case $out in
*$'\e'*) fail "an escape sequence in event ls" ;;
esac

say "a transfer that is cut"
# a source that says its line and half of what it promised
{
	printf 'C0644 9000000 cut\n'
	cat "$T/big"
} >"$T/stream"
$PYTHON - "$T/stream" "$H/cut" ssh -F "$(conf)" web1@portal <<'END' ||
import subprocess
import sys

stream, target, *ssh = sys.argv[1:]
data = open(stream, "rb").read()
line, rest = data.split(b"\n", 1)
p = subprocess.Popen(ssh + ["scp", "-t", target], stdin=subprocess.PIPE,
    stdout=subprocess.PIPE)
assert p.stdout.read(1) == b"\0"
p.stdin.write(line + b"\n")
p.stdin.flush()
assert p.stdout.read(1) == b"\0"
p.stdin.write(rest)
p.stdin.close()
p.wait()
END
    fail "the source"
event put "$H/cut"
field result cut
field size 9000000
field bytes 3000000
field sha256 "$(sum "$T/big")"

is_there()
{
	out=$(db_query "SELECT args FROM events WHERE domain = 'file' AND
	    action = '$1' ORDER BY id DESC LIMIT 1")
	[ "$(jq -r .direction <<<"$out")" = "$2" ]
}

say "two thousand small files, each once"
mkdir "$T/many"
for i in $(seq 2000); do
	echo "$i" >"$T/many/$i"
done
before=$(count_events put)
echo "put -R $T/many $H/" >"$T/batch"
ok timeout --foreground 120 sftp -q -F "$(conf)" -b "$T/batch" web1@portal
all_there()
{
	[ "$(count_events put)" -eq $((before + 2000)) ]
}
wait_for 60 all_there || fail "$(count_events put) of $before and 2000"
is "files" "$(db_query "SELECT COUNT(DISTINCT entity) FROM events WHERE
    domain = 'file' AND action = 'put' AND entity LIKE '$H/many/%'")" 2000
event put "$H/many/777"
whole "$T/many/777"

say "lftp, which sends many requests ahead"
ssh_line="ssh -F $(conf) -a -x"
ok timeout --foreground 60 lftp -c "set sftp:connect-program '$ssh_line'
    set sftp:auto-confirm yes; open sftp://web1:none@portal
    put $T/big -o $H/lftp; get $H/lftp -o $T/lftp"
event put "$H/lftp"
field bytes 3000000
field sha256 "$(sum "$T/big")"
# it knows the size, and leaves without a word on the file's end
event get "$H/lftp"
field bytes 3000000
field sha256 "$(sum "$T/big")"

say "rsync and git with their command"
ok timeout --foreground 60 rsync -e "ssh -F $(conf)" "$T/big" \
    "web1@portal:$H/synced"
wait_for 15 is_there rsync put || fail "rsync: $out"
[ "$(jq .in <<<"$out")" -gt 3000000 ] || fail "in: $out"
ok git init -q --bare "$H/repo.git"
ok git init -q "$T/clone"
ok git -C "$T/clone" -c user.name=t -c user.email=t@t commit -q \
    --allow-empty -m first
export GIT_SSH_COMMAND="ssh -F $(conf)"
ok git -C "$T/clone" push -q "web1@portal:$H/repo.git" HEAD:refs/heads/main
wait_for 15 is_there git put || fail "git: $out"
ok git clone -q "web1@portal:$H/repo.git" "$T/again"
wait_for 15 is_there git get || fail "git: $out"

say "without sums"
stop_portal
start_portal "" --file-sums=false
protocol=-s
copy "$T/small" "web1@portal:$H/unsummed"
event put "$H/unsummed"
field result ok
field bytes "$(stat -c %s "$T/small")"
field sha256 null
field why "file-sums is false"

say "what moves no file says nothing; what cannot be followed is said once"
before=$(count_events)
ok p web1@portal "echo C0644 1 x; cat /dev/null"
p web1@portal "scp -V" >/dev/null 2>&1
head -c 100000 "$T/big" | p web1@portal /usr/lib/openssh/sftp-server \
    >/dev/null 2>&1
event unknown sftp-server
field why "it is not sftp"
is "events" "$(count_events)" "$((before + 1))"
