"""An administrator's day with scim2-client: typed resources against the schemas that the server publishes.

Usage: story.py BASE_URL TOKEN
Prints a line per chapter; ends at the first thing that is not as expected.
"""

import sys
from collections.abc import Iterator

import scim2_models as scim
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Story:
    """One connection, with the models that its own discovery documents describe."""

    def __init__(self, base_url: str, token: str) -> None:
        http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
        self.client = SyncSCIMClient(http)
        self.client.discover()
        self.config = self.client.provider.config
        self.user = self.client.get_resource_model("User")
        self.group = self.client.get_resource_model("Group")
        self.users: list[scim.Resource] = []

    def patch(self, resource: scim.Resource, *operations: tuple) -> scim.Resource:
        """Applies (op, path, value) to a resource and returns the answer."""
        listed = [PatchOperation(op=op, path=path, value=value) for op, path, value in operations]
        return self.client.modify(type(resource), resource.id, PatchOp[type(resource)](operations=listed))

    def names(self, **search: object) -> list[str]:
        """The user names of one page of users."""
        found = self.client.query(self.user, query_parameters=SearchRequest(**search))
        return [user.user_name for user in found.resources or []]

    def create(self) -> None:
        """Users come back as they were sent, with what the server adds."""
        extension = self.user.get_extension_model("EnterpriseUser") or self.user.get_extension_model(ENTERPRISE)
        for number, name in enumerate(["ana", "bo", "cy", "dee"]):
            user = self.user(user_name=f"{name}@example.com", display_name=name.title(), active=name != "dee")
            user.emails = [{"value": f"{name}@example.com", "type": "work", "primary": True}]
            user[extension] = extension(employee_number=str(number), department="R&D" if number < 2 else "Sales")
            created = self.client.create(user)
            assert created.id and created.meta.location.endswith(created.id), created
            assert created[extension].department == user[extension].department, created
            assert created.emails[0].value == user.user_name, created
            assert self.client.query(self.user, created.id) == created
            self.users.append(created)

    def find(self) -> None:
        """Filters and pages, over the core and over the extension."""
        assert self.names(filter='userName eq "BO@example.com"') == ["bo@example.com"]
        assert self.names(filter=f'{ENTERPRISE}:department eq "Sales"') == ["cy@example.com", "dee@example.com"]
        assert self.names(filter='active eq false or emails[type eq "work" and value sw "an"]') == [
            "ana@example.com",
            "dee@example.com",
        ]
        pages = [self.names(start_index=start, count=2) for start in (1, 3, 5)]
        assert [len(page) for page in pages] == [2, 2, 0] and len({name for page in pages for name in page}) == 4, pages
        found = self.client.search(self.user, SearchRequest(filter='displayName eq "Cy"'))
        assert [user.user_name for user in found.resources] == ["cy@example.com"]

    def sort(self) -> None:
        """Sorting, both ways."""
        backwards = self.names(sort_by="userName", sort_order="descending")
        assert backwards == ["dee@example.com", "cy@example.com", "bo@example.com", "ana@example.com"], backwards
        assert self.names(sort_by="displayName", start_index=2, count=2) == ["bo@example.com", "cy@example.com"]

    def cursors(self) -> None:
        """Pages by cursor (RFC 9865), to the last one."""

        def pages() -> Iterator[str]:
            cursor = ""
            while cursor is not None:
                page = self.client.query(self.user, query_parameters=SearchRequest(count=3, cursor=cursor))
                yield from (user.user_name for user in page.resources)
                cursor = page.next_cursor

        assert sorted(pages()) == sorted(user.user_name for user in self.users)

    def change(self) -> None:
        """PUT and PATCH; what they leave alone stays."""
        ana = self.client.query(self.user, self.users[0].id)
        ana.title, ana.nick_name = "Professor", "An"
        assert self.client.replace(ana).title == "Professor"
        ana = self.patch(
            ana,
            ("add", "emails", [{"value": "ana@home.example.com", "type": "home"}]),
            ("replace", 'emails[type eq "work"].display', "at work"),
            ("replace", f"{ENTERPRISE}:department", "Research"),
            ("remove", "nickName", None),
        )
        assert {(email.type, email.display) for email in ana.emails} == {("work", "at work"), ("home", None)}, ana
        assert ana.nick_name is None and ana.title == "Professor", ana
        assert self.names(filter=f'{ENTERPRISE}:department eq "research"') == ["ana@example.com"]
        assert self.patch(ana, ("replace", "active", False)).active is False

    def groups(self) -> None:
        """Groups with members, and what a user says about them."""
        ana, bo, cy, dee = (user.id for user in self.users)
        group = self.client.create(self.group(display_name="Engineering", members=[{"value": ana}, {"value": bo}]))
        group = self.patch(
            group,
            ("add", "members", [{"value": cy}, {"value": dee}]),
            ("remove", f'members[value eq "{bo}"]', None),
            ("replace", "displayName", "Research"),
        )
        assert {member.value for member in group.members} == {ana, cy, dee}, group
        assert [of.value for of in self.client.query(self.user, cy).groups] == [group.id]
        assert not self.client.query(self.user, bo).groups
        self.client.delete(self.user, dee)
        group = self.client.query(self.group, group.id)
        assert group.display_name == "Research" and {member.value for member in group.members} == {ana, cy}, group
        group.members = [{"value": bo}]
        assert [member.value for member in self.client.replace(group).members] == [bo]
        self.client.delete(self.group, group.id)
        assert not self.client.query(self.user, bo).groups

    def refusals(self) -> None:
        """Each refusal arrives as the exception of its status and scimType."""
        bo = self.users[1]
        missing = "00000000-0000-7000-8000-000000000000"
        raw = {"check_request_payload": False}
        wrong_path = {"schemas": [PatchOp.__schema__], "Operations": [{"op": "replace", "path": "a..b", "value": 1}]}
        nowhere = ("replace", 'emails[value co "nowhere"].display', "x")
        for expected, act in [
            (scim.NotFoundException, lambda: self.client.query(self.user, missing)),
            (scim.NotFoundException, lambda: self.client.delete(self.group, missing)),
            (scim.UniquenessException, lambda: self.client.create(self.user(user_name="BO@example.com"))),
            (scim.InvalidFilterException, lambda: self.client.query(self.user, {"filter": "userName zz"}, **raw)),
            (scim.InvalidPathException, lambda: self.client.modify(self.user, bo.id, wrong_path, **raw)),
            (scim.NoTargetException, lambda: self.patch(bo, nowhere)),
            (scim.InvalidValueException, lambda: self.client.create(self.user, {"userName": ""}, **raw)),
        ]:
            try:
                answer = act()
            except expected:
                continue
            raise AssertionError(f"{expected.__name__} expected, not {answer}")

    def versions(self) -> None:
        """Conditional requests: a stale version is refused, the current one is not sent again."""
        bo = self.client.query(self.user, self.users[1].id)
        assert self.client.query(bo) is bo, "304 gives the very object"
        stale = bo.model_copy(deep=True)
        bo.title = "Doctor"
        self.client.replace(bo)
        try:
            self.client.replace(stale)
        except scim.PreconditionFailedException:
            return
        raise AssertionError("a stale version was accepted")

    def bulk(self) -> None:
        """One request: a group of a user who is created after it, and both are gone again after the next one."""
        user = {"schemas": [self.user.__schema__], "userName": "eve@example.com"}
        group = {"schemas": [self.group.__schema__], "displayName": "Bulk", "members": [{"value": "bulkId:eve"}]}
        operations = [
            {"method": "POST", "path": "/Groups", "bulkId": "group", "data": group},
            {"method": "POST", "path": "/Users", "bulkId": "eve", "data": user},
        ]
        places = [done.location.removeprefix(str(self.client.client.base_url)) for done in self.send(operations)]
        group = self.client.query(self.group, places[0].rsplit("/", 1)[-1])
        assert places[1].endswith(group.members[0].value), group
        self.send([{"method": "DELETE", "path": "/" + place.lstrip("/")} for place in places])
        assert "eve@example.com" not in self.names()

    def send(self, operations: list[dict]) -> list[scim.BulkOperation]:
        """The results of operations that all succeed, in their order."""
        request = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
        results = self.client.bulk(request, check_request_payload=False).operations
        assert len(results) == len(operations) and all(str(done.status).startswith("2") for done in results), results
        return results

    def end(self) -> None:
        """Deleted users are gone."""
        for user in self.users[:3]:
            self.client.delete(self.user, user.id)
        assert self.names() == []


def main(base_url: str, token: str) -> None:
    story = Story(base_url, token)
    for chapter in [
        story.create,
        story.find,
        story.sort,
        story.cursors,
        story.change,
        story.groups,
        story.refusals,
        story.versions,
        story.bulk,
        story.end,
    ]:
        chapter()
        print(chapter.__name__, "as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
