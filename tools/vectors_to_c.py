#!/usr/bin/env python3
"""Turn a file of test vectors (JSON) into a C header.

usage: vectors_to_c.py IN.json OUT.h

The names of the header come from the file's and the keys' names:
  list of objects  a struct type <file>_<key>_row, an array <file>_<key>[]
                   and its length <file>_<key>_n
  object           one struct of type <file>_<key>_row, named <file>_<key>;
                   objects and lists of objects inside are named
                   <file>_<key>_<inner key> and so on
  string of hex    bzt_span        number, bool   long long
  other string     const char *    (a field is hex only if it is in each row)
A field that a row lacks is zero.  Other lists are dropped.
"""
import json
import re
import sys
from pathlib import Path

HEX = re.compile(r"^([0-9a-fA-F]{2})*$")


def identifier(text):
    text = re.sub(r"\W", "_", text)
    return "_" + text if text[:1].isdigit() else text


def is_row(value):
    return isinstance(value, dict)


def is_rows(value):
    return isinstance(value, list) and value and all(map(is_row, value))


def kind_of(values):
    if all(isinstance(v, (int, bool)) for v in values):
        return "long long "
    if all(isinstance(v, str) and HEX.match(v) for v in values):
        return "bzt_span "
    return "const char *"


def c_value(kind, value):
    if kind == "long long ":
        return str(int(value or 0))
    if value is None:
        return "{0, 0}" if kind == "bzt_span " else "0"
    if kind == "bzt_span ":
        raw = bytes.fromhex(value)
        text = "".join(f"\\x{b:02x}" for b in raw)
        return f'{{(const uint8_t *)"{text}", {len(raw)}}}'
    return json.dumps(str(value), ensure_ascii=True)


def scalars(rows):
    """Field name -> kind, in order of appearance."""
    fields = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, (str, int, bool)):
                fields.setdefault(key, []).append(value)
    return {key: kind_of(values) for key, values in fields.items()}


def emit(out, name, rows, is_list):
    fields = scalars(rows)
    if not fields:
        return
    out.append(f"typedef struct {name}_row {{")
    out += [f"    {kind}{identifier(key)};" for key, kind in fields.items()]
    out.append(f"}} {name}_row;")
    brackets = "[]" if is_list else ""
    out.append(
        f"__attribute__((unused)) static const {name}_row {name}{brackets} ="
    )
    if is_list:
        out.append("{")
    for row in rows:
        cells = (
            f".{identifier(k)} = {c_value(kind, row.get(k))}"
            for k, kind in fields.items()
        )
        out.append("{" + ",\n ".join(cells) + "}" + ("," if is_list else ";"))
    if is_list:
        out.append("};")
        out.append(f"enum {{ {name}_n = {len(rows)} }};")
    out.append("")


def walk(out, name, value):
    for key, inner in value.items():
        path = f"{name}_{identifier(key)}"
        if is_rows(inner):
            emit(out, path, inner, True)
        elif is_row(inner):
            emit(out, path, [inner], False)
            walk(out, path, inner)


def main(source, target):
    data = json.loads(Path(source).read_text(encoding="utf-8"))
    name = identifier(Path(source).stem)
    guard = f"BZT_VECTORS_{name.upper()}_H"
    out = [
        f"/* Made from {Path(source).name}. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "#include <bzt/span.h>",
        "",
    ]
    if is_rows(data):
        emit(out, name, data, True)
    else:
        emit(out, name, [data], False)
        walk(out, name, data)
    out.append("#endif")
    Path(target).write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
