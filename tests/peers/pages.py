#!/usr/bin/env python3
"""An https server on loopback that answers `ok` to /healthz and 404 to the
rest. Standard library only.

    pages.py CERT KEY SECONDS

SECONDS: how far its clock is ahead, in the Date of its answers. The first
line on standard output is its port.
"""
import email.utils
import http.server
import ssl
import sys
import time


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path == "/healthz"
        body = b"ok\n" if found else b"nothing here\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + int(sys.argv[3]), usegmt=True)

    def log_message(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
