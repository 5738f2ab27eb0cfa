/* The site's offline side: the key that signs the installation settings and
 * the CA of business systems, in a folder that bztd never sees.
 *
 *   site.key, site.pub    signs settings; the public half is what phones pin
 *   rp-ca.key, rp-ca.der  root of RP certificates
 *   serial                of the last settings signed
 */
#ifndef BZT_SDK_SITE_H
#define BZT_SDK_SITE_H

#include <bzt/err.h>
#include <bzt/sm2.h>

/* Make the folder with both keys.  name: of the operator, goes into the RP
 * CA's certificate.  BZT_ERR_CONFLICT: it exists. */
BZT_MUST_USE bzt_err site_init(const char *folder, const char *name);
/* Sign the settings from bztd's public.json, with the next serial. */
BZT_MUST_USE bzt_err site_sign(const char *folder, const char *public_path,
                               const char *out_path);
/* The site's public key as the text that `bzt phone init --site-key` takes
 * (base64url), and back. */
BZT_MUST_USE bzt_err site_public_read(uint8_t pub[65], const char *path);

typedef struct site_rp_order {
    const char *name;
    const char *const *domains; /* hosts, lower case */
    size_t domains_n;
    int days;
    const char *key_path, *certificate_path; /* new files */
} site_rp_order;
/* A key and a certificate for a business system.  BZT_ERR_CONFLICT: a file
 * exists; BZT_ERR_ENCODING: name or domain. */
BZT_MUST_USE bzt_err site_rp(const char *folder, const site_rp_order *order);

#endif
