/* Each statement of store/ fits the schema, on both databases. */
#include "lib.h"
#include "statements.h"
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static int prepare_sqlite(void)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int failed = 0;

    assert_int_equal(sqlite3_open(test_url + strlen("sqlite:"), &db), 0);
    for (int i = 0; i < statements_n; i++) {
        const statement *s = &statements[i];

        if (sqlite3_prepare_v2(db, s->sql, -1, &stmt, NULL)) {
            fprintf(stderr, "%s: %s\n", s->where, sqlite3_errmsg(db));
            failed++;
        }
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    return failed;
}

/* What store_int and store_bytes cannot read: numeric, float, … */
static int count_odd_columns(PGconn *pg, const statement *s)
{
    PGresult *r = PQdescribePrepared(pg, "");
    int odd = 0;

    for (int i = 0; i < PQnfields(r); i++)
        switch (PQftype(r, i)) {
        case 16:
        case 17:
        case 20:
        case 21:
        case 23:
        case 25:
        case 705:
        case 1043:
            break;
        default:
            fprintf(stderr, "%s: column %s needs a cast\n", s->where,
                    PQfname(r, i));
            odd++;
        }
    PQclear(r);
    return odd;
}

static int prepare_pg(void)
{
    PGconn *pg = PQconnectdb(test_url);
    int failed = 0;

    for (int i = 0; i < statements_n; i++) {
        const statement *s = &statements[i];
        PGresult *r = PQprepare(pg, "", s->sql, 0, NULL);

        if (PQresultStatus(r) == PGRES_COMMAND_OK) {
            failed += count_odd_columns(pg, s);
        } else {
            fprintf(stderr, "%s: %s", s->where, PQresultErrorMessage(r));
            failed++;
        }
        PQclear(r);
    }
    PQfinish(pg);
    return failed;
}

static void store_statements_fit_the_schema(void **state)
{
    (void)state;
    store_close(test_open());
    assert_true(statements_n > 50);
    assert_int_equal(test_is_pg() ? prepare_pg() : prepare_sqlite(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(store_statements_fit_the_schema,
                                        test_db_new, test_db_drop),
    };

    return cmocka_run_group_tests_name("statements", tests, NULL, NULL);
}
