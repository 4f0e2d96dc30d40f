"""For an app of a shop that wraps this one: files that say on this host that the app is the operator's own.

Android asks for Digital Asset Links, iPhones for an Apple app site association; both over https, without a session and
without a redirect. Where nothing is configured there is no file: a page that claimed an app it does not know would hand
this host's links, and its platform credentials, to whoever publishes under that name.
"""

import json
from collections.abc import Mapping

from twolatch.settings import Settings

ANDROID = "/.well-known/assetlinks.json"
APPLE = "/.well-known/apple-app-site-association"  # no ending; served as JSON
_LINKS = [{"/": path, "comment": why} for path, why in (("/a", "a code to scan"), ("/l", "a code of a login"))]


def shop_files(own: Settings) -> Mapping[str, bytes]:
    """By address; empty where the operator has no app in a shop."""
    made = {ANDROID: _android(own), APPLE: _apple(own)}
    return {address: json.dumps(content).encode() for address, content in made.items() if content}


def _android(own: Settings) -> list[object]:
    if not own.app_android:
        return []
    target = {
        "namespace": "android_app",
        "package_name": own.app_android,
        "sha256_cert_fingerprints": list(own.app_android_fingerprints),
    }
    relations = ["delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"]
    return [{"relation": relations, "target": target}]


def _apple(own: Settings) -> dict[str, object]:
    if not own.app_apple:
        return {}
    ids = list(own.app_apple)
    return {"applinks": {"details": [{"appIDs": ids, "components": _LINKS}]}, "webcredentials": {"apps": ids}}
