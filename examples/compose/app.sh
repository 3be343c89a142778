#!/bin/sh
# The campaign app's part: post, and post again with the same id until it is taken.
# With POSTERN_SOCKET over the Unix socket, else over the network with the token.
if [ -n "${POSTERN_SOCKET:-}" ]; then
  set -- --unix-socket "$POSTERN_SOCKET" http://localhost/v1/events
else
  set -- -H "Authorization: Bearer $POSTERN_TOKEN" http://postern:7480/v1/events
fi
n=0
while :; do
  n=$((n + 1))
  id="app-$(date +%s)-$n"
  until curl --silent --show-error --fail --max-time 5 "$@" -H 'Content-Type: application/json' \
    -d "{\"id\": \"$id\", \"type\": \"contact.subscribed\", \"data\": {\"contact\": {\"id\": $n, \"email\": \"user$n@example.com\"}, \"campaign\": {\"id\": 12, \"name\": \"Summer Promotion\"}}}"
  do sleep 1; done
  echo
  sleep 5
done
