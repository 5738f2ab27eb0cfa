// bzt.wasm as the browser loads it: its exports, and known answers through
// them.
//   node test_bzt.mjs BZT.wasm SOURCE
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bzt } from './bzt.mjs';
import { done, test } from './tap.mjs';

const [path, source] = process.argv.slice(2);
const vectors = (name) =>
  JSON.parse(readFileSync(join(source, 'test/vectors', `${name}.json`), 'utf8'));
const hex = (s) => Buffer.from(s, 'hex');
const symmetric = vectors('sm3_sm4');
const sm2 = vectors('sm2_core');
const OK = 0, ERR_SIGNATURE = 103, ERR_DECRYPT = 105;
const bzt = new Bzt(path);

test('wasm_exports_exactly_the_list', () => {
  const listed = readFileSync(join(source, 'wasm/exports.txt'), 'utf8').split('\n').filter(Boolean);
  assert.deepEqual(WebAssembly.Module.exports(bzt.module).map((e) => e.name).sort(), listed);
  assert.deepEqual(listed, [...listed].sort());
});

test('wasm_imports_nothing', () => {
  assert.deepEqual(WebAssembly.Module.imports(bzt.module), []);
});

test('wasm_memory_does_not_grow', () => {
  assert.throws(() => bzt.exports.memory.grow(1));
});

test('wasm_arena_wipe_leaves_zeros', () => {
  const p = bzt.put(Buffer.from('secret'));
  bzt.exports.bzt_arena_wipe(bzt.used);
  assert.deepEqual(bzt.get(p, 6), Buffer.alloc(6));
  bzt.used = 0;
});

test('wasm_sm3_matches_known_answers', () => {
  for (const v of symmetric.sm3) {
    bzt.scope((c) => {
      const out = bzt.room(32);
      c.bzt_sm3(out, bzt.span(hex(v.msg)));
      assert.equal(bzt.get(out, 32).toString('hex'), v.digest);
    });
  }
});

test('wasm_hmac_matches_known_answers', () => {
  for (const v of symmetric.hmac_sm3) {
    bzt.scope((c) => {
      const out = bzt.room(32);
      c.bzt_hmac_sm3(out, bzt.span(hex(v.key)), bzt.span(hex(v.msg)));
      assert.equal(bzt.get(out, 32).toString('hex'), v.mac);
    });
  }
});

test('wasm_pbkdf2_matches_known_answer', () => {
  bzt.scope((c) => {
    const out = bzt.room(32);
    c.bzt_pbkdf2_sm3(out, 32, bzt.span(Buffer.from('password')), bzt.span(Buffer.from('salt')), 4096);
    assert.equal(bzt.get(out, 32).toString('hex'),
      'b6e8f2074c87432b78f62e5ced980fdff89e86af2f693dab1638e2b3683045dd');
  });
});

test('wasm_gcm_matches_rfc8998_and_refuses_another_tag', () => {
  const v = symmetric.sm4_gcm_rfc8998[0];
  bzt.scope((c) => {
    const key = bzt.put(hex(v.key)), nonce = bzt.put(hex(v.iv));
    const aad = bzt.span(hex(v.aad)), n = hex(v.pt).length;
    const out = bzt.room(n), tag = bzt.room(16);
    c.bzt_sm4_gcm_seal(out, tag, key, nonce, aad, bzt.span(hex(v.pt)));
    assert.equal(bzt.get(out, n).toString('hex'), v.ct);
    assert.equal(bzt.get(tag, 16).toString('hex'), v.tag);
    const sealed = bzt.span(hex(v.ct));
    assert.equal(c.bzt_sm4_gcm_open(out, key, nonce, aad, sealed, tag), OK);
    assert.equal(bzt.get(out, n).toString('hex'), v.pt);
    bzt.memory[tag] ^= 1;
    assert.equal(c.bzt_sm4_gcm_open(out, key, nonce, aad, sealed, tag), ERR_DECRYPT);
    assert.deepEqual(bzt.get(out, n), Buffer.alloc(n));
  });
});

