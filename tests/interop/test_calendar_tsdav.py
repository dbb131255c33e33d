"""tsdav, on which calendar applications of the web are built."""

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.agendas import Agenda
from tests.interop.node_programs import node
from tests.running import RunningStack


def test_tsdav_discovers_writes_queries_and_synchronises(stack: RunningStack, agent: Agent) -> None:
    agenda, uid = Agenda(agent, f"essai-{new_id().lower()}"), new_id()
    told = node("tsdav.mjs", f"{stack.local['http']}/dav/", agent.address, agent.password, agenda.name, uid)
    assert (told["made"], told["title"]) == (201, "Fait par tsdav")
    assert "VEVENT" in told["components"]
    # What is there is not overwritten by who thinks to create it, nor by who read it before another changed it.
    assert (told["created"], told["again"]) == (201, 412)
    assert (told["updated"], told["stale"]) == (204, 412)
    assert (told["found"], told["expanded"], told["outside"]) == (True, [1, False], 0)
    assert (told["copied"], told["changes"], told["text"], told["dirty"]) == (1, [0, 1, 0], True, True)
    assert (told["deleted"], told["left"]) == (204, 0)
    assert agenda.ask("PROPFIND", depth="0").status_code == 207
    assert agenda.names() == []
