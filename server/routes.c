/* The whole HTTP surface, and what runs in the background. */
#include "api.h"
#include "base/clock.h"
#include "pages.h"
#include "route.h"
#include "service/account.h"
#include "service/audit.h"
#include "service/cosign.h"
#include "service/request.h"
#include "service/session.h"
#include "service/webhook.h"
#include "task.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const route routes[] = {
    /* --- the server itself (pages.c) ------------------------------------ */
    {"GET", "/health", WHO_ANYONE, NULL, health_get, 0, ROUTE_UNLOGGED},
    {"GET", "/q", WHO_ANYONE, NULL, scan_page_get},

    /* --- accounts, devices, certificates, staff -------------------------- */
    {"GET", "/app/v1/site", WHO_ANYONE, NULL, site_get},
    {"POST", "/app/v1/sms", WHO_ANYONE, sms_fields, sms_post,
     .flags = ROUTE_NO_CSRF},
    {"POST", "/app/v1/login/sms", WHO_ANYONE, login_sms_fields, login_sms_post,
     .flags = ROUTE_NO_CSRF | ROUTE_SECRET},
    {"POST", "/app/v1/login/password", WHO_ANYONE, login_password_fields,
     login_password_post, .flags = ROUTE_NO_CSRF | ROUTE_SECRET},
    {"POST", "/app/v1/logout", WHO_APP, NULL, logout_post},
    {"GET", "/app/v1/me", WHO_APP, NULL, me_get, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/password", WHO_APP, password_fields, password_post,
     .flags = ROUTE_SECRET},
    {"POST", "/app/v1/devices", WHO_APP, devices_fields, devices_post,
     .flags = ROUTE_SECRET},
    {"GET", "/app/v1/devices", WHO_APP, NULL, devices_get},
    {"POST", "/app/v1/realname", WHO_APP, realname_fields, realname_post,
     .flags = ROUTE_SECRET},
    {"GET", "/app/v1/messages", WHO_APP, NULL, messages_get},
    {"POST", "/app/v1/messages/:msg/read", WHO_APP, NULL, message_read_post},
    {"GET", "/app/v1/events", WHO_APP, NULL, events_get},
    {"GET", "/app/v1/catalogue", WHO_APP, NULL, catalogue_items_get},
    {"POST", "/app/v1/enterprises", WHO_PERSON, enterprises_fields,
     enterprises_post, .flags = ROUTE_SECRET},
    {"GET", "/app/v1/enterprises", WHO_APP, NULL, enterprises_get},
    {"POST", "/app/v1/applications", WHO_PERSON, applications_fields,
     applications_post},
    {"GET", "/app/v1/applications", WHO_APP, NULL, applications_get},
    {"GET", "/app/v1/applications/:app", WHO_APP, NULL, application_get_get},
    {"POST", "/app/v1/applications/:app/certificate", WHO_DEVICE,
     application_certificate_fields, application_certificate_post},
    {"GET", "/app/v1/entries", WHO_APP, NULL, entries_get},
    {"GET", "/app/v1/entries/:etr", WHO_APP, NULL, entry_get_get},

    {"POST", "/staff/v1/setup", WHO_ANYONE, staff_setup_fields,
     staff_setup_post, .flags = ROUTE_NO_CSRF | ROUTE_SECRET},
    {"POST", "/staff/v1/login", WHO_ANYONE, staff_login_fields,
     staff_login_post, .flags = ROUTE_NO_CSRF | ROUTE_SECRET},
    {"POST", "/staff/v1/logout", WHO_STAFF, NULL, staff_logout_post},
    {"POST", "/staff/v1/keys", WHO_STAFF, staff_keys_fields, staff_keys_post},
    {"POST", "/staff/v1/staff", WHO_OPERATOR, staff_staff_fields,
     staff_staff_post, .flags = ROUTE_SECRET},
    {"GET", "/staff/v1/applications", WHO_REVIEWER, NULL,
     staff_applications_get},
    {"GET", "/staff/v1/applications/:app", WHO_REVIEWER, NULL,
     staff_application_get, .flags = ROUTE_SECRET},
    {"POST", "/staff/v1/applications/:app/review", WHO_REVIEWER,
     staff_review_fields, staff_review_post},
    {"POST", "/staff/v1/certificates/:crt/revoke", WHO_REVIEWER,
     staff_revoke_fields, staff_revoke_post},
    {"GET", "/staff/v1/catalogue", WHO_OPERATOR, NULL, staff_catalogue_get},
    {"POST", "/staff/v1/catalogue", WHO_OPERATOR, staff_catalogue_fields,
     staff_catalogue_post},
    {"POST", "/staff/v1/catalogue/:cat/withdraw", WHO_OPERATOR, NULL,
     staff_catalogue_withdraw_post},

    {"GET", "/ca/v1/:ca/certificate", WHO_ANYONE, NULL, ca_certificate_get},
    {"GET", "/ca/v1/:ca/root", WHO_ANYONE, NULL, ca_root_get},
    {"GET", "/ca/v1/:ca/crl", WHO_ANYONE, NULL, ca_crl_get},
    {"POST", "/ca/v1/:ca/ocsp", WHO_ANYONE, NULL, ca_ocsp_post,
     .max_body = 8192, .flags = ROUTE_NO_CSRF,
     .body_type = "application/ocsp-request"},
    {"GET", "/ca/v1/:ca/ocsp/*request", WHO_ANYONE, NULL, ca_ocsp_get},

    /* --- keys, requests, business systems, audit ------------------------- */
    {"POST", "/app/v1/keys", WHO_HOLDER, key_new_fields, key_new_post,
     .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/keygen", WHO_HOLDER, key_keygen_fields,
     key_keygen_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/import", WHO_HOLDER, key_import_fields,
     key_import_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/open", WHO_HOLDER, key_open_fields,
     key_open_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/sign", WHO_HOLDER, key_sign_fields,
     key_sign_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/decrypt", WHO_HOLDER, key_decrypt_fields,
     key_decrypt_post, .max_body = 128 * 1024, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/authorise", WHO_HOLDER, key_authorise_fields,
     key_authorise_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/move", WHO_HOLDER, key_move_fields,
     key_move_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/arrive", WHO_HOLDER, key_arrive_fields,
     key_arrive_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/keys/:key/recover", WHO_HOLDER, key_recover_fields,
     key_recover_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/devices/:device/blobs", WHO_HOLDER, device_blobs_fields,
     device_blobs_post, .flags = ROUTE_SECRET},
    {"POST", "/app/v1/devices/:device/unlock", WHO_HOLDER, device_unlock_fields,
     device_unlock_post, .flags = ROUTE_SECRET},
    {"POST", "/staff/v1/keys/:key/unlock", WHO_REVIEWER,
     staff_key_unlock_fields, staff_key_unlock_post},

    {"POST", "/app/v1/scan", WHO_HOLDER, scan_fields, scan_post},
    {"GET", "/app/v1/requests/:request", WHO_HOLDER, NULL, request_get_get},
    {"POST", "/app/v1/requests/:request/confirm", WHO_HOLDER,
     request_confirm_fields, request_confirm_post},
    {"POST", "/app/v1/requests/:request/refuse", WHO_HOLDER, NULL,
     request_refuse_post},

    {"POST", "/rp/v1/requests", WHO_RP, rp_request_fields, rp_request_post},
    {"GET", "/rp/v1/requests/:request", WHO_RP, NULL, rp_request_get},
    {"DELETE", "/rp/v1/requests/:request", WHO_RP, NULL, rp_request_delete},
    {"GET", "/rp/v1/page/events", WHO_PAGE, NULL, page_events_get},
    {"POST", "/rp/v1/page/code", WHO_PAGE, NULL, page_code_post},

    {"GET", "/staff/v1/rps", WHO_OPERATOR, NULL, staff_rps_get},
    {"POST", "/staff/v1/rps", WHO_OPERATOR, staff_rps_fields, staff_rps_post},
    {"POST", "/staff/v1/rps/:rp/state", WHO_OPERATOR, staff_rp_state_fields,
     staff_rp_state_post},

    {"GET", "/app/v1/history", WHO_APP, NULL, history_get},
    {"GET", "/audit/head", WHO_ANYONE, NULL, audit_head_get},
    {"GET", "/staff/v1/audit", WHO_OPERATOR, NULL, staff_audit_get},
};
const size_t routes_n = COUNT(routes);

static bzt_err expire_nonces(struct service *s, int *more)
{
    (void)more;
    nonce_table_expire(s->nonces, clock_now_ms());
    return BZT_OK;
}

static bzt_err expire_requests(struct service *s, int *more)
{
    (void)more;
    return request_sweep(s);
}

static bzt_err forget_unfinished_keys(struct service *s, int *more)
{
    (void)more;
    return cosign_forget_unfinished(s);
}

const task tasks[] = {
    {"sessions", 60 * 1000, session_task},
    {"limits", 600 * 1000, account_task},
    {"nonces", 10 * 1000, expire_nonces},
    {"webhooks", 1000, webhook_task},
    {"requests", 1000, expire_requests},
    {"unfinished_keys", 600 * 1000, forget_unfinished_keys},
    {"audit_numbers", 1000, audit_number_task},
    {"audit_heads", 1000, audit_head_task},
};
const size_t tasks_n = COUNT(tasks);
