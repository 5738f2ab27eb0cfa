/* The beginning of an installation (init.h). */
#include "init.h"
#include "audit.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "connect/ca_builtin.h"
#include "core/text.h"
#include "core/wipe.h"
#include "site_keys.h"
#include "store/ca.h"
#include "store/catalogue.h"
#include "store/setup.h"
#include "vault.h"
#include <string.h>

enum { ARENA_MAX = 1024 * 1024, NAME_MAX_LEN = 120 };

bzt_err vault_seal_ca_key(void *self, bzt_span *out, arena *a,
                          const uint8_t row[16], bzt_span plain)
{
    return vault_seal(out, a, self, (vault_place){"ca_key.key_sealed", row},
                      plain);
}

bzt_err vault_unseal_ca_key(void *self, bzt_span *out, arena *a,
                            const uint8_t row[16], bzt_span sealed)
{
    return vault_unseal(out, a, self, (vault_place){"ca_key.key_sealed", row},
                        sealed);
}

/* Where the story begins; operators change it in the catalogue. */
static const struct {
    const char *province, *platform, *subject, *product;
    int64_t days, fee;
} offers[] = {
    {"山东省", "山东省公共资源交易平台", "enterprise", "企业手机证书", 365,
     20000},
    {"山东省", "山东省公共资源交易平台", "personal", "个人手机证书", 365,
     10000},
    {"江苏省", "江苏省公共资源交易平台", "enterprise", "企业手机证书", 365,
     20000},
    {"江苏省", "江苏省公共资源交易平台", "enterprise", "企业手机证书（三年）",
     1095, 50000},
    {"江苏省", "江苏省公共资源交易平台", "personal", "个人手机证书", 365,
     10000},
};

typedef struct init_args {
    const init_order *order;
    vault *v;
    arena *a;
    char *code;
    tenant_row tenant;
    ca_row ca;
} init_args;

static bzt_err make_tenant(store_tx *tx, init_args *in)
{
    bzt_err err;

    in->tenant =
        (tenant_row){.name = in->order->name, .created_at = in->order->now_ms};
    if ((err = rng_id(in->tenant.id)))
        return err;
    return tenant_insert(tx, &in->tenant);
}

static bzt_err make_ca(store_tx *tx, init_args *in)
{
    const ca_sealer sealer = {in->v, vault_seal_ca_key, vault_unseal_ca_key};
    ca_builtin_names names = {.organisation = in->order->name,
                              .now_ms = in->order->now_ms};
    bzt_err err;

    in->ca = (ca_row){.connector = "builtin",
                      .settings = "{}",
                      .created_at = in->order->now_ms};
    in->ca.name = arena_printf(in->a, "%s CA", in->order->name);
    if (!in->ca.name)
        return BZT_ERR_MEMORY;
    if ((err = rng_id(in->ca.id)))
        return err;
    memcpy(in->ca.tenant, in->tenant.id, 16);
    if ((err = ca_insert(tx, &in->ca)))
        return err;
    memcpy(names.ca, in->ca.id, 16);
    return ca_builtin_make(tx, in->a, &sealer, &names);
}

static bzt_err make_catalogue(store_tx *tx, const init_args *in)
{
    bzt_err err;

    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        catalogue_row row = {.province = offers[i].province,
                             .platform = offers[i].platform,
                             .subject = offers[i].subject,
                             .product = offers[i].product,
                             .validity_days = offers[i].days,
                             .fee_cents = offers[i].fee,
                             .attachments = "[]",
                             .state = "offered",
                             .created_at = in->order->now_ms};

        memcpy(row.tenant, in->tenant.id, 16);
        memcpy(row.ca, in->ca.id, 16);
        if ((err = rng_id(row.id)))
            return err;
        if ((err = catalogue_insert(tx, &row)))
            return err;
    }
    return BZT_OK;
}

static bzt_err is_new_op(store_tx *tx, void *arg)
{
    tenant_row other;
    bzt_err err = tenant_find_first(tx, &other, arg);

    if (err == BZT_ERR_NOT_FOUND)
        return BZT_OK;
    return err ? err : BZT_ERR_CONFLICT;
}

