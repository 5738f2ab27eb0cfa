/* The site's offline side. */
#include "site.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/settings.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/statement.h"
#include "pki/x509.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX = 1 << 20,
    ARENA_MAX = 8 << 20,
    CERT_MAX = 8192,
    ROOT_DAYS = 7300
};
#define DAY_MS (24LL * 3600 * 1000)

/* --- files -------------------------------------------------------------- */

static bzt_err path_in(char out[1024], const char *folder, const char *name)
{
    int n = snprintf(out, 1024, "%s/%s", folder, name);

    return n > 0 && n < 1024 ? BZT_OK : BZT_ERR_RANGE;
}

static bzt_err put(const char *folder, const char *name, bzt_span bytes,
                   int mode)
{
    char path[1024];
    bzt_err err = path_in(path, folder, name);

    return err ? err : file_write(path, bytes, mode);
}

static bzt_err get(bzt_span *out, arena *a, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err = file_read(&bytes, &len, path, FILE_MAX);

    if (err)
        return err;
    *out = arena_copy(a, (bzt_span){bytes, len});
    wipe(bytes, len);
    free(bytes);
    return out->p || !len ? BZT_OK : BZT_ERR_MEMORY;
}

static bzt_err get_in(bzt_span *out, arena *a, const char *folder,
                      const char *name)
{
    char path[1024];
    bzt_err err = path_in(path, folder, name);

    return err ? err : get(out, a, path);
}

static bzt_err get_key(bzt_sm2_key *out, arena *a, const char *folder,
                       const char *name)
{
    bzt_span bytes;
    bzt_err err = get_in(&bytes, a, folder, name);

    if (err)
        return err;
    if (bytes.len != 32)
        return BZT_ERR_ENCODING;
    memcpy(out->d, bytes.p, 32);
    return BZT_OK;
}

static bzt_err new_key(bzt_sm2_key *key, uint8_t pub[65])
{
    uint8_t random[48];
    bzt_err err = rng_bytes(random, sizeof(random));

    if (!err)
        err = bzt_sm2_key_new(key, pub, random);
    wipe(random, sizeof(random));
    return err;
}

/* --- making ------------------------------------------------------------- */

static bzt_err make_site_key(const char *folder)
{
    char text[BASE64URL_LEN(65) + 2];
    uint8_t pub[65];
    bzt_sm2_key key;
    bzt_err err = new_key(&key, pub);

    base64url_write(text, (bzt_span){pub, 65});
    strcat(text, "\n");
    if (!err)
        err = put(folder, "site.key", (bzt_span){key.d, 32}, 0600);
    if (!err)
        err = put(folder, "site.pub", text_span(text), 0644);
    bzt_sm2_key_wipe(&key);
    return err;
}

static bzt_err issue(bzt_span *der, uint8_t buf[X509_SIZE_MAX],
                     x509_template *t, const x509_cert *by,
                     const bzt_sm2_key *key)
{
    uint8_t random[48];
    const pki_signer signer = {.cert = by, .key = key, .random = random};
    bzt_err err;

    t->serial_len = 16;
    if ((err = rng_bytes(t->serial, 16)) ||
        (err = rng_bytes(random, sizeof(random))))
        return err;
    err = x509_issue(der, buf, X509_SIZE_MAX, t, &signer);
    wipe(random, sizeof(random));
    return err;
}

static bzt_err make_rp_ca(const char *folder, const char *name)
{
    char cn[200];
    uint8_t buf[X509_SIZE_MAX];
    x509_template t = {.profile = X509_ROOT,
                       .not_before = clock_now_ms() - 60000,
                       .subject = {.country = BZT_SPAN_LIT("CN")}};
    bzt_sm2_key key;
    bzt_span der;
    bzt_err err = new_key(&key, t.pub);

    snprintf(cn, sizeof(cn), "%s RP CA", name);
    t.subject.organisation = text_span(name);
    t.subject.common_name = text_span(cn);
    t.not_after = t.not_before + ROOT_DAYS * DAY_MS;
    if (!err)
        err = issue(&der, buf, &t, NULL, &key);
    if (!err)
        err = put(folder, "rp-ca.key", (bzt_span){key.d, 32}, 0600);
    if (!err)
        err = put(folder, "rp-ca.der", der, 0644);
    bzt_sm2_key_wipe(&key);
    return err;
}

bzt_err site_init(const char *folder, const char *name)
{
    bzt_err err;

    if (mkdir(folder, 0700))
        return errno == EEXIST ? BZT_ERR_CONFLICT : BZT_ERR_IO;
    if ((err = make_site_key(folder)) || (err = make_rp_ca(folder, name)))
        return err;
    return put(folder, "serial", BZT_SPAN_LIT("0\n"), 0644);
}

bzt_err site_public_read(uint8_t pub[65], const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err = file_read(&bytes, &len, path, 1024);

    if (err)
        return err;
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r')) {
        len--;
    }
    err = base64url_read_n(pub, 65, (bzt_span){bytes, len});
    free(bytes);
    return err ? err : bzt_sm2_point_check(pub);
}

/* --- settings ----------------------------------------------------------- */

static bzt_err next_serial(int64_t *serial, arena *a, const char *folder)
{
    bzt_span text;
    bzt_err err = get_in(&text, a, folder, "serial");

    if (err)
        return err;
    *serial = strtoll((const char *)arena_text(a, text), NULL, 10) + 1;
    return *serial >= 1 ? BZT_OK : BZT_ERR_ENCODING;
}

