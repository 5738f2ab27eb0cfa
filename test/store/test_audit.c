/* The audit trail: numbers, tree, heads, proofs, erasing. */
#include "core/sm3.h"
#include "lib.h"
#include "store/audit.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static arena *a;

static int set_up(void **state)
{
    a = arena_new(64 << 20);
    return a ? test_db_new(state) : -1;
}

static int tear_down(void **state)
{
    arena_free(a);
    return test_db_drop(state);
}

static const uint8_t alice[16] = {1}, bob[16] = {2}, centre[16] = {3};

typedef struct insertion {
    int64_t at;
    const uint8_t *person;
    bzt_err then;
    uint8_t id[16];
} insertion;

static bzt_err insert(store_tx *tx, void *arg)
{
    insertion *in = arg;
    char text[64];
    audit_entry entry = {.tenant = centre,
                         .person = in->person,
                         .at = in->at,
                         .kind = "test.kind"};
    bzt_err err;

    snprintf(text, sizeof text, "{\"at\":%lld}", (long long)in->at);
    entry.record = (bzt_span){(uint8_t *)text, strlen(text)};
    err = audit_insert(tx, in->id, &entry);
    return err ? err : in->then;
}

static void insert_some(store *s, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        insertion in = {.at = i, .person = i % 3 ? alice : bob};

        assert_int_equal(store_write(s, insert, &in), BZT_OK);
    }
}

typedef struct sequence {
    int64_t n, max;
} sequence;

static bzt_err run_sequence(store_tx *tx, void *arg)
{
    sequence *q = arg;

    return audit_sequence(tx, &q->n, q->max);
}

static int64_t sequence_all(store *s, int64_t max)
{
    sequence q = {0, max};
    int64_t total = 0;

    do {
        assert_int_equal(store_write(s, run_sequence, &q), BZT_OK);
        total += q.n;
    } while (q.n == max);
    return total;
}

/* Everything that the database knows of the tree, read at once. */
typedef struct view {
    audit_row *rows;
    size_t n;
    int64_t size;
    uint8_t root[32];
} view;

static bzt_err read_view(store_tx *tx, void *arg)
{
    view *v = arg;
    bzt_err err;

    if ((err = audit_list(tx, &v->rows, &v->n, 5000, a, 0)))
        return err;
    return audit_root(tx, &v->size, v->root);
}

/* Numbers are 0, 1, …, each leaf fits its record, and the root is theirs. */
static view check_tree(store *s)
{
    merkle_edge edge = {0};
    uint8_t hash[32], root[32];
    view v;

    assert_int_equal(store_read(s, read_view, &v), BZT_OK);
    assert_int_equal(v.size, v.n);
    for (size_t i = 0; i < v.n; i++) {
        const audit_row *r = &v.rows[i];
        sm3 h;

        assert_int_equal(r->number, i);
        assert_int_equal(r->salt.len, AUDIT_SALT_LEN);
        sm3_init(&h);
        sm3_update(&h, r->salt.p, r->salt.len);
        sm3_update(&h, r->record.p, r->record.len);
        sm3_final(&h, hash);
        assert_memory_equal(hash, r->leaf, 32);
        merkle_leaf(hash, (bzt_span){r->leaf, 32});
        assert_int_equal(merkle_append(&edge, hash, NULL), BZT_OK);
    }
    merkle_edge_root(root, &edge);
    assert_memory_equal(root, v.root, 32);
    return v;
}

