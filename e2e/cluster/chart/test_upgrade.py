"""From the chart of the release before to this one: what a cluster refuses to change, and what must not be lost. The data's part is
upgrade.sh."""

import functools
import json
import pathlib
import re
import shutil

import helm_python as helm
import pytest
import yaml
from render import CHART, ROOT, SECRETS, documents, key, merge, split

PREVIOUS = ROOT / "e2e" / "cluster" / "previous"
SETS = ["minimal", *sorted(p.stem.removeprefix("values-") for p in (PREVIOUS / "values").glob("values-*.yaml"))]


def given(name):
    """Values as they were written for the release before."""
    return merge({}, SECRETS) if name == "minimal" else yaml.safe_load((PREVIOUS / "values" / f"values-{name}.yaml").read_text())


@functools.cache
def before(name):
    with helm.Chart.load(str(PREVIOUS / "chart")) as chart:
        texts = chart.render(given(name), name="motcua", namespace="province")
    return {key(d): d for path, t in texts.items() if path.endswith(".yaml") for d in split(t)}


@functools.cache
def after(name):
    return {key(d): d for d in documents(given(name))}


@pytest.fixture(scope="module")
def reused(tmp_path_factory):
    """Today's chart as `helm upgrade --reuse-values` takes it: with the defaults of the release before."""
    folder = tmp_path_factory.mktemp("reused") / "motcua"
    shutil.copytree(CHART, folder)
    shutil.copy(PREVIOUS / "chart" / "values.yaml", folder / "values.yaml")

    def render(values):
        with helm.Chart.load(str(folder)) as chart:
            return chart.render(values, name="motcua", namespace="province")

    return render


def test_there_is_something_to_compare():
    assert SETS and {p.name for p in (PREVIOUS / "data").iterdir()} >= {"dossier.sql.gz", "files.tar.gz"}
    assert pathlib.Path(PREVIOUS / "chart" / "Chart.yaml").exists()


@pytest.mark.parametrize("name", SETS)
def test_old_values_still_hold(name):
    assert before(name) and after(name)


@pytest.mark.parametrize("name", SETS)
def test_values_may_be_reused(name, reused):
    """The defaults of then make what those of today make, but for what is measured anew, the resources."""

    def plain(d):
        if d["kind"] == "Deployment":
            for c in d["spec"]["template"]["spec"]["containers"]:
                c.pop("resources")
        return d

    made = reused(given(name))
    assert not [path for path, text in made.items() if "<nil>" in text]
    made = {key(d): plain(d) for path, text in made.items() if path.endswith(".yaml") for d in split(text) if d["kind"] != "Secret"}
    assert made == {key(d): plain(d) for d in documents(given(name)) if d["kind"] != "Secret"}


def test_new_values_may_be_set_over_reused_ones(reused):
    new = {
        "sealing": {"older": {"secretName": "s-before"}},
        "ca": {"secretName": "trust"},
        "breachedPasswords": {"existingClaim": "leaked"},
        "files": {"s3": {"endpoint": "https://s3.example.vn", "bucket": "files", "secretName": "s3", "pathStyle": False}},
        "services": {"identity": {"settings": {"providers": '[{id="vneid",issuer="https://vneid.example.vn"}]'}}},
        "backup": {"enabled": True},
    }
    values = merge(merge({}, SECRETS), new)

    def made(texts):
        return {key(d): d for path, text in texts.items() if path.endswith(".yaml") for d in split(text) if d["kind"] == "NetworkPolicy"} | {
            key(d): d["spec"]["template"]["spec"]["containers"][0]["env"] for path, text in texts.items() if path.endswith("services.yaml") for d in split(text) if d["kind"] == "Deployment"
        }

    texts = reused(values)
    assert not [path for path, text in texts.items() if "<nil>" in text]
    with helm.Chart.load(str(CHART)) as chart:
        assert made(texts) == made(chart.render(values, name="motcua", namespace="province"))
    env = {e["name"]: e["value"] for e in made(texts)["Deployment", "motcua-dossier"]}
    assert env["MOTCUA_DOSSIER__FILES__S3__PATH_STYLE"] == "false"


def test_the_way_back_names_what_the_chart_before_refuses():
    def new(old, now, path=""):
        for name, schema in now.get("properties", {}).items():
            if name not in old.get("properties", {}):
                yield f"{path}{name}"
            else:
                yield from new(old["properties"][name], schema, f"{path}{name}.")

    found = set(new(*(json.loads((chart / "values.schema.json").read_text()) for chart in (PREVIOUS / "chart", CHART))))
    text = (ROOT / "docs" / "operations" / "upgrade.md").read_text()
    line = re.search(r"refuses values that it does not know.*?: (.*?)\. ", text, re.S)
    assert set(re.findall(r"`([^`]+)`", line[1] if line else "")) == found


def immutable(d):
    """The fields that an API server refuses to change."""
    spec = d.get("spec", {})
    if d["kind"] == "Deployment":
        return spec["selector"]
    if d["kind"] == "StatefulSet":
        claims = [{"name": c["metadata"]["name"], "spec": c["spec"]} for c in spec.get("volumeClaimTemplates", [])]
        return [spec["selector"], spec["serviceName"], claims]
    if d["kind"] == "PersistentVolumeClaim":
        return [spec["accessModes"], spec.get("storageClassName")]
    if d["kind"] == "Service":
        return [spec.get("clusterIP"), spec.get("ipFamilies")]
    return None


