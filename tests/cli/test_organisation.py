"""`workspace unit move`, `domain`, `function`, `group` and `approval`, as an operator types them."""

from workspace.directory.v1 import directory_pb2 as pb

from tests.cli.conftest import Land, Person, Stack, Workspace
from tests.directory.conftest import PASSWORD


async def test_units_are_moved_merged_and_dissolved(run: Workspace, operator: Person, land: Land) -> None:
    moved = await run("unit", "move", "Économie/Trésor", "--below", "Santé", "--forward-days", "30", "--json")
    assert (moved.code, moved.err) == (0, "")
    assert (moved.json()["kind"], moved.json()["target_id"]) == ("move", land.health.id)
    await run("unit", "add", "Santé/Annexe")
    merged = await run("unit", "merge", "Santé/Annexe", "--into", "Santé/Trésor", "--json")
    assert merged.json()["kind"] == "merge"
    await run("unit", "add", "Santé/Vide")
    assert (await run("unit", "dissolve", "Santé/Vide", "--json")).json()["kind"] == "dissolution"
    held = await run("unit", "dissolve", "Santé/Trésor")
    assert (held.code, held.err.count("\n")) == (1, 1)
    assert "accounts" in held.err
    assert [each["kind"] for each in (await run("unit", "moves", "--json")).json()] == ["dissolution", "merge", "move"]
    renamed = await run("unit", "rename", "Santé/Trésor", "Trésorerie", "--json")
    assert renamed.json()["path"] == "Santé/Trésorerie"
    assert (await run("unit", "move", "Santé", "--below", "Économie", "--to-root")).code == 2


async def test_mail_domains_are_given_closed_and_removed(run: Workspace, operator: Person, land: Land) -> None:
    agent = land.economy_agent.account.address
    made = await run(
        "domain", "add", "finances.gouv.tg", "--unit", "Économie", "--administrator", agent, "--json"
    )  # fmt: skip
    assert (made.json()["state"], made.json()["administrators"]) == ("active", [agent])
    opened = await run("domain", "open", "agent@finances.gouv.tg", "--for", agent, "--json")
    assert opened.json()["aliases"] == ["agent@finances.gouv.tg"]
    used = await run("domain", "remove", "finances.gouv.tg")
    assert (used.code, "accounts: 1" in used.err) == (1, True)
    closed = await run("domain", "close", "agent@finances.gouv.tg", "--of", agent, "--json")
    assert closed.json()["retired_addresses"][0]["address"] == "agent@finances.gouv.tg"
    closing = await run(
        "domain", "update", "finances.gouv.tg", "--state", "closing", "--no-administrators", "--json"
    )  # fmt: skip
    assert (closing.json()["state"], closing.json()["administrators"]) == ("closing", [])
    assert "finances.gouv.tg" in (await run("domain", "list", "--unit", "Économie")).out
    assert (await run("domain", "show", "finances.gouv.tg", "--json")).json()["unit_id"] == land.economy.id
    await run("domain", "add", "essai.tg", "--unit", "Santé")
    assert (await run("domain", "remove", "essai.tg")).code == 0
    assert (await run("domain", "update", "finances.gouv.tg")).code == 2


async def test_functions_are_founded_assigned_and_ended(run: Workspace, operator: Person, land: Land) -> None:
    agent, chief = land.economy_agent.account.address, land.economy_administrator.account.address
    budget = "budget@economie.gouv.tg"
    made = await run(
        "function", "add", budget, "--title", "Directeur", "--unit", "Économie", "--holder", agent, "--json"
    )  # fmt: skip
    assert (made.json()["holders"], made.json()["vacant"]) == ([agent], False)
    assert (await run("function", "assign", budget, chief, agent, "--json")).json()["holders"] == [chief, agent]
    assert (await run("function", "assign", budget, "--vacant", "--json")).json()["vacant"] is True
    updated = await run("function", "update", budget, "--title", "Directrice", "--fallback", chief, "--json")
    assert updated.json()["title"] == "Directrice"
    assert budget in (await run("function", "list", "--unit", "Économie")).out
    assert (await run("function", "show", made.json()["id"], "--json")).json()["address"] == budget
    assert (await run("function", "remove", budget)).code == 0
    assert (await run("function", "show", budget)).code == 1
    assert (await run("function", "assign", budget)).code == 2


