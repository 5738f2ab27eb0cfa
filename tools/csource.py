"""Reading C sources well enough for tools/layers and tools/secrets.

Not a compiler: comments, literals and continued lines are dealt with as C
does, macros are not expanded.
"""
import os
import re

SKIPPED = {'.git', 'node_modules', '__pycache__', 'dist'}
_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(root, endings=('.c', '.h')):
    """Every source file below root, as paths relative to it, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(d for d in folders if d not in SKIPPED
                            and not d.startswith(('build', '.')))
        found += [os.path.relpath(os.path.join(folder, n), root)
                  for n in names if n.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        return f.read()


def without_comments(text, keep_literals=True):
    """The same text with comments blanked, each newline where it was."""
    def blank(match):
        token = match.group()
        if token[0] in '"\'':
            if keep_literals:
                return token
            return token[0] + ' ' * (len(token) - 2) + token[0]
        return re.sub(r'[^\n]', ' ', token)
    return _TOKENS.sub(blank, text)


def directives(text):
    """(line number, directive) pairs, continued lines joined."""
    # A line continued inside a word or a comment must still be seen, so lines
    # are joined first; the newline is kept behind the joined line.
    joined, pending = [], 0
    for line in text.split('\n'):
        if joined and pending:
            joined[-pending] += line
            joined.append('')
            pending += 1
        else:
            joined.append(line)
            pending = 1
        where = len(joined) - pending
        if joined[where].endswith('\\'):
            joined[where] = joined[where][:-1]
        else:
            pending = 0
    clean = without_comments('\n'.join(joined))
    for number, line in enumerate(clean.split('\n'), 1):
        match = re.match(r'\s*(?:#|%:|\?\?=)\s*(.*)', line)
        if match:
            yield number, match.group(1).rstrip()
