"""REST calls through a real socket to real gRPC: routes, bodies, queries, masks, errors."""

from typing import Any

import pytest


async def test_a_get_becomes_the_rpc_and_its_answer_json(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/mail/mailboxes", headers=gateway.bearer)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["mailboxes"][0] == {
        "id": "01INBOX", "name": "INBOX", "special_use": "SPECIAL_USE_INBOX", "messages": "9007199254740993",
        "unseen": "0", "size": "0", "modseq": "0", "keeps_days": 0,
    }  # fmt: skip


async def test_query_parameters_fill_fields_and_cursors_pass_through(gateway: Any) -> None:
    query = {"mailbox": "Archives/été", "page_size": "25", "page_token": "a/b=="}
    await gateway.client.get("/v1/mail/messages", params=query, headers=gateway.bearer)
    request = gateway.messages.requests[-1]
    assert (request.mailbox, request.page_size, request.page_token) == ("Archives/été", 25, "a/b==")
    page = await gateway.client.get("/v1/directory/accounts", headers=gateway.administrator)
    assert page.json() == {"accounts": [], "next_page_token": "next page/="}


async def test_path_variables_are_decoded_segment_by_segment(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/directory/accounts/a%2Fb%3Ac%20d", headers=gateway.bearer)
    assert answer.json()["id"] == "a/b:c d"


async def test_a_custom_verb_is_its_own_route(gateway: Any) -> None:
    for body in ({}, {"json": {}}, {"json": {"id": "01X"}}):
        answer = await gateway.client.post("/v1/directory/accounts/01X:suspend", headers=gateway.administrator, **body)
        assert answer.json()["suspended"] is True
    different = await gateway.client.post(
        "/v1/directory/accounts/01X:suspend", headers=gateway.administrator, json={"id": "01Y"}
    )
    assert different.status_code == 400
    assert different.json()["errors"][0]["field"] == "id"


async def test_created_and_empty_answers_have_the_status_of_their_rule(gateway: Any) -> None:
    made = await gateway.client.post("/v1/mail/mailboxes", json={"name": "Archives"}, headers=gateway.bearer)
    assert (made.status_code, made.json()["name"]) == (201, "Archives")
    gone = await gateway.client.delete("/v1/sessions/current", headers=gateway.bearer)
    assert (gone.status_code, gone.content) == (204, b"")


@pytest.mark.parametrize(
    ("query", "body", "paths"),
    [
        ("", {"display_name": "Agent", "aliases": []}, ["display_name", "aliases"]),
        ("", {"id": "01X", "display_name": "Agent"}, ["display_name"]),
        ("?update_mask=aliases,display_name", {"display_name": "Agent"}, ["aliases", "display_name"]),
        ("", {"created_at": None, "roles": [{"role": "ROLE_ADMINISTRATOR"}]}, ["created_at", "roles"]),
        ("", {}, []),
    ],
    ids=str,
)
async def test_a_patch_changes_what_its_mask_or_its_body_names(
    gateway: Any, query: str, body: Any, paths: list[str]
) -> None:
    answer = await gateway.client.patch(f"/v1/directory/accounts/01X{query}", json=body, headers=gateway.administrator)
    assert answer.status_code == 200
    request = gateway.accounts.requests[-1]
    assert list(request.update_mask.paths) == paths
    assert request.account.id == "01X"


async def test_a_mask_that_names_nothing_is_refused(gateway: Any) -> None:
    answer = await gateway.client.patch(
        "/v1/directory/accounts/01X?update_mask=display_name,salary", json={}, headers=gateway.administrator
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "update_mask"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=ten", "page_size"),
        ("page_size=1e400", "page_size"),
        ("page_size=99999999999999999999", "page_size"),
        ("page_size=1&page_size=2", "page_size"),
        ("pageSize=1", "pageSize"),
        ("unknown=1", "unknown"),
    ],
)
async def test_wrong_query_parameters_are_refused_by_name(gateway: Any, query: str, field: str) -> None:
    answer = await gateway.client.get(f"/v1/mail/messages?{query}", headers=gateway.bearer)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


async def test_a_query_of_too_many_or_unreadable_parameters_is_refused(gateway: Any) -> None:
    for query in ("&".join(f"a{n}=1" for n in range(200)), "mailbox=%ff%fe"):
        answer = await gateway.client.get(f"/v1/mail/messages?{query}", headers=gateway.bearer)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b'"text"', None),
        (b"null", None),
        (b'{"name": "a", "name": "b"}', None),
        (b'{"name": NaN}', None),
        (b'{"name": 5}', "name"),
        (b'{"name": ["a"]}', "name"),
        (b'{"name": "\\ud800"}', "name"),
        (b'{"messages": 1e400}', "messages"),
        (b'{"messages": 99999999999999999999999999}', "messages"),
        (b'{"messages": ' + b"9" * 10_000 + b"}", None),
        (b'{"special_use": "SPECIAL_USE_CELLAR"}', "special_use"),
        (b'{"specialUse": "SPECIAL_USE_SENT"}', "specialUse"),
        (b'{"unknown": {}}', "unknown"),
        (b"[" * 50_000, None),
        (b'{"name":' * 50_000, None),
        (b'{"name": "\xff"}', None),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_json_of_the_wrong_shape_is_refused_and_the_next_call_is_served(
    gateway: Any, body: bytes, field: str | None
) -> None:
    json = {**gateway.bearer, "content-type": "application/json"}
    answer = await gateway.client.post("/v1/mail/mailboxes", content=body, headers=json)
    if body:
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"] == "invalid_input"
        assert [error["field"] for error in answer.json().get("errors", [])] == ([field] if field else [])
    assert (await gateway.client.get("/v1/mail/mailboxes", headers=gateway.bearer)).status_code == 200


