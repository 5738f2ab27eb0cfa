"""What pki makes, judged by the openssl command, and the reverse.

usage: test_openssl.py TOOL       (TOOL: the program of tool.c)
"""
import os
import subprocess
import sys
import tempfile

TOOL = os.path.abspath(sys.argv[1])
ID = 'distid:1234567812345678'
AT = '1790000000'


def run(*command, fails=False):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    text = done.stdout.decode('utf-8', 'replace')
    if (done.returncode != 0) != fails:
        raise AssertionError(f'{" ".join(command)}: {text}')
    return text


def openssl(*arguments, fails=False):
    return run('openssl', *arguments, fails=fails)


def tool(*arguments, fails=False):
    return run(TOOL, *arguments, fails=fails).strip()


def verify(leaf, issuer, *more, fails=False):
    """One step of a path: the command gives the distinguishing id to the
    leaf alone.  Whole paths are in test_foreign.c."""
    return openssl('verify', '-vfyopt', ID, '-x509_strict', '-partial_chain',
                   '-trusted', issuer, *more, leaf, fails=fails)


def openssl_verifies_each_step_of_the_paths():
    for leaf in ['holder.pem', 'person.pem', 'ocsp.pem']:
        assert f'{leaf}: OK' in verify(leaf, 'issuing.pem', '-attime', AT)
    verify('issuing.pem', 'root.pem', '-attime', AT)
    verify('rp.pem', 'rp_root.pem', '-attime', AT, '-verify_hostname',
           'trade.example.cn')


def openssl_refuses_other_issuers_hosts_times_and_ids():
    verify('holder.pem', 'rp_root.pem', '-attime', AT, fails=True)
    verify('holder.pem', 'issuing.pem', '-attime', '1990000000', fails=True)
    verify('rp.pem', 'rp_root.pem', '-attime', AT, '-verify_hostname',
           'evil.example.cn', fails=True)
    openssl('verify', '-attime', AT, '-partial_chain', '-trusted',
            'issuing.pem', 'holder.pem', fails=True)


def openssl_sees_usage_names_and_addresses():
    text = openssl('x509', '-in', 'holder.pem', '-noout', '-text', '-nameopt',
                   'utf8')
    for part in ['Digital Signature, Non Repudiation',
                 'Signature Algorithm: SM2-with-SM3',
                 'URI:http://ca.example.cn/ca/v1/issuing/crl',
                 'OCSP - URI:http://ca.example.cn/ca/v1/issuing/ocsp',
                 'CA Issuers - URI:http://ca.example.cn/ca/v1/issuing/cert',
                 '测试有限公司', '91350100M000100Y43',
                 '1.2.156.10260.4.1.4']:
        assert part in text, part
    text = openssl('x509', '-in', 'issuing.pem', '-noout', '-text')
    assert 'CA:TRUE, pathlen:0' in text
    assert 'Certificate Sign, CRL Sign' in text
    text = openssl('x509', '-in', 'ocsp.pem', '-noout', '-text')
    assert 'OCSP Signing' in text and 'OCSP No Check' in text


def openssl_verifies_the_request():
    text = openssl('req', '-in', 'csr.pem', '-verify', '-noout', '-vfyopt', ID)
    assert 'verify OK' in text
    subject = openssl('req', '-in', 'csr.pem', '-noout', '-subject',
                      '-nameopt', 'utf8')
    assert 'serialNumber=91350100M000100Y43' in subject.replace(' ', '')


def openssl_reads_the_list():
    text = openssl('crl', '-in', 'crl.pem', '-noout', '-text')
    serial = openssl('x509', '-in', 'person.pem', '-noout', '-serial')
    assert serial.strip().split('=')[1].lower() in text.lower()
    assert 'Key Compromise' in text
    assert 'X509v3 CRL Number' in text and 'FF01' in text


def openssl_parses_every_structure():
    for name in sorted(os.listdir('.')):
        if name.endswith('.der'):
            openssl('asn1parse', '-inform', 'DER', '-in', name)


def openssl_verifies_message_and_statement():
    for key, sig, signed in [('holder_key.pem', 'message.sig', 'message.der'),
                             ('rp_key.pem', 'statement.sig',
                              'statement.bin')]:
        text = openssl('pkeyutl', '-verify', '-pubin', '-inkey', key,
                       '-sigfile', sig, '-rawin', '-digest', 'sm3',
                       '-pkeyopt', ID, '-in', signed)
        assert 'Verified Successfully' in text
        openssl('pkeyutl', '-verify', '-pubin', '-inkey', key, '-sigfile',
                sig, '-rawin', '-digest', 'sm3', '-pkeyopt', ID, '-in',
                'csr.der', fails=True)


