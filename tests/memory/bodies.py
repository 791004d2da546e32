"""What request bodies cost in memory: starts Keystead before a model server that only reads, and prints its resident set.

    cargo build --release && python3 tests/memory/bodies.py target/release/keystead
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

ANSWER = json.dumps({"id": "x", "object": "chat.completion", "choices": [],
                     "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}).encode()


class Reader(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers["content-length"])
        while left > 0:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        pass


class Keystead:
    def __init__(self, binary, upstream):
        folder = tempfile.mkdtemp()
        self.binary = binary
        self.environment = {
            "PATH": os.environ["PATH"],
            "KEYSTEAD_SERVER__LISTEN": "127.0.0.1:0",
            "KEYSTEAD_SERVER__METRICS_LISTEN": "off",
            "KEYSTEAD_SERVER__DATA_DIR": folder + "/data",
            "KEYSTEAD_SANDBOX__LISTEN": "127.0.0.1:0",
            "KEYSTEAD_UPSTREAM__0__NAME": "reader",
            "KEYSTEAD_UPSTREAM__0__BASE_URL": f"http://127.0.0.1:{upstream}/v1",
            "KEYSTEAD_UPSTREAM__0__MODELS": "gpt-4o",
        }
        ready = folder + "/ready.json"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([binary, "serve", "--ready-file", ready], env=self.environment, **quiet)
        while not os.path.exists(ready):
            time.sleep(0.1)
        self.listen = json.load(open(ready))["listen"]

    def key(self):
        asked = ["admin", "bootstrap", "--email", "a@example.com", "--organization", "A", "--json"]
        made = json.loads(subprocess.check_output([self.binary, *asked], env=self.environment))
        path = f"/v1/organization/projects/{made['project_id']}/service_accounts"
        answer = self.call(self.head(path, "application/json", 14, made["admin_key"]) + b'{"name":"Bot"}')
        return json.loads(answer.split(b"\r\n\r\n", 1)[1])["api_key"]["value"]

    def head(self, path, kind, length, key="none"):
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.listen}", "Sec-Fetch-Site: same-origin", "Connection: close",
                 f"Authorization: Bearer {key}", f"Content-Type: {kind}", f"Content-Length: {length}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def connect(self):
        host, port = self.listen.rsplit(":", 1)
        return socket.create_connection((host, int(port)))

    def call(self, request):
        stream = self.connect()
        stream.sendall(request)
        answer = b""
        while piece := stream.recv(1 << 16):
            answer += piece
        return answer

    def unfinished(self, path, kind, length, key="none"):
        stream = self.connect()
        stream.settimeout(5)
        try:
            stream.sendall(self.head(path, kind, length, key) + b"a" * (length - 1_000))
        except OSError:
            pass  # Refused meanwhile.
        return stream

    def resident(self):
        lines = open(f"/proc/{self.process.pid}/status")
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main():
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reader)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    keystead = Keystead(sys.argv[1], upstream.server_port)
    key = keystead.key()

    def say(what):
        print(f"{keystead.resident():6.0f} MiB  {what}")

    def held(what, count, *request):
        streams = [keystead.unfinished(*request) for _ in range(count)]
        time.sleep(2)
        say(what)
        for stream in streams:
            stream.close()
        time.sleep(2)
        say("  after they are closed")

    say("at the start")
    form = "application/x-www-form-urlencoded"
    held("150 unfinished forms of 1.9 MB", 150, "/sign-in", form, 1_900_000)
    held("150 unfinished forms of 60 KB", 150, "/sign-in", form, 60_000)
    held("20 unfinished bodies of 19 MB under one key", 20, "/v1/chat/completions", "application/json", 19_000_000, key)
    message = {"role": "user", "content": "x" * (19 << 20)}
    body = json.dumps({"model": "gpt-4o", "messages": [message]}).encode()
    request = keystead.head("/v1/chat/completions", "application/json", len(body), key) + body
    statuses, peak = [], 0.0
    senders = [threading.Thread(target=lambda: statuses.append(keystead.call(request)[9:12])) for _ in range(8)]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        peak = max(peak, keystead.resident())
        time.sleep(0.05)
    print(f"{peak:6.0f} MiB  8 whole bodies of 19 MiB at once, answered with {b' '.join(sorted(statuses)).decode()}")
    time.sleep(3)
    say("  3 seconds after")
    keystead.process.terminate()
    keystead.process.wait()


main()