async def test_groups_are_made_changed_and_ended(run: Workspace, operator: Person, land: Land) -> None:
    agent = land.economy_agent.account.address
    made = await run("group", "add", "Comité", "--unit", "Économie", "--member", agent, "--json")
    assert made.json()["listed_accounts"] == 1
    ruled = await run("group", "add", "Santé entière", "--of-unit", "Santé", "--json")
    assert ruled.json()["rule"]["unit_id"] == land.health.id
    whole = await run("group", "add", "Tous", "--group", "comite", "--json")
    assert whole.json()["listed_groups"] == 1
    everybody = await run("group", "members", "Tous", "--all", "--json")
    assert [each["address"] for each in everybody.json()] == [agent]
    assert [each["kind"] for each in (await run("group", "members", "Tous", "--json")).json()] == ["group"]
    assert {each["name"] for each in (await run("group", "list", "--of", agent, "--json")).json()} == {"Comité", "Tous"}
    changed = await run("group", "change", "Comité", "--remove", agent, "--json")
    assert changed.json()["listed_accounts"] == 0
    assert (await run("group", "show", "Comité", "--json")).json()["id"] == made.json()["id"]
    said = ("--name", "Comité restreint", "--description", "Trois voix", "--add", agent)
    described = (await run("group", "change", "Comité", *said, "--json")).json()
    assert (described["name"], described["description"], described["listed_accounts"]) == (said[1], said[3], 1)
    ruled_anew = await run("group", "change", "Santé entière", "--of-unit", "Santé", "--of-place", "Kara", "--json")
    assert ruled_anew.json()["rule"] == {"unit_id": land.health.id, "place": "Kara"}
    assert (await run("group", "remove", "Tous")).code == 0
    assert (await run("group", "show", "Tous")).code == 1
    assert (await run("group", "change", "Comité restreint")).code == 2


async def test_what_waits_for_a_second_administrator_is_listed_and_decided(
    run: Workspace, stack: Stack, operator: Person, land: Land
) -> None:
    second = await stack.person(operator, "second@gouv.tg", administers="")
    waiting = await run("approval", "policy", "Santé", "--act", "dissolve_unit")
    assert (waiting.code, waiting.err.count("\n")) == (1, 1)
    assert "workspace approval" in waiting.err
    [asked] = (await run("approval", "list", "--asked", "--json")).json()
    assert (asked["act"], asked["state"]) == ("change_policy", "waiting")
    explained = await run("approval", "explain", asked["id"], "Décret 2026-12", "--json")
    assert explained.json()["reason"] == "Décret 2026-12"
    assert (await run("approval", "approve", asked["id"])).code == 1
    assert (await run("login", second.account.address, typed=f"{PASSWORD}\n")).code == 0
    assert "Décret 2026-12" in (await run("approval", "list")).out
    assert (await run("approval", "show", asked["id"], "--json")).json()["asked_by_address"] == "admin@gouv.tg"
    assert (await run("approval", "approve", asked["id"], "--json")).json()["state"] == "done"
    policy = await run("approval", "policy", "Santé", "--json")
    assert policy.json()["effective_acts"] == ["dissolve_unit"]
    await stack.unit(operator, "Vide", pb.UNIT_KIND_OFFICE, land.health.id)
    assert (await run("unit", "dissolve", "Santé/Vide")).code == 1
    [own] = (await run("approval", "list", "--asked", "--json")).json()
    assert (await run("approval", "refuse", own["id"], "--json")).json()["state"] == "withdrawn"
    assert (await run("approval", "take", own["id"])).code == 1
