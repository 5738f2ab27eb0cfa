"""tools/secrets catches secrets that are copied or shown (STYLE.md, S1)."""
import sys

import tap

HEADER = ('typedef struct bzt_sm2_key { unsigned char d[32]; } bzt_sm2_key;\n'
          'typedef struct owner { bzt_sm2_key signing; int n; } owner;\n')


def run(tree, body):
    tree.write('service/x.c', HEADER + body + '\n')
    return tree.run('secrets')


def refuses(tree, body, why):
    code, out = run(tree, body)
    assert code == 1 and why in out, (body, out)


def accepts(tree, body):
    code, out = run(tree, body)
    assert code == 0, (body, out)


def test_secrets_refuses_a_parameter_by_value(tree):
    refuses(tree, 'int f(bzt_sm2_key key);', 'passed by value')
    refuses(tree, 'int f(int a, const bzt_sm2_key key);', 'passed by value')
    refuses(tree, 'int f(bzt_sm2_key);', 'passed by value')
    refuses(tree, 'int f(struct bzt_sm2_key key, int b);', 'passed by value')


def test_secrets_refuses_a_result_by_value(tree):
    refuses(tree, 'bzt_sm2_key f(void);', 'returned by value')
    refuses(tree, 'static bzt_sm2_key f(int a)\n{\n}', 'returned by value')


def test_secrets_refuses_a_number_by_value(tree):
    refuses(tree, 'void f(sc a);', 'sc passed by value')


def test_secrets_refuses_assignment(tree):
    refuses(tree, 'void f(bzt_sm2_key *a, bzt_sm2_key *b)\n'
            '{\n    *a = *b;\n}', 'assigned')
    refuses(tree, 'void f(bzt_sm2_key *b)\n'
            '{\n    bzt_sm2_key a = *b;\n}', 'assigned')
    refuses(tree, 'void f(bzt_sm2_key *b)\n'
            '{\n    bzt_sm2_key a;\n    a = *b;\n}', 'assigned')
    refuses(tree, 'void f(owner *a, owner *b)\n'
            '{\n    a->signing = b->signing;\n}', 'assigned')
    refuses(tree, 'void f(owner *b)\n'
            '{\n    owner a = {.signing = b->signing};\n}', 'assigned')


def test_secrets_refuses_log_json_and_memcmp(tree):
    for call in ('log_event(1, "a", "%02x", key->d[0])',
                 'json_add_bytes(o, a, "d", (bzt_span){key->d, 32})',
                 'if (memcmp(key, other, 32)) return',
                 'printf("%p", (void *)key)'):
        refuses(tree, f'void f(const bzt_sm2_key *key)\n{{\n    {call};\n}}',
                'key given to')


def test_secrets_refuses_a_member_in_a_log(tree):
    refuses(tree, 'void f(owner *o)\n{\n    log_event(1, "a", "%d",'
            ' o->signing.d[0]);\n}', 'signing given to log_event')


def test_secrets_lets_public_members_be_shown(tree):
    accepts(tree, 'void f(const bzt_phone_key *key, bzt_phone_key *all)\n{\n'
            '    log_event(1, "a", "%d %d", key->g, all[3].intent.g);\n'
            '    if (memcmp(key->key_id, all[1].key_id, 16))\n'
            '        return;\n}')
    for secret in ('key->m', 'key', 'key->intent.m', 'all[0].m', 'key->gm'):
        refuses(tree, 'void f(const bzt_phone_key *key, bzt_phone_key *all)\n'
                f'{{\n    memcmp({secret}, key->key_id, 16);\n}}',
                'given to memcmp')


def test_secrets_lets_the_owner_move_a_nonce(tree):
    text = 'void f(cosign_nonce *a, cosign_nonce *b)\n{\n    *a = *b;\n}\n'
    refuses(tree, text, 'assigned')
    tree.write('service/x.c', '')
    tree.write('cosign/x.c', text)
    code, out = tree.run('secrets')
    assert code == 0, out


def test_secrets_gives_the_line(tree):
    _, out = run(tree, '\n\nint f(bzt_sm2_key key);')
    assert 'service/x.c:5:' in out, out


def test_secrets_accepts_pointers_and_clearing(tree):
    accepts(tree, 'int f(bzt_sm2_key *out, const bzt_sm2_key *key);\n'
            'int g(const bzt_sm2_key keys[2]);\n'
            'void h(const bzt_sm2_key *k)\n{\n    bzt_sm2_key a = {0};\n'
            '    const bzt_sm2_key *p = k;\n    p = &a;\n'
            '    a = (bzt_sm2_key){0};\n    use(p, sizeof(bzt_sm2_key));\n'
            '    log_event(1, "a", "%zu", sizeof(a));\n}')


def test_secrets_accepts_other_names_of_other_types(tree):
    accepts(tree, 'void f(const bzt_sm2_key *key)\n{\n    use(key);\n}\n'
            'void g(int key)\n{\n    key = 3;\n    printf("%d", key);\n}')


def test_secrets_ignores_comments_and_text(tree):
    accepts(tree, '/* int f(bzt_sm2_key key); */\n'
            'const char *a = "f(bzt_sm2_key key)";')


def test_secrets_exempts_tests(tree):
    tree.write('test/a.c', HEADER + 'int f(bzt_sm2_key key);\n')
    code, out = tree.run('secrets')
    assert code == 0, out


tap.main(sys.modules[__name__])
