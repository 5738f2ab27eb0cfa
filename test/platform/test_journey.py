"""The demo platform over HTTP: binding, scan login, refusals, records."""
import base64, importlib.util, sys

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
