/* bzt phone: a complete phone in a folder. */
#include "cmd.h"
#include "core/text.h"
#include "core/wipe.h"
#include "sdk/phone.h"
#include "sdk/site.h"
#include <stdio.h>
#include <string.h>

/* --- around every command ----------------------------------------------- */

static void print(phone *p, const json *o)
{
    bzt_span line;

    if (!json_write(&line, phone_arena(p), o))
        printf("%.*s\n", (int)line.len, (const char *)line.p);
}

/* What the server said beyond the code: a field, seconds, tries left. */
static int fail_phone(phone *p, bzt_err err)
{
    const json *problem = p ? phone_problem(p) : NULL;
    bzt_span text = {NULL, 0};

    if (problem && json_write(&text, phone_arena(p), problem))
        text.len = 0;
    fail(err, NULL);
    if (text.len)
        fprintf(stderr, "%.*s\n", (int)text.len, (const char *)text.p);
    phone_close(p);
    return 1;
}

static int done(phone *p)
{
    phone_close(p);
    return 0;
}

static bzt_err open_phone(phone **p, const args *a)
{
    return phone_open(p, arg(a, "dir", NULL));
}

/* The value of --pin, or the first line of stdin for "-". */
static bzt_err read_pin(bzt_pin *pin, const args *a, const char *name)
{
    const char *text = arg(a, name, "");
    char line[32] = "";

    if (!strcmp(text, "-")) {
        if (!fgets(line, sizeof(line), stdin))
            return BZT_ERR_ENCODING;
        line[strcspn(line, "\r\n")] = 0;
        text = line;
    }
    bzt_err err = bzt_pin_read(pin, text_span(text));
    wipe(line, sizeof(line));
    return err;
}

/* --- a phone ------------------------------------------------------------ */

int cmd_phone_init(const args *a)
{
    uint8_t site_key[65];
    const phone_setup setup = {.app = arg(a, "app", NULL),
                               .site_key = site_key,
                               .tls_roots = arg(a, "tls-roots", NULL),
                               .name = arg(a, "name", "bzt phone")};
    bzt_err err = site_public_read(site_key, arg(a, "site-key", NULL));

    if (err)
        return fail(err, arg(a, "site-key", NULL));
    err = phone_init(arg(a, "dir", NULL), &setup);
    return err ? fail(err, arg(a, "dir", NULL)) : 0;
}

int cmd_phone_refresh(const args *a)
{
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_refresh(p)))
        return fail_phone(p, err);
    return done(p);
}

/* --- account ------------------------------------------------------------ */

int cmd_phone_sms(const args *a)
{
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_sms(p, arg(a, "phone", NULL))))
        return fail_phone(p, err);
    return done(p);
}

int cmd_phone_login(const args *a)
{
    const char *number = arg(a, "phone", NULL), *code = arg(a, "code", NULL),
               *password = arg(a, "password", NULL);
    phone *p = NULL;
    bzt_err err;

    if (!code == !password) {
        fputs("bzt: either --code or --password is needed\n", stderr);
        return 2;
    }
    err = open_phone(&p, a);
    if (!err)
        err = code ? phone_login_code(p, number, code)
                   : phone_login_password(p, number, password);
    return err ? fail_phone(p, err) : done(p);
}

int cmd_phone_password(const args *a)
{
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err ||
        (err = phone_set_password(p, arg(a, "new", NULL), arg(a, "old", NULL))))
        return fail_phone(p, err);
    return done(p);
}

int cmd_phone_realname(const args *a)
{
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_real_name(p, arg(a, "provider", "police"),
                                      arg(a, "name", NULL),
                                      arg(a, "id-number", NULL))))
        return fail_phone(p, err);
    return done(p);
}

/* Print one id as {"id": …}. */
static int print_id(phone *p, const char *id)
{
    json *o = json_new_object(phone_arena(p));

    json_add_text(o, "id", id);
    print(p, o);
    return done(p);
}

int cmd_phone_claim(const args *a)
{
    const phone_claim_input in = {.name = arg(a, "name", NULL),
                                  .uscc = arg(a, "uscc", NULL),
                                  .legal_name = arg(a, "legal-name", NULL),
                                  .legal_id = arg(a, "legal-id", NULL)};
    const char *enterprise;
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_claim(p, &enterprise, &in)))
        return fail_phone(p, err);
    return print_id(p, enterprise);
}

int cmd_phone_get(const args *a)
{
    const json *answer;
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_get(p, &answer, a->words[0])))
        return fail_phone(p, err);
    print(p, answer);
    return done(p);
}

int cmd_phone_apply(const args *a)
{
    const char *application;
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_apply(p, &application, arg(a, "catalogue", NULL),
                                  arg(a, "enterprise", NULL))))
        return fail_phone(p, err);
    return print_id(p, application);
}

/* --- certificates ------------------------------------------------------- */

int cmd_phone_download(const args *a)
{
    const char *entry;
    phone *p = NULL;
    bzt_pin pin;
    bzt_err err;

    if ((err = read_pin(&pin, a, "pin")) ||
        (err = bzt_pin_check(&pin, NULL, 0)))
        return fail(err, NULL);
    if ((err = open_phone(&p, a)) ||
        (err = phone_download(p, &entry, arg(a, "application", NULL), &pin)))
        return fail_phone(p, err);
    bzt_pin_wipe(&pin);
    return print_id(p, entry);
}

