// One end of a data channel. What it knows of the other came as a signal through its stream.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";

import { npm } from "./api.mjs";

const { RTCPeerConnection } = npm("werift");

// No interface but loopback.
const LOOPBACK = {
  iceServers: [],
  iceUseIpv4: false,
  iceUseIpv6: false,
  iceAdditionalHostAddresses: ["127.0.0.1"],
  iceInterfaceAddresses: { udp4: "127.0.0.1" },
};

// Emits `open`, `text` and `closed` of the channel, and `informed` after the other's last candidate, which is null.
export class Peer extends EventEmitter {
  // `to`: the session and the receiver, as fields of each SignalRequest.
  constructor(stream, to) {
    super();
    this.stream = stream;
    this.to = to;
    this.received = [];
    this.connection = new RTCPeerConnection(LOOPBACK);
    this.connection.onicecandidate = ({ candidate }) => this.send("candidate", candidate ?? null);
    this.connection.ondatachannel = ({ channel }) => this.use(channel);
    // One after the other: a candidate needs the description in front of it.
    let before = Promise.resolve();
    stream.on("signal", (signal) => {
      this.received.push(signal);
      before = before.then(() => this.take(signal.type, JSON.parse(signal.payload)));
    });
  }

  // Opens a channel to the other end.
  async offer() {
    this.use(this.connection.createDataChannel("support"));
    await this.describe(await this.connection.createOffer());
  }

  say(text) {
    this.channel.send(text);
  }

  // The next text of the other end.
  async hear() {
    return (await once(this, "text"))[0];
  }

  // The other end learns it, too.
  close() {
    this.channel.close();
  }

  // Gives the network back.
  async end() {
    await this.connection.close();
  }

  use(channel) {
    this.channel = channel;
    const opened = () => this.emit("open");
    channel.onmessage = ({ data }) => this.emit("text", data);
    channel.onclose = () => this.emit("closed");
    if (channel.readyState === "open") opened();
    else channel.onopen = opened;
  }

  // Sent before candidates are looked for: each of them travels on its own.
  async describe({ type, sdp }) {
    assert.doesNotMatch(sdp, /a=candidate/);
    this.send(type, { type, sdp });
    // Without a server in its configuration werift asks a public one for its outer address.
    for (const { connection } of this.connection.iceTransports) connection.stunServer = undefined;
    await this.connection.setLocalDescription({ type, sdp });
  }

  async take(type, what) {
    if (type === "candidate") {
      await this.connection.addIceCandidate(what);
      if (what === null) this.emit("informed");
      return;
    }
    await this.connection.setRemoteDescription(what);
    if (type === "offer") await this.describe(await this.connection.createAnswer());
  }

  async send(type, what) {
    const result = await this.stream.signal({ ...this.to, type, payload: Buffer.from(JSON.stringify(what)) });
    assert.deepEqual([result.reason, result.receivers], ["", 1], `${type}: ${result.message}`);
  }
}
