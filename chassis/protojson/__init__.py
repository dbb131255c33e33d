"""Proto ⇄ JSON (ProtoJSON) by closures compiled once for each message type.

Where it differs from the canonical mapping of protobuf:

* field names are those of the proto (snake case), in messages and in field masks alike; camel case is unknown;
* scalars, enums, lists and maps without presence are always shown, with their default values; an absent message,
  `optional` scalar or `oneof` member is left out;
* unknown fields and unknown enum names are refused unless the reader is told to tolerate unknown fields.

A reader accepts what the canonical mapping lets it accept: numbers for enums, strings for numbers, `null` for
"not set".
"""

from chassis.protojson.faults import Fault
from chassis.protojson.parsing import load_json
from chassis.protojson.reading import DEPTH, Reader, field_setter, reader
from chassis.protojson.writing import Writer, writer

__all__ = ["DEPTH", "Fault", "Reader", "Writer", "field_setter", "load_json", "reader", "writer"]
