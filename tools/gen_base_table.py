#!/usr/bin/env python3
"""Write the multiples of the SM2 base point as a C file (core/base.h).

    gen_base_table.py LIMBS OUT.c        LIMBS: 64 or 29

The numbers are computed here from the curve's parameters (GB/T 32918.5), so
nobody has to trust a table; test/core checks rows of it again.
"""
import sys

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)

BACKENDS = {  # limb bits: (limbs, exponent of R, bits of a window)
    64: (4, 256, 6),
    29: (9, 261, 4),
}


def add(a, b):
    """Affine addition; no input here is infinity or the other's negative."""
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def rows(window):
    base = G
    for _ in range(252 // window + 1):
        row, twice = [base], add(base, base)
        while len(row) < 1 << (window - 1):
            row.append(add(row[-1], twice))
        yield row
        for _ in range(window):
            base = add(base, base)


class Writer:
    def __init__(self, bits):
        self.bits = bits
        self.limbs, self.r, self.window = BACKENDS[bits]

    def element(self, value):
        mask = (1 << self.bits) - 1
        form = "0x%016xu" if self.bits == 64 else "0x%08xu"
        return "{{" + ", ".join(
            form % (value >> (self.bits * i) & mask)
            for i in range(self.limbs)) + "}}"

    def constant(self, kind, name, value):
        return f"const {kind} {name} = {self.element(value)};\n"

    def point(self, point):
        x, y = (self.element((c << self.r) % P) for c in point)
        return f"        {{{x},\n         {y}}},\n"

    def text(self):
        r = 1 << self.r
        out = ["/* Made by tools/gen_base_table.py. */\n",
               '#include "core/base.h"\n', '#include "core/fe.h"\n\n',
               f'_Static_assert(BASE_BITS == {self.window}, "window");\n',
               self.constant("fe", "fe_one", r % P),
               self.constant("fe", "fe_r2", r * r % P),
               self.constant("fe", "fe_r3", r * r * r % P),
               self.constant("fe", "fe_b", B * r % P),
               self.constant("sc", "sc_one", r % N),
               self.constant("sc", "sc_r2", r * r % N),
               self.constant("sc", "sc_r3", r * r * r % N),
               "const ge_affine base_table[BASE_N][BASE_ROW] = {\n"]
        for row in rows(self.window):
            out += ["    {\n", *map(self.point, row), "    },\n"]
        return "".join(out + ["};\n"])


def main():
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write(Writer(int(sys.argv[1])).text())


if __name__ == "__main__":
    main()
