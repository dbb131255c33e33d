"""`workspace import`, `depart`, `jobs` and `export`: clients of the jobs, with a report that names lines."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from workspace.directory.v1 import jobs_pb2 as pb

from chassis.errors import Unavailable
from cli.importing import ended
from services.directory.usecases.run_jobs import JobRunner
from tests.cli.conftest import Land, Person, Stack, Workspace
from tests.directory.conftest import PASSWORD

ROSTER = """adresse;nom;unité;matricule;alias
Agent1@numerique.gouv.tg;Agent Un;Numérique/Réseaux/Courrier;N-1;a1@gouv.tg
agent2@numerique.gouv.tg;Agent Deux;Numérique/Réseaux;N-2;
agent3@numerique.gouv.tg;Agent Trois;numerique/RÉSEAUX/Archives;N-3;
agent4@numerique.gouv.tg;Agent Quatre;Numérique;;
"""


@pytest.fixture
async def worker(stack: Stack) -> AsyncIterator[None]:
    """Does jobs as directory's worker does."""
    runner = JobRunner(stack.directory)

    async def work() -> None:
        while True:
            await runner.run()
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    yield
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_the_command_reports_and_says_by_its_exit_code(
    run: Workspace, operator: Person, worker: None, tmp_path: Path
) -> None:
    roster = tmp_path / "accounts.csv"
    roster.write_bytes(b"\xef\xbb\xbf" + f"{ROSTER}pas une adresse;X;;;\n".encode())
    dry = await run("import", str(roster), "--dry-run")
    assert dry.code == 1
    assert dry.out.splitlines()[-1] == "accounts would be 4 created, 1 refused; units would be opened: 4"
    ended = await run("import", str(roster))
    assert ended.code == 1
    assert "6 " in ended.out.splitlines()[1]
    assert ended.out.splitlines()[-1] == "accounts 4 created, 1 refused; units opened: 4"
    again = await run("import", str(roster), "--json")
    assert Counter(row["outcome"] for row in again.json()) == {"unchanged": 4, "refused": 1}
    roster.write_bytes("adresse;nom\na@gouv.tg;Été\n".encode("latin-1"))
    refused = await run("import", str(roster))
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "line 2 is not UTF-8" in refused.err
    assert (await run("import", str(tmp_path / "nowhere.csv"))).code == 2


async def test_jobs_are_listed_shown_run_and_canceled(
    stack: Stack, run: Workspace, operator: Person, worker: None, tmp_path: Path
) -> None:
    roster = tmp_path / "accounts.csv"
    roster.write_text(ROSTER)
    assert (await run("import", str(roster), "--dry-run")).code == 0
    (job,) = (await run("jobs", "list", "--json")).json()
    assert (job["state"], job["outcomes"], job["filename"]) == ("checked", "4 created", "accounts.csv")
    assert "agent2@" in (await run("jobs", "report", job["id"])).out
    assert (await run("jobs", "run", job["id"])).out == "accounts 4 created; units opened: 4\n"
    assert (await run("jobs", "show", job["id"], "--json")).json()["state"] == "done"
    assert (await run("jobs", "cancel", job["id"])).code == 0
    assert (await run("jobs", "show", "nothing")).code == 1
    out = tmp_path / "out.csv"
    assert (await run("export", str(out))).code == 0
    assert "Numérique/Réseaux/Courrier" in out.read_text("utf-8-sig")
    assert (await run("import", str(out))).out == "accounts 5 unchanged; units opened: 0\n"


async def test_what_another_ministry_has_is_not_exported_to_a_terminal(
    stack: Stack, run: Workspace, land: Land, tmp_path: Path
) -> None:
    await run("login", land.economy_administrator.account.address, typed=f"{PASSWORD}\n")
    out = tmp_path / "out.csv"
    assert (await run("export", str(out), "--unit", land.health.id)).code == 1
    assert (await run("export", "-")).out.count("@economie.gouv.tg") == 2


async def test_the_sample_is_imported_as_it_is(run: Workspace, operator: Person, worker: None, tmp_path: Path) -> None:
    roster = tmp_path / "accounts.csv"
    made = await run("sample", "accounts", "300", "--ministries", "4")
    assert made.out == (await run("sample", "accounts", "300", "--ministries", "4")).out
    assert len((await run("sample", "accounts", "2000")).out.splitlines()) == 2001
    roster.write_text(made.out)
    ended = await run("import", str(roster))
    assert (ended.code, ended.out) == (0, "accounts 300 created; units opened: 104\n")


async def test_a_service_that_is_away_for_a_moment_does_not_end_the_watching() -> None:
    away = [Unavailable("away"), Unavailable("away")]

    class Jobs:
        """Answers as directory does, but for the moments when it is away."""

        async def GetJob(self, request: pb.GetJobRequest) -> pb.Job:
            if away:
                raise away.pop()
            return pb.Job(id=request.id, state=pb.JOB_STATE_DONE)

    connection: Any = SimpleNamespace(jobs=Jobs())
    seen: list[pb.Job] = []
    running = pb.Job(id="j1", state=pb.JOB_STATE_RUNNING)
    assert (await ended(connection, running, seen.append)).state == pb.JOB_STATE_DONE
    assert len(seen) == 1
