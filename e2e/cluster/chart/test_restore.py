"""docs/operations/restore.md: what it stops, and the Job that puts a backup back. The scripts themselves are run by restore.sh."""

import re

from render import ROOT, key, merge, pod, rendered, split, texts, values

PAGE = (ROOT / "docs" / "operations" / "restore.md").read_text()


def test_the_first_step_stops_everything():
    """What is scaled by others comes back from zero, and what begins by the clock begins: so they are deleted, and no volume is."""
    kinds, selector = re.search(r"delete (\S+) -l ([^\s`]+)`", PAGE).groups()
    assert set(kinds.split(",")) == {"deployment", "cronjob", "job"}
    selector = dict(part.split("=") for part in selector.split(","))
    found = [d for d in rendered("production") if d["kind"] in ("Deployment", "CronJob", "Job")]
    assert len(found) > 9
    for d in found:
        assert selector.items() <= d["metadata"]["labels"].items(), key(d)
    assert {d["kind"] for d in rendered("production") if pod(d)} - {"Pod"} == {"Deployment", "CronJob", "Job"}, "nothing else makes pods"


def restore(given):
    """What `helm template -s` of the page gives."""
    name, file = re.search(r"--set backup\.restore=(\w+) -s (\S+)", PAGE).groups()
    made = texts(merge(given, {"backup": {"restore": name}}))
    return name, split(made[f"motcua/{file}"])


def test_the_job_has_what_the_backup_has_and_may_write_files():
    name, made = restore(values("production"))
    job = next(d for d in made if d["kind"] == "Job")
    backup = next(d for d in rendered("production") if key(d) == ("CronJob", "motcua-backup"))
    labels, spec = pod(job)
    assert labels["labels"] == pod(backup)[0]["labels"], "the policy of the backup lets it to the databases"
    of, to = (s["containers"][0] for s in (pod(backup)[1], spec))
    assert to["command"] == ["/bin/sh", "/scripts/restore.sh", f"/backup/{name}"]
    assert to["env"] == of["env"] and to["image"] == of["image"]
    writable = {**{m["name"]: m for m in of["volumeMounts"]}}
    assert writable["files"]["readOnly"] is True
    writable["files"] = {**writable["files"], "readOnly": False}
    assert {m["name"]: m for m in to["volumeMounts"]} == writable
    claims = [{v["name"]: v["persistentVolumeClaim"] for v in s["volumes"] if "persistentVolumeClaim" in v} for s in (pod(backup)[1], spec)]
    assert claims[0]["files"].pop("readOnly") is True and claims[1]["files"].pop("readOnly") is False
    assert claims[0] == claims[1]
    assert job["spec"]["backoffLimit"] == 0


def test_the_job_brings_what_it_needs():
    """It is applied while nothing else of the release may be there."""
    _, made = restore(values("production"))
    _, spec = pod(next(d for d in made if d["kind"] == "Job"))
    keys = {key(d) for d in made}
    assert ("ServiceAccount", spec["serviceAccountName"]) in keys
    scripts = next(v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v)
    assert "restore.sh" in next(d for d in made if key(d) == ("ConfigMap", scripts))["data"]
    away = set(re.search(r"delete ((?:\w+/motcua-restore ?)+)", PAGE)[1].split())
    assert away == {f"{ {'Job': 'job', 'ConfigMap': 'cm', 'ServiceAccount': 'sa'}[k] }/{n}" for k, n in keys}


def test_no_release_restores_by_itself():
    assert not any("restore" in n for k, n in map(key, rendered("production")))
