"""Import as a job: dry run, run, resuming, authority, bad rows; and the way out again."""

import base64
import csv
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import jobs_pb2 as pb

from chassis.documents import scans
from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooManyRequests
from chassis.rpc import translated
from services.directory.usecases import run_jobs
from services.directory.usecases.run_jobs import JobRunner
from tests.directory.conftest import Land, Person, Stack

ROSTER = """adresse;nom;unité;matricule;alias;fonction
Agent1@numerique.gouv.tg;Agent Un;Numérique/Réseaux/Courrier;N-1;a1@gouv.tg;Chef de bureau
agent2@numerique.gouv.tg;Agent Deux;Numérique/Réseaux;N-2;;
agent3@numerique.gouv.tg;Agent Trois;numerique/RÉSEAUX/Archives;N-3;;
agent4@numerique.gouv.tg;Agent Quatre;Numérique;;;
"""


async def uploaded(stack: Stack, by: Person, content: bytes | str, *, run: bool = False, **more: Any) -> pb.Job:
    octets = content.encode() if isinstance(content, str) else content

    async def requests() -> AsyncIterator[pb.CreateJobRequest]:
        yield pb.CreateJobRequest(**{"kind": pb.JOB_KIND_IMPORT, "run": run, "filename": "agents.csv", **more})
        for start in range(0, len(octets), 50_000):
            yield pb.CreateJobRequest(file=HttpBody(data=octets[start : start + 50_000]))
        yield pb.CreateJobRequest(last=True)

    with translated():
        return await stack.cli.jobs.CreateJob(requests(), **by.said)


async def finished(stack: Stack, by: Person, job: pb.Job) -> pb.Job:
    await JobRunner(stack.directory).run()
    return await stack.cli.jobs.GetJob(pb.GetJobRequest(id=job.id), **by.said)


async def report(stack: Stack, by: Person, job: pb.Job, outcome: str = "") -> list[dict[str, str]]:
    request = pb.GetJobReportRequest(id=job.id, outcome=outcome)
    with translated():
        text = b"".join([body.data async for body in stack.cli.jobs.GetJobReport(request, **by.said)]).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


async def brought(stack: Stack, by: Person, content: bytes | str, **more: Any) -> list[dict[str, str]]:
    """The report of a run."""
    job = await finished(stack, by, await uploaded(stack, by, content, run=True, **more))
    assert job.state == pb.JOB_STATE_DONE
    return await report(stack, by, job)


def counted(rows: Sequence[dict[str, str]]) -> dict[str, int]:
    return dict(Counter(row["outcome"] for row in rows))


async def accounts(stack: Stack, by: Person) -> dict[str, directory_pb2.Account]:
    request = directory_pb2.ListAccountsRequest(page_size=500)
    answer = await stack.cli.accounts.ListAccounts(request, **by.said)
    return {account.address: account for account in answer.accounts}


async def test_a_roster_opens_units_and_accounts_and_again_changes_nothing(stack: Stack, administrator: Person) -> None:
    assert counted(await brought(stack, administrator, ROSTER)) == {"created": 4}
    found = await accounts(stack, administrator)
    assert found["agent1@numerique.gouv.tg"].aliases == ["a1@gouv.tg"]
    assert found["agent1@numerique.gouv.tg"].profile.title == "Chef de bureau"
    kinds = {}
    async for unit in stack.database["units"].find({"key": {"$gt": ""}}):
        kinds[unit["name"]] = unit["kind"]
    assert kinds == {"Numérique": "ministry", "Réseaux": "directorate", "Courrier": "office", "Archives": "office"}
    assert counted(await brought(stack, administrator, ROSTER)) == {"unchanged": 4}
    assert len(await accounts(stack, administrator)) == 5
    acts = await stack.database["accounts"].find_one({"address": "agent2@numerique.gouv.tg"})
    assert [entry["type"] for entry in acts["outbox"]] == ["account_created", "act_recorded"]


async def test_a_dry_run_says_the_same_and_does_nothing_until_it_is_run(stack: Stack, administrator: Person) -> None:
    bad = ROSTER + "a%b@gouv.tg;X;;;;\nx@gouv.tg;X;;N-1;;\ny@gouv.tg;Y;;;a1@gouv.tg;\n"
    job = await finished(stack, administrator, await uploaded(stack, administrator, bad))
    assert (job.state, job.rows, job.rows_done) == (pb.JOB_STATE_CHECKED, 7, 7)
    assert dict(job.outcomes) == {"created": 4, "refused": 3}
    assert len(job.units_opened) == 4
    assert len(await accounts(stack, administrator)) == 1
    assert await stack.database["units"].count_documents({"parent": {"$gte": ""}}) == 0
    checked = await report(stack, administrator, job)
    for _ in range(2):
        await stack.cli.jobs.RunJob(pb.RunJobRequest(id=job.id), **administrator.said)
    job = await finished(stack, administrator, job)
    assert job.state == pb.JOB_STATE_DONE
    assert await report(stack, administrator, job) == checked
    assert await stack.database["job_parts"].count_documents({"job": job.id}) == 0
    with pytest.raises(PreconditionFailed):
        await stack.cli.jobs.RunJob(pb.RunJobRequest(id=job.id), **administrator.said)


