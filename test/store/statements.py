#!/usr/bin/env python3
"""Collects every SQL statement of store/ into a C table, for test_statements.

    statements.py OUT.c COMPILER... -- FILE.c ...

The preprocessor expands the macros of column lists; what is then written as
`store_sql name = {"..." "..."}` is a statement.
"""
import os
import re
import subprocess
import sys

STATEMENT = re.compile(
    r'store_sql\s+(\w+)\s*=\s*\{\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')


def main(out, compiler, files):
    rows = []
    for path in files:
        if os.path.basename(path).startswith("db_"):
            continue  # a database's own business
        text = subprocess.run(compiler + ["-E", "-P", path], check=True,
                              capture_output=True, text=True).stdout
        found = STATEMENT.findall(text)
        with open(path, encoding="utf-8") as f:
            declared = len(re.findall(r"store_sql\s+\w+\s*=", f.read()))
        if len(found) != declared:
            sys.exit(f"{path}: {declared} statements, {len(found)} understood")
        for name, sql in found:
            rows.append(f'    {{"{os.path.basename(path)}: {name}", {sql}}},\n')
    with open(out, "w", encoding="utf-8") as f:
        f.write('#include "test/store/statements.h"\n\n'
                "const statement statements[] = {\n" + "".join(rows) + "};\n"
                f"const int statements_n = {len(rows)};\n")


split = sys.argv.index("--")
main(sys.argv[1], sys.argv[2:split], sys.argv[split + 1:])
