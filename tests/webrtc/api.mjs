// The daemon's API: calls as promises, attach streams as emitters of their messages.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// Packages of tools/npm, where `tools/dev setup` puts them.
export const npm = createRequire(`${ROOT}build/npm/package.json`);
const grpc = npm("@grpc/grpc-js");

const SERVICES = ["session", "applet", "technician"].map((name) => `guichet/v1/${name}_service.proto`);
const { v1 } = grpc.loadPackageDefinition(
  npm("@grpc/proto-loader").loadSync(SERVICES, {
    includeDirs: [`${ROOT}proto`],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
).guichet;

function credential(token) {
  const metadata = new grpc.Metadata();
  if (token) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

export class Api {
  constructor(address) {
    this.client = (service) =>
      new v1[service](address, grpc.credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  call(token, service, method, request) {
    return new Promise((resolve, reject) => {
      this.client(service)[method](request, credential(token), (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  // Says hello; the stream is attached when this returns.
  async attach(token, service, method) {
    const stream = new Stream(this.client(service)[method](credential(token)));
    stream.send({ hello: {} });
    const [welcome] = await once(stream, "welcome");
    stream.beat(welcome.heartbeat_interval);
    return stream;
  }
}

// Emits each message by its name, such as `signal`, and `end` when the daemon ended it with OK.
class Stream extends EventEmitter {
  constructor(call) {
    super();
    this.call = call;
    this.waiting = [];
    this.reference = 0;
    call.on("data", ({ message, ...fields }) => {
      if (message === "signal_result") this.waiting.shift()(fields.signal_result);
      else this.emit(message, fields[message]);
    });
    call.on("error", (error) => this.emit("error", error));
    call.on("end", () => {
      clearInterval(this.heart);
      call.end();
    });
    call.on("status", (status) => {
      if (status.code === grpc.status.OK) this.emit("end");
    });
  }

  send(message) {
    this.call.write(message);
  }

  beat({ seconds, nanos }) {
    this.heart = setInterval(() => this.send({ heartbeat: {} }), Number(seconds) * 1000 + nanos / 1e6);
    this.heart.unref();
  }

  // Sends a signal; returns the daemon's answer to it.
  async signal(request) {
    const reference = String(++this.reference);
    const answer = new Promise((resolve) => this.waiting.push(resolve));
    this.send({ signal: { ...request, reference } });
    const result = await answer;
    assert.equal(result.reference, reference);
    return result;
  }
}