def openssl_client_is_answered():
    """Its requests carry SHA-1 ids; -noverify since its client cannot set a
    distinguishing id.  test_foreign.c verifies the signature."""
    for cert, want in [('holder.pem', 'good'), ('person.pem', 'revoked')]:
        openssl('ocsp', '-issuer', 'issuing.pem', '-cert', cert, '-reqout',
                'their_request.der')
        tool('answer', 'their_request.der', 'our_response.der')
        text = openssl('ocsp', '-issuer', 'issuing.pem', '-cert', cert,
                       '-reqin', 'their_request.der', '-respin',
                       'our_response.der', '-noverify',
                       '-validity_period', '999999999')
        assert f'{cert}: {want}' in text, text
        if want == 'revoked':
            assert 'keyCompromise' in text
    tool('answer', 'request_sm3.der', 'our_response.der')
    text = openssl('ocsp', '-respin', 'our_response.der', '-noverify',
                   '-resp_text')
    assert 'OCSP Response Status: successful' in text
    assert 'Cert Status: good' in text


def make_their_ca():
    openssl('ecparam', '-name', 'SM2', '-genkey', '-noout', '-out', 'ca.key')
    openssl('req', '-x509', '-new', '-key', 'ca.key', '-sm3', '-sigopt', ID,
            '-subj', '/C=CN/O=Other/CN=Other CA', '-days', '3650', '-out',
            'ca.pem', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
    openssl('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der')
    openssl('ecparam', '-name', 'SM2', '-genkey', '-noout', '-out', 'ee.key')
    openssl('req', '-new', '-key', 'ee.key', '-sm3', '-sigopt', ID, '-subj',
            '/C=CN/O=Other/CN=ee', '-out', 'ee.csr')
    openssl('req', '-in', 'ee.csr', '-outform', 'DER', '-out', 'ee_csr.der')
    with open('ee.ext', 'w', encoding='ascii') as f:
        f.write('basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n'
                'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n')
    openssl('x509', '-req', '-in', 'ee.csr', '-extfile', 'ee.ext', '-sm3', '-sigopt', ID, '-vfyopt',
            ID, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '0x7001',
            '-days', '365', '-out', 'ee.pem')
    openssl('x509', '-in', 'ee.pem', '-outform', 'DER', '-out', 'ee.der')


def openssl_certificates_and_requests_are_read():
    make_their_ca()
    assert tool('cert', 'ca.der', 'ca.der') == 'ok'
    assert tool('cert', 'ee.der', 'ca.der') == 'ok'
    assert tool('csr', 'ee_csr.der') == 'ok'
    assert tool('cert', 'ee.der', 'root.der', fails=True) == 'bad_signature'


def openssl_request_with_the_empty_id_is_refused():
    openssl('req', '-new', '-key', 'ee.key', '-sm3', '-subj', '/CN=ee',
            '-outform', 'DER', '-out', 'empty_id.der')
    assert tool('csr', 'empty_id.der', fails=True) == 'bad_signature'


def openssl_responder_is_understood():
    with open('index.txt', 'w', encoding='ascii') as f:
        f.write('V\t360101000000Z\t\t7001\tunknown\t/C=CN/O=Other/CN=ee\n')
    for digest, by in [('-sha1', []), ('-sm3', ['-resp_key_id'])]:
        openssl('ocsp', '-issuer', 'ca.pem', digest, '-cert', 'ee.pem',
                '-no_nonce', '-reqout', 'q.der')
        openssl('ocsp', '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner',
                'ca.pem', '-rkey', 'ca.key', '-rmd', 'sm3', '-rsigopt', ID,
                '-reqin', 'q.der', '-respout', 'r.der', '-ndays', '1',
                '-noverify', *by)
        assert tool('ocsp', 'r.der', 'ee.der', 'ca.der') == 'ok'
    with open('index.txt', 'w', encoding='ascii') as f:
        f.write('R\t360101000000Z\t260901000000Z,keyCompromise\t7001\t'
                'unknown\t/C=CN/O=Other/CN=ee\n')
    openssl('ocsp', '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner',
            'ca.pem', '-rkey', 'ca.key', '-rmd', 'sm3', '-rsigopt', ID,
            '-reqin', 'q.der', '-respout', 'r.der', '-ndays', '1',
            '-noverify')
    assert tool('ocsp', 'r.der', 'ee.der', 'ca.der',
                fails=True) == 'certificate_revoked'


TESTS = [openssl_verifies_each_step_of_the_paths,
         openssl_refuses_other_issuers_hosts_times_and_ids,
         openssl_sees_usage_names_and_addresses, openssl_verifies_the_request,
         openssl_reads_the_list, openssl_parses_every_structure,
         openssl_verifies_message_and_statement, openssl_client_is_answered,
         openssl_certificates_and_requests_are_read,
         openssl_request_with_the_empty_id_is_refused,
         openssl_responder_is_understood]


def main():
    failed = 0
    print(f'1..{len(TESTS)}')
    with tempfile.TemporaryDirectory() as folder:
        tool('make', folder)
        os.chdir(folder)
        for number, test in enumerate(TESTS, 1):
            try:
                test()
                print(f'ok {number} - {test.__name__}')
            except (AssertionError, OSError,
                    subprocess.TimeoutExpired) as error:
                failed += 1
                print(f'not ok {number} - {test.__name__}')
                for line in str(error).splitlines()[:20]:
                    print('#', line)
        os.chdir('/')
    sys.exit(1 if failed else 0)


main()
