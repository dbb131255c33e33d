import base64

import pytest

from chassis.blobs import Damaged, KeyRing
from chassis.service_keys import BadServiceKeys

ONE, TWO = (f"{name}:{base64.b64encode(bytes([n]) * 32).decode()}" for name, n in (("one", 1), ("two", 2)))


def test_the_first_key_seals_and_all_open() -> None:
    old, both = KeyRing.parse(ONE), KeyRing.parse(f"{TWO}, {ONE}")
    wrapped = old.wrap(b"data key", b"blob")
    assert both.unwrap("one", wrapped, b"blob") == b"data key"
    assert both.sealing_id == "two"
    assert both.retired_ids == ["one"]


def test_a_wrapped_key_belongs_to_its_blob_and_its_service_key() -> None:
    ring = KeyRing.parse(f"{TWO},{ONE}")
    wrapped = ring.wrap(b"data key", b"blob")
    for key_id, bound_to in (("two", b"other blob"), ("one", b"blob"), ("gone", b"blob")):
        with pytest.raises(Damaged):
            ring.unwrap(key_id, wrapped, bound_to)


def test_addresses_depend_on_the_service_key() -> None:
    digests = [ring.address() for ring in (KeyRing.parse(ONE), KeyRing.parse(TWO))]
    for digest in digests:
        digest.update(b"the same bytes")
    assert digests[0].hexdigest() != digests[1].hexdigest()


@pytest.mark.parametrize("text", ["", "k1", "k1:AAAA", ":" + ONE.partition(":")[2], "k1:****"])
def test_bad_keys_stop_the_start(text: str) -> None:
    with pytest.raises(BadServiceKeys):
        KeyRing.parse(text)
