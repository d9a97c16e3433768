"""5,000 deliveries, 10 % of them repeated, 5 kills of the process: each command is handled once."""

import bot_load


def test_bot_load(tmp_path):
    load = bot_load.run(tmp_path, deliveries=5000, kills=5, patience=1800, workers=4)
    each = load.seconds / load.commands
    print(
        f"\n{load.commands} commands, {load.repeated} repeated, {load.kills} kills: {load.seconds:.0f} s, "
        f"{1000 * each:.0f} ms per command, {load.requests} requests to the forge; acknowledged in "
        f"{1000 * load.p50:.1f} ms (median), {1000 * load.p99:.1f} ms (p99)"
    )
    assert not load.unanswered
    assert not load.doubled
    assert load.code == 0
