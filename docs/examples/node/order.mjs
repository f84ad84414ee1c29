// Places an order and waits until it is final: order.mjs REFERENCE PBX MINUTES
import { setTimeout as pause } from "node:timers/promises";

const url = process.env.ORDERQ_URL ?? "http://127.0.0.1:8080";

// What is not answered, or with 429 or 503, is sent again: under the same reference nothing is ordered twice.
async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (process.env.ORDERQ_TOKEN) headers.Authorization = `Bearer ${process.env.ORDERQ_TOKEN}`;
  for (let attempt = 0; ; attempt++) {
    let wait = 2;
    try {
      const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
      const value = await answer.json();
      if (answer.ok) return value;
      if (![408, 429, 500, 503].includes(answer.status) || attempt === 5) throw Object.assign(new Error(value.detail), { final: true });
      wait = Number(answer.headers.get("Retry-After") ?? 2);
    } catch (error) {
      if (error.final || attempt === 5) {
        console.error(error.message);
        process.exit(1);
      }
    }
    await pause(wait * 1000);
  }
}

const [reference, productNo, minutes] = process.argv.slice(2);
let order = await call("POST", "/v1/orders", { reference, kind: "add_recording_minutes", productNo, quantity: Number(minutes) });
while (!["placed", "rejected", "cancelled", "held", "review"].includes(order.state)) {
  await pause(1000);
  order = await call("GET", `/v1/orders/${order.id}`);
}
console.log(order.state, order.orderNo ?? order.reason ?? "");
process.exit({ placed: 0, held: 4, review: 4 }[order.state] ?? 3);
