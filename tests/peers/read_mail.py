#!/usr/bin/env python3
"""Reads mails as Python's own parser does; one JSON object a file, with every
defect it finds in any header or part. Standard library only."""
import email
import email.policy
import json
import sys

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        raw = file.read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    defects = []
    for part in mail.walk():
        for name, value in part.items():
            defects += ["%s: %r" % (name, defect) for defect in value.defects]
        if not part.is_multipart():
            part.get_payload(decode=True)
        defects += ["%s: %r" % (part.get_content_type(), defect) for defect in part.defects]
    parts = list(mail.iter_parts())
    sender = mail["From"].addresses[0]
    lines = raw.split(b"\r\n")
    print(json.dumps({
        "defects": defects,
        "type": mail.get_content_type(),
        "parts": [part.get_content_type() + " " + part.get_content_charset() for part in parts],
        "encodings": [part["Content-Transfer-Encoding"] for part in parts],
        "text": parts[0].get_content(),
        "html": parts[1].get_content(),
        "subject": str(mail["Subject"]),
        "from_name": sender.display_name,
        "from": sender.addr_spec,
        "list_id": str(mail["List-Id"] or ""),
        "headers": {name: str(value) for name, value in mail.items()},
        "names": [name.lower() for name in mail.keys()],
        "longest_line": max(len(line) for line in lines),
        "bare": any(b"\r" in line or b"\n" in line for line in lines),
        "ascii": raw.isascii(),
    }))
