#!/bin/sh
# One backup: a dump of each database, then what is new in the object store; verified before it counts.
#
#   BACKUP_TO            folder of the backups: YYYYMMDDTHHMMSSZ/ each, and objects/, which all share
#   <SERVICE>_URL_FILE   file with the address of the service's database
#   FILES                folder of the object store; empty: it is a bucket, which keeps versions itself
#   KEEP_DAYS            dumps older than this go; objects never do
#
# Databases first: a file is stored before the row that names it, so every file that a dump names is there afterwards.
# The dumps are not of one instant; restore.sh closes the gap by sending recent events again (consumers know them by id).
set -eu
umask 077
: "${BACKUP_TO:?}" "${FILES?}"
started=$(date -u +%Y%m%dT%H%M%SZ)
to=$BACKUP_TO/$started
part=$BACKUP_TO/.$started.part
mkdir -p "$part" "$BACKUP_TO/objects"
trap 'rm -rf "$part"' EXIT
date -u +%Y-%m-%dT%H:%M:%SZ >"$part/started"

for name in dossier catalogue postal notifications identity; do
  upper=$(echo "$name" | tr '[:lower:]' '[:upper:]')
  eval "file=\${${upper}_URL_FILE:?}"
  # Without an address pg_dump would take whatever its environment suggests.
  [ -s "$file" ] || { echo "backup: ${upper}_URL_FILE: $file is missing or empty (in Kubernetes: the Secret, or the key in it)" >&2; exit 1; }
  pg_dump --dbname="$(cat "$file")" --format=custom --no-owner --no-privileges --file="$part/$name.dump"
  # The whole archive is read back: what cannot be unpacked is no backup.
  pg_restore --file=/dev/null "$part/$name.dump"
  tables=$(pg_restore --list "$part/$name.dump" | grep -c ' TABLE DATA ' || true)
  [ "$tables" -gt 0 ] || { echo "backup: the dump of $name holds no table" >&2; exit 1; }
  echo "backup: $name: $tables tables, $(wc -c <"$part/$name.dump") bytes"
done

# Objects lie under the hash of their content and never change: only new ones are copied, each checked against its name.
copied=0
list=$part/objects.list
: >"$list"
[ -z "$FILES" ] || (cd "$FILES" && find . -path ./incoming -prune -o -type f -print | sort) >"$list"
while IFS= read -r path; do
  [ -e "$BACKUP_TO/objects/$path" ] && continue
  mkdir -p "$BACKUP_TO/objects/$(dirname "$path")"
  cp "$FILES/$path" "$BACKUP_TO/objects/$path.part"
  sum=$(sha256sum <"$BACKUP_TO/objects/$path.part" | cut -d' ' -f1)
  if [ "$sum" != "$(basename "$path")" ]; then
    rm -f "$BACKUP_TO/objects/$path.part"
    echo "backup: the content of $path is not what its name says" >&2
    exit 1
  fi
  mv "$BACKUP_TO/objects/$path.part" "$BACKUP_TO/objects/$path"
  copied=$((copied + 1))
done <"$list"
echo "backup: objects: $(wc -l <"$list") in all, $copied new"

(cd "$part" && sha256sum ./*.dump objects.list started >SHA256SUMS)
sync
mv "$part" "$to"
trap - EXIT

# Old dumps go only now that a new one stands; a name that is not ours is left alone.
find "$BACKUP_TO" -mindepth 1 -maxdepth 1 -type d -name '20??????T??????Z' -mtime "+${KEEP_DAYS:-14}" ! -name "$started" -exec rm -rf {} +
echo "backup: $to is complete"
