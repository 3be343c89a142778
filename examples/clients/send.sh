#!/bin/sh
# Sends one event: send.sh ID. curl itself waits as Retry-After says, and repeats
# the same request with the same id.
set -eu
id=$1
if [ -n "${POSTERN_SOCKET:-}" ]; then
  set -- --unix-socket "$POSTERN_SOCKET" http://localhost/v1/events
else
  set -- "${POSTERN_URL:-http://127.0.0.1:7480}/v1/events"
fi
curl --silent --show-error --fail-with-body --max-time 5 \
  --retry 5 --retry-connrefused --retry-max-time 120 \
  -H 'Content-Type: application/json' \
  -d "{\"id\": \"$id\", \"type\": \"contact.subscribed\", \"data\": {\"contact\": {\"email\": \"user@example.com\"}}}" \
  "$@"
