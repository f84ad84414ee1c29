#!/bin/sh
# Places an order and waits until it is final: order.sh REFERENCE PBX MINUTES
set -eu
url=${ORDERQ_URL:-http://127.0.0.1:8080}

call() {
  # What is not answered, or with 429 or 503, is sent again: under the same reference nothing is ordered twice.
  curl -sS --fail-with-body --max-time 30 --retry 5 --retry-connrefused \
    -H "Authorization: Bearer ${ORDERQ_TOKEN:-}" "$@"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

order=$(call "$url/v1/orders" -H 'Content-Type: application/json' --data-binary @- <<END
{"reference":"$1","kind":"add_recording_minutes","productNo":"$2","quantity":$3}
END
) || { echo "$order" >&2; exit 1; }
id=$(echo "$order" | field id)

while :; do
  order=$(call "$url/v1/orders/$id")
  state=$(echo "$order" | field state)
  case $state in
  placed) echo "placed $(echo "$order" | field orderNo)"; exit 0 ;;
  rejected | cancelled) echo "$state: $(echo "$order" | field reason)"; exit 3 ;;
  held) echo "held: it $(echo "$order" | field reason): orderq order release $id, or cancel"; exit 4 ;;
  review) echo "review: a person has to decide: orderq order resolve $id"; exit 4 ;;
  esac
  sleep 1
done
