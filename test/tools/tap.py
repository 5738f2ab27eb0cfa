"""TAP for tests of scripts: functions named test_..., run on a scratch tree."""
import os
import subprocess
import sys
import tempfile
import traceback

SOURCE = os.environ.get('BZT_SOURCE') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))


class Tree:
    """A scratch project tree."""

    def __init__(self, root):
        self.root = root

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as f:
            f.write(text)

    def run(self, tool, root=None):
        """(exit code, output) of tools/<tool> on this tree."""
        done = subprocess.run(
            [sys.executable, os.path.join(SOURCE, 'tools', tool),
             root or self.root],
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


def main(module):
    tests = [(n[5:], f) for n, f in vars(module).items()
             if n.startswith('test_') and callable(f)]
    print(f'1..{len(tests)}')
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as root:
            try:
                function(Tree(root))
                print(f'ok {number} - {name}')
            except Exception:  # any exception is a failed test
                failed += 1
                print(f'not ok {number} - {name}')
                for line in traceback.format_exc().splitlines()[-6:]:
                    print('#', line)
    sys.exit(1 if failed else 0)
