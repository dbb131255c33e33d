"""What an operator types and sees: tables, JSON, exit codes, one clear line for what goes wrong."""

import json
import stat
import time
from pathlib import Path

import pytest
from workspace.directory.v1 import credentials_pb2
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated
from tests.cli.conftest import Land, Person, Stack, Workspace
from tests.directory.conftest import PASSWORD
from tests.directory.test_second_factors import code_at, enrol
from tests.terminal import workspace


async def test_from_the_first_administrator_to_an_agent_that_logs_in(stack: Stack, run: Workspace) -> None:
    password = f"{PASSWORD}\n"
    made = await run("first-administrator", "admin@gouv.tg", "--name", "Administrateur", typed=password)
    assert (made.code, made.err) == (0, "")
    again = await run("first-administrator", "other@gouv.tg", "--name", "Autre", typed=password)
    assert again.code == 1
    assert again.err.count("\n") == 1
    assert (await run("login", "admin@gouv.tg", typed=password)).code == 0
    assert (await run("unit", "add", "Ministère du Numérique", "--json")).json()["kind"] == "ministry"
    await run("unit", "add", "Ministère du Numérique/Réseaux", "--kind", "directorate")
    owning = await run("domain", "add", "numerique.gouv.tg", "--unit", "Ministère du Numérique", "--json")
    assert owning.json()["name"] == "numerique.gouv.tg"
    office = await run("unit", "add", "ministere du numerique/Réseaux/Courrier", "--json")
    assert office.json()["kind"] == "office"
    listed = await run("unit", "list", "--all", "--json")
    assert [unit["path"] for unit in listed.json()][-1] == "Ministère du Numérique/Réseaux/Courrier"
    added = await run(
        "account", "add", "agent1@numerique.gouv.tg", "--name", "Agent 1", "--unit", "Ministère du Numérique/Réseaux",
        "--staff-number", "N-1", "--alias", "a1@gouv.tg", "--administers", "Ministère du Numérique", "--json",
        typed=password,
    )  # fmt: skip
    assert added.json()["aliases"] == ["a1@gouv.tg"]
    assert added.json()["roles"][0]["role"] == "ROLE_ADMINISTRATOR"
    assert (await stack.log_in("a1@gouv.tg")).access_token


async def test_accounts_are_listed_shown_suspended_restored(stack: Stack, run: Workspace, operator: Person) -> None:
    agent = await stack.person(operator, "agent@gouv.tg")
    table = await run("account", "list")
    assert [line.split()[0] for line in table.out.splitlines()] == ["address", "admin@gouv.tg", "agent@gouv.tg"]
    assert (await run("account", "list", "--limit", "1", "--json")).err == "there are more; see --limit\n"
    assert (await run("account", "show", "Agent@gouv.tg", "--json")).json()["id"] == agent.account.id
    assert (await run("account", "suspend", "agent@gouv.tg", "--json")).json()["suspended"] is True
    with pytest.raises(Unauthenticated):
        await stack.log_in("agent@gouv.tg")
    assert (await run("account", "restore", agent.account.id, "--json")).json()["suspended"] is False
    changed = await run("account", "set-password", "agent@gouv.tg", typed="an entirely new one\n")
    assert changed.code == 0
    assert (await stack.log_in("agent@gouv.tg", "an entirely new one")).access_token


async def test_an_account_is_changed_moved_and_readdressed(run: Workspace, operator: Person, land: Land) -> None:
    agent = land.economy_agent.account.address
    said = (
        "--name",
        "Agent principal",
        "--post",
        "Comptable",
        "--place",
        "Kara",
        "--unit",
        "Économie",
        "--language",
        "en",
    )
    changed = (await run("account", "change", agent, *said, "--alias", "compta@economie.gouv.tg", "--json")).json()
    assert (changed["display_name"], changed["unit_id"]) == ("Agent principal", land.economy.id)
    assert (changed["profile"]["title"], changed["profile"]["place"]) == ("Comptable", "Kara")
    assert changed["aliases"] == ["compta@economie.gouv.tg"]
    less = (await run("account", "change", agent, "--post", "", "--no-aliases", "--json")).json()
    assert "title" not in less["profile"]
    assert (less["profile"]["place"], less.get("aliases", [])) == ("Kara", [])
    new = "principal@economie.gouv.tg"
    readdressed = (await run("account", "readdress", agent, new, "--forward-days", "30", "--json")).json()
    assert (readdressed["address"], agent in str(readdressed["retired_addresses"])) == (new, True)
    assert (await run("account", "change", new)).code == 2
    assert (await run("account", "change", new, "--alias", "a@economie.gouv.tg", "--no-aliases")).code == 2