static void audit_numbers_committed_records_in_order(void **state)
{
    store *s = test_open();
    insertion refused = {.at = 5, .then = BZT_ERR_CONFLICT};
    view v;

    (void)state;
    assert_int_equal(sequence_all(s, 100), 0);
    check_tree(s);
    insert_some(s, 10, 30);
    assert_int_equal(store_write(s, insert, &refused), BZT_ERR_CONFLICT);
    v = check_tree(s);
    assert_int_equal(v.size, 0);
    assert_int_equal(sequence_all(s, 7), 20);
    v = check_tree(s);
    assert_int_equal(v.size, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(v.rows[i].at, 10 + i);
    assert_string_equal(v.rows[0].kind, "test.kind");
    assert_memory_equal(v.rows[0].tenant, centre, 16);
    assert_true(v.rows[0].has_person && !v.rows[0].has_subject);
    /* a record that is older but came later gets a later number */
    insert_some(s, 0, 3);
    assert_int_equal(sequence_all(s, 100), 3);
    v = check_tree(s);
    assert_int_equal(v.rows[20].at, 0);
    store_close(s);
}

typedef struct listing {
    const uint8_t *person, *tenant;
    int64_t from;
    size_t max, n;
    audit_row *rows;
} listing;

static bzt_err read_listing(store_tx *tx, void *arg)
{
    listing *l = arg;

    return l->person ? audit_list_person(tx, &l->rows, &l->n, l->max, a,
                                         l->person, l->from)
                     : audit_list_tenant(tx, &l->rows, &l->n, l->max, a,
                                         l->tenant, l->from);
}

static void audit_lists_a_persons_own_records_in_pages(void **state)
{
    store *s = test_open();
    listing l = {.person = bob, .max = 3};
    listing t = {.tenant = centre, .max = 100};
    int64_t seen = 0;

    (void)state;
    insert_some(s, 0, 30);
    sequence_all(s, 100);
    insert_some(s, 30, 33); /* without numbers: not listed */
    do {
        assert_int_equal(store_read(s, read_listing, &l), BZT_OK);
        for (size_t i = 0; i < l.n; i++, seen++) {
            assert_memory_equal(l.rows[i].person, bob, 16);
            assert_int_equal(l.rows[i].number, seen * 3);
        }
        if (l.n)
            l.from = l.rows[l.n - 1].number + 1;
    } while (l.n == l.max);
    assert_int_equal(seen, 10);
    assert_int_equal(store_read(s, read_listing, &t), BZT_OK);
    assert_int_equal(t.n, 30);
    t.tenant = bob;
    assert_int_equal(store_read(s, read_listing, &t), BZT_OK);
    assert_int_equal(t.n, 0);
    store_close(s);
}

typedef struct proving {
    int64_t number, size; /* number < 0: a prefix of -number */
    merkle_proof proof;
} proving;

static bzt_err run_proof(store_tx *tx, void *arg)
{
    proving *p = arg;

    return p->number < 0
               ? audit_prove_prefix(tx, &p->proof, -p->number, p->size)
               : audit_prove(tx, &p->proof, p->number, p->size);
}

static void audit_proves_records_and_prefixes(void **state)
{
    store *s = test_open();
    uint8_t roots[40][32], leaf[32];
    proving p;
    view v;

    (void)state;
    for (int size = 1; size < 40; size++) {
        insert_some(s, size, size + 1);
        assert_int_equal(sequence_all(s, 100), 1);
        v = check_tree(s);
        memcpy(roots[size], v.root, 32);
    }
    for (int size = 1; size < 40; size += 3)
        for (int i = 0; i < size; i++) {
            p = (proving){.number = i, .size = size};
            assert_int_equal(store_read(s, run_proof, &p), BZT_OK);
            merkle_leaf(leaf, (bzt_span){v.rows[i].leaf, 32});
            assert_int_equal(
                merkle_verify(&p.proof, i, size, leaf, roots[size]), BZT_OK);
            p = (proving){.number = -(i + 1), .size = size};
            assert_int_equal(store_read(s, run_proof, &p), BZT_OK);
            assert_int_equal(merkle_verify_prefix(&p.proof, i + 1, size,
                                                  roots[i + 1], roots[size]),
                             BZT_OK);
        }
    p = (proving){.number = 1, .size = 40};
    assert_int_equal(store_read(s, run_proof, &p), BZT_ERR_RANGE);
    assert_int_equal(p.proof.n, 0);
    p = (proving){.number = 39, .size = 39};
    assert_int_equal(store_read(s, run_proof, &p), BZT_ERR_RANGE);
    p = (proving){.number = -41, .size = 40};
    assert_int_equal(store_read(s, run_proof, &p), BZT_ERR_RANGE);
    store_close(s);
}

/* Several sequencers and several writers at once. */
static _Atomic int writers_left;

static void *write_some(void *arg)
{
    insert_some(arg, 1000, 1040);
    writers_left--;
    return NULL;
}

static void *sequence_while_written(void *arg)
{
    while (writers_left)
        sequence_all(arg, 5);
    return NULL;
}

static void audit_sequencers_never_collide(void **state)
{
    store *s = test_open();
    pthread_t threads[7];

    (void)state;
    writers_left = 4;
    for (int i = 0; i < 7; i++)
        pthread_create(&threads[i], NULL,
                       i < 4 ? write_some : sequence_while_written, s);
    for (int i = 0; i < 7; i++)
        pthread_join(threads[i], NULL);
    sequence_all(s, 100);
    assert_int_equal(check_tree(s).size, 160);
    store_close(s);
}

static bzt_err erase(store_tx *tx, void *arg)
{
    return audit_erase(tx, arg);
}

typedef struct getting {
    const uint8_t *id;
    audit_row row;
} getting;

static bzt_err get(store_tx *tx, void *arg)
{
    getting *g = arg;

    return audit_get(tx, &g->row, a, g->id);
}

static void audit_erasing_a_record_keeps_the_tree(void **state)
{
    store *s = test_open();
    insertion in = {.at = 7, .person = alice};
    uint8_t nobody[16] = {9};
    getting g = {.id = in.id};
    view before, after;

    (void)state;
    insert_some(s, 0, 5);
    assert_int_equal(store_write(s, insert, &in), BZT_OK);
    assert_int_equal(store_read(s, get, &g), BZT_OK);
    assert_int_equal(g.row.number, -1);
    sequence_all(s, 100);
    before = check_tree(s);
    assert_int_equal(store_write(s, erase, in.id), BZT_OK);
    assert_int_equal(store_write(s, erase, nobody), BZT_ERR_NOT_FOUND);
    assert_int_equal(store_read(s, get, &g), BZT_OK);
    assert_null(g.row.record.p);
    assert_int_equal(g.row.salt.len, 0);
    assert_int_equal(g.row.number, 5);
    assert_int_equal(store_read(s, read_view, &after), BZT_OK);
    assert_memory_equal(after.root, before.root, 32);
    assert_memory_equal(after.rows[5].leaf, before.rows[5].leaf, 32);
    g.id = nobody;
    assert_int_equal(store_read(s, get, &g), BZT_ERR_NOT_FOUND);
    store_close(s);
}

typedef struct counting {
    int64_t before, n;
} counting;

static bzt_err count_unnumbered(store_tx *tx, void *arg)
{
    counting *c = arg;

    return audit_unnumbered(tx, &c->n, c->before);
}

static void audit_tells_records_that_stay_without_a_number(void **state)
{
    store *s = test_open();
    counting c = {.before = 5};

    (void)state;
    insert_some(s, 0, 10);
    assert_int_equal(store_read(s, count_unnumbered, &c), BZT_OK);
    assert_int_equal(c.n, 5);
    sequence_all(s, 3);
    assert_int_equal(store_read(s, count_unnumbered, &c), BZT_OK);
    assert_int_equal(c.n, 0);
    store_close(s);
}

static bzt_err put_head(store_tx *tx, void *arg)
{
    return audit_head_insert(tx, arg);
}

static bzt_err last_head(store_tx *tx, void *arg)
{
    return audit_head_last(tx, arg);
}

static bzt_err find_head(store_tx *tx, void *arg)
{
    return audit_head_find(tx, arg, ((audit_head *)arg)->size);
}

typedef struct heads {
    audit_head *rows;
    size_t n;
} heads;

static bzt_err list_heads(store_tx *tx, void *arg)
{
    heads *h = arg;

    return audit_head_list(tx, &h->rows, &h->n, 10, a, 4);
}

static void audit_keeps_the_first_head_of_each_size(void **state)
{
    store *s = test_open();
    audit_head h = {.size = 0}, got;
    heads list;

    (void)state;
    assert_int_equal(store_read(s, last_head, &got), BZT_ERR_NOT_FOUND);
    for (int i = 0; i < 4; i++) {
        h = (audit_head){.size = i * 3, .at = 100 + i, .root = {(uint8_t)i}};
        h.signature[63] = (uint8_t)i;
        assert_int_equal(store_write(s, put_head, &h), BZT_OK);
    }
    h = (audit_head){.size = 3, .at = 999};
    assert_int_equal(store_write(s, put_head, &h), BZT_OK);
    assert_int_equal(store_read(s, last_head, &got), BZT_OK);
    assert_int_equal(got.size, 9);
    assert_int_equal(got.signature[63], 3);
    got.size = 2;
    assert_int_equal(store_read(s, find_head, &got), BZT_OK);
    assert_int_equal(got.size, 3);
    assert_int_equal(got.at, 101);
    got.size = 10;
    assert_int_equal(store_read(s, find_head, &got), BZT_ERR_NOT_FOUND);
    assert_int_equal(store_read(s, list_heads, &list), BZT_OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.rows[0].size, 6);
    store_close(s);
}

static bzt_err lose_node(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "DELETE FROM audit_node WHERE level = 2 AND position = 0"};

    (void)arg;
    return store_exec(tx, NULL, &sql, NULL, 0);
}

static void audit_notices_a_missing_node(void **state)
{
    store *s = test_open();
    view v;

    (void)state;
    insert_some(s, 0, 6);
    sequence_all(s, 100);
    check_tree(s);
    assert_int_equal(store_write(s, lose_node, NULL), BZT_OK);
    assert_int_equal(store_read(s, read_view, &v), BZT_ERR_AUDIT);
    store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(audit_numbers_committed_records_in_order),
        T(audit_lists_a_persons_own_records_in_pages),
        T(audit_proves_records_and_prefixes),
        T(audit_sequencers_never_collide),
        T(audit_erasing_a_record_keeps_the_tree),
        T(audit_tells_records_that_stay_without_a_number),
        T(audit_keeps_the_first_head_of_each_size),
        T(audit_notices_a_missing_node),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