async def test_a_body_of_another_media_type_or_coding_is_refused(gateway: Any) -> None:
    for headers in ({"content-type": "text/plain"}, {"content-type": "application/json", "content-encoding": "gzip"}):
        answer = await gateway.client.post("/v1/mail/mailboxes", content=b"{}", headers=gateway.bearer | headers)
        assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")


@pytest.mark.gateway_settings(json_octets=2048)
async def test_a_large_body_is_refused_whether_announced_or_not(gateway: Any) -> None:
    async def chunks() -> Any:
        for _ in range(10):
            yield b" " * 500

    json = {**gateway.bearer, "content-type": "application/json"}
    for content in (b" " * 3000, chunks()):
        answer = await gateway.client.post("/v1/mail/mailboxes", content=content, headers=json)
        assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
        assert answer.headers["connection"] == "close"


async def test_an_error_of_a_service_is_a_problem_document(gateway: Any) -> None:
    answer = await gateway.client.post(
        "/v1/directory/accounts", json={"address": "x"}, headers=gateway.administrator | {"x-request-id": "mine-1"}
    )
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.json() == {
        "type": "/docs#problem-invalid_input", "title": "Invalid input", "status": 400, "detail": "Two are wrong",
        "instance": "/v1/directory/accounts", "reason": "invalid_input", "request_id": "mine-1",
        "errors": [{"field": "address", "detail": "is no address"}, {"field": "password", "detail": "is short"}],
    }  # fmt: skip


async def test_each_kind_of_error_has_its_status(gateway: Any) -> None:
    conflict = await gateway.client.patch("/v1/mail/mailboxes/01X", json={"name": "b"}, headers=gateway.bearer)
    assert (conflict.status_code, conflict.json()["reason"]) == (409, "conflict")
    away = await gateway.client.delete("/v1/mail/mailboxes/away", headers=gateway.bearer)
    assert (away.status_code, away.headers["retry-after"]) == (503, "7")
    fault = await gateway.client.delete("/v1/mail/mailboxes/01X", headers=gateway.bearer)
    assert fault.status_code == 500
    assert "fault of ours" not in fault.text
    forbidden = await gateway.client.get("/v1/directory/accounts", headers=gateway.bearer)
    assert forbidden.status_code == 403


async def test_what_has_no_route_is_not_there(gateway: Any) -> None:
    for path in ("/v1/nothing", "/v1/mail/mailboxes/", "/v1", "/v1/", "/nothing", "/v1/mail/messages/01X:unknown"):
        answer = await gateway.client.get(path, headers=gateway.bearer)
        assert (answer.status_code, answer.json()["reason"]) == (404, "not_found")
    for rpc in ("SessionService/VerifyPassword", "SessionService/ListRevocations"):
        answer = await gateway.client.post(f"/workspace.directory.v1.{rpc}", json={})
        assert answer.status_code == 404


async def test_a_method_that_a_path_does_not_answer_is_refused_with_those_it_does(gateway: Any) -> None:
    answer = await gateway.client.put("/v1/mail/mailboxes", json={}, headers=gateway.bearer)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    options = await gateway.client.options("/v1/mail/mailboxes")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    head = await gateway.client.head("/v1/mail/mailboxes", headers=gateway.bearer)
    assert (head.status_code, head.content) == (200, b"")


async def test_the_services_learn_who_where_and_which_request(gateway: Any) -> None:
    own = await gateway.client.get("/v1/me", headers=gateway.bearer)
    assert own.json()["id"] == "01ALICE"
    assert own.json()["display_name"] == "gateway"
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    login = {"address": "agent1@numerique.gouv.tg", "password": "right"}
    answer = await gateway.client.post("/v1/sessions", json=login, headers={"x-request-id": "r1", "traceparent": trace})
    assert answer.status_code == 201
    assert answer.json() == {"access_token": "access", "refresh_token": "refresh", "expires_in": 900}
    assert gateway.sessions.metadata["workspace-remote-address"] == "127.0.0.1"
    assert gateway.sessions.metadata["workspace-request-id"] == "r1"
    assert gateway.sessions.metadata["traceparent"].split("-")[1] == trace.split("-")[1]
