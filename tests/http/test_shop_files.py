"""An app of a shop that wraps the phone app: the phone host vouches for it, and for nothing unless it was told to."""

from collections.abc import Iterator

import pytest

from tests.http.conftest import served
from tests.people import Page, Town
from tests.site import Site

ANDROID, APPLE = "/.well-known/assetlinks.json", "/.well-known/apple-app-site-association"
PRINT = ":".join(["A1"] * 32)


@pytest.fixture(scope="module", params=["sqlite"])
def vouching_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from served(
        request,
        tmp_path_factory,
        app_android="com.example.latch",
        app_android_fingerprints=(PRINT.lower(),),
        app_apple=("ABCDE12345.com.example.latch",),
    )


async def at_phone_host(town: Town, site: Site, path: str) -> Page:
    browser = town.browser()
    browser.site = site
    return await browser.ask("GET", path, host=site.settings.phone_host)


async def test_an_operator_without_an_app_vouches_for_none(town: Town) -> None:
    for path in (ANDROID, APPLE):
        assert (await at_phone_host(town, town.site, path)).status == 404


async def test_the_phone_host_vouches_for_the_operators_own_apps(town: Town, vouching_site: Site) -> None:
    android = await at_phone_host(town, vouching_site, ANDROID)
    assert (android.status, android.answer.headers["content-type"]) == (200, "application/json")
    [said] = android.answer.json()
    assert said["target"] == {
        "namespace": "android_app", "package_name": "com.example.latch", "sha256_cert_fingerprints": [PRINT],
    }  # fmt: skip
    assert "delegate_permission/common.handle_all_urls" in said["relation"]
    apple = await at_phone_host(town, vouching_site, APPLE)
    assert (apple.status, apple.answer.headers["content-type"]) == (200, "application/json")
    told = apple.answer.json()
    [details] = told["applinks"]["details"]
    assert details["appIDs"] == ["ABCDE12345.com.example.latch"]
    assert [each["/"] for each in details["components"]] == ["/a", "/l"]
    assert told["webcredentials"]["apps"] == ["ABCDE12345.com.example.latch"]


async def test_the_portal_vouches_for_nothing(town: Town, vouching_site: Site) -> None:
    browser = town.browser()
    browser.site = vouching_site
    for path in (ANDROID, APPLE):
        assert (await browser.ask("GET", path)).status == 404
