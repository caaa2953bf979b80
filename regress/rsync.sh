#!/bin/bash
# SPDX-License-Identifier: ISC
#
# rsync -a, there and back.

. "$TOP/regress/lib.sh"
each_mode
tid "rsync -a"

ready_portal

mkdir "$T/tree"
for i in $(seq 500); do
	mkdir -p "$T/tree/$((i % 20))"
	head -c $((i * 37)) /dev/urandom >"$T/tree/$((i % 20))/file $i"
done
ln -s '3/file 3' "$T/tree/link"
chmod 711 "$T/tree/7"
touch -d '2003-04-05 06:07:08' "$T/tree/1/file 1"

sync_trees()
{
	ok timeout --foreground 120 rsync -a --stats -e "ssh -F $(conf)" "$@"
}

say "there"
sync_trees "$T/tree/" "web1@portal:$T/host/tree/"
ok diff -r --no-dereference "$T/tree" "$T/host/tree"
is "mode" "$(stat -c %a "$T/host/tree/7")" 711
is "time" "$(stat -c %Y "$T/host/tree/1/file 1")" \
    "$(stat -c %Y "$T/tree/1/file 1")"

say "and back"
sync_trees "web1@portal:$T/host/tree/" "$T/back/"
ok diff -r --no-dereference "$T/tree" "$T/back"

say "nothing to do the second time"
sync_trees "$T/tree/" "web1@portal:$T/host/tree/"
like "stats" "$out" 'Number of regular files transferred: 0'

say "a changed file, and one that is gone"
echo changed >>"$T/tree/2/file 2"
rm "$T/tree/3/file 3"
sync_trees --delete --checksum "$T/tree/" "web1@portal:$T/host/tree/"
ok diff -r --no-dereference "$T/tree" "$T/host/tree"
