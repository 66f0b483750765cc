// The interoperability server on grpc-js: node grpcjs_server.mjs --protos=DIR --port=0

import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { flags, zeros } from "./common.mjs";
import { load } from "./grpcjs_common.mjs";

const options = flags({ host: "127.0.0.1", port: "0", protos: "", use_tls: "false", tls_cert_file: "", tls_key_file: "" });
const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";

// Sends the initial metadata that the client asks for, and returns the trailing ones.
function echoMetadata(call) {
  const [initial, trailing] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get(INITIAL)) initial.add(INITIAL, value);
  for (const value of call.metadata.get(TRAILING)) trailing.add(TRAILING, value);
  call.sendMetadata(initial);
  return trailing;
}

function status(request) {
  const wanted = request.response_status;
  return wanted?.code ? { code: wanted.code, details: wanted.message } : null;
}

function wrongCompression(request) {
  if (!request.expect_compressed || Boolean(request.expect_compressed.value) === request.compressed) return null;
  return { code: grpc.status.INVALID_ARGUMENT, details: `the request came with compressed = ${request.compressed}` };
}

function unaryCall(call, callback) {
  const trailing = echoMetadata(call);
  const error = wrongCompression(call.request) ?? status(call.request);
  if (error) callback({ ...error, metadata: trailing });
  else callback(null, { payload: zeros(call.request.response_size ?? 0) }, trailing);
}

// Writes the responses to one request of a stream; false if the call ends with a status instead.
async function respond(call, request, trailing) {
  const error = status(request);
  if (error) {
    call.emit("error", { ...error, metadata: trailing });
    return false;
  }
  for (const { size = 0, interval_us: interval = 0 } of request.response_parameters ?? []) {
    if (interval) await sleep(interval / 1000);
    call.write({ payload: zeros(size) });
  }
  return true;
}

// The requests of a stream, without the end of the call that Node's own iteration makes of their end.
function requestsOf(call) {
  return call.iterator({ destroyOnReturn: false });
}

async function converse(call, requests) {
  const trailing = echoMetadata(call);
  try {
    for await (const request of requests) {
      if (!(await respond(call, request, trailing))) return;
    }
    call.end(trailing);
  } catch (error) {
    if (!call.cancelled) throw error;
  }
}

const service = {
  EmptyCall: (call, callback) => callback(null, {}, echoMetadata(call)),
  UnaryCall: unaryCall,
  StreamingOutputCall: (call) => converse(call, [call.request]),
  StreamingInputCall: (call, callback) => {
    const trailing = echoMetadata(call);
    let [size, over] = [0, false];
    call.on("data", (request) => {
      const error = wrongCompression(request);
      size += request.payload?.body?.length ?? 0;
      if (error && !over) {
        over = true;
        callback({ ...error, metadata: trailing });
      }
    });
    call.on("end", () => over || callback(null, { aggregated_payload_size: size }, trailing));
    call.on("error", () => {});
  },
  FullDuplexCall: (call) => converse(call, requestsOf(call)),
  HalfDuplexCall: async (call) => {
    const requests = [];
    for await (const request of requestsOf(call)) requests.push(request);
    await converse(call, requests);
  },
};

const server = new grpc.Server();
server.addService(load(options.protos).TestService.service, service);
const credentials =
  options.use_tls === "true"
    ? grpc.ServerCredentials.createSsl(null, [
        { private_key: fs.readFileSync(options.tls_key_file), cert_chain: fs.readFileSync(options.tls_cert_file) },
      ])
    : grpc.ServerCredentials.createInsecure();
server.bindAsync(`${options.host}:${options.port}`, credentials, (error, port) => {
  if (error) throw error;
  console.log(`listening on ${options.host}:${port}`);
});
process.on("SIGTERM", () => {
  server.forceShutdown();
  process.exit(0);
});
