"""Runs every check of scim2-tester against a SCIM service, and judges the results.

Usage: conformance.py BASE_URL TOKEN
Prints one line per result, then `N checks: ...`; exits 1 when one fails.
"""

import random
import sys
from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}


def main(base_url: str, token: str) -> int:
    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
    # What the tester makes up is the same on every run, ids aside.
    random.seed(1)
    results = check_server(SyncSCIMClient(http))
    counts: Counter[str] = Counter()
    for result in results:
        verdict = "good" if result.status in GOOD else "failed"
        counts[verdict] += 1
        reason = (result.reason or "").replace("\n", "; ")
        print(verdict, result.status.name, result.resource_type or "-", result.title, reason)
        if verdict == "failed":
            print("   ", result.data)
    print(f"{len(results)} checks: {counts['good']} good, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
