"""What is refused on the way of a request and of an application, through
nginx, as phones and business systems see it."""
import http.server, json, secrets, sys, threading, time

sys.dont_write_bytecode = True
import tap
from lab import Http, Lab, Problem, b64, unb64
from rp import Rp, ref, sign_with, sm2_sign, statement
from tap import raises


class Receiver(http.server.BaseHTTPRequestHandler):
    """A business system's webhook: fails the first time, then takes it."""
    bodies = []

    def do_POST(self):
        Receiver.bodies.append(
            self.rfile.read(int(self.headers['Content-Length'])))
        self.send_response(500 if len(Receiver.bodies) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def both_languages(problem):
    assert problem.body.get('title') and problem.body.get('title_zh'), \
        problem.body
    return problem


def scanned(lab, phone=None, **changes):
    made = lab.rp.request(**changes)
    page = lab.rp.page(made)
    request = (phone or lab.holder).run('scan', page.qr())
    return made, page, request


def test_prepare(lab):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lab.rp = Rp(lab, webhook=f'http://127.0.0.1:{server.server_port}/hook')
    lab.other_rp = Rp(lab, name='另一业务系统')
    lab.holder = lab.phone().sign_up().enterprise()
    lab.second = lab.phone().sign_up(real_name='李四').certificate()


def test_an_old_code_has_expired(lab):
    page = lab.rp.page(lab.rp.request())
    old = page.qr()
    time.sleep(5)
    both_languages(raises('qr_expired', lab.holder.run, 'scan', old))
    page.close()


def test_an_altered_or_foreign_code_is_none(lab):
    page = lab.rp.page(lab.rp.request())
    code = page.qr()
    for bent in (code[:-1] + ('A' if code[-1] != 'A' else 'B'),
                 code.replace('localhost', 'elsewhere'), code + '&x=1',
                 code.replace('s=', 's=0'), 'https://example.com/'):
        both_languages(raises(('qr_invalid', 'bad_field'), lab.holder.run,
                              'scan', bent))
    page.close()


def test_a_second_phone_comes_too_late_and_the_first_may_scan_again(lab):
    made = lab.rp.request()
    page = lab.rp.page(made)
    code = page.qr()
    first = lab.holder.run('scan', code)
    both_languages(raises('request_taken', lab.second.run, 'scan', code))
    assert lab.holder.run('scan', code)['id'] == first['id']
    raises('not_found', lab.second.run, 'confirm', request=first['id'],
           pin='271828')
    raises('not_found', lab.second.run, 'refuse', request=first['id'])
    page.close()


def test_a_wrong_number_ends_the_request(lab):
    made, page, request = scanned(
        lab, kind='bind', account='x', organisation=dict(
            name=lab.holder.organisation, uscc=lab.holder.uscc))
    wrong = next(n for n in request['numbers'] if n != page.number())
    both_languages(raises('wrong_number', lab.holder.confirm, request['id'],
                          number=wrong))
    assert lab.rp.get(made)['reason'] == 'wrong_number'
    raises('request_state', lab.holder.confirm, request['id'],
           number=page.number())
    page.close()


def test_short_codes_work_once_and_are_limited(lab):
    made = lab.rp.request()
    page = lab.rp.page(made)
    dead, code = page.short_code(), page.short_code()
    both_languages(raises('wrong_short_code', lab.second.run, 'scan', dead))
    request = lab.second.run('scan', code)
    assert len(request['numbers']) == 3  # always with the number
    raises('wrong_short_code', lab.holder.run, 'scan', code)
    for _ in range(4):
        raises('wrong_short_code', lab.holder.run, 'scan', 'ABCDEFGH')
    problem = raises('limited', lab.holder.run, 'scan', 'ABCDEFGH')
    assert both_languages(problem).body['seconds'] > 0
    page.close()


def test_the_same_request_twice_is_one(lab):
    key, description = secrets.token_hex(8), lab.rp.describe()
    one = lab.rp.request(description=description, key=key)
    signature = sm2_sign(lab.rp.d, statement('bzt-description-1', description))
    both_languages(raises('idempotency_conflict', lab.rp.request,
                          description=lab.rp.describe(), key=key))
    body = dict(description=b64(description), signature=b64(signature))
    headers = {'Idempotency-Key': secrets.token_hex(8)}
    two = lab.rp.call('POST', '/rp/v1/requests', body, headers=headers)
    assert lab.rp.call('POST', '/rp/v1/requests', body, headers=headers) == two
    assert one['id'] != two['id']
    raises('bad_field', lab.rp.call, 'POST', '/rp/v1/requests', body)


def test_a_description_that_is_not_the_signed_one_is_refused(lab):
    description = lab.rp.describe()
    signature = sm2_sign(lab.rp.d, statement('bzt-description-1', description))
    for at in (10, len(description) // 2, len(description) - 3):
        bent = bytearray(description)
        bent[at] ^= 1
        raises(('bad_signature', 'bad_json', 'bad_field', 'bad_utf8',
                'rp_domain', 'request_expired', 'clock_skew'), lab.rp.request,
               description=bytes(bent), signature=signature)
    title = description.replace('登录'.encode(), '付款'.encode(), 1)
    both_languages(raises('bad_signature', lab.rp.request, description=title,
                          signature=signature))
    raises('bad_signature', lab.rp.request, description=description,
           signature=sm2_sign(lab.rp.d, description))  # no label


def test_descriptions_must_be_this_systems_and_in_time(lab):
    now = int(time.time() * 1000)
    for code, changes in (
            ('bad_field', dict(rp=lab.other_rp.id)),
            ('rp_domain', dict(domain='bank.example')),
            ('request_expired', dict(created_at=now - 300000,
                                     expires_at=now - 1000)),
            ('clock_skew', dict(created_at=now + 200000,
                                expires_at=now + 300000)),
            ('bad_field', dict(expires_at=now + 3600000)),
            ('bad_field', dict(kind='pay')), ('bad_field', dict(more=1)),
            ('bad_field', dict(title='')), ('bad_field', dict(title='a\u202eb')),
            ('bad_uscc', dict(organisation=dict(
                name='x', uscc='91330106MA28F1N073')))):
        both_languages(raises(code, lab.rp.request, **changes))


def test_signed_calls_are_used_once_and_for_one_thing(lab):
    now = int(time.time() * 1000)
    made = lab.rp.request()
    target = f'/rp/v1/requests/{made["id"]}'
    nonce = b64(secrets.token_bytes(16))
    lab.rp.call('GET', target, at=now, nonce=nonce)
    both_languages(raises('replayed', lab.rp.call, 'GET', target, at=now,
                          nonce=nonce))
    for at in (now - 120000, now + 120000):
        raises('clock_skew', lab.rp.call, 'GET', target, at=at)
    raises('bad_signature', lab.rp.call, 'GET', target, d=lab.other_rp.d)
    raises('not_found', lab.other_rp.call, 'GET', target)
    raises('not_found', lab.other_rp.call, 'DELETE', target)
    both_languages(raises('unauthenticated', lab.http(lab.api), 'GET', target))


def test_a_page_of_another_origin_sees_nothing(lab):
    made = lab.rp.request()
    for origin in ('https://evil.example', 'http://localhost', None):
        http = Http(lab.api, lab.context)
        headers = {'Origin': origin} if origin else {}
        raises('rp_domain', http, 'GET',
               f'/rp/v1/page/events?token={made["page_token"]}',
               headers=headers)
        assert 'Access-Control-Allow-Origin' not in http.headers
    raises('not_found', Http(lab.api, lab.context), 'GET',
           f'/rp/v1/page/events?token={b64(bytes(32))}',
           headers={'Origin': lab.rp.origin})


def test_the_business_system_cancels(lab):
    made, page, request = scanned(lab)
    lab.rp.call('DELETE', f'/rp/v1/requests/{made["id"]}')
    raises('request_state', lab.holder.confirm, request['id'])
    assert lab.rp.get(made)['reason'] == 'cancelled_by_rp'
    page.close()


def test_a_long_poll_wakes_at_once(lab):
    made, page, request = scanned(lab)
    version = lab.rp.get(made)['version']
    timer = threading.Timer(1, lab.holder.run, ['refuse'],
                            dict(request=request['id']))
    begun = time.monotonic()
    timer.start()
    assert lab.rp.get(made, wait=20, version=version)['state'] == 'refused'
    assert time.monotonic() - begun < 3
    timer.join()
    page.close()


def test_a_disabled_system_asks_for_nothing(lab):
    rp = Rp(lab, name='停用的系统')
    Http(lab.api, lab.context)
    operator = json.loads((lab.operator / 'staff.json').read_text())
    asked = rp.request()
    page = rp.page(asked)
    text = page.wait('qr')['text']
    d = int.from_bytes((lab.operator / 'staff.key').read_bytes(), 'big')
    rp.call('POST', f'/staff/v1/rps/{rp.id}/state', dict(state='disabled'),
            d=d, id=operator['key_id'])
    both_languages(raises('rp_unknown', rp.request))
    # nor does what it asked for before go on
    raises('rp_unknown', lab.holder.run, 'scan', text)
    page.close()


def test_webhooks_are_signed_and_come_again(lab):
    settings = json.loads((lab.home / 'etc/settings.json').read_text())
    key = ref.dec(unb64(json.loads(unb64(settings['payload']))['webhook_key']))
    end = time.monotonic() + 20
    while len(Receiver.bodies) < 4 and time.monotonic() < end:
        time.sleep(0.2)
    assert len(Receiver.bodies) >= 4
    for body in Receiver.bodies:
        hook = json.loads(body)
        payload, sig = unb64(hook['payload']), unb64(hook['signature'])
        e = ref.digest(key, statement('bzt-webhook-1', payload))
        assert ref.verify(key, e, int.from_bytes(sig[:32], 'big'),
                          int.from_bytes(sig[32:], 'big'))
        assert json.loads(payload)['rp'] == lab.rp.id
    ids = [json.loads(unb64(json.loads(b)['payload']))['id']
           for b in Receiver.bodies]
    deadline = time.monotonic() + 15
    while ids.count(ids[0]) < 2 and time.monotonic() < deadline:
        time.sleep(0.3)
        ids = [json.loads(unb64(json.loads(b)['payload']))['id']
               for b in Receiver.bodies]
    assert ids.count(ids[0]) >= 2  # refused once, delivered again


def test_sms_codes_are_checked(lab):
    phone = lab.phone().init()
    phone.run('sms', phone=phone.number)
    code = phone.code()
    wrong = f'{(int(code) + 1) % 1000000:06d}'
    both_languages(raises('wrong_sms_code', phone.run, 'login',
                          phone=phone.number, code=wrong))
    phone.run('login', phone=phone.number, code=code)
    raises('sms_code_used', phone.run, 'login',
           phone=phone.number, code=code)
    both_languages(raises('real_name_required', phone.run, 'claim',
                          name='某公司', uscc=lab.uscc(), legal_name='王',
                          legal_id=lab.id_number()))


def test_real_names_and_numbers_are_checked(lab):
    phone = lab.phone().init().login()
    good = lab.id_number()
    bad = good[:-1] + ('0' if good[-1] != '0' else '1')
    both_languages(raises('bad_id_number', phone.run, 'realname', name='张三',
                          id_number=bad))
    both_languages(raises('real_name_refused', phone.run, 'realname',
                          name='拒某', id_number=good))
    lab.script('police', 'down')
    both_languages(raises('unavailable', phone.run, 'realname', name='张三',
                          id_number=good))
    phone.run('realname', name='张三', id_number=good)
    uscc = lab.holder.uscc
    both_languages(raises('bad_uscc', phone.run, 'claim', name='某公司',
                          uscc=uscc[:-1] + ('A' if uscc[-1] != 'A' else 'B'),
                          legal_name='王', legal_id=good))
    both_languages(raises('duplicate', phone.run, 'claim',
                          name=lab.holder.organisation, uscc=uscc,
                          legal_name='王', legal_id=good))


def test_nothing_is_issued_before_approval_or_after_rejection(lab):
    phone = lab.phone().sign_up(real_name='王五')
    application = phone.run('apply', catalogue=phone.catalogue('personal'))['id']
    raises('not_approved', phone.run, 'download', application=application,
           pin='271828')
    raises('bad_field', lab.review, application, 'reject')  # without a reason
    lab.review(application, 'reject', reason='照片不清楚')
    raises('not_approved', phone.run, 'download', application=application,
           pin='271828')
    raises('not_found', lab.second.run, 'download', application=application,
           pin='271828')
    raises('weak_pin', phone.run, 'download', application=application,
           pin='123456')


def test_bodies_are_bounded_and_well_formed(lab):
    http = lab.http(lab.app)
    for code, raw in (('bad_json', b'{"phone":'), ('bad_utf8', b'{"a":"\xff"}'),
                      ('bad_field', b'{"phone":13900000000,"purpose":"login"}'),
                      ('bad_field', b'{"phone":"12345","purpose":"login"}'),
                      ('bad_field', b'{"phone":"13900000000"}'),
                      ('bad_field', b'{"phone":"13900000000",'
                                    b'"purpose":"login","x":1}'),
                      (('bad_json', 'bad_field'),
                       b'{"phone":"13900000000","phone":"13900000001",'
                       b'"purpose":"login"}'),
                      ('bad_json', b'[' * 5000 + b']' * 5000)):
        both_languages(raises(code, http, 'POST', '/app/v1/sms', raw=raw))
    for size in (100 * 1024, 3 << 20):
        raises(('too_large', 'http_413'), http, 'POST', '/app/v1/sms',
               raw=b'{"phone":"' + b'1' * size + b'"}')
    raises('unauthenticated', http, 'GET', '/app/v1/me')
    raises('not_found', http, 'GET', '/app/v1/nothing')
    raises('method_not_allowed', http, 'DELETE', '/app/v1/sms')


def test_after_all_that_the_holder_still_logs_in(lab):
    result = sign_with(lab, lab.rp, lab.holder)
    assert result['state'] == 'done' and lab.rp.verify(result)


if __name__ == '__main__':
    tap.run(sys.modules[__name__], lambda: Lab(platform=False))
