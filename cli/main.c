/* bzt: a phone, an operator, a reviewer, the site's offline side and an
 * auditor at the command line - always through the API, never on a database.
 *
 * Results go to stdout as one line of JSON; errors to stderr in Chinese and
 * English.  Exit status: 0 done, 1 failed, 2 called wrongly. */
#include "cmd.h"

static const command commands[] = {
    {"site", "init", "dir name", NULL, NULL,
     "make the offline key of a site and the CA of business systems",
     cmd_site_init},
    {"site", "sign", "dir public out", NULL, NULL,
     "sign the installation settings from bztd's public.json", cmd_site_sign},
    {"site", "rp", "dir name domain key cert", "days", NULL,
     "key and certificate for a business system; --domain may be repeated",
     cmd_site_rp},

    {"phone", "init", "dir app site-key", "tls-roots name", NULL,
     "a new phone; trusts what site-key has signed and nothing else",
     cmd_phone_init},
    {"phone", "refresh", "dir", NULL, NULL, "fetch the settings anew",
     cmd_phone_refresh},
    {"phone", "sms", "dir phone", NULL, NULL, "have a code sent",
     cmd_phone_sms},
    {"phone", "login", "dir phone", "code password", NULL,
     "log in by SMS code or password; registers at the first login",
     cmd_phone_login},
    {"phone", "password", "dir new", "old", NULL, "set the login password",
     cmd_phone_password},
    {"phone", "realname", "dir name id-number", "provider", NULL,
     "have the real name checked", cmd_phone_realname},
    {"phone", "claim", "dir name uscc legal-name legal-id", NULL, NULL,
     "claim an enterprise", cmd_phone_claim},
    {"phone", "get", "dir", NULL, "LIST",
     "catalogue, enterprises, applications, entries, messages, devices, "
     "history, me",
     cmd_phone_get},
    {"phone", "apply", "dir catalogue", "enterprise", NULL,
     "apply for a certificate", cmd_phone_apply},
    {"phone", "download", "dir application pin", NULL, NULL,
     "make the key and fetch the certificate", cmd_phone_download},
    {"phone", "certificates", "dir", NULL, NULL, "certificates on this phone",
     cmd_phone_certificates},
    {"phone", "scan", "dir", NULL, "QR",
     "take a QR text or short code and verify who asks for what",
     cmd_phone_scan},
    {"phone", "confirm", "dir request pin", "entry number", NULL,
     "sign what was scanned", cmd_phone_confirm},
    {"phone", "refuse", "dir request", NULL, NULL, "refuse it",
     cmd_phone_refuse},
    {"phone", "recover", "dir", NULL, NULL,
     "ask what became of operations that were cut off", cmd_phone_recover},
    {"phone", "change-pin", "dir entry pin new-pin", NULL, NULL,
     "change the PIN of a certificate", cmd_phone_change_pin},
    {"phone", "unlock", "dir", NULL, NULL,
     "lift PIN locks that a reviewer has permitted", cmd_phone_unlock},
    {"phone", "transfer", "dir", NULL, NULL,
     "new phone: show the code for the old one", cmd_phone_transfer},
    {"phone", "move", "dir pin", NULL, "CODE",
     "old phone: send every key to the phone that shows this code",
     cmd_phone_move},
    {"phone", "arrive", "dir", NULL, NULL, "new phone: fetch what was sent",
     cmd_phone_arrive},

    {"staff", "setup", "dir api code login password", "tls-roots key-name",
     NULL, "set an account up with its set-up code", cmd_staff_setup},
    {"staff", "get", "dir", NULL, "LIST", "rps, catalogue", cmd_staff_get},
    {"staff", "invite", "dir roles", NULL, NULL,
     "a set-up code for a colleague: operator, reviewer or both",
     cmd_staff_invite},
    {"staff", "rp", "dir cert", "webhook", NULL, "register a business system",
     cmd_staff_rp},
    {"staff", "unlock", "dir", "approved", "KEY",
     "permit to lift a PIN lock, after the holder's identity check",
     cmd_staff_unlock},

    {"ca", "list", "dir", "state", NULL, "applications to be reviewed",
     cmd_ca_list},
    {"ca", "show", "dir", NULL, "APPLICATION", "one application", cmd_ca_show},
    {"ca", "review", "dir decision", "reason", "APPLICATION",
     "approve or reject (with a reason)", cmd_ca_review},
    {"ca", "revoke", "dir", "reason", "CERTIFICATE",
     "revoke; reason is a number of RFC 5280", cmd_ca_revoke},

    {"audit", "fetch", "dir out", NULL, NULL,
     "the whole audit tree and its head, as NDJSON", cmd_audit_fetch},
    {"audit", "verify", "settings site-key", "earlier", "FILE",
     "check a copy offline; --earlier: an older copy must be how it began",
     cmd_audit_verify},
};

int main(int argc, char **argv)
{
    return args_run(argc, argv, commands,
                    sizeof(commands) / sizeof(commands[0]));
}
