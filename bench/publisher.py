"""Publish prepared SenML readings as fast as the broker takes them: `python -m bench.publisher PORT USER COUNT DEVICES`.

The password comes on standard input. Prints the seconds from the first publication to the last PUBACK.
"""

import sys
import time

from bench.instance import AREA
from bench.raw_mqtt import Where, publish_all


def messages(count: int, devices: int, *, start: float) -> list[tuple[str, bytes]]:
    """Prepare one-record packs, every device in turn, all below every limit; device times rise by the round."""
    return [
        (
            f"gridwatch/v1/{AREA}/d{i % devices}/senml",
            b'[{"n":"smoke","u":"%%/m","t":%.3f,"v":%.2f}]' % (start + i // devices * 0.001, i % 100 / 100),
        )
        for i in range(count)
    ]


def main() -> None:
    """Prepare, wait for the word, publish."""
    port, user, count, devices = sys.argv[1:]
    where = Where(port=int(port), user=user, password=sys.stdin.readline().strip())
    prepared = messages(int(count), int(devices), start=time.time())
    print("ready", flush=True)
    sys.stdin.readline()
    print(publish_all(where, prepared), flush=True)


if __name__ == "__main__":
    main()
