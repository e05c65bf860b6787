/* SPDX-License-Identifier: Apache-2.0
 *
 * SQL from standard input into a database file, its rows to standard output: sql FILE */
#include "sqlite3.h"
#include <stdio.h>
#include <stdlib.h>

static int row(void *arg, int n, char *values[], char *names[])
{
    (void)arg;
    (void)names;
    for (int i = 0; i < n; i++) {
        printf("%s%s", i > 0 ? "|" : "", values[i] != NULL ? values[i] : "NULL");
    }
    putchar('\n');
    return 0;
}

int main(int argc, char *argv[])
{
    static char text[1 << 20];
    char *wrong = NULL;
    sqlite3 *db = NULL;
    text[fread(text, 1, sizeof text - 1, stdin)] = 0;
    if (sqlite3_open(argc > 1 ? argv[1] : ":memory:", &db) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        return 2;
    }
    if (sqlite3_exec(db, text, row, NULL, &wrong) != SQLITE_OK) {
        printf("error: %s\n", wrong);
        sqlite3_close(db);
        return 1;
    }
    return sqlite3_close(db);
}
