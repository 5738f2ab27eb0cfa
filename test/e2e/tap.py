"""TAP for end-to-end tests: functions named test_..., in the order in which
they stand, each with the shared lab."""
import sys, time, traceback


class Skip(Exception):
    """This machine cannot do it; why."""


def run(module, lab_factory):
    tests = [(name[5:], f) for name, f in vars(module).items()
             if name.startswith('test_') and callable(f)]
    wanted = sys.argv[1:]
    if wanted:
        tests = [t for t in tests if t[0] in wanted]
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    with lab_factory() as lab:
        for number, (name, function) in enumerate(tests, 1):
            begun = time.monotonic()
            try:
                function(lab)
                print(f'ok {number} - {name} '
                      f'# {time.monotonic() - begun:.1f} s', flush=True)
            except Skip as why:
                print(f'ok {number} - {name} # SKIP {why}', flush=True)
            except Exception:
                failed += 1
                print(f'not ok {number} - {name}')
                for line in traceback.format_exc().splitlines()[-12:]:
                    print('#', line)
                sys.stdout.flush()
        if failed:
            lab.show_logs()
    sys.exit(1 if failed else 0)


def raises(expected, function, /, *args, **options):
    """The Problem with this code (one of several) that it must raise."""
    from lab import Problem
    codes = expected if isinstance(expected, tuple) else (expected,)
    try:
        function(*args, **options)
    except Problem as problem:
        assert problem.code in codes, (problem.code, problem.body)
        return problem
    raise AssertionError(f'{expected} expected')
