"""tools/layers catches every include that STYLE.md, L1 and L2 forbid."""
import sys

import tap


def refuses(tree, path, include, why):
    tree.write(path, f'/* a file */\n{include}\n')
    code, out = tree.run('layers')
    assert code == 1, out
    assert f'{path}:2:' in out and why in out, out


def accepts(tree, path, include):
    tree.write(path, f'/* a file */\n{include}\n')
    code, out = tree.run('layers')
    assert code == 0, out


def test_layers_refuses_server_to_store(tree):
    tree.write('store/store.h', '')
    refuses(tree, 'server/api.c', '#include "store/store.h"',
            'server may not include store')


def test_layers_refuses_core_to_anything(tree):
    tree.write('base/log.h', '')
    refuses(tree, 'core/x.c', '#include "base/log.h"',
            'core may not include base')


def test_layers_refuses_a_header_that_is_not_there_yet(tree):
    refuses(tree, 'cli/cmd_a.c', '#include "store/later.h"',
            'cli may not include store')


def test_layers_sees_through_a_relative_path(tree):
    tree.write('store/store.h', '')
    refuses(tree, 'cli/cmd_a.c', '#include "../store/store.h"',
            'cli may not include store')


def test_layers_sees_angle_brackets(tree):
    tree.write('store/store.h', '')
    refuses(tree, 'cli/cmd_a.c', '#include <store/store.h>',
            'cli may not include store')


def test_layers_sees_odd_spelling(tree):
    tree.write('store/store.h', '')
    for odd in ('  #  include   "store/store.h"',
                '%:include "store/store.h"',
                '#/* a */include/* b */"store/store.h"',
                '#inc\\\nlude "store/store.h"'):
        refuses(tree, 'cli/cmd_a.c', odd, 'cli may not include store')


def test_layers_refuses_an_include_by_macro(tree):
    refuses(tree, 'cli/cmd_a.c', '#include STORE', 'must name its file')


def test_layers_ignores_comments_and_text(tree):
    accepts(tree, 'core/x.c', '// #include "base/log.h"\n'
            '/*\n#include "base/log.h"\n*/\n'
            'const char *a = "/*";\nconst char *b = "*/";')


def test_layers_lets_main_wire_all(tree):
    tree.write('store/store.h', '')
    accepts(tree, 'server/main.c', '#include "store/store.h"')


def test_layers_lets_no_main_into_a_library(tree):
    tree.write('store/store.h', '')
    refuses(tree, 'pki/main.c', '#include "store/store.h"',
            'pki may not include store')


def test_layers_lets_tests_look_anywhere(tree):
    tree.write('store/store.h', '')
    accepts(tree, 'test/cli/test_a.c', '#include "store/store.h"')


def test_layers_lets_only_ca_builtin_reach_the_store(tree):
    tree.write('store/store.h', '')
    accepts(tree, 'connect/ca_builtin.c', '#include "store/store.h"')
    refuses(tree, 'connect/ca_http.c', '#include "store/store.h"',
            'connect may not include store')


def test_layers_gives_everybody_bytes_but_no_curves(tree):
    tree.write('core/wipe.h', '')
    tree.write('core/sc.h', '')
    accepts(tree, 'sandbox/a.c', '#include "core/wipe.h"')
    refuses(tree, 'sandbox/b.c', '#include "core/sc.h"',
            'sandbox may not include core')


def test_layers_keeps_public_headers_public(tree):
    tree.write('core/sc.h', '')
    refuses(tree, 'include/bzt/sm2.h', '#include "core/sc.h"',
            'include may not include core')


def test_layers_keeps_core_pure(tree):
    for name in ('stdlib.h', 'stdio.h', 'time.h', 'errno.h', 'sys/random.h'):
        refuses(tree, 'core/x.c', f'#include <{name}>', 'core is pure')


def test_layers_keeps_sql_in_the_store(tree):
    accepts(tree, 'store/db_sqlite.c', '#include <sqlite3.h>')
    refuses(tree, 'service/x.c', '#include <sqlite3.h>',
            'only store may use')


def test_layers_keeps_http_out_of_services(tree):
    refuses(tree, 'service/x.c', '#include <event2/http.h>', 'may use')


def test_layers_refuses_a_folder_that_is_no_module(tree):
    refuses(tree, 'util/x.c', '#include <stdio.h>', 'is not a module')


def test_layers_refuses_a_header_of_nobody(tree):
    refuses(tree, 'base/x.c', '#include "nowhere.h"',
            'no file of this project')


tap.main(sys.modules[__name__])
