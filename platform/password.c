/* Passwords (password.h). */
#include "password.h"
#include "base/rng.h"
#include <argon2.h>
#include <string.h>

enum {
    MEMORY_KIB = 19456,
    PASSES = 2,
    LANES = 1,
    SALT_LEN = 16,
    HASH_LEN = 32
};

/* What is checked when there is no account: the hash of nothing known. */
static const char nobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static bzt_err check_form(const char *password)
{
    size_t n = strlen(password);

    if (n < PASSWORD_MIN || n > PASSWORD_MAX)
        return BZT_ERR_PASSWORD_FORM;
    for (size_t i = 0; i < n; i++) {
        if (password[i] < 0x21 || password[i] > 0x7e)
            return BZT_ERR_PASSWORD_FORM;
    }
    return BZT_OK;
}

bzt_err password_hash(const char **out, arena *a, const char *password)
{
    uint8_t salt[SALT_LEN];
    char *encoded = arena_alloc(a, PASSWORD_HASH_MAX);
    bzt_err err;

    *out = NULL;
    if (!encoded)
        return BZT_ERR_MEMORY;
    if ((err = check_form(password)))
        return err;
    if ((err = rng_bytes(salt, sizeof(salt))))
        return err;
    if (argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password,
                              strlen(password), salt, sizeof(salt), HASH_LEN,
                              encoded, PASSWORD_HASH_MAX))
        return BZT_ERR_MEMORY;
    *out = encoded;
    return BZT_OK;
}

bzt_err password_check(const char *hash, const char *password)
{
    int rc = argon2id_verify(hash ? hash : nobody, password, strlen(password));

    if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
        return BZT_ERR_MEMORY;
    return rc || !hash ? BZT_ERR_PASSWORD : BZT_OK;
}
