// The interoperability client on grpc-js: node grpcjs_client.mjs --protos=DIR --server_port=PORT --test_case=all

import assert from "node:assert/strict";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import * as common from "./common.mjs";
import { load } from "./grpcjs_common.mjs";

const options = common.flags(common.CLIENT_FLAGS);
const { LARGE_REQUEST, LARGE_RESPONSE, REQUEST_SIZES, RESPONSE_SIZES, expectZeros, zeros } = common;
const testing = load(options.protos);
const NO_COMPRESS = 2; // WriteFlags.NoCompress
const GZIP = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };

function connect(channelOptions = {}, Service = testing.TestService) {
  const all = { "grpc.use_local_subchannel_pool": 1, ...channelOptions };
  let credentials = grpc.credentials.createInsecure();
  if (options.use_tls === "true") {
    credentials = grpc.credentials.createSsl(fs.readFileSync(options.ca_file));
    if (options.server_host_override) all["grpc.ssl_target_name_override"] = options.server_host_override;
  }
  return new Service(`${options.server_host}:${options.server_port}`, credentials, all);
}

// A case that needs no more than one client, which it is given.
function withClient(run, channelOptions = {}) {
  return async () => {
    const client = connect(channelOptions);
    try {
      await run(client);
    } finally {
      client.close();
    }
  };
}

