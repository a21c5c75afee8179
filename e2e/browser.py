"""A real browser, driven by Chrome's own protocol over two pipes: nothing to install but Chromium."""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path

from jari import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One tab. It reaches nothing but this machine."""

    def __init__(self, folder: Path, width: int = 360, height: int = 740):
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def take_pipes():
            # The protocol's numbers. They may be taken, also by each other, so both move out of the way first.
            source, sink = os.dup(to_browser), os.dup(from_browser)
            os.dup2(source, 3)
            os.dup2(sink, 4)

        self._process = subprocess.Popen(
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                f"--user-data-dir={folder}", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=take_pipes)
        os.close(to_browser)
        os.close(from_browser)
        self._answers: queue.Queue[dict] = queue.Queue()
        self._serial = 0
        self._session = None
        self.complaints: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        target = wait_until(
            lambda: next(
                (one for one in self._call("Target.getTargets")["targetInfos"] if one["type"] == "page"), None),
            what="the browser's tab")
        self._session = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        self.resize(width, height)

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._write)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_):
        self.close()

    # The protocol: JSON, ended by a zero byte.

    def _listen(self):
        rest = b""
        with os.fdopen(self._read, "rb", buffering=0) as pipe:
            while chunk := pipe.read(1 << 16):
                *whole, rest = (rest + chunk).split(b"\0")
                for text in whole:
                    message = json.loads(text)
                    if "id" in message:
                        self._answers.put(message)
                    elif message["method"] == "Runtime.exceptionThrown":
                        self.complaints.append(str(message["params"]["exceptionDetails"]))
                    elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                        self.complaints.append(message["params"]["entry"]["text"])

    def _call(self, method: str, **parameters):
        self._serial += 1
        message = {"id": self._serial, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._answers.get(timeout=30)
            if answer["id"] == self._serial:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    # What a person does and sees

    def resize(self, width: int, height: int):
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def scheme(self, name: str):
        """"light" or "dark"."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def go(self, url: str):
        self._call("Page.navigate", url=url)
        wait_until(
            lambda: self.run("document.readyState") == "complete" and self.run("location.href") != "about:blank",
            what=url)

    def run(self, script: str):
        """What an expression of JavaScript gives on the page."""
        result = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def click(self, selector: str):
        """Presses where the element is, as a finger would: what covers it gets it instead."""
        x, y = self.run(
            f"""(() => {{ const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{ block: "center", behavior: "instant" }});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str):
        """Into whatever has the focus, in place of what is there."""
        self.run("document.activeElement.select()")
        self._call("Input.insertText", text=text)

    def shoot(self, path: Path):
        """The whole page."""
        path.parent.mkdir(exist_ok=True)
        picture = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def contrasts(self, selectors: list[str]) -> dict[str, float]:
        """How far text stands out from what is behind it, as WCAG counts: 4.5 is enough for any size."""
        return self.run(
            f"""(() => {{
            const canvas = document.createElement("canvas").getContext("2d", {{ willReadFrequently: true }});
            const paint = (color) => {{
              canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
              return [...canvas.getImageData(0, 0, 1, 1).data]; }};
            const light = (color) => color.slice(0, 3).map((part) => part / 255)
              .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
              .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
            const behind = (element) => {{
              const color = element ? paint(getComputedStyle(element).backgroundColor) : [255, 255, 255, 255];
              return color[3] > 0 ? color : behind(element.parentElement); }};
            return Object.fromEntries({json.dumps(selectors)}.map((selector) => {{
              const element = document.querySelector(selector);
              const [a, b] = [light(paint(getComputedStyle(element).color)), light(behind(element))].sort();
              return [selector, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; }})); }})()""")
