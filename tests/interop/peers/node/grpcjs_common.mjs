// grpc-js with the service of the .proto files, and a way to see whether a message came compressed.

import zlib from "node:zlib";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

// grpc-js does not tell whether a message came compressed, but it inflates each compressed one with a decompressor of
// its own and deserializes right after that.
let inflated = false;
const { end } = zlib.Gunzip.prototype;
zlib.Gunzip.prototype.end = function (...given) {
  this.on("end", () => (inflated = true));
  return end.apply(this, given);
};

// Loads grpc.testing, with messages that have a property "compressed" besides their fields.
export function load(protos) {
  const definition = loader.loadSync("grpc/testing/test.proto", { includeDirs: [protos], keepCase: true });
  for (const service of ["grpc.testing.TestService", "grpc.testing.UnimplementedService"]) {
    for (const method of Object.values(definition[service])) {
      for (const step of ["requestDeserialize", "responseDeserialize"]) {
        const deserialize = method[step];
        method[step] = (data) => {
          const message = Object.assign(deserialize(data), { compressed: inflated });
          inflated = false;
          return message;
        };
      }
    }
  }
  return grpc.loadPackageDefinition(definition).grpc.testing;
}
