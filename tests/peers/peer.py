"""What the scripts of all peers share: packages, processes, Rounds itself, and a record of what was asked.

It decides how a peer is fetched, started and ended, and when it counts as reached; it knows nothing of any one peer.
Everything happens on loopback and in a temporary folder; what was started ends with the script, or when its time is up.

ROUNDS   the binary to try (else target/release/rounds, else target/debug/rounds)
PEERS_HOME   a folder that keeps installed packages between runs (else they go with the temporary folder)
PEERS_CONNECTORS   a folder of connector files to try instead of those inside the binary
PEERS_KEEP   set: the temporary folder stays, to look into it
"""
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RIGHT, WRONG, NOT_REACHED = 0, 1, 77


class Missing(Exception):
    """A peer, or something it needs, is not to be had here; the text says what and why."""


class TooLong(Exception):
    """The time of the whole script is up."""


def find_rounds():
    """The binary under test."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for path in [os.environ.get("ROUNDS"), target / "release/rounds", target / "debug/rounds"]:
        if path and Path(path).is_file():
            return str(path)
    raise SystemExit("no Rounds to try: build it, or name it in ROUNDS")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Peer:
    """One run of one peer's script."""

    def __init__(self, name):
        self.name = name
        self.home = Path(tempfile.mkdtemp(prefix=f"rounds-peer-{name}-"))
        kept = os.environ.get("PEERS_HOME")
        self.packages = Path(kept).resolve() if kept else self.home / "packages"
        self.packages.mkdir(parents=True, exist_ok=True)
        self.binary = find_rounds()
        self.started = []
        self.right = self.wrong = 0
        self.missing = []

    # Saying what came of it.

    def check(self, what, holds, detail=""):
        """One thing that must hold; `detail` is shown where it doesn't."""
        if holds:
            self.right += 1
            print(f"  ok     {what}", flush=True)
        else:
            self.wrong += 1
            print(f"  WRONG  {what}" + (f": {detail}" if detail != "" else ""), flush=True)
        return holds

    def equal(self, what, got, wanted):
        return self.check(what, got == wanted, f"{got!r} instead of {wanted!r}")

    def say(self, text):
        print(f"         {text}", flush=True)

    def without(self, what):
        """A part of the peer that was not reached, and why; the rest is judged all the same."""
        self.missing.append(what)
        self.say(f"not reached: {what}")

    # Packages, by the registries' own clients and in versions that were tried.

    def command(self, argv, what, seconds=600, **more):
        """Runs a command to its end; where it fails, the peer is not to be had."""
        if not shutil.which(str(argv[0])):
            raise Missing(f"{what}: {Path(argv[0]).name} is not on this machine")
        done = subprocess.run(["nice", *map(str, argv)], capture_output=True, text=True, timeout=seconds, **more)
        if done.returncode != 0:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            # npm says why at the beginning, the others at the end.
            why = [line for line in said if re.match(r"npm error (code|errno|network request)", line)] or said[-3:]
            raise Missing(f"{what}: " + " | ".join(why)[-300:])
        return done.stdout

    def npm(self, *packages):
        """Installs npm packages (`name@version`) into a folder of their own and returns its node_modules."""
        folder = self.packages / ("npm-" + "+".join(packages).replace("/", "_").replace("@", ""))
        ready = folder / "ready"
        if not ready.exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text('{"private":true}')
            # Install scripts stay off: what a peer needs is in its package, and nobody is told that it was installed.
            argv = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *packages]
            self.command(argv, "npm " + " ".join(packages), cwd=folder, env={**os.environ, "SCARF_ANALYTICS": "false"})
            ready.touch()
        return folder / "node_modules"

    def node(self, at_least=18):
        """A Node of that version or newer: the machine's, else the one that the registry packs."""
        own = shutil.which("node")
        if own:
            said = subprocess.run([own, "--version"], capture_output=True, text=True, timeout=20).stdout
            if int(said.lstrip("v").split(".")[0] or 0) >= at_least:
                return own
        system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
        machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
        name = f"node-{system}-{machine}"
        return str(self.npm(f"{name}@{at_least}") / name / "bin" / "node")

    def pip(self, *packages, more=()):
        """Installs PyPI packages (`name==version`) into a virtual environment and returns its Python."""
        folder = self.packages / ("pip-" + "+".join(p.split("[")[0].split("<")[0] for p in packages[:2]))
        ready = folder / "ready"
        if not ready.exists():
            self.command([sys.executable, "-m", "venv", folder], "python venv")
            pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            self.command([*pip, *more, *packages], "pip " + " ".join(packages)[:80])
            ready.touch()
        return str(folder / "bin/python")

    # Processes.

    def start(self, argv, log, ready, seconds=60, **more):
        """Starts a program that runs until the script ends, and waits until `ready()` holds."""
        out = open(self.home / log, "ab")
        more.setdefault("cwd", self.home)
        one = subprocess.Popen(["nice", *map(str, argv)], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               start_new_session=True, **more)
        self.started.append(one)
        until = time.monotonic() + seconds
        while not ready():
            if one.poll() is not None or time.monotonic() > until:
                tail = (self.home / log).read_text(errors="replace")[-400:].strip().replace("\n", " | ")
                why = f"ended with {one.returncode}" if one.poll() is not None else f"was not ready after {seconds} s"
                raise Missing(f"{Path(argv[0]).name} {why}: {tail}")
            time.sleep(0.1)
        return one

    def stop(self, one):
        """Ends a program that was started here, with all that it started."""
        try:
            os.killpg(one.pid, signal.SIGTERM)
            one.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            try:
                os.killpg(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        one.wait()

    def log(self, name):
        return (self.home / name).read_text(errors="replace")

    def close(self):
        for one in reversed(self.started):
            self.stop(one)
        if not os.environ.get("PEERS_KEEP"):
            shutil.rmtree(self.home, ignore_errors=True)

    # Rounds.

    def book(self, config, token="peer-token", name="book", environment=None):
        """A Rounds of its own with this `config.toml`."""
        return Book(self, config, token, name, environment or {})


class Book:
    """A configuration and data folder, and the binary to run over them."""

    def __init__(self, peer, config, token, name, environment):
        self.peer, self.folder = peer, peer.home / name
        self.config = self.folder / "config"
        self.config.mkdir(parents=True, exist_ok=True)
        self.write(config)
        own = os.environ.get("PEERS_CONNECTORS")
        if own:
            shutil.copytree(own, self.config / "connectors", dirs_exist_ok=True)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "NO_COLOR": "1", "TZ": "UTC"}
        if token is not None:
            self.environment["ROUNDS_TOKEN_CRM"] = token
        self.environment.update(environment)

    def write(self, config):
        (self.config / "config.toml").write_text(config)

    def run(self, *args, seconds=120):
        """Runs it and returns what it printed and how it ended."""
        argv = [self.peer.binary, "--config", self.config, "--data", self.folder / "data", *args]
        return subprocess.run([*map(str, argv)], capture_output=True, text=True, timeout=seconds,
                              env=self.environment, stdin=subprocess.DEVNULL)

    def json(self, *args, seconds=120):
        """The same with --json, read. The exit code stands under `code`, what was said on stderr under `said`."""
        done = self.run(*args, "--json", seconds=seconds)
        try:
            read = json.loads(done.stdout)
        except ValueError:
            read = None
        return Answer(read, done)

    def known(self, connector):
        """Whether this Rounds has that connector; a peer that needs another one is not reached."""
        done = self.run("check", "--dry-run")
        if f'"{connector}" is not known' in done.stdout + done.stderr:
            raise Missing(f"this Rounds has no connector {connector}")


