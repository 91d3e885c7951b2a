"""Reads a signed run with other people's libraries: DSSE (securesystemslib), in-toto's statement, JSON Schema.

envelope.py DIR PUBLIC_KEY_PEM SCHEMA
"""
import base64
import copy
import hashlib
import json
import pathlib
import sys

import jsonschema
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def main(directory, public_key, schema):
    directory = pathlib.Path(directory)
    text = (directory / "evidence.intoto.jsonl").read_text()
    assert text.count("\n") == 1, "one attestation a line, and there is one"
    data = json.loads(text)
    keyid = data["signatures"][0]["keyid"]
    key = SSlibKey.from_crypto(load_pem_public_key(pathlib.Path(public_key).read_bytes()), keyid=keyid)

    envelope = Envelope.from_dict(copy.deepcopy(data))  # it takes its argument apart
    accepted = envelope.verify([key], threshold=1)
    assert list(accepted) == [keyid], accepted
    print("securesystemslib: signature of", keyid[:12])
    for name, forged in forgeries(data).items():
        try:
            Envelope.from_dict(copy.deepcopy(forged)).verify([key], threshold=1)
        except VerificationError:
            continue
        raise AssertionError(f"{name}: accepted")

    message = json_format.Parse(envelope.payload, statement_pb2.Statement())
    Statement.copy_from_pb(message).validate()
    predicate = json_format.ParseDict(json_format.MessageToDict(message.predicate), test_result_pb2.TestResult())
    assert predicate.result in ("PASSED", "WARNED", "FAILED"), predicate.result
    assert (predicate.result == "FAILED") or not predicate.failed_tests
    print("in-toto: a statement of", len(message.subject), "files,", predicate.result)

    names = set()
    for subject in message.subject:
        file = directory / subject.name
        assert hashlib.sha256(file.read_bytes()).hexdigest() == subject.digest["sha256"], subject.name
        names.add(subject.name)
    there = {str(f.relative_to(directory)) for f in directory.rglob("*") if f.is_file()}
    assert there == names | {"evidence.intoto.jsonl"}, there ^ names
    print("digests: all files, no other")

    schema = json.loads(pathlib.Path(schema).read_text())
    validator = jsonschema.Draft7Validator(schema)
    validator.check_schema(schema)
    evidence = json.loads((directory / "evidence.json").read_text())
    validator.validate(evidence)
    assert evidence["events"]["sha256"] == hashlib.sha256((directory / "events.jsonl").read_bytes()).hexdigest()
    print("jsonschema: evidence.json keeps its schema, format", evidence["schema"])


def forgeries(data):
    """The envelope, altered: each must be refused."""
    def altered(**change):
        return {**data, **change}

    payload = base64.b64decode(data["payload"]).replace(b"FAILED", b"PASSED").replace(b"sha256", b"sha512")
    signature = bytearray(base64.b64decode(data["signatures"][0]["sig"]))
    signature[0] ^= 1
    other = [{**data["signatures"][0], "sig": base64.b64encode(signature).decode()}]
    return {
        "payload": altered(payload=base64.b64encode(payload).decode()),
        "signature": altered(signatures=other),
        "type": altered(payloadType="application/json"),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
