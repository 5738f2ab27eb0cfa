/* The Merkle tree of RFC 6962 (RFC 9162, 2.1) over SM3.
 *
 * The hash of a leaf is SM3(00 || leaf), of a node SM3(01 || left || right),
 * of the empty tree SM3("").  Complete subtrees are nodes (level, position):
 * the one at level h and position p covers leaves p * 2^h to (p + 1) * 2^h - 1.
 * Pure: nodes are kept by the caller and fetched through a merkle_source.
 */
#ifndef BZT_BASE_MERKLE_H
#define BZT_BASE_MERKLE_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

enum { MERKLE_LEVELS = 63, MERKLE_PROOF_MAX = 64 };

typedef struct merkle_source {
    bzt_err (*get)(void *self, uint8_t out[32], int level, int64_t position);
    void *self;
} merkle_source;

typedef struct merkle_sink {
    bzt_err (*put)(void *self, int level, int64_t position,
                   const uint8_t hash[32]);
    void *self;
} merkle_sink;

typedef struct merkle_proof {
    uint8_t hash[MERKLE_PROOF_MAX][32];
    int n;
} merkle_proof;

void merkle_leaf(uint8_t out[32], bzt_span leaf);
void merkle_node(uint8_t out[32], const uint8_t left[32],
                 const uint8_t right[32]);

/* Growing.  The roots of the complete subtrees that end a tree of `size`
 * leaves; that of level h is there when bit h of size is set. */
typedef struct merkle_edge {
    int64_t size;
    uint8_t peak[MERKLE_LEVELS][32];
} merkle_edge;

BZT_MUST_USE bzt_err merkle_edge_get(merkle_edge *out, int64_t size,
                                     const merkle_source *source);
/* Append a leaf's hash; every node that becomes complete goes to the sink
 * (which may be NULL), the leaf itself as level 0. */
BZT_MUST_USE bzt_err merkle_append(merkle_edge *edge, const uint8_t leaf[32],
                                   const merkle_sink *sink);
void merkle_edge_root(uint8_t out[32], const merkle_edge *edge);

/* Proofs.  BZT_ERR_RANGE: not 0 <= number < size, or not
 * 0 < old_size <= size; errors of the source pass through. */
BZT_MUST_USE bzt_err merkle_root(uint8_t out[32], int64_t size,
                                 const merkle_source *source);
BZT_MUST_USE bzt_err merkle_prove(merkle_proof *out, int64_t number,
                                  int64_t size, const merkle_source *source);
BZT_MUST_USE bzt_err merkle_prove_prefix(merkle_proof *out, int64_t old_size,
                                         int64_t size,
                                         const merkle_source *source);

/* The leaf's hash is at place `number` of the tree with this root.
 * BZT_ERR_AUDIT: it is not. */
BZT_MUST_USE bzt_err merkle_verify(const merkle_proof *proof, int64_t number,
                                   int64_t size, const uint8_t leaf[32],
                                   const uint8_t root[32]);
/* The old tree is how the new one began.  An empty tree begins every tree
 * (and needs an empty proof).  BZT_ERR_AUDIT: it is not. */
BZT_MUST_USE bzt_err merkle_verify_prefix(const merkle_proof *proof,
                                          int64_t old_size, int64_t size,
                                          const uint8_t old_root[32],
                                          const uint8_t root[32]);

#endif
