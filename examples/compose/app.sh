#!/bin/sh
# The campaign app's part: post, and post again with the same id until it is taken.
n=0
while :; do
  n=$((n + 1))
  id="app-$(date +%s)-$n"
  until curl --silent --show-error --fail --max-time 5 http://postern:7480/v1/events \
    -H "Authorization: Bearer $POSTERN_TOKEN" -H 'Content-Type: application/json' \
    -d "{\"id\": \"$id\", \"type\": \"contact.subscribed\", \"data\": {\"contact\": {\"id\": $n, \"email\": \"user$n@example.com\"}, \"campaign\": {\"id\": 12, \"name\": \"Summer Promotion\"}}}"
  do sleep 1; done
  echo
  sleep 5
done