@pytest.mark.parametrize("name", SETS)
def test_nothing_changes_that_cannot(name):
    for k, old in before(name).items():
        new = after(name).get(k)
        if new is not None:
            assert immutable(old) == immutable(new), f"{k}: the API server will refuse this upgrade"


@pytest.mark.parametrize("name", SETS)
def test_what_is_kept_keeps_its_name(name):
    """Volumes and generated secrets: under another name the data would seem to be gone."""
    for (kind, n), old in before(name).items():
        if kind in ("PersistentVolumeClaim", "Secret") or kind == "StatefulSet":
            assert (kind, n) in after(name), f"{kind}/{n} is gone"
        if kind == "Secret":
            assert set(old["data"]) <= set(after(name)[kind, n]["data"])
        if kind == "PersistentVolumeClaim":
            assert after(name)[kind, n]["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("name", SETS)
def test_nobody_is_cut_off_while_pods_are_exchanged(name):
    """Pods of both releases live side by side: each Service still finds those of the release before, by labels and by port."""
    for (kind, n), service in after(name).items():
        if kind != "Service" or (kind, n) not in before(name):
            continue
        selector = service["spec"]["selector"]
        old = [d["spec"]["template"] for (k, _), d in before(name).items() if k in ("Deployment", "StatefulSet") and selector.items() <= d["spec"]["template"]["metadata"]["labels"].items()]
        assert old, f"Service {n} finds no pod of the release before"
        for template in old:
            ports = {p["name"] for c in template["spec"]["containers"] for p in c.get("ports", [])}
            assert {p["targetPort"] for p in service["spec"]["ports"]} <= ports, n


def databases(documents_by_key):
    return {k[1]: d["spec"]["template"] for k, d in documents_by_key.items() if k[0] == "StatefulSet"}


def test_no_version_stands_in_the_pods_of_the_databases():
    """Each version would be another pod, and a database that starts again is a door that is closed for everybody."""
    made = databases(after("evaluation"))
    assert made.keys() == {"motcua-postgres", "motcua-rabbitmq", "motcua-redis"}
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())
    for name, template in made.items():
        labels = template["metadata"]["labels"]
        assert labels.keys() == {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/part-of"}, name
        assert version["version"] not in json.dumps(template) and "annotations" not in template["metadata"], name
        assert after("evaluation")["StatefulSet", name]["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_an_upgrade_from_the_release_before_restarts_no_database(tmp_path):
    """Its pods carry a version; they keep it, as `lookup` finds it in a cluster. Nothing else of them is another."""
    folder = tmp_path / "motcua"
    shutil.copytree(CHART, folder)
    helpers = folder / "templates" / "_helpers.tpl"
    asked = '(lookup "apps/v1" "StatefulSet" .root.Release.Namespace (printf "%s-%s" (include "motcua.name" .root) .name))'
    text = helpers.read_text()
    assert text.count(asked[1:-1]) == 1
    there = {name: {"spec": {"template": template}} for name, template in databases(before("evaluation")).items()}
    (folder / "there.json").write_text(json.dumps(there))
    found = '(index (.root.Files.Get "there.json" | fromJson) (printf "%s-%s" (include "motcua.name" .root) .name))'
    helpers.write_text(text.replace(asked[1:-1], found))
    with helm.Chart.load(str(folder)) as chart:
        texts = chart.render(given("evaluation"), name="motcua", namespace="province")
    made = {key(d): d for path, t in texts.items() if path.endswith(".yaml") for d in split(t)}
    assert databases(made) == databases(before("evaluation"))


def test_the_first_upgrade_of_the_evaluation_exchanges_no_pod(tmp_path):
    """What is generated is not there yet when the first pods are written, so it is not counted in them; a Secret of the operator's is."""
    folder = tmp_path / "motcua"
    shutil.copytree(CHART, folder)
    helpers = folder / "templates" / "_helpers.tpl"
    asked = 'lookup "v1" "Secret" $.root.Release.Namespace $at.secret }}'
    assert helpers.read_text().count(asked) == 1
    helpers.write_text(helpers.read_text().replace(asked, 'dict "data" (dict $at.key "there") }}'))

    def sums(chart, values):
        with helm.Chart.load(str(chart)) as loaded:
            texts = loaded.render(values, name="motcua", namespace="province")
        made = [d for d in split(texts["motcua/templates/services.yaml"]) if d["kind"] == "Deployment"]
        return {d["metadata"]["name"]: d["spec"]["template"]["metadata"]["annotations"] for d in made}

    assert sums(folder, given("evaluation")) == sums(CHART, given("evaluation"))
    first, then = sums(CHART, given("minimal")), sums(folder, given("minimal"))
    assert len(first) == 7 and not [n for n in first if first[n]["checksum/secrets"] == then[n]["checksum/secrets"]]
    own = merge(given("evaluation"), {"cache": {"secretName": "mine"}})
    assert sums(folder, own)["motcua-gateway"] != sums(CHART, own)["motcua-gateway"]
