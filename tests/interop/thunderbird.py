"""Debian's Thunderbird on a screen of its own, with a fresh profile, driven through Marionette."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import quote

import pytest
from marionette_driver.marionette import Marionette

from tests.e2e.clients import Agent
from tests.running import until

# The names of the domain lead to the gateway, as its DNS would have it; beyond them nobody is asked for anything.
LEADS = """function FindProxyForURL(url, host) {{
  if (host == "localhost") return "DIRECT";
  return dnsDomainIs(host, ".{domain}") || host == "{domain}" ? "PROXY {gateway}" : "PROXY 127.0.0.1:9";
}}"""
# What an act may use: elements that a person sees (through the shadows of components too), and patience.
MEANS = """
const all = (root, which) => [...root.querySelectorAll(which), ...[...root.querySelectorAll("*")]
  .filter(one => one.shadowRoot).flatMap(one => all(one.shadowRoot, which))];
const seen = which => all(document, which).find(one => one.checkVisibility());
const until = async (found, what) => {
  for (const end = Date.now() + 40000; Date.now() < end; await new Promise(done => setTimeout(done, 100))) {
    const it = await found();
    if (it) return it;
  }
  throw new Error(`never came: ${what}`);
};
const type = (field, text) => {
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", {bubbles: true}));
};
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = () => MailServices.accounts.accounts.map(one => one.incomingServer).find(one => one.type == "imap");
const inbox = () => server().rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const folder = name => server().rootFolder.descendants.find(one => one.name == name);
"""
ACT = """const args = arguments[0], done = arguments[arguments.length - 1];
(async () => {{ {means} {act} }})()
  .then(value => done({{value}}), error => done({{error: `${{error}} ${{error.stack}}`}}));
"""


class Thunderbird:
    """The main window, and what is done in it."""

    def __init__(self, driver: Marionette) -> None:
        self._driver = driver

    def act(self, script: str, *given: object) -> Any:
        """What the body of an asynchronous function returns that runs in the window; `args` is what is given."""
        words = ACT.format(means=MEANS, act=script)
        told = self._driver.execute_async_script(words, script_args=[list(given)], sandbox="system")
        if "error" in told:
            raise AssertionError(told["error"])
        return told.get("value")

    def picture(self, path: Path) -> None:
        """The window as a person sees it, as PNG."""
        path.write_bytes(self._driver.screenshot(format="binary"))

    def picture_of(self, kind: str, path: Path) -> None:
        """Another window, by its windowtype."""
        driver = self._driver
        main = driver.current_chrome_window_handle
        try:
            for handle in driver.chrome_window_handles:
                driver.switch_to_window(handle)
                if driver.execute_script("return document.documentElement.getAttribute('windowtype');") == kind:
                    self.picture(path)
                    return
        finally:
            driver.switch_to_window(main)
        raise LookupError(kind)


@contextmanager
def thunderbird(agent: Agent, folder: Path) -> Iterator[Thunderbird]:
    """A started program that trusts the stack's authority and has no account yet. Ended at the end."""
    for program, package in (("thunderbird", "thunderbird"), ("Xvfb", "xvfb")):
        if which(program) is None:
            pytest.skip(f"no {program}; apt-get install {package}")
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(_preferences(agent))
    with _screen() as display:
        environment = {**os.environ, "DISPLAY": display, "HOME": str(folder), "LANG": "C.UTF-8"}
        words = ["thunderbird", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile"]
        with (folder / "thunderbird.log").open("w") as log:
            program = subprocess.Popen([*words, str(profile)], env=environment, stdout=log, stderr=log)
        with _ended(program):
            told = profile / "MarionetteActivePort"
            until(lambda: told.is_file() and bool(told.read_text().strip()), 60)
            driver = Marionette(host="127.0.0.1", port=int(told.read_text()), socket_timeout=60)
            driver.start_session()
            driver.timeout.script = 50
            driver.set_context("chrome")
            running = Thunderbird(driver)
            _trust(running, agent)
            yield running


def _preferences(agent: Agent) -> str:
    """As somebody's first start; but it does not ask about the desktop, and chooses a port to be driven by."""
    gateway = agent.stack.local["http"].partition("://")[2].replace("localhost", "127.0.0.1")
    leads = LEADS.format(domain=agent.address.partition("@")[2], gateway=gateway)
    chosen: dict[str, str | int | bool] = {
        "marionette.port": 0,
        "network.proxy.type": 2,
        "network.proxy.autoconfig_url": f"data:application/x-ns-proxy-autoconfig,{quote(leads)}",
        "mail.shell.checkDefaultClient": False,
        "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    }
    return "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items())


def _trust(running: Thunderbird, agent: Agent) -> None:
    """As an administration's policy does: its authority is one that servers are believed by."""
    lines = (agent.stack.var / "tls" / "ca.pem").read_text().splitlines()
    running.act(
        """Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
        .addCertFromBase64(args[0], "C,,");""",
        "".join(line for line in lines if not line.startswith("-----")),
    )


@contextmanager
def _screen() -> Iterator[str]:
    """A display that nobody looks at; its name."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(words, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told, _ended(screen):
        number = told.readline().strip()
        assert number, "Xvfb found no display"
        yield f":{number}"


@contextmanager
def _ended(program: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        program.terminate()
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(20)
