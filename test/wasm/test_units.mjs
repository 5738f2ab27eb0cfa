// The unit tests of core and cosign, unchanged, in WebAssembly.
//   node test_units.mjs FOLDER     what wasm/build.sh --units FOLDER made
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { done, test } from './tap.mjs';

function text(instance, p) {
  const bytes = new Uint8Array(instance.exports.memory.buffer);
  return Buffer.from(bytes.subarray(p, bytes.indexOf(0, p))).toString();
}

function runOne(module, i) {
  const instance = new WebAssembly.Instance(module, {});
  try {
    instance.exports.unit_run(i);
  } catch (e) {
    const message = text(instance, instance.exports.unit_message());
    throw new Error(message || String(e));
  }
}

const folder = process.argv[2];
for (const file of readdirSync(folder).filter((f) => f.endsWith('.wasm')).sort()) {
  const module = new WebAssembly.Module(readFileSync(join(folder, file)));
  const instance = new WebAssembly.Instance(module, {});
  const n = instance.exports.unit_count();
  for (let i = 0; i < n; i += 1) {
    test(text(instance, instance.exports.unit_name(i)), () => runOne(module, i));
  }
}
done();