// Makes a unary call, or one with a stream of requests, and resolves to the response.
function unary(client, method, ...given) {
  return new Promise((resolve, reject) => {
    client[method](...given, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

// Sends a stream of messages, and perhaps a last one that stays uncompressed.
async function clientStream(client, messages, uncompressed) {
  let call;
  const response = new Promise((resolve, reject) => {
    call = client.StreamingInputCall((error, value) => (error ? reject(error) : resolve(value)));
  });
  for (const message of messages) await new Promise((resolve) => call.write(message, resolve));
  if (uncompressed) {
    // Node's streams let no write flags through to grpc-js, so this goes to the call below the stream.
    await new Promise((callback) => call.call.sendMessageWithContext({ flags: NO_COMPRESS, callback }, uncompressed));
  }
  call.end();
  return response;
}

// Resolves to what a stream gave: its messages, status and metadata.
function collect(call) {
  return new Promise((resolve) => {
    const outcome = { messages: [], metadata: null };
    call.on("data", (message) => outcome.messages.push(message));
    call.on("metadata", (metadata) => (outcome.metadata = metadata));
    call.on("status", (status) => resolve({ ...status, ...outcome, trailing: status.metadata }));
    call.on("error", () => {});
  });
}

async function failsWith(code, promise, details) {
  const error = await promise.then(
    () => assert.fail(`OK instead of ${code}`),
    (caught) => caught,
  );
  assert.equal(error.code, code, `${error}`);
  if (details !== undefined) assert.equal(error.details, details);
}

function output(sizes, more = {}) {
  return { response_parameters: sizes.map((size) => ({ size })), ...more };
}

async function largeCall(client) {
  const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
  expectZeros((await unary(client, "UnaryCall", request)).payload.body, LARGE_RESPONSE);
}

const cases = {
  empty_unary: withClient(async (client) => {
    assert.deepEqual({ ...(await unary(client, "EmptyCall", {})) }, { compressed: false });
  }),

  large_unary: withClient(largeCall),

  client_compressed_unary: async () => {
    const call = (value, channelOptions) =>
      withClient(async (client) => {
        const request = { expect_compressed: { value }, response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
        expectZeros((await unary(client, "UnaryCall", request)).payload.body, LARGE_RESPONSE);
      }, channelOptions)();
    await failsWith(grpc.status.INVALID_ARGUMENT, call(true, {}));
    await call(true, GZIP);
    await call(false, {});
  },

  server_compressed_unary: withClient(async (client) => {
    for (const value of [true, false]) {
      const request = { response_compressed: { value }, response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
      const response = await unary(client, "UnaryCall", request);
      expectZeros(response.payload.body, LARGE_RESPONSE);
      assert.equal(response.compressed, value, "compressed");
    }
  }),

  client_streaming: withClient(async (client) => {
    const response = await clientStream(
      client,
      REQUEST_SIZES.map((size) => ({ payload: zeros(size) })),
    );
    assert.equal(response.aggregated_payload_size, 74922);
  }),

  client_compressed_streaming: async () => {
    const first = { expect_compressed: { value: true }, payload: zeros(27182) };
    const second = { expect_compressed: { value: false }, payload: zeros(45904) };
    await failsWith(grpc.status.INVALID_ARGUMENT, withClient((client) => clientStream(client, [first]))());
    await withClient(async (client) => {
      const response = await clientStream(client, [first], second);
      assert.equal(response.aggregated_payload_size, 73086);
    }, GZIP)();
  },

  server_streaming: withClient(async (client) => {
    const { messages, code } = await collect(client.StreamingOutputCall(output(RESPONSE_SIZES)));
    assert.deepEqual(
      messages.map((message) => message.payload.body.length),
      RESPONSE_SIZES,
    );
    assert.equal(code, grpc.status.OK);
  }),

  server_compressed_streaming: withClient(async (client) => {
    const wanted = [
      [31415, true],
      [92653, false],
    ];
    const response_parameters = wanted.map(([size, value]) => ({ size, compressed: { value } }));
    const { messages, code } = await collect(client.StreamingOutputCall({ response_parameters }));
    assert.equal(code, grpc.status.OK);
    assert.deepEqual(
      messages.map((message) => [message.payload.body.length, message.compressed]),
      wanted,
    );
  }),

  ping_pong: withClient(async (client) => {
    const call = client.FullDuplexCall();
    const outcome = collect(call);
    for (const [index, size] of REQUEST_SIZES.entries()) {
      call.write(output([RESPONSE_SIZES[index]], { payload: zeros(size) }));
      await new Promise((resolve) => call.once("data", resolve));
    }
    call.end();
    const { messages, code } = await outcome;
    assert.equal(code, grpc.status.OK);
    assert.deepEqual(
      messages.map((message) => message.payload.body.length),
      RESPONSE_SIZES,
    );
  }),

  empty_stream: withClient(async (client) => {
    const call = client.FullDuplexCall();
    call.end();
    const { messages, code } = await collect(call);
    assert.deepEqual([messages, code], [[], grpc.status.OK]);
  }),

  custom_metadata: withClient(async (client) => {
    const metadata = new grpc.Metadata();
    metadata.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
    metadata.set("x-grpc-test-echo-trailing-bin", Buffer.from("ababab", "hex"));
    const expectEcho = (initial, trailing) => {
      assert.deepEqual(initial.get("x-grpc-test-echo-initial"), ["test_initial_metadata_value"]);
      assert.deepEqual(trailing.get("x-grpc-test-echo-trailing-bin"), [Buffer.from("ababab", "hex")]);
    };
    await new Promise((resolve, reject) => {
      const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
      let initial;
      const call = client.UnaryCall(request, metadata, (error) => error && reject(error));
      call.on("metadata", (received) => (initial = received));
      call.on("status", (status) => resolve([initial, status.metadata]));
    }).then((received) => expectEcho(...received));
    const call = client.FullDuplexCall(metadata);
    const outcome = collect(call);
    call.write(output([LARGE_RESPONSE], { payload: zeros(LARGE_REQUEST) }));
    call.end();
    const received = await outcome;
    assert.equal(received.messages.length, 1);
    expectEcho(received.metadata, received.trailing);
  }),

  status_code_and_message: withClient(async (client) => {
    const response_status = { code: 2, message: "test status message" };
    await failsWith(grpc.status.UNKNOWN, unary(client, "UnaryCall", { response_status }), response_status.message);
    const call = client.FullDuplexCall();
    const outcome = collect(call);
    call.write({ response_status });
    call.end();
    const { code, details } = await outcome;
    assert.deepEqual([code, details], [grpc.status.UNKNOWN, response_status.message]);
  }),

  special_status_message: withClient(async (client) => {
    const response_status = { code: 2, message: common.WHITESPACE_AND_UNICODE };
    await failsWith(grpc.status.UNKNOWN, unary(client, "UnaryCall", { response_status }), response_status.message);
  }),

  unimplemented_method: withClient(async (client) => {
    await failsWith(grpc.status.UNIMPLEMENTED, unary(client, "UnimplementedCall", {}));
  }),

  unimplemented_service: async () => {
    const client = connect({}, testing.UnimplementedService);
    await failsWith(grpc.status.UNIMPLEMENTED, unary(client, "UnimplementedCall", {}));
    client.close();
  },

  cancel_after_begin: withClient(async (client) => {
    const outcome = new Promise((resolve) => {
      const call = client.StreamingInputCall((error) => resolve(error));
      setTimeout(() => call.cancel(), 10);
    });
    assert.equal((await outcome)?.code, grpc.status.CANCELLED);
  }),

  cancel_after_first_response: withClient(async (client) => {
    const call = client.FullDuplexCall();
    const outcome = collect(call);
    call.write(output([RESPONSE_SIZES[0]], { payload: zeros(REQUEST_SIZES[0]) }));
    call.once("data", () => call.cancel());
    const { messages, code } = await outcome;
    assert.deepEqual([messages.length, code], [1, grpc.status.CANCELLED]);
  }),

  timeout_on_sleeping_server: withClient(async (client) => {
    const call = client.FullDuplexCall({ deadline: Date.now() + 1 });
    const outcome = collect(call);
    call.write({ payload: zeros(REQUEST_SIZES[0]) });
    await sleep(2);
    assert.equal((await outcome).code, grpc.status.DEADLINE_EXCEEDED);
  }),

  rpc_soak: withClient((client) => common.soak(options, () => largeCall(client))),
  channel_soak: () => common.soak(options, withClient(largeCall)),

  concurrent_large_unary: withClient(async (client) => {
    await Promise.all(Array.from({ length: Number(options.concurrent_calls) }, () => largeCall(client)));
  }),
};

await common.play(options.test_case, cases, Number(options.case_timeout));
