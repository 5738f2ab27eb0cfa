#!/usr/bin/env python3
"""Derive the S-box of SM4 without a table, and print it as C.

usage: sm4_sbox.py circuit > core/sm4_sbox.inc      gates over bit planes
       sm4_sbox.py affine  > core/x86/sm4_affine.h  constants for AES-NI, GFNI

SM4's S-box is S(x) = A inv(A x + c) + c over GF(2^8) with the polynomial
x^8+x^7+x^6+x^5+x^4+x^2+1 (GB/T 32907, 6.2).  All fields of 256 elements are
isomorphic, so the inversion can be done in the field of AES: by the tower
field circuit of Boyar and Peralta, or by the instructions for AES.  Only the
linear layers around it change; this program computes them, shares common
sums greedily over all eight isomorphisms, and proves the result on all 256
inputs before it prints anything.
"""
import random
import sys

SM4_POLY, AES_POLY = 0x1F5, 0x11B
A_ROW, C = 0xA7, 0xD3
AES_A_ROW, AES_C = 0xF1, 0x63

# The nonlinear middle: 36 ANDs and XORs.  y: sums of the input; z: outputs.
TOP = """
y14=x3^x5 y13=x0^x6 y9=x0^x3 y8=x0^x5 t0=x1^x2 y1=t0^x7 y4=y1^x3 y12=y13^y14
y2=y1^x0 y5=y1^x6 y3=y5^y8 t1=x4^y12 y15=t1^x5 y20=t1^x1 y6=y15^x7 y10=y15^t0
y11=y20^y9 y7=x7^y11 y17=y10^y11 y19=y10^y8 y16=t0^y11 y21=y13^y16 y18=x0^y16
""".split()
MIDDLE = """
t2=y12&y15 t3=y3&y6 t4=t3^t2 t5=y4&x7 t6=t5^t2 t7=y13&y16 t8=y5&y1 t9=t8^t7
t10=y2&y7 t11=t10^t7 t12=y9&y11 t13=y14&y17 t14=t13^t12 t15=y8&y10 t16=t15^t12
t17=t4^t14 t18=t6^t16 t19=t9^t14 t20=t11^t16 t21=t17^y20 t22=t18^y19
t23=t19^y21 t24=t20^y18 t25=t21^t22 t26=t21&t23 t27=t24^t26 t28=t25&t27
t29=t28^t22 t30=t23^t24 t31=t22^t26 t32=t31&t30 t33=t32^t24 t34=t23^t33
t35=t27^t33 t36=t24&t35 t37=t36^t34 t38=t27^t36 t39=t29&t38 t40=t25^t39
t41=t40^t37 t42=t29^t33 t43=t29^t40 t44=t33^t37 t45=t42^t41 z0=t44&y15
z1=t37&y6 z2=t33&x7 z3=t43&y16 z4=t40&y1 z5=t29&y7 z6=t42&y11 z7=t45&y17
z8=t41&y10 z9=t44&y12 z10=t37&y3 z11=t33&y4 z12=t43&y13 z13=t40&y5 z14=t29&y2
z15=t42&y9 z16=t45&y14 z17=t41&y8
""".split()
Z_N = 18


def multiply(a, b, poly):
    r = 0
    while b:
        if b & 1:
            r ^= a
        a <<= 1
        if a & 0x100:
            a ^= poly
        b >>= 1
    return r


def inverse(a, poly):
    r = 1
    for _ in range(254):
        r = multiply(r, a, poly)
    return r


def parity(v):
    return bin(v).count("1") & 1


def apply(rows, x):
    """Matrix times vector; row i gives bit i."""
    return sum(parity(row & x) << i for i, row in enumerate(rows))


def matrix_of(f):
    columns = [f(1 << i) for i in range(8)]
    return [
        sum((columns[j] >> i & 1) << j for j in range(8)) for i in range(8)
    ]


def circulant(row):
    return [(row << i | row >> (8 - i)) & 0xFF for i in range(8)]


A = circulant(A_ROW)
AES_A = circulant(AES_A_ROW)
SBOX = [
    apply(A, inverse(apply(A, x) ^ C, SM4_POLY)) ^ C for x in range(256)
]
AES_INVERSE = [inverse(x, AES_POLY) for x in range(256)]
AES_SBOX = [apply(AES_A, AES_INVERSE[x]) ^ AES_C for x in range(256)]
assert SBOX[:8] == [0xD6, 0x90, 0xE9, 0xFE, 0xCC, 0xE1, 0x3D, 0xB7]
assert AES_SBOX[:4] == [0x63, 0x7C, 0x77, 0x7B]


