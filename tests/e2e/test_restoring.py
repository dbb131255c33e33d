"""What was deleted is put back at the terminal."""

import json

from tests.e2e.clients import Agent, letter
from tests.running import RunningStack


async def test_what_was_deleted_is_put_back_at_the_terminal(stack: RunningStack) -> None:
    agent = Agent(stack, "agent1@numerique.gouv.tg")
    token = await agent.token()
    client = agent.imap()
    client.create("Effacer")
    subjects = [letter(agent.address, subject=name)["Subject"] for name in ("Un", "Deux")]
    for subject in subjects:
        client.append("Effacer", None, None, letter(agent.address, subject=subject).as_bytes())
    client.select("Effacer")
    client.store("1:*", "+FLAGS", "\\Deleted")
    client.expunge()
    client.logout()
    assert agent.subjects("Effacer") == []
    listed = stack.command("mail", "restore", "--json", token=token)
    found = {each["subject"]: each for each in json.loads(listed.stdout) if each["mailbox"] == "Effacer"}
    assert len(found) == 2
    first = next(iter(found))
    done = stack.command("mail", "restore", found[first]["id"], "--json", token=token)
    assert json.loads(done.stdout) == {"restored": 1}
    assert agent.subjects("Effacer") == [first]
    done = stack.command("mail", "restore", "--since", found[first]["deleted_at"][:10], token=token)
    assert done.returncode == 0, done.stderr
    assert sorted(agent.subjects("Effacer")) == sorted(found)
    again = stack.command("mail", "restore", found[first]["id"], token=token)
    assert again.returncode != 0
    wrong = stack.command("mail", "restore", "--account", "agent1@finances.gouv.tg", token=token)
    assert wrong.returncode != 0
