"""The chart for Kubernetes: what Helm makes of it is what Kubernetes takes, and what Twolatch starts with.

Helm and the schemas come with `TWOLATCH_WITH_HELM=1 sh setup/ready.sh test-tools`.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.source import PROJECT
from tests.programs import TOOLS, program
from twolatch.faces.commands.checks import names
from twolatch.settings import Settings, load

CHART = PROJECT / "deploy" / "helm" / "twolatch"
HELM = program("helm")
SCHEMAS = TOOLS.parent / "helm"
needs_helm = pytest.mark.skipif(HELM is None, reason="no Helm: TWOLATCH_WITH_HELM=1 sh setup/ready.sh test-tools")
HOSTS = {"portal": "portal.example.com", "phone": "phone.example.com", "desk": "desk.example.com"}
LEAST: dict[str, Any] = {"image": {"repository": "registry.example.com/twolatch"}, "hosts": HOSTS}
ALL = LEAST | {
    "replicas": 3,
    "mail": True,
    "signals": True,
    "settings": {"trusted_proxies": 2, "languages": ["nl", "en"], "legacy_cards": True, "card_equity": 1_000_000},
    "ingress": {"className": "nginx", "tlsSecret": "example-tls"},
    "metrics": {"enabled": True, "serviceMonitor": True, "labels": {"release": "prometheus"}},
    "networkPolicy": {
        "enabled": True,
        "ingressFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}],
    },
    "extraVolumes": [{"name": "regions", "configMap": {"name": "regions"}}],
    "extraVolumeMounts": [{"name": "regions", "mountPath": "/etc/twolatch/regions", "readOnly": True}],
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "login", "operator": "Exists"}],
    "podAnnotations": {"example.com/team": "login"},
}
KINDS = {"Deployment", "Ingress", "Job", "PodDisruptionBudget", "Service"}


def helm(folder: Path, word: str, values: dict[str, Any], *more: str) -> "subprocess.CompletedProcess[str]":
    assert HELM
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    own = {name: str(folder) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HOME")}
    command = [HELM, word, *more, str(CHART), "--values", str(file)]
    return subprocess.run(command, env=own, capture_output=True, encoding="utf-8", check=False)


def rendered(folder: Path, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By kind; each is there once."""
    done = helm(folder, "template", values, "site")
    assert done.returncode == 0, done.stderr
    each = [one for one in yaml.safe_load_all(done.stdout) if one]
    by_kind = {one["kind"]: one for one in each}
    assert len(by_kind) == len(each)
    return by_kind


def pods(made: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [made[kind]["spec"]["template"]["spec"] for kind in ("Deployment", "Job")]


def test_the_values_name_settings_that_exist() -> None:
    given = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["settings"]
    assert set(given) <= set(Settings.model_fields)
    assert set(ALL["settings"]) <= set(Settings.model_fields)


def test_every_value_has_its_line_in_the_schema() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = yaml.safe_load((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert set(values) == set(schema["properties"]) - {"global"}
    for name, part in schema["properties"].items():
        if part.get("additionalProperties") is False:
            assert set(values[name]) == set(part["properties"]), name


@needs_helm
@pytest.mark.parametrize("values", [LEAST, ALL], ids=["least", "all"])
def test_helm_has_nothing_to_say(tmp_path: Path, values: dict[str, Any]) -> None:
    done = helm(tmp_path, "lint", values, "--strict")
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout


@needs_helm
@pytest.mark.parametrize("values", [LEAST, ALL], ids=["least", "all"])
def test_kubernetes_takes_what_helm_makes(
    tmp_path: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCHEMAS))
    validate = pytest.importorskip("kubernetes_validate", reason="the schemas of Kubernetes are not there")
    made = rendered(tmp_path, values)
    assert set(made) == KINDS | ({"NetworkPolicy", "ServiceMonitor"} if values is ALL else set())
    for kind, one in made.items():
        if kind != "ServiceMonitor":  # a definition of Prometheus' operator
            validate.validate(one, "1.33", strict=True)
    wrong = {**made["Service"], "spec": {"ports": [{"port": "eighty"}]}}
    with pytest.raises(validate.ValidationError):
        validate.validate(wrong, "1.33", strict=True)


@needs_helm
@pytest.mark.parametrize("values", [LEAST, ALL], ids=["least", "all"])
def test_the_pods_start_with_settings_that_twolatch_takes(
    tmp_path: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, word in {"database": "postgresql://x@y/z", "mail": "smtps://a:b@c", "signals": "nats://n"}.items():
        (tmp_path / name).write_text(word)
    for pod in pods(rendered(tmp_path, values)):
        [container] = pod["containers"]
        for one in container["env"]:
            assert one["name"] in names.known(), one
            monkeypatch.setenv(one["name"], one["value"].replace("/run/secrets/twolatch", str(tmp_path)))
        settings = load()
        assert [settings.portal_url, settings.phone_url, settings.desk_url] == [f"https://{h}" for h in HOSTS.values()]
        assert settings.database == "postgresql://x@y/z"
        for name, value in values.get("settings", {}).items():
            got = getattr(settings, name)
            assert (list(got) if isinstance(value, list) else got) == value
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert settings.key_provider.startswith(f"file:{next(path for path in mounts if mounts[path] == 'keys')}/")


@needs_helm
def test_pods_run_without_any_rights_and_are_asked_by_a_name_they_know(tmp_path: Path) -> None:
    made = rendered(tmp_path, ALL)
    for pod in pods(made):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in [*pod["containers"], *pod["initContainers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
        assert {volume["name"] for volume in pod["volumes"]} >= {
            mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]
        }
    [container] = pods(made)[0]["containers"]
    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        asked = container[probe]["httpGet"]
        assert (asked["path"], asked["httpHeaders"]) == (path, [{"name": "Host", "value": HOSTS["portal"]}])
    assert made["Job"]["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert [rule["host"] for rule in made["Ingress"]["spec"]["rules"]] == list(HOSTS.values())
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"]
    others = made["Job"]["spec"]["template"]["metadata"]["labels"]
    chosen = [made["Service"]["spec"]["selector"], made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]]
    for selector in chosen:
        assert selector.items() <= labels.items()
        assert not selector.items() <= others.items()


@needs_helm
@pytest.mark.parametrize(
    "wrong",
    [
        {"replica": 2}, {"replicas": 0}, {"hosts": {**HOSTS, "portal": "https://portal.example.com"}},
        {"hosts": {**HOSTS, "desk": ""}}, {"settings": {"database": "postgresql://word@host/x"}}, {"image": {}},
        {"settings": {"Site_Name": "x"}}, {"ingress": {"annotations": {"x": 60}}},
    ],
    ids=str,
)  # fmt: skip
def test_values_that_cannot_be_meant_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert helm(tmp_path, "template", {**LEAST, **wrong}, "site").returncode != 0


@needs_helm
def test_no_secret_stands_in_a_release(tmp_path: Path) -> None:
    made = rendered(tmp_path, ALL)
    assert "Secret" not in made
