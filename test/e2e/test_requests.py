"""What requests refuse, over HTTPS against the running bztd: stale and forged
QR codes, second phones, wrong numbers and codes, replays, altered
descriptions, strangers.  Phone and business system are Python.

usage: test_requests.py [NAME...] (BZT_BUILD, BZT_SOURCE in the environment)
"""
import http.server, json, secrets, ssl, sys, threading, time

sys.dont_write_bytecode = True
import tap
from http_server import (Handset, Lab, Person, Rp, advance, audit, b64, expect,
                         id_text, is_bilingual, movable_clock, point, ref,
                         unb64)
from lab import Http
from rp import sm2_sign, statement
from tap import raises


class Receiver:
    """A business system's address for webhooks; it can be out of order."""

    def __init__(self, lab):
        self.got, self.refuse_once, me = [], set(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers['Content-Length'])
                hook = json.loads(self.rfile.read(size))
                name = json.loads(unb64(hook['payload']))['id']
                me.got.append((name, hook))
                self.send_response(500 if name in me.refuse_once else 204)
                me.refuse_once.discard(name)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(lab.tls / 'leaf.pem', lab.tls / 'leaf.key')
        self.server.socket = context.wrap_socket(self.server.socket,
                                                 server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f'https://localhost:{self.server.server_port}/hook'

    def wait(self, made, n, seconds=15):
        """The first n deliveries about one request."""
        end = time.monotonic() + seconds
        while True:
            hooks = [hook for name, hook in self.got if name == made['id']]
            if len(hooks) >= n:
                return hooks
            assert time.monotonic() < end, (n, len(hooks))
            time.sleep(0.05)


def lab_with_people():
    movable_clock()
    return Lab(platform=False)


def people(lab):
    if not hasattr(lab, 'alice'):
        lab.alice, lab.bob = Handset(Person(lab)), Handset(Person(lab, '李四'))
        lab.alice.one = lab.alice.certified()
        lab.receiver = Receiver(lab)
        lab.business = Rp(lab, webhook=lab.receiver.url)
        lab.other = Rp(lab, name='另一业务系统')
    return lab.alice


def refused(code, f, *args, **options):
    problem = raises(code, f, *args, **options)
    assert is_bilingual(problem), problem.body
    return problem


def on_screen(lab, kind='login', **changes):
    """A fresh request and the text of its QR code."""
    made = lab.business.request(kind, **changes)
    page = lab.business.page(made)
    text = page.wait('qr')['text']
    return made, page, text


def by_code(phone, code):
    return phone.http('POST', '/app/v1/scan', dict(short_code=code))


def scanned(lab, kind='login', **changes):
    phone = people(lab)
    made, page, text = on_screen(lab, kind, **changes)
    return made, page, phone.scan(text)


def test_an_old_qr_code_is_refused(lab):
    phone = people(lab)
    made, page, text = on_screen(lab)
    page.close()
    advance(6)
    refused('qr_expired', phone.scan, text)
    assert lab.business.get(made)['state'] == 'created'


def test_an_altered_qr_code_is_refused(lab):
    phone = people(lab)
    made, page, text = on_screen(lab)
    head, mac = text.rsplit('&m=', 1)
    for i in range(0, len(mac) - 1, 3):
        other = 'A' if mac[i] != 'A' else 'B'
        refused('qr_invalid', phone.scan,
                f'{head}&m={mac[:i]}{other}{mac[i + 1:]}')
    start = text.split('&s=')[0]
    later = int(text.split('&s=')[1].split('&')[0]) + 1
    refused('qr_invalid', phone.scan, f'{start}&s={later}&m={mac}')
    refused('qr_invalid', phone.scan, 'https://evil.example/q?' +
            text.split('?')[1])
    refused('qr_invalid', phone.scan, text[:-1])
    refused('qr_invalid', phone.scan, text + 'A')
    refused('bad_field', phone.scan, '')
    assert lab.business.get(made)['state'] == 'created'
    page.close()


def test_a_second_phone_comes_too_late(lab):
    phone = people(lab)
    made, page, text = on_screen(lab)
    assert phone.scan(text)['id'] == made['id']
    assert phone.scan(text)['id'] == made['id'], 'the same phone may again'
    refused('request_taken', lab.bob.scan, text)
    page.close()


def test_a_foreign_request_does_not_exist(lab):
    made, page, _ = scanned(lab)
    page.close()
    path = f'/app/v1/requests/{made["id"]}'
    certificate = dict(certificate_id=lab.alice.one.certificate)
    refused('not_found', lab.bob.http, 'GET', path)
    refused('not_found', lab.bob.http, 'POST', path + '/confirm', certificate)
    refused('not_found', lab.bob.http, 'POST', path + '/refuse')
    refused('not_found', lab.other.get, made)
    refused('not_found', lab.other.call, 'DELETE',
            f'/rp/v1/requests/{made["id"]}')
    nobody = '/app/v1/requests/' + id_text('req', secrets.token_bytes(16))
    refused('not_found', lab.alice.http, 'GET', nobody)
    assert lab.business.get(made)['state'] == 'scanned'


def test_a_wrong_number_ends_the_request(lab):
    made, page, request = scanned(lab, 'bind', account='zhangsan')
    number = page.number()
    assert number in request['numbers'] and len(set(request['numbers'])) == 3
    wrong = next(n for n in request['numbers'] if n != number)
    refused('wrong_number', lab.alice.confirm, made['id'], lab.alice.one,
            number=wrong)
    refused('request_state', lab.alice.confirm, made['id'], lab.alice.one,
            number=number)
    seen = lab.business.get(made)
    assert (seen['state'], seen['reason']) == ('failed', 'wrong_number')
    page.close()


def test_a_completion_cannot_be_replayed(lab):
    phone = people(lab)
    message = phone.message(lab.business, phone.one)
    made = phone.made
    phone.one.sign(phone.server, '271828', message)
    path, body = phone.server.sent[-1]
    assert path.endswith('/sign')
    before = lab.business.get(made)
    assert before['state'] == 'done' and lab.business.verify(before)
    expect(ref.Seen, phone.server.raw, path, body)
    refused('request_state', phone.confirm, made['id'], phone.one)
    assert lab.business.get(made) == before


def test_one_idempotency_key_makes_one_request(lab):
    people(lab)
    d = lab.business.describe()
    s = sm2_sign(lab.business.d, statement('bzt-description-1', d))
    first = lab.business.request(description=d, signature=s, key='same-1')
    again = lab.business.request(description=d, signature=s, key='same-1')
    assert (first['id'], first['page_token']) == (again['id'],
                                                  again['page_token'])
    refused('idempotency_conflict', lab.business.request, key='same-1')
    assert lab.other.request(key='same-1')['id'] != first['id']


def test_an_altered_description_is_refused(lab):
    people(lab)
    d = lab.business.describe(title='支付100元')
    s = sm2_sign(lab.business.d, statement('bzt-description-1', d))
    bent = d.replace('100'.encode(), '900'.encode())
    refused('bad_signature', lab.business.request, description=bent,
            signature=s)
    refused('bad_signature', lab.business.request, description=d,
            signature=s[:-1] + bytes([s[-1] ^ 1]))
    refused('bad_signature', lab.business.request, description=d,
            signature=sm2_sign(lab.other.d,
                               statement('bzt-description-1', d)))
    refused('bad_signature', lab.business.request, description=d,
            signature=sm2_sign(lab.business.d, statement('bzt-http-1', d)))


def test_a_description_speaks_for_its_own_system_only(lab):
    people(lab)
    d = lab.other.describe()
    s = sm2_sign(lab.other.d, statement('bzt-description-1', d))
    refused('bad_field', lab.business.request, description=d, signature=s)
    refused('rp_domain', lab.business.request, domain='evil.example')
    refused('bad_field', lab.business.request, surplus=1)
    refused('bad_field', lab.business.request, kind='transfer')


def test_a_description_has_its_time(lab):
    people(lab)
    now = int(time.time() * 1000)
    refused('request_expired', lab.business.request, created_at=now - 9000,
            expires_at=now - 5000)
    refused('clock_skew', lab.business.request, created_at=now + 120000,
            expires_at=now + 240000)


def test_a_signed_call_works_once_and_now(lab):
    people(lab)
    made = lab.business.request()
    path = f'/rp/v1/requests/{made["id"]}'
    nonce = b64(secrets.token_bytes(16))
    lab.business.call('GET', path, nonce=nonce)
    refused('replayed', lab.business.call, 'GET', path, nonce=nonce)
    now = int(time.time() * 1000)
    refused('clock_skew', lab.business.call, 'GET', path, at=now - 65000)
    refused('clock_skew', lab.business.call, 'GET', path, at=now + 65000)
    refused('bad_signature', lab.business.call, 'GET', path, d=lab.other.d)
    refused('unauthenticated', Http(lab.api, lab.context), 'GET', path)


def test_the_page_is_open_to_the_systems_own_domain_only(lab):
    people(lab)
    made = lab.business.request()
    path = f'/rp/v1/page/code?token={made["page_token"]}'
    http = Http(lab.api, lab.context)
    for origin in ('https://evil.example', 'http://localhost', 'null',
                   'https://localhost.evil.example'):
        refused('rp_domain', http, 'POST', path, headers={'Origin': origin})
    refused('rp_domain', http, 'POST', path)
    http('POST', path, headers={'Origin': lab.business.origin})
    assert http.headers['Access-Control-Allow-Origin'] == lab.business.origin
    refused('not_found', http, 'POST', '/rp/v1/page/code?token=' +
            b64(secrets.token_bytes(32)),
            headers={'Origin': lab.business.origin})


def test_what_is_cancelled_stays_so(lab):
    made, page, _ = scanned(lab)
    lab.business.call('DELETE', f'/rp/v1/requests/{made["id"]}')
    lab.business.call('DELETE', f'/rp/v1/requests/{made["id"]}')
    refused('request_state', lab.alice.confirm, made['id'], lab.alice.one)
    assert lab.business.get(made)['reason'] == 'cancelled_by_rp'
    page.close()


def test_a_short_code_works_once(lab):
    phone = people(lab)
    made, page, _ = on_screen(lab)
    dead, code = page.short_code(), page.short_code()
    refused('wrong_short_code', by_code, phone, dead)
    request = by_code(phone, code)
    assert request['id'] == made['id'] and request['numbers']
    refused('wrong_short_code', by_code, lab.bob, code)
    page.close()


def test_a_short_code_lives_a_minute(lab):
    phone = people(lab)
    _, page, _ = on_screen(lab)
    code = page.short_code()
    advance(61)
    refused('wrong_short_code', by_code, phone, code)
    page.close()


def test_short_codes_are_not_guessed(lab):
    people(lab)
    guesser = Handset(Person(lab, '王五'))
    _, page, _ = on_screen(lab)
    code = page.short_code()
    for _ in range(5):
        refused('wrong_short_code', by_code, guesser, 'ABCDEFGH')
    refused('limited', by_code, guesser, code)
    page.close()


def test_nobody_decides_too_late(lab):
    made, page, _ = scanned(lab)
    page.close()
    advance(181)
    refused('request_expired', lab.alice.confirm, made['id'], lab.alice.one)


def test_a_webhook_is_signed_and_comes_again(lab):
    phone = people(lab)
    made = lab.business.request()
    lab.receiver.refuse_once.add(made['id'])
    lab.business.call('DELETE', f'/rp/v1/requests/{made["id"]}')
    lab.receiver.wait(made, 1)
    time.sleep(0.5)  # the failure is on record before the clock moves
    advance(6)
    hooks = lab.receiver.wait(made, 2)
    site = json.loads(unb64(phone.http('GET', '/app/v1/site')['payload']))
    P = point(site['webhook_key'])
    for hook in hooks:
        payload, sig = unb64(hook['payload']), unb64(hook['signature'])
        e = ref.digest(P, statement('bzt-webhook-1', payload))
        assert ref.verify(P, e, int.from_bytes(sig[:32], 'big'),
                          int.from_bytes(sig[32:], 'big'))
        told = json.loads(payload)
        assert (told['id'], told['state']) == (made['id'], 'refused'), told


def test_the_trail_tells_of_it(lab):
    people(lab)
    wanted = {'request.create', 'request.scan', 'request.confirm',
              'request.end'}
    kinds = {r['kind'] for r in audit(
        lab, until=lambda rs: wanted <= {r['kind'] for r in rs})}
    assert wanted <= kinds, kinds


if __name__ == '__main__':
    tap.run(sys.modules[__name__], lab_with_people)
