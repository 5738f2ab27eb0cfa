/* The beginning of an installation, the vault, and what lies on the disk. */
#include "base/file.h"
#include "base/json.h"
#include "core/text.h"
#include "lib.h"
#include "pki/x509.h"
#include "service/init.h"
#include "service/site_keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void init_runs_once(void **state)
{
    world *w = *state;
    char code[STAFF_CODE_SIZE];
    const init_order order = {.master_key_path = w->master,
                              .public_path = w->public_json,
                              .name = "另一个",
                              .app_origin = "https://a.test",
                              .api_origin = "https://b.test",
                              .now_ms = w->now};
    uint8_t *before, *after;
    size_t before_len, after_len;

    assert_int_equal(file_read(&before, &before_len, w->public_json, 100000),
                     BZT_OK);
    assert_int_equal(service_init(code, w->s.store, &order), BZT_ERR_CONFLICT);
    assert_int_equal(code[0], 0);
    assert_int_equal(file_read(&after, &after_len, w->public_json, 100000),
                     BZT_OK);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, after_len);
    free(before);
    free(after);
}

static void init_refuses_what_cannot_work(void **state)
{
    world *w = *state;
    char code[STAFF_CODE_SIZE];
    const init_order good = {.master_key_path = w->master,
                             .public_path = w->public_json,
                             .name = "名",
                             .app_origin = "https://a.test",
                             .api_origin = "https://b.test"};
    static const char *const origins[] = {NULL,
                                          "",
                                          "http://a.test",
                                          "https://",
                                          "https://a.test/",
                                          "https://a.test/x",
                                          "https://a b",
                                          "https://a\""};

    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        init_order bad = good;

        bad.app_origin = origins[i];
        assert_int_equal(service_init(code, w->s.store, &bad), BZT_ERR_CONFIG);
    }
    init_order bad = good;
    bad.name = "";
    assert_int_equal(service_init(code, w->s.store, &bad), BZT_ERR_CONFIG);
    bad.name = "a\nb";
    assert_int_equal(service_init(code, w->s.store, &bad), BZT_ERR_CONFIG);
}

static void public_json_has_the_public_halves(void **state)
{
    static const char *const names[SITE_KEYS] = {"transport_key", "webhook_key",
                                                 "audit_key"};
    world *w = *state;
    uint8_t *text, pub[65], stored[65], derived[65];
    const json *roots;
    bzt_sm2_key key;
    bzt_span der;
    x509_cert root;
    json *o = NULL;
    size_t len;

    assert_int_equal(file_read(&text, &len, w->public_json, 100000), BZT_OK);
    assert_int_equal(json_parse(&o, w->a, (bzt_span){text, len}), BZT_OK);
    for (int i = 0; i < SITE_KEYS; i++) {
        assert_int_equal(json_bytes(pub, 65, o, names[i]), BZT_OK);
        assert_int_equal(site_key_public(stored, &w->s, (site_key)i), BZT_OK);
        assert_int_equal(site_key_get(&key, &w->s, (site_key)i), BZT_OK);
        assert_int_equal(bzt_sm2_public(derived, &key), BZT_OK);
        assert_memory_equal(pub, stored, 65);
        assert_memory_equal(pub, derived, 65);
    }
    assert_int_equal(json_array_at(&roots, o, "ca_roots", 4), BZT_OK);
    assert_int_equal(json_array_n(roots), 1);
    json *holder = json_new_object(w->a);
    json_add(holder, "der", (json *)json_array_item(roots, 0));
    assert_int_equal(json_span(&der, w->a, holder, "der", 100, 5000), BZT_OK);
    assert_int_equal(x509_read(&root, der), BZT_OK);
    assert_true(root.is_ca);
    assert_int_equal(x509_verify(&root, root.pub), BZT_OK);
    free(text);
}

/* --- what lies on the disk ----------------------------------------------- */

static int file_has(const char *path, const char *what)
{
    uint8_t *p = NULL;
    size_t len = 0;
    int has;

    if (file_read(&p, &len, path, 64 * 1024 * 1024))
        return 0;
    has = memmem(p, len, what, strlen(what)) != NULL;
    free(p);
    return has;
}

static void personal_data_is_sealed_at_rest(void **state)
{
    world *w = *state;
    const char *id = world_id_number(w, 1);
    const char *const secrets[] = {"13800138000", "欧阳锋", id, "王法人"};
    const char *path = test_url + strlen("sqlite:");
    const char *wal = arena_printf(w->a, "%s-wal", path);
    account_session s;
    enterprise_of e;
    application_view v;
    world_person(w, &s, "13800138000", "欧阳锋", id);
    world_claim(w, s.person.id, &e, "甲公司", world_uscc);
    world_approved(w, &v, s.person.id, e.enterprise.id);
    assert_true(file_has(path, "甲公司") || file_has(wal, "甲公司"));
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_false(file_has(path, secrets[i]));
        assert_false(file_has(wal, secrets[i]));
    }
    assert_false(file_has(path, w->code));
}

/* --- the vault ----------------------------------------------------------- */

static void write_key_file(world *w, const char *path, const char *text)
{
    (void)w;
    assert_int_equal(file_write(path, text_span(text), 0600), BZT_OK);
}