async def test_the_staff_number_tells_who_it_is_and_moves_are_told_from_changes(
    stack: Stack, administrator: Person
) -> None:
    await brought(stack, administrator, ROSTER)
    changed = (
        "adresse;nom;unité;matricule\n"
        "agent1@numerique.gouv.tg;Agent Un;Numérique/Réseaux;N-1\n"
        "agent2@numerique.gouv.tg;Agent Second;;N-2\n"
        "autre@numerique.gouv.tg;Agent Trois;;N-3\n"
        "agent4@numerique.gouv.tg;Agent Quatre;;N-4\n"
        "agent3@numerique.gouv.tg;Agent Trois;;N-9\n"
    )
    for outcomes in (
        ["moved", "updated", "refused", "updated", "refused"],
        ["unchanged"] * 2 + ["refused", "unchanged"],
    ):
        rows = await brought(stack, administrator, changed)
        assert [row["outcome"] for row in rows][: len(outcomes)] == outcomes
    assert "does not change" in rows[2]["reason"]
    assert "N-3" in rows[4]["reason"]
    found = await accounts(stack, administrator)
    assert found["agent1@numerique.gouv.tg"].aliases == ["a1@gouv.tg"]
    assert found["agent4@numerique.gouv.tg"].staff_number == "N-4"


async def test_bad_rows_are_reported_by_line_and_the_others_are_done(stack: Stack, administrator: Person) -> None:
    bad = ROSTER + (
        "pas une adresse;X;;;;\n"
        "AGENT2@numerique.gouv.tg;X;;N-77;;\n"
        "x@gouv.tg;X;;N-2;;\n"
        "z@gouv.tg;=cmd();;N-5;;\n"
        "u@gouv.tg;U;Numérique//X;N-6;;\n"
        "v@gouv.tg;V;;;agent3@numerique.gouv.tg;\n"
        "admin@gouv.tg;Administrateur;;N-1;;\n"
        "w@gouv.tg;W;Numérique/Réseaux/Courrier/Sous-bureau;N-8;;\n"
        "bon@gouv.tg;Bon;;N-10;;\n"
    )
    rows = await brought(stack, administrator, bad)
    assert [int(row["line"]) for row in rows if row["outcome"] == "created"] == [2, 3, 4, 5, 13, 14]
    assert [int(row["line"]) for row in rows if row["outcome"] == "refused"] == [6, 7, 8, 9, 10, 11, 12]
    assert all(row["reason"] for row in rows if row["outcome"] == "refused")
    assert "line 3" in rows[5]["reason"]


async def test_addresses_and_numbers_that_others_have_are_refused_without_saying_whose(
    stack: Stack, land: Land, administrator: Person
) -> None:
    text = (
        "adresse;nom;unité;matricule;alias\n"
        "agent@sante.gouv.tg;Voleur;Économie/Trésor;;\n"
        "personne@sante.gouv.tg;Voleur;Économie/Trésor;;\n"
        "nouveau@economie.gouv.tg;Voleur;Économie/Trésor;;admin@sante.gouv.tg\n"
        "autre@economie.gouv.tg;Voleur;Économie/Trésor;;inconnu@sante.gouv.tg\n"
        "parti@economie.gouv.tg;Voleur;Économie/Trésor;;\n"
    )
    away = await stack.person(administrator, "parti@economie.gouv.tg", land.health.id)
    for run in (False, True):
        job = await uploaded(stack, land.economy_administrator, text, run=run)
        job = await finished(stack, land.economy_administrator, job)
        rows = await report(stack, land.economy_administrator, job)
        assert [row["outcome"] for row in rows] == ["refused"] * 5
        # Whether an address of another's domain is somebody's is not told.
        assert rows[0]["reason"] == rows[1]["reason"]
        assert rows[2]["reason"] == rows[3]["reason"]
        assert "nother account has this address" in rows[4]["reason"]
    await stack.keep_acts()
    tried = [each async for each in stack.database["audit"].find({"_id": {"$gt": ""}}) if "import_account" in str(each)]
    assert len(tried) == 2
    assert all(away.account.id in str(each) for each in tried)


