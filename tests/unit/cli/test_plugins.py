def test_the_baseline_is_listed_with_hooks_and_the_packs_that_name_it(run):
    (told,) = [one for one in run("plugin", "list", "--format", "json").json if one["name"] == "payerpack-baseline"]
    assert told["distribution"] == "payerpack"
    assert "check_bundling" in told["hooks"]
    assert any(pack.startswith("ncci-medicare ") for pack in told["packs"])
    assert not told["blocked"]


def test_the_table_marks_what_is_blocked(run, monkeypatch):
    monkeypatch.setenv("PAYERPACK_BLOCK", "payerpack-baseline")
    done = run("plugin", "list")
    assert done.status == 0
    assert "payerpack-baseline (blocked)" in done.out


def test_a_pack_given_by_hand_counts_among_those_that_name_a_plugin(run, pack):
    folder = pack(head='plugins = ["payerpack-baseline >=0.1", "not a requirement!"]')
    (told,) = [
        one
        for one in run("plugin", "list", "--packs", folder, "--format", "json").json
        if one["name"] == "payerpack-baseline"
    ]
    assert "acme 2026.1" in told["packs"]
