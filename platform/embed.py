#!/usr/bin/env python3
"""Writes files as a C table: embed.py OUT FILE ..."""
import os
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}


def array(number, data):
    lines = [f'static const unsigned char bytes_{number}[] = {{']
    for at in range(0, len(data), 20):
        lines.append(','.join(str(b) for b in data[at:at + 20]) + ',')
    return '\n'.join(lines + ['0};'])


def main():
    out, paths = sys.argv[1], sorted(sys.argv[2:], key=os.path.basename)
    arrays, rows = [], []
    for number, path in enumerate(paths):
        with open(path, 'rb') as f:
            data = f.read()
        name = os.path.basename(path)
        arrays.append(array(number, data))
        rows.append(f'    {{"{name}", "{TYPES[os.path.splitext(name)[1]]}", '
                    f'bytes_{number}, {len(data)}}},')
    with open(out, 'w', encoding='ascii') as f:
        f.write('\n'.join(arrays + ['static const file files[] = {'] + rows +
                          ['};', '']))


main()
