"""Runs every check of scim2-tester against a SCIM service, and judges the results.

Usage: conformance.py BASE_URL TOKEN
Prints one line per result, then `N checks: ...`; exits 1 when a check fails that is not excused below.
"""

import random
import sys
from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Extension, Mutability
from scim2_tester import Status, check_server
from scim2_tester.utils import CheckResult

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}


def appended(result: CheckResult) -> bool:
    """Whether the tester saw an addition to a list, where it wants the list replaced.

    RFC 7644 3.5.2.1: adding to a multi-valued attribute appends. The tester adds each extension as a whole, then adds to
    each of its attributes, and takes it for a fault that a list still holds what it added first.
    """
    if result.title != "check_add_attribute" or not isinstance(result.data, dict):
        return False
    added, found = result.data.get("expected"), result.data.get("modify_actual")
    return isinstance(added, list) and isinstance(found, list) and added == found[-len(added) :] != found


def computed(result: CheckResult) -> bool:
    """Whether all that is different from what the tester wrote is in read-only attributes of the extension that it wrote.

    RFC 7643 2.2: nobody but the server changes them. Our extension of the User shows the role in force in one, and the tester
    takes that for a fault when it writes or removes the extension as a whole.
    """
    data = result.data if isinstance(result.data, dict) else {}
    found, wanted = data.get("modify_actual"), data.get("expected")
    return isinstance(found, Extension) and writable(found) == (writable(wanted) if wanted else {})


def writable(extension: Extension) -> dict[str, object]:
    """What an extension holds but for read-only attributes."""
    names = [name for name in type(extension).model_fields if name != "schemas"]
    free = [name for name in names if extension.get_field_annotation(name, Mutability) != Mutability.read_only]
    return {name: value for name in free if (value := getattr(extension, name)) is not None}


def main(base_url: str, token: str) -> int:
    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
    # What the tester makes up is the same on every run, ids aside.
    random.seed(1)
    results = check_server(SyncSCIMClient(http))
    counts: Counter[str] = Counter()
    for result in results:
        verdict = "good" if result.status in GOOD else "excused" if appended(result) or computed(result) else "failed"
        counts[verdict] += 1
        reason = (result.reason or "").replace("\n", "; ")
        print(verdict, result.status.name, result.resource_type or "-", result.title, reason)
        if verdict == "failed":
            print("   ", result.data)
    print(f"{len(results)} checks: {counts['good']} good, {counts['excused']} excused, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
