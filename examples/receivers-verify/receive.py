"""Takes webhooks and checks how they are signed, one path a scheme: python3 receive.py.

The standard library has no ed25519; the package cryptography has.
"""
import base64, hashlib, hmac, os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = os.environ.get("WEBHOOK_SECRETS", "").split()  # while one is replaced: both

# Each tells whether payload is signed: the raw body, of a GET the raw query.

def standard(h, payload):
    text = f"{h['webhook-id']}.{h['webhook-timestamp']}.".encode() + payload
    sums = [s[3:] for s in h.get("webhook-signature", "").split() if s.startswith("v1,")]
    return any(signed(text, in_base64, s, bytes_of) for s in sums) and fresh(h["webhook-timestamp"])

def github(h, payload):
    return signed(payload, in_hex, h.get("X-Hub-Signature-256", "").removeprefix("sha256="))

def stripe(h, payload):
    parts = [part.partition("=")[::2] for part in h.get("Stripe-Signature", "").split(",")]
    at = dict(parts).get("t", "")
    return any(signed(at.encode() + b"." + payload, in_hex, s) for name, s in parts if name == "v1") and fresh(at)

def shopify(h, payload):
    return signed(payload, in_base64, h.get("X-Shopify-Hmac-Sha256", ""))

def slack(h, payload):
    """A signature "hmac" as Slack's."""
    at = h.get("X-Slack-Request-Timestamp", "")
    return signed(f"v0:{at}:".encode() + payload, in_hex, h.get("X-Slack-Signature", "").removeprefix("v0=")) and fresh(at)

SCHEMES = {"/standard": standard, "/github": github, "/stripe": stripe, "/shopify": shopify, "/hmac": slack}

def in_hex(digest):
    return digest.hex().encode()

def in_base64(digest):
    return base64.b64encode(digest)

def signed(text, encode, signature, key=str.encode):
    """Compares in constant time, with each secret."""
    return any(hmac.compare_digest(encode(hmac.digest(key(s), text, hashlib.sha256)), signature.encode()) for s in SECRETS)

def bytes_of(secret):
    """Reads a secret of Standard Webhooks."""
    return base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()

def fresh(seconds):
    return (seconds or "").isdecimal() and abs(time.time() - int(seconds)) <= 300

# Each webhook-id that was taken. For real it is a column that is unique, written in
# one transaction with what the event changes.
seen, guard = set(), threading.Lock()

class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        if size > 4 << 20:
            self.answer(413, "too long\n")
        else:
            self.receive(self.rfile.read(size))

    def do_GET(self):
        self.receive(self.path.partition("?")[2].encode())

    def receive(self, payload):
        path = self.path.partition("?")[0]
        if path not in SCHEMES or not SCHEMES[path](self.headers, payload):
            return self.answer(401, "the signature is wrong, or too old\n")
        with guard:
            again = self.headers["webhook-id"] in seen
            seen.add(self.headers["webhook-id"])
        if again:
            return self.answer(200, "had it\n")
        # Hand the event to a queue of your own here. Whatever takes long comes after the answer.
        self.answer(202, "")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 9000))), Receiver)
print("listening", flush=True)
server.serve_forever()