static void a_sealed_value_opens_only_in_its_place(void **state)
{
    world *w = *state;
    const uint8_t row[16] = {1}, other[16] = {2};
    const vault_place here = {"t.c", row}, there = {"t.c", other},
                      elsewhere = {"t.d", row};
    bzt_span sealed, again, plain;

    assert_int_equal(
        vault_seal(&sealed, w->a, w->s.vault, here, BZT_SPAN_LIT("secret")),
        BZT_OK);
    assert_int_equal(sealed.len, 6 + VAULT_OVERHEAD);
    assert_int_equal(vault_key_number(sealed), 1);
    assert_int_equal(
        vault_seal(&again, w->a, w->s.vault, here, BZT_SPAN_LIT("secret")),
        BZT_OK);
    assert_memory_not_equal(sealed.p, again.p, sealed.len);
    assert_int_equal(vault_unseal(&plain, w->a, w->s.vault, here, sealed),
                     BZT_OK);
    assert_true(text_is(plain, "secret"));
    assert_int_equal(vault_unseal(&plain, w->a, w->s.vault, there, sealed),
                     BZT_ERR_DECRYPT);
    assert_int_equal(vault_unseal(&plain, w->a, w->s.vault, elsewhere, sealed),
                     BZT_ERR_DECRYPT);
    for (size_t i = 0; i < sealed.len; i++) {
        uint8_t *p = (uint8_t *)sealed.p;

        p[i] ^= 1;
        assert_int_equal(vault_unseal(&plain, w->a, w->s.vault, here, sealed),
                         BZT_ERR_DECRYPT);
        p[i] ^= 1;
        assert_int_equal(vault_unseal(&plain, w->a, w->s.vault, here,
                                      (bzt_span){sealed.p, i}),
                         BZT_ERR_DECRYPT);
    }
}

static void the_highest_key_seals_and_every_key_opens(void **state)
{
    world *w = *state;
    const char *path = arena_printf(w->a, "%s/two.key", w->folder);
    const uint8_t row[16] = {1};
    const vault_place here = {"t.c", row};
    uint8_t index_one[32], index_two[32];
    bzt_span one, two, plain;
    vault *v = NULL;

    write_key_file(w, path, "1:00112233445566778899aabbccddeeff\n");
    assert_int_equal(vault_open(&v, path), BZT_OK);
    assert_int_equal(vault_seal(&one, w->a, v, here, BZT_SPAN_LIT("x")),
                     BZT_OK);
    vault_index(index_one, v, "phone", BZT_SPAN_LIT("1"));
    vault_close(v);
    write_key_file(w, path,
                   "2:ff112233445566778899aabbccddeeff\n"
                   "1:00112233445566778899aabbccddeeff\n");
    assert_int_equal(vault_open(&v, path), BZT_OK);
    assert_int_equal(vault_seal(&two, w->a, v, here, BZT_SPAN_LIT("x")),
                     BZT_OK);
    assert_int_equal(vault_key_number(two), 2);
    assert_int_equal(vault_unseal(&plain, w->a, v, here, one), BZT_OK);
    assert_int_equal(vault_unseal(&plain, w->a, v, here, two), BZT_OK);
    vault_index(index_two, v, "phone", BZT_SPAN_LIT("1"));
    assert_memory_equal(index_one, index_two, 32);
    vault_index(index_two, v, "phon", BZT_SPAN_LIT("e1"));
    assert_memory_not_equal(index_one, index_two, 32);
    vault_close(v);
    write_key_file(w, path, "2:ff112233445566778899aabbccddeeff");
    assert_int_equal(vault_open(&v, path), BZT_OK);
    assert_int_equal(vault_unseal(&plain, w->a, v, here, one), BZT_ERR_DECRYPT);
    vault_close(v);
    unlink(path);
}

static void malformed_key_files_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "1:0011",
        "00112233445566778899aabbccddeeff",
        "0:00112233445566778899aabbccddeeff",
        "1:00112233445566778899aabbccddeeff00",
        "1:00112233445566778899aabbccddeexx",
        ("1:00112233445566778899aabbccddeeff\n"
         "1:00112233445566778899aabbccddeeff\n"),
        "4294967296:00112233445566778899aabbccddeeff",
        "1 :00112233445566778899aabbccddeeff"};
    world *w = *state;
    const char *path = arena_printf(w->a, "%s/bad.key", w->folder);
    vault *v = NULL;

    assert_int_equal(vault_open(&v, path), BZT_ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_key_file(w, path, bad[i]);
        assert_int_equal(vault_open(&v, path), BZT_ERR_CONFIG);
        assert_null(v);
    }
    write_key_file(w, path, "sixteen bytes!!!");
    assert_int_equal(vault_open(&v, path), BZT_OK);
    vault_close(v);
    assert_int_equal(vault_make(path), BZT_ERR_CONFLICT);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(vault_open(&v, path), BZT_ERR_CONFIG);
    unlink(path);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_new, world_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(init_runs_once),
        WORLD(init_refuses_what_cannot_work),
        WORLD(public_json_has_the_public_halves),
        WORLD(a_sealed_value_opens_only_in_its_place),
        WORLD(the_highest_key_seals_and_every_key_opens),
        WORLD(malformed_key_files_are_refused),
        /* Looks into SQLite's own files. */
        WORLD(personal_data_is_sealed_at_rest),
    };
    size_t n = sizeof(tests) / sizeof(tests[0]) - (size_t)test_is_pg();

    return _cmocka_run_group_tests("service-init", tests, n, NULL, NULL);
}
