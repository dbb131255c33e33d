"""`workspace client`, as an operator types it."""

import json
from pathlib import Path

from joserfc.jwk import ECKey

from tests.cli.conftest import Land, Person, Workspace

CALLBACK = "https://conges.gouv.tg/retour"


async def test_applications_are_added_listed_and_removed(run: Workspace, operator: Person, land: Land) -> None:
    added = await run(
        "client", "add", "Congés", "--unit", "Économie/Trésor", "--redirect-uri", CALLBACK, "--scope", "openid",
        "--scope", "email", "--first-party", "--json",
    )  # fmt: skip
    assert added.code == 0, added.err
    client = added.json()
    assert client["grant_types"] == ["authorization_code", "refresh_token"]
    assert len(client["client_secret"]) >= 43
    assert client["unit_id"] == land.treasury.id
    listed = await run("client", "list", "--unit", "Économie", "--json")
    assert [each["client_id"] for each in listed.json()] == [client["client_id"]]
    assert client["client_secret"] not in listed.out
    assert (await run("client", "list", "--unit", "Santé", "--json")).json() == []
    assert "Congés" in (await run("client", "list")).out
    assert (await run("client", "remove", client["client_id"])).code == 0
    assert (await run("client", "list", "--json")).json() == []
    again = await run("client", "remove", client["client_id"])
    assert (again.code, again.err.count("\n")) == (1, 1)


async def test_an_application_is_changed_and_gets_a_new_secret(run: Workspace, operator: Person, land: Land) -> None:
    told = "https://conges.gouv.tg/fin"
    added = await run(
        "client",
        "add",
        "Congés",
        "--unit",
        "Économie",
        "--redirect-uri",
        CALLBACK,
        "--back-channel-uri",
        told,
        "--json",
    )
    client = added.json()
    assert client["backchannel_logout_uri"] == told
    own, other = client["client_id"], f"{CALLBACK}/ici"
    changed = await run(
        "client", "change", own, "--name", "Absences", "--unit", "Santé", "--redirect-uri", CALLBACK, "--redirect-uri",
        other, "--back-channel-uri", "", "--a-minute", "900", "--disable", "--json",
    )  # fmt: skip
    assert changed.code == 0, changed.err
    now = changed.json()
    assert (now["name"], now["unit_id"], now["disabled"]) == ("Absences", land.health.id, True)
    assert now["redirect_uris"] == [CALLBACK, other]
    assert now["requests_a_minute"] == 900
    assert "backchannel_logout_uri" not in now
    assert (await run("client", "change", own, "--enable", "--json")).json()["disabled"] is False
    renewed = (await run("client", "new-secret", own, "--json")).json()
    assert len(renewed["client_secret"]) >= 43
    assert renewed["client_secret"] != client["client_secret"]
    assert (await run("client", "change", own)).code == 2


async def test_a_service_account_is_added_with_its_keys(
    run: Workspace, operator: Person, land: Land, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}))
    added = await run(
        "client", "add", "Paie", "--unit", "Économie", "--service", "paie@economie.gouv.tg", "--scope",
        "directory.read", "--proof", "private_key_jwt", "--jwks", str(keys), "--json",
    )  # fmt: skip
    assert added.code == 0, added.err
    assert added.json()["grant_types"] == ["client_credentials"]
    assert "client_secret" not in added.json()
    shown = await run("account", "show", "paie@economie.gouv.tg", "--json")
    assert shown.json()["kind"] == "ACCOUNT_KIND_SERVICE"


async def test_what_is_wrong_is_one_line(run: Workspace, operator: Person) -> None:
    wrong = await run("client", "add", "Congés", "--redirect-uri", "http://localhost/retour")
    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
    assert "redirect_uris" in wrong.err