test('wasm_sm2_verifies_the_signature_of_the_standard', () => {
  const v = sm2.sign_gbt32918_5;
  bzt.scope((c) => {
    const pub = bzt.put(hex(v.pub)), sig = bzt.put(hex(v.r + v.s));
    const e = bzt.room(32);
    assert.equal(c.bzt_sm2_digest(e, pub, bzt.span(hex(v.msg))), OK);
    assert.equal(bzt.get(e, 32).toString('hex'), v.e);
    assert.equal(c.bzt_sm2_verify_digest_vartime(pub, e, sig), OK);
    bzt.memory[e] ^= 1;
    assert.equal(c.bzt_sm2_verify_digest_vartime(pub, e, sig), ERR_SIGNATURE);
  });
});

test('wasm_sm2_signs_what_it_verifies', () => {
  for (let i = 0; i < 20; i += 1) {
    bzt.scope((c) => {
      const key = bzt.room(32), pub = bzt.room(65), sig = bzt.room(64);
      const message = bzt.span(randomBytes(i));
      assert.equal(c.bzt_sm2_key_new(key, pub, bzt.put(randomBytes(48))), OK);
      assert.equal(c.bzt_sm2_point_check(pub), OK);
      assert.equal(c.bzt_sm2_sign(sig, key, message, bzt.put(randomBytes(48))), OK);
      assert.equal(c.bzt_sm2_verify_vartime(pub, message, sig), OK);
      bzt.memory[sig + 40] ^= 1;
      assert.equal(c.bzt_sm2_verify_vartime(pub, message, sig), ERR_SIGNATURE);
    });
  }
});

test('wasm_sm2_decrypts_the_ciphertext_of_the_standard', () => {
  const v = sm2.encrypt_gbt32918_5;
  bzt.scope((c) => {
    const n = hex(v.msg).length, out = bzt.room(n), key = bzt.put(hex(v.d));
    assert.equal(c.bzt_sm2_decrypt(out, key, bzt.span(hex(v.c1c3c2))), OK);
    assert.equal(bzt.get(out, n).toString('hex'), v.msg);
  });
});

test('wasm_sm2_decrypts_what_it_encrypted', () => {
  for (let n = 1; n < 100; n += 9) {
    bzt.scope((c) => {
      const key = bzt.room(32), pub = bzt.room(65), plain = randomBytes(n);
      const out = bzt.room(97 + n), back = bzt.room(n);
      assert.equal(c.bzt_sm2_key_new(key, pub, bzt.put(randomBytes(48))), OK);
      assert.equal(c.bzt_sm2_encrypt(out, pub, bzt.span(plain), bzt.put(randomBytes(48))), OK);
      const cipher = bzt.get(out, 97 + n);
      assert.equal(c.bzt_sm2_decrypt(back, key, bzt.span(cipher)), OK);
      assert.deepEqual(bzt.get(back, n), plain);
      cipher[70] ^= 1;
      assert.equal(c.bzt_sm2_decrypt(back, key, bzt.span(cipher)), ERR_DECRYPT);
      assert.deepEqual(bzt.get(back, n), Buffer.alloc(n));
    });
  }
});

test('wasm_sm2_points_compress_and_come_back', () => {
  bzt.scope((c) => {
    const pub = bzt.put(hex(sm2.sign_gbt32918_5.pub)), small = bzt.room(33), back = bzt.room(65);
    assert.equal(c.bzt_sm2_point_compress(small, pub), OK);
    assert.equal(c.bzt_sm2_point_decompress(back, small), OK);
    assert.deepEqual(bzt.get(back, 65), bzt.get(pub, 65));
  });
});

test('wasm_sm2_signatures_travel_as_der', () => {
  const v = sm2.sign_gbt32918_5;
  bzt.scope((c) => {
    const sig = bzt.put(hex(v.r + v.s)), der = bzt.room(72), len = bzt.room(4), back = bzt.room(64);
    c.bzt_sm2_signature_write(der, len, sig);
    const bytes = bzt.get(der, bzt.word(len));
    assert.equal(bytes.toString('hex'), v.sig_der);
    assert.equal(c.bzt_sm2_signature_read(back, bzt.span(bytes)), OK);
    assert.deepEqual(bzt.get(back, 64), bzt.get(sig, 64));
  });
});

done();