async def test_a_ministrys_administrator_imports_into_its_ministry_only(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    text = (
        "adresse;nom;unité\n"
        "nouveau@economie.gouv.tg;Nouveau;Économie/Trésor\n"
        "espion@sante.gouv.tg;Espion;Santé\n"
        "ministre@gouv.tg;Ministre;Défense\n"
        "partout@gouv.tg;Partout;\n"
        "agent@sante.gouv.tg;Espion;Économie\n"
    )
    for run in (False, True):
        job = await finished(stack, by, await uploaded(stack, by, text, run=run))
        rows = await report(stack, by, job)
        assert [row["outcome"] for row in rows] == ["created", *["refused"] * 4]
        # Whether a unit is another's or nobody's is not told.
        assert rows[1]["reason"] == rows[2]["reason"]
    assert list(job.units_opened) == []


async def test_a_higher_role_is_not_changed_by_import(stack: Stack, land: Land, administrator: Person) -> None:
    await stack.person(administrator, "national@economie.gouv.tg", land.economy.id, administers="")
    text = "adresse;nom;unité\nnational@economie.gouv.tg;Autre;Économie\n"
    (row,) = await brought(stack, land.economy_administrator, text)
    assert row["outcome"] == "refused"


async def test_authority_is_asked_anew_for_each_chunk(
    stack: Stack, land: Land, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "CHUNK", 10)
    by = land.economy_administrator
    text = "adresse;nom;unité\n" + "".join(f"a{n}@economie.gouv.tg;A {n};Économie\n" for n in range(30))
    job = await uploaded(stack, by, text, run=True)
    done = run_jobs.import_rows

    async def and_then(*given: Any) -> Any:
        found = await done(*given)
        await stack.update(administrator, directory_pb2.Account(id=by.account.id), "roles")
        return found

    monkeypatch.setattr(run_jobs, "import_rows", and_then)
    job = await finished(stack, administrator, job)
    assert (job.state, job.rows_done) == (pb.JOB_STATE_FAILED, 10)
    assert "administer" in job.error
    assert await stack.database["job_parts"].count_documents({"job": job.id}) == 0


async def test_a_job_whose_worker_died_is_gone_on_with_and_does_nothing_twice(
    stack: Stack, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "CHUNK", 25)
    text = "adresse;nom;matricule\n" + "".join(f"agent{n:03}@gouv.tg;Agent {n};N-{n}\n" for n in range(130))
    job = await uploaded(stack, administrator, text, run=True)
    progress, died = stack.directory.jobs.progress, []

    async def dying(*given: Any) -> bool:
        """As if it had died: sometimes before it noted what it has done, sometimes right after."""
        died.append(given)
        if len(died) in {2, 3}:
            raise OSError("killed")
        noted = await progress(*given)
        if len(died) == 5:
            raise OSError("killed")
        return noted

    monkeypatch.setattr(stack.directory.jobs, "progress", dying)
    job = await finished(stack, administrator, job)
    assert (job.state, job.rows_done) == (pb.JOB_STATE_DONE, 130)
    assert dict(job.outcomes) == {"created": 130}
    rows = await report(stack, administrator, job)
    assert [int(row["line"]) for row in rows] == list(range(2, 132))
    assert len(await accounts(stack, administrator)) == 131


async def test_a_job_that_always_fails_ends_and_the_others_go_on(
    stack: Stack, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await uploaded(stack, administrator, ROSTER, run=True)
    good = await uploaded(stack, administrator, "adresse;nom\nbon@gouv.tg;Bon\n", run=True)
    done = run_jobs.import_rows

    async def failing(directory: Any, asking: Any, job: Any, *rest: Any) -> Any:
        if job.id == bad.id:
            raise LookupError("a mistake of ours")
        return await done(directory, asking, job, *rest)

    monkeypatch.setattr(run_jobs, "import_rows", failing)
    assert (await finished(stack, administrator, bad)).state == pb.JOB_STATE_FAILED
    assert (await finished(stack, administrator, good)).state == pb.JOB_STATE_DONE


async def test_jobs_are_their_starters_to_see_stop_and_repeat(stack: Stack, land: Land, administrator: Person) -> None:
    by, other = land.economy_administrator, land.health_administrator
    job = await uploaded(stack, by, "adresse;nom;unité\na@economie.gouv.tg;A;Économie\n")
    for call in (
        stack.cli.jobs.GetJob(pb.GetJobRequest(id=job.id), **other.said),
        stack.cli.jobs.RunJob(pb.RunJobRequest(id=job.id), **other.said),
        stack.cli.jobs.CancelJob(pb.CancelJobRequest(id=job.id), **other.said),
        report(stack, other, job),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Forbidden):
        await uploaded(stack, land.economy_agent, "adresse;nom\n")
    assert (await stack.cli.jobs.GetJob(pb.GetJobRequest(id=job.id), **administrator.said)).started_by
    for _ in range(2):
        canceled = await stack.cli.jobs.CancelJob(pb.CancelJobRequest(id=job.id), **by.said)
        assert canceled.state == pb.JOB_STATE_CANCELED
    assert (await finished(stack, by, job)).state == pb.JOB_STATE_CANCELED
    listed = (await stack.cli.jobs.ListJobs(pb.ListJobsRequest(), **by.said)).jobs
    assert [each.id for each in listed] == [job.id]
    assert not (await stack.cli.jobs.ListJobs(pb.ListJobsRequest(), **other.said)).jobs


async def test_files_that_are_of_no_use_are_refused_at_once(stack: Stack, administrator: Person) -> None:
    for content in (
        b"", b"\n", b"couleur;nom\n", "adresse;nom\na@gouv.tg;Été\n".encode("latin-1"), ROSTER.encode("utf-16"),
        b"adresse;nom\na@gouv.tg;A\n" + b"\xc3\x28\n", b"adresse;nom;password\na@gouv.tg;A;secret\n",
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            await uploaded(stack, administrator, content)
        assert "file" in refused.value.fields
    with pytest.raises(InvalidInput):
        await uploaded(stack, administrator, ROSTER, kind=pb.JOB_KIND_UNSPECIFIED)

    async def cut_off() -> AsyncIterator[pb.CreateJobRequest]:
        yield pb.CreateJobRequest(kind=pb.JOB_KIND_IMPORT, file=HttpBody(data=ROSTER.encode()))

    with pytest.raises(InvalidInput), translated():
        await stack.cli.jobs.CreateJob(cut_off(), **administrator.said)
    assert not (await stack.cli.jobs.ListJobs(pb.ListJobsRequest(), **administrator.said)).jobs
    for _ in range(5):
        await uploaded(stack, administrator, ROSTER)
    with pytest.raises(TooManyRequests):
        await uploaded(stack, administrator, ROSTER)
    parts = [part async for part in stack.database["job_parts"].find({"job": {"$gt": ""}})]
    assert not any("agent1@" in repr(part).lower() for part in parts if "survey" not in part)


async def exported(stack: Stack, by: Person, unit: str = "") -> bytes:
    request = pb.ExportAccountsRequest(unit_id=unit)
    with translated():
        return b"".join([body.data async for body in stack.cli.jobs.ExportAccounts(request, **by.said)])


async def test_what_was_exported_is_imported_again_and_changes_nothing(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent = land.economy_agent.account
    agent.profile.phone, agent.display_name = "+228 22 21 20 19", "=cmd()"
    await stack.update(administrator, agent, "profile.phone", "display_name")

    whole = await exported(stack, administrator)
    assert "Économie/Trésor".encode() in whole
    assert b"'=cmd()" in whole
    assert b"'+228" in whole
    own = await exported(stack, land.economy_administrator)
    assert b"sante.gouv.tg" not in own
    with pytest.raises(NotFound):
        await exported(stack, land.economy_administrator, land.health.id)
    rows = await brought(stack, administrator, whole)
    assert [row["reason"][:4] for row in rows if row["outcome"] == "refused"] == ["name"]
    assert counted(rows) == {"unchanged": 4, "refused": 1}


async def test_every_query_of_jobs_has_an_index(stack: Stack, land: Land, administrator: Person) -> None:
    await test_bad_rows_are_reported_by_line_and_the_others_are_done(stack, administrator)
    for by, unit in ((administrator, ""), (land.economy_administrator, land.economy.id)):
        assert await exported(stack, by, unit)
    assert {shape.split(" ")[0] for shape in stack.recorder.commands} >= {"jobs", "job_parts", "job_reports"}
    assert await scans(stack.database, stack.recorder) == []


async def test_a_hash_of_an_older_system_opens_the_account_and_is_never_exported(
    stack: Stack, administrator: Person
) -> None:
    salted = "{SSHA}" + base64.b64encode(hashlib.sha1(b"un vieux secret" + b"salt").digest() + b"salt").decode()
    text = f"adresse;nom;password_hash\na@gouv.tg;A;{salted}\nb@gouv.tg;B;{{MD4}}abcdef\n"
    rows = await brought(stack, administrator, text)
    assert [row["outcome"] for row in rows] == ["created", "refused"]
    assert (await stack.log_in("a@gouv.tg", "un vieux secret")).access_token
    assert b"SSHA" not in await exported(stack, administrator)
