"""The route table, doc/api.md, doc/wire.md and doc/openapi.yaml agree."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
SOURCE = os.environ.get('BZT_SOURCE') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path[:0] = [os.path.join(SOURCE, 'test', 'tools'),
                os.path.join(SOURCE, 'tools')]
import openapi  # noqa: E402
import tap  # noqa: E402

ROUTES = json.loads(subprocess.run(
    [os.environ.get('DUMP_ROUTES', 'dump_routes')], capture_output=True,
    check=True, timeout=30).stdout)
TABLE = {(r['method'], openapi.plain(r['path'])): r for r in ROUTES}
DOCUMENTED = openapi.documented()
# Words of the documents for those of the table.
WHO = {'app, real name': 'person', 'device': ('device', 'holder')}


def test_every_route_is_documented_and_every_document_is_true(tree):
    missing = sorted(set(TABLE) - set(DOCUMENTED))
    assert not missing, f'not in doc/api.md or doc/wire.md: {missing}'
    extra = sorted(set(DOCUMENTED) - set(TABLE))
    assert not extra, f'in the documents only: {extra}'


def test_documents_say_who_may_call(tree):
    for at, (_, who, _) in DOCUMENTED.items():
        if who is None or at not in TABLE:
            continue
        allowed = WHO.get(who, who)
        assert TABLE[at]['who'] in ((allowed,) if isinstance(allowed, str)
                                    else allowed), \
            (at, who, TABLE[at]['who'])


def test_documents_name_the_fields_of_simple_bodies(tree):
    for at, (_, _, text) in DOCUMENTED.items():
        m = re.match(r'`\{([a-z_]+\??(?:, [a-z_]+\??)*)\}`(?! or)', text)
        if not m or at not in TABLE or at[0] != 'POST':
            continue
        said = {n.rstrip('?'): n.endswith('?') for n in m.group(1).split(', ')}
        real = {f['name']: f['optional'] for f in TABLE[at]['fields']}
        assert said == real, (at, said, real)


def test_openapi_is_that_of_the_table(tree):
    with open(os.path.join(SOURCE, 'doc', 'openapi.yaml'),
              encoding='utf-8') as f:
        kept = f.read()
    assert kept == openapi.generate(ROUTES), \
        'make doc/openapi.yaml anew: see tools/openapi.py'


tap.main(sys.modules[__name__])
