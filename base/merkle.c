#include "merkle.h"
#include "core/sm3.h"
#include <stdbool.h>
#include <string.h>

void merkle_leaf(uint8_t out[32], bzt_span leaf)
{
    const uint8_t tag = 0;
    sm3 h;

    sm3_init(&h);
    sm3_update(&h, &tag, 1);
    sm3_update(&h, leaf.p, leaf.len);
    sm3_final(&h, out);
}

void merkle_node(uint8_t out[32], const uint8_t left[32],
                 const uint8_t right[32])
{
    const uint8_t tag = 1;
    sm3 h;

    sm3_init(&h);
    sm3_update(&h, &tag, 1);
    sm3_update(&h, left, 32);
    sm3_update(&h, right, 32);
    sm3_final(&h, out);
}

static void empty_root(uint8_t out[32])
{
    sm3_digest(out, (bzt_span){(const uint8_t *)"", 0});
}

/* --- growing ------------------------------------------------------------- */

bzt_err merkle_edge_get(merkle_edge *out, int64_t size,
                        const merkle_source *source)
{
    bzt_err err;

    memset(out, 0, sizeof *out);
    if (size < 0)
        return BZT_ERR_RANGE;
    out->size = size;
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        /* the last complete subtree of this level is the edge's if the bit
         * is set: its position is then even */
        if (!(size >> level & 1))
            continue;
        err = source->get(source->self, out->peak[level], level,
                          (size >> level) - 1);
        if (err)
            return err;
    }
    return BZT_OK;
}

bzt_err merkle_append(merkle_edge *edge, const uint8_t leaf[32],
                      const merkle_sink *sink)
{
    uint8_t hash[32];
    int64_t position = edge->size;
    int level = 0;
    bzt_err err;

    if (edge->size == INT64_MAX)
        return BZT_ERR_RANGE;
    memcpy(hash, leaf, 32);
    for (;;) {
        if (sink && (err = sink->put(sink->self, level, position, hash)))
            return err;
        if (!(position & 1))
            break;
        merkle_node(hash, edge->peak[level], hash);
        level++;
        position >>= 1;
    }
    memcpy(edge->peak[level], hash, 32);
    edge->size++;
    return BZT_OK;
}

void merkle_edge_root(uint8_t out[32], const merkle_edge *edge)
{
    bool begun = false;

    empty_root(out);
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        if (!(edge->size >> level & 1))
            continue;
        if (begun)
            merkle_node(out, edge->peak[level], out);
        else
            memcpy(out, edge->peak[level], 32);
        begun = true;
    }
}

/* --- proofs -------------------------------------------------------------- */

/* The largest power of two below n (n > 1), as its exponent. */
static int split_level(int64_t n)
{
    int level = 0;

    while ((int64_t)1 << (level + 1) < n)
        level++;
    return level;
}

/* MTH(D[from : to]) where `from` is a multiple of a power of two that is at
 * least to - from: what RFC 6962 asks for never is anything else. */
static bzt_err range_root(uint8_t out[32], int64_t from, int64_t to,
                          const merkle_source *source)
{
    merkle_edge edge = {.size = to - from};
    int64_t at = from;
    bzt_err err;

    for (int level = MERKLE_LEVELS - 1; level >= 0; level--) {
        if (!(edge.size >> level & 1))
            continue;
        err = source->get(source->self, edge.peak[level], level, at >> level);
        if (err)
            return err;
        at += (int64_t)1 << level;
    }
    merkle_edge_root(out, &edge);
    return BZT_OK;
}

bzt_err merkle_root(uint8_t out[32], int64_t size, const merkle_source *source)
{
    memset(out, 0, 32);
    if (size < 0)
        return BZT_ERR_RANGE;
    return range_root(out, 0, size, source);
}

/* Proofs are found from the root down and written from the leaf up. */
static void reverse(merkle_proof *p)
{
    for (int i = 0, k = p->n - 1; i < k; i++, k--) {
        uint8_t swap[32];

        memcpy(swap, p->hash[i], 32);
        memcpy(p->hash[i], p->hash[k], 32);
        memcpy(p->hash[k], swap, 32);
    }
}

static bzt_err prove(merkle_proof *out, int64_t number, int64_t size,
                     const merkle_source *source)
{
    int64_t from = 0, to = size;
    bzt_err err;

    while (to - from > 1) {
        int64_t middle = from + ((int64_t)1 << split_level(to - from));
        bool is_left = number < middle;

        err = is_left ? range_root(out->hash[out->n], middle, to, source)
                      : range_root(out->hash[out->n], from, middle, source);
        if (err)
            return err;
        out->n++;
        if (is_left)
            to = middle;
        else
            from = middle;
    }
    reverse(out);
    return BZT_OK;
}

