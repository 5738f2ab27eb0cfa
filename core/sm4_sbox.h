/* Made by tools/sm4_sbox.py: do not edit.
 *
 * The S-box of SM4 (GB/T 32907, 6.2) as 124 gates over bit planes: plane i
 * holds bit i of many bytes.  S(x) = f(x + 0x75) + 0xd3, where f is
 * sm4_sbox_planes(); callers put both constants where they cost nothing.
 * sm4_plane is the type of a plane, defined before this is included.
 */
#ifndef BZT_CORE_SM4_SBOX_H
#define BZT_CORE_SM4_SBOX_H

#define SM4_SBOX_IN  0x75
#define SM4_SBOX_OUT 0xd3

/* p = f(p) */
static inline void sm4_sbox_planes(sm4_plane p[8])
{
    const sm4_plane b0 = p[0];
    const sm4_plane b1 = p[1];
    const sm4_plane b2 = p[2];
    const sm4_plane b3 = p[3];
    const sm4_plane b4 = p[4];
    const sm4_plane b5 = p[5];
    const sm4_plane b6 = p[6];
    const sm4_plane b7 = p[7];
    const sm4_plane u0 = b2 ^ b4;
    const sm4_plane u1 = b0 ^ b3;
    const sm4_plane u2 = b1 ^ u1;
    const sm4_plane u3 = b5 ^ u0;
    const sm4_plane u4 = b6 ^ b7;
    const sm4_plane y3 = b5 ^ u2;
    const sm4_plane y5 = b2 ^ b6;
    const sm4_plane y17 = b7 ^ u2;
    const sm4_plane u8 = b1 ^ b7;
    const sm4_plane u9 = b4 ^ u4;
    const sm4_plane y10 = b7 ^ u0;
    const sm4_plane y14 = u3 ^ u4;
    const sm4_plane y20 = b2 ^ b7;
    const sm4_plane u13 = b0 ^ b1;
    const sm4_plane y8 = y3 ^ y5;
    const sm4_plane y7 = b0 ^ y10;
    const sm4_plane y19 = y3 ^ u9;
    const sm4_plane y2 = b1 ^ y5;
    const sm4_plane u18 = b3 ^ b5;
    const sm4_plane u19 = u0 ^ u1;
    const sm4_plane y18 = u13 ^ u9;
    const sm4_plane y16 = u1 ^ u3;
    const sm4_plane y9 = b4 ^ y17;
    const sm4_plane y15 = u3 ^ u8;
    const sm4_plane x7 = b3 ^ u8;
    const sm4_plane y6 = b3 ^ u3;
    const sm4_plane y1 = b7 ^ u18;
    const sm4_plane y11 = u0 ^ u2;
    const sm4_plane y4 = u19 ^ u4;
    const sm4_plane y21 = u2 ^ u3;
    const sm4_plane y12 = b1 ^ y14;
    const sm4_plane y13 = b1;
    const sm4_plane t2 = y12 & y15;
    const sm4_plane t3 = y3 & y6;
    const sm4_plane t4 = t3 ^ t2;
    const sm4_plane t5 = y4 & x7;
    const sm4_plane t6 = t5 ^ t2;
    const sm4_plane t7 = y13 & y16;
    const sm4_plane t8 = y5 & y1;
    const sm4_plane t9 = t8 ^ t7;
    const sm4_plane t10 = y2 & y7;
    const sm4_plane t11 = t10 ^ t7;
    const sm4_plane t12 = y9 & y11;
    const sm4_plane t13 = y14 & y17;
    const sm4_plane t14 = t13 ^ t12;
    const sm4_plane t15 = y8 & y10;
    const sm4_plane t16 = t15 ^ t12;
    const sm4_plane t17 = t4 ^ t14;
    const sm4_plane t18 = t6 ^ t16;
    const sm4_plane t19 = t9 ^ t14;
    const sm4_plane t20 = t11 ^ t16;
    const sm4_plane t21 = t17 ^ y20;
    const sm4_plane t22 = t18 ^ y19;
    const sm4_plane t23 = t19 ^ y21;
    const sm4_plane t24 = t20 ^ y18;
    const sm4_plane t25 = t21 ^ t22;
    const sm4_plane t26 = t21 & t23;
    const sm4_plane t27 = t24 ^ t26;
    const sm4_plane t28 = t25 & t27;
    const sm4_plane t29 = t28 ^ t22;
    const sm4_plane t30 = t23 ^ t24;
    const sm4_plane t31 = t22 ^ t26;
    const sm4_plane t32 = t31 & t30;
    const sm4_plane t33 = t32 ^ t24;
    const sm4_plane t34 = t23 ^ t33;
    const sm4_plane t35 = t27 ^ t33;
    const sm4_plane t36 = t24 & t35;
    const sm4_plane t37 = t36 ^ t34;
    const sm4_plane t38 = t27 ^ t36;
    const sm4_plane t39 = t29 & t38;
    const sm4_plane t40 = t25 ^ t39;
    const sm4_plane t41 = t40 ^ t37;
    const sm4_plane t42 = t29 ^ t33;
    const sm4_plane t43 = t29 ^ t40;
    const sm4_plane t44 = t33 ^ t37;
    const sm4_plane t45 = t42 ^ t41;
    const sm4_plane z0 = t44 & y15;
    const sm4_plane z1 = t37 & y6;
    const sm4_plane z2 = t33 & x7;
    const sm4_plane z3 = t43 & y16;
    const sm4_plane z4 = t40 & y1;
    const sm4_plane z5 = t29 & y7;
    const sm4_plane z6 = t42 & y11;
    const sm4_plane z7 = t45 & y17;
    const sm4_plane z8 = t41 & y10;
    const sm4_plane z9 = t44 & y12;
    const sm4_plane z10 = t37 & y3;
    const sm4_plane z11 = t33 & y4;
    const sm4_plane z12 = t43 & y13;
    const sm4_plane z13 = t40 & y5;
    const sm4_plane z14 = t29 & y2;
    const sm4_plane z15 = t42 & y9;
    const sm4_plane z16 = t45 & y14;
    const sm4_plane z17 = t41 & y8;
    const sm4_plane v0 = z0 ^ z10;
    const sm4_plane v1 = z15 ^ z9;
    const sm4_plane v2 = v0 ^ z1;
    const sm4_plane v3 = z13 ^ z14;
    const sm4_plane v4 = v3 ^ z6;
    const sm4_plane v5 = v4 ^ z4;
    const sm4_plane v6 = z5 ^ z8;
    const sm4_plane v7 = v1 ^ z17;
    const sm4_plane v8 = v2 ^ v6;
    const sm4_plane v9 = v1 ^ z16;
    const sm4_plane v10 = v5 ^ z11;
    const sm4_plane v11 = z3 ^ z7;
    const sm4_plane v12 = v8 ^ v9;
    const sm4_plane v13 = v12 ^ z6;
    const sm4_plane v14 = v5 ^ z10;
    const sm4_plane v15 = z13 ^ z16;
    const sm4_plane v16 = z12 ^ z15;
    const sm4_plane s7 = v15 ^ v16;
    const sm4_plane v18 = v11 ^ v14;
    const sm4_plane v19 = v10 ^ z2;
    const sm4_plane v20 = v0 ^ z5;
    const sm4_plane v21 = v19 ^ z7;
    const sm4_plane s2 = v18 ^ v7;
    const sm4_plane v23 = v2 ^ v4;
    const sm4_plane v24 = v7 ^ z7;
    const sm4_plane s3 = v7 ^ z11;
    const sm4_plane s5 = v23 ^ v24;
    const sm4_plane s0 = v11 ^ v12;
    const sm4_plane s6 = v20 ^ v21;
    const sm4_plane s1 = v10 ^ v8;
    const sm4_plane s4 = v13 ^ z4;
    p[0] = s0;
    p[1] = s1;
    p[2] = s2;
    p[3] = s3;
    p[4] = s4;
    p[5] = s5;
    p[6] = s6;
    p[7] = s7;
}

#endif
