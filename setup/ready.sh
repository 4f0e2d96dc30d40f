#!/bin/sh
# Makes a fresh Debian or Ubuntu machine ready, one step per word:
#   python       an environment of our own with the locked dependencies
#   python-dev   what the tests need besides
#   assets       the phone app and the portal's files, by the system's node or the one from PyPI
#   test-tools   a browser, a session bus, PostgreSQL, NATS, two proxies and oathtool for the tests, where they are missing and we may
#                install them; with TWOLATCH_WITH_FIREFOX=1 also Firefox, for the test of real Web Push, and with
#                TWOLATCH_WITH_WEBKIT=1 WebKitGTK, for a test in the engine of iPhones; with TWOLATCH_WITH_HELM=1 Helm and the
#                schemas of Kubernetes, for the tests of the chart
# Faults are shown, advice is not: what is installed is locked, and nobody here could follow it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Every Python here that is new enough, the quickest first: one built without optimisation pays half as much again
# for every login.
pythons() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        "$name" -c 'import sys, timeit
if sys.version_info >= (3, 11):
    work = min(timeit.repeat("sorted({str(n): n for n in range(999)}.items())", number=20, repeat=5))
    print(int(work * 1e6), sys.executable)' 2>/dev/null || :
    done | sort -n | cut -d' ' -f2- | awk '!seen[$0]++'
}

make_venv() {
    "$1" -m venv .venv >/dev/null 2>&1 && return
    rm -rf .venv
    [ "$1" = "/usr/bin/$(basename "$1")" ] && install_packages python3-venv && "$1" -m venv .venv >/dev/null 2>&1 && return
    rm -rf .venv
    return 1
}

fetch() {
    .venv/bin/python -m pip install -qq --retries 2 --disable-pip-version-check --no-input --require-hashes -r "$1" && return
    stop "The Python packages of $1 could not be fetched; pip says why above." \
        "Is there a network, and does pip reach its index? Then try again."
}

python() {
    if [ ! -x .venv/bin/python ]; then
        found=$(pythons)
        [ -n "$found" ] || stop "Twolatch needs Python 3.11 or newer. Then try again: apt install python3 python3-venv"
        say "Setting up; this is done once and takes a minute or two ..."
        printf '%s\n' "$found" | while IFS= read -r one; do
            if make_venv "$one"; then break; fi
        done
        [ -x .venv/bin/python ] || stop "Python could not make an environment of its own: its part venv is missing." \
            "Install it, then try again: apt install python3-venv"
    fi
    fetch requirements.lock
    .venv/bin/python setup/here.py
}

python_dev() {
    say "Fetching what the tests need; this is done once ..."
    fetch requirements-dev.lock
}

use_node() {
    PATH="$PWD/.venv/bin:$PATH"
    if command -v node >/dev/null && command -v npm >/dev/null \
        && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))'; then
        return
    fi
    say "No node 20 or newer on this machine: taking the one from PyPI."
    fetch requirements-node.lock
}

assets() {
    use_node
    told=$(cd phone && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=2 2>&1) || {
        printf '%s\n' "$told" | grep -v '^npm error *at ' | tail -15 >&2
        stop "The phone app's packages could not be fetched; npm says why above." \
            "Is there a network, and does npm reach its registry? Then try again."
    }
    (cd phone && npm run --silent build) >/dev/null
    node src/twolatch/faces/portal/build.mjs >/dev/null
}

install_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "Installing $* ..."
    apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1
}

has_postgres() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

# Servers that the tests start themselves: unpacked into build/tools and not installed, for an installed one would run.
unpack_programs() {
    for name in "$@"; do
        if command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ] || ls build/tools/usr/*bin/"$name" >/dev/null 2>&1; then
            continue
        fi
        mkdir -p build/tools
        { [ "$(id -u)" != 0 ] || apt-get update -qq; } >/dev/null 2>&1 || :
        (cd build/tools && apt-get download -qq "$name" && dpkg -x "$name"_*.deb . && rm -f "$name"_*.deb) >/dev/null 2>&1 \
            || say "No $name: its tests are skipped. To run them: apt install $name"
    done
}

# Debian has no Helm; a package of PyPI carries it, for another purpose.
unpack_helm() {
    say "Fetching Helm and the schemas of Kubernetes; this is done once ..."
    .venv/bin/python -m pip install -qq --retries 2 --disable-pip-version-check --no-input --no-deps --require-hashes \
        --upgrade --target build/tools/helm -r requirements-helm.lock || return 1
    .venv/bin/python - <<'PYTHON'
import io, pathlib, tarfile, zipfile
[packed] = pathlib.Path("build/tools/helm").rglob("lambda-layer-kubectl-*.tgz")
with tarfile.open(packed) as package:
    layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
target = pathlib.Path("build/tools/usr/bin/helm")
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(layer.read("helm/helm"))
target.chmod(0o755)
packed.unlink()
PYTHON
}

test_tools() {
    use_node
    if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
        install_packages chromium || say "No Chromium: the browser tests are skipped. To run them: apt install chromium"
    fi
    if command -v chromium >/dev/null && ! command -v chromium-headless-shell >/dev/null; then
        install_packages chromium-headless-shell || :  # only quicker: the whole browser can do it too
    fi
    if ! command -v dbus-daemon >/dev/null; then
        install_packages dbus || say "No dbus-daemon: one browser test is skipped. To run it: apt install dbus"
    fi
    # Large, and each for one test: only who wishes for them waits for them.
    if [ "${TWOLATCH_WITH_FIREFOX:-}" = 1 ] && ! command -v firefox-esr >/dev/null; then
        install_packages firefox-esr || say "No Firefox: one browser test is skipped. To run it: apt install firefox-esr"
    fi
    if [ "${TWOLATCH_WITH_WEBKIT:-}" = 1 ] && ! { command -v WebKitWebDriver && command -v Xvfb; } >/dev/null; then
        install_packages --no-install-recommends webkit2gtk-driver xvfb \
            || say "No WebKitGTK: one browser test is skipped. To run it: apt install webkit2gtk-driver xvfb"
    fi
    if [ "${TWOLATCH_WITH_HELM:-}" = 1 ] && [ ! -d build/tools/helm ]; then
        unpack_helm || say "No Helm: the chart is not rendered by its tests."
    fi
    if ! command -v oathtool >/dev/null; then
        install_packages oathtool || say "No oathtool: one test is skipped. To run it: apt install oathtool"
    fi
    unpack_programs nats-server nginx caddy
    if ! has_postgres; then
        install_packages postgresql || say "No PostgreSQL: its tests are skipped. To run them: apt install postgresql"
    fi
}

case "${1:-}" in
    python) python ;;
    python-dev) python_dev ;;
    assets) assets ;;
    test-tools) test_tools ;;
    *) say "usage: setup/ready.sh python | python-dev | assets | test-tools"; exit 2 ;;
esac