async def test_a_second_factor_is_asked_for_at_the_terminal(stack: Stack, run: Workspace, operator: Person) -> None:
    secret, codes = await enrol(stack, operator)
    refused = await run("login", "admin@gouv.tg", typed=f"{PASSWORD}\n000000\n")
    assert refused.code == 1
    assert "challenge" not in refused.err
    by_code = await run("login", "admin@gouv.tg", typed=f"{PASSWORD}\n{code_at(secret, stack.clock())}\n")
    assert (by_code.code, by_code.err) == (0, "")
    assert (await run("account", "show", "admin@gouv.tg")).code == 0
    assert (await run("login", "admin@gouv.tg", typed=f"{PASSWORD}\n{codes[0]}\n")).code == 0


async def test_roles_are_granted_and_revoked(stack: Stack, run: Workspace, operator: Person, land: Land) -> None:
    agent = land.economy_agent.account
    assert (await run("audit", "list")).err == "Error: For auditors only\n"
    granted = await run("account", "grant", agent.address, "help-desk", "--unit", "Économie", "--json")
    await run("account", "grant", agent.address, "auditor", "--unit", "national")
    assert granted.json()["roles"] == [{"role": "ROLE_HELP_DESK", "unit_id": land.economy.id}]
    assert (await run("login", agent.address, typed=f"{PASSWORD}\n")).code == 0
    assert (await run("audit", "list")).code == 0
    assert (await run("login", "admin@gouv.tg", typed=f"{PASSWORD}\n")).code == 0
    left = await run("account", "revoke", agent.address, "auditor", "--unit", "national", "--json")
    assert left.json()["roles"] == granted.json()["roles"]
    assert (await run("account", "revoke", agent.address, "auditor", "--unit", "national")).code == 1


async def test_the_help_desk_gives_a_code_and_ends_sessions(stack: Stack, run: Workspace, land: Land) -> None:
    agent, helper = land.economy_agent, land.economy_administrator
    grant = pb.RoleGrant(role=pb.ROLE_HELP_DESK, unit_id=land.economy.id)
    desk = await stack.person(helper, "assistance@economie.gouv.tg", land.economy.id)
    await stack.update(helper, pb.Account(id=desk.account.id, roles=[grant]), "roles")
    await run("login", desk.account.address, typed=f"{PASSWORD}\n")
    listed = await run("help-desk", "sessions", agent.account.address, "--json")
    assert len(listed.json()) == 1
    assert (await run("help-desk", "end-sessions", agent.account.address)).code == 0
    assert (await run("help-desk", "sessions", agent.account.id, "--json")).json() == []
    issued = await run("help-desk", "code", agent.account.address, "--json")
    finishing = credentials_pb2.FinishResetRequest(code=issued.json()["code"], new_password="an entirely new one")
    await stack.gateway.credentials.FinishReset(finishing)
    assert (await stack.log_in(agent.account.address, "an entirely new one")).access_token
    assert (await run("help-desk", "reset-factors", agent.account.address)).code == 0
    for outside in (land.health_agent.account.address, helper.account.address):
        assert (await run("help-desk", "code", outside)).code == 1


async def test_an_account_departs_and_its_data_is_asked_for(stack: Stack, run: Workspace, land: Land) -> None:
    await run("login", land.economy_administrator.account.address, typed=f"{PASSWORD}\n")
    agent = land.economy_agent.account
    gone = await run("account", "depart", agent.address, "--successor", "admin@economie.gouv.tg", "--json")
    assert gone.json()["successor_id"] == land.economy_administrator.account.id
    asked = await run("personal-data", "export", agent.id, "--reason", "Demande 12/2026", "--json")
    shown = await run("personal-data", "show", asked.json()["id"], "--json")
    assert (shown.json()["account_id"], sorted(shown.json()["waiting_for"])) == (
        agent.id,
        ["calendar", "directory", "mail"],
    )
    early = await run("personal-data", "archive", asked.json()["id"], "-o", "archive.zip")
    assert (early.code, early.err.count("\n")) == (1, 1)