static bzt_err init_op(store_tx *tx, void *arg)
{
    init_args *in = arg;
    bzt_err err = is_new_op(tx, in->a);

    if (err)
        return err;
    for (int i = 0; i < SITE_KEYS; i++)
        if ((err = site_key_make(tx, in->a, in->v, (site_key)i)))
            return err;
    if ((err = make_tenant(tx, in)))
        return err;
    if ((err = make_ca(tx, in)))
        return err;
    if ((err = make_catalogue(tx, in)))
        return err;
    if ((err = staff_tx_code(tx, in->code, in->tenant.id, "operator,reviewer",
                             in->order->now_ms)))
        return err;
    return service_audit(tx, in->order->now_ms,
                         &(audit_note){.kind = "site.init",
                                       .tenant = in->tenant.id,
                                       .subject_kind = "ten",
                                       .subject = in->tenant.id});
}

/* --- public.json --------------------------------------------------------- */

typedef struct root_args {
    arena *a;
    ca_row ca;
    ca_key_row root;
    tenant_row tenant;
} root_args;

static bzt_err add_key(json *o, arena *a, service *s, const char *name,
                       site_key which)
{
    uint8_t pub[65];
    bzt_err err = site_key_public(pub, s, which);

    if (!err)
        json_add_bytes(o, a, name, (bzt_span){pub, 65});
    return err;
}

static bzt_err find_root_op(store_tx *tx, void *arg)
{
    root_args *in = arg;

    return ca_key_find(tx, &in->root, in->a, in->ca.id, "root");
}

static bzt_err write_public(store *st, const init_args *in)
{
    service s = {.store = st, .vault = in->v};
    root_args root = {.a = in->a, .ca = in->ca};
    json *o = json_new_object(in->a);
    bzt_span text;
    bzt_err err;

    if ((err = store_read(st, find_root_op, &root)))
        return err;
    json_add_int(o, "v", 1);
    json_add_text(o, "name", in->order->name);
    json_add_text(o, "app", in->order->app_origin);
    json_add_text(o, "api", in->order->api_origin);
    if ((err = add_key(o, in->a, &s, "transport_key", SITE_KEY_TRANSPORT)) ||
        (err = add_key(o, in->a, &s, "webhook_key", SITE_KEY_WEBHOOK)) ||
        (err = add_key(o, in->a, &s, "audit_key", SITE_KEY_AUDIT)))
        return err;
    json_append_bytes(json_add_array(o, "ca_roots"), in->a,
                      root.root.certificate);
    if ((err = json_write(&text, in->a, o)))
        return err;
    return file_write(in->order->public_path, text, 0644);
}

static int is_origin(const char *s)
{
    return s && !strncmp(s, "https://", 8) && s[8] &&
           !strpbrk(s + 8, "/?# \t\r\n\"\\") && strlen(s) < 200;
}

static bzt_err check_order(const init_order *order)
{
    const bzt_span name = text_span(order->name);

    if (!is_origin(order->app_origin) || !is_origin(order->api_origin) ||
        !name.len || name.len > NAME_MAX_LEN || !text_is_plain(name) ||
        !order->public_path || !order->master_key_path)
        return BZT_ERR_CONFIG;
    return BZT_OK;
}

static bzt_err open_vault(vault **out, const char *path)
{
    bzt_err err = vault_make(path);

    if (err && err != BZT_ERR_CONFLICT)
        return err;
    return vault_open(out, path);
}

bzt_err service_init(char code[STAFF_CODE_SIZE], store *st,
                     const init_order *order)
{
    init_args in = {.order = order, .code = code};
    bzt_err err;

    memset(code, 0, STAFF_CODE_SIZE);
    if ((err = check_order(order)))
        return err;
    in.a = arena_new(ARENA_MAX);
    if (!in.a)
        return BZT_ERR_MEMORY;
    if ((err = store_read(st, is_new_op, in.a)))
        goto out;
    if ((err = open_vault(&in.v, order->master_key_path)))
        goto out;
    /* a path that cannot be written must not cost the set-up code */
    if ((err = file_write(order->public_path, BZT_SPAN_LIT("{}"), 0644)))
        goto out;
    err = store_write(st, init_op, &in);
    if (!err)
        err = write_public(st, &in);
    if (err)
        wipe(code, STAFF_CODE_SIZE);
out:
    arena_free(in.a);
    vault_close(in.v);
    return err;
}
