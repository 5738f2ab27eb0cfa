"""The attacks of doc/protocol/attacks.md against the running bztd, over HTTPS.

The phone is the reference's, in Python, so nothing of the attacker's side is
our code.  Where the server is the attacker (F2, F10's caches, F11, F14, F16,
F18) there is nothing to run here: test/cosign/test_server_attacks.c and
test_jobs.c play such servers against the C phone.  F4, F13, F17, i and the
answers in F14 are the phone's own work; here it does it against this server.

usage: test_protocol.py [NAME...] (BZT_BUILD, BZT_SOURCE in the environment)
"""
import base64, copy, json, secrets, sys

sys.dont_write_bytecode = True
import tap
from http_server import (PIN, Handset, Lab, Person, Problem, Rp, System,
                         about_test, advance, audit, b64, csr_info, expect,
                         id_bytes, id_text, is_bilingual, movable_clock, ref,
                         sm3, unb64)
from tap import raises

n, G, p = ref.n, ref.G, ref.p
WRONG = '000000'
fields, enc, raw = ref.fields, ref.enc, ref.raw
OFF = (G[0], (G[1] + 1) % p)
BIG = (G[0] + 0, p + 1)  # y is not below p
OUTSIDE = (OFF, (0, 0), BIG, (p, G[1]), (2 ** 256 - 1, 2 ** 256 - 1))


def lab_with_people():
    movable_clock()
    return Lab(platform=False)


def people(lab):
    """Made once, in the first test that runs."""
    if not hasattr(lab, 'alice'):
        lab.alice, lab.bob = Handset(Person(lab)), Handset(Person(lab, '李四'))
        lab.business = Rp(lab)
        lab.alice.one = lab.alice.certified()
    return lab.alice


def fresh(lab):
    people(lab)
    return Handset(Person(lab))


def check(h, key, pin=PIN):
    key.authorise(h.server, pin, b'check pin')


def works(h, *keys):
    """The honest phone goes on: each key proves its PIN, nobody was blamed,
    no try was counted that it does not know of."""
    for key in keys or (h.one,):
        check(h, key)
        assert not h.phone.alarm and key.intent is None


def guess(h, key, pin=WRONG):
    """A wrong PIN; what the holder is told."""
    body = expect(ref.WrongPin, check, h, key, pin).problem.body
    return body['tries_left'], body['wait_seconds']


def use(h, key, pin=PIN, C=G):
    return key.shared_points(h.server, pin, [C], about_test(key))


def history(h):
    after, out = '', []
    while True:
        page = h.http('GET', '/app/v1/history' + after)
        out += [json.loads(unb64(r['record'])) for r in page['records']]
        if page['next'] in (None, -1):
            return out
        after = f'?after={page["next"]}'


def noted(h, kind, key, seconds=6):
    """Is it in the audit trail, under this key?"""
    import time
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(r['kind'] == kind and r['subject'] == id_text('key', key.key_id)
               for r in history(h)):
            return True
        time.sleep(0.2)
    return False


def messages(h):
    return [m['kind'] for m in h.http('GET', '/app/v1/messages')['messages']]


def lose(h, name, call, *args):
    """The server does it, the answer never arrives."""
    expect(ConnectionError, call, ref.lost(h.server, name), *args)


def hold(h, name, call, *args):
    """It does not arrive now: the request that was to leave."""
    wire = ref.late(h.server, name)
    expect(ConnectionError, call, wire, *args)
    return wire.args


def nonce(h, key, message):
    op = secrets.token_bytes(16)
    Qs, A, z = h.server.open(key.key_id, op, key.g, message,
                             key.tag(b'open', op, key.g, sm3(message)))
    return op, Qs


def send_sign(h, key, op, Qs, r, p2, p3, rho=1, g=None):
    g = key.g if g is None else g
    return h.server.sign(key.key_id, op, g, rho, Qs, r, p2, p3,
                         key.tag(b'sign', op, g, raw(rho), enc_any(Qs), raw(r),
                                 raw(p2), raw(p3)))


def enc_any(P):
    return b'\4' + raw(P[0]) + raw(P[1])


def send_act(h, key, A, z, op=None, rho=1, act=b'check pin', g=None):
    op, g = op or secrets.token_bytes(16), key.g if g is None else g
    return h.server.authorise(
        key.key_id, op, g, rho, act, A, z,
        key.tag(b'authorise', op, g, raw(rho), sm3(act), enc_any(A), raw(z)))


def send_points(h, key, points, A, z, op=None, rho=1):
    op = op or secrets.token_bytes(16)
    hashed = sm3(b''.join(map(enc_any, points)))
    return h.server.decrypt(
        key.key_id, op, key.g, rho, None, points, A, z,
        key.tag(b'decrypt', op, key.g, raw(rho), hashed, enc_any(A), raw(z)))


# --- F1 to F19 ---

def test_f01_p2_of_zero_or_n_is_refused(lab):
    h = people(lab)
    key = h.one
    message = h.message(lab.business, key)
    e = ref.digest(key.P, message)
    r = (e + ref.mul(5, G)[0]) % n
    op, Qs = nonce(h, key, message)
    good = dict(r=r, p2=1, p3=key.u1(PIN) * (5 + r) % n, rho=1)
    for name in good:
        for bad in (0, n, n + 1, 2 ** 256 - 1):
            no = expect(ref.Refused, send_sign, h, key, secrets.token_bytes(16),
                        Qs, **dict(good, **{name: bad}))
            assert no.op_id, name
    # refused before the nonce was looked at: it still answers, once
    sig = key.sign(h.server, PIN, message)
    assert ref.verify(key.P, e, *sig)
    works(h)


def test_f01_scalars_of_every_message_are_in_range(lab):
    h = people(lab)
    key = h.one
    other = lab.bob.phone.device_id
    for bad in (0, n, n + 1, 2 ** 256 - 1):
        expect(ref.Refused, send_act, h, key, G, bad)
        expect(ref.Refused, send_act, h, key, G, 1, rho=bad)
        expect(ref.Refused, send_points, h, key, [G], G, bad)
        expect(ref.Refused, send_points, h, key, [G], G, 1, rho=bad)
        for z, rho in ((bad, 1), (1, bad)):
            blob, op = bytes(282), secrets.token_bytes(16)
            expect(ref.Refused, h.server.move, key.key_id, op, key.g, rho,
                   other, blob, G, z,
                   key.tag(b'move', op, key.g, raw(rho), other, sm3(blob),
                           enc(G), raw(z)))
        op = secrets.token_bytes(16)
        expect(ref.Refused, h.server.arrive, key.key_id, h.phone.device_id, op,
               key.g, bad, bytes(32),
               key.tag(b'arrive', op, key.g, raw(bad), bytes(32)))
    works(h)


