#!/usr/bin/env python3
"""Every check of doc/protocol/reference.py against the C code, as TAP.

usage: test_reference.py PEER PHONE SERVER [CHECK...]

PHONE and SERVER are `c` or `python`: which implementation takes that side.
The number of PBKDF2 iterations stays the protocol's.
"""
import sys
import traceback

import bridge

CHECKS = ["basics", "repeats", "counts", "waits", "nonce_gone", "jobs", "moving", "import"]


def main(path, phone, server, *names):
    names = names or CHECKS
    failed = 0
    print(f"1..{len(names)}")
    for number, name in enumerate(names, 1):
        ref = bridge.install(path, phone, server)
        try:
            getattr(ref, "check_" + name)()
            print(f"ok {number} - {phone} phone, {server} server: {name}")
        except Exception:
            failed += 1
            print(f"not ok {number} - {phone} phone, {server} server: {name}")
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
