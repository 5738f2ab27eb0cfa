#!/usr/bin/env python3
"""doc/protocol/vectors.json, made again by the C code, as TAP.

usage: test_vectors.py PEER

reference.py writes the vectors while its classes are the C phone and the C
server: every random input, request, MAC, proof, answer and state must come
out as it is in the file.  Hedged nonces and MACs are replayed one by one too.
"""
import contextlib
import io
import json
import sys

import bridge

MADE_INSIDE = ("hedge", "proof", "mac")


def outside(case):
    """A case without what only the reference's own functions write down."""
    steps = [dict(step, trace=[t for t in step["trace"] if t["what"] not in MADE_INSIDE]) for step in case["steps"]]
    return dict(case, steps=steps)


def difference(mine, theirs, path=""):
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in sorted(set(mine) | set(theirs)):
            found = difference(mine.get(name), theirs.get(name), f"{path}.{name}")
            if found:
                return found
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for i, pair in enumerate(zip(mine, theirs)):
            found = difference(*pair, f"{path}[{i}]")
            if found:
                return found
    elif mine != theirs:
        return f"{path}: {mine} is not {theirs}"
    return None


def again(path, phone, server):
    ref = bridge.install(path, phone, server)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        ref.vectors()
    return json.loads(out.getvalue())["cases"]


def traces(cases, what):
    return [t for case in cases for step in case["steps"] for t in step["trace"] if t["what"] == what]


def report(number, text, problem):
    print(f"{'not ' if problem else ''}ok {number} - {text}")
    if problem:
        print("# " + str(problem)[:2000])
    return bool(problem)


def main(path):
    cases = json.loads((bridge.SOURCE / "doc/protocol/vectors.json").read_text())["cases"]
    print("1..6")
    failed = 0
    sides = (("c", "c"), ("python", "c"), ("c", "python"))
    for number, (phone, server) in enumerate(sides, 1):
        mine = again(path, phone, server)
        problem = difference([outside(c) for c in mine], [outside(c) for c in cases])
        failed += report(number, f"vectors by {phone} phone and {server} server", problem)

    hedges = traces(cases, "hedge")
    bad = [t for t in hedges if bridge.peer("hedge", label=t["label"], random=t["random"], secret=t["secret"], public=t["public"])["scalar"] != t["scalar"]]
    failed += report(4, f"{len(hedges)} hedged nonces", bad)
    macs = traces(cases, "mac")
    bad = [t for t in macs if bridge.peer("mac", key=t["key"], input=t["input"])["tag"] != t["tag"]]
    failed += report(5, f"{len(macs)} MACs", bad)
    bad = [(case["pin"], step["op"]) for case in cases for step in case["steps"] if "pin_factor" in step
           if bridge.peer("pin_factor", typed=case["pin"].encode(), device_secret=case["device_secret"],
                          key_id=step["key_id"])["scalar"] != step["pin_factor"]]
    failed += report(6, "factors of the PINs", bad)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
