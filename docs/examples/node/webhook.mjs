// Verifies a webhook: webhook.mjs ID TIMESTAMP SIGNATURE < BODY, with the secret in WEBHOOK_SECRET
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

// body: the bytes as they came. signatures: the header, which has several while the secret is changed.
function genuine(secret, id, timestamp, signatures, body) {
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const want = Buffer.from(`v1,${mac}`);
  return signatures.split(" ").map((s) => Buffer.from(s)).some((given) => given.length === want.length && timingSafeEqual(given, want));
}

const [id, timestamp, signatures] = process.argv.slice(2);
if (!genuine(process.env.WEBHOOK_SECRET, id, timestamp, signatures, readFileSync(0))) {
  console.error("not genuine");
  process.exit(1);
}
console.log("genuine");