static bzt_err keep_serial(const char *folder, int64_t serial)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld\n", (long long)serial);
    return put(folder, "serial", text_span(text), 0644);
}

static bzt_err read_roots(settings *s, arena *a, const json *o)
{
    const json *list;
    bzt_err err = json_array_at(&list, o, "ca_roots", SETTINGS_ROOTS_MAX);

    if (err)
        return err;
    for (size_t i = 0; i < json_array_n(list); i++) {
        bzt_span *der = &s->ca_roots[s->ca_roots_n++];
        x509_cert cert;
        if (json_span_item(der, a, list, i, 1, CERT_MAX) ||
            x509_read(&cert, *der))
            return BZT_ERR_CERT_INVALID;
    }
    return BZT_OK;
}

/* What bztd says of itself.  The person who signs vouches for it. */
static bzt_err read_public(settings *s, arena *a, const char *path)
{
    json *o = NULL;
    bzt_span text;
    bzt_err err;

    if ((err = get(&text, a, path)) || (err = json_parse(&o, a, text)) ||
        (err = json_text(&s->name, o, "name", 1, 200)) ||
        (err = json_text(&s->app, o, "app", 9, 300)) ||
        (err = json_text(&s->api, o, "api", 9, 300)) ||
        (err = json_bytes(s->transport_key, 65, o, "transport_key")) ||
        (err = json_bytes(s->webhook_key, 65, o, "webhook_key")) ||
        (err = json_bytes(s->audit_key, 65, o, "audit_key")))
        return err;
    return read_roots(s, a, o);
}

static bzt_err sign(uint8_t signature[64], arena *a, const char *folder,
                    bzt_span payload)
{
    uint8_t random[48];
    bzt_sm2_key key;
    bzt_err err;

    if ((err = get_key(&key, a, folder, "site.key")) ||
        (err = rng_bytes(random, sizeof(random))))
        return err;
    err = statement_sign(signature, STATEMENT_SETTINGS, &key, payload, random);
    bzt_sm2_key_wipe(&key);
    wipe(random, sizeof(random));
    return err;
}

bzt_err site_sign(const char *folder, const char *public_path,
                  const char *out_path)
{
    arena *a = arena_new(ARENA_MAX);
    settings s = {.issued_at = clock_now_ms()};
    uint8_t signature[64];
    bzt_span payload, file;
    bzt_err err = BZT_ERR_MEMORY;

    if (!a)
        return err;
    if ((err = read_public(&s, a, public_path)) ||
        (err = next_serial(&s.serial, a, folder)) ||
        (err = get_in(&s.rp_root, a, folder, "rp-ca.der")) ||
        (err = settings_write(&payload, a, &s)) ||
        (err = sign(signature, a, folder, payload)) ||
        (err = settings_wrap(&file, a, payload, signature)) ||
        (err = keep_serial(folder, s.serial)))
        goto out;
    err = file_write(out_path, file, 0644);
out:
    arena_free(a);
    return err;
}

/* --- business systems --------------------------------------------------- */

static bzt_err issue_rp(bzt_span *der, uint8_t buf[X509_SIZE_MAX],
                        bzt_sm2_key *key, arena *a, const char *folder,
                        const site_rp_order *order)
{
    bzt_span hosts[16];
    x509_template t = {.profile = X509_RP,
                       .not_before = clock_now_ms() - 60000,
                       .hosts = hosts,
                       .hosts_n = order->domains_n};
    bzt_sm2_key ca_key;
    bzt_span ca_der;
    x509_cert ca;
    bzt_err err;

    if (!order->domains_n || order->domains_n > 16)
        return BZT_ERR_RANGE;
    for (size_t i = 0; i < order->domains_n; i++) {
        hosts[i] = text_span(order->domains[i]);
    }
    t.subject.country = BZT_SPAN_LIT("CN");
    t.subject.common_name = text_span(order->name);
    t.not_after = t.not_before + order->days * DAY_MS;
    if ((err = new_key(key, t.pub)) ||
        (err = get_in(&ca_der, a, folder, "rp-ca.der")) ||
        (err = x509_read(&ca, ca_der)) ||
        (err = get_key(&ca_key, a, folder, "rp-ca.key")))
        return err;
    err = issue(der, buf, &t, &ca, &ca_key);
    bzt_sm2_key_wipe(&ca_key);
    return err;
}

bzt_err site_rp(const char *folder, const site_rp_order *order)
{
    arena *a = arena_new(ARENA_MAX);
    uint8_t buf[X509_SIZE_MAX];
    bzt_sm2_key key = {{0}};
    bzt_span der;
    bzt_err err = BZT_ERR_MEMORY;

    if (!a)
        goto out;
    err = BZT_ERR_CONFLICT;
    if (!access(order->key_path, F_OK) ||
        !access(order->certificate_path, F_OK))
        goto out;
    if ((err = issue_rp(&der, buf, &key, a, folder, order)) ||
        (err = file_write(order->key_path, (bzt_span){key.d, 32}, 0600)))
        goto out;
    err = file_write(order->certificate_path, der, 0644);
out:
    bzt_sm2_key_wipe(&key);
    arena_free(a);
    return err;
}
