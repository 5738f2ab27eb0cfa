#!/usr/bin/env python3
"""Turns migrate/NNNN_name.sql into a C table.  embed.py OUT.c FILE.sql ..."""
import os
import re
import sys


def c_string(line):
    line = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'     "{line}\\n"\n'


def main(out, files):
    rows = []
    for number, path in enumerate(sorted(files, key=os.path.basename), 1):
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", os.path.basename(path))
        if not match or int(match[1]) != number:
            sys.exit(f"{path}: the next migration is {number:04}_NAME.sql")
        with open(path, encoding="utf-8") as f:
            # comments are for readers of the file
            lines = [re.sub(r"\s*--.*", "", x.rstrip("\n")) for x in f]
        text = "".join(c_string(x) for x in lines if x)
        rows.append(f'    {{{number}, "{match[2]}",\n{text}    }},\n')
    with open(out, "w", encoding="utf-8") as f:
        f.write('#include "store/db.h"\n\n'
                "const migration migrations[] = {\n" + "".join(rows) + "};\n"
                f"const int migrations_n = {len(rows)};\n")


main(sys.argv[1], sys.argv[2:])
