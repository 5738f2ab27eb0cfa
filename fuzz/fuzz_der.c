/* The DER reader: every element of every depth, read as every type.  What it
 * hands out lies inside what it was given, and reading what was written gives
 * it again. */
#include "core/der.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { DEPTH = 16 };

static void require(int holds)
{
    if (!holds)
        abort();
}

static void inside(bzt_span part, bzt_span all)
{
    require(part.p >= all.p && part.len <= all.len &&
            (size_t)(part.p - all.p) <= all.len - part.len);
}

/* Whole element in `whole`, again from its tag and content. */
static void rewrite(uint8_t tag, bzt_span content, bzt_span whole)
{
    uint8_t *buf = malloc(whole.len);
    bzt_span out;
    der_writer w;
    require(buf != 0);
    der_writer_init(&w, buf, whole.len);
    der_write(&w, tag, content);
    require(der_writer_done(&out, &w) == BZT_OK);
    require(der_is_equal(out, whole));
    free(buf);
}

static void rewrite_scalar(bzt_span whole)
{
    bzt_span in = whole, magnitude, out;
    uint8_t buf[64];
    uint64_t v;
    int64_t at, again;
    der_writer w;
    der_writer_init(&w, buf, sizeof(buf));
    if (whole.len > 32)
        return;
    if (der_read_uint(&magnitude, &in) == BZT_OK) {
        inside(magnitude, whole);
        der_write_uint(&w, magnitude);
        require(der_writer_done(&out, &w) == BZT_OK);
        require(der_is_equal(out, whole));
    }
    in = whole;
    if (der_read_u64(&v, &in) == BZT_OK) {
        der_writer_init(&w, buf, sizeof(buf));
        der_write_u64(&w, v);
        require(der_writer_done(&out, &w) == BZT_OK);
        require(der_is_equal(out, whole));
    }
    in = whole;
    if (der_read_time(&at, &in) == BZT_OK && at >= -62135596800000) {
        der_writer_init(&w, buf, sizeof(buf));
        der_write_time(&w, at);
        require(der_writer_done(&out, &w) == BZT_OK);
        require(der_read_time(&again, &out) == BZT_OK && again == at);
    }
}

static void read_as_all(bzt_span whole)
{
    bzt_span in, part;
    uint8_t big[32];
    uint32_t bits;
    in = whole;
    if (der_read_bits(&part, &in) == BZT_OK && part.len)
        inside(part, whole);
    in = whole;
    if (der_read_named_bits(&bits, &in) == BZT_OK)
        require(whole.p[0] == DER_BIT_STRING);
    in = whole;
    if (der_read_bool(&bits, &in) == BZT_OK)
        require(bits <= 1);
    in = whole;
    if (der_read_uint256(big, &in) == BZT_OK)
        require(whole.len <= 2 + 33);
    in = whole;
    if (der_read_null(&in) == BZT_OK)
        require(whole.len == 2);
    rewrite_scalar(whole);
}

static void walk(bzt_span in, int depth)
{
    while (in.len) {
        const bzt_span before = in;
        bzt_span content, whole, same;
        uint8_t tag;
        if (der_read_any(&tag, &content, &whole, &in) != BZT_OK)
            return;
        require(tag == der_peek(before));
        inside(whole, before);
        inside(content, whole);
        require(whole.p + whole.len == in.p);
        require(whole.len + in.len == before.len);
        same = before;
        require(der_read(&same, &same, tag) == BZT_OK);
        require(same.p == content.p && same.len == content.len);
        rewrite(tag, content, whole);
        read_as_all(whole);
        if (depth)
            walk(content, depth - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    walk((bzt_span){data, len}, DEPTH);
    return 0;
}