def test_f03_recover_never_gives_halves(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    lose(h, 'decrypt', lambda s: key.shared_points(s, PIN, [G], about_test(key)))
    op, g = key.intent[:2]
    tag = key.tag(b'recover', op, g)
    told = h.server.key(key.key_id, 'recover', op_id=op, g=g, mac=tag)
    assert set(told) == {'op_id', 'outcome', 'wrong'}, told
    assert told['outcome'] == 'decrypt'
    path, body = next(s for s in reversed(h.server.sent)
                      if s[0].endswith('/decrypt'))
    no = expect(ref.Seen, h.server.raw, path, body)
    assert 'points' not in no.problem.body
    assert key.recover(h.server) == (b'decrypt', None)
    use(h, key)


def test_f05_points_from_outside_are_refused(lab):
    h = people(lab)
    key, dec = h.one, h.key(b'decrypt')
    message = h.message(lab.business, key)
    op, Qs = nonce(h, key, message)
    for bad in OUTSIDE:
        expect(ref.Refused, send_act, h, key, bad, 1)
        expect(ref.Refused, send_points, h, dec, [bad], G, 1)
        expect(ref.Refused, send_points, h, dec, [G, bad, G], G, 1)
        expect(ref.Refused, send_points, h, dec, [G], bad, 1)
        new = h.phone.new(h.server, b'sign', 'x')
        for V1, A in ((bad, G), (G, bad)):
            expect(ref.Refused, h.server.keygen, new.key_id, V1, A, 1,
                   new.tag(b'keygen', enc_any(V1), enc_any(A), raw(1)))
        # a foreign nonce point is not this nonce, and leaves it alone
        expect(ref.NonceGone, send_sign, h, key, secrets.token_bytes(16), bad,
               1, 1, 1)
    for prefix in (0, 2, 3, 6):
        point = bytes([prefix]) + enc(G)[1:]
        op = secrets.token_bytes(16)
        expect(ref.Refused, h.server.key, key.key_id, 'authorise', op_id=op,
               g=key.g, rho=1, act='check pin', A=point, z=1,
               mac=key.tag(b'authorise', op, key.g, raw(1), sm3(b'check pin'),
                           point, raw(1)))
    expect(ref.Refused, send_points, h, key, [G, G], G, 1)  # one envelope
    assert ref.verify(key.P, ref.digest(key.P, message),
                      *key.sign(h.server, PIN, message))
    works(h, key, dec)


def test_f05_at_most_a_thousand_points(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    raises('bad_field', send_points, h, key, [], G, 1)
    raises('bad_field', send_points, h, key, [G] * 1001, G, 1)
    points, op, g = [G] * 1000, secrets.token_bytes(16), key.g
    A, z = key.proof(PIN, fields(b'decrypt', key.key_id, op, g, ref.i2b(1),
                                 about_test(key), sm3(enc(G) * 1000)))
    _, halves, _ = send_points(h, key, points, A, z, op)
    assert len(halves) == 1000 and len(set(halves)) == 1
    assert ref.add(ref.mul(ref.inv(key.u1(PIN)), halves[0]),
                   ref.neg(G)) == key.P
    key.g += 1  # rolled by 1, behind the phone's back
    works(h, key)


def test_f06_a_proof_is_for_one_thing(lab):
    h = fresh(lab)
    key, other = h.key(b'decrypt'), h.key(b'decrypt')
    all_G, about = sm3(enc(G)), about_test(key)

    def steal(prover=key, kind=b'decrypt', about=about, points=all_G, rho=7,
              named=None):
        op = secrets.token_bytes(16)
        context = fields(kind, named or key.key_id, op, key.g, ref.i2b(rho),
                         about, points)
        A, z = prover.proof(PIN, context)
        return send_points(h, key, [G], A, z, op, 7)
    steal()  # the right one passes, rolls the key by 7
    key.m, key.g = key.m * ref.inv(7) % n, key.g + 1
    for how in (dict(kind=b'authorise'), dict(about=about_test(other)),
                dict(points=sm3(enc(ref.mul(2, G)))), dict(rho=8),
                dict(prover=other), dict(named=other.key_id)):
        expect(ref.WrongPin, steal, **how)
        advance(601)
        key.authorise(h.server, PIN, b'check pin')  # clears
        assert h.phone.alarm  # tries that the phone did not make
        h.phone.alarm = False
    op = secrets.token_bytes(16)
    A, z = key.proof(PIN, fields(b'authorise', key.key_id, op, key.g,
                                 ref.i2b(1), b'check pin'))
    expect(ref.WrongPin, send_act, h, key, A, z, op, 1, b'change pin')
    check(h, key)
    h.phone.alarm = False
    for act in (b'login', b'check pin ', b'CHECK PIN', b'revoke',
                b'approve member', b'any digest'):
        expect(ref.Refused, send_act, h, key, G, 1, act=act)
    works(h, key, other)


def test_f07_strangers_change_nothing(lab):
    h, bob = people(lab), lab.bob
    key, mine = h.one, bob.key()
    second = Handset(h.person)  # the same person's other phone
    op = secrets.token_bytes(16)
    A, z = key.proof(PIN, fields(b'authorise', key.key_id, op, key.g,
                                 ref.i2b(1), b'check pin'))

    def attempts(server, mac_key):
        t = lambda kind, *rest: ref.mac(mac_key, kind, key.key_id, *rest)
        g, o = key.g, secrets.token_bytes(16)
        hashed = sm3(enc(G))
        yield server.open, (key.key_id, o, g, b'm', t(b'open', o, g, sm3(b'm')))
        yield server.sign, (key.key_id, o, g, 1, G, 1, 1, 1, t(
            b'sign', o, g, raw(1), enc(G), raw(1), raw(1), raw(1)))
        yield server.authorise, (key.key_id, op, g, 1, b'check pin', A, z, t(
            b'authorise', op, g, raw(1), sm3(b'check pin'), enc(A), raw(z)))
        yield server.decrypt, (key.key_id, o, g, 1, None, [G], A, z, t(
            b'decrypt', o, g, raw(1), hashed, enc(A), raw(z)))
        yield server.move, (key.key_id, o, g, 1, bob.phone.device_id,
                            bytes(282), A, z, t(
            b'move', o, g, raw(1), bob.phone.device_id, sm3(bytes(282)),
            enc(A), raw(z)))
        yield server.recover, (key.key_id, o, g, t(b'recover', o, g))
        yield server.recover, (key.key_id, o, 0, t(b'recover', o, 0))
        yield server.keygen, (key.key_id, G, A, z, t(b'keygen', enc(G), enc(A),
                                                     raw(z)))
        sealed = bytes(145)
        yield server.import_share, (key.key_id, sealed, G, A, z, t(
            b'import', sealed, enc(G), enc(A), raw(z)))

    for server in (bob.server, second.server, h.server):
        server.purpose[b'm'] = key.application
        for mac_key in (bob.phone.device_key, second.phone.device_key,
                        h.phone.device_key, bytes(32)):
            if server is h.server and mac_key == h.phone.device_key:
                continue
            for call, args in attempts(server, mac_key):
                expect(ref.Refused, call, *args)
    # a foreign device's session cannot act for it either
    expect(ref.Refused, bob.server.new_key, h.phone.device_id, b'sign',
           ref.mac(h.phone.device_key, b'new', h.phone.device_id, b'sign'))
    expect(ref.Refused, bob.server.blobs, h.phone.device_id,
           ref.mac(h.phone.device_key, b'blobs', h.phone.device_id))
    raises(('not_found', 'forbidden'), bob.server.unlock, h.phone.device_id,
           bytes(32))
    raises(('duplicate', 'conflict', 'forbidden'), bob.server.register,
           h.phone.device_id, bytes(32))
    # the right MAC, PIN and proof of a key that is made: not made again
    for kind in (b'sign', b'decrypt'):
        context = fields(b'keygen', key.key_id, h.phone.device_id, kind)
        B, y = ref.prove(b'bzt-keygen-phone', 1, G, G, context, bytes(48))
        expect(ref.Refused, h.server.keygen, key.key_id, G, B, y,
               key.tag(b'keygen', enc(G), enc(B), raw(y)))
    works(h)
    works(bob, mine)


def test_f07_without_a_session_nothing_is_told(lab):
    h = people(lab)
    path = f'/app/v1/keys/{id_text("key", h.one.key_id)}/recover'
    op = secrets.token_bytes(16)
    body = dict(op_id=id_text('op', op), g=0,
                mac=b64(h.one.tag(b'recover', op, 0)))
    http = lab.http(lab.app)
    assert 'op_id' not in raises('unauthenticated', http, 'POST', path,
                                 body).body
    http.cookies, http.csrf = dict(h.http.cookies), 'x'
    raises('csrf', http, 'POST', path, body)
    none = h.person.session()  # logged in, but no phone
    raises('forbidden', none, 'POST', path, body)
    anonymous = Person(lab, real=False)
    raises('real_name_required', anonymous.http, 'POST', path, body)
    works(h)


def test_f08_a_late_copy_locks_nobody(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    calls = {
        'decrypt': lambda s, pin=PIN: key.shared_points(s, pin, [G],
                                                        about_test(key)),
        'authorise': lambda s, pin=PIN: key.authorise(s, pin, b'check pin')}
    for name, call in calls.items():
        args = hold(h, name, call)
        assert key.recover(h.server)[0] == b'void'
        expect(ref.Seen, getattr(h.server, name), *args)
        works(h, key)
        expect(ref.Seen, getattr(h.server, name), *args)
        wrong = hold(h, name, call, WRONG)
        key.recover(h.server)
        for _ in range(2):
            expect(ref.Seen, getattr(h.server, name), *wrong)
        works(h, key)
    # malformed for ever: its copy locks nothing when g has gone on
    one = h.one
    bad = ref.Wire(h.server, 'decrypt', 1, 0)
    expect(ref.Refused, one.shared_points, bad, PIN, [G, G])
    works(h)
    expect(ref.Refused, h.server.decrypt, *bad.args)
    works(h)


def test_f08_a_refusal_for_now_is_no_refusal_for_ever(lab):
    """An envelope asked for before its application is this key's: a copy
    that comes when it is must not find a phone that has forgotten it."""
    h = fresh(lab)
    application = h.person.approved()
    key = h.key()
    op, g, rho = secrets.token_bytes(16), key.g, 1
    about = ref.xof(b'bzt-about-envelope', id_bytes(application['id']), 32)
    A, z = key.proof(PIN, fields(b'decrypt', key.key_id, op, g, ref.i2b(rho),
                                 about, sm3(enc(G))))
    body = dict(op_id=op, g=g, rho=rho, points=[b64(enc(G))], A=A, z=z,
                mac=key.tag(b'decrypt', op, g, raw(rho), sm3(enc(G)), enc(A),
                            raw(z)), **{'for': application['id']})
    try:
        h.server.key(key.key_id, 'decrypt', **body)
        raise AssertionError('an envelope of nothing')
    except ref.Refused:
        dropped = True
    except Problem:
        dropped = False
    h.request_for(key, application)  # now it is this key's, and g went on
    if dropped:
        expect(ref.Refused, h.server.key, key.key_id, 'decrypt', **body)
        works(h, key)


def test_f09_f10_nothing_of_an_operation_is_stored_or_logged(lab):
    h = people(lab)
    key = h.one
    message = h.message(lab.business, key)
    wire = ref.Wire(h.server, 'sign', 1, 0)
    key.sign(wire, PIN, message)
    _, op, _, rho, Qs, r, p2, p3, tag = wire.args
    V1 = ref.mul(ref.inv(key.u1(PIN)), G)
    secrets_ = [ref.i2b(x) for x in (rho, p2, p3, V1[0], key.m, key.u1(PIN))]
    texts = [b64(s).encode() for s in secrets_]
    looked = 0
    for folder in ('data', 'log', 'nginx', 'run'):
        for path in (lab.home / folder).rglob('*'):
            if path.is_file() and not path.is_socket():
                data = path.read_bytes()
                looked += 1
                for s in secrets_ + texts + [s.hex().encode()
                                             for s in secrets_]:
                    assert s not in data, path
    assert looked > 3
    for path in ('recover', 'authorise', 'open', 'sign', 'decrypt', 'move',
                 'keygen', 'arrive', 'import'):
        raises('bad_field', h.http, 'POST',
               f'/app/v1/keys/{id_text("key", key.key_id)}/{path}', {})
        assert h.http.headers['Cache-Control'] == 'no-store', path
    check(h, key)
    assert h.http.headers['Cache-Control'] == 'no-store'
    works(h)


def two_phones(lab):
    h = fresh(lab)
    one, two = h.key(b'decrypt'), h.key(b'decrypt')
    new = Handset(h.person)
    return h, one, two, new


def test_f11_keys_move_to_the_same_persons_phone_only(lab):
    h, one, two, new = two_phones(lab)
    pins = {'cert': PIN}
    stranger = lab.bob.phone.show_qr()
    expect(ref.Refused, h.phone.move, h.server, pins, stranger)
    h.phone.abandon()
    nobody = (stranger[0], stranger[1], secrets.token_bytes(16))
    raises('conflict', h.phone.move, h.server, pins, nobody)  # it may be yet
    assert one.intent and one.recover(h.server)[0] == b'void'
    h.phone.abandon()
    itself = (stranger[0], stranger[1], h.phone.device_id)
    expect(ref.Refused, h.phone.move, h.server, pins, itself)
    h.phone.abandon()
    qr = new.phone.show_qr()
    h.phone.move(h.server, pins, qr)
    tag = ref.mac(lab.bob.phone.device_key, b'blobs', lab.bob.phone.device_id)
    assert lab.bob.server.blobs(lab.bob.phone.device_id, tag) == {}
    tag = ref.mac(h.phone.device_key, b'blobs', h.phone.device_id)
    assert h.server.blobs(h.phone.device_id, tag) == {}
    # another blob, another phone, another generation: not this transfer
    for who, g, digest in ((new, one.g, bytes(32)), (lab.bob, one.g, bytes(32)),
                           (new, one.g - 1, bytes(32)),
                           (new, one.g + 1, bytes(32))):
        op = secrets.token_bytes(16)
        expect(ref.Cancelled, who.server.arrive, one.key_id, None, op, g, 1,
               digest, ref.mac(who.phone.device_key, b'arrive', one.key_id, op,
                               g, raw(1), digest))
    new.phone.arrive(new.server)
    assert len(new.phone.keys) == 2 and not new.phone.alarm
    for key in new.phone.keys.values():
        use(new, key)
    expect(ref.Refused, use, h, one)  # the old copy is dead
    expect(ref.Refused, check, h, two)
    for key in new.phone.keys.values():
        use(new, key)


def test_f12_five_tries_for_a_key_and_ten_for_a_phone(lab):
    h = fresh(lab)
    keys = [h.key(b'decrypt') for _ in range(4)]
    assert guess(h, keys[0]) == (4, 0)
    assert guess(h, keys[0]) == (3, 0)
    use(h, keys[1])  # the phone's row is cleared by this, not the key's
    assert guess(h, keys[0]) == (2, 60)
    advance(61)
    assert guess(h, keys[0]) == (1, 600)
    advance(601)
    assert guess(h, keys[0])[0] == 0  # the fifth: PIN lock
    expect(ref.Locked, check, h, keys[0])
    assert noted(h, 'key.wrong_pin', keys[0])
    assert noted(h, 'key.locked', keys[0]) and 'key_locked' in messages(h)
    works(h, *keys[1:])  # clears the phone's count
    for key, tries in zip(keys[1:], (4, 4, 2)):
        for _ in range(tries):
            guess(h, key)
            advance(601)
    for key in keys:  # ten in a row
        key.intent = None
        expect(ref.Locked, check, h, key)
        assert key.intent  # stays
    for key in keys[1:]:
        assert noted(h, 'key.locked', key), 'each key that is locked is told'


def test_f12_a_success_tells_foreign_tries(lab):
    h = people(lab)
    key, other = h.key(b'decrypt'), h.key(b'decrypt')
    thief = copy.copy(key)
    guess(h, thief)
    use(h, other)
    assert not h.phone.alarm
    use(h, key)
    assert h.phone.alarm
    h.phone.alarm = False
    thief = copy.copy(key)
    guess(h, thief)
    lose(h, 'decrypt', lambda s: key.shared_points(s, PIN, [G],
                                                   about_test(key)))
    key.recover(h.server)
    assert h.phone.alarm  # also through recover
    h.phone.alarm = False
    works(h, key, other)


def test_f12_void_open_and_refusals_clear_nothing(lab):
    h = fresh(lab)
    key = h.certified()
    message = h.message(lab.business, key)
    guess(h, key), guess(h, key)
    nonce(h, key, message)
    expect(ref.Refused, send_act, h, key, G, 0)
    hold(h, 'authorise', lambda s: key.authorise(s, PIN, b'check pin'))
    assert key.recover(h.server)[0] == b'void'
    assert guess(h, key) == (2, 60)
    expect(ref.Wait, check, h, key)
    assert key.recover(h.server)[0] == b'void'
    expect(ref.Wait, check, h, key)  # neither count nor wait is gone
    key.recover(h.server)
    advance(61)
    works(h, key)


def test_f13_a_mistyped_old_pin_destroys_nothing(lab):
    h = fresh(lab)
    keys = [h.key(), h.key(b'decrypt'), h.key(b'decrypt')]
    ms = [k.m for k in keys]
    expect(ref.WrongPin, h.phone.change_pin, h.server, 'cert', '271829',
           '314159')
    assert [k.m for k in keys] == ms and h.phone.job is None
    h.phone.change_pin(h.server, 'cert', PIN, '314159')
    for key in keys:
        expect(ref.WrongPin, check, h, key, PIN)
        check(h, key, '314159')
    assert not h.phone.alarm
    for before, key in zip(ms, keys):  # F4: an unknown rho between copies
        assert key.m * ref.inv(before) % n != \
            key.f(PIN) * ref.inv(key.f('314159')) % n


def test_f14_a_bad_answer_leaves_no_phone_behind(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    for bad in ([OFF], [None], [], [G, G]):
        class Bad:
            def decrypt(self, *args):
                op, _, wrong = h.server.decrypt(*args)
                return op, bad, wrong
        expect(ref.Refused, key.shared_points, Bad(), PIN, [G],
               about_test(key))
        assert key.intent is None
        works(h, key)


def test_f15_the_message_is_fixed_before_its_nonce(lab):
    h = people(lab)
    key = h.one
    made = lab.business.request()
    page = lab.business.page(made)
    h.scan(page.wait('qr')['text'])
    page.close()
    other = h.message(lab.business, key)
    for message in (b'anything', csr_info(key.P, {'c': 'CN', 'cn': 'x'}),
                    other):
        h.server.purpose[message] = made['id']  # scanned, not confirmed
        no = expect_any((ref.Refused, 'request_state'), nonce, h, key, message)
    mine = h.confirm(made['id'], key)
    for message in (mine[:-1], mine + b'\0', mine[:-1] + bytes([mine[-1] ^ 1]),
                    other, b'x' * 32):
        h.server.purpose[message] = made['id']
        expect(ref.Refused, nonce, h, key, message)
    # for something that is not this holder's, or does not exist
    for what in (id_text('req', bytes(16)), id_text('app', bytes(16)),
                 id_text('key', key.key_id), key.application):
        h.server.purpose[mine] = what
        expect(ref.Refused, nonce, h, key, mine)
    for what in ('', 'req_', 'rp_' + 'a' * 26, 7, None):
        h.server.purpose[mine] = what
        raises('bad_field', nonce, h, key, mine)
    # another of the holder's keys cannot take its place
    spare = h.key()
    h.server.purpose[mine] = made['id']
    expect(ref.Refused, nonce, h, spare, mine)
    # a decryption key never opens a signature
    expect(ref.Refused, nonce, h, h.key(b'decrypt'), mine)
    op, g = secrets.token_bytes(16), key.g
    answer = h.server.key(key.key_id, 'open', op_id=op, g=g, message=mine,
                          mac=key.tag(b'open', op, g, sm3(mine)),
                          **{'for': made['id']})
    assert set(answer) == {'op_id', 'Qs', 'A', 'z'}
    sig = key.sign(h.server, PIN, mine)
    assert ref.verify(key.P, ref.digest(key.P, mine), *sig)
    works(h)


def expect_any(kinds, f, *args):
    classes = tuple(k for k in kinds if isinstance(k, type))
    codes = tuple(k for k in kinds if isinstance(k, str))
    try:
        f(*args)
    except classes as no:
        return no
    except Problem as no:
        assert no.code in codes, no.code
        return no
    raise AssertionError(f'{kinds} expected')


def test_f17_the_device_secret_never_leaves_in_the_clear(lab):
    h = people(lab)
    secret = h.phone.device_secret
    for path, body in h.server.sent:
        text = json.dumps(body).encode()
        assert b64(secret).encode() not in text and \
            secret.hex().encode() not in text
    assert len(h.server.sent) > 3


def test_f19_a_request_that_is_delivered_twice(lab):
    h = people(lab)
    sign, dec = h.one, h.key(b'decrypt')
    calls = (
        ('sign', sign, lambda s, pin: sign.sign(
            s, pin, h.message(lab.business, sign))),
        ('decrypt', dec, lambda s, pin: dec.shared_points(
            s, pin, [G], about_test(dec))),
        ('authorise', dec, lambda s, pin: dec.authorise(s, pin, b'check pin')))
    for name, key, call in calls:
        no = expect(ref.Seen, call, ref.twice(h.server, name), PIN)
        assert key.intent and no.op_id == key.intent[0]
        assert key.recover(h.server)[0] == name.encode()
        call(h.server, PIN)
        # a copy of a wrong try: the same answer, counted once
        no = expect(ref.WrongPin, call, ref.twice(h.server, name), WRONG)
        assert no.problem.body['tries_left'] == 4 and key.wrong == 1
        works(h, key)
        wire = ref.Wire(h.server, name, 1, 0)
        call(wire, PIN)
        for _ in range(3):  # a copy long after
            call(h.server, PIN)
            expect(ref.Seen, getattr(h.server, name), *wire.args)
        works(h, key)
    # recover twice, and late
    hold(h, 'decrypt', lambda s: dec.shared_points(s, PIN, [G],
                                                   about_test(dec)))
    wire = ref.Wire(h.server, 'recover', 2, 1)
    assert dec.recover(wire)[0] == b'void'
    use(h, dec), use(h, dec)
    expect(ref.Seen, h.server.recover, *wire.args)
    # open twice, and late
    wire = ref.Wire(h.server, 'open', 2, 1)
    message = h.message(lab.business, sign)
    sign.sign(wire, PIN, message)
    expect(ref.Stale, h.server.open, *wire.args)
    assert noted(h, 'key.stale', sign)
    works(h, sign, dec)


# --- a to l ---

def test_a_waiting_tells_right_from_wrong_nobody(lab):
    h = fresh(lab)
    key = h.certified()
    message = h.message(lab.business, key)
    for _ in range(3):
        guess(h, key)

    def waiting(pin):
        no = expect(ref.Wait, check, h, key, pin)
        assert int(h.http.headers['Retry-After']) == no.seconds
        key.recover(h.server)
        return no.seconds
    for pin in (PIN, WRONG):
        assert 58 <= waiting(pin) <= 60
    assert 55 <= expect(ref.Wait, key.sign, h.server, PIN, message).seconds <= 60
    # p2, p3 never leave in vain: `open` waits too
    assert not any(s[0].endswith('/sign') for s in h.server.sent[-3:])
    args = hold(h, 'authorise', lambda s: key.authorise(s, WRONG, b'check pin'))
    expect(ref.Wait, h.server.authorise, *args)
    advance(61)
    for _ in range(2):  # counted once, when it is tried
        no = expect(ref.WrongPin, h.server.authorise, *args)
        assert no.problem.body['tries_left'] == 1
        assert 598 <= no.problem.body['wait_seconds'] <= 600
    assert key.recover(h.server)[0] == b'wrong' and key.wrong == 4
    assert h.server.tries_left == 1
    assert 590 <= waiting(PIN) <= 600
    advance(601)
    works(h, key)


def test_b_a_remembered_wrong_op_id_is_no_oracle(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    lose(h, 'authorise', lambda s: key.authorise(s, WRONG, b'check pin'))
    op, g = key.intent[:2]
    A, z = key.proof(PIN, fields(b'authorise', key.key_id, op, g, ref.i2b(1),
                                 b'check pin'))
    for _ in range(3):
        no = expect(ref.WrongPin, send_act, h, key, A, z, op)
        assert no.problem.body['tries_left'] == 4  # not counted again
    assert key.recover(h.server)[0] == b'wrong'
    works(h, key)


def test_c_a_lost_wrong_answer_is_no_foreign_try(lab):
    h = people(lab)
    one, two = h.one, h.key(b'decrypt')
    for name, key, call in (
            ('authorise', one, lambda s, pin: one.authorise(s, pin,
                                                            b'check pin')),
            ('decrypt', two, lambda s, pin: two.shared_points(
                s, pin, [G], about_test(two)))):
        lose(h, name, call, WRONG)
        assert key.wrong == 0
        assert key.recover(h.server)[0] == b'wrong' and key.wrong == 1
        works(h, one, two)


def test_d_e_a_nonce_that_is_gone_costs_nothing(lab):
    h = people(lab)
    key = h.one
    message = h.message(lab.business, key)

    class Restart:
        """bztd dies between open and sign."""
        sent, times = [], 1

        def __getattr__(self, name):
            return getattr(h.server, name)

        def sign(self, *args):
            self.sent.append(args)
            if len(self.sent) <= self.times:
                lab.kill('bztd')
                lab.start_bztd()
            return h.server.sign(*args)
    wire = Restart()
    sig = key.sign(wire, PIN, message)
    assert ref.verify(key.P, ref.digest(key.P, message), *sig)
    first, second = wire.sent
    assert first[1:4] == second[1:4] and not set(first[4:]) & set(second[4:])
    expect(ref.Seen, h.server.sign, *first)  # only one copy ever is carried out
    works(h)

    class Never:
        """A server that says so for ever: another nonce takes its place."""
        sent = []

        def __getattr__(self, name):
            return getattr(h.server, name)

        def sign(self, *args):
            self.sent.append(args)
            nonce(h, key, last)
            return h.server.sign(*args)
    last = h.message(lab.business, key)
    wire = Never()
    expect(ref.NonceGone, key.sign, wire, PIN, last)
    assert len(wire.sent) == 3 and key.intent
    for args in wire.sent:
        expect(ref.NonceGone, h.server.sign, *args)
    assert key.recover(h.server)[0] == b'void'
    key.sign(h.server, PIN, last)
    # a wrong PIN through nonce_gone is counted once
    last = h.message(lab.business, key)
    wire = Restart()
    wire.sent = []
    expect(ref.WrongPin, key.sign, wire, WRONG, last)
    assert expect(ref.WrongPin, h.server.sign,
                  *wire.sent[0]).problem.body['tries_left'] == 4
    assert key.wrong == 1
    works(h)


def test_d_a_nonce_is_for_one_message_one_generation_and_once(lab):
    h = people(lab)
    key = h.one
    first, second = (h.message(lab.business, key) for _ in range(2))
    _, Q1 = nonce(h, key, first)
    _, Q2 = nonce(h, key, second)  # one live nonce for each key
    expect(ref.NonceGone, send_sign, h, key, secrets.token_bytes(16), Q1, 1, 1,
           1)
    check(h, key)  # g goes on: Q2 is of the generation before
    expect(ref.NonceGone, send_sign, h, key, secrets.token_bytes(16), Q2, 1, 1,
           1)
    _, Q3 = nonce(h, key, second)
    expect(ref.WrongPin, send_sign, h, key, secrets.token_bytes(16), Q3, 1, 1,
           1)
    expect(ref.NonceGone, send_sign, h, key, secrets.token_bytes(16), Q3, 1, 1,
           1)  # it answered, wrong, and is gone
    check(h, key)
    assert h.phone.alarm  # a try that the phone did not make
    h.phone.alarm = False
    works(h)


def test_d_a_nonce_lives_three_minutes(lab):
    h = fresh(lab)
    application = h.person.approved()
    key = h.key()
    info = csr_info(key.P, application['subject'])
    h.server.purpose[info] = application['id']

    class Slow:
        def __init__(self, seconds):
            self.seconds, self.sent = seconds, 0

        def __getattr__(self, name):
            return getattr(h.server, name)

        def sign(self, *args):
            self.sent += 1
            if self.sent == 1:
                advance(self.seconds)
            return h.server.sign(*args)
    wire = Slow(170)
    key.sign(wire, PIN, info)
    assert wire.sent == 1
    wire = Slow(181)
    key.sign(wire, PIN, info)
    assert wire.sent == 2  # gone, opened again
    works(h, key)


def test_f_no_answer_to_open_touches_an_intent(lab):
    h = people(lab)
    key = h.one
    message = h.message(lab.business, key)

    class CarriedOut:
        """The first sign is carried out and its answer says nonce_gone."""
        def __getattr__(self, name):
            return getattr(h.server, name)

        def sign(self, *args):
            h.server.sign(*args)
            raise ref.NonceGone(args[1])
    expect(ref.Stale, key.sign, CarriedOut(), PIN, message)
    assert key.intent
    kind, sig = key.recover(h.server)
    assert kind == b'sign'
    assert ref.verify(key.P, ref.digest(key.P, message), *sig)
    works(h)


def test_g_h_late_moves_and_arrivals_mislead_nobody(lab):
    h, one, two, new = two_phones(lab)
    pins = {'cert': PIN}
    qr = new.phone.show_qr()
    wire = ref.Wire(h.server, 'move', 1, 0)
    h.phone.move(wire, pins, qr)
    use(h, two)  # cancels its transfer
    expect(ref.Seen, h.server.move, *wire.args)
    works(h, two)
    guess(h, copy.copy(one))  # a thief's try while it is on its way
    use(h, one)  # cancelled as well, and told
    assert h.phone.alarm
    h.phone.alarm = False
    expect(ref.Seen, h.phone.move, ref.twice(h.server, 'move'), pins, qr)
    h.phone.move(h.server, pins, qr)
    assert h.phone.job is None
    guess(h, copy.copy(one))
    expect(ConnectionError, new.phone.arrive, ref.late(new.server, 'arrive'))
    intents = [k.intent for k in new.phone.keys.values()]
    wire = ref.Wire(new.server, 'arrive')
    expect(ConnectionError, new.phone.arrive, wire)
    assert [k.intent for k in new.phone.keys.values()] == intents
    new.phone.arrive(new.server, {})
    new.server.arrive(*wire.args)  # again: the same answer
    moved = new.phone.keys
    use(new, moved[two.key_id])
    assert not new.phone.alarm
    use(new, moved[one.key_id])
    assert new.phone.alarm  # arriving cleared no count
    new.phone.alarm = False
    new.server.arrive(*wire.args)
    works(new, *moved.values())
    # answered late: cancelled, and only that drops the copy
    third = Handset(h.person)
    qr = third.phone.show_qr()
    new.phone.move(new.server, pins, qr)
    expect(ConnectionError, third.phone.arrive, ref.late(third.server,
                                                         'arrive'))
    for key in moved.values():
        use(new, key)
    third.phone.arrive(third.server)
    assert not third.phone.keys
    works(new, *moved.values())


def test_i_a_pin_change_that_was_cut_off_ends_with_one_pin(lab):
    h = fresh(lab)
    keys = [h.key(b'decrypt') for _ in range(3)]
    other = h.key(b'decrypt', entry='other')
    old, new = PIN, '314159'
    for times in (1, 0):
        class Cut:
            calls = 0

            def __getattr__(self, name):
                return getattr(h.server, name)

            def authorise(self, *args):
                self.calls += 1
                if self.calls != 2:
                    return h.server.authorise(*args)
                return ref.Wire(h.server, 'authorise',
                                times).authorise(*args)
        expect(ConnectionError, h.phone.change_pin, Cut(), 'cert', old, new)
        assert len(h.phone.job['done']) == 1
        for key in keys[::2]:
            expect(ref.Refused, use, h, key, new)
        use(h, other, PIN)
        expect(ref.WrongPin, h.phone.change_pin, h.server, 'cert', old,
               '161803')
        assert h.phone.job
        h.phone.change_pin(h.server, 'cert', old, new)
        for key in keys:
            use(h, key, new)
        old, new = new, old
    assert not h.phone.alarm


def reviewer_unlocks(lab, key, approved=False):
    lab.bzt('staff', 'unlock', '--dir', lab.operator,
            '--approved', 'yes' if approved else 'no', id_text('key', key.key_id))


def test_j_k_unlocking_takes_a_permit_and_a_new_device_key(lab):
    h = fresh(lab)
    key, clone = h.certified(), h.key(b'decrypt')
    twin = copy.copy(clone)
    use(h, clone)
    expect(ref.Stale, nonce_for, h, copy.copy(key), lab)
    expect(ref.CloneSuspected, use, h, twin)
    assert noted(h, 'key.clone', clone) and 'clone_suspected' in messages(h)
    twin.intent = None
    expect(ref.Locked, use, h, clone)
    fresh_key = secrets.token_bytes(32)
    server = h.server
    raises('conflict', server.unlock, h.phone.device_id, fresh_key)
    # ten wrong PINs do not turn the clone lock into a PIN lock
    spare = h.key(b'decrypt')
    for k, tries in ((key, 5), (spare, 5)):
        for _ in range(tries):
            guess(h, k)
            advance(601)
    for k in (key, spare):
        expect(ref.Locked, check, h, k)
    reviewer_unlocks(lab, key)
    # a session that did not begin by SMS just now is not enough: the thief's
    # image of the phone has one
    raises('sms_login_required', server.unlock, h.phone.device_id, fresh_key)
    stolen = copy.copy(server.http)
    relogin(h)
    done = h.server.unlock(h.phone.device_id, fresh_key)
    assert done['unlocked'] == [id_text('key', key.key_id)]
    assert done['tries'] == 5
    old_key, h.phone.device_key = h.phone.device_key, fresh_key
    key.wrong = 0
    assert key.recover(h.server)[0] == b'void'
    works(h, key)
    assert noted(h, 'key.unlock', key)
    # the stolen image's device key and session are dead
    op = secrets.token_bytes(16)
    expect(ref.Refused, h.server.recover, key.key_id, op, key.g,
           ref.mac(old_key, b'recover', key.key_id, op, key.g))
    raises('unauthenticated', stolen, 'GET', '/app/v1/me')
    expect(ref.Locked, use_again, h, clone)   # a clone lock is never lifted
    expect(ref.Locked, use_again, h, spare)   # this one had no permit
    raises('conflict', h.server.unlock, h.phone.device_id, bytes(32))
    raises('conflict', reviewer_unlocks, lab, key)  # it is not locked
    works(h, key)


def use_again(h, key):
    key.intent = None
    use(h, key)


def nonce_for(h, key, lab):
    message = h.message(lab.business, key)
    key.g -= 1
    return nonce(h, key, message)


def relogin(h):
    """A new session by SMS, with the same device."""
    person, phone = h.person, h.phone
    http = h.lab.http(h.lab.app)
    http('POST', '/app/v1/sms', dict(phone=person.number, purpose='login'))
    at = int(__import__('time').time() * 1000)
    mac = ref.mac(phone.device_key, b'login', phone.device_id,
                  at.to_bytes(8, 'big'), sm3(person.number.encode()))
    answer = http('POST', '/app/v1/login/sms', dict(
        phone=person.number, code=h.lab.inbox(person.number)[0]['code'],
        device=dict(device_id=id_text('dev', phone.device_id), at=at,
                    mac=b64(mac))))
    http.csrf = answer['csrf']
    assert answer['device_id'] == id_text('dev', phone.device_id)
    h.http = h.server.http = http


def test_k_an_enterprises_key_needs_its_administrator_too(lab):
    h = fresh(lab)
    claim = h.http('POST', '/app/v1/enterprises', dict(
        name='临江测试有限公司', uscc=lab.uscc(), legal_name=h.person.name,
        legal_id=h.person.id_number))
    key = h.certified(subject='enterprise', enterprise=claim['id'])
    for _ in range(5):
        guess(h, key)
        advance(601)
    raises('conflict', reviewer_unlocks, lab, key)
    reviewer_unlocks(lab, key, approved=True)
    advance(86401)  # a permit ends after a day
    relogin(h)
    raises('conflict', h.server.unlock, h.phone.device_id, bytes(32))
    reviewer_unlocks(lab, key, approved=True)
    # the share of a device key is for this device only
    sealed = h.server.seal_device(bytes(32), secrets.token_bytes(16))
    path = f'/app/v1/devices/{id_text("dev", h.phone.device_id)}/unlock'
    raises(('bad_field', 'decrypt_failed', 'refused', 'key_mismatch'), h.http,
           'POST', path, dict(sealed=b64(sealed)))
    raises(('decrypt_failed', 'bad_point'), h.http, 'POST', path,
           dict(sealed=b64(sealed[:-1] + bytes([sealed[-1] ^ 1]))))
    raises(('decrypt_failed', 'bad_point'), h.http, 'POST', path,
           dict(sealed=b64(enc(OFF) + sealed[65:])))
    h.phone.device_key = secrets.token_bytes(32)
    h.server.unlock(h.phone.device_id, h.phone.device_key)
    key.wrong = 0
    works(h, key)


def test_l_only_a_certificates_key_is_imported(lab):
    """The built-in CA makes no encryption keys, so no import can pass here;
    test_phone_attacks.c has the share for another key id."""
    h = people(lab)
    d = System().scalar()
    for P in (ref.mul(d, G), h.one.P):
        new = h.phone.new(h.server, b'decrypt', 'x')
        u1 = System().scalar()
        u2, v1 = ref.inv((1 + d) * u1 % n), ref.inv(u1)
        A, z = ref.prove(b'bzt-keygen-phone', v1, G, ref.mul(v1, G), fields(
            b'import', new.key_id, h.phone.device_id, b'decrypt', enc(P)),
            bytes(48))
        for plain in (ref.i2b(u2) + new.key_id, ref.i2b(u2) + h.one.key_id,
                      ref.i2b(n) + new.key_id):
            sealed = ref.seal(h.server.transport_point, plain, 7)
            no = expect(ref.Refused, h.server.import_share, new.key_id, sealed,
                        P, A, z, new.tag(b'import', sealed, enc(P), enc(A),
                                         raw(z)))
            assert no.op_id == new.key_id
        expect(ref.Refused, use_unmade, h, new)
    works(h)


def use_unmade(h, key):
    op = secrets.token_bytes(16)
    hashed = sm3(enc(G))
    try:
        h.server.decrypt(key.key_id, op, 0, 1, None, [G], G, 1, key.tag(
            b'decrypt', op, 0, raw(1), hashed, enc(G), raw(1)))
    except ref.Locked:
        raise ref.Refused


# --- the server has lost data ---

def test_a_server_that_is_behind_blames_nobody(lab):
    h = people(lab)
    key = h.key(b'decrypt')
    key.g += 1
    expect(ref.Behind, use, h, key)
    assert key.intent
    key.intent = None
    key.g -= 1
    assert noted(h, 'key.behind', key)
    assert 'key_behind' in (lab.home / 'log/bztd.log').read_text()
    works(h, key)


# --- bytes that are not what they should be ---

def held(lab, h, key, dec):
    """One good request of every kind, which has not been sent: (key, path,
    body, how it is settled when it is)."""
    class Hold:
        def __init__(self, name):
            self.name = name

        def __getattr__(self, name):
            real = getattr(h.server, name)
            if name != self.name:
                return real

            def call(*args):
                post, h.server.post = h.server.post, self.keep
                try:
                    real(*args)
                finally:
                    del h.server.post
            return call

        def keep(self, path, body):
            self.path, self.body = path, body
            raise ConnectionError
    message = h.message(lab.business, key)
    op = secrets.token_bytes(16)
    out = []
    for name, k, call in (
            ('open', key, lambda s: s.open(
                key.key_id, op, key.g, message,
                key.tag(b'open', op, key.g, sm3(message)))),
            ('sign', key, lambda s: key.sign(s, PIN, message)),
            ('decrypt', dec, lambda s: dec.shared_points(
                s, PIN, [G], about_test(dec))),
            ('authorise', dec, lambda s: dec.authorise(s, PIN, b'check pin')),
            ('recover', dec, lambda s: s.recover(
                dec.key_id, op, dec.g, dec.tag(b'recover', op, dec.g)))):
        hold_ = Hold(name)
        k.intent = None
        expect(ConnectionError, call, hold_)
        out.append((name, k, hold_.path, hold_.body))
        k.intent = None
    return out


def altered(body):
    """(What is wrong, body, the codes that may answer)."""
    form = ('bad_field',)
    for name, value in body.items():
        yield f'{name} missing', {k: v for k, v in body.items()
                                  if k != name}, form
        for other in (None, True, [], {}, 1.5, [value]):
            if other != value:
                yield f'{name} = {other}', dict(body, **{name: other}), form
        if name == 'g':
            for g in (-1, 2 ** 53, 2 ** 64, 1e300, str(value), value + 0.5):
                yield f'g = {g}', dict(body, g=g), form
        elif name == 'points':
            yield 'point cut', dict(body, points=[value[0][:-2]]), form
            yield 'point number', dict(body, points=[1]), form
            yield 'point flipped', dict(body, points=[flip(value[0])]), (
                'refused',)
        elif name == 'op_id' or name == 'for':
            for bad in ('crt_' + value[4:], value[:-1], value + 'a',
                        value.upper(), value[:4] + '1' + value[5:], ''):
                yield f'{name} = {bad}', dict(body, **{name: bad}), \
                    form + (('refused',) if name == 'for' else ())
        elif name == 'act':
            yield 'act altered', dict(body, act='check pIn'), ('refused',)
            yield 'act with a zero', dict(body, act='check pin\0'), (
                'bad_field', 'bad_json')
        else:
            data = unb64(value)
            cut, bent = b64(data[:-1]), flip(value)
            codes = ('refused',) if name in ('message', ) else form
            yield f'{name} cut', dict(body, **{name: cut}), codes
            yield f'{name} longer', dict(body, **{name: b64(data + b'\0')}), \
                codes
            yield f'{name} padded', dict(body, **{name: value + '=='}), form
            yield f'{name} as base64', dict(body, **{
                name: base64.b64encode(b'\xfb' * len(data)).decode()}), form
            yield f'{name} flipped', dict(body, **{name: bent}), ('refused',)
    yield 'a field more', dict(body, more=1), form


def flip(text):
    data = bytearray(unb64(text))
    data[len(data) // 2] ^= 1
    return b64(bytes(data))


def test_every_field_cut_flipped_or_of_another_type(lab):
    h = people(lab)
    key, dec = h.one, h.key(b'decrypt')
    tried = 0
    for name, k, path, body in held(lab, h, key, dec):
        for what, bent, codes in altered(body):
            try:
                h.server.raw(path, bent)
                raise AssertionError(f'{name}: {what} passed')
            except ref.Answer as no:
                code, named = no.problem.code, no.op_id
            except Problem as no:
                code, named = no.code, no.body.get('op_id')
                if code == 'bad_field':
                    assert no.body['field'] and no.body['detail_zh'], no.body
            assert code in codes, (name, what, code)
            if code != 'refused':
                assert named is None, (name, what)
            tried += 1
        for text in (b'{', b'[]', b'null', b'"x"', b'', b'{"g":1,"g":1}',
                     json.dumps(body).encode()[:-1] + b',"g":0}',
                     json.dumps(body).encode() + b'x', b'\xff\xfe{}',
                     b'{"g":"\xff"}', b'{"g":' + b'[' * 5000 + b']' * 5000
                     + b'}', b'{"g":01}', b'{"g":NaN}'):
            no = raises(('bad_json', 'bad_utf8', 'bad_field'), h.http, 'POST',
                        path, raw=text)
            assert is_bilingual(no), text
        no = raises('media_type', h.http, 'POST', path, body,
                    headers={'Content-Type': 'text/plain'})
    assert tried > 150, tried
    works(h, key, dec)


def test_a_request_on_another_keys_path(lab):
    h = people(lab)
    key, dec, spare = h.one, h.key(b'decrypt'), h.key()
    kinds = held(lab, h, key, dec)
    for name, k, path, body in kinds:
        here = id_text('key', k.key_id)
        for there in (id_text('key', spare.key_id), id_text('key', bytes(16)),
                      id_text('key', (dec if k is key else key).key_id)):
            no = expect(ref.Refused, h.server.raw, path.replace(here, there),
                        body)
            assert no.op_id == id_bytes(body['op_id'])
        for other in ('sign', 'authorise', 'recover', 'open', 'decrypt',
                      'move', 'arrive', 'keygen', 'import'):
            if other != name:
                raises('bad_field', h.server.raw,
                       path.replace('/' + name, '/' + other), body)
        for bad in ('dev_' + here[4:], here[:-1], here + 'a', 'key_', '..%2f',
                    here.upper()):
            raises(('bad_field', 'not_found'), h.server.raw,
                   path.replace(here, bad), body)
        raises(('method_not_allowed',), h.http, 'GET', path)
    works(h, key, dec, spare)
    for name, k, path, body in kinds:  # late, and g has gone on
        if name in ('open',):
            expect(ref.Stale, h.server.raw, path, body)
    assert h.phone.alarm is False


def test_the_genuine_request_passes_after_all_that(lab):
    h = people(lab)
    dec = h.key(b'decrypt')
    for name in ('decrypt', 'authorise', 'recover', 'open', 'sign'):
        for kind, k, path, body in held(lab, h, h.one, dec):
            if kind == name:
                expect(ref.Refused, h.server.raw, path,
                       dict(body, mac=flip(body['mac'])))
                answer = h.server.raw(path, body)
                assert answer['op_id'] == body['op_id']
                expect_or_same(h, name, path, body, answer)
        if name in ('decrypt', 'authorise', 'recover'):
            dec = h.key(b'decrypt')  # carried out behind the phone's back
    h.one = h.certified()
    works(h)


def expect_or_same(h, name, path, body, answer):
    """Twice: `open` gives another nonce, `recover` the same, others seen."""
    if name == 'open':
        assert h.server.raw(path, body)['Qs'] != answer['Qs']
    elif name == 'recover':
        assert h.server.raw(path, body) == answer
    else:
        expect(ref.Seen, h.server.raw, path, body)


if __name__ == '__main__':
    tap.run(sys.modules[__name__], lab_with_people)
