/* Shared by issue.c and issue_entry.c. */
#ifndef BZT_SERVICE_ISSUE_INTERNAL_H
#define BZT_SERVICE_ISSUE_INTERNAL_H

enum {
    ISSUE_PER_ENTRY = 64,   /* keys, and certificates, of one entry */
    ISSUE_ENTRIES_MAX = 200 /* of one person */
};

#endif