int cmd_phone_certificates(const args *a)
{
    phone_certificate *list;
    phone *p = NULL;
    size_t n;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_certificates(p, &list, &n)))
        return fail_phone(p, err);
    json *o = json_new_object(phone_arena(p));
    json *items = json_add_array(o, "certificates");
    for (size_t i = 0; i < n; i++) {
        json *item = json_append_object(items);
        json_add_id(item, "key", "key", list[i].key);
        json_add_text(item, "entry", list[i].entry);
        json_add_text(item, "id", list[i].id);
        json_add_bytes(item, phone_arena(p), "der", list[i].der);
    }
    print(p, o);
    return done(p);
}

/* --- requests ----------------------------------------------------------- */

static void print_request(phone *p, const phone_request *r)
{
    json *o = json_new_object(phone_arena(p));

    json_add_text(o, "id", r->id);
    json_add_text(o, "kind", request_kind_text(r->what.kind));
    json_add_text(o, "rp", r->rp_name);
    json_add_text(o, "domain", r->what.domain);
    json_add_text(o, "title", r->what.title);
    json_add_text(o, "organisation", r->what.organisation);
    json_add_text(o, "uscc", r->what.uscc);
    json_add_text(o, "account", r->what.account);
    json_add_text(o, "origin", r->origin);
    json_add_int(o, "decide_until", r->decide_until);
    json *numbers = json_add_array(o, "numbers");
    for (int i = 0; i < r->numbers_n; i++) {
        json_append_int(numbers, r->numbers[i]);
    }
    print(p, o);
}

int cmd_phone_scan(const args *a)
{
    phone_request request;
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_scan(p, &request, a->words[0])))
        return fail_phone(p, err);
    print_request(p, &request);
    return done(p);
}

static void print_told(const phone_told *told)
{
    if (told->tries_left || told->wait_seconds)
        fprintf(stderr,
                "bzt: %u 次机会，%u 秒后可再试 / %u tries left, wait %u s\n",
                told->tries_left, told->wait_seconds, told->tries_left,
                told->wait_seconds);
    if (told->foreign)
        fprintf(stderr,
                "bzt: 有 %u 次错误 PIN 不是在本机输入的 / %u wrong PINs were "
                "not typed on this phone\n",
                told->foreign, told->foreign);
}

int cmd_phone_confirm(const args *a)
{
    phone_request request;
    bzt_pin pin;
    phone_decision decision = {.request = &request,
                               .entry = arg(a, "entry", NULL),
                               .number = (int)arg_int(a, "number", 0, 10, 99),
                               .pin = &pin};
    phone_told told = {0};
    phone *p = NULL;
    bzt_err err;

    if ((err = read_pin(&pin, a, "pin")))
        return fail(err, NULL);
    if ((err = open_phone(&p, a)) ||
        (err = phone_request_get(p, &request, arg(a, "request", NULL))))
        return fail_phone(p, err);
    err = phone_confirm(p, &told, &decision);
    bzt_pin_wipe(&pin);
    print_told(&told);
    return err ? fail_phone(p, err) : done(p);
}

int cmd_phone_refuse(const args *a)
{
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_refuse(p, arg(a, "request", NULL))))
        return fail_phone(p, err);
    return done(p);
}

/* --- PIN, locks, other phones ------------------------------------------- */

static int print_count(phone *p, const char *name, int n)
{
    json *o = json_new_object(phone_arena(p));

    json_add_int(o, name, n);
    print(p, o);
    return done(p);
}

int cmd_phone_recover(const args *a)
{
    phone *p = NULL;
    int n;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_recover(p, &n)))
        return fail_phone(p, err);
    return print_count(p, "recovered", n);
}

int cmd_phone_change_pin(const args *a)
{
    bzt_pin old_pin, new_pin;
    phone_told told = {0};
    phone *p = NULL;
    bzt_err err;

    if ((err = read_pin(&old_pin, a, "pin")) ||
        (err = read_pin(&new_pin, a, "new-pin")))
        return fail(err, NULL);
    if (!(err = open_phone(&p, a)))
        err = phone_change_pin(p, &told, arg(a, "entry", NULL), &old_pin,
                               &new_pin);
    bzt_pin_wipe(&old_pin);
    bzt_pin_wipe(&new_pin);
    print_told(&told);
    return err ? fail_phone(p, err) : done(p);
}

int cmd_phone_unlock(const args *a)
{
    phone *p = NULL;
    int n;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_unlock(p, &n)))
        return fail_phone(p, err);
    return print_count(p, "unlocked", n);
}

int cmd_phone_transfer(const args *a)
{
    const char *code;
    phone *p = NULL;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_show_transfer(p, &code)))
        return fail_phone(p, err);
    json *o = json_new_object(phone_arena(p));
    json_add_text(o, "code", code);
    print(p, o);
    return done(p);
}

int cmd_phone_move(const args *a)
{
    phone_told told = {0};
    phone *p = NULL;
    bzt_pin pin;
    bzt_err err;

    if ((err = read_pin(&pin, a, "pin")))
        return fail(err, NULL);
    if (!(err = open_phone(&p, a)))
        err = phone_move(p, &told, a->words[0], &pin);
    bzt_pin_wipe(&pin);
    print_told(&told);
    return err ? fail_phone(p, err) : done(p);
}

int cmd_phone_arrive(const args *a)
{
    phone *p = NULL;
    int n;
    bzt_err err = open_phone(&p, a);

    if (err || (err = phone_arrive(p, &n)))
        return fail_phone(p, err);
    return print_count(p, "arrived", n);
}
