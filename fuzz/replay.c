/* Replays a corpus through one fuzz target, without a fuzzer.
 *
 *   fuzz_x FOLDER      (TAP)
 *
 * Every file is given as it is, cut short at many lengths, and with bytes
 * changed at many places.  Nothing is random, so a crash comes back.  What is
 * checked is that the target returns: the sanitizers watch the rest.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MOST = 1 << 20, CUTS = 200, CHANGES = 400 };

/* An exact copy on the heap, so that reading past its end is caught. */
static void give(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    if (len)
        memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void give_changed(uint8_t *data, size_t len)
{
    static const uint8_t masks[] = {0x01, 0x80, 0xff, 0x20};
    size_t step = len / CHANGES + 1;
    for (size_t i = 0; i < len; i += step) {
        uint8_t mask = masks[i % sizeof(masks)];
        data[i] ^= mask;
        give(data, len);
        data[i] ^= mask;
    }
}

static void give_all(uint8_t *data, size_t len)
{
    size_t step = len / CUTS + 1;
    give(data, len);
    for (size_t cut = 0; cut < len; cut += step)
        give(data, cut);
    give_changed(data, len);
}

static int replay(const char *folder, const char *name, uint8_t *data)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    size_t len = fread(data, 1, MOST, f);
    fclose(f);
    give_all(data, len);
    return 1;
}

int main(int argc, char **argv)
{
    int n = 0;
    const char *folder = argc > 1 ? argv[1] : "";
    uint8_t *data = malloc(MOST);
    DIR *d = opendir(folder);
    if (!data)
        return 1;
    printf("1..1\n");
    fflush(stdout);
    give(data, 0);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            n += replay(folder, e->d_name, data);
    if (d)
        closedir(d);
    free(data);
    printf("%sok 1 - %d inputs of %s replayed\n", n ? "" : "not ", n, folder);
    return n ? 0 : 1;
}
