/**
 * Node's environment for jest, with the outer realm's binary types. jest runs tests in a realm of their own, whose
 * `Float32Array` is another class than the one native modules check against: onnxruntime-node then refuses every tensor
 * ("A float32 tensor's data must be type of function Float32Array").
 *
 * jest loads environments with `require`, hence CommonJS.
 */
const { TestEnvironment } = require('jest-environment-node');

const binaryTypes = {
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, binaryTypes);
  }
};
