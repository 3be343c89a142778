"""Sends one event: send.py ID."""
import http.client, json, os, socket, sys, time
from urllib.parse import urlsplit

class OverSocket(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.environ["POSTERN_SOCKET"])

def post(event):
    if "POSTERN_SOCKET" in os.environ:
        door = OverSocket("localhost", timeout=5)
    else:
        url = urlsplit(os.environ.get("POSTERN_URL", "http://127.0.0.1:7480"))
        door = http.client.HTTPConnection(url.netloc, timeout=5)
    try:
        door.request("POST", "/v1/events", json.dumps(event), {"Content-Type": "application/json"})
        answer = door.getresponse()
        return answer.status, answer.getheader("Retry-After"), answer.read().decode()
    finally:
        door.close()

def send(event):
    for _ in range(6):
        try:
            status, wait, body = post(event)
        except (OSError, http.client.HTTPException) as e:  # perhaps it was taken all the same: the id tells
            status, wait, body = 503, None, str(e)
        if status in (200, 202):
            return json.loads(body)
        if status not in (429, 503):  # to repeat it would not help
            raise ValueError(json.loads(body)["detail"])
        time.sleep(int(wait or 1))
    raise TimeoutError(f"not taken yet, keep it and its id: {body}")

print(json.dumps(send({"id": sys.argv[1], "type": "contact.subscribed", "data": {"contact": {"email": "user@example.com"}}})))