def isomorphisms():
    """Tables of the eight maps from SM4's field to that of AES."""
    for root in range(2, 256):
        powers = [1]
        for _ in range(8):
            powers.append(multiply(powers[-1], root, AES_POLY))
        value = 0
        for i, p in enumerate(powers):
            value ^= p if SM4_POLY >> i & 1 else 0
        if value == 0:
            yield [
                sum_xor(powers[i] for i in range(8) if x >> i & 1)
                for x in range(256)
            ]


def sum_xor(values):
    r = 0
    for v in values:
        r ^= v
    return r


def run(gates, env):
    for gate in gates:
        name, expression = gate.split("=")
        op = "&" if "&" in expression else "^"
        a, b = expression.split(op)
        env[name] = env[a] & env[b] if op == "&" else env[a] ^ env[b]
    return env


def bits_in(x):
    """x0 is the most significant bit in the names of the circuit."""
    return {f"x{i}": x >> (7 - i) & 1 for i in range(8)}


def top_masks():
    """Each y as a mask over the bits (bit 7 = x0) of the input."""
    env = run(TOP, {f"x{i}": 0x80 >> i for i in range(8)})
    return {n: env[n] for n in [f"y{i}" for i in range(1, 22)] + ["x7"]}


def z_of_all():
    """For each input in AES's field, its 18 z as one number."""
    out = []
    for x in range(256):
        env = run(MIDDLE, run(TOP, bits_in(x)))
        out.append(sum(env[f"z{i}"] << i for i in range(Z_N)))
    return out


def solve(zs, wanted):
    """The lightest mask m with parity(m & z) = wanted for every z."""
    rows = [[z, w] for z, w in zip(zs, wanted)]
    pivots = {}
    for z, w in rows:
        for bit, (pz, pw) in pivots.items():
            if z >> bit & 1:
                z, w = z ^ pz, w ^ pw
        if not z:
            assert not w
            continue
        bit = z.bit_length() - 1
        for other in pivots:
            if pivots[other][0] >> bit & 1:
                pivots[other] = (pivots[other][0] ^ z, pivots[other][1] ^ w)
        pivots[bit] = (z, w)
    free = [b for b in range(Z_N) if b not in pivots]
    best = None
    for choice in range(1 << len(free)):
        mask = sum(1 << b for i, b in enumerate(free) if choice >> i & 1)
        for bit, (z, w) in pivots.items():
            if parity(z & mask & ~(1 << bit)) ^ w:
                mask |= 1 << bit
        if best is None or bin(mask).count("1") < bin(best).count("1"):
            best = mask
    return best


def share(targets, inputs, prefix, rng):
    """Greedy sharing (Paar).  targets: name -> set of input names."""
    targets = {n: set(s) for n, s in targets.items()}
    gates, count = [], 0
    while True:
        pairs = {}
        for s in targets.values():
            ordered = sorted(s)
            for i, a in enumerate(ordered):
                for b in ordered[i + 1:]:
                    pairs[a, b] = pairs.get((a, b), 0) + 1
        if not pairs:
            break
        most = max(pairs.values())
        a, b = rng.choice(sorted(p for p, n in pairs.items() if n == most))
        name = f"{prefix}{count}"
        count += 1
        gates.append((name, a, b))
        for s in targets.values():
            if a in s and b in s:
                s -= {a, b}
                s.add(name)
    return gates, {n: s.pop() for n, s in targets.items()}


def names(mask, n, letter):
    return {f"{letter}{i}" for i in range(n) if mask >> i & 1}


def rename(gates, outputs, wanted):
    """Give gates the names of the targets they compute; list aliases."""
    new, aliases = {}, []
    for target, source in outputs.items():
        if source in new or not any(source == g[0] for g in gates):
            aliases.append((target, source))
        else:
            new[source] = target
    renamed = [tuple(new.get(v, v) for v in g) for g in gates]
    return renamed, [(t, new.get(s, s)) for t, s in aliases]


def circuit():
    rng = random.Random(1)
    zs = z_of_all()
    best = None
    for phi in isomorphisms():
        back = [phi.index(x) for x in range(256)]
        m_in = matrix_of(lambda x: phi[apply(A, x)])
        y = {
            name: sum_xor(m_in[i] for i in range(8) if mask >> i & 1)
            for name, mask in top_masks().items()
        }
        out = [apply(A, back[AES_INVERSE[x]]) for x in range(256)]
        masks = {
            f"s{i}": solve(zs, [v >> i & 1 for v in out]) for i in range(8)
        }
        ins = {n: names(m, 8, "b") for n, m in y.items()}
        outs = {n: names(m, Z_N, "z") for n, m in masks.items()}
        for _ in range(200):
            top = share(ins, 8, "u", rng)
            low = share(outs, Z_N, "v", rng)
            size = len(top[0]) + len(low[0])
            if best is None or size < best[0]:
                # phi(A x + c) = m_in (x + d): c moves to the input's side
                d = next(
                    d
                    for d in range(256)
                    if apply(m_in, d) == phi[C]
                )
                best = (size, top, low, d)
    return best


