"""Verifies a webhook: webhook.py ID TIMESTAMP SIGNATURE < BODY, with the secret in WEBHOOK_SECRET"""
import base64
import hashlib
import hmac
import os
import sys
import time


def genuine(secret, id, timestamp, signatures, body):
    """body: the bytes as they came. signatures: the header, which has several while the secret is changed."""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    want = b"v1," + base64.b64encode(mac)
    return any(hmac.compare_digest(want, given.encode()) for given in signatures.split())


if not genuine(os.environ["WEBHOOK_SECRET"], *sys.argv[1:4], sys.stdin.buffer.read()):
    sys.exit("not genuine")
print("genuine")
