"""An OTLP/HTTP endpoint that asks for Signature Version 4, as CloudWatch's and X-Ray's do.

The signature is computed anew by botocore, AWS's own signer, from the request as it came; a request whose signature
differs gets 403. GET / tells what was taken: one JSON object a request.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY, SECRET_KEY, TOKEN = sys.argv[2:5]
taken = []


def expected_signature(handler, body, fields):
    _, date, region, service, _ = fields["Credential"].split("/")
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, TOKEN), service, region)
    request = AWSRequest("POST", f"http://{handler.headers['host']}{handler.path}", data=body)
    for name in fields["SignedHeaders"].split(";"):
        request.headers[name] = handler.headers[name]
    request.context["timestamp"] = handler.headers["x-amz-date"]
    request.context["payload_signing_enabled"] = True
    canonical = signer.canonical_request(request)
    return signer.signature(signer.string_to_sign(request, canonical), request)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, taken)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        scheme, _, rest = self.headers.get("authorization", "").partition(" ")
        if scheme != "AWS4-HMAC-SHA256":
            return self.answer(403, {"message": "Missing Authentication Token"})
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        if fields["Signature"] != expected_signature(self, body, fields):
            return self.answer(403, {"message": "The request signature we calculated does not match"})
        if self.headers.get("x-amz-security-token") != TOKEN:
            return self.answer(403, {"message": "The security token included in the request is invalid"})
        taken.append(
            {
                "path": self.path,
                "scope": "/".join(fields["Credential"].split("/")[2:]),
                "signedHeaders": fields["SignedHeaders"],
                "sha256": hashlib.sha256(body).hexdigest(),
                "bytes": len(body),
            }
        )
        return self.answer(200, None)

    def answer(self, status, value):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json" if body else "application/x-protobuf")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        sys.stderr.write(f"{self.command} {self.path} {args[1] if len(args) > 1 else ''}\n")


ThreadingHTTPServer.protocol_version = "HTTP/1.1"
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
