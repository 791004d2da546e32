"""Reads forms and JSON bodies as Python's and Go's servers do and writes what they saw to cases.json. See README.md."""

import asyncio
import base64
import json
import pathlib
import random
import subprocess

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

HERE = pathlib.Path(__file__).parent


def part(name, value, head=""):
    return f'--a\r\nContent-Disposition: form-data; name="{name}"{head}\r\n\r\n{value}\r\n'.encode()


WHOLE = part("model", "whisper-1") + part("file", "RIFF", '; filename="s.wav"\r\nContent-Type: audio/wav') + b"--a--\r\n"
OTHER = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\no3\r\n--b--\r\n'

TYPES = [
    b"multipart/form-data; boundary=a",
    b'multipart/form-data; boundary="a"',
    b"multipart/form-data; boundary=a; boundary=b",
    b'multipart/form-data; x="; boundary=a"; boundary=b',
    b'multipart/form-data; x="; boundary=b"; boundary=a',
    b'multipart/form-data; x="\\"; boundary=a; y="; boundary=b"',
    b"multipart/form-data; boundary*=utf-8''b; boundary=a",
    b"multipart/form-data; boundary=a; BOUNDARY=b",
    b"Multipart/Form-Data;boundary=a;",
    b"multipart/form-data; boundary=a; charset=utf-16",
    b"multipart/form-data; boundary =a; boundary=b",
]

BODIES = [
    WHOLE,
    WHOLE + OTHER,
    OTHER + WHOLE,
    part("model", "whisper-1") + part("model", "o3") + b"--a--\r\n",
    part("model", "whisper-1") + part("Model", "o3") + b"--a--\r\n",
    part("model", "whisper-1") + part("model[]", "o3") + b"--a--\r\n",
    part("model", "whisper-1") + part("stream", "true") + b"--a--\r\n",
    part("stream", "false") + part("model", "whisper-1") + b"--a--\r\n",
    part("model", "whisper-1", '; filename="m"') + b"--a--\r\n",
    part("model", "whisper-1", "; name=\"file\"") + b"--a--\r\n",
    part("model", "whisper-1", "\r\nContent-Transfer-Encoding: base64") + b"--a--\r\n",
    part("model", "whisper-1", "\r\nContent-Disposition: form-data; name=\"x\"") + b"--a--\r\n",
    part("model", "whisper-1") + b'--a\r\nContent-Disposition: form-data; name="stream"\r\n\r\ntrue',
    b"preamble\r\n" + WHOLE,
    WHOLE.replace(b"\r\n", b"\n"),
    WHOLE.replace(b"--a\r\n", b"--a \r\n"),
    WHOLE.replace(b'name="model"', b"name=model"),
    WHOLE.replace(b'name="model"', b"name*=utf-8''model"),
    WHOLE.replace(b'"s.wav"', b'"\x95\x5c.wav"'),
    WHOLE.replace(b'"s.wav"', b'"a\\"; name=\\"model"'),
    WHOLE.replace(b"form-data;", b"form-data;\r\n"),
]

JSON = [
    b'{"model":"gpt-4o"}',
    b'{"model":"gpt-4o","Model":"o3"}',
    b'{"Model":"o3","model":"gpt-4o"}',
    b'{"model":"gpt-4o","model":"o3"}',
    b'{"model":"gpt-4o","m\\u006fdel":"o3"}',
    b'{"model":"gpt-4o","MODEL":null}',
    b'{"model":"gpt-4o","stream":false,"STREAM":true}',
    '{"model":"gpt-4o","ſtream":true}'.encode(),
    b'{"model":"gpt-4o","\\u017ftream":true}',
    b'{"model":"gpt-4o","metadata":{"Model":"o3"},"x":"\\ud800"}',
    b'{"model":"gpt-4o","tools":[{"type":"image_generation","model":"a"}]}',
    b'{"model":"gpt-4o","tools":[{"type":"image_generation","model":"a","Model":"b"}]}',
    b'{"model":"gpt-4o","Tools":[{"type":"image_generation","model":"a"}]}',
    b'{"model":"gpt-4o","tools":[{"type":"function","Type":"image_generation"}]}',
    b'{"model":"gpt-4o","tools":[{"type":"function","type":"image_generation"}]}',
    b'\xef\xbb\xbf{"model":"gpt-4o"}',
    '{"model":"gpt-4o"}'.encode("utf-16"),
    b'{"model":"gpt-4o","user":"Ren\xe9"}',
    b'{"model":"gpt-4o"} {"model":"o3"}',
    b'{"model":"gpt-4o",}',
    b'{"model":"gpt-4o","n":NaN}',
    b'{"model":"gpt-4o"/* */}',
    b"{'model':'gpt-4o'}",
    b'{"model":"gpt-4o\\u0000"}',
]


def mutated(rng, body):
    """Some bytes swapped, doubled, dropped or put elsewhere."""
    body = bytearray(body)
    for _ in range(rng.randint(1, 3)):
        at, until = sorted(rng.randrange(len(body)) for _ in range(2))
        piece = bytes(body[at : min(until, at + 40)])
        choice = rng.randrange(4)
        if choice == 0 and piece:
            del body[at : at + len(piece)]
        elif choice == 1:
            place = rng.randrange(len(body))
            body[place:place] = piece
        elif choice == 2:
            body[at : at + 1] = rng.choice([b"\r", b"\n", b" ", b'"', b"\\", b"-", b";", b"A", b"\x00", b"{", b","])
        else:
            body[at : at + 1] = bytes([body[at]]).swapcase()
        if not body:
            return b"-"
    return bytes(body)


async def form(content_type, body):
    async def stream():
        yield body

    headers = Headers(raw=[(b"content-type", content_type)])
    read = await MultiPartParser(headers, stream()).parse()
    return {name: [value if isinstance(value, str) else None for value in read.getlist(name)] for name in ("model", "stream")}


def python(case):
    body = base64.b64decode(case["body"])
    try:
        if case["kind"] == "form":
            return asyncio.run(form(case["contentType"].encode("latin-1"), body))
        read = json.loads(body)
        tools = [tool for tool in read.get("tools") or [] if isinstance(tool, dict)]
        images = [tool.get("model", "") for tool in tools if tool.get("type") == "image_generation"]
        return {"model": read.get("model"), "stream": read.get("stream") is True, "images": images}
    except Exception:
        return None


def case(kind, content_type, body):
    return {"kind": kind, "contentType": content_type.decode("latin-1"), "body": base64.b64encode(body).decode()}


def main():
    rng = random.Random(22)
    cases = [case("form", kind, body) for kind in TYPES for body in BODIES]
    cases += [case("json", b"", body) for body in JSON]
    cases += [case("form", rng.choice(TYPES[:2]), mutated(rng, rng.choice(BODIES))) for _ in range(400)]
    cases += [case("form", mutated(rng, rng.choice(TYPES)), WHOLE + OTHER) for _ in range(150)]
    cases += [case("json", b"", mutated(rng, rng.choice(JSON))) for _ in range(400)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    seen = subprocess.run(["go", "run", HERE / "reader.go"], input=lines.encode(), capture_output=True, check=True)
    for case_, go in zip(cases, seen.stdout.splitlines(), strict=True):
        case_["python"], case_["go"] = python(case_), json.loads(go)
    written = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "cases.json").write_text(f"[\n{written}\n]\n")


main()
