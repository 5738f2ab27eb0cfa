"""./check counts every test, and nothing that fails counts as passed."""
import os
import sys

import tap

sys.path.insert(0, os.path.join(tap.SOURCE, 'tools'))
import run_checks  # noqa: E402


def counts(text, code):
    r = run_checks.tap(text, code, 'x')
    return r.passed, r.failed, r.skipped


def test_check_counts_each_point(_):
    assert counts('1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c\n', 1) == (2, 1, 0)


def test_check_adds_several_plans(_):
    assert counts('1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n', 0) == (3, 0, 0)


def test_check_counts_a_program_that_dies_as_failed(_):
    assert counts('1..2\nok 1 - a\nok 2 - b\n', -11) == (2, 1, 0)
    assert counts('', -11) == (0, 1, 0)


def test_check_counts_tests_that_did_not_run_as_failed(_):
    assert counts('1..5\nok 1 - a\n', 0) == (1, 4, 0)
    assert counts('1..2\n', 0) == (0, 2, 0)


def test_check_does_not_count_skipped_as_passed(_):
    assert counts('1..2\nok 1 - a # SKIP none\nok 2 - b\n', 0) == (1, 0, 1)
    assert counts('1..0 # SKIP no database\n', 0) == (0, 0, 1)
    assert counts('', 77) == (0, 0, 1)


def test_check_counts_a_plain_command_by_its_exit_code(_):
    assert counts('layers: 3 files clean\n', 0) == (1, 0, 0)
    assert counts('a.c:3: bad\n', 1) == (0, 1, 0)


def test_check_is_not_fooled_by_words_that_begin_with_ok(_):
    assert counts('1..1\nokay\nok 1 - a\n', 0) == (1, 0, 0)


def test_check_fails_when_nothing_ran(_):
    report = run_checks.Report()
    out, sys.stdout = sys.stdout, open(os.devnull, 'w', encoding='utf-8')
    try:
        assert report.end() == 1
    finally:
        sys.stdout = out


tap.main(sys.modules[__name__])