def emit_circuit():
    size, top, low, d = circuit()
    top_gates, top_alias = rename(top[0], top[1], None)
    low_gates, low_alias = rename(low[0], low[1], None)
    lines = [(n, f"{a} ^ {b}") for n, a, b in top_gates]
    lines += [(t, s) for t, s in top_alias]
    for gate in MIDDLE:
        name, e = gate.split("=")
        lines.append((name, e.replace("^", " ^ ").replace("&", " & ")))
    lines += [(n, f"{a} ^ {b}") for n, a, b in low_gates]
    lines += [(t, s) for t, s in low_alias]
    prove(lines, d)
    gates = sum(1 for _, e in lines if " " in e)
    print(f"""/* Made by tools/sm4_sbox.py: do not edit.
 *
 * The S-box of SM4 (GB/T 32907, 6.2) as {gates} gates over bit planes: plane i
 * holds bit i of many bytes.  S(x) = f(x + {d:#04x}) + {C:#04x}, where f is
 * sm4_sbox_planes(); callers put both constants where they cost nothing.
 * sm4_plane is the type of a plane, defined before this is included.
 */
#ifndef BZT_CORE_SM4_SBOX_H
#define BZT_CORE_SM4_SBOX_H

#define SM4_SBOX_IN  {d:#04x}
#define SM4_SBOX_OUT {C:#04x}

/* p = f(p) */
static inline void sm4_sbox_planes(sm4_plane p[8])
{{""")
    for i in range(8):
        print(f"    const sm4_plane b{i} = p[{i}];")
    for name, e in lines:
        print(f"    const sm4_plane {name} = {e};")
    for i in range(8):
        print(f"    p[{i}] = s{i};")
    print("}\n\n#endif")


def prove(lines, d):
    for x in range(256):
        env = {f"b{i}": (x ^ d) >> i & 1 for i in range(8)}
        for name, e in lines:
            env[name] = eval(e, {}, env)
        got = sum(env[f"s{i}"] << i for i in range(8)) ^ C
        assert got == SBOX[x], x


def gfni(rows):
    """Operand of GF2P8AFFINE*: row of output bit i in byte 7 - i."""
    return sum(row << 8 * (7 - i) for i, row in enumerate(rows))


def nibbles(f, name):
    """Two tables so that low[x & 15] ^ high[x >> 4] = f(x)."""
    low = [f(x) for x in range(16)]
    high = [f(x << 4) ^ f(0) for x in range(16)]
    for part, table in (("low", low), ("high", high)):
        print(f"static const uint8_t sm4_{name}_{part}[16] = {{")
        for i in (0, 8):
            print("    " + ", ".join(f"{v:#04x}" for v in table[i:i + 8])
                  + ",")
        print("};")


def emit_affine():
    phi = next(isomorphisms())
    back = [phi.index(x) for x in range(256)]
    undo = [AES_SBOX.index(x) for x in range(256)]

    def before(x):
        return phi[apply(A, x) ^ C]

    def after_inverse(x):
        return apply(A, back[x]) ^ C

    def after_sbox(x):
        return after_inverse(AES_INVERSE[undo[x]])

    for x in range(256):
        assert after_sbox(AES_SBOX[before(x)]) == SBOX[x]
        assert after_inverse(AES_INVERSE[before(x)]) == SBOX[x]
    for f in (before, after_sbox):
        for x in range(256):
            assert f(x & 15) ^ f(x & 0xF0) ^ f(0) == f(x)
    m_before = matrix_of(lambda x: before(x) ^ before(0))
    m_after = matrix_of(lambda x: after_inverse(x) ^ after_inverse(0))
    print("""/* Made by tools/sm4_sbox.py: do not edit.
 *
 * The affine maps around the inversion in AES's field that make it the S-box
 * of SM4 (GB/T 32907, 6.2). */
#ifndef BZT_CORE_X86_SM4_AFFINE_H
#define BZT_CORE_X86_SM4_AFFINE_H

#include <stdint.h>

/* For GF2P8AFFINEQB, then GF2P8AFFINEINVQB. */""")
    print(f"#define SM4_BEFORE_MATRIX 0x{gfni(m_before):016x}")
    print(f"#define SM4_BEFORE_CONST  {before(0):#04x}")
    print(f"#define SM4_AFTER_MATRIX  0x{gfni(m_after):016x}")
    print(f"#define SM4_AFTER_CONST   {after_inverse(0):#04x}\n")
    print("""/* For PSHUFB by halves of a byte, before and after AESENCLAST.  The
 * tables are public and held in registers: no address depends on data. */""")
    nibbles(before, "before")
    nibbles(after_sbox, "after")
    print("\n#endif")


if __name__ == "__main__":
    kinds = {"circuit": emit_circuit, "affine": emit_affine}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    kinds[sys.argv[1]]()
