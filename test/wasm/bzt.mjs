// A thin door to bzt.wasm for tests: arguments are laid out in the arena.
import { readFileSync } from 'node:fs';

export class Bzt {
  constructor(path) {
    this.module = new WebAssembly.Module(readFileSync(path));
    this.exports = new WebAssembly.Instance(this.module, {}).exports;
    this.memory = new Uint8Array(this.exports.memory.buffer);
    this.words = new DataView(this.exports.memory.buffer);
    this.base = this.exports.bzt_arena();
    this.used = 0;
  }

  /** Address of n bytes, zero or a copy of `bytes`. */
  put(bytes, n = bytes.length) {
    const p = this.base + this.used;
    this.used += (n + 15) & ~15;
    if (this.used > this.exports.bzt_arena_size()) throw new Error('arena full');
    this.memory.fill(0, p, p + n);
    if (bytes) this.memory.set(bytes, p);
    return p;
  }

  room(n) {
    return this.put(null, n);
  }

  /** A bzt_span: the address of pointer and length. */
  span(bytes) {
    const p = this.put(bytes);
    const s = this.room(8);
    this.words.setUint32(s, p, true);
    this.words.setUint32(s + 4, bytes.length, true);
    return s;
  }

  get(p, n) {
    return Buffer.from(this.memory.slice(p, p + n));
  }

  word(p) {
    return this.words.getUint32(p, true);
  }

  /** Run fn, then wipe what it used. */
  scope(fn) {
    try {
      return fn(this.exports);
    } finally {
      this.exports.bzt_arena_wipe(this.used);
      this.used = 0;
    }
  }
}
