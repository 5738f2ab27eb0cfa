/* libgcrypt's judgement of one signature: POINT E DER-SIGNATURE, all in hex.
 * Exit status 0: it verifies; 1: it does not; 2: called wrongly. */
#include <gcrypt.h>
#include <stdio.h>
#include <string.h>

static size_t unhex(unsigned char *out, size_t cap, const char *text)
{
    size_t n = strlen(text) / 2;

    if (n > cap)
        return 0;
    for (size_t i = 0; i < n; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return 0;
        out[i] = (unsigned char)byte;
    }
    return n;
}

int main(int argc, char **argv)
{
    unsigned char point[65], e[32], der[80];
    gcry_sexp_t key, data, sig;

    if (argc != 4 || !gcry_check_version(NULL) ||
        unhex(point, 65, argv[1]) != 65 || unhex(e, 32, argv[2]) != 32)
        return 2;
    size_t len = unhex(der, sizeof(der), argv[3]);
    if (len < 8 || der[0] != 0x30 || der[2] != 2)
        return 2;
    int r_len = der[3], s_len = der[5 + r_len];
    if (6 + r_len + s_len != (int)len)
        return 2;
    if (gcry_sexp_build(&key, NULL,
                        "(public-key (ecc (curve sm2p256v1) (q %b)))", 65,
                        point) ||
        gcry_sexp_build(&data, NULL, "(data (flags raw) (hash sm3 %b))", 32,
                        e) ||
        gcry_sexp_build(&sig, NULL, "(sig-val (sm2 (r %b) (s %b)))", r_len,
                        der + 4, s_len, der + 6 + r_len))
        return 2;
    return gcry_pk_verify(sig, data, key) ? 1 : 0;
}
