"""The demo platform over HTTP: binding, scan login, refusals, records."""
import base64, importlib.util, sys, threading, time

sys.dont_write_bytecode = True
import platform_lab as pl

spec = importlib.util.spec_from_file_location(
    'e2e_tap', pl.SOURCE + '/test/e2e/tap.py')
tap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tap)
raises = tap.raises


def test_a_user_logs_in_by_password(lab):
    lab.holder = lab.phone().sign_up().enterprise()
    lab.user_add('clerk', lab.holder.organisation, lab.holder.uscc)
    lab.user_add('other', '另一家有限公司', lab.uscc())
    lab.clerk = lab.browser()
    raises('wrong_password', lab.clerk.log_in, 'clerk', 'not-this-1')
    user = lab.clerk.log_in('clerk')
    assert user['certificate'] is None
    raises('unauthenticated', lab.browser(), 'GET', '/api/me')


def test_the_certificate_of_another_company_is_refused_on_both_sides(lab):
    other = lab.browser()
    other.log_in('other')
    made = other('POST', '/api/bind', {})
    raises('organisation_mismatch', lab.carry_out, other, made, lab.holder)
    end = other.until_end(made)
    assert end['state'] == 'failed' and end['message_zh'], end
    assert other('GET', '/api/me')['certificate'] is None


def test_an_unbound_certificate_logs_nobody_in(lab):
    browser = lab.browser()
    end = lab.carry_out(browser, browser('POST', '/api/scan-login', {}),
                        lab.holder)
    assert end['state'] == 'failed' and 'user' not in end, end
    raises('unauthenticated', browser, 'GET', '/api/me')


def test_a_certificate_binds_and_then_logs_in(lab):
    end = lab.carry_out(lab.clerk, lab.clerk('POST', '/api/bind', {}),
                        lab.holder)
    assert end['state'] == 'done', end
    assert lab.clerk('GET', '/api/me')['certificate']
    browser, thief = lab.browser(), lab.browser()
    made = browser('POST', '/api/scan-login', {})
    raises('not_found', thief, 'GET', f'/api/requests/{made["request"]}')
    end = lab.carry_out(browser, made, lab.holder)
    assert end['user']['uscc'] == lab.holder.uscc
    assert browser('GET', '/api/me')['login'] == 'clerk'
    raises('not_found', thief, 'GET', f'/api/requests/{made["request"]}')


def test_the_record_holds_the_exact_signed_bytes(lab):
    records = lab.clerk('GET', '/api/records')['records']
    assert [r['kind'] for r in records] == ['login', 'bind'], records
    assert b'bzt-login-1' in pl_bytes(records[0]['message'])


