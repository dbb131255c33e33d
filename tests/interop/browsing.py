"""A person at a browser without JavaScript: follows redirects and fills in the pages' forms."""

import html
import re
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

_FORM = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_REFRESH = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')


class Person:
    """Logs in and agrees when the pages ask, until the browser is sent to `callback`."""

    def __init__(self, origin: str, address: str, password: str) -> None:
        self._origin = origin
        self._client = httpx.Client(base_url=origin, timeout=30, headers={"accept-language": "en"})
        self._address, self._password = address, password
        self.pages: list[str] = []

    def close(self) -> None:
        self._client.close()

    def go(self, url: str, callback: str) -> str:
        """The URL of the callback that the browser ends at."""
        answer = self._client.get(url)
        for _ in range(12):
            where = self._next(answer)
            if where is None:
                answer = self._filled(answer)
                continue
            if where.startswith(callback):
                return where
            with suppress(httpx.InvalidURL):
                answer = self._client.get(where)
        raise AssertionError(f"not led to {callback}: {answer.status_code} {answer.text[:500]}")

    def _next(self, answer: httpx.Response) -> str | None:
        if answer.is_redirect:
            return str(answer.headers["location"])
        onwards = _REFRESH.search(answer.text)
        return html.unescape(onwards[1]) if onwards else None

    def _filled(self, answer: httpx.Response) -> httpx.Response:
        path = urlsplit(str(answer.url)).path
        self.pages.append(path)
        forms = {html.unescape(action): body for action, body in _FORM.findall(answer.text)}
        assert path in forms, f"{path}: {answer.status_code} {answer.text[:500]}"
        fields = {name: html.unescape(value) for name, value in _HIDDEN.findall(forms[path])}
        if path == "/login":
            fields |= {"address": self._address, "password": self._password}
        elif path == "/consent":
            fields["decision"] = "allow"
        return self._client.post(path, data=fields, headers={"origin": self._origin})
