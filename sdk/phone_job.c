/* Jobs over several keys: changing the PIN of an entry, moving to another
 * phone.  A job that was cut off goes on where it stopped. */
#include "base/file.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "phone_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    phone *p;
    phone_told *told;
    const bzt_phone_key *keys[PHONE_KEYS_MAX];
    uint8_t ids[PHONE_KEYS_MAX][16];
    size_t n;
    uint32_t proved;
    const bzt_pin *old_pin, *new_pin; /* PIN change; old_pin for a move */
    const bzt_transfer_code *code;    /* move */
};

static void add_key(struct job *j, const phone_slot *slot)
{
    memcpy(j->ids[j->n], slot->key.key_id, 16);
    j->keys[j->n++] = &slot->key;
}

/* --- one step ----------------------------------------------------------- */

/* The key was changed by `prepare`: write it, send, settle. */
static bzt_err run_authorise(struct job *j, phone_slot *slot, bzt_phone_op *op,
                             const bzt_authorise_request *request)
{
    bzt_err err = phone_save_key(j->p, slot);

    return err ? err : phone_send_authorise(j->p, j->told, slot, op, request);
}

static bzt_err step_pin(struct job *j, phone_slot *slot,
                        const bzt_phone_random *random)
{
    const bzt_pin_change pins = {j->old_pin, j->new_pin};
    bzt_authorise_request request;
    bzt_phone_op op = {0};
    bzt_err err = bzt_phone_change_pin(&op, &slot->key, &request, &j->p->device,
                                       &pins, random);

    if (!err)
        err = run_authorise(j, slot, &op, &request);
    bzt_phone_op_wipe(&op);
    return err;
}

static bzt_err step_check(struct job *j, phone_slot *slot,
                          const bzt_phone_random *random)
{
    bzt_authorise_request request;
    bzt_phone_op op = {0};
    bzt_u1 u1;
    bzt_err err = bzt_u1_derive(&u1, &slot->key, j->new_pin);

    if (!err)
        err = bzt_phone_check_pin(&op, &slot->key, &request, &j->p->device, &u1,
                                  random);
    if (!err)
        err = run_authorise(j, slot, &op, &request);
    bzt_phone_op_wipe(&op);
    bzt_u1_wipe(&u1);
    return err;
}

static bzt_err send_move(struct job *j, phone_slot *slot, bzt_phone_op *op,
                         const bzt_move_request *r)
{
    phone *p = j->p;
    bzt_key_answer answer;
    bzt_told told;
    bzt_err err = phone_save_key(p, slot);

    if (err)
        return err;
    json *o = json_new_object(p->scratch);
    json_add_id(o, "op_id", "op", r->op_id);
    json_add_int(o, "g", (int64_t)r->g);
    json_add_bytes(o, p->scratch, "rho", (bzt_span){r->rho, 32});
    json_add_id(o, "to_device", "dev", r->to_device);
    json_add_bytes(o, p->scratch, "blob", (bzt_span){r->blob, BZT_BLOB_SIZE});
    json_add_bytes(o, p->scratch, "A", (bzt_span){r->A, 65});
    json_add_bytes(o, p->scratch, "z", (bzt_span){r->z, 32});
    json_add_bytes(o, p->scratch, "mac", (bzt_span){r->mac, 32});
    phone_call_key(p, &answer, phone_key_target(p, slot->key.key_id, "move"),
                   o);
    err = phone_settle(p, &told, slot, op, &answer);
    j->told->tries_left = told.tries_left;
    j->told->wait_seconds = told.wait_seconds;
    j->told->foreign += told.foreign;
    return err;
}

static bzt_err step_move(struct job *j, phone_slot *slot,
                         const bzt_phone_random *random)
{
    bzt_move_request request;
    bzt_phone_op op = {0};
    bzt_u1 u1;
    bzt_err err = bzt_u1_derive(&u1, &slot->key, j->old_pin);

    if (!err)
        err = bzt_phone_move(&op, &slot->key, &request, &j->p->device, j->code,
                             &u1, random);
    if (!err)
        err = send_move(j, slot, &op, &request);
    bzt_phone_op_wipe(&op);
    bzt_u1_wipe(&u1);
    return err;
}

static bzt_err do_one(struct job *j, bzt_todo todo, size_t which)
{
    phone_slot *slot = phone_find_slot(j->p, j->keys[which]->key_id);
    bzt_phone_random random;
    bzt_outcome outcome;
    bzt_err err;

    if (todo == BZT_TODO_RECOVER) {
        /* What was cut off has had its outcome: a step that was carried out
         * is done, one that was not comes again. */
        return phone_recover_slot(j->p, &outcome, NULL, slot);
    }
    if ((err = phone_draw(&random)))
        return err;
    if (todo == BZT_TODO_CHECK)
        err = step_check(j, slot, &random);
    else
        err =
            j->code ? step_move(j, slot, &random) : step_pin(j, slot, &random);
    wipe(&random, sizeof(random));
    if (!err)
        j->proved = 1;
    return err;
}