def pl_bytes(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def test_a_holder_who_refuses_logs_nobody_in(lab):
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    page = lab.page(made)
    scanned = lab.holder.run('scan', page.qr())
    lab.holder.run('refuse', request=scanned['id'])
    assert browser.until_end(made)['state'] == 'refused'
    page.close()


def test_a_login_is_handed_out_once(lab):
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    assert lab.carry_out(browser, made, lab.holder)['user']['login'] == 'clerk'
    assert 'user' not in browser.until_end(made)
    browser('POST', '/api/logout', {})
    browser.cookies.clear()
    raises('not_found', browser.until_end, made)
    # The browser's own cookie alone does not let it in again either.
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    lab.carry_out(browser, made, lab.holder)
    browser.cookies.pop('__Host-platform')
    browser.csrf = None
    end = browser.until_end(made)
    assert end['state'] == 'failed' and end['reason'] == 'released', end
    raises('unauthenticated', browser, 'GET', '/api/me')


def test_a_certificate_is_bound_to_one_account(lab):
    lab.user_add('second', lab.holder.organisation, lab.holder.uscc)
    second = lab.browser()
    second.log_in('second')
    end = lab.carry_out(second, second('POST', '/api/bind', {}), lab.holder)
    assert (end['state'], end['reason']) == ('failed', 'bound_elsewhere'), end
    assert second('GET', '/api/me')['certificate'] is None
    assert second('GET', '/api/records')['records'] == []


def test_a_binding_is_told_to_its_own_session_only(lab):
    made = lab.clerk('POST', '/api/bind', {})
    thief = lab.browser()
    thief.cookies['__Host-platform-browser'] = \
        lab.clerk.cookies['__Host-platform-browser']
    raises('not_found', thief, 'GET', f'/api/requests/{made["request"]}')
    lab.clerk('POST', f'/api/requests/{made["request"]}/cancel', {})
    assert lab.clerk.until_end(made)['reason'] == 'cancelled_by_rp'


def test_the_request_before_is_cancelled(lab):
    browser = lab.browser()
    first = browser('POST', '/api/scan-login', {})
    page = lab.page(first)
    text = page.qr()
    browser('POST', '/api/scan-login', {})
    assert browser.until_end(first)['state'] == 'refused'
    raises(('request_state', 'request_expired'), lab.holder.run, 'scan', text)
    page.close()


def test_a_wrong_number_ends_the_binding(lab):
    made = lab.clerk('POST', '/api/bind', {})
    page = lab.page(made)
    scanned = lab.holder.run('scan', page.qr())
    wrong = next(n for n in scanned['numbers'] if n != page.number())
    raises('wrong_number', lab.holder.confirm, scanned['id'], number=wrong)
    end = lab.clerk.until_end(made)
    assert (end['state'], end['reason']) == ('failed', 'wrong_number'), end
    page.close()


def test_a_short_code_asks_for_the_number(lab):
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    page = lab.page(made)
    scanned = lab.holder.run('scan', page.short_code())
    assert scanned['numbers']
    lab.holder.confirm(scanned['id'], number=page.number())
    assert browser.until_end(made)['user']['login'] == 'clerk'
    page.close()


def test_browsers_that_wait_take_no_thread(lab):
    browsers = [lab.browser() for _ in range(40)]
    waits, began = [], time.monotonic()
    for browser in browsers:
        made = browser('POST', '/api/scan-login', {})
        waits.append(threading.Thread(target=browser.result, args=(made, 6)))
    for thread in waits:
        thread.start()
    time.sleep(1)
    for _ in range(10):  # the others are served meanwhile
        at = time.monotonic()
        lab.clerk('GET', '/api/me')
        assert time.monotonic() - at < 2
    for thread in waits:
        thread.join()
    assert time.monotonic() - began < 30


def test_a_platform_that_stops_answers_those_who_wait(lab):
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    told = []
    thread = threading.Thread(
        target=lambda: told.append(browser.result(made, 25)))
    thread.start()
    time.sleep(1)
    at = time.monotonic()
    lab.kill('platform', 15)
    thread.join()
    assert time.monotonic() - at < 8
    assert told and told[0]['state'] == 'created', told
    lab.start_platform()
    raises('not_found', browser.result, made)
    lab.clerk.log_in('clerk')  # sessions are gone, what is bound is not
    assert lab.clerk('GET', '/api/me')['certificate']


def test_a_revoked_certificate_logs_in_no_more(lab):
    certificate = lab.holder.run('certificates')['certificates'][0]['id']
    lab.bzt('ca', 'revoke', '--dir', lab.operator, '--reason', '1', certificate)
    browser = lab.browser()
    made = browser('POST', '/api/scan-login', {})
    raises('certificate_revoked', lab.carry_out, browser, made, lab.holder)


def test_pages_and_bad_input(lab):
    browser = lab.browser()
    for path in ('/', '/login', '/assets/index.js', '/assets/app.css'):
        assert browser('GET', path), path
        policy = browser.headers['Content-Security-Policy']
        assert "default-src 'none'" in policy or "default-src 'self'" in policy
        assert 'unsafe' not in policy, policy
    raises(('bad_json', 'bad_field'), browser, 'POST', '/api/login',
           raw=b'{"login": ')
    raises('bad_field', browser, 'POST', '/api/login',
           dict(login='a', password='b', more=1))
    raises(('too_large', 'http_413'), browser, 'POST', '/api/login',
           dict(login='a' * 2000000, password='b'))
    raises(('csrf', 'unauthenticated'), browser, 'POST', '/api/bind', {})
    raises('not_found', browser, 'GET', '/api/nothing')


if __name__ == '__main__':
    tap.run(sys.modules[__name__], pl.PlatformLab)
