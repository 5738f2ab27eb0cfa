#!/usr/bin/env python3
"""Writes doc/openapi.yaml from the route table.

  ninja -C build test/server/dump_routes
  build/test/server/dump_routes >routes.json
  tools/openapi.py routes.json >doc/openapi.yaml

Requests come from the table, which the server enforces; names of query
parameters from doc/api.md.  Answers have no schema so far: doc/api.md and
doc/wire.md describe them.
"""
import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
METHOD = r'(GET|POST|DELETE)'
SECURITY = {'anyone': None, 'page': 'pageToken', 'rp': 'signed',
            'app': 'session', 'person': 'session', 'device': 'session',
            'holder': 'session', 'staff': 'staff', 'reviewer': 'staff',
            'operator': 'staff'}


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as f:
        return f.read()


def plain(path):
    """One name for each parameter: the documents abbreviate them."""
    return re.sub(r'[:*<][A-Za-z0-9]+>?', ':', path)


def named(cell, prefix):
    """(method, path, query) of a cell such as GET `/a`, `/a/:b?c=&d=`."""
    method = None
    for m in re.finditer(METHOD + r'|`([^`]+)`', cell):
        if m.group(1):
            method = m.group(1)
        elif method and m.group(2).startswith('/'):
            path, _, query = m.group(2).partition('?')
            yield method, prefix + path, re.findall(r'(\w+)=', query)


def documented():
    """{(method, plain path): (query, who, text)} of the documents."""
    found, prefix = {}, ''
    for line in read('doc/api.md').splitlines():
        if line.startswith('## '):
            m = re.search(r'\(`(/[^`]*)`\)', line)
            prefix = m.group(1) if m else ''
            continue
        cells = [c.strip() for c in
                 re.split(r'(?<!\\)\|', line)[1:-1]]
        if len(cells) >= 2 and re.match(METHOD, cells[0]):
            who = cells[1] if len(cells) > 2 else 'anyone'
            for method, path, query in named(cells[0], prefix):
                found[method, plain(path)] = query, who, cells[-1]
        elif line.startswith('GET `/'):
            for sentence in re.split(r'(?<=\.) ', line):
                for method, path, query in named(sentence, ''):
                    found[method, plain(path)] = query, 'anyone', sentence
    for method, path in re.findall('`' + METHOD + r' (/[^`? ]+)`',
                                   read('doc/wire.md')):
        found.setdefault((method, plain(path)), ([], None, 'see doc/wire.md'))
    return found


