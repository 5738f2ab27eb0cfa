/* The commands of bzt, one group in each cmd_*.c. */
#ifndef BZT_CLI_CMD_H
#define BZT_CLI_CMD_H

#include "args.h"

int cmd_site_init(const args *a);
int cmd_site_sign(const args *a);
int cmd_site_rp(const args *a);

int cmd_phone_init(const args *a);
int cmd_phone_refresh(const args *a);
int cmd_phone_sms(const args *a);
int cmd_phone_login(const args *a);
int cmd_phone_password(const args *a);
int cmd_phone_realname(const args *a);
int cmd_phone_claim(const args *a);
int cmd_phone_get(const args *a);
int cmd_phone_apply(const args *a);
int cmd_phone_download(const args *a);
int cmd_phone_certificates(const args *a);
int cmd_phone_scan(const args *a);
int cmd_phone_confirm(const args *a);
int cmd_phone_refuse(const args *a);
int cmd_phone_recover(const args *a);
int cmd_phone_change_pin(const args *a);
int cmd_phone_unlock(const args *a);
int cmd_phone_transfer(const args *a);
int cmd_phone_move(const args *a);
int cmd_phone_arrive(const args *a);

int cmd_staff_setup(const args *a);
int cmd_staff_get(const args *a);
int cmd_staff_invite(const args *a);
int cmd_staff_rp(const args *a);
int cmd_staff_unlock(const args *a);
int cmd_ca_list(const args *a);
int cmd_ca_show(const args *a);
int cmd_ca_review(const args *a);
int cmd_ca_revoke(const args *a);

int cmd_audit_fetch(const args *a);
int cmd_audit_verify(const args *a);

#endif
