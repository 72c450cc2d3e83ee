// guichetd as a child process: a free port of loopback, a folder of its own. Both are gone when this process ends.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Daemon {
  static async start(build) {
    const daemon = new Daemon();
    const folder = mkdtempSync(join(tmpdir(), "guichet-webrtc-"));
    const key = join(folder, "operator.key");
    daemon.operator = `operator_${randomBytes(32).toString("hex")}`;
    writeFileSync(key, daemon.operator, { mode: 0o600 });
    daemon.tools = join(build, "tools");
    daemon.child = spawn(
      join(daemon.tools, "guichetd"),
      ["--data", join(folder, "data"), "--listen", "127.0.0.1:0", "--operator-key-file", key, "--store-memory-mib", "32"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    process.on("exit", () => {
      daemon.child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    daemon.ended = once(daemon.child, "exit");
    const port = new Promise((resolve) => {
      createInterface(daemon.child.stdout).on("line", (line) => {
        console.log(`| ${line}`);
        const found = line.match(/serving gRPC on port (\d+)/);
        if (found) resolve(found[1]);
      });
    });
    const early = daemon.ended.then(() => Promise.reject(new Error("guichetd ended before it served")));
    daemon.address = `127.0.0.1:${await Promise.race([port, early])}`;
    early.catch(() => {});
    return daemon;
  }

  // guichetctl with a credential; returns what it prints.
  ctl(token, ...words) {
    const env = { ...process.env, GUICHET_ADDRESS: this.address, GUICHET_TOKEN: token };
    return execFileSync(join(this.tools, "guichetctl"), words, { env, encoding: "utf8" }).trim();
  }

  // Asks it to end; returns its exit status.
  async stop() {
    this.child.kill("SIGTERM");
    return (await this.ended)[0];
  }
}
