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

#endif
