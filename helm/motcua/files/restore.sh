#!/bin/sh
# Puts a backup back into empty databases and an object store. Nothing of the suite may run meanwhile.
#
#   restore.sh FOLDER          FOLDER: one backup, as backup.sh made it
#   <SERVICE>_URL_FILE         file with the address of the (empty) database of the service
#   FILES                      folder of the object store; empty: it is a bucket
#   RESEND_MINUTES             events sent this long before the backup are sent again (default 60)
set -eu
umask 077
from=${1:?restore.sh FOLDER}
: "${FILES?}"
objects=$(dirname "$from")/objects
(cd "$from" && sha256sum --check --quiet SHA256SUMS) || { echo "restore: $from is damaged: take the one before" >&2; exit 1; }

for name in dossier catalogue postal notifications identity; do
  upper=$(echo "$name" | tr '[:lower:]' '[:upper:]')
  eval "file=\${${upper}_URL_FILE:?}"
  # Without an address psql would take whatever its environment suggests.
  [ -s "$file" ] || { echo "restore: ${upper}_URL_FILE: $file is missing or empty (in Kubernetes: the Secret, or the key in it)" >&2; exit 1; }
  url=$(cat "$file")
  full=$(psql --dbname="$url" -XAtq -c "select count(*) from pg_tables where schemaname = 'public'")
  [ "$full" = 0 ] || { echo "restore: the database of $name is not empty ($full tables): restore into a new one" >&2; exit 1; }
done

while IFS= read -r path; do
  [ -e "$FILES/$path" ] && continue
  mkdir -p "$FILES/$(dirname "$path")"
  cp "$objects/$path" "$FILES/$path.part"
  [ "$(sha256sum <"$FILES/$path.part" | cut -d' ' -f1)" = "$(basename "$path")" ] || { echo "restore: $path is damaged in the backup" >&2; exit 1; }
  mv "$FILES/$path.part" "$FILES/$path"
done <"$from/objects.list"

started=$(cat "$from/started")
for name in dossier catalogue postal notifications identity; do
  upper=$(echo "$name" | tr '[:lower:]' '[:upper:]')
  eval "file=\${${upper}_URL_FILE:?}"
  url=$(cat "$file")
  pg_restore --dbname="$url" --no-owner --no-privileges --exit-on-error --single-transaction "$from/$name.dump"
  # What lay in the broker, or reached a consumer after its own dump, is gone: it is sent again, and who knows it ignores it.
  again=$(psql --dbname="$url" -XAtq -c "with again as (update outbox set sent_at = null
    where sent_at >= timestamptz '$started' - make_interval(mins => ${RESEND_MINUTES:-60}) returning 1) select count(*) from again")
  echo "restore: $name: done, $again events will be sent again"
done
echo "restore: now start the services, then run: motcua verify"
