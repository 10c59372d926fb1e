"""Checks a certificate of plantrail verify against the log files and digests themselves.

    check_certificate.py CERTIFICATE ROOT KEYS.json

ROOT is the directory that holds AWSLogs, of a copy of the trail; KEYS.json is what aws
cloudtrail list-public-keys prints. Nothing here comes from plantrail. Prints OK and ends
with 0, or prints what does not hold and ends with 1."""
import base64
import datetime
import gzip
import hashlib
import json
import os
import sys

SOURCES = ("supportplans.amazonaws.com", "support-subscription.amazonaws.com")
READS = ("Get", "List", "Describe")


def der(data):
    """The numbers of an RSA public key in PKCS #1: modulus and exponent."""
    def element(at):
        length, at = data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        return at, at + length
    at, _ = element(0)
    numbers = []
    for _ in range(2):
        begin, at = element(at)
        numbers.append(int.from_bytes(data[begin:at], "big"))
    return numbers


def holds(key, signature, text):
    """Whether an RSA signature (PKCS #1 v1.5, SHA-256) holds."""
    modulus, exponent = key
    size = (modulus.bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(text.encode()).digest()
    want = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    return pow(int(signature, 16), exponent, modulus).to_bytes(size, "big") == want


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def local(root, key):
    """The file of a key or URI, by what it has from AWSLogs on."""
    return os.path.join(root, key[key.rindex("AWSLogs/"):])


def inflated(name):
    with gzip.open(name) as file:
        return file.read()


def check_chain(chain, root, keys, named):
    """Walks a chain back from its signed end; returns the spans of its digests."""
    key, want, spans = chain["last"]["key"], chain["last"]["sha256"], []
    signature = chain["last_signature"]
    while True:
        raw = inflated(local(root, key))
        assert hashlib.sha256(raw).hexdigest() == want, f"{key} is not what its successor says"
        digest = json.loads(raw)
        if signature:
            text = "\n".join([digest["digestEndTime"], digest["digestS3Bucket"] + "/" + digest["digestS3Object"], want,
                              digest["previousDigestSignature"] or "null"])
            assert digest["digestPublicKeyFingerprint"] in chain["fingerprints"], f"{key}: its key is not named"
            assert holds(keys[digest["digestPublicKeyFingerprint"]], signature, text), f"{key}: the signature does not hold"
        spans.append((time_of(digest["digestStartTime"]), time_of(digest["digestEndTime"])))
        for file in digest["logFiles"]:
            named[file["s3Object"][file["s3Object"].rindex("AWSLogs/"):]] = file["hashValue"]
        if local(root, key) == local(root, chain["first"]["key"]):
            assert want == chain["first"]["sha256"], f"{key}: not the first digest of the certificate"
            assert len(spans) == chain["digests"], f"{len(spans)} digests, {chain['digests']} in the certificate"
            return spans
        key, want, signature = digest["previousDigestS3Object"], digest["previousDigestHashValue"], digest["previousDigestSignature"]
        assert key, "the chain begins after the first digest of the certificate"


def check(certificate, root, keys):
    assert certificate["kind"] == "plantrail certificate 1", "not a certificate"
    begin, end = time_of(certificate["span"]["from"]), time_of(certificate["span"]["to"])
    changes, days = set(), []
    while begin + datetime.timedelta(days=len(days)) < end:
        days.append(f"{begin + datetime.timedelta(days=len(days)):%Y/%m/%d}")
    for unit in certificate["units"]:
        named, spans = {}, []
        for chain in unit["chains"]:
            found = check_chain(chain, root, keys, named)
            spans += [] if chain.get("backfill") else found
        at = begin
        for start, stop in sorted(spans):
            assert start <= at, f"{unit['account']} {unit['region']}: nothing is proven from {at} to {start}"
            at = max(at, stop)
        assert at >= end, f"{unit['account']} {unit['region']}: nothing is proven after {at}"
        wanted = {key: value for key, value in named.items() if "/CloudTrail/" in key and key[key.index("/CloudTrail/"):].split("/", 3)[3][:10] in days}
        there = set()
        folder = f"/{unit['account']}/CloudTrail/{unit['region']}/"
        for path, _, files in os.walk(root):
            there |= {os.path.join(path, f)[len(root):].lstrip("/") for f in files if any(path.endswith(folder + day) for day in days)}
        assert there == set(wanted), f"{unit['account']} {unit['region']}: other log files: {sorted(there ^ set(wanted))[:3]}"
        assert len(wanted) == unit["log_files"], f"{len(wanted)} log files, {unit['log_files']} in the certificate"
        for key, value in wanted.items():
            raw = inflated(os.path.join(root, key))
            assert hashlib.sha256(raw).hexdigest() == value, f"{key} is not what its digest says"
            for record in json.loads(raw)["Records"]:
                if record.get("eventSource") in SOURCES and not record.get("readOnly", record.get("eventName", "").startswith(READS)):
                    changes.add((time_of(record["eventTime"]), record["eventID"], record["eventName"]))
    said = {(time_of(c["time"]), c["event_id"], c["operation"]) for c in certificate["plan_changes"]}
    assert said == changes, f"plan changes differ: {sorted(map(str, said ^ changes))[:3]}"


def main():
    with open(sys.argv[1]) as file:
        certificate = json.load(file)
    with open(sys.argv[3]) as file:
        keys = {key["Fingerprint"]: der(base64.b64decode(key["Value"])) for key in json.load(file)["PublicKeyList"]}
    try:
        check(certificate, sys.argv[2], keys)
    except (AssertionError, OSError, ValueError, KeyError) as error:
        sys.exit(f"does not hold: {error}")
    print("OK")


main()
