/* Every handler of routes.c, with the fields of its body.
 *
 * <area>_<what>_<method>; bodies: <handler>_fields.  What they mean is
 * doc/api.md and doc/wire.md.
 */
#ifndef BZT_SERVER_API_H
#define BZT_SERVER_API_H

#include "call.h"
#include "route.h"

/* api_key.c: the key protocol */
bzt_err key_new_post(call *c);
bzt_err key_keygen_post(call *c);
bzt_err key_import_post(call *c);
bzt_err key_open_post(call *c);
bzt_err key_sign_post(call *c);
bzt_err key_decrypt_post(call *c);
bzt_err key_authorise_post(call *c);
bzt_err key_move_post(call *c);
bzt_err key_arrive_post(call *c);
bzt_err key_recover_post(call *c);
bzt_err device_blobs_post(call *c);
bzt_err device_unlock_post(call *c);
bzt_err staff_key_unlock_post(call *c);
extern const field key_new_fields[];
extern const field key_keygen_fields[];
extern const field key_import_fields[];
extern const field key_open_fields[];
extern const field key_sign_fields[];
extern const field key_decrypt_fields[];
extern const field key_authorise_fields[];
extern const field key_move_fields[];
extern const field key_arrive_fields[];
extern const field key_recover_fields[];
extern const field device_blobs_fields[];
extern const field device_unlock_fields[];
extern const field staff_key_unlock_fields[];

/* api_request.c: the phone's side of requests */
bzt_err scan_post(call *c);
bzt_err request_get_get(call *c);
bzt_err request_confirm_post(call *c);
bzt_err request_refuse_post(call *c);
extern const field scan_fields[];
extern const field request_confirm_fields[];

/* api_rp.c, api_page.c: business systems and their pages */
bzt_err rp_request_post(call *c);
bzt_err rp_request_get(call *c);
bzt_err rp_request_delete(call *c);
bzt_err page_events_get(call *c);
bzt_err page_code_post(call *c);
extern const field rp_request_fields[];

/* api_audit.c */
bzt_err history_get(call *c);
bzt_err audit_head_get(call *c);
bzt_err staff_audit_get(call *c);

/* api_staff_rp.c: registration of business systems */
bzt_err staff_rps_get(call *c);
bzt_err staff_rps_post(call *c);
bzt_err staff_rp_state_post(call *c);
extern const field staff_rps_fields[];
extern const field staff_rp_state_fields[];

/* api_account.c: accounts, real names, messages */
bzt_err site_get(call *c);
bzt_err sms_post(call *c);
bzt_err login_sms_post(call *c);
bzt_err login_password_post(call *c);
bzt_err logout_post(call *c);
bzt_err me_get(call *c);
bzt_err password_post(call *c);
bzt_err realname_post(call *c);
bzt_err messages_get(call *c);
bzt_err message_read_post(call *c);
bzt_err events_get(call *c);
extern const field sms_fields[];
extern const field login_sms_fields[];
extern const field login_password_fields[];
extern const field password_fields[];
extern const field realname_fields[];

/* api_device.c: phones */
bzt_err devices_post(call *c);
bzt_err devices_get(call *c);
extern const field devices_fields[];

/* api_certificate.c: enterprises, applications, entries */
bzt_err catalogue_items_get(call *c);
bzt_err enterprises_post(call *c);
bzt_err enterprises_get(call *c);
bzt_err applications_post(call *c);
bzt_err applications_get(call *c);
bzt_err application_get_get(call *c);
bzt_err application_certificate_post(call *c);
bzt_err entries_get(call *c);
bzt_err entry_get_get(call *c);
extern const field enterprises_fields[];
extern const field applications_fields[];
extern const field application_certificate_fields[];
/* One catalogue item, for both catalogues. */
struct catalogue_row;
BZT_MUST_USE bzt_err api_catalogue_item(json *o, arena *a,
                                        const struct catalogue_row *row);

/* api_staff.c: staff, reviews, catalogue */
bzt_err staff_setup_post(call *c);
bzt_err staff_login_post(call *c);
bzt_err staff_logout_post(call *c);
bzt_err staff_keys_post(call *c);
bzt_err staff_staff_post(call *c);
bzt_err staff_applications_get(call *c);
bzt_err staff_application_get(call *c);
bzt_err staff_review_post(call *c);
bzt_err staff_revoke_post(call *c);
bzt_err staff_catalogue_get(call *c);
bzt_err staff_catalogue_post(call *c);
bzt_err staff_catalogue_withdraw_post(call *c);
extern const field staff_setup_fields[];
extern const field staff_login_fields[];
extern const field staff_keys_fields[];
extern const field staff_staff_fields[];
extern const field staff_review_fields[];
extern const field staff_revoke_fields[];
extern const field staff_catalogue_fields[];

/* api_ca.c: what CAs publish */
bzt_err ca_certificate_get(call *c);
bzt_err ca_root_get(call *c);
bzt_err ca_crl_get(call *c);
bzt_err ca_ocsp_post(call *c);
bzt_err ca_ocsp_get(call *c);

#endif