static bzt_err run(struct job *j, bzt_job_kind kind, const uint8_t of[32])
{
    uint8_t id[16];
    size_t which = 0;
    bzt_todo todo;
    bzt_err err;

    if ((err = rng_bytes(id, sizeof(id))) ||
        (err = bzt_phone_job_begin(&j->p->device, kind, of,
                                   (const uint8_t(*)[16])j->ids, j->n, id)) ||
        (err = phone_save_device(j->p)))
        return err;
    while ((todo = bzt_phone_job_next(&which, &j->p->device, j->keys, j->n,
                                      j->proved)) != BZT_TODO_END) {
        if ((err = do_one(j, todo, which)))
            break;
    }
    /* A first step that fails leaves no job behind: nothing has changed. */
    bzt_err ended = bzt_phone_job_end(&j->p->device, j->keys, j->n);
    if (!ended)
        ended = phone_save_device(j->p);
    return err ? err : ended;
}

/* --- the PIN ------------------------------------------------------------ */

static void entry_hash(uint8_t of[32], const char *entry)
{
    sm3_digest(of, text_span(entry));
}

bzt_err phone_change_pin(phone *p, phone_told *told, const char *entry,
                         const bzt_pin *old_pin, const bzt_pin *new_pin)
{
    struct job *j = calloc(1, sizeof(*j));
    uint8_t of[32];
    bzt_err err = BZT_ERR_MEMORY;

    phone_begin(p);
    *told = (phone_told){0};
    if (!j)
        return err;
    j->p = p;
    j->told = told;
    j->old_pin = old_pin;
    j->new_pin = new_pin;
    for (size_t i = 0; i < p->slots_n; i++) {
        if (!strcmp(p->slots[i].entry, entry))
            add_key(j, &p->slots[i]);
    }
    entry_hash(of, entry);
    err = j->n ? bzt_pin_check(new_pin, NULL, 0) : BZT_ERR_NOT_FOUND;
    if (!err)
        err = run(j, BZT_JOB_PIN, of);
    free(j);
    return err;
}

/* --- moving: the new phone ---------------------------------------------- */

static bzt_err save_transfer(phone *p, const bzt_transfer *t)
{
    uint8_t bytes[BZT_TRANSFER_SIZE];
    const char *path = phone_path(p, "transfer.bin");
    bzt_err err = BZT_ERR_MEMORY;

    bzt_transfer_write(bytes, t);
    if (path)
        err = file_write(path, (bzt_span){bytes, sizeof(bytes)}, 0600);
    wipe(bytes, sizeof(bytes));
    return err;
}

static bzt_err load_transfer(phone *p, bzt_transfer *t)
{
    const char *path = phone_path(p, "transfer.bin");
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, path, 4096)))
        return err;
    err = bzt_transfer_read(t, (bzt_span){bytes, len});
    wipe(bytes, len);
    free(bytes);
    return err;
}

bzt_err phone_show_transfer(phone *p, const char **code)
{
    uint8_t random[48], secret[16], bytes[BZT_TRANSFER_CODE_SIZE];
    bzt_transfer_code shown;
    bzt_transfer t = {0};
    bzt_err err;

    phone_begin(p);
    *code = NULL;
    if ((err = rng_bytes(random, sizeof(random))) ||
        (err = rng_bytes(secret, sizeof(secret))) ||
        (err = bzt_transfer_new(&t, &shown, &p->device, random, secret)) ||
        (err = save_transfer(p, &t)))
        goto out;
    bzt_transfer_code_write(bytes, &shown);
    char *text = arena_alloc(p->scratch, BASE64URL_LEN(sizeof(bytes)) + 1);
    err = text ? BZT_OK : BZT_ERR_MEMORY;
    if (text)
        base64url_write(text, (bzt_span){bytes, sizeof(bytes)});
    *code = text;
out:
    wipe(random, sizeof(random));
    wipe(secret, sizeof(secret));
    bzt_transfer_wipe(&t);
    return err;
}

static bzt_err arrive_one(phone *p, phone_slot *slot, int *n)
{
    bzt_arrive_request request;
    bzt_key_answer answer;
    bzt_told told;
    bzt_err err = bzt_phone_arrive(&request, &p->device, &slot->key);

    if (err)
        return err;
    json *o = json_new_object(p->scratch);
    json_add_id(o, "op_id", "op", request.op_id);
    json_add_int(o, "g", (int64_t)request.g);
    json_add_bytes(o, p->scratch, "rho", (bzt_span){request.rho, 32});
    json_add_bytes(o, p->scratch, "blob_hash",
                   (bzt_span){request.blob_hash, 32});
    json_add_bytes(o, p->scratch, "mac", (bzt_span){request.mac, 32});
    phone_call_key(p, &answer, phone_key_target(p, slot->key.key_id, "arrive"),
                   o);
    wipe(&request, sizeof(request));
    err = bzt_phone_arrive_settle(&slot->key, &told, &answer);
    if (told.next == BZT_NEXT_DELETE)
        return phone_delete_key(p, slot);
    bzt_err saved = told.changed ? phone_save_key(p, slot) : BZT_OK;
    if (saved)
        return saved;
    *n += !err;
    return err;
}

