"""What ./check does once everything is installed.

Each suite yields counts of tests.  Programs under meson speak TAP, so every
single test counts, not only every program.  Whatever ends without a clear
"ok" counts as failed.
"""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = str(min(os.cpu_count() or 1, 8))
LOGS = os.path.join(ROOT, 'build-logs')
UNIT = ['core', 'cosign', 'pki', 'base', 'document', 'bid', 'store', 'connect',
        'service', 'server', 'sdk', 'cli', 'sandbox', 'platform', 'tools']
SANITIZED = ['core', 'cosign', 'pki', 'base', 'store', 'connect', 'service',
             'server', 'sdk', 'fuzz']
THREADED = ['store', 'server', 'service']
COVERED = ['core', 'cosign']
ENV = dict(os.environ, LC_ALL='C.UTF-8', PYTHONDONTWRITEBYTECODE='1',
           BZT_SOURCE=ROOT)


class Result:
    """Counts of one suite, and what to show of its failures."""

    def __init__(self, passed=0, failed=0, skipped=0, details=(), note=''):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.details, self.note = list(details), note

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.details += other.details


def fail(detail):
    return Result(failed=1, details=[detail])


def tail(text, lines=25):
    return '\n'.join(text.rstrip().split('\n')[-lines:])


def run(command, timeout=1800, env=None, cwd=ROOT):
    """(exit code, output).  The whole process group ends with it."""
    with subprocess.Popen(
            command, cwd=cwd, env=env or ENV, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            errors='replace', start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
            return process.returncode, output
        except BaseException as error:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                output, _ = process.communicate(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                return 124, output + f'\nstopped after {timeout} s'
            raise


def tap(text, code, name):
    """Counts of one TAP stream; code is the exit code of its program."""
    result, seen, planned = Result(), 0, None
    for line in text.split('\n'):
        line = line.strip()
        plan = re.match(r'1\.\.(\d+)(\s*#\s*skip\b.*)?$', line, re.I)
        if plan:
            planned = (planned or 0) + int(plan.group(1))
            if plan.group(2):
                result.skipped += 1
            continue
        point = re.match(r'(not )?ok\b\s*(.*)$', line)
        if not point:
            continue
        seen += 1
        if re.search(r'#\s*(skip|todo)\b', line, re.I):
            result.skipped += 1
        elif point.group(1):
            result.failed += 1
            result.details.append(f'{name}: {point.group(2)}')
        else:
            result.passed += 1
    if planned is not None and seen < planned:
        result.failed += planned - seen
        result.details.append(f'{name}: {planned - seen} of {planned} tests '
                              'did not run')
    if code not in (0, 77) and not result.failed:
        result.failed += 1
        result.details.append(f'{name}: ended with {code}')
    if planned is None and not seen:
        if code == 0:
            result.passed += 1
        elif code == 77:
            result.skipped += 1
    if result.failed:
        result.details.append(tail(text))
    return result


def one(name, command, timeout=1800):
    """A check that is one command: TAP is counted, otherwise it is one."""
    code, output = run(command, timeout)
    result = tap(output, code, name)
    last = output.strip().split('\n')[-1] if output.strip() else ''
    if not result.failed and re.match(r'\w+: ', last):
        result.note = last
    return result


# ---- builds

BUILDS = {
    'build': ([], {}),
    'build-asan': (['-Db_sanitize=address,undefined', '-Db_lundef=false'], {}),
    'build-tsan': (['-Db_sanitize=thread', '-Db_lundef=false'], {}),
    'build-clang': ([], {'CC': 'clang-14'}),
    'build-cov': (['-Db_coverage=true', '-Doptimization=1'], {}),
}
built = {}


def build(name):
    """Configures and builds once a run; None, or why it failed.  What could
    be built is tested all the same."""
    if name not in built:
        built[name] = build_now(name)
    return built[name]


def build_now(name):
    options, extra = BUILDS[name]
    folder = os.path.join(ROOT, name)
    env = dict(ENV, **extra)
    if not os.path.exists(os.path.join(folder, 'build.ninja')):
        shutil.rmtree(folder, ignore_errors=True)
        code, output = run(['meson', 'setup', folder, ROOT] + options, env=env)
        if code:
            return f'{name}: meson setup failed\n{tail(output)}'
    code, output = run(['ninja', '-C', folder, '-j', JOBS, '-k', '0',
                        'all', 'meson-test-prereq'], 2400, env)
    if code:
        errors = [line for line in output.split('\n')
                  if re.search(r'error|FAILED|undefined', line)]
        return (f'{name}: the build failed\n' + '\n'.join(errors[:10]) +
                '\n' + tail(output))
    return None


def build_suite(name):
    why = build(name)
    return fail(why) if why else Result(passed=1)


# ---- meson suites

def introspect(name):
    code, output = run(['meson', 'introspect', '--tests', name])
    return json.loads(output) if code == 0 else []


def suites_of(name):
    """Suites in the order in which meson.build names them."""
    found = {}
    for test in introspect(name):
        for suite in test['suite']:
            found.setdefault(suite.split(':')[-1], True)
    return [s for s in found if s not in ('slow', 'bzt')]


def san_env(name):
    env = dict(ENV)
    env['ASAN_OPTIONS'] = ('detect_leaks=1:strict_string_checks=1:'
                           'detect_stack_use_after_return=1')
    env['UBSAN_OPTIONS'] = 'halt_on_error=1:print_stacktrace=1'
    env['TSAN_OPTIONS'] = 'halt_on_error=1:second_deadlock_stack=1'
    env['BZT_BUILD'] = os.path.join(ROOT, name)
    return env


def meson_suites(name, wanted, slow=True):
    """{suite: (Result, seconds)} of the wanted suites of one build."""
    build(name)
    command = ['meson', 'test', '-C', name, '--no-rebuild',
               '--num-processes', JOBS, '--logbase', 'check']
    if 'asan' in name or 'tsan' in name:
        command += ['--timeout-multiplier', '5']
    if 'tsan' in name:
        # The runtime of gcc 12 does not start under some layouts of memory.
        command = ['setarch', '-R'] + command
    for suite in wanted:
        command += ['--suite', suite]
    if not slow:
        command += ['--no-suite', 'slow']
    log = os.path.join(ROOT, name, 'meson-logs', 'check.json')
    if os.path.exists(log):
        os.remove(log)
    code, output = run(command, 3000, san_env(name))
    if not os.path.exists(log):
        return {wanted[0]: (fail(f'meson test: {tail(output)}'), 0.0)}
    results = collect(name, log, wanted)
    total = sum(r.failed for r, _ in results.values())
    if code and not total:
        results.setdefault('meson', (fail(tail(output)), 0.0))
    return results


def collect(name, log, wanted):
    suite_of = {}
    for test in introspect(name):
        names = [s.split(':')[-1] for s in test['suite']]
        suite_of[test['name']] = next((s for s in names if s in wanted),
                                      names[0] if names else '?')
    results = {}
    with open(log, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            test = json.loads(line)
            # "bzt:core / sm3" or, with one suite alone, "sm3"
            test['name'] = test['name'].split(' / ')[-1]
            suite = suite_of.get(test['name'], '?')
            result, seconds = results.setdefault(suite, (Result(), 0.0))
            result.add(of_meson(test))
            results[suite] = (result, seconds + test['duration'])
    return results


def of_meson(test):
    text = test.get('stdout', '')
    code = test.get('returncode', 0)
    good = test['result'] in ('OK', 'SKIP', 'EXPECTEDFAIL')
    result = tap(text, 0 if good else code or 1, test['name'])
    if result.failed:
        result.details.append(f"({test['result']}) " +
                              tail(test.get('stderr', ''), 15))
    return result


# ---- checks of the tree

def c_files(endings=('.c', '.h')):
    sys.path.insert(0, os.path.join(ROOT, 'tools'))
    import csource
    return csource.files(ROOT, endings)


def check_format():
    wrong = []
    paths = c_files()
    for at in range(0, len(paths), 40):
        _, output = run(['clang-format-14', '--dry-run', '-Werror',
                         '--style=file'] + paths[at:at + 40])
        wrong += re.findall(r'^(\S+?:\d+):\d+: error: code should be', output,
                            re.M)
    if wrong:
        files = sorted({w.rsplit(':', 1)[0] for w in wrong})
        return fail('format: clang-format-14 -i ' + ' '.join(files))
    return Result(passed=1, note=f'format: {len(paths)} files clean')


def pkg_flags():
    names = ['libevent', 'libcjson', 'sqlite3', 'libpq', 'openssl', 'libcurl']
    flags = []
    for name in names:
        code, output = run(['pkg-config', '--cflags', name])
        if code == 0:
            flags += output.split()
    return flags


def check_headers():
    """Each header compiles alone, and each public one in C++ as well."""
    flags = ['-fsyntax-only', '-Wall', '-Wno-unused', '-Werror',
             '-D_GNU_SOURCE', '-Iinclude', '-I.'] + pkg_flags()
    jobs = []
    for path in c_files(('.h',)):
        if path.split('/')[0] in ('test', 'fuzz', 'bench'):
            continue
        jobs.append((path, ['gcc', '-std=gnu11', '-x', 'c'] + flags))
        if path.startswith('include/'):
            jobs.append((path, ['g++', '-std=c++17', '-x', 'c++'] + flags))

    def compile_one(job):
        path, command = job
        text = f'#include "{path}"\n#include "{path}"\nint main(void);\n'
        done = subprocess.run(command + ['-'], input=text, cwd=ROOT, env=ENV,
                              capture_output=True, text=True, check=False)
        name = f'{path} ({command[0]})'
        if done.returncode:
            return fail(f'headers: {name}\n{tail(done.stderr, 8)}')
        return Result(passed=1)

    total = Result()
    with concurrent.futures.ThreadPoolExecutor(int(JOBS)) as pool:
        for result in pool.map(compile_one, jobs):
            total.add(result)
    return total


def check_ct():
    script = os.path.join(ROOT, 'test', 'ct', 'run.sh')
    if not os.path.exists(script):
        return None
    return one('ct', [script], 2400)


def check_asan():
    return sanitized('build-asan', SANITIZED)


def check_tsan():
    return sanitized('build-tsan', THREADED)


def sanitized(name, suites):
    why = build(name)
    total = fail(why) if why else Result()
    there = [s for s in suites_of(name) if s in suites]
    if there:
        for result, _ in meson_suites(name, there).values():
            total.add(result)
    total.note = ' '.join(there)
    return total


def check_coverage():
    why = build('build-cov')
    total = fail(why) if why else Result()
    for data in glob.glob(f'{ROOT}/build-cov/**/*.gcda', recursive=True):
        os.remove(data)
    for result, _ in meson_suites('build-cov', COVERED).values():
        total.add(result)
    code, output = run(['gcovr', '--root', ROOT, 'build-cov',
                        '--filter', 'core/', '--filter', 'cosign/',
                        '--exclude-unreachable-branches',
                        '--txt', 'build-cov/coverage.txt',
                        '--print-summary'])
    if code:
        total.add(fail(f'coverage: {tail(output)}'))
    found = re.findall(r'^(lines|branches): ([\d.]+%)', output, re.M)
    total.note = 'coverage of core and cosign: ' + ', '.join(
        f'{name} {value}' for name, value in found) + \
        '; build-cov/coverage.txt'
    return total


TREE = {
    'layers': lambda: one('layers', ['tools/layers']),
    'secrets': lambda: one('secrets', ['tools/secrets']),
    'format': check_format,
    'headers': check_headers,
}
MORE = {
    'ct': check_ct,
    'clang': lambda: build_suite('build-clang'),
    'asan': check_asan,
    'tsan': check_tsan,
}
ONLY_BY_NAME = {'coverage': check_coverage}


# ---- the run

class Report:
    def __init__(self):
        self.total, self.began = Result(), time.monotonic()

    def suite(self, name, result, seconds):
        if result is None:
            return
        self.total.add(result)
        line = f'{name:<12}{seconds:7.1f} s {result.passed:6d} passed'
        line += f' {result.failed:4d} failed' if result.failed else ''
        line += f' {result.skipped:4d} skipped' if result.skipped else ''
        line += f'   {result.note}' if result.note else ''
        print(line, flush=True)
        for detail in result.details:
            print('    ' + detail.replace('\n', '\n    '), flush=True)

    def timed(self, name, function):
        began = time.monotonic()
        try:
            result = function()
        except Exception as error:  # a broken check is a failed check
            result = fail(f'{name}: {type(error).__name__}: {error}')
        self.suite(name, result, time.monotonic() - began)

    def meson(self, suites, slow=True):
        results = meson_suites('build', suites, slow) if suites else {}
        for name, (result, seconds) in results.items():
            self.suite(name, result, seconds)

    def end(self):
        total = self.total
        if total.passed + total.failed == 0:
            print('no test ran')
            total.failed = 1
        seconds = time.monotonic() - self.began
        print(f"{'all':<12}{seconds:7.1f} s" +
              (f'   {total.skipped} skipped' if total.skipped else ''))
        print(f'{total.passed} passed, {total.failed} failed')
        return 1 if total.failed else 0


def everything(report):
    for name, function in TREE.items():
        report.timed(name, function)
    report.timed('build', lambda: build_suite('build'))
    report.meson(suites_of('build'))
    for name, function in MORE.items():
        report.timed(name, function)


def fast(report):
    for name, function in TREE.items():
        report.timed(name, function)
    report.timed('build', lambda: build_suite('build'))
    report.meson([s for s in suites_of('build') if s in UNIT], slow=False)


def by_name(report, names):
    special = {**TREE, **MORE, **ONLY_BY_NAME,
               'build': lambda: build_suite('build')}
    wanted = []
    for name in names:
        if name in special and not (name == 'ct' and check_is_meson(name)):
            report.timed(name, special[name])
        else:
            wanted.append(name)
    if not wanted:
        return
    report.timed('build', lambda: build_suite('build'))
    there = suites_of('build')
    for name in wanted:
        if name not in there:
            report.suite(name, fail(f'no such suite; there are: '
                                    f'{" ".join(there + list(special))}'), 0)
    report.meson([name for name in wanted if name in there])


def check_is_meson(name):
    return not os.path.exists(os.path.join(ROOT, 'test', name, 'run.sh'))


def list_names():
    why = build('build')
    if why:
        print(why, file=sys.stderr)
    print('\n'.join(['fast'] + list(TREE) + ['build'] +
                    ([] if why else suites_of('build')) +
                    list(MORE) + list(ONLY_BY_NAME)))
    return 1 if why else 0


def main(names):
    if names == ['--list']:
        return list_names()
    report = Report()
    if not names:
        everything(report)
    elif names == ['fast']:
        fast(report)
    else:
        by_name(report, names)
    return report.end()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