def schema(f):
    kind, low, high = f['type'], f['min'], f['max']
    s = {'text': {'type': 'string', 'minLength': 1 if low else 0,
                  'maxLength': high},
         'int': {'type': 'integer', 'minimum': low, 'maximum': high},
         'bool': {'type': 'boolean'},
         'bytes': {'type': 'string', 'contentEncoding': 'base64url',
                   'minLength': (low * 4 + 2) // 3,
                   'maxLength': (high * 4 + 2) // 3},
         'id': {'type': 'string',
                'pattern': f"^{f['kind']}_[a-z2-7]{{26}}$"},
         'enum': {'type': 'string', 'enum': (f['kind'] or '').split('|')},
         'phone': {'type': 'string', 'pattern': '^1[3-9][0-9]{9}$'},
         'object': {'type': 'object'},
         'array': {'type': 'array', 'minItems': low, 'maxItems': high,
                   'items': {}}}[kind]
    if f['optional']:
        s['type'] = [s['type'], 'null']
        if 'enum' in s:
            s['enum'].append(None)
    return s


def body(route):
    if route['body_type']:
        return {'required': True, 'content': {route['body_type']: {
            'schema': {'type': 'string', 'format': 'binary'}}}}
    if route['method'] != 'POST':
        return None
    s = {'type': 'object', 'additionalProperties': False}
    if route['fields']:
        s['properties'] = {f['name']: schema(f) for f in route['fields']}
        needed = [f['name'] for f in route['fields'] if not f['optional']]
        if needed:
            s['required'] = needed
    return {'required': bool(s.get('required')),
            'content': {'application/json': {'schema': s}}}


def operation(route, query):
    words = re.sub(r'[^A-Za-z0-9]+', '_', route['path']).strip('_')
    o = {'operationId': route['method'].lower() + '_' + words,
         'x-who': route['who']}
    security = SECURITY[route['who']]
    if security:
        o['security'] = [{security: []}]
        if security == 'staff':
            o['security'].append({'signed': []})
    parameters = [{'name': p, 'in': 'path', 'required': True,
                   'schema': {'type': 'string'}}
                  for p in re.findall(r'[:*](\w+)', route['path'])]
    parameters += [{'name': q, 'in': 'query', 'schema': {'type': 'string'}}
                   for q in query if q != 'token']
    if parameters:
        o['parameters'] = parameters
    content = body(route)
    if content:
        o['requestBody'] = content
    o['responses'] = {'2XX': {'description': 'doc/api.md, doc/wire.md'},
                      'default': {'$ref': '#/components/responses/Problem'}}
    return o


def components():
    codes = re.findall(r'^BZT_ERROR\(\w+, \d+, "(\w+)"',
                       read('include/bzt/errors.def'), re.M)
    text, flag = {'type': 'string'}, {'type': 'boolean'}
    return {
        'securitySchemes': {
            'session': {'type': 'apiKey', 'in': 'cookie',
                        'name': '__Host-bzt'},
            'staff': {'type': 'apiKey', 'in': 'cookie',
                      'name': '__Host-bzt-staff'},
            'signed': {'type': 'apiKey', 'in': 'header',
                       'name': 'Authorization',
                       'description': 'BZT-SM2, see doc/api.md'},
            'pageToken': {'type': 'apiKey', 'in': 'query', 'name': 'token'}},
        'responses': {'Problem': {
            'description': 'RFC 9457',
            'content': {'application/problem+json': {
                'schema': {'$ref': '#/components/schemas/Problem'}}}}},
        'schemas': {'Problem': {
            'type': 'object',
            'required': ['type', 'title', 'title_zh', 'status', 'code',
                         'retryable'],
            'properties': {
                'type': text, 'title': text, 'title_zh': text,
                'status': {'type': 'integer'},
                'code': {'type': 'string', 'enum': codes},
                'retryable': flag, 'detail': text, 'detail_zh': text,
                'field': text, 'seconds': {'type': 'integer'}}}}}


def document(routes):
    docs, paths = documented(), {}
    for route in routes:
        query = docs.get((route['method'], plain(route['path'])), ([],))[0]
        path = re.sub(r'[:*](\w+)', r'{\1}', route['path'])
        paths.setdefault(path, {})[route['method'].lower()] = operation(
            route, query)
    return {'openapi': '3.1.0',
            'info': {'title': 'BZT', 'version': '1',
                     'description': 'Made by tools/openapi.py from the route '
                                    'table; not edited by hand. '
                                    'doc/api.md explains it.'},
            'paths': paths, 'components': components()}


def scalar(v):
    return json.dumps(v, ensure_ascii=False)


def key(k):
    return k if re.fullmatch(r'[A-Za-z][\w-]*', k) and k not in (
        'null', 'true', 'false', 'yes', 'no', 'on', 'off', 'n', 'y') \
        else scalar(k)


def write(v, indent=0):
    """YAML in blocks; scalars and empty or short lists as in JSON."""
    pad = '  ' * indent
    if isinstance(v, dict) and v:
        for k, item in v.items():
            if isinstance(item, (dict, list)) and item and not is_flat(item):
                yield f'{pad}{key(k)}:'
                yield from write(item, indent + 1)
            else:
                yield f'{pad}{key(k)}: {scalar(item)}'
    elif isinstance(v, list):
        for item in v:
            lines = list(write(item, indent + 1))
            yield pad + '- ' + lines[0].lstrip()
            yield from lines[1:]
    else:
        yield pad + scalar(v)


def is_flat(v):
    return isinstance(v, list) and all(
        not isinstance(x, (dict, list)) for x in v) or v == {}


def generate(routes):
    return '\n'.join(write(document(routes))) + '\n'


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as source:
        sys.stdout.write(generate(json.load(source)))
