"""What other domains' servers ask of the policy host."""

from tests.gateway.conftest import POLICY_TEXT, Gateway

PATH = "/.well-known/mta-sts.txt"


async def test_the_policy_of_the_domain_that_we_are_called_by(gateway: Gateway) -> None:
    answer = await gateway.client.get(PATH, headers={"host": "MTA-STS.finances.gouv.tg:443"})
    assert (answer.status_code, answer.text) == (200, POLICY_TEXT)
    assert answer.headers["content-type"].split(";")[0] == "text/plain"
    assert gateway.policies.asked == ["finances.gouv.tg"]


async def test_other_names_have_none(gateway: Gateway) -> None:
    for host in ("espace.gouv.tg", "mta-sts.example.org", "mta-sts.", "mta-sts.a b", "finances.gouv.tg"):
        assert (await gateway.client.get(PATH, headers={"host": host})).status_code == 404, host
    assert (await gateway.client.post(PATH, headers={"host": "mta-sts.gouv.tg"})).status_code == 405
