// What the programs on Node share: flags, the numbers of the cases, and how they are played and told.

import assert from "node:assert/strict";
import { parseArgs } from "node:util";

export const LARGE_REQUEST = 271828;
export const LARGE_RESPONSE = 314159;
export const REQUEST_SIZES = [27182, 8, 1828, 45904];
export const RESPONSE_SIZES = [31415, 9, 2653, 58979];
export const WHITESPACE_AND_UNICODE = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n";

// Reads flags of the form --name=value; defaults says which there are.
export function flags(defaults) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" }]));
  return { ...defaults, ...parseArgs({ options }).values };
}

export const CLIENT_FLAGS = {
  server_host: "127.0.0.1",
  server_port: "",
  server_host_override: "",
  use_tls: "false",
  use_test_ca: "false",
  ca_file: "",
  test_case: "large_unary",
  protos: "",
  soak_iterations: "10",
  soak_per_iteration_max_acceptable_latency_ms: "1000",
  concurrent_calls: "1000",
  case_timeout: "60",
};

// Plays cases one after the other, and prints a line of JSON for each; the exit status is 0 if all passed.
export async function play(names, cases, seconds) {
  let failed = 0;
  for (const name of names === "all" ? Object.keys(cases) : names.split(",")) {
    const outcome = { case: name, ok: true };
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not over within ${seconds} s`)), 1000 * seconds);
    });
    try {
      if (!(name in cases)) throw new Error("there is no such case");
      await Promise.race([cases[name](), late]);
    } catch (error) {
      Object.assign(outcome, { ok: false, error: `${error}`.slice(0, 500) });
      failed = 1;
    }
    clearTimeout(timer);
    console.log(JSON.stringify(outcome));
  }
  process.exit(failed);
}

export function zeros(size) {
  return { body: Buffer.alloc(size) };
}

export function expectZeros(body, size) {
  assert.equal(body.length, size, "size of the payload");
  assert.equal(Buffer.compare(body, Buffer.alloc(size)), 0, "the payload is zeros");
}

export async function soak(options, call) {
  const latency = Number(options.soak_per_iteration_max_acceptable_latency_ms);
  for (let number = 0; number < Number(options.soak_iterations); number++) {
    const begin = performance.now();
    await call();
    const took = performance.now() - begin;
    assert.ok(took <= latency, `call ${number} took ${took} ms`);
  }
}
