"""pytest plugin: with `--suite=NAME`, a row of docs/features.md of that suite whose test did not pass fails the run."""

from collections import defaultdict

import pytest

from deploy.checks.features import SUITES, TABLE, Unreadable, rows


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suite", choices=[*SUITES], help="hold this run to the rows of docs/features.md of that suite")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # whoever hands out the tests hears of each
    suite = config.getoption("--suite")
    # A run of chosen tests proves those, not the table.
    if suite and not config.getoption("keyword") and not config.getoption("maxfail"):
        config.pluginmanager.register(Shown(suite), "features-shown")


class Shown:
    """What became of each test, under its name without parameters."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self._outcomes: defaultdict[str, set[str]] = defaultdict(set)
        self._faults: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            # Behind "@" stands with which others it ran.
            self._outcomes[report.nodeid.partition("[")[0].partition("@")[0]].add(report.outcome)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly:
            return
        try:
            table = rows(TABLE.read_text(encoding="utf-8"))
        except (OSError, Unreadable) as error:
            self._faults.append(str(error))
            table = []
        for row in table:
            outcomes = self._outcomes.get(row.test, set())
            if row.suite == self._suite and outcomes != {"passed"}:
                became = " and ".join(sorted(outcomes)) or "did not run"
                self._faults.append(f"docs/features.md:{row.line}: {row.capability}: {row.test} {became}")
        if self._faults and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._faults:
            terminalreporter.section("capabilities that are not shown")
            for fault in self._faults:
                terminalreporter.line(fault)