async def test_the_own_password_needs_the_current_one(stack: Stack, run: Workspace, operator: Person) -> None:
    wrong = await run("account", "set-password", "admin@gouv.tg", typed="wrong one\nan entirely new one\n")
    assert wrong.code == 1
    right = await run("account", "set-password", "admin@gouv.tg", typed=f"{PASSWORD}\nan entirely new one\n")
    assert right.code == 0
    assert "log" in (await run("account", "list")).err


async def test_what_the_service_refuses_is_one_line_and_exit_code_1(run: Workspace, operator: Person) -> None:
    for words in (
        ("account", "show", "nobody@gouv.tg"),
        ("account", "add", "no address", "--name", "x", "--without-password"),
        ("account", "suspend", "admin@gouv.tg"),
        ("account", "add", "x@gouv.tg", "--name", "x", "--unit", "Nulle part", "--without-password"),
        ("login", "admin@gouv.tg"),
    ):
        ended = await run(*words, typed="wrong password\n")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("Error: ")
        assert ended.err.count("\n") == 1


async def test_wrong_usage_is_exit_code_2(run: Workspace, environment: dict[str, str]) -> None:
    for words in (("account",), ("account", "show"), ("nothing",), ("unit", "add", "x", "--kind", "village")):
        assert (await run(*words)).code == 2
    assert (await run("deadletters", "replay")).code == 2
    assert (await run("account", "list", WORKSPACE_TLS_CA="/nowhere", WORKSPACE_TOKEN="x")).code == 2
    del environment["WORKSPACE_DIRECTORY"]
    ended = await workspace("account", "list", environment={**environment, "WORKSPACE_TOKEN": "x"})
    assert ended.code == 2
    assert "WORKSPACE_DIRECTORY" in ended.err


async def test_a_service_that_is_away_is_exit_code_3(environment: dict[str, str]) -> None:
    away = {**environment, "WORKSPACE_DIRECTORY": "127.0.0.1:9", "WORKSPACE_TOKEN": "x"}
    ended = await workspace("account", "list", environment=away)
    assert ended.code == 3
    assert ended.err.count("\n") == 1


async def test_without_a_login_one_is_told_to_log_in(run: Workspace) -> None:
    ended = await run("account", "list")
    assert ended.code == 1
    assert "workspace login" in ended.err


async def test_tokens_are_the_owners_to_read_refreshed_when_due_and_forgotten_at_the_end(
    run: Workspace, operator: Person, environment: dict[str, str]
) -> None:
    path = Path(environment["XDG_CONFIG_HOME"]) / "workspace" / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = json.loads(path.read_text())
    path.write_text(json.dumps({**before, "expires_at": time.time()}))
    assert (await run("account", "list")).code == 0
    after = json.loads(path.read_text())
    assert after["refresh_token"] != before["refresh_token"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (await run("account", "list", WORKSPACE_TOKEN=after["access_token"], XDG_CONFIG_HOME="/nowhere")).code == 0
    assert (await run("logout")).code == 0
    assert not path.exists()


async def test_a_ministrys_administrator_sees_its_ministry_only(run: Workspace, stack: Stack, land: Land) -> None:
    assert (await run("login", land.economy_administrator.account.address, typed=f"{PASSWORD}\n")).code == 0
    listed = await run("account", "list", "--json")
    assert [account["address"] for account in listed.json()] == ["admin@economie.gouv.tg", "agent@economie.gouv.tg"]
    assert [unit["path"] for unit in (await run("unit", "list", "--json")).json()] == ["Économie"]
    assert (await run("unit", "list", "Santé")).code == 1
    assert (await run("account", "show", "agent@sante.gouv.tg")).code == 1


async def test_what_a_name_holds_does_not_steer_the_terminal(stack: Stack, run: Workspace, operator: Person) -> None:
    await stack.database["accounts"].update_one(
        {"_id": operator.account.id}, {"$set": {"display_name": "\x1b[31mrouge [bold]gras[/bold]"}}
    )
    out = (await run("account", "list")).out
    assert "\x1b" not in out
    assert "[bold]gras[/bold]" in out


async def test_accounts_by_address_are_found_where_one_administers(stack: Stack, land: Land) -> None:
    by = land.health_administrator
    for address, expected in (("agent@sante.gouv.tg", 1), ("agent@economie.gouv.tg", 0), ("no address", 0)):
        answer = await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(address=address), **by.said)
        assert len(answer.accounts) == expected