/* SUBPROOF of RFC 6962, 2.1.2. */
static bzt_err prove_prefix(merkle_proof *out, int64_t old_size, int64_t size,
                            const merkle_source *source)
{
    int64_t from = 0, to = size;
    bzt_err err;

    while (to > old_size) {
        int64_t middle = from + ((int64_t)1 << split_level(to - from));
        bool is_left = old_size <= middle;

        err = is_left ? range_root(out->hash[out->n], middle, to, source)
                      : range_root(out->hash[out->n], from, middle, source);
        if (err)
            return err;
        out->n++;
        if (is_left)
            to = middle;
        else
            from = middle;
    }
    if (from > 0) { /* else the verifier has it: it is the old root */
        if ((err = range_root(out->hash[out->n], from, to, source)))
            return err;
        out->n++;
    }
    reverse(out);
    return BZT_OK;
}

bzt_err merkle_prove(merkle_proof *out, int64_t number, int64_t size,
                     const merkle_source *source)
{
    bzt_err err = BZT_ERR_RANGE;

    memset(out, 0, sizeof *out);
    if (number >= 0 && number < size)
        err = prove(out, number, size, source);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

bzt_err merkle_prove_prefix(merkle_proof *out, int64_t old_size, int64_t size,
                            const merkle_source *source)
{
    bzt_err err = BZT_ERR_RANGE;

    memset(out, 0, sizeof *out);
    if (old_size > 0 && old_size <= size)
        err = prove_prefix(out, old_size, size, source);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* --- verification (RFC 9162, 2.1.3.2 and 2.1.4.2) ------------------------ */

static bool is_proof_sane(const merkle_proof *proof)
{
    return proof->n >= 0 && proof->n <= MERKLE_PROOF_MAX;
}

bzt_err merkle_verify(const merkle_proof *proof, int64_t number, int64_t size,
                      const uint8_t leaf[32], const uint8_t root[32])
{
    int64_t fn = number, sn = size - 1;
    uint8_t r[32];

    if (number < 0 || number >= size || !is_proof_sane(proof))
        return BZT_ERR_AUDIT;
    memcpy(r, leaf, 32);
    for (int i = 0; i < proof->n; i++) {
        if (sn == 0)
            return BZT_ERR_AUDIT;
        if (fn & 1 || fn == sn) {
            merkle_node(r, proof->hash[i], r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, r, proof->hash[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && !memcmp(r, root, 32) ? BZT_OK : BZT_ERR_AUDIT;
}

static bool is_power_of_two(int64_t n)
{
    return !(n & (n - 1));
}

/* Both roots, rebuilt from the proof. */
static bool rebuild(uint8_t old_root[32], uint8_t root[32],
                    const merkle_proof *proof, int first, int64_t old_size,
                    int64_t size)
{
    int64_t fn = old_size - 1, sn = size - 1;

    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (int i = first; i < proof->n; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            merkle_node(old_root, proof->hash[i], old_root);
            merkle_node(root, proof->hash[i], root);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(root, root, proof->hash[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bzt_err merkle_verify_prefix(const merkle_proof *proof, int64_t old_size,
                             int64_t size, const uint8_t old_root[32],
                             const uint8_t root[32])
{
    uint8_t fr[32], sr[32];
    int first = 0;

    if (old_size < 0 || old_size > size || !is_proof_sane(proof))
        return BZT_ERR_AUDIT;
    if (old_size == 0) {
        empty_root(fr);
        return proof->n == 0 && !memcmp(fr, old_root, 32) ? BZT_OK
                                                          : BZT_ERR_AUDIT;
    }
    if (old_size == size)
        return proof->n == 0 && !memcmp(old_root, root, 32) ? BZT_OK
                                                            : BZT_ERR_AUDIT;
    if (is_power_of_two(old_size)) {
        memcpy(fr, old_root, 32);
    } else {
        if (proof->n == 0)
            return BZT_ERR_AUDIT;
        memcpy(fr, proof->hash[0], 32);
        first = 1;
    }
    memcpy(sr, fr, 32);
    if (!rebuild(fr, sr, proof, first, old_size, size))
        return BZT_ERR_AUDIT;
    return !memcmp(fr, old_root, 32) && !memcmp(sr, root, 32) ? BZT_OK
                                                              : BZT_ERR_AUDIT;
}
