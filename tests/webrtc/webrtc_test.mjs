// A technician's console and a customer's applet open a WebRTC data channel through Guichet, talk over it, and the session ends.
// usage: webrtc_test.mjs BUILD
import assert from "node:assert/strict";
import { once } from "node:events";

import { Api } from "./api.mjs";
import { Daemon } from "./daemon.mjs";
import { Peer } from "./peer.mjs";

const LIMIT_SECONDS = 60;

const say = (text) => console.log(`== ${text}`);
setTimeout(() => {
  console.error(`FAILED: not done after ${LIMIT_SECONDS} seconds`);
  process.exit(1);
}, LIMIT_SECONDS * 1000).unref();

const daemon = await Daemon.start(process.argv[2]);
const administrator = daemon.ctl(daemon.operator, "org", "create", "acme", "--display-name", "Acme", "-o", "token");
daemon.ctl(administrator, "group", "create", "support");
daemon.ctl(administrator, "technician", "create", "ann", "--group", "support", "--display-name", "Ann");
const ann = daemon.ctl(administrator, "key", "create", "ann", "--role", "technician", "--technician", "ann", "-o", "token");
const api = new Api(daemon.address);

say("the console and the applet attach, and the session starts");
const desk = await api.attach(ann, "TechnicianService", "AttachConsole");
const created = await api.call(ann, "SessionService", "CreateSession", { name: "Mrs Lind" });
const { session_id } = created.session;
const redeemed = await api.call("", "AppletService", "RedeemCode", { code: created.code, device_id: "device-1" });
const device = await api.attach(redeemed.device_token, "AppletService", "Attach");
await api.call(ann, "SessionService", "StartSession", { target: { session_id } });

say("the console calls the applet");
const technician = new Peer(desk, { session_id, to_device: true });
const customer = new Peer(device, { to_technician_id: "ann" });
const opened = Promise.all(["open", "informed"].flatMap((event) => [once(technician, event), once(customer, event)]));
await technician.offer();
await opened;

say("both talk over the data channel");
async function talk(from, to, text) {
  const heard = to.hear();
  from.say(text);
  assert.equal(await heard, text);
}
await talk(technician, customer, "May I see your screen?");
await talk(customer, technician, "Ja, natürlich ✓");

say("all that they know of each other came through Guichet");
const types = (peer) => peer.received.map((signal) => signal.type);
assert.deepEqual(types(customer), ["offer", "candidate", "candidate"]);
assert.deepEqual(types(technician), ["answer", "candidate", "candidate"]);
for (const { received } of [customer, technician]) assert.match(received[1].payload.toString(), / udp \d+ 127\.0\.0\.1 /);
for (const signal of customer.received) assert.deepEqual([signal.session_id, signal.from_technician_id], [session_id, "ann"]);
for (const signal of technician.received) assert.deepEqual([signal.session_id, signal.from_device], [session_id, true]);

say("the session ends: no more signals");
const ended = Promise.all([once(device, "ended"), once(device, "end")]);
await api.call(ann, "SessionService", "EndSession", { target: { session_id } });
const [[{ outcome }]] = await ended;
assert.equal(outcome, "OUTCOME_CLOSED_BY_TECHNICIAN");
const refused = await desk.signal({ session_id, to_device: true, type: "candidate", payload: Buffer.from("null") });
assert.equal(refused.receivers, 0);
assert.equal(refused.reason, "SESSION_NOT_FOUND");

say("the data channel is not the daemon's: it lives until the peers close it");
await talk(technician, customer, "Goodbye");
await talk(customer, technician, "Tschüss");
const closed = Promise.all([once(technician, "closed"), once(customer, "closed")]);
technician.close();
await closed;
await technician.end();
await customer.end();

say("the technician leaves, and the daemon ends cleanly");
const left = once(desk, "end");
desk.send({ sign_out: {} });
await left;
assert.equal(await daemon.stop(), 0);
say("done");
