// The interoperability client on connect-node's gRPC transport: node connect_client.mjs --server_port=PORT
// Needs the code that protoc-gen-es makes of the .proto files, in gen/ beside this file.

import assert from "node:assert/strict";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Http2SessionManager, compressionGzip, createGrpcTransport } from "@connectrpc/connect-node";
import * as common from "./common.mjs";
import { EmptySchema } from "./gen/grpc/testing/empty_pb.js";
import { TestService, UnimplementedService } from "./gen/grpc/testing/test_pb.js";

const options = common.flags(common.CLIENT_FLAGS);
const { LARGE_REQUEST, LARGE_RESPONSE, REQUEST_SIZES, RESPONSE_SIZES, expectZeros, zeros } = common;

const tls = options.use_tls === "true";
const baseUrl = `${tls ? "https" : "http"}://${options.server_host}:${options.server_port}`;
const nodeOptions = tls ? { ca: fs.readFileSync(options.ca_file), servername: options.server_host_override } : {};

// Counts the messages that came compressed, which connect-node does not tell.
let inflated = 0;
const countingGzip = {
  ...compressionGzip,
  decompress: (bytes, limit) => {
    inflated += 1;
    return compressionGzip.decompress(bytes, limit);
  },
};

// Gives a client on a connection of its own to a function, and closes the connection.
function withClient(run, transportOptions = {}, service = TestService) {
  return async () => {
    const sessionManager = new Http2SessionManager(baseUrl, {}, nodeOptions);
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager,
      acceptCompression: [countingGzip],
      ...transportOptions,
    });
    try {
      await run(createClient(service, transport));
    } finally {
      sessionManager.abort();
    }
  };
}

async function failsWith(code, promise, message) {
  const error = await promise.then(
    () => assert.fail(`OK instead of ${Code[code]}`),
    (caught) => ConnectError.from(caught),
  );
  assert.equal(Code[error.code], Code[code], error.message);
  if (message !== undefined) assert.equal(error.rawMessage, message);
}

function output(sizes, more = {}) {
  return { responseParameters: sizes.map((size) => ({ size })), ...more };
}

async function* each(messages) {
  yield* messages;
}

