"""caldav-server-tester, which learns by trying what a server does and where it departs from the standards."""

import ast
import json
from typing import Any

import pytest

from tests.e2e.clients import Agent
from tests.interop.agendas import run
from tests.running import RunningStack

# What the report says otherwise than "full", and why it may.
DEPARTURES = {
    # People's principals are not listed to the curious, nor found by a part of a name.
    "principal-search",
    "principal-search.by-name.self",
    "principal-search.list-all",
    # A colour is a number; names of CSS are no value of Apple's property.
    "calendar-color.name",
    # What no standard asks for: a calendar that a PUT into it makes; queries that name no component.
    "create-calendar.auto",
    "search.text.comp-type-optional",
    "search.time-range.comp-type-optional",
    # "@" and "%40" are one character in a path (RFC 3986 section 6.2.2.2), and none in a calendar's name.
    "url.encode-at.identity",
    "url.encode-at.literal.collection",
    # An attendee's own answer is written by the client: it changes the tag, as it does with Apple's server and Cyrus.
    "scheduling.schedule-tag.stable-partstat",
    # Not asked of localhost.
    "well-known",
}
# What a report must have tried with several users.
SCHEDULING = (
    "scheduling",
    "scheduling.mailbox",
    "scheduling.mailbox.inbox-delivery",
    "scheduling.auto-schedule",
    "scheduling.calendar-user-address-set",
    "scheduling.freebusy-query",
    "scheduling.schedule-tag",
)


def _account(agent: Agent) -> dict[str, str]:
    return {
        "caldav_url": f"{agent.stack.local['http']}/dav/",
        "caldav_username": agent.address,
        "caldav_password": agent.password,
    }


@pytest.fixture(scope="module")
def report(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the tester found of each feature, as three users of two ministries."""
    folder = tmp_path_factory.mktemp("tester")
    first, second, third = (
        Agent(stack, address)
        for address in ("agent1@numerique.gouv.tg", "agent2@numerique.gouv.tg", "agent1@finances.gouv.tg")
    )
    configuration = folder / "caldav.json"
    configuration.write_text(json.dumps({"second": _account(second), "third": _account(third)}))
    own = _account(first)
    said = run(
        "caldav-server-tester",
        *("--caldav-url", own["caldav_url"]),
        *("--caldav-username", own["caldav_username"]),
        *("--caldav-password", own["caldav_password"]),
        *("--config-section", "second", "--config-section", "third", "--format", "hints"),
        home=folder,
        environment={"CALDAV_CONFIG_FILE": str(configuration)},
    )
    return dict(ast.literal_eval(said[said.index("{") :]))


def _poor(report: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        feature: found
        for feature, found in report.items()
        if found.get("support", "full") not in ("full", "quirk") and feature not in DEPARTURES
    }


@pytest.mark.timeout(600)
def test_caldav_server_tester_finds_nothing_amiss(report: dict[str, dict[str, Any]]) -> None:
    assert len(report) > 60
    assert not {feature: found for feature, found in _poor(report).items() if not feature.startswith("scheduling")}


@pytest.mark.timeout(600)
def test_caldav_server_tester_schedules_between_users(report: dict[str, dict[str, Any]]) -> None:
    assert not [feature for feature in SCHEDULING if feature not in report]
    assert not {feature: found for feature, found in _poor(report).items() if feature.startswith("scheduling")}