class Answer:
    """JSON that Rounds printed, beside its exit code and what it said."""

    def __init__(self, read, done):
        self.data, self.code, self.said, self.out = read, done.returncode, done.stderr, done.stdout

    def __getitem__(self, key):
        return self.data[key]

    def __repr__(self):
        return f"exit {self.code}: {(self.said or self.out)[-600:]}"


class Call:
    """A request as it came in."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urlsplit(target)
        self.path, self.pairs = parts.path, parse_qsl(parts.query, keep_blank_values=True)
        self.query = dict(self.pairs)

    def __repr__(self):
        return f"{self.method} {self.target}"


class Recorder:
    """A server on loopback that keeps every request and answers what `answer(call)` returns: status, headers, body."""

    def __init__(self, answer):
        self.calls = calls = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = Call(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                calls.append(call)
                status, headers, out = answer(call)
                if not isinstance(out, bytes):
                    out = json.dumps(out).encode()
                    headers = {"Content-Type": "application/json", **headers}
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                try:
                    self.wfile.write(out)
                except OSError:
                    # Who asked is gone, which some scripts are about.
                    self.close_connection = True

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def ask(url, method="GET", headers=None, body=None, seconds=60):
    """One request of our own: status, headers, bytes. An error status is an answer as well."""
    if body is not None and not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
    asked = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Straight)
    try:
        with opener.open(asked, timeout=seconds) as got:
            return got.status, dict(got.headers), got.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


class Straight(urllib.request.HTTPRedirectHandler):
    """Redirects are answers here, not ways on."""

    def redirect_request(self, *args):
        return None


def answers(url):
    """Whether somebody answers there, whatever it is."""
    try:
        ask(url, seconds=5)
        return True
    except OSError:
        return False


def run(name, what, seconds=300):
    """Runs one peer's script and ends with its code: 0 all right, 1 something wrong, 77 the peer was not reached."""
    def up(*_):
        raise TooLong
    signal.signal(signal.SIGALRM, up)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(WRONG))
    signal.alarm(seconds)
    peer = Peer(name)
    print(name, flush=True)
    code = WRONG
    try:
        what(peer)
        if peer.missing and not peer.right:
            raise Missing("; ".join(peer.missing))
        code = WRONG if peer.wrong or not peer.right else RIGHT
        parts = "".join(f"; not reached: {one}" for one in peer.missing)
        last = f"{name}: {peer.right} right, {peer.wrong} wrong{parts}"
    except Missing as why:
        code = WRONG if peer.wrong else NOT_REACHED
        last = f"{name}: not reached: {why}"
    except TooLong:
        last = f"{name}: wrong: not done after {seconds} s"
    finally:
        signal.alarm(0)
        peer.close()
    print(last, flush=True)
    sys.exit(code)