async function all(stream) {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

// A stream of requests that is written to one by one, and stays open until it is ended.
function queue() {
  const waiting = [];
  let wake = () => {};
  let ended = false;
  return {
    push: (message) => (waiting.push(message), wake()),
    end: () => ((ended = true), wake()),
    async *[Symbol.asyncIterator]() {
      while (!ended || waiting.length) {
        if (waiting.length) yield waiting.shift();
        else await new Promise((resolve) => (wake = resolve));
      }
    },
  };
}

const largeRequest = { responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };

async function largeCall(client) {
  expectZeros((await client.unaryCall(largeRequest)).payload.body, LARGE_RESPONSE);
}

const sizesOf = (messages) => messages.map((message) => message.payload.body.length);

const cases = {
  empty_unary: withClient(async (client) => {
    assert.deepEqual(await client.emptyCall({}), create(EmptySchema));
  }),

  large_unary: withClient(largeCall),

  client_compressed_unary: async () => {
    const call = (value, transportOptions) =>
      withClient(async (client) => {
        const response = await client.unaryCall({ ...largeRequest, expectCompressed: { value } });
        expectZeros(response.payload.body, LARGE_RESPONSE);
      }, transportOptions)();
    await failsWith(Code.InvalidArgument, call(true, {}));
    await call(true, { sendCompression: compressionGzip });
    await call(false, {});
  },

  server_compressed_unary: withClient(async (client) => {
    for (const value of [true, false]) {
      const before = inflated;
      const response = await client.unaryCall({ ...largeRequest, responseCompressed: { value } });
      expectZeros(response.payload.body, LARGE_RESPONSE);
      assert.equal(inflated - before, Number(value), "compressed responses");
    }
  }),

  client_streaming: withClient(async (client) => {
    const response = await client.streamingInputCall(each(REQUEST_SIZES.map((size) => ({ payload: zeros(size) }))));
    assert.equal(response.aggregatedPayloadSize, 74922);
  }),

  client_compressed_streaming: async () => {
    const message = (size, value) => ({ expectCompressed: { value }, payload: zeros(size) });
    const call = (messages, transportOptions) =>
      withClient(async (client) => {
        assert.equal((await client.streamingInputCall(each(messages))).aggregatedPayloadSize, 73086);
      }, transportOptions)();
    await failsWith(Code.InvalidArgument, call([message(27182, true)], {}));
    // connect-node compresses by size: here the longer of the two messages.
    await call([message(27182, false), message(45904, true)], {
      sendCompression: compressionGzip,
      compressMinBytes: 40000,
    });
  },

  server_streaming: withClient(async (client) => {
    assert.deepEqual(sizesOf(await all(client.streamingOutputCall(output(RESPONSE_SIZES)))), RESPONSE_SIZES);
  }),

  server_compressed_streaming: withClient(async (client) => {
    const wanted = [
      [31415, true],
      [92653, false],
    ];
    const responseParameters = wanted.map(([size, value]) => ({ size, compressed: { value } }));
    const before = inflated;
    const received = [];
    for await (const message of client.streamingOutputCall({ responseParameters })) {
      received.push([message.payload.body.length, inflated - before]);
    }
    assert.deepEqual(received, [
      [31415, 1],
      [92653, 1],
    ]);
  }),

  ping_pong: withClient(async (client) => {
    const requests = queue();
    const responses = client.fullDuplexCall(requests)[Symbol.asyncIterator]();
    for (const [index, size] of REQUEST_SIZES.entries()) {
      requests.push(output([RESPONSE_SIZES[index]], { payload: zeros(size) }));
      expectZeros((await responses.next()).value.payload.body, RESPONSE_SIZES[index]);
    }
    requests.end();
    assert.equal((await responses.next()).done, true);
  }),

  empty_stream: withClient(async (client) => {
    assert.deepEqual(await all(client.fullDuplexCall(each([]))), []);
  }),

  custom_metadata: withClient(async (client) => {
    const received = {};
    const callOptions = {
      headers: {
        "x-grpc-test-echo-initial": "test_initial_metadata_value",
        "x-grpc-test-echo-trailing-bin": Buffer.from("ababab", "hex").toString("base64"),
      },
      onHeader: (headers) => (received.initial = headers),
      onTrailer: (trailers) => (received.trailing = trailers),
    };
    const expectEcho = () => {
      assert.equal(received.initial.get("x-grpc-test-echo-initial"), "test_initial_metadata_value");
      const trailing = Buffer.from(received.trailing.get("x-grpc-test-echo-trailing-bin"), "base64");
      assert.equal(trailing.toString("hex"), "ababab");
    };
    await client.unaryCall(largeRequest, callOptions);
    expectEcho();
    const request = output([LARGE_RESPONSE], { payload: zeros(LARGE_REQUEST) });
    assert.deepEqual(sizesOf(await all(client.fullDuplexCall(each([request]), callOptions))), [LARGE_RESPONSE]);
    expectEcho();
  }),

  status_code_and_message: withClient(async (client) => {
    const responseStatus = { code: 2, message: "test status message" };
    await failsWith(Code.Unknown, client.unaryCall({ responseStatus }), responseStatus.message);
    await failsWith(Code.Unknown, all(client.fullDuplexCall(each([{ responseStatus }]))), responseStatus.message);
  }),

  special_status_message: withClient(async (client) => {
    const responseStatus = { code: 2, message: common.WHITESPACE_AND_UNICODE };
    await failsWith(Code.Unknown, client.unaryCall({ responseStatus }), responseStatus.message);
  }),

  unimplemented_method: withClient((client) => failsWith(Code.Unimplemented, client.unimplementedCall({}))),

  unimplemented_service: withClient(
    (client) => failsWith(Code.Unimplemented, client.unimplementedCall({})),
    {},
    UnimplementedService,
  ),

  cancel_after_begin: withClient(async (client) => {
    const abort = new AbortController();
    const call = client.streamingInputCall(queue(), { signal: abort.signal });
    setTimeout(() => abort.abort(), 10);
    await failsWith(Code.Canceled, call);
  }),

  cancel_after_first_response: withClient(async (client) => {
    const abort = new AbortController();
    const requests = queue();
    const responses = client.fullDuplexCall(requests, { signal: abort.signal })[Symbol.asyncIterator]();
    requests.push(output([RESPONSE_SIZES[0]], { payload: zeros(REQUEST_SIZES[0]) }));
    expectZeros((await responses.next()).value.payload.body, RESPONSE_SIZES[0]);
    abort.abort();
    await failsWith(Code.Canceled, responses.next());
  }),

  timeout_on_sleeping_server: withClient(async (client) => {
    const requests = queue();
    requests.push({ payload: zeros(REQUEST_SIZES[0]) });
    await failsWith(Code.DeadlineExceeded, all(client.fullDuplexCall(requests, { timeoutMs: 1 })));
    await sleep(1);
  }),

  rpc_soak: withClient((client) => common.soak(options, () => largeCall(client))),
  channel_soak: () => common.soak(options, withClient(largeCall)),

  concurrent_large_unary: withClient(async (client) => {
    await Promise.all(Array.from({ length: Number(options.concurrent_calls) }, () => largeCall(client)));
  }),
};

await common.play(options.test_case, cases, Number(options.case_timeout));
