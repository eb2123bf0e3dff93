"""A real browser, and the page in it; skipped where there is no Chromium."""

import os
import shutil
import threading

import pytest
from werkzeug.serving import make_server

from serve.app import create_app
from serve.http.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.add_argument("--headless=new")
    options.add_argument("--disable-dev-shm-usage")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own refuses root
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


class Page:
    """The page in the browser, with what tests ask it again and again."""

    def __init__(self, driver, address, folder):
        self.driver, self.address, self.folder = driver, address, folder
        where = {"behavior": "allow", "downloadPath": str(folder)}
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
        self.size(1280, 900)
        driver.get(address)
        self.wait(lambda: self.js("return 'ready' in document.documentElement.dataset"))

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def wait(self, condition):
        support = pytest.importorskip("selenium.webdriver.support.ui")
        return support.WebDriverWait(self.driver, 15, 0.03).until(lambda _: condition())

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector):
        found = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.js(found, selector)

    def open(self, source, name="ep.vtt"):
        path = self.folder / f"in-{name}"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        self.one("#file").send_keys(str(path))
        self.wait(lambda: self.one("#episode").is_displayed() or self.problem())
        return path

    def problem(self):
        shown = self.one("#problem")
        return shown.text if shown.is_displayed() else ""

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def saved(self, name):
        path = self.folder / name
        self.wait(path.exists)
        return path.read_bytes()


@pytest.fixture
def visit(browser, model, tmp_path):
    """A function that opens the page of a service with these settings."""
    servers = []

    def visited(**settings):
        app = create_app(Settings(**settings), model)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Page(browser, f"http://127.0.0.1:{server.server_port}/", tmp_path)

    yield visited
    browser.get("about:blank")
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(visit):
    return visit()