/* What the server knows of the keys that have come: entry, certificate. */
static bzt_err learn_facts(phone *p)
{
    const json *got, *entries;
    bzt_err err = phone_call(p, &got, "GET", "/app/v1/entries", NULL);

    if (err)
        return err;
    if ((err = json_array_at(&entries, got, "entries", 1000)))
        return err;
    for (size_t i = 0; i < json_array_n(entries); i++) {
        const json *entry = json_array_item(entries, i), *certs;
        const char *id, *crt;
        if (json_text(&id, entry, "id", 1, 31) ||
            json_array_at(&certs, entry, "certificates", 100))
            continue;
        for (size_t k = 0; k < json_array_n(certs); k++) {
            const json *cert = json_array_item(certs, k);
            uint8_t key_id[16];
            bzt_span der;
            if (json_id(key_id, cert, "key_id", "key") ||
                json_text(&crt, cert, "id", 1, 31) ||
                json_span(&der, p->scratch, cert, "der", 64, 16384))
                continue;
            phone_slot *slot = phone_find_slot(p, key_id);
            if (!slot || slot->der.len)
                continue;
            uint8_t *copy = malloc(der.len);
            if (!copy)
                return BZT_ERR_MEMORY;
            memcpy(copy, der.p, der.len);
            slot->der = (bzt_span){copy, der.len};
            strcpy(slot->entry, id);
            strcpy(slot->certificate, crt);
            if ((err = phone_save_facts(p, slot)))
                return err;
        }
    }
    return BZT_OK;
}

/* Copies are written with their intent before anything is reported. */
static bzt_err fetch_copies(phone *p)
{
    char id[ID_TEXT_SIZE];
    bzt_blobs_request request;
    const json *got, *list;
    bzt_phone_random random;
    bzt_transfer t = {0};
    bzt_err err;

    if ((err = load_transfer(p, &t)) ||
        (err = bzt_phone_blobs(&request, &p->device)))
        goto out;
    id_write(id, "dev", p->device.device_id);
    const char *target =
        arena_printf(p->scratch, "/app/v1/devices/%s/blobs", id);
    json *o = json_new_object(p->scratch);
    json_add_bytes(o, p->scratch, "mac", (bzt_span){request.mac, 32});
    err = BZT_ERR_MEMORY;
    if (!target)
        goto out;
    if ((err = phone_call(p, &got, "POST", target, o)) ||
        (err = json_array_at(&list, got, "blobs", BZT_JOB_KEYS_MAX)))
        goto out;
    for (size_t i = 0; i < json_array_n(list); i++) {
        const json *item = json_array_item(list, i);
        uint8_t key_id[16], blob[BZT_BLOB_SIZE];
        bzt_phone_key key;
        phone_slot *slot;
        if ((err = json_id(key_id, item, "key_id", "key")) ||
            (err = json_bytes(blob, sizeof(blob), item, "blob")))
            goto out;
        if (phone_find_slot(p, key_id))
            continue;
        if ((err = phone_draw(&random)) ||
            (err = bzt_phone_copy(&key, &t, key_id, blob, &random)) ||
            (err = phone_add_slot(&slot, p, &key)) ||
            (err = phone_save_key(p, slot)))
            goto out;
    }
out:
    wipe(&random, sizeof(random));
    bzt_transfer_wipe(&t);
    return err;
}

bzt_err phone_arrive(phone *p, int *n)
{
    bzt_err err, first = BZT_OK;

    phone_begin(p);
    *n = 0;
    if ((err = fetch_copies(p)))
        return err;
    for (size_t i = 0; i < p->slots_n;) {
        size_t before = p->slots_n;
        if (p->slots[i].key.arriving && (err = arrive_one(p, &p->slots[i], n)))
            first = first ? first : err;
        i += p->slots_n == before; /* a cancelled copy is gone */
    }
    if (*n && (err = learn_facts(p)))
        first = first ? first : err;
    return first;
}

/* --- moving: the old phone ---------------------------------------------- */

bzt_err phone_move(phone *p, phone_told *told, const char *code,
                   const bzt_pin *pin)
{
    struct job *j = calloc(1, sizeof(*j));
    uint8_t bytes[BZT_TRANSFER_CODE_SIZE], of[32];
    bzt_transfer_code shown;
    bzt_err err = BZT_ERR_MEMORY;

    phone_begin(p);
    *told = (phone_told){0};
    if (!j)
        return err;
    j->p = p;
    j->told = told;
    j->old_pin = pin;
    j->code = &shown;
    for (size_t i = 0; i < p->slots_n; i++) {
        add_key(j, &p->slots[i]);
    }
    err = BZT_ERR_QR_INVALID;
    if (base64url_read_n(bytes, sizeof(bytes), text_span(code)) ||
        bzt_transfer_code_read(&shown, (bzt_span){bytes, sizeof(bytes)}))
        goto out;
    bzt_transfer_code_hash(of, &shown);
    err = j->n ? run(j, BZT_JOB_MOVE, of) : BZT_ERR_NOT_FOUND;
out:
    wipe(&shown, sizeof(shown));
    free(j);
    return err;
}
