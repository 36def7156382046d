"""`make bench`: every figure as a ratio to a limit measured in the same run on the same machine."""

import sys
from collections.abc import Callable

from bench import detect, end_to_end, feed_latency, placing


def _end_to_end() -> None:
    got = end_to_end.run()
    print(f"raw QoS 1 subscriber   {got['raw_per_s']:>14,.0f} messages/s")
    print(f"committed, then PUBACK {got['gridwatch_per_s']:>14,.0f} messages/s   {got['ratio']:.2f} of raw")


def _feed() -> None:
    got = feed_latency.run()
    for name in ("p50", "p99"):
        ours, bare = got[f"feed_{name}_ms"], got[f"bare_{name}_ms"]
        print(
            f"{name}: bare receive + commit {bare:>8.1f} ms   WebSocket {ours:>8.1f} ms   {ours / bare:.1f} times bare"
        )


def _placing() -> None:
    for row in placing.run()["placing"]:
        print(
            f"{row['case']:<34} bare STRtree {row['bare_points_per_s']:>10,}/s   placed {row['points_per_s']:>10,}/s"
            f"   {row['ratio']} of bare"
        )


BENCHES: dict[str, tuple[str, Callable[[], None]]] = {
    "end_to_end": (
        "messages end to end: one SenML reading each, QoS 1, 20,000 devices, 4,000 grids, 50 rules",
        _end_to_end,
    ),
    "feed": ("publish to WebSocket at 1,000 messages/s", _feed),
    "placing": ("points placed", _placing),
    "detect": ("readings judged: 50 rules, 20,000 devices", detect.main),
}


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    for name in sys.argv[1:] or BENCHES:
        title, bench = BENCHES[name]
        print(f"\n{name}: {title}", flush=True)
        bench()


if __name__ == "__main__":
    main()
