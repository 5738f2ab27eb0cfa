/* Passwords (password.h). */
#include "password.h"
#include "base/rng.h"
#include "core/wipe.h"
#include <argon2.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    MEMORY_KIB = 19456,
    PASSES = 2,
    LANES = 1,
    SALT_LEN = 16,
    HASH_LEN = 32,
    ENCODED_MAX = 128,
    WAIT_S = 5
};

/* What is verified when there is no account: the hash of nothing known. */
static const char nobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int busy, waiting;

static bzt_err slot_take(void)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&lock);
    if (busy >= PASSWORD_SLOTS && waiting >= PASSWORD_WAITERS)
        rc = EBUSY;
    waiting++;
    while (busy >= PASSWORD_SLOTS && !rc)
        rc = pthread_cond_timedwait(&freed, &lock, &until);
    waiting--;
    if (busy < PASSWORD_SLOTS) {
        busy++;
        rc = 0;
    }
    pthread_mutex_unlock(&lock);
    return rc ? BZT_ERR_UNAVAILABLE : BZT_OK;
}

static void slot_give(void)
{
    pthread_mutex_lock(&lock);
    busy--;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

bzt_err password_check_form(const char *password)
{
    size_t n = strlen(password);

    if (n < PASSWORD_MIN || n > PASSWORD_MAX)
        return BZT_ERR_PASSWORD_FORM;
    for (size_t i = 0; i < n; i++)
        if (password[i] < 0x21 || password[i] > 0x7e)
            return BZT_ERR_PASSWORD_FORM;
    return BZT_OK;
}

bzt_err password_hash(const char **out, arena *a, const char *password)
{
    uint8_t salt[SALT_LEN];
    char *encoded = arena_alloc(a, ENCODED_MAX);
    bzt_err err;
    int rc;

    *out = NULL;
    if (!encoded)
        return BZT_ERR_MEMORY;
    if ((err = rng_bytes(salt, sizeof(salt))))
        return err;
    if ((err = slot_take()))
        return err;
    rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password,
                               strlen(password), salt, sizeof(salt), HASH_LEN,
                               encoded, ENCODED_MAX);
    slot_give();
    if (rc != ARGON2_OK)
        return BZT_ERR_MEMORY;
    *out = encoded;
    return BZT_OK;
}

bzt_err password_verify(const char *hash, const char *password)
{
    bzt_err err;
    int rc;

    if ((err = slot_take()))
        return err;
    rc = argon2id_verify(hash ? hash : nobody, password, strlen(password));
    slot_give();
    if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
        return BZT_ERR_UNAVAILABLE;
    return rc == ARGON2_OK && hash ? BZT_OK : BZT_ERR_PASSWORD;
}

int64_t password_delay_ms(int64_t failures)
{
    int64_t seconds;

    if (failures <= 2)
        return 0;
    seconds = failures >= 13 ? 900 : (int64_t)1 << (failures - 3);
    return (seconds > 900 ? 900 : seconds) * 1000;
}
