#!/bin/sh
# Verifies a webhook: webhook.sh ID TIMESTAMP SIGNATURE < BODY, with the secret in WEBHOOK_SECRET. Needs openssl.
set -eu
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
want=$({ printf '%s.%s.' "$1" "$2"; cat; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

age=$(($(date +%s) - $2))
if [ "$age" -gt 300 ] || [ "$age" -lt -300 ]; then
  echo 'too old, or from the future' >&2
  exit 1
fi
for signature in $3; do # several while the secret is changed
  if [ "$signature" = "v1,$want" ]; then
    echo genuine
    exit 0
  fi
done
echo 'not signed with this secret' >&2
exit 1
