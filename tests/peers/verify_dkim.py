#!/usr/bin/env python3
"""verify_dkim.py RECORDS MAIL...: checks every DKIM signature of each mail with
dkimpy; one JSON object a mail. RECORDS is a JSON object of names and their TXT
records, which stand in for the DNS."""
import json
import sys

import dkim
from dkim.util import parse_tag_value

with open(sys.argv[1], encoding="utf-8") as file:
    RECORDS = {name.encode() + b".": text.encode() for name, text in json.load(file).items()}


def answer(name, timeout=5):
    return RECORDS.get(name)


def check(raw, index):
    """One signature; a fresh object each time, as it keeps state."""
    signature = dkim.DKIM(raw, minkey=1024)
    try:
        is_valid, error = bool(signature.verify(idx=index, dnsfunc=answer)), None
    except dkim.DKIMException as why:
        is_valid, error = False, "%s: %s" % (type(why).__name__, why)
    fields = [value for name, value in signature.headers if name.lower() == b"dkim-signature"]
    tags = {key.decode(): value.decode() for key, value in parse_tag_value(fields[index]).items()}
    return {"is_valid": is_valid, "error": error, "tags": tags}


for path in sys.argv[2:]:
    with open(path, "rb") as file:
        raw = file.read()
    names = [name.lower() for name, _ in dkim.DKIM(raw).headers]
    count = names.count(b"dkim-signature")
    print(json.dumps({
        "signatures": [check(raw, index) for index in range(count)],
        "received": names.count(b"received"),
    }))
